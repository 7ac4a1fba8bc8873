"""The page door of what is given and rated at the chair: other medicines, dissociation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.medications import Medicine
from sessions_app.forms.entry import ClientClockField, KeyedForm, TakenAtField
from sessions_app.forms.session import DoseEventForm, length_of, local_text, reason_field
from sessions_app.models import DoseEvent, MedicationGiven
from sessions_app.rules import dissociation, medications
from sessions_app.templatetags.words import number
from sessions_app.words.field_words import FIELDS
from sessions_app.words.medication_words import (
    CLINIC_RATING_WORDS,
    MEDICATION_ROUTE_WORDS,
    MEDICATION_WORDS,
    SCALE_WORDS,
    UNIT_WORDS,
)

LINE = forms.TextInput(attrs={"autocomplete": "off"})


def _text(name: str, **options: Any) -> forms.CharField:
    options.setdefault("label", FIELDS.get(name, name))
    options.setdefault("widget", LINE)
    limit = length_of(MedicationGiven, name)
    return forms.CharField(required=False, max_length=limit, **options)


def _choice(label: Any, words: Any) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, label=label, choices=[("", "–"), *words.items()])


class EarlierDoseForm(DoseEventForm):
    """What was done with the drug some minutes ago, or for a reason worth writing down."""

    kind = forms.ChoiceField(label=FIELDS["kind"])

    @classmethod
    def of(cls, kinds: list[str]) -> EarlierDoseForm:
        """An empty form that offers these deeds."""
        form = cls(auto_id="earlier_%s")
        words = dict(DoseEvent.KINDS)
        form.fields["kind"].choices = [(kind, words[kind]) for kind in kinds]  # type: ignore[attr-defined]
        return form

    @property
    def is_device(self) -> bool:
        """A device has a lot number."""
        return any(kind == "device" for kind, _words in self.fields["kind"].choices)  # type: ignore[attr-defined]


class MedicationForm(KeyedForm):
    """One medicine beside the dose: what, how much, how, when, why and on whose order."""

    drug = _choice(_("Medicine"), {**MEDICATION_WORDS, medications.OTHER: _("Another, in words")})
    other_text = _text("other_text", label=_("Its generic name"))
    amount = forms.DecimalField(
        required=False,
        localize=True,
        label=FIELDS["amount"],
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    unit = _choice(FIELDS["unit"], UNIT_WORDS)
    route = _choice(_("How"), MEDICATION_ROUTE_WORDS)
    reason = _text("reason", label=_("What for"))
    ordered_by = _text(
        "ordered_by",
        help_text=_("A name, or “standing order”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "prescribers"}),
    )
    lot = _text("lot", label=_("Lot number"))
    taken_at = TakenAtField(label=_("When"))
    client_clock = ClientClockField()

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_medication`."""
        clean = dict(self.cleaned_data)
        entry = {name: clean.pop(name) for name in ("write_key", "taken_at", "client_clock")}
        clean.pop("correction", None)
        return {**entry, "medicine": Medicine(**clean)}


class MedicationCorrectionForm(MedicationForm):
    """A medicine again, with what was wrong about the old entry."""

    correction = reason_field(label=_("What was wrong?"))

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `correct_medication`."""
        return {**super().entry(), "reason": self.cleaned_data["correction"]}

    @staticmethod
    def of(row: MedicationGiven) -> dict[str, Any]:
        """A row as the initial values of its correction."""
        names = ("drug", "other_text", "unit", "route", "reason", "ordered_by", "lot")
        return {
            **{name: getattr(row, name) for name in names},
            "amount": number(row.amount),
            "taken_at": local_text(row.taken_at),
        }


class RatingForm(KeyedForm):
    """One rating of dissociation on the scale that the form was shown with."""

    scale = forms.ChoiceField(choices=list(SCALE_WORDS.items()), widget=forms.HiddenInput)
    score = forms.IntegerField(
        required=False,
        label=FIELDS["score"],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    taken_at = TakenAtField(label=_("When"))
    client_clock = ClientClockField()

    @classmethod
    def on(cls, scale: str) -> RatingForm:
        """An empty form on this scale."""
        return cls(auto_id="rating_%s", initial={"scale": scale})

    @property
    def asked(self) -> str:
        """The code of the scale that this form asks on."""
        code = self["scale"].value()
        return code if code in dissociation.SCALES else dissociation.DEFAULT_SCALE

    @property
    def steps(self) -> list[tuple[int, Any]]:
        """The buttons of a scale that is short enough for buttons; empty for a typed sum."""
        return list(CLINIC_RATING_WORDS.items()) if self.asked == "clinic_0_4" else []

    @property
    def scale_name(self) -> str:
        return str(SCALE_WORDS[self.asked])

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_rating`."""
        return dict(self.cleaned_data)
