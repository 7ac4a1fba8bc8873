"""ICSI: four items on bladder symptoms over the past month, each 0 to 5, sum 0 to 20.

O'Leary, Sant, Fowler et al. 1997, Urology 49 (5A Suppl):58. Nobody published bands that hold for
people who take ketamine. All items are required (design). LOINC: none verified.

The wording is not shipped: staff enter the total or the four numbers.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

ICSI = Instrument(
    code="icsi",
    name="ICSI",
    version="1",
    items=tuple(Item(f"q{number}", 0, 5) for number in range(1, 5)),
    recall_days=30,
    score_min=0,
    score_max=20,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Wording not shipped",
    source="O'Leary, Sant, Fowler et al. 1997, Urology 49 (5A Suppl):58",
    relief_name="ICSI",
    is_asked=False,
    is_outcome=False,
)
