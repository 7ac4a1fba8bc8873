"""Pain now, one number from 0 (no pain) to 10 (worst pain I can imagine).

The generic numeric rating scale; bands 1-3, 4-6 and 7-10 (general knowledge). It asks about this
moment, so it can be repeated from hour to hour.
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, Instrument, Item

PAIN_0_10 = Instrument(
    code="pain_0_10",
    name="Pain 0-10",
    version="1",
    items=(Item("q1", 0, 10, "72514-3"),),
    recall_days=0,
    score_min=0,
    score_max=10,
    higher_is_better=False,
    bands=(
        Band(0, 0, "none"),
        Band(1, 3, "mild"),
        Band(4, 6, "moderate"),
        Band(7, 10, "severe"),
    ),
    remission_cut=None,
    licence="Wording of this project, under its licence",
    source="Generic 11-point numeric rating scale; bands general knowledge",
    relief_name="pain_0_10",
    loinc_score="72514-3",
)
