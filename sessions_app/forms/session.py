"""The page door of the live session: doses, side effects, corrections, amendments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.effects import OTHER, Serious
from sessions_app.forms.entry import ClientClockField, KeyedForm, TakenAtField, VitalReadingForm
from sessions_app.models import Amendment, DoseEvent, EntryStrike, SideEffect
from sessions_app.rules import effects
from sessions_app.words.effect_words import (
    ACTION_WORDS,
    CHANGE_WORDS,
    CRITERION_WORDS,
    EFFECT_WORDS,
    GRADE_WORDS,
)
from sessions_app.words.field_words import FIELDS


def reason_field(model: Any = EntryStrike, name: str = "reason", **kwargs: Any) -> forms.CharField:
    kwargs.setdefault("label", FIELDS["reason"])
    return forms.CharField(max_length=length_of(model, name), **kwargs)


def length_of(model: Any, name: str) -> int:
    """How many characters a column holds."""
    return int(model._meta.get_field(name).max_length)


def number_field(name: str, unit: str) -> forms.DecimalField:
    return forms.DecimalField(
        required=False,
        localize=True,
        label=FIELDS[name],
        max_digits=7,
        decimal_places=2,
        help_text=unit,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class DoseEventForm(KeyedForm):
    """One deed with the drug; `kind` comes from the button that was pressed.

    `reason_choice` is one of the reasons that have a button of their own, in words.
    """

    kind = forms.ChoiceField(choices=DoseEvent.KINDS, widget=forms.HiddenInput)
    rate_ml_per_hour = number_field("rate_ml_per_hour", "mL/hour")
    amount_mg = number_field("amount_mg", "mg")
    lot = forms.CharField(required=False, max_length=40, label=_("Lot number"))
    reason = reason_field(DoseEvent, required=False)
    reason_choice = reason_field(DoseEvent, required=False)
    taken_at = TakenAtField(label=_("When"))
    client_clock = ClientClockField()

    @classmethod
    def empty(cls, kind: str, initial: dict[str, Any]) -> DoseEventForm:
        """An empty form of one deed; its ids differ from those of the others on the page."""
        return cls(auto_id=f"{kind}_%s", initial={**initial, "kind": kind})

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_dose_event`."""
        clean = dict(self.cleaned_data)
        said = (clean.pop("reason_choice", ""), clean["reason"])
        return {**clean, "reason": ": ".join(text for text in said if text)}


class DoseCorrectionForm(DoseEventForm):
    """A dose event again, with what was wrong about the old one."""

    kind = None  # type: ignore[assignment]
    reason_choice = None  # type: ignore[assignment]
    reason = reason_field(label=_("What was wrong?"))

    @staticmethod
    def of(event: DoseEvent) -> dict[str, Any]:
        """An event as the initial values of its correction."""
        return {
            "rate_ml_per_hour": event.rate_ml_per_hour,
            "amount_mg": event.amount_mg,
            "lot": event.lot,
            "taken_at": local_text(event.taken_at),
        }


class SeriousFields(forms.Form):
    """Shared by a new side effect and its changes."""

    action = forms.ChoiceField(
        required=False, label=FIELDS["action"], choices=list(ACTION_WORDS.items())
    )
    is_serious = forms.BooleanField(required=False, label=_("This is a serious event"))
    serious_criterion = forms.ChoiceField(
        required=False,
        label=FIELDS["serious_criterion"],
        choices=[("", "–"), *CRITERION_WORDS.items()],
    )
    taken_at = TakenAtField(label=_("When"))
    client_clock = ClientClockField()

    def serious(self) -> Serious:
        clean = self.cleaned_data
        return Serious(clean["is_serious"], clean["serious_criterion"])


class SideEffectForm(SeriousFields, KeyedForm):
    """A side effect and how strong it is. Onset is now unless a time is given."""

    code = forms.ChoiceField(
        label=FIELDS["code"],
        choices=[("", "–"), *EFFECT_WORDS.items(), (OTHER, _("Other, in words"))],
    )
    grade = forms.ChoiceField(
        required=False, label=FIELDS["grade"], choices=[("", "–"), *GRADE_WORDS.items()]
    )
    other_text = forms.CharField(
        required=False,
        label=FIELDS["other_text"],
        max_length=length_of(SideEffect, "other_text"),
    )
    note = forms.CharField(
        required=False,
        label=FIELDS["note"],
        max_length=length_of(SideEffect, "note"),
    )
    field_order = ("write_key", "code", "other_text", "grade", "action", "is_serious")

    def offer(self, route: str) -> SideEffectForm:
        """Afterwards the list holds what can be charted on this route, the common ones apart."""
        common: list[tuple[str, Any]] = []
        more: list[tuple[str, Any]] = []
        for effect in effects.effects_for(route):
            pair = (effect.code, EFFECT_WORDS[effect.code])
            (common if effect.common else more).append(pair)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "–"),
            (_("Common"), common),
            (_("More"), [*more, (OTHER, _("Other, in words"))]),
        ]
        return self

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_side_effect`."""
        clean = self.cleaned_data
        names = ("write_key", "code", "grade", "other_text", "note", "taken_at", "client_clock")
        return {
            **{name: clean[name] for name in names},
            "action": clean["action"] or "none",
            "serious": self.serious(),
        }


class EffectChangeForm(SeriousFields, KeyedForm):
    """Worse, better or resolved: by one button, or with its time, grade, action and seriousness."""

    kind = forms.ChoiceField(
        label=_("What changed"), choices=list(CHANGE_WORDS.items()), widget=forms.RadioSelect
    )
    grade = forms.ChoiceField(
        required=False,
        label=FIELDS["grade"],
        help_text=_("Left empty, worse and better move one step."),
        choices=[("", "–"), *GRADE_WORDS.items()],
    )
    field_order = ("write_key", "kind", "grade", "taken_at", "action")

    @classmethod
    def of(cls, effect_id: UUID, data: Any = None) -> EffectChangeForm:
        """The form of one effect; its ids differ from those of the others on the page."""
        return cls(data, auto_id=f"change_{effect_id}_%s")

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `change_side_effect`."""
        clean = self.cleaned_data
        return {
            **{
                name: clean[name]
                for name in ("write_key", "kind", "grade", "taken_at", "client_clock")
            },
            "action": clean["action"] or "none",
            "serious": self.serious(),
        }


class TimedForm(KeyedForm):
    """Nothing but a time: "none observed"."""

    taken_at = TakenAtField(label=_("When"))
    client_clock = ClientClockField()


class StrikeForm(KeyedForm):
    """Why an entry is taken out of the record."""

    reason = reason_field(
        label=_("Why is this entry wrong?"),
        help_text=_("The entry stays to be seen, struck through, with your name and this reason."),
    )


class ReadingCorrectionForm(VitalReadingForm):
    """A reading again, with what was wrong about the old one."""

    reason = reason_field(label=_("What was wrong?"))

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `correct_reading`."""
        return {**super().entry(), "reason": self.cleaned_data["reason"]}


class AmendForm(KeyedForm):
    """A dated correction in words to a signed record."""

    text = forms.CharField(
        label=_("What is added or corrected"), widget=forms.Textarea(attrs={"rows": 4})
    )
    reason = reason_field(Amendment, label=_("Why"))


def local_text(at: Any) -> str:
    """A time as it is typed into a form, in the clinic's zone."""

    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
