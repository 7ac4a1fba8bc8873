"""BDI-II: twenty-one items over the last two weeks, each 0 to 3, sum 0 to 63.

Beck, Steer, Brown 1996. Bands 0-13, 14-19, 20-28, 29-63; remission at or below 12 (general
knowledge: trials use 12 or 13). All items are required (design). LOINC: none verified.

The wording is Pearson's and is never shipped: staff enter the total or the numbers. Item 9 calls a
person; its two levels are by design, as in the PHQ-9.
"""

from __future__ import annotations

from sessions_app.instruments.base import Band, FlagRule, Instrument, Item

BDI_II = Instrument(
    code="bdi_ii",
    name="BDI-II",
    version="1",
    items=tuple(Item(f"q{number}", 0, 3) for number in range(1, 22)),
    recall_days=14,
    score_min=0,
    score_max=63,
    higher_is_better=False,
    bands=(
        Band(0, 13, "minimal"),
        Band(14, 19, "mild"),
        Band(20, 28, "moderate"),
        Band(29, 63, "severe"),
    ),
    remission_cut=12,
    licence="Wording under licence (Pearson), not shipped",
    source="Beck, Steer, Brown 1996, BDI-II manual",
    relief_name="BDI-II",
    flag_rules=(
        FlagRule("q9", 1, 1, "medium", "suicide_answer"),
        FlagRule("q9", 2, 3, "high", "suicide_answer"),
    ),
    is_asked=False,
)
