"""What long treatment may harm, and when somebody should look again. No Django, no database.

A watch says for one item after how many days, or after how many doses, somebody should look
again, whichever comes first. The first look is the baseline: before the first dose, and due from
the first dose on when it was left out. What ships (every 90 days or 12 sessions) is a design
default: published reviews suggest a baseline and every 3 months or every 10 to 12 sessions, and no
framework for long treatment exists.

A look that nobody wrote down did not happen: it is due, never "nothing found".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Why = Literal["baseline", "days", "sessions", ""]

DESIGN = "design: baseline, then every 3 months or every 10 to 12 sessions"


@dataclass(frozen=True)
class WatchItem:
    """Something to look at. `scale` is the code of the questionnaire whose score counts as a look
    and can be entered with it; "" where the result is words only.
    """

    code: str
    scale: str
    basis: str


ITEMS: dict[str, WatchItem] = {
    item.code: item
    for item in (
        WatchItem("bladder", "icsi", "general knowledge: ketamine cystitis; ICSI 0-20"),
        WatchItem("cognition", "", "design: the test that the clinic is trained in, in words"),
        WatchItem("craving", "craving_0_100", "design: a single scale of craving from 0 to 100"),
        WatchItem("liver", "", "general knowledge: liver enzymes in repeated treatment"),
    )
}


@dataclass(frozen=True)
class Watch:
    """One item of a protocol: due again after so many days (of 24 h), or so many doses. One of the
    two may be None.
    """

    item: str
    every_days: int | None
    every_sessions: int | None


SHIPPED_DAYS, SHIPPED_SESSIONS = 90, 12
SHIPPED_WATCHES = tuple(Watch(item, SHIPPED_DAYS, SHIPPED_SESSIONS) for item in ITEMS)


@dataclass(frozen=True)
class Standing:
    """Where one item stands.

    `due_at`: when somebody should look, as far as it is known by now; None before the first dose,
    and while only a number of doses decides that has not been reached. `doses_since` counts the
    doses after the last look, or all of them. `doses_left`: so many more until it is due by doses.
    `why`: what makes it due.
    """

    watch: Watch
    last_at: datetime | None
    due_at: datetime | None
    doses_since: int
    doses_left: int | None
    why: Why

    def is_due(self, at: datetime) -> bool:
        """Whether somebody should have looked by then."""
        return self.due_at is not None and self.due_at <= at


def standing(watch: Watch, doses: Iterable[datetime], last_at: datetime | None) -> Standing:
    """Where the item stands after these doses (their starts, in any order) and the last look."""
    given = sorted(doses)
    if last_at is None:
        return Standing(watch, None, given[0] if given else None, len(given), None, "baseline")
    since = [dose for dose in given if dose > last_at]
    by_days = None if watch.every_days is None else last_at + timedelta(days=watch.every_days)
    by_doses, left = _by_doses(watch, since)
    if by_doses is not None and (by_days is None or by_doses < by_days):
        return Standing(watch, last_at, by_doses, len(since), left, "sessions")
    why: Why = "" if by_days is None else "days"
    return Standing(watch, last_at, by_days, len(since), left, why)


def _by_doses(watch: Watch, since: Sequence[datetime]) -> tuple[datetime | None, int | None]:
    every = watch.every_sessions
    if every is None:
        return None, None
    reached = since[every - 1] if len(since) >= every else None
    return reached, max(every - len(since), 0)


def interval(watch: Watch) -> timedelta:
    """How long an item may go without a look: the shipped time where only doses count."""
    return timedelta(days=watch.every_days or SHIPPED_DAYS)


def is_under_treatment(watch: Watch, last_dose: datetime | None, at: datetime) -> bool:
    """Whether somebody should still be called about the item: the last dose is not longer ago than
    the watch's interval. Who stopped treatment keeps the line on their page and gives no alerts.
    """
    return last_dose is not None and last_dose >= at - interval(watch)
