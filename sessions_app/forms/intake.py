"""Forms of a patient: the details, and the appointments."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app import clock
from sessions_app.forms.clinic import DayField, LanguageField, ZoneField, telephone, text
from sessions_app.forms.entry import KeyedForm, short_text
from sessions_app.models import Chair, Patient, Staff
from sessions_app.permissions import visible_to
from sessions_app.words.field_words import FIELDS


def paragraph(name: str, **kwargs: Any) -> forms.CharField:
    return text(name, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}), **kwargs)


class PatientForm(KeyedForm):
    """Everything that is asked about a patient. Blank allergies mean "not asked"."""

    optional: ClassVar = {
        "phone",
        "email",
        "allergies",
        "medicines",
        "escort_name",
        "escort_phone",
        "safety_contact_name",
        "safety_contact_phone",
        "safety_plan",
    }
    number = text(
        "number",
        label=_("Patient number"),
        help_text=_("As in your other records. No two patients share one."),
        widget=short_text("w-8"),
    )
    given_name = text("given_name")
    family_name = text("family_name")
    birth_date = DayField(
        label=FIELDS["birth_date"],
        required=False,
        help_text=_("Year, month, day, for example 1979-03-14"),
    )
    phone = telephone("phone", help_text=_("Who reads an alert calls this number."))
    email = text(
        "email", widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    )
    reminder_channel = forms.ChoiceField(
        label=FIELDS["reminder_channel"],
        choices=Patient.REMINDER_CHANNELS,
        initial="none",
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Ask the patient. A message says that a check-in is ready and holds a link: no name, "
            "nothing about the treatment. Each one says how to stop them."
        ),
    )
    language = LanguageField(help_text=_("Check-ins are asked in it."))
    time_zone = ZoneField(help_text=_("Where the patient lives. Check-ins follow this clock."))
    allergies = paragraph(
        "allergies", help_text=_("Empty means not asked. Write “none known” if there are none.")
    )
    medicines = paragraph("medicines", help_text=_("What they take now, one per line."))
    escort_name = text("escort_name", help_text=_("Who takes them home."))
    escort_phone = telephone("escort_phone")
    safety_contact_name = text(
        "safety_contact_name", help_text=_("Whom to call when we worry about them.")
    )
    safety_contact_phone = telephone("safety_contact_phone")
    safety_plan = paragraph("safety_plan", help_text=_("What was agreed for a crisis."))

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        for name in ("write_key", "version"):
            clean.pop(name, None)
        return {**clean, "reminder_channel": clean["reminder_channel"] or "none"}


class PatientEditForm(PatientForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


def listed_name(patient: Patient) -> str:
    """A patient in a list to choose from."""
    return f"{patient.family_name}, {patient.given_name} · {patient.number}"


class AppointmentForm(KeyedForm):
    """Who comes when, and into which chair."""

    optional: ClassVar = {"chair"}
    patient = forms.ModelChoiceField(
        label=FIELDS["patient"],
        queryset=Patient.objects.none(),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose the patient.")},
    )
    day = DayField(
        label=_("Day"),
        error_messages={"required": _("The day is missing. Write it like 2026-11-20.")},
    )
    at = forms.CharField(
        label=FIELDS["starts_at"],
        help_text=_("Clinic time, for example 09:30"),
        error_messages={"required": _("The time is missing. Write it like 09:30.")},
        widget=short_text("w-4"),
    )
    chair = forms.ModelChoiceField(
        label=FIELDS["chair"],
        queryset=Chair.objects.none(),
        required=False,
        empty_label=_("Not decided yet"),
    )
    confirmed = forms.BooleanField(
        label=_("Book it all the same"),
        required=False,
        widget=forms.HiddenInput,
        help_text=_("Two appointments of one chair or one patient less than 2 hours apart."),
    )

    def __init__(self, *args: Any, by: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        patients: Any = self.fields["patient"]
        patients.queryset = visible_to(by, Patient)
        patients.label_from_instance = listed_name
        chairs: Any = self.fields["chair"]
        chairs.queryset = visible_to(by, Chair).filter(is_active=True)

    def clean(self) -> None:
        super().clean()
        day, at = self.cleaned_data.get("day"), self.cleaned_data.get("at")
        if not day or not at:
            return
        typed = f"{day.isoformat()} {at.strip().zfill(5)}"
        zone = timezone.get_current_timezone_name()
        read = clock.parse_local(typed, zone) if 2000 <= day.year <= 2200 else None
        if read is None:
            self.add_error("day", _("Check the year."))
        elif read.at is None:
            message = {
                "nonexistent": _("This time does not exist: the clocks go forward over it."),
                "unreadable": _("This is not a time. Write it like 09:30."),
            }[read.code]
            self.add_error("at", message)
        else:
            self.cleaned_data["starts_at"] = read.at

    def ask_to_confirm(self) -> None:
        """Afterwards the form offers to book in spite of the clash."""
        self.fields["confirmed"].widget = forms.CheckboxInput()

    def booking(self) -> dict[str, Any]:
        clean = self.cleaned_data
        return {
            "starts_at": clean["starts_at"],
            "chair": clean["chair"],
            "confirmed": clean["confirmed"],
        }

    @staticmethod
    def at_local(starts_at: datetime) -> dict[str, Any]:
        """The two fields of a time, in the clinic's zone."""
        local = timezone.localtime(starts_at)
        return {"day": local.date(), "at": f"{local:%H:%M}"}
