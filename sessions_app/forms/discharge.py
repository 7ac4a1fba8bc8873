"""The page door of the end of a session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.signoff import Overruled
from sessions_app.errors import RuleBroken
from sessions_app.forms.entry import ClientClockField, KeyedForm, TakenAtField
from sessions_app.forms.session import length_of, reason_field
from sessions_app.models import Patient, SessionCheck, SignOff, SignOffVoid
from sessions_app.rules.ends import ENDS, OVERRIDE_REASONS, End
from sessions_app.words.end_words import OVERRIDE_WORDS, REASON_WORDS
from sessions_app.words.field_words import FIELDS

OVERRIDE_PARTS = ("override_code", "override_reason", "override_by")


class PinForm(KeyedForm):
    """A signature: the PIN of the person who is signed in, or their password.

    Both may be pasted or filled in by a password manager.
    """

    pin = forms.CharField(
        required=False,
        max_length=12,
        label=FIELDS["pin"],
        widget=forms.PasswordInput(
            attrs={"class": "pin", "inputmode": "numeric", "autocomplete": "one-time-code"}
        ),
    )
    password = forms.CharField(
        required=False,
        max_length=128,
        strip=False,
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignForm(PinForm):
    """Going home. For each check that is not met it takes a reason and the prescriber's name."""

    escort_name = forms.CharField(
        required=False,
        label=_("Handed over to"),
        max_length=length_of(SignOff, "escort_name"),
    )

    def __init__(self, *args: Any, unmet: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unmet = list(unmet)
        for code in self.unmet:
            self.fields[f"override_code_{code}"] = forms.ChoiceField(
                required=False,
                label=FIELDS["override_code"],
                choices=[("", "–"), *((why, OVERRIDE_WORDS[why]) for why in OVERRIDE_REASONS)],
            )
            for part in OVERRIDE_PARTS[1:]:
                length = length_of(SessionCheck, part)
                self.fields[f"{part}_{code}"] = forms.CharField(
                    required=False, label=FIELDS[part], max_length=length
                )

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """An open check is said with a link to its row, by the view; all else as in any form."""
        others = [one for one in broken.errors if one.code != "discharge_check_open"]
        if others:
            super().add_broken_rules(RuleBroken(*others))

    def override_of(self, code: str) -> list[Any]:
        """The bound fields that overrule a check."""
        return [self[f"{part}_{code}"] for part in OVERRIDE_PARTS]

    @property
    def has_overrides(self) -> bool:
        """Something was typed into one of them: then they are not folded away."""
        return any(field.value() for code in self.unmet for field in self.override_of(code))

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `sign_session`."""
        clean = self.cleaned_data
        overrides = {
            code: Overruled(reason, by, clean.get(f"override_code_{code}", ""))
            for code in self.unmet
            if (reason := clean.get(f"override_reason_{code}"))
            and (by := clean.get(f"override_by_{code}"))
        }
        names = ("write_key", "pin", "password", "escort_name")
        return {**{name: clean[name] for name in names}, "overrides": overrides}


class EndForm(PinForm):
    """An end other than going home. It asks only what that end needs."""

    def __init__(self, *args: Any, end: End, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.end = end
        for name, field in _end_fields(end).items():
            self.fields[name] = field
        asked = [name for name in self.fields if name not in ("write_key", "pin", "password")]
        self.order_fields(["write_key", *asked, "pin", "password"])

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `sign_session`."""
        clean = dict(self.cleaned_data)
        if "risks_explained" in clean:
            clean["risks_explained"] = {"yes": True, "no": False}.get(clean["risks_explained"])
        return {**clean, "end": self.end.code}

    @property
    def asked(self) -> list[Any]:
        """The bound fields of this end, without the signature."""
        return [self[name] for name in self.fields if name not in ("write_key", "pin", "password")]


def _end_fields(end: End) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    if end.reasons:
        fields["reason_code"] = forms.ChoiceField(
            required=False,
            label=FIELDS["reason_code"],
            choices=[(code, REASON_WORDS[code]) for code in end.reasons],
            widget=forms.RadioSelect,
        )
    if "transferred_to" in end.needs:
        fields["transferred_to"] = forms.CharField(
            required=False,
            label=FIELDS["transferred_to"],
            max_length=length_of(SignOff, "transferred_to"),
        )
        fields["handover"] = forms.CharField(
            required=False,
            label=FIELDS["handover"],
            help_text=_("Dose and time, last readings, allergies, who took over."),
            max_length=length_of(SignOff, "handover"),
            widget=forms.Textarea(attrs={"rows": 3}),
        )
    if "risks_explained" in end.needs:
        fields["risks_explained"] = forms.ChoiceField(
            required=False,
            label=FIELDS["risks_explained"],
            choices=[("yes", _("Yes")), ("no", _("No"))],
            widget=forms.RadioSelect,
        )
        fields["escort_name"] = forms.CharField(
            required=False,
            label=_("Left with"),
            help_text=_("Empty means alone."),
            max_length=length_of(SignOff, "escort_name"),
        )
    if end.code == "wrong_patient":
        fields["right_patient"] = forms.CharField(
            required=False,
            label=FIELDS["right_patient"],
            help_text=_("Empty means that nobody knows yet."),
            max_length=length_of(Patient, "number"),
        )
    fields["reason"] = reason_field(SignOff, required=False, label=REASON_LABELS[end.code])
    return fields


REASON_LABELS = {
    "not_started": _("In words"),
    "transferred": _("What happened"),
    "left_against_advice": _("What they said"),
    "wrong_patient": _("What happened"),
}


def other_ends(has_dose: bool) -> list[End]:
    """The ends that can still be: after a dose it was started, before one nobody goes home."""
    fits = "given" if has_dose else "none"
    return [
        end for end in ENDS.values() if end.code != "discharged" and end.dose in ("either", fits)
    ]


class CheckForm(KeyedForm):
    """One tap: the nurse's tick of a check, or its removal."""

    code = forms.CharField(max_length=40)
    is_met = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda value: value == "yes"
    )
    taken_at = TakenAtField()
    client_clock = ClientClockField()


class VoidForm(KeyedForm):
    """Why a signature is taken back."""

    reason = reason_field(SignOffVoid, label=_("Why is the signature taken back?"))
