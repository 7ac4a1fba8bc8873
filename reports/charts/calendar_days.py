"""Places on a calendar axis, for charts whose x axis is days of the clinic.

A ``date`` is its midnight, a ``datetime`` stands where its own wall clock says. No duration is
measured with these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import SupportsFloat

from reports.charts.style import known

Moment = date | datetime


def day_number(moment: Moment) -> float:
    """Days since 31 December of the year 0, with the time of day as a fraction."""
    if isinstance(moment, datetime):
        seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
        return moment.toordinal() + seconds / 86_400
    return float(moment.toordinal())


def known_entries(
    entries: Iterable[tuple[Moment, SupportsFloat | None]],
) -> list[tuple[Moment, float]]:
    """The entries that have a value, in order of time."""
    values = [(moment, known(value)) for moment, value in entries]
    present = [(moment, value) for moment, value in values if value is not None]
    return sorted(present, key=lambda entry: day_number(entry[0]))


def weekly_ticks(start: date, end: date, most: int = 9) -> tuple[date, ...]:
    """Days for tick words: a whole number of weeks apart, ending at ``end``, at most ``most``."""
    weeks = max((end - start).days // 7, 0)
    step = max(1, -(-weeks // max(most - 1, 1)))
    days = [end - timedelta(weeks=step * k) for k in range(weeks // step + 1)]
    return tuple(reversed(days))
