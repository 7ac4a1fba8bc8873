"""What people read for a clinic's settings: their names, their values, and what a change did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from sessions_app.rules.check_in_windows import HOURS_A_DAY, Window, whole_hours
from sessions_app.rules.escalation_rails import MINUTES
from sessions_app.rules.guard_rails import (
    SETTINGS,
    SHIPPED_LINES,
    WATCH_SETTINGS,
    Change,
    watch_setting,
)
from sessions_app.rules.limits import PLAUSIBLE, AlertLimit
from sessions_app.rules.long_term_watch import Watch
from sessions_app.templatetags.words import number
from sessions_app.words.check_in_words import asked_words, slot_words
from sessions_app.words.field_words import FIELDS
from sessions_app.words.watch_words import ITEM_WORDS, interval_words

SETTING_WORDS: dict[str, Promise] = {
    "version": _("Version"),
    "due": _("Readings due"),
    "during_every_min": _("Reading during the infusion, every"),
    "after_every_min": _("Reading after the infusion, every"),
    "watch_min": _("Watched at least"),
    "overdue_min": _("A reading is overdue after"),
    "start_systolic": _("No start above, systolic"),
    "start_diastolic": _("No start above, diastolic"),
    "bp_retry_min": _("Measure again after"),
    "min_hours_between_sessions": _("Time since the last session, at least"),
    "weight_ask_percent": _("Ask about a weight change above"),
    "weight_alert_percent": _("Call about a weight change above"),
    "mg_per_kg_low": _("Usual dose from"),
    "mg_per_kg_high": _("Usual dose to"),
    "devices_low": _("Usual devices from"),
    "devices_high": _("Usual devices to"),
    "devices_senior_low": _("Usual devices from 65 years, from"),
    "bp_near_percent": _("Blood pressure within this of the first one"),
    "systolic_below": _("Systolic below"),
    "diastolic_below": _("Diastolic below"),
    "spo2_above": _("SpO₂ on room air above"),
    "moaas_at_least": _("Awake level (MOAA/S) at least"),
    "reading_max_age_min": _("A reading speaks for now, up to"),
    "asks_leaflet": _("The nurse confirms the leaflet"),
    "asks_escort": _("The nurse confirms the handover to the escort"),
    "windows": _("Check-ins"),
    "watches": _("Long-term watch"),
    "mean_arterial": _("Mean pressure"),
    "repeat_min": _("High: call the same people again after"),
    "on_call_min": _("High: call everybody on call after"),
    "lead_min": _("High: call the clinic lead after"),
    "quiet_after_taken_min": _("Taken: call nobody for"),
    "rearm_no_answer_min": _("Nobody answered the call: begin anew after"),
    "medium_lead_min": _("Medium: call the lead after, in opening hours"),
}
PHASE_WORDS = {
    ("before",): _("before the dose"),
    ("after",): _("after the dose"),
    ("before", "after"): _("before and after"),
}
WATCH_PARTS = {
    "every_days": _("{item}, every so many days"),
    "every_sessions": _("{item}, every so many doses"),
}
SETTING_WORDS |= {
    watch_setting(item, part): format_lazy(words, item=name)
    for item, name in ITEM_WORDS.items()
    for part, words in WATCH_PARTS.items()
}
UNITS = (
    {name: setting.unit for name, setting in MINUTES.items()}
    | {
        watch_setting(item, part): setting.unit
        for item in ITEM_WORDS
        for part, setting in WATCH_SETTINGS.items()
    }
    | {name: setting.unit for name, setting in SETTINGS.items()}
)
LEVEL_WORDS = {"high": _("High"), "medium": _("Medium"), "low": _("Low")}
COMPARE_WORDS = {
    "<": _("below"),
    "<=": _("at or below"),
    ">": _("above"),
    ">=": _("at or above"),
}
UNIT_WORDS = {"/min": _("per min"), "mm[Hg]": "mmHg", "Cel": "°C", "{score}": ""}


def _line_label(line: AlertLimit) -> Promise:
    rise = _("{sign}, rise {compare}") if line.rise else _("{sign} {compare}")
    return format_lazy(
        "{what} ({phase}, {level})",
        what=format_lazy(rise, sign=sign_words(line.sign), compare=COMPARE_WORDS[line.compare]),
        phase=PHASE_WORDS[line.phases],
        level=LEVEL_WORDS[line.level],
    )


def sign_words(sign: str) -> Any:
    return FIELDS[sign] if sign in FIELDS else SETTING_WORDS[sign]


def unit_of(line: AlertLimit) -> str:
    unit = PLAUSIBLE[line.sign].unit
    return str(UNIT_WORDS.get(unit, unit))


LINE_WORDS: dict[str, Promise] = {name: _line_label(line) for name, line in SHIPPED_LINES.items()}


def label_of(field: str) -> Any:
    """The name of a field as a person reads it; the code itself where it has none."""
    for words in (FIELDS, SETTING_WORDS, LINE_WORDS):
        if field in words:
            return words[field]
    if field.startswith("item_"):
        return _now("Item %(number)s") % {"number": field.removeprefix("item_").removeprefix("q")}
    return field


def hours_words(span: timedelta) -> str:
    """ "18 h", and from two whole days on "3 d" or "12 d 12 h"."""
    days, hours = divmod(whole_hours(span), HOURS_A_DAY)
    if days < 2:
        return _now("%(count)s h") % {"count": whole_hours(span)}
    words = _now("%(count)s d") % {"count": days}
    return f"{words} {_now('%(count)s h') % {'count': hours}}" if hours else words


def minutes_words(due: Iterable[int]) -> str:
    return ", ".join(map(str, due))


def change_words(change: Change) -> str:
    """One change in a sentence: "Watched at least: 150 min, was 120 min"."""
    if change.field == "window":
        return _window_change(change.before, change.after)
    if change.field == "watch":
        return _watch_change(change.before, change.after)
    facts = {
        "name": label_of(change.field),
        "before": value_words(change.field, change.before),
        "after": value_words(change.field, change.after),
    }
    return _now("%(name)s: %(after)s, was %(before)s") % facts


def value_words(field: str, value: Any) -> str:
    """A setting's value with its unit; what is left empty says so."""
    if value is None:
        return _now("no call") if field in SHIPPED_LINES else _now("none")
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    if isinstance(value, tuple):
        return _now("%(minutes)s min") % {"minutes": minutes_words(value)}
    unit = unit_of(SHIPPED_LINES[field]) if field in SHIPPED_LINES else UNITS[field]
    shown = number(f"{value:f}") if isinstance(value, Decimal) else str(value)
    return f"{shown}\N{NO-BREAK SPACE}{unit}".strip()


def _window_change(before: Window | None, after: Window | None) -> str:
    window = after or before
    assert window is not None, "a change has a side"
    facts = {"when": slot_words(window.slot), "before": _asked(before), "after": _asked(after)}
    if before is None:
        return _now("Check-in %(when)s added: %(after)s") % facts
    if after is None:
        return _now("Check-in %(when)s left out; was %(before)s") % facts
    return _now("Check-in %(when)s: %(after)s; was %(before)s") % facts


def _watch_change(before: Watch | None, after: Watch | None) -> str:
    watch = after or before
    assert watch is not None, "a change has a side"
    facts = {
        "item": ITEM_WORDS.get(watch.item, watch.item),
        "before": interval_words(before),
        "after": interval_words(after),
    }
    return _now("Long-term watch, %(item)s: %(after)s, was %(before)s") % facts


def _asked(window: Window | None) -> str:
    if window is None:
        return ""
    return _now("open from %(opens)s to %(closes)s, asks %(asks)s") % {
        "opens": hours_words(window.opens),
        "closes": hours_words(window.closes),
        "asks": asked_words(list(window.instruments)),
    }
