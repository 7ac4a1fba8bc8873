"""Forms of a treatment plan: the course, the eligibility answers, the prescription."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.clinic import DayField, text
from sessions_app.forms.entry import KeyedForm, short_text
from sessions_app.models import EligibilityAnswer
from sessions_app.models.courses import DRUGS, INDICATIONS, ROUTES
from sessions_app.rules import eligibility
from sessions_app.words.field_words import FIELDS

QUESTIONS = {
    "adult": _("Is the patient at least 18 years old?"),
    "adequate_trials": _("Did at least two adequate trials of an antidepressant fail?"),
    "bp_controlled": _("Is the blood pressure controlled?"),
    "aneurysm_or_avm": _("Aneurysmal vascular disease or an arteriovenous malformation?"),
    "intracerebral_haemorrhage": _("Ever a bleeding in the brain?"),
    "hypersensitivity": _("Hypersensitive to ketamine or esketamine?"),
    "unstable_heart_disease": _("Unstable heart disease, a recent infarction or stroke?"),
    "raised_pressure": _("Raised pressure in the skull or the eye?"),
    "psychosis_or_mania": _("Psychosis or mania, now or before?"),
    "pregnancy_or_lactation": _("Pregnant, possibly pregnant, or nursing?"),
    "substance_use": _("Active use of alcohol or drugs beyond what is safe?"),
    "severe_liver_disease": _("Severe liver disease?"),
    "bladder_symptoms": _("Bladder complaints?"),
    "sleep_apnoea": _("Sleep apnoea, known or suspected?"),
    "interacting_medicines": _(
        "Medicines that interact (sedatives, opioids, stimulants, MAO inhibitors)?"
    ),
}
ANSWERS = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]


def number(name: str, *, whole: bool = False, **kwargs: Any) -> forms.Field:
    """A number typed in the reader's own notation; the limits are the deed's."""
    kind: Any = forms.IntegerField if whole else forms.DecimalField
    widget = short_text("w-4", "numeric" if whole else "decimal")
    message = format_lazy(_("{field} must be a number."), field=FIELDS[name])
    kwargs.setdefault("required", False)
    return kind(
        label=FIELDS[name],
        widget=widget,
        localize=not whole,
        error_messages={"invalid": message},
        **kwargs,
    )


def choice(name: str, choices: Any) -> forms.ChoiceField:
    """Nothing is chosen before; that something must be is said by the deed, with the field."""
    return forms.ChoiceField(
        label=FIELDS[name], choices=choices, required=False, widget=forms.RadioSelect
    )


class CourseForm(KeyedForm):
    optional: ClassVar = {"schedule", "consent_signed_on", "consent_valid_until", "ended_on"}
    indication = choice("indication", INDICATIONS)
    planned_sessions = number("planned_sessions", whole=True, initial=6)
    schedule = text("schedule", help_text=_("For example: twice a week, 3 weeks"))
    started_on = DayField(label=FIELDS["started_on"], required=False)
    consent_signed_on = DayField(
        label=FIELDS["consent_signed_on"],
        required=False,
        help_text=_("Empty until the patient has signed. No session starts without it."),
    )
    consent_valid_until = DayField(label=FIELDS["consent_valid_until"], required=False)

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        del clean["write_key"]
        return clean


class CourseEditForm(CourseForm):
    ended_on = DayField(
        label=FIELDS["ended_on"],
        required=False,
        help_text=_("Fill it in when the course is over. Nothing is prescribed after it."),
    )


class EligibilityForm(KeyedForm):
    """One question a criterion, nothing chosen before, each with room for a note."""

    def __init__(self, *args: Any, held: dict[str, EligibilityAnswer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in eligibility.CODES:
            before = held.get(code)
            self.fields[code] = forms.ChoiceField(
                label=QUESTIONS[code],
                choices=ANSWERS,
                required=False,
                widget=forms.RadioSelect,
                initial=before.answer if before else None,
            )
            self.fields[f"{code}_note"] = forms.CharField(
                label=_("Note"),
                required=False,
                initial=before.note if before else "",
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def pairs(self) -> list[tuple[Any, Any]]:
        """Each question with its note, as bound fields."""
        return [(self[code], self[f"{code}_note"]) for code in eligibility.CODES]

    def clean(self) -> None:
        super().clean()
        for code in eligibility.CODES:
            if self.cleaned_data.get(f"{code}_note") and not self.cleaned_data.get(code):
                self.add_error(code, _("Choose an answer to go with the note."))

    def answers(self) -> dict[str, tuple[str, str]]:
        """What was answered; a question left open is no answer."""
        clean = self.cleaned_data
        return {
            code: (clean[code], clean[f"{code}_note"])
            for code in eligibility.CODES
            if clean.get(code)
        }


class PrescriptionForm(KeyedForm):
    optional: ClassVar = {"outside_band_reason"}
    drug = choice("drug", DRUGS)
    route = choice("route", ROUTES)
    mg_per_kg = number("mg_per_kg", help_text=_("Ketamine only, for example 0.5"))
    devices = number(
        "devices", whole=True, help_text=_("Esketamine only: 1, 2 or 3 (28, 56 or 84 mg)")
    )
    infusion_minutes = number(
        "infusion_minutes", whole=True, help_text=_("IV infusion only, in minutes")
    )
    vial_mg_per_ml = number(
        "vial_mg_per_ml", help_text=_("In mg per mL. Needed for an IV infusion.")
    )
    bag_volume_ml = number("bag_volume_ml", help_text=_("IV infusion only: the bag, in mL"))
    outside_band_reason = text(
        "outside_band_reason", help_text=_("Only for a dose outside the usual range.")
    )
    valid_from = DayField(label=FIELDS["valid_from"], required=False)
    valid_until = DayField(label=FIELDS["valid_until"], required=False)

    def values(self) -> dict[str, Any]:
        clean = dict(self.cleaned_data)
        del clean["write_key"]
        return clean
