"""The lead's forms: the protocol of one route, the alert limits, and going back to what ships."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import RuleBroken, RuleError
from sessions_app.forms.entry import KeyedForm, short_text
from sessions_app.instruments import REGISTRY, Instrument
from sessions_app.rules.check_in_windows import MOOD, PAIN, Window, slot_of, whole_hours
from sessions_app.rules.guard_rails import (
    MOST_WINDOWS,
    RAILS,
    SHIPPED_LINES,
    WATCH_SETTINGS,
    Setting,
    settings_for,
    thresholds,
    watch_setting,
)
from sessions_app.rules.limits import DEFAULT_ALERTS, AlertLimits, Number
from sessions_app.rules.long_term_watch import ITEMS, Watch
from sessions_app.rules.protocols import SCHEDULE_SOURCES, SHIPPED, Protocol
from sessions_app.words.check_in_words import NAMES
from sessions_app.words.setting_words import (
    LINE_WORDS,
    SETTING_WORDS,
    hours_words,
    minutes_words,
    sign_words,
    unit_of,
    value_words,
)
from sessions_app.words.watch_words import ITEM_WORDS

SPARE_ROWS = 3
SPAN = re.compile(r"(?:(\d{1,3})\s*d)?\s*(?:(\d{1,4})\s*h)?", re.IGNORECASE)
MINUTES = re.compile(r"\s*\d{1,4}(\s*,\s*\d{1,4})*\s*")
TIMES = ("due", "opens", "closes")
ALWAYS_ASKED = (MOOD, PAIN)


class HoursField(forms.CharField):
    """A span typed as "18 h", "3 d" or "12 d 12 h". Cleans to a timedelta, or None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", short_text("w-8"))
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = SPAN.fullmatch(text)
        if found is None or not any(found.groups()):
            message = _("“%(text)s” is not a time after the dose. Write it like 18 h or 3 d.")
            raise forms.ValidationError(message, code="unreadable", params={"text": text})
        return timedelta(days=int(found[1] or 0), hours=int(found[2] or 0))


