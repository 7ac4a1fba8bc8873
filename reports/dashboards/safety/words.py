"""Shares, times and pressures of the safety page as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.dashboards.ranges import NBSP
from sessions_app.models import SignOff
from sessions_app.words.effect_words import effect_words

DASH = "–"
ANY = "any"  # the code of "some side effect, whichever"
FEW_PERCENT = 10  # below it a share has one decimal: 0.4 % is not nothing
HOURS_FROM_MIN = 120
DAYS_FROM_MIN = 48 * 60

END_LABELS: dict[str, Promise] = {
    **dict(SignOff.ENDS),
    "not_signed": gettext_lazy("Not signed yet"),
    "import": gettext_lazy("Imported: recorded elsewhere"),
}


def effect_label(code: str) -> str:
    """The effect in words; what was typed freely stands together under one name."""
    if code == ANY:
        return _("Any side effect")
    return _("Other, in free words") if code == "other" else effect_words(code)


def percent_number(share: float) -> str:
    """A share in percent without its sign: 58, 3.1, 0.4, 0."""
    value = share * 100
    if round(value, 1) >= FEW_PERCENT or value == 0:
        return f"{value:.0f}"
    return f"{value:.1f}"


def share_words(share: float | None) -> str:
    """ "58 %", "3.1 %"; an en dash where there is none."""
    if share is None:
        return DASH
    return (_("%(n)s %%") % {"n": percent_number(share)}).replace(" ", NBSP)


def interval_words(block: Mapping[str, Any]) -> str:
    """ "54–62 %"; empty where there is no interval."""
    low, high = block["lower"], block["upper"]
    if low is None or high is None:
        return ""
    return f"{percent_number(low)}{DASH}{share_words(high)}"


def with_interval(block: Mapping[str, Any]) -> str:
    """ "58 % (54–62 %)"."""
    words, interval = share_words(block["share"]), interval_words(block)
    return f"{words} ({interval})" if interval else words


def count_words(block: Mapping[str, Any]) -> str:
    """ "401 of 687"."""
    return _("%(n)s of %(of)s") % {"n": block["n"], "of": block["of"]}


def time_words(hours: float | None) -> str:
    """Hours as "14 min", "2 h 5 min" or "3 d"; "not reached" where there is none."""
    if hours is None:
        return _("not reached")
    minutes = round(hours * 60)
    if minutes < HOURS_FROM_MIN:
        return f"{minutes}{NBSP}{_('min')}"
    if minutes < DAYS_FROM_MIN:
        whole, rest = divmod(minutes, 60)
        more = f"{NBSP}{rest}{NBSP}{_('min')}" if rest else ""
        return f"{whole}{NBSP}{_('h')}{more}"
    return f"{round(minutes / 1440)}{NBSP}{_('d')}"


def between_words(low: float | None, high: float | None) -> str:
    """ "11 min – 17 min"; one time where both read the same."""
    first, last = time_words(low), time_words(high)
    return first if first == last else f"{first} {DASH} {last}"


def spread_words(block: Mapping[str, Any]) -> str:
    """The middle half of times: "11 min – 17 min"."""
    return DASH if not block["n"] else between_words(block["q1"], block["q3"])


def mmhg(value: float | None, *, signed: bool = False) -> str:
    """A mean pressure to one decimal, in mmHg; a rise carries its sign."""
    if value is None:
        return DASH
    return (f"{value:+.1f}" if signed else f"{value:.1f}").replace("-", "−")


def pair(systolic: float | None, diastolic: float | None, *, signed: bool = False) -> str:
    """ "140.9/89.2", or "+19.5/+13.1" for a rise."""
    return f"{mmhg(systolic, signed=signed)}/{mmhg(diastolic, signed=signed)}"


def amount(value: float | None) -> str:
    """A percentile of counts or milligrams: whole, or with one decimal below ten."""
    if value is None:
        return DASH
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"
