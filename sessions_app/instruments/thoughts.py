"""Thoughts of being better off dead or of hurting oneself, since the last check-in: one answer.

0 no, 1 passing thoughts, 2 has thought about how, 3 might act on it, 4 would rather not say. The
words are ours and stand in for the item that a clinic has validated; the numbers are names, not a
scale, so there is no total. Every answer but "no" calls a person: 1 and 4 medium, 2 and 3 high, by
design. It asks in order to offer help, and does not measure risk.
"""

from __future__ import annotations

from sessions_app.instruments.base import FlagRule, Instrument, Item

ITEM = "q1"
NO, PASSING, HOW, MIGHT_ACT, NOT_SAID = range(5)
ALERT = "thoughts"

THOUGHTS = Instrument(
    code="thoughts",
    name="Thoughts",
    version="1",
    items=(Item(ITEM, NO, NOT_SAID),),
    recall_days=0,
    score_min=NO,
    score_max=NOT_SAID,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Wording of this project, under its licence",
    source="Design of this project",
    relief_name="thoughts",
    flag_rules=(
        FlagRule(ITEM, PASSING, PASSING, "medium", ALERT),
        FlagRule(ITEM, HOW, MIGHT_ACT, "high", ALERT),
        FlagRule(ITEM, NOT_SAID, NOT_SAID, "medium", ALERT),
    ),
    is_outcome=False,
    scoring="none",
)
