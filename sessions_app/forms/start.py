"""The page door of the start gate."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from sessions_app import limits, protocols
from sessions_app.actions.starting import PROVEN, Override, StartGate
from sessions_app.errors import RuleBroken
from sessions_app.forms.entry import KeyedForm, sign_field
from sessions_app.forms.session import length_of
from sessions_app.models import Prescription, SessionCheck, Staff
from sessions_app.refusals import FIELDS, explain

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
ASKED = [check for check in protocols.START_CHECKS if check.code not in PROVEN]
OVERRIDABLE = [check.code for check in protocols.START_CHECKS if check.overridable]
BEFORE_DOSE = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas")
# A check that the record answers stands by the field that it is read from.
WEIGHT_CODES = {"weight_changed", "weight_changed_much", "looks_like_pounds"}
STANDS_BY = {"bp_below_start_limit": "systolic"}


class StartForm(KeyedForm):
    """Everything asked before a dose. Nothing is preselected, and nothing is required by the
    form itself: the action names every gap, in the same words as the API.
    """

    prescription = forms.ModelChoiceField(
        Prescription.objects.none(),
        required=False,
        widget=forms.RadioSelect,
        label=FIELDS["prescription"],
        empty_label=None,
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
    second_person = forms.ModelChoiceField(
        Staff.objects.none(), required=False, label=_("Second person"), empty_label="–"
    )
    second_pin = forms.CharField(
        required=False,
        max_length=12,
        label=_("Their PIN"),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        prescriptions: Iterable[Prescription],
        colleagues: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.codes: set[str] = set()
        for check in ASKED:
            self.fields[check.code] = forms.ChoiceField(
                required=False,
                label=FIELDS[check.code],
                choices=YES_NO,
                widget=forms.RadioSelect,
            )
        for code in OVERRIDABLE:
            self._add_override(code)
        orders = list(prescriptions)
        field = self.fields["prescription"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Prescription.objects.filter(pk__in=[order.pk for order in orders])
        if len(orders) == 1:
            field.initial = orders[0].pk
        second = self.fields["second_person"]
        assert isinstance(second, forms.ModelChoiceField)
        second.queryset = colleagues

    def _add_override(self, code: str) -> None:
        for part in ("override_reason", "override_by"):
            self.fields[f"{part}_{code}"] = forms.CharField(
                required=False, label=FIELDS[part], max_length=length_of(SessionCheck, part)
            )

    def checks(self) -> list[dict[str, Any]]:
        """What the template draws: each question, and its override where the answer stops."""
        return [self._drawn(check) for check in ASKED]

    def blood_pressure_override(self) -> dict[str, Any]:
        """The override of the start limit, drawn where the pressure is above it."""
        return self._drawn(
            next(c for c in protocols.START_CHECKS if c.code == "bp_below_start_limit")
        )

    def _drawn(self, check: protocols.StartCheck) -> dict[str, Any]:
        reason, by = self._override_fields(check.code)
        is_asked = check.code in self.fields
        stops = is_asked and self[check.code].value() == check.stops_on
        stops = stops or (not is_asked and "bp_above_start_limit" in self.codes)
        typed = reason is not None and by is not None and bool(reason.value() or by.value())
        return {
            "field": self[check.code] if is_asked else None,
            "code": check.code,
            "reason": reason,
            "by": by,
            "is_stopped": stops or typed,
        }

    def _override_fields(self, code: str) -> tuple[BoundField | None, BoundField | None]:
        if code not in OVERRIDABLE:
            return None, None
        return self[f"override_reason_{code}"], self[f"override_by_{code}"]

    @property
    def asks_weight(self) -> bool:
        """The weight differs from the last one: it can be confirmed."""
        return bool(self.codes & WEIGHT_CODES) or bool(self["weight_confirmed"].value())

    def gate(self) -> StartGate:
        """The cleaned post in the words of `start_session`; what is unreadable counts as blank."""
        clean = self.cleaned_data
        vitals: dict[str, int | Decimal | None] = dict.fromkeys(limits.SIGNS)
        return StartGate(
            answers={check.code: clean.get(check.code) or "" for check in ASKED},
            vitals=vitals | {sign: clean.get(sign) for sign in BEFORE_DOSE},
            weight_kg=clean.get("weight_kg"),
            weight_confirmed=bool(clean.get("weight_confirmed")),
            overrides={
                code: Override(reason, by)
                for code in OVERRIDABLE
                if (reason := clean.get(f"override_reason_{code}", ""))
                and (by := clean.get(f"override_by_{code}", ""))
            },
        )

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """As for every form; a field that could not be read keeps that one message."""
        told = set(self.errors)
        self.codes = {error.code for error in broken.errors}
        for error in broken.errors:
            name = STANDS_BY.get(error.field, error.field)
            if name in told:
                continue
            words = explain(error)
            field = name if name in self.fields else None
            self.add_error(field, f"{words.message} {words.next}".strip())
