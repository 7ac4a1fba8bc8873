"""The page door of the end of a session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.signoff import NEEDS_REASON
from sessions_app.actions.starting import Override
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.session import length_of, reason_field
from sessions_app.models import SessionCheck, SignOff, SignOffVoid
from sessions_app.refusals import FIELDS


class PinForm(KeyedForm):
    """A signature: the PIN of the person who is signed in."""

    pin = forms.CharField(
        required=False,
        max_length=12,
        label=FIELDS["pin"],
        widget=forms.PasswordInput(
            attrs={"inputmode": "numeric", "autocomplete": "current-password"}
        ),
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
            for part in ("override_reason", "override_by"):
                length = length_of(SessionCheck, part)
                self.fields[f"{part}_{code}"] = forms.CharField(
                    required=False, label=FIELDS[part], max_length=length
                )

    def override_of(self, code: str) -> list[Any]:
        """The two bound fields that overrule a check."""
        return [self[f"override_reason_{code}"], self[f"override_by_{code}"]]

    @property
    def has_overrides(self) -> bool:
        """Something was typed into one of them: then they are not folded away."""
        return any(field.value() for code in self.unmet for field in self.override_of(code))

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `sign_session`."""
        clean = self.cleaned_data
        overrides = {
            code: Override(reason, by)
            for code in self.unmet
            if (reason := clean.get(f"override_reason_{code}"))
            and (by := clean.get(f"override_by_{code}"))
        }
        names = ("write_key", "pin", "escort_name")
        return {**{name: clean[name] for name in names}, "overrides": overrides}


class OtherEndForm(PinForm):
    """Any end but going home; each needs its reason."""

    end = forms.ChoiceField(
        required=False,
        label=FIELDS["end"],
        choices=[pair for pair in SignOff.ENDS if pair[0] in NEEDS_REASON],
        widget=forms.RadioSelect,
    )
    reason = reason_field(SignOff, required=False)
    field_order = ("write_key", "end", "reason", "pin")

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `sign_session`."""
        return dict(self.cleaned_data)


class CheckForm(KeyedForm):
    """One tap: the nurse's tick of a check, or its removal."""

    code = forms.CharField(max_length=40)
    is_met = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda value: value == "yes"
    )


class VoidForm(KeyedForm):
    """Why a signature is taken back."""

    reason = reason_field(SignOffVoid, label=_("Why is the signature taken back?"))
