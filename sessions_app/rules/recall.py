"""Which answers look back over the time before a dose. No Django, no database.

A questionnaire over two weeks that is filled in three days after a dose averages eleven days before
it: what it says about that dose is mixed with what was before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def looks_back_before(
    taken_at: datetime, recall_days: int, doses: Iterable[datetime]
) -> datetime | None:
    """The last dose before the answer, when its questions reach back before that dose; else None.

    All times in UTC. An answer at the very end of the recall period reaches back to the dose and
    not before it. What asks about this moment (0 days) never looks back.
    """
    last = max((dose for dose in doses if dose <= taken_at), default=None)
    if last is None or taken_at - last >= timedelta(days=recall_days):
        return None
    return last
