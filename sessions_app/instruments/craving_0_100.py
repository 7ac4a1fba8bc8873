"""Craving now, one number from 0 (none) to 100 (strongest imaginable), entered by staff.

A generic visual analogue scale as used in the long-term follow-up of trials; nobody published
bands.
LOINC: none verified.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

CRAVING_0_100 = Instrument(
    code="craving_0_100",
    name="Craving 0-100",
    version="1",
    items=(Item("q1", 0, 100),),
    recall_days=0,
    score_min=0,
    score_max=100,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Generic scale, no wording shipped",
    source="Generic visual analogue scale",
    relief_name="craving_0_100",
    is_asked=False,
    is_outcome=False,
)