class MinutesField(forms.CharField):
    """Minutes typed as "0, 10, 20". Cleans to a tuple of whole numbers."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return ()
        if not MINUTES.fullmatch(text):
            message = _("“%(text)s” is not a list of minutes. Write it like 0, 10, 20.")
            raise forms.ValidationError(message, code="unreadable", params={"text": text})
        return tuple(int(part) for part in text.split(","))


def number_field(label: Any, shipped: Any, setting: Setting, shown: str) -> forms.Field:
    """A number with its range, what ships and where that comes from. The deed judges it."""
    is_whole = not isinstance(setting.low, Decimal)
    kind = forms.IntegerField if is_whole else forms.DecimalField
    return kind(
        required=False,
        label=label,
        initial=shipped,
        localize=not is_whole,
        widget=short_text("w-4", "numeric" if is_whole else "decimal"),
        help_text=format_lazy(
            _("Ships as {shown} ({source}). Can be set to {range}."),
            shown=shown,
            source=setting.source,
            range=str(setting).strip(),
        ),
        error_messages={
            "invalid": format_lazy(
                _("{field} must be a number. Check it and enter it again."), field=label
            )
        },
    )


class ReasonForm(KeyedForm):
    """What every change of the clinic's settings carries: from which version, and why."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=60, required=False)
    reason = forms.CharField(
        required=False,
        label=_("Reason for the change"),
        help_text=_("It stands in the history, with your name and the time."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def stamp(self) -> dict[str, Any]:
        """The reason, the version that was seen and the write key, in the words of the deed."""
        clean = self.cleaned_data
        return {
            "reason": clean["reason"],
            "seen_version": clean["version"],
            "write_key": clean["write_key"],
        }


@dataclass(frozen=True)
class WindowRow:
    """One line of the check-in table: three times and a box for each questionnaire."""

    name: str
    due: BoundField
    opens: BoundField
    closes: BoundField
    asked: list[tuple[Any, BoundField]]

    @property
    def fields(self) -> list[BoundField]:
        return [self.due, self.opens, self.closes]


class ProtocolForm(ReasonForm):
    """The protocol of one route. An emptied line of the check-ins is left out."""

    def __init__(
        self,
        *args: Any,
        protocol: Protocol,
        instruments: Mapping[str, Instrument] = REGISTRY,
        **kwargs: Any,
    ) -> None:
        """`instruments`: what the clinic has; the choice is among those that patients are asked."""
        kwargs["initial"] = {"version": protocol.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.protocol = protocol
        self.choosable = {
            code: NAMES.get(code, instrument.name)
            for code, instrument in instruments.items()
            if instrument.is_asked and code not in ALWAYS_ASKED
        }
        ships = SHIPPED[protocol.route]
        for name, setting in settings_for(protocol.route).items():
            shown = value_words(name, getattr(ships, name))
            self.fields[name] = number_field(
                SETTING_WORDS[name], getattr(protocol, name), setting, shown
            )
        if not protocol.is_infusion:
            self.fields["due"] = self._due(ships)
        for name in ("asks_leaflet", "asks_escort"):
            self.fields[name] = forms.BooleanField(
                required=False, label=SETTING_WORDS[name], initial=getattr(protocol, name)
            )
        self._add_watches(ships)
        rows = max(len(protocol.windows) + SPARE_ROWS, self._posted_rows())
        for row in range(min(rows, MOST_WINDOWS + SPARE_ROWS)):
            self._add_row(row, protocol.windows[row] if row < len(protocol.windows) else None)

    def _due(self, ships: Protocol) -> forms.Field:
        return MinutesField(
            required=False,
            label=SETTING_WORDS["due"],
            initial=minutes_words(self.protocol.due),
            help_text=format_lazy(
                _("Minutes after the dose. Ships as {shown} ({source})."),
                shown=minutes_words(ships.due),
                source=SCHEDULE_SOURCES.get(ships.route, "design"),
            ),
            widget=short_text("w-16"),
        )

    def _posted_rows(self) -> int:
        numbers = (re.fullmatch(r"due_(\d{1,2})", str(name)) for name in self.data)
        return max((int(found[1]) + 1 for found in numbers if found), default=0)

    def _add_row(self, row: int, window: Window | None) -> None:
        number = row + 1
        words = {
            "due": _("Check-in {number}, due"),
            "opens": _("Check-in {number}, opens"),
            "closes": _("Check-in {number}, closes"),
        }
        for part in TIMES:
            self.fields[f"{part}_{row}"] = HoursField(
                label=format_lazy(words[part], number=number),
                initial="" if window is None else hours_words(getattr(window, part)),
            )
        for code, name in self.choosable.items():
            self.fields[f"{code}_{row}"] = forms.BooleanField(
                required=False,
                label=format_lazy(_("Check-in {number}, {name}"), number=number, name=name),
                initial=window is not None and code in window.instruments,
            )

    @property
    def window_rows(self) -> Iterator[WindowRow]:
        row = 0
        while f"due_{row}" in self.fields:
            boxes = [(name, self[f"{code}_{row}"]) for code, name in self.choosable.items()]
            due, opens, closes = (self[f"{part}_{row}"] for part in TIMES)
            yield WindowRow(str(row + 1), due, opens, closes, boxes)
            row += 1

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        for row in range(MOST_WINDOWS + SPARE_ROWS):
            times = {part: clean.get(f"{part}_{row}") for part in TIMES}
            if any(value is not None for value in times.values()):
                for part, value in times.items():
                    if value is None and f"{part}_{row}" not in self.errors:
                        words = _("%(field)s is missing. Fill it in, or empty the whole line.")
                        label = self.fields[f"{part}_{row}"].label
                        self.add_error(f"{part}_{row}", words % {"field": label})
        return clean

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """As every form does; what is wrong with a check-in stands at its own line."""
        super().add_broken_rules(RuleBroken(*(self._at_its_line(e) for e in broken.errors)))

    def _at_its_line(self, error: RuleError) -> RuleError:
        if error.field != "windows":
            return error
        # Of two that overlap the later one is named first, and marked.
        overlaps = error.code == "windows_overlap"
        named = (error.value,) if overlaps else (error.value, error.limit)
        for row in range(MOST_WINDOWS + SPARE_ROWS):
            due = self.cleaned_data.get(f"due_{row}")
            slot = None if due is None else slot_of(whole_hours(due))
            if slot is not None and slot in named:
                return replace(error, field=f"opens_{row}" if overlaps else f"due_{row}")
        return error

    def wanted(self) -> Protocol:
        """The cleaned post as a protocol; what is missing in it is None."""
        clean = self.cleaned_data
        names = [*settings_for(self.protocol.route), "asks_leaflet", "asks_escort"]
        return replace(
            self.protocol,
            **{name: clean[name] for name in names},
            due=clean.get("due", ()),
            windows=tuple(self._windows(clean)),
            watches=tuple(self._watches(clean)),
        )

    def _add_watches(self, ships: Protocol) -> None:
        held, shipped = ({w.item: w for w in one.watches} for one in (self.protocol, ships))
        for item in ITEMS:
            for part, setting in WATCH_SETTINGS.items():
                name = watch_setting(item, part)
                now, then = (getattr(w.get(item), part, None) for w in (held, shipped))
                shown = value_words(name, then)
                self.fields[name] = number_field(SETTING_WORDS[name], now, setting, shown)

    @property
    def watch_rows(self) -> list[tuple[Any, list[BoundField]]]:
        """Each item of the long-term watch by name, with its two numbers."""
        return [
            (ITEM_WORDS[item], [self[watch_setting(item, part)] for part in WATCH_SETTINGS])
            for item in ITEMS
        ]

    def _watches(self, clean: Mapping[str, Any]) -> Iterator[Watch]:
        for item in ITEMS:
            days, doses = (clean[watch_setting(item, part)] for part in WATCH_SETTINGS)
            if days is not None or doses is not None:
                yield Watch(item, days, doses)

    def _in_order(self, row: int, ticked: set[str]) -> tuple[str, ...]:
        """The questions in the order in which the line asked them; new ones last."""
        windows = self.protocol.windows
        held = windows[row].instruments if row < len(windows) else (MOOD,)
        order = dict.fromkeys((*held, MOOD, *self.choosable))
        return tuple(code for code in order if code in ticked)

    def _windows(self, clean: Mapping[str, Any]) -> Iterator[Window]:
        row = 0
        while f"due_{row}" in self.fields:
            due, opens, closes = (clean[f"{part}_{row}"] for part in TIMES)
            if due is not None:
                ticked = {MOOD, *(code for code in self.choosable if clean[f"{code}_{row}"])}
                asked = self._in_order(row, ticked)
                yield Window(slot_of(whole_hours(due)), due, opens, closes, asked)
            row += 1


class AlertLimitsForm(ReasonForm):
    """Every threshold of the table; an emptied one calls nobody."""

    def __init__(self, *args: Any, alert_limits: AlertLimits, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": alert_limits.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        held, ships = thresholds(alert_limits), thresholds(DEFAULT_ALERTS)
        for name, line in SHIPPED_LINES.items():
            setting = Setting(*RAILS[name], unit_of(line), line.source)
            self.fields[name] = number_field(
                LINE_WORDS[name], held[name], setting, value_words(name, ships[name])
            )

    @property
    def by_sign(self) -> list[tuple[Any, list[tuple[BoundField, str]]]]:
        """The fields of each sign with their unit, in the order of the table."""
        groups: dict[str, list[tuple[BoundField, str]]] = {}
        for name, line in SHIPPED_LINES.items():
            groups.setdefault(line.sign, []).append((self[name], unit_of(line)))
        return [(sign_words(sign), fields) for sign, fields in groups.items()]

    def values(self) -> dict[str, Number | None]:
        return {name: self.cleaned_data[name] for name in SHIPPED_LINES}
