"""PEG: three items on pain in the past week, each 0 to 10; the score is their mean.

Krebs, Lorenz, Bair et al. 2009, J Gen Intern Med 24:733 (doi 10.1007/s11606-009-0981-1). All three
items are required; the mean has two decimals. Relief is a fall of 30 % (general knowledge). Nobody
published bands. The wording is customarily reproduced with its citation.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

PEG = Instrument(
    code="peg",
    name="PEG",
    version="1",
    items=tuple(Item(f"q{number}", 0, 10) for number in (1, 2, 3)),
    recall_days=7,
    score_min=0,
    score_max=10,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Customarily reproduced with its citation; the article is open access",
    source="Krebs, Lorenz, Bair et al. 2009, J Gen Intern Med 24:733",
    relief_name="PEG",
    scoring="mean",
)
