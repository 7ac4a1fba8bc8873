"""CADSS-6: six items of the CADSS (1, 2, 6, 7, 15 and 22) on dissociation now, sum 0 to 24.

doi 10.1016/j.jad.2020.12.119; its authors call it unvalidated, and nobody published bands. Each
item runs from 0 to 4, all six are required (design), and they keep their numbers in the CADSS.
LOINC: none.

The wording is copyrighted (Bremner) and not shipped: staff enter the total or the numbers.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

ITEMS_OF_CADSS = (1, 2, 6, 7, 15, 22)

CADSS_6 = Instrument(
    code="cadss_6",
    name="CADSS-6",
    version="1",
    items=tuple(Item(f"q{number}", 0, 4) for number in ITEMS_OF_CADSS),
    recall_days=0,
    score_min=0,
    score_max=24,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Wording copyrighted (Bremner), not shipped",
    source="doi 10.1016/j.jad.2020.12.119, six items of Bremner et al. 1998",
    relief_name="CADSS-6",
    is_asked=False,
    is_outcome=False,
)
