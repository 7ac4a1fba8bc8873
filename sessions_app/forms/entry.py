"""What every form is made of, and the form of one vital reading."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app import clock
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import VitalReading, new_key
from sessions_app.rules import limits
from sessions_app.words.field_words import FIELDS
from sessions_app.words.refusals import already_saved, explain

POSITION_WORDS = {
    "sitting": _("sitting"),
    "reclined": _("reclined"),
    "lying": _("lying"),
    "standing": _("standing"),
}
BLANK_WORDS = {
    "declined": _("declined"),
    "asleep": _("asleep"),
    "equipment": _("equipment failed"),
    "not_due": _("not due"),
}


def short_text(width: str, mode: str = "") -> forms.TextInput:
    """A field as wide as what is typed there, such as "w-4", which the browser does not fill in;
    `mode`: the keyboard that a tablet shows for it.
    """
    keyboard = {"inputmode": mode} if mode else {}
    return forms.TextInput(attrs={**keyboard, "autocomplete": "off", "class": width})


class TakenAtField(forms.CharField):
    """A clinic time such as 11:42; blank means now. Cleans to an aware datetime or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", FIELDS["taken_at"])
        kwargs.setdefault("help_text", _("For example 11:42. Empty means now."))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        read = clock.parse_local(text, timezone.get_current_timezone_name(), near=timezone.now())
        if read.at is None:
            message = {
                "nonexistent": _("%(text)s does not exist: the clocks went forward over it."),
                "unreadable": _("%(text)s is not a time. Write it like 11:42."),
            }[read.code]
            raise forms.ValidationError(message, code=read.code, params={"text": text})
        return read.at


class ClientClockField(forms.CharField):
    """What the device's own clock showed. It refuses nothing: what cannot be read is None."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> Any:
        try:
            at = parse_datetime(str(value or ""))
        except ValueError:
            return None
        return at if at is not None and at.utcoffset() is not None else None


class KeyedForm(forms.Form):
    """A form whose post happens once: the key is made when the form is shown."""

    write_key = forms.UUIDField(widget=forms.HiddenInput, initial=new_key)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nameless = forms.Field.default_error_messages["required"]
        for field in self.fields.values():
            # A summary on top of the page must say which field it speaks of.
            # `is`, and first: comparing would translate both words for every field.
            if field.error_messages["required"] is nameless and field.label:
                field.error_messages["required"] = format_lazy(
                    _("“{field}” is empty. Fill it in, then save."), field=field.label
                )

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """Afterwards each broken rule stands by its field, or on top when it has none here."""
        for error in broken.errors:
            words = explain(error)
            field = error.field if error.field in self.fields else None
            self.add_error(field, f"{words.message} {words.next}".strip())

    def add_already_saved(self, earlier: AlreadySaved) -> None:
        """Afterwards the form says what was saved under its key."""
        words = already_saved(earlier.row)
        self.add_error(None, f"{words.message} {words.next}")


def sign_field(sign: str) -> forms.Field:
    kind = forms.IntegerField if limits.PLAUSIBLE[sign].whole else forms.DecimalField
    return kind(
        required=False,
        localize=not limits.PLAUSIBLE[sign].whole,
        label=FIELDS[sign],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": format_lazy(
                _("{field} must be a number. Check it and enter it again."), field=FIELDS[sign]
            )
        },
    )


class VitalReadingForm(KeyedForm):
    """One look at the monitor: any of the signs, at least one."""

    systolic = sign_field("systolic")
    diastolic = sign_field("diastolic")
    heart_rate = sign_field("heart_rate")
    spo2 = sign_field("spo2")
    respiratory_rate = sign_field("respiratory_rate")
    temperature_c = sign_field("temperature_c")
    etco2 = sign_field("etco2")
    moaas = sign_field("moaas")
    pain = sign_field("pain")
    oxygen_l_min = sign_field("oxygen_l_min")
    position = forms.ChoiceField(
        required=False,
        label=FIELDS["position"],
        choices=[("", "–"), *POSITION_WORDS.items()],
    )
    blank_reason = forms.ChoiceField(
        required=False,
        label=FIELDS["blank_reason"],
        choices=[("", "–"), *BLANK_WORDS.items()],
    )
    taken_at = TakenAtField()
    client_clock = ClientClockField()

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_vital_reading`."""
        clean = self.cleaned_data
        return {
            "write_key": clean["write_key"],
            "taken_at": clean["taken_at"],
            "client_clock": clean["client_clock"],
            "position": clean["position"],
            "blank_reason": clean["blank_reason"],
            "values": {sign: clean[sign] for sign in limits.SIGNS},
        }

    @staticmethod
    def of(reading: VitalReading) -> dict[str, Any]:
        """A reading as the initial values of its correction."""
        initial = {sign: getattr(reading, sign) for sign in limits.SIGNS}
        return {
            **initial,
            "position": reading.position,
            "taken_at": timezone.localtime(reading.taken_at).strftime("%Y-%m-%d %H:%M"),
        }
