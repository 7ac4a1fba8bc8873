"""How it is now beside how it was before the last treatment: one worded answer.

A generic rating of change in our own words. It has no total and is no outcome: change is read from
the ratings of mood and pain, this is how the patient sees it.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

COMPARED_BEFORE = Instrument(
    code="compared_before",
    name="Compared with before",
    version="1",
    items=(Item("q1", 0, 4),),
    recall_days=0,
    score_min=0,
    score_max=4,
    higher_is_better=True,
    bands=(),
    remission_cut=None,
    licence="Wording of this project, under its licence",
    source="Generic five-point rating of change",
    relief_name="compared_before",
    is_outcome=False,
    scoring="none",
)
