"""Whether anything from the treatment still bothers the patient: no, a little, a lot.

Asked in the hours in which side effects fade, in our own words. It has no total and is no outcome;
what bothers is asked at the chair and on the phone, and graded by staff.
"""

from __future__ import annotations

from sessions_app.instruments.base import Instrument, Item

STILL_BOTHERING = Instrument(
    code="still_bothering",
    name="Still bothering",
    version="1",
    items=(Item("q1", 0, 2),),
    recall_days=0,
    score_min=0,
    score_max=2,
    higher_is_better=False,
    bands=(),
    remission_cut=None,
    licence="Wording of this project, under its licence",
    source="Design of this project",
    relief_name="still_bothering",
    is_outcome=False,
    scoring="none",
)
