"""The lead's forms: details of the clinic, staff, chairs, help lines, and the audit filter."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import KeyedForm, short_text
from sessions_app.models import HelpLine, Staff
from sessions_app.models.people import ROLE_NAMES
from sessions_app.words.audit_words import tag_words
from sessions_app.words.field_words import FIELDS
from sessions_app.words.medication_words import SCALE_WORDS

DAY_FORMATS = ["%Y-%m-%d", "%d %b %Y", "%d %B %Y"]
WEEKDAYS = [
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("7", _("Sunday")),
]


class DayField(forms.DateField):
    """A day typed as 2026-11-20 or 20 Nov 2026. Month-first dates are nobody's guess here."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("For example 2026-11-20"))
        super().__init__(
            input_formats=DAY_FORMATS,
            widget=forms.DateInput(
                format="%Y-%m-%d", attrs={"autocomplete": "off", "class": "w-8"}
            ),
            **kwargs,
        )

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except forms.ValidationError as wrong:
            message = _("“%(value)s” is not a date. Write it like 2026-11-20.")
            raise forms.ValidationError(message, code="invalid", params={"value": value}) from wrong


class LanguageField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", FIELDS["language"])
        super().__init__(choices=settings.LANGUAGES, **kwargs)


class ZoneField(forms.ChoiceField):
    """Every zone of the tz database that is named after a place, and UTC."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", FIELDS["time_zone"])
        super().__init__(choices=zone_choices, **kwargs)


def zone_choices() -> list[tuple[str, str]]:
    named = (zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/")
    return [(zone, zone.replace("_", " ")) for zone in [*sorted(named), "UTC"]]


def text(name: str, **kwargs: Any) -> forms.CharField:
    """A line of text; how long it may be is said by the deed, with the limit."""
    kwargs.setdefault("required", False)
    kwargs.setdefault("label", FIELDS[name])
    kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
    return forms.CharField(**kwargs)


def telephone(name: str, **kwargs: Any) -> forms.CharField:
    widget = short_text("w-16", "tel")
    return text(name, widget=widget, **kwargs)


def clock_time(name: str, **kwargs: Any) -> forms.TimeField:
    kwargs.setdefault("help_text", _("For example 08:30"))
    widget = forms.TimeInput(format="%H:%M", attrs={"autocomplete": "off", "class": "w-4"})
    return forms.TimeField(
        label=FIELDS[name],
        input_formats=["%H:%M"],
        widget=widget,
        error_messages={
            "invalid": _("Write the time like 08:30."),
            "required": format_lazy(
                _("{field} is missing. Write it like 08:30."), field=FIELDS[name]
            ),
        },
        **kwargs,
    )


class ClinicForm(KeyedForm):
    optional: ClassVar = {"phone", "desk_phone", "desk_email"}
    name = text("name")
    time_zone = ZoneField(help_text=_("Every time on every page is shown in this zone."))
    language = LanguageField(help_text=_("New patients start with it."))
    phone = telephone("phone", help_text=_("Patients see it on the help page."))
    opens_at = clock_time("opens_at")
    closes_at = clock_time("closes_at")
    open_days = forms.MultipleChoiceField(
        label=FIELDS["open_days"],
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one day.")},
    )
    quiet_from = clock_time(
        "quiet_from", help_text=_("On the patient's clock. Calls about alerts never wait.")
    )
    quiet_until = clock_time("quiet_until")
    desk_phone = telephone(
        "desk_phone", help_text=_("Called first about an alert. A mobile that the desk carries.")
    )
    desk_email = text(
        "desk_email",
        help_text=_("Called first about an alert, if there is no mobile."),
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    dissociation_scale = forms.ChoiceField(
        label=FIELDS["dissociation_scale"],
        choices=list(SCALE_WORDS.items()),
        help_text=_(
            "Each rating keeps the scale it was made on. CADSS is licensed: enter the sum of your "
            "own sheet."
        ),
    )

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        del clean["write_key"]
        return {**clean, "open_days": "".join(sorted(clean["open_days"]))}


class StaffForm(KeyedForm):
    optional: ClassVar = {"email", "phone"}
    full_name = text("full_name")
    initials = text(
        "initials",
        help_text=_("At most 6 letters. They stand beside every entry."),
        widget=short_text("w-4"),
    )
    role = forms.ChoiceField(
        label=FIELDS["role"],
        choices=list(ROLE_NAMES.items()),
        required=False,
        widget=forms.RadioSelect,
    )
    email = text(
        "email", widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    )
    phone = telephone("phone")

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        del clean["write_key"]
        return clean


class NewStaffForm(StaffForm):
    username = text(
        "username",
        help_text=_("Small letters, digits, dots or hyphens. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    field_order = ("write_key", "full_name", "username", "initials", "role", "email", "phone")


class ChairForm(KeyedForm):
    name = text(
        "name",
        help_text=_("A number or a short name, as it stands on the door."),
        widget=short_text("w-8"),
    )
    position = forms.IntegerField(
        label=_("Place in the order"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-4"}),
        help_text=_("Chairs stand in this order on every screen, as in the room."),
        error_messages={
            "invalid": _("Write a whole number, such as 3."),
            "required": _("The place in the order is missing. Write a number, such as 3."),
        },
    )


class ChairEditForm(ChairForm):
    is_active = forms.BooleanField(
        required=False, label=FIELDS["is_active"], help_text=_("Off: nobody is booked into it.")
    )


class HelpLineForm(KeyedForm):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=HelpLine.KINDS,
        required=False,
        widget=forms.RadioSelect,
    )
    language = LanguageField(help_text=_("Patients who read this language see the line."))
    label = text("label", help_text=_("For example: Crisis line of the city"))
    number = telephone("number", help_text=_("Exactly as it is dialled from a patient's phone."))
    hours = text("hours", help_text=_("In words, in the same language: day and night"))
    position = forms.IntegerField(
        label=_("Place in the order"),
        min_value=0,
        max_value=99,
        initial=0,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-4"}),
        help_text=_("Lower numbers stand first."),
    )

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        del clean["write_key"]
        return clean


class ConfirmForm(KeyedForm):
    """A button that asks first."""


class AuditFilterForm(forms.Form):
    """Which audit lines are shown. The address is the filter, so it can be kept and sent."""

    by = forms.ChoiceField(label=_("Person"), required=False)
    number = forms.CharField(
        label=_("Patient number"),
        required=False,
        widget=short_text("w-8"),
    )
    tag = forms.ChoiceField(label=_("What was done"), required=False)
    day = DayField(label=_("Day, for example 2026-11-20"), required=False, help_text="")

    def __init__(self, *args: Any, people: list[Staff], tags: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(person.pk), person.full_name) for person in people]
        choices: Any = self.fields
        choices["by"].choices = [("", _("Everybody")), *names]
        choices["tag"].choices = [("", _("Everything")), *((tag, tag_words(tag)) for tag in tags)]
