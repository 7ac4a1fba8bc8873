"""Time: rows hold UTC, people read clinic time, durations come from UTC only.

The only file with time zones. A naive datetime is refused everywhere, because nobody can say
later which clock it was read from. In a night when the clocks change, a local time can name two
instants or none; `parse_local` says which of these happened and never guesses silently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

LocalCode = Literal["ok", "ambiguous", "nonexistent", "unreadable"]

CLOCK_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
AROUND = timedelta(days=2)  # longer than a page or a log-in lives


@dataclass(frozen=True)
class LocalTime:
    """What a typed local time means.

    ok: `at` is the instant, UTC. ambiguous: the clocks went back and both `at` and `other` read
    like this; `at` is the one nearest to `near`, or the earlier one. nonexistent: the clocks
    went forward over it. unreadable: not a time. In the last two `at` is None.
    """

    code: LocalCode
    at: datetime | None = None
    other: datetime | None = None


def utc(at: datetime) -> datetime:
    """The same instant in UTC. A naive datetime raises ValueError."""
    if at.utcoffset() is None:
        raise ValueError("a time without a zone names no instant")
    return at.astimezone(UTC)


def local(at: datetime, zone: ZoneInfo | str) -> datetime:
    """The same instant as the clock on the wall of the clinic shows it: for labels only."""
    return utc(at).astimezone(_zone(zone))


def clinic_day(at: datetime, zone: ZoneInfo | str) -> date:
    """The calendar day at the clinic, for grouping and printing, never for durations."""
    return local(at, zone).date()


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Time that passed, negative if `end` is earlier. A change of the clocks does not count."""
    return utc(end) - utc(start)


def elapsed_min(start: datetime, end: datetime) -> float:
    """Minutes that passed, with their fraction."""
    return elapsed(start, end) / timedelta(minutes=1)


def parse_local(text: str, zone: ZoneInfo | str, near: datetime | None = None) -> LocalTime:
    """Read "11:42", "2026-11-20 11:42" or "2026-11-20T11:42" as clinic time.

    A bare clock time needs `near` (usually now): it means the instant nearest to it, so that
    23:58 typed at 00:03 is yesterday. A text with an offset of its own is that instant.
    """
    where, near = _zone(zone), None if near is None else utc(near)
    try:
        return _read(text.strip(), where, near)
    except (ValueError, OverflowError):  # also an instant before the first year or after the last
        return LocalTime("unreadable")


def offsets_around(at: datetime, zone: ZoneInfo | str) -> list[tuple[datetime | None, int]]:
    """How many minutes the clinic's clock is ahead of UTC from two days before `at` to two after.

    Pairs of the instant from which it holds, UTC, and the minutes; the first holds for all before.
    One pair but for the days around a change of the clocks.
    """
    where, first, last = _zone(zone), utc(at) - AROUND, utc(at) + AROUND
    before, after = _ahead(first, where), _ahead(last, where)
    if before == after:
        return [(None, before)]
    while last - first > timedelta(seconds=1):
        middle = first + (last - first) / 2
        if _ahead(middle, where) == before:
            first = middle
        else:
            last = middle
    return [(None, before), (last.replace(microsecond=0), after)]


def _ahead(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def _zone(zone: ZoneInfo | str) -> ZoneInfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def _read(text: str, where: ZoneInfo, near: datetime | None) -> LocalTime:
    clock = CLOCK_TIME.fullmatch(text)
    if clock is not None:
        return LocalTime("unreadable") if near is None else _nearest(clock, where, near)
    stamp = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-20"):
        return LocalTime("unreadable")  # a day alone is no time
    if stamp.utcoffset() is not None:
        return LocalTime("ok", utc(stamp))
    return _resolve(stamp, where, near)


def _nearest(clock: re.Match[str], zone: ZoneInfo, near: datetime) -> LocalTime:
    hour, minute, second = (int(part or 0) for part in clock.groups())
    today = near.astimezone(zone).replace(
        hour=hour, minute=minute, second=second, microsecond=0, tzinfo=None, fold=0
    )
    days = [_resolve(today + timedelta(days=shift), zone, near) for shift in (0, -1, 1)]
    read = [(abs(day.at - near), order, day) for order, day in enumerate(days) if day.at]
    if days[0].code == "nonexistent" and all(gap > timedelta(hours=12) for gap, _, _ in read):
        return days[0]
    return min(read)[2]


def _resolve(naive: datetime, zone: ZoneInfo, near: datetime | None) -> LocalTime:
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return LocalTime("ok", first)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) != naive:
        return LocalTime("nonexistent")
    if near is not None and abs(second - near) < abs(first - near):
        return LocalTime("ambiguous", second, first)
    return LocalTime("ambiguous", first, second)


def age_on(day: date, born: date) -> int:
    """Completed years of life on `day`."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
