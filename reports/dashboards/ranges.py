"""Times as people read them. A claim is never stronger than what was seen: the lower end of a
range is rounded down and the upper end up.
"""

from __future__ import annotations

from math import ceil, floor, inf

from django.utils.translation import gettext as _

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 168
HOURS_UP_TO = 48  # below it, hours are printed; from there on days
SLACK = 1e-9
NBSP = "\u00a0"


def span_words(lo: float | None, hi: float | None) -> str:
    """(lo, hi] hours as "2 h – 1 d", "≤ 1 d", "> 7 d"; `hi` None or infinite: nobody saw it."""
    if lo is None:
        return _("not known")
    if hi is None or hi == inf:
        return _("> %(time)s") % {"time": lower_words(lo)}
    low, high = lower_words(lo), upper_words(hi)
    if floor(lo + SLACK) == 0:
        return _("≤ %(time)s") % {"time": high}
    if high.endswith(_unit(ceil(hi - SLACK), _("h"))):
        low = _unit(floor(lo + SLACK), _("h"))
    low_number, low_unit = low.split(NBSP)
    if low_unit == high.split(NBSP)[1]:
        return f"{low_number}–{high}"
    return f"{low} – {high}"


def weeks_words(lo: float | None, hi: float | None) -> str:
    """(lo, hi] hours in whole weeks, for instruments that look back two weeks."""
    if lo is None:
        return _("not known")
    low = floor(lo / HOURS_PER_WEEK + SLACK)
    if hi is None or hi == inf:
        return _("> %(time)s") % {"time": _unit(low, _("wk"))}
    high = max(ceil(hi / HOURS_PER_WEEK - SLACK), 1)
    if low == 0:
        return _("≤ %(time)s") % {"time": _unit(high, _("wk"))}
    return f"{low}–{_unit(high, _('wk'))}"


def lower_words(hours: float) -> str:
    """Hours rounded down: 47.9 h is "47 h", 60 h is "2 d"."""
    whole, days = floor(hours + SLACK), floor(hours / HOURS_PER_DAY + SLACK)
    return _hours_or_days(hours, whole, days)


def upper_words(hours: float) -> str:
    """Hours rounded up: 1.5 h is "2 h", 60 h is "3 d"."""
    whole, days = ceil(hours - SLACK), ceil(hours / HOURS_PER_DAY - SLACK)
    return _hours_or_days(hours, whole, days)


def _hours_or_days(hours: float, whole: int, days: int) -> str:
    if whole < HOURS_UP_TO and whole != HOURS_PER_DAY:
        return _unit(whole, _("h"))
    return _unit(days if hours >= HOURS_PER_DAY else 1, _("d"))


def _unit(number: int, unit: str) -> str:
    return f"{number}{NBSP}{unit}"
