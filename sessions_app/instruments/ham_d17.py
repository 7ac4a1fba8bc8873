"""HAM-D17: seventeen items rated by a clinician over the last seven days, sum 0 to 52.

Hamilton 1960, J Neurol Neurosurg Psychiatry 23:56. Nine items run from 0 to 4 and eight (4, 5, 6,
12, 13, 14, 16 and 17) from 0 to 2. All are required (design). Bands from 8, 14, 19 and 23 (general
knowledge), remission at or below 7. LOINC: none verified.

The original is in the public domain (general knowledge), its interview guides are not. Staff enter
the total or the numbers; no wording is shipped. Item 3 calls a person; its levels are by design.
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, FlagRule, Instrument, Item

SHORT_ITEMS = (4, 5, 6, 12, 13, 14, 16, 17)

HAM_D17 = Instrument(
    code="ham_d17",
    name="HAM-D17",
    version="1",
    items=tuple(
        Item(f"q{number}", 0, 2 if number in SHORT_ITEMS else 4) for number in range(1, 18)
    ),
    recall_days=7,
    score_min=0,
    score_max=52,
    higher_is_better=False,
    bands=(
        Band(0, 7, "none"),
        Band(8, 13, "mild"),
        Band(14, 18, "moderate"),
        Band(19, 22, "severe"),
        Band(23, 52, "very_severe"),
    ),
    remission_cut=7,
    licence="No wording shipped; interview guides are under licence",
    source="Hamilton 1960, J Neurol Neurosurg Psychiatry 23:56",
    relief_name="HAM-D17",
    flag_rules=(
        FlagRule("q3", 1, 2, "medium", "suicide_answer"),
        FlagRule("q3", 3, 4, "high", "suicide_answer"),
    ),
    is_asked=False,
)
