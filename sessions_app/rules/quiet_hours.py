"""When a reminder may ring a phone: outside the quiet hours of the patient's own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sessions_app.clock import local, utc


def is_quiet(at: datetime, zone: str, quiet_from: time, quiet_until: time) -> bool:
    """Whether the wall clock there reads a quiet hour: from `quiet_from` up to, not including,
    `quiet_until`, over midnight when it ends earlier than it begins. Equal times: never quiet.
    """
    reads = local(at, zone).time()
    if quiet_from <= quiet_until:
        return quiet_from <= reads < quiet_until
    return reads >= quiet_from or reads < quiet_until


def first_allowed(at: datetime, zone: str, quiet_from: time, quiet_until: time) -> datetime:
    """The first instant from `at` on, in UTC, that is not quiet there.

    In the night when the clocks go back `quiet_until` may be read twice: the first time counts
    that is not before `at`. When they go forward over it, it is the same time by the old clock.
    """
    if not is_quiet(at, zone, quiet_from, quiet_until):
        return utc(at)
    here = local(at, zone)
    ends = [
        utc(
            datetime.combine(here.date() + timedelta(days=day), quiet_until, here.tzinfo).replace(
                fold=fold
            )
        )
        for day in (0, 1)
        for fold in (0, 1)
    ]
    hours = (zone, quiet_from, quiet_until)
    return min(end for end in ends if end >= utc(at) and not is_quiet(end, *hours))
