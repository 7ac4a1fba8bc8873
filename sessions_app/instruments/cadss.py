"""CADSS: dissociation now, rated by a clinician; 23 items, each 0 to 4, sum 0 to 92.

Bremner, Krystal, Putnam et al. 1998, J Trauma Stress 11:125. Nobody published bands; above 4 is
commonly called dissociation (general knowledge). All items are required (design). LOINC: none.

The wording is copyrighted (Bremner) and not shipped: staff enter the total or the numbers.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

CADSS = Instrument(
    code="cadss",
    name="CADSS",
    version="1",
    items=tuple(Item(f"q{number}", 0, 4) for number in range(1, 24)),
    recall_days=0,
    score_min=0,
    score_max=92,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Wording copyrighted (Bremner), not shipped",
    source="Bremner, Krystal, Putnam et al. 1998, J Trauma Stress 11:125",
    relief_name="CADSS",
    is_asked=False,
    is_outcome=False,
)
