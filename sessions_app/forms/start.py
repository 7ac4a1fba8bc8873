"""The page door of the start gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.chairside.start_draft import NAMES, SIGNS, StartDraft
from sessions_app.chairside.start_gate import PROVEN, SIGNED, Override, StartGate
from sessions_app.errors import RuleBroken
from sessions_app.forms.entry import KeyedForm, sign_field
from sessions_app.forms.session import length_of
from sessions_app.models import Prescription, SessionCheck, Staff
from sessions_app.rules import limits
from sessions_app.rules.protocols import START_CHECKS, StartCheck
from sessions_app.words.field_words import FIELDS
from sessions_app.words.refusals import explain

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
# Who it is is said aloud and ticked; everything else is a question with two answers.
ASKED = [check for check in START_CHECKS if check.code not in (*PROVEN, "identity")]
OVERRIDABLE = [check.code for check in START_CHECKS if check.overridable]
# A check that the record answers stands by the field that it is read from.
STANDS_BY = {
    "bp_below_start_limit": "systolic",
    "spaced": "override_reason_spaced",
    "dose_in_range": "override_reason_dose_in_range",
    "dose": "weight_kg",
}
OTHER_DRUG = _("Only the prescriber can change the drug or the route. Ask them to change the plan.")


def _secret(label: Any) -> forms.CharField:
    attrs = {"inputmode": "numeric", "autocomplete": "off"}
    return forms.CharField(
        required=False, max_length=128, label=label, widget=forms.PasswordInput(attrs=attrs)
    )


def _override_names(code: str) -> tuple[str, str]:
    return f"override_reason_{code}", f"override_by_{code}"


class StartForm(KeyedForm):
    """Everything asked before a dose. Nothing is preselected, and nothing is required by the
    form itself: the action names every gap, in the same words as the API.
    """

    identity = forms.BooleanField(
        required=False,
        label=FIELDS["identity"],
        widget=forms.CheckboxInput(attrs={"value": "yes", "form": "start-form"}),
    )
    prescription = forms.ModelChoiceField(
        Prescription.objects.none(),
        required=False,
        widget=forms.RadioSelect,
        label=FIELDS["prescription"],
        empty_label=None,
        error_messages={"invalid_choice": OTHER_DRUG},
    )
    systolic = sign_field("systolic")
    diastolic = sign_field("diastolic")
    heart_rate = sign_field("heart_rate")
    spo2 = sign_field("spo2")
    respiratory_rate = sign_field("respiratory_rate")
    moaas = sign_field("moaas")
    weight_kg = forms.DecimalField(
        required=False,
        localize=True,
        max_digits=5,
        decimal_places=1,
        label=_("Weight today, kg"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": _("Weight must be a number in kg, such as 72.4.")},
    )
    weight_confirmed = forms.BooleanField(
        required=False, label=_("Weighed again: this weight is right")
    )
    shown_mg = forms.DecimalField(required=False, widget=forms.HiddenInput)
    prescriber = forms.ModelChoiceField(
        Staff.objects.none(), required=False, label=_("Prescriber"), empty_label="–"
    )
    prescriber_pin = _secret(_("Their PIN"))
    prescriber_password = _secret(FIELDS["prescriber_password"])
    second_person = forms.ModelChoiceField(
        Staff.objects.none(), required=False, label=_("Second person"), empty_label="–"
    )
    second_pin = _secret(_("Their PIN"))
    second_password = _secret(FIELDS["second_password"])

    def __init__(
        self,
        *args: Any,
        prescriptions: Iterable[Prescription],
        colleagues: Any,
        prescribers: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for check in ASKED:
            self.fields[check.code] = forms.ChoiceField(
                required=False,
                label=FIELDS[check.code],
                choices=YES_NO,
                widget=forms.RadioSelect,
            )
        for code in OVERRIDABLE:
            self._add_override(code)
        self.order_fields(self._as_on_the_page())
        orders = list(prescriptions)
        self._choose("prescription", Prescription.objects.filter(pk__in=[o.pk for o in orders]))
        self._choose("second_person", colleagues)
        self._choose("prescriber", prescribers)
        if len(orders) == 1:
            self.fields["prescription"].initial = orders[0].pk
            self.initial.setdefault("prescription", orders[0].pk)

    @staticmethod
    def _as_on_the_page() -> list[str]:
        """The fields as the eye meets them, so that the summary names them in that order."""
        return [
            "identity",
            *(name for check in ASKED for name in (check.code, *_override_names(check.code))),
            *_override_names("spaced"),
            *SIGNS,
            *_override_names("bp_below_start_limit"),
            "prescription",
            "weight_kg",
            "weight_confirmed",
            *_override_names("dose_in_range"),
            "prescriber",
        ]

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def _add_override(self, code: str) -> None:
        for part in ("override_reason", "override_by"):
            if part == "override_by" and code in SIGNED:
                continue
            self.fields[f"{part}_{code}"] = forms.CharField(
                required=False, label=FIELDS[part], max_length=length_of(SessionCheck, part)
            )

    def checks(self) -> list[dict[str, Any]]:
        """What the template draws: each question, and its override where the answer stops."""
        return [self.drawn(check) for check in ASKED]

    def drawn(self, check: StartCheck) -> dict[str, Any]:
        """One check with its fields, as far as it has them."""
        by = f"override_by_{check.code}"
        return {
            "field": self[check.code] if check.code in self.fields else None,
            "code": check.code,
            "stops_on": check.stops_on,
            "reason": self[f"override_reason_{check.code}"] if check.overridable else None,
            "by": self[by] if by in self.fields else None,
            "needs_pin": check.needs_pin,
        }

    def proven(self) -> dict[str, dict[str, Any]]:
        """The same for what the record answers, by code."""
        return {check.code: self.drawn(check) for check in START_CHECKS if check.code in PROVEN}

    def signs(self) -> list[Any]:
        return [self[name] for name in SIGNS]

    @property
    def locked(self) -> set[str]:
        """Whose password takes the place of the PIN, after too many wrong ones."""
        names = ("second", "prescriber")
        return {name for name in names if self.errors.get(f"{name}_password")}

    def texts(self) -> dict[str, str]:
        """The post as a draft keeps it: no PIN, and an unticked box is an empty text."""
        return {name: str(self.data.get(name, "")) for name in NAMES if name in self.fields}

    def gate(self, draft: StartDraft | None = None) -> StartGate:
        """The cleaned post in the words of `start_session`; what is unreadable counts as blank.

        `draft`: what was written before keeps its time as long as it says the same.
        """
        clean: Mapping[str, Any] = self.cleaned_data
        vitals: dict[str, int | Decimal | None] = dict.fromkeys(limits.SIGNS)
        answers = {check.code: clean.get(check.code) or "" for check in ASKED}
        return StartGate(
            answers={"identity": "yes" if clean.get("identity") else "", **answers},
            vitals=vitals | {sign: clean.get(sign) for sign in SIGNS},
            weight_kg=clean.get("weight_kg"),
            weight_confirmed=bool(clean.get("weight_confirmed")),
            overrides={
                code: Override(reason, clean.get(f"override_by_{code}", ""))
                for code in OVERRIDABLE
                if (reason := clean.get(f"override_reason_{code}", ""))
            },
            written_at=draft.since(self.texts()) if draft else {},
            earlier=draft.earlier if draft else (),
            shown_mg=clean.get("shown_mg"),
        )

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """As for every form; a field that could not be read keeps that one message."""
        told = set(self.errors)
        for error in broken.errors:
            name = STANDS_BY.get(error.field, error.field)
            if name in told:
                continue
            words = explain(error)
            field = name if name in self.fields else None
            self.add_error(field, f"{words.message} {words.next}".strip())
