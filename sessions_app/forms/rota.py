"""The lead's forms of the rota and of the steps of an alert, and a look of the long-term watch."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app import clock
from sessions_app.forms.clinic import DayField
from sessions_app.forms.entry import KeyedForm, short_text
from sessions_app.forms.protocols import ReasonForm, number_field
from sessions_app.instruments import REGISTRY
from sessions_app.models import Staff
from sessions_app.permissions import visible_to
from sessions_app.roles import ALLOWED, Deed
from sessions_app.rules.escalation import SHIPPED, Escalation
from sessions_app.rules.escalation_rails import MINUTES
from sessions_app.rules.long_term_watch import ITEMS
from sessions_app.words.field_words import FIELDS
from sessions_app.words.setting_words import SETTING_WORDS, value_words

YEARS = (2000, 2200)


class ClockField(forms.CharField):
    """A time of day as typed, such as 17:00. The day beside it decides what it means."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=short_text("w-4"),
            error_messages={"required": _("The time is missing. Write it like 17:00.")},
            **kwargs,
        )


class PlacedForm(KeyedForm):
    """A form with a day and a time beside it, read on the clinic's clock."""

    def placed(self, day_field: str, time_field: str) -> datetime | None:
        """The instant that both name; None when one is missing or wrong, which the form says."""
        day: date | None = self.cleaned_data.get(day_field)
        at = self.cleaned_data.get(time_field)
        if not day or not at:
            return None
        if not YEARS[0] <= day.year <= YEARS[1]:
            self.add_error(day_field, _("Check the year."))
            return None
        zone = timezone.get_current_timezone_name()
        read = clock.parse_local(f"{day.isoformat()} {at.strip().zfill(5)}", zone)
        if read.at is None:
            words = {
                "nonexistent": _("This time does not exist: the clocks go forward over it."),
                "unreadable": _("This is not a time. Write it like 09:30."),
            }
            self.add_error(time_field, words[read.code])
        return read.at


class ShiftForm(PlacedForm):
    """Who is on call from when to when, and for how many weeks."""

    staff = forms.ModelChoiceField(
        label=FIELDS["staff"],
        queryset=Staff.objects.none(),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose who is on call.")},
    )
    from_day = DayField(
        label=_("From, day"),
        error_messages={"required": _("The day is missing. Write it like 2026-11-20.")},
    )
    from_time = ClockField(label=_("From, time"), help_text=_("Clinic time, for example 17:00"))
    to_day = DayField(
        label=_("To, day"),
        error_messages={"required": _("The day is missing. Write it like 2026-11-20.")},
    )
    to_time = ClockField(label=_("To, time"), help_text=_("Clinic time, for example 08:00"))
    weeks = forms.IntegerField(
        label=FIELDS["weeks"],
        initial=1,
        help_text=_("1: only once. 4: at the same times in four weeks."),
        widget=short_text("w-4", "numeric"),
        error_messages={
            "invalid": _("Write a whole number, such as 4."),
            "required": _("The number of weeks is missing. Write 1 for only once."),
        },
    )
    # The deed names its fields; here each of them is a day and a time.
    beside: ClassVar = {"starts_at": "from_time", "ends_at": "to_time"}

    def __init__(self, *args: Any, by: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["staff"]
        people.queryset = visible_to(by, Staff, Deed.MANAGE_CLINIC).filter(
            is_active=True, role__in=ALLOWED[Deed.HANDLE_ALERTS]
        )
        people.label_from_instance = lambda person: person.full_name

    def clean(self) -> None:
        super().clean()
        self.cleaned_data["starts_at"] = self.placed("from_day", "from_time")
        self.cleaned_data["ends_at"] = self.placed("to_day", "to_time")

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(self.beside.get(field or "", field), error)

    def shift(self) -> dict[str, Any]:
        """The cleaned post in the words of `add_shifts`."""
        names = ("staff", "starts_at", "ends_at", "weeks", "write_key")
        return {name: self.cleaned_data[name] for name in names}


class EscalationForm(ReasonForm):
    """The minutes of every step."""

    def __init__(self, *args: Any, escalation: Escalation, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": escalation.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for name, setting in MINUTES.items():
            shown = value_words(name, getattr(SHIPPED, name))
            self.fields[name] = number_field(
                SETTING_WORDS[name], getattr(escalation, name), setting, shown
            )

    @property
    def steps(self) -> list[forms.BoundField]:
        return [self[name] for name in MINUTES]

    def wanted(self) -> Escalation:
        """The cleaned post as a ladder; what is missing in it is None."""
        return Escalation(**{name: self.cleaned_data[name] for name in MINUTES})


class WatchCheckForm(PlacedForm):
    """One look: when, what was found, and the score where the item has a scale."""

    optional: ClassVar = {"day", "at", "score"}
    day = DayField(label=_("Day"), required=False, help_text=_("Empty means today."))
    at = forms.CharField(
        label=_("Clock time"),
        required=False,
        help_text=_("Empty means now, or noon of the day."),
        widget=short_text("w-4"),
    )
    score = forms.DecimalField(
        label=_("Score"),
        required=False,
        localize=True,
        widget=short_text("w-4", "numeric"),
        error_messages={"invalid": _("The score must be a number. Check it and enter it again.")},
    )
    result = forms.CharField(
        label=_("Result in words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    beside: ClassVar = {"checked_at": "day"}

    def __init__(self, *args: Any, item: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item = item
        scale = REGISTRY.get(ITEMS[item].scale)
        if scale is None:
            del self.fields["score"]
            return
        self.fields["score"].label = _("%(scale)s, %(low)s to %(high)s") % {
            "scale": scale.name,
            "low": scale.score_min,
            "high": scale.score_max,
        }

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(self.beside.get(field or "", field), error)

    def clean(self) -> None:
        super().clean()
        clean = self.cleaned_data
        if not clean.get("day") and clean.get("at"):
            clean["day"] = timezone.localdate()
        if clean.get("day") and not clean.get("at") and clean["day"] != timezone.localdate():
            clean["at"] = "12:00"
        clean["checked_at"] = self.placed("day", "at")

    def check(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_watch_check`."""
        clean = self.cleaned_data
        score: Decimal | None = clean.get("score")
        names = ("result", "checked_at", "write_key")
        return {**{name: clean[name] for name in names}, "item": self.item, "score": score}
