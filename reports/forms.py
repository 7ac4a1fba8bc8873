"""The GET form of the outcomes page: its address is the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from reports.dashboards.filters import (
    DEFAULT_INDICATION,
    SESSION_BANDS,
    OutcomeFilter,
    instrument_codes,
)
from reports.dashboards.words import BAND_LABELS, DRUG_SHORT, ROUTE_SHORT, instrument_words
from sessions_app.instruments import Instrument
from sessions_app.models.courses import INDICATIONS

RESPONSE_LOW, RESPONSE_HIGH = 10, 100
CONFIRM_HIGH = 3


def _blank(words: Any, choices: Any) -> Any:
    return lambda: [("", words), *choices()]


def _day(label: Any) -> forms.DateField:
    message = format_lazy(_("{field} must be a day such as 2026-11-20."), field=label)
    return forms.DateField(
        required=False,
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"placeholder": _("year-month-day")}),
        error_messages={"invalid": message},
    )


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    message = format_lazy(_("{field}: choose one of the list."), field=label)
    return forms.ChoiceField(
        required=False,
        label=label,
        choices=choices,
        error_messages={"invalid_choice": message},
    )


def _whole(label: Any, low: int, high: int, **more: Any) -> forms.IntegerField:
    words = _("{field} must be a whole number from {low} to {high}.")
    message = format_lazy(words, field=label, low=low, high=high)
    return forms.IntegerField(
        required=False,
        label=label,
        min_value=low,
        max_value=high,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": message, "min_value": message, "max_value": message},
        **more,
    )


class OutcomeForm(forms.Form):
    """Every field may be blank. A wrong one is named with its limit; the others are kept."""

    indication = _choice(_("Condition"), [*INDICATIONS, ("all", _("all"))])
    route = _choice(_("Route"), _blank(_("all"), ROUTE_SHORT.items))
    drug = _choice(_("Drug"), _blank(_("all"), DRUG_SHORT.items))
    sessions = _choice(_("Session"), _blank(_("all"), BAND_LABELS.items))
    instrument = _choice(
        _("Measured by"),
        _blank(
            _("usual for the condition"),
            lambda: [(code, instrument_words(code)) for code in instrument_codes()],
        ),
    )
    response = _whole(_("Better by, percent"), RESPONSE_LOW, RESPONSE_HIGH)
    baseline = _choice(
        _("Compared with"),
        [("course", _("start of the course")), ("session", _("just before the dose"))],
    )
    confirm = _whole(_("Check-ins to call it lost"), 1, CONFIRM_HIGH)

    def __init__(
        self, *args: Any, own: Mapping[str, Instrument] | None = None, **kwargs: Any
    ) -> None:
        """`own`: the questionnaires that the clinic loaded itself, chosen like those that ship."""
        super().__init__(*args, **kwargs)
        self.own = own or {}
        instrument: Any = self.fields["instrument"]
        instrument.choices = [
            *instrument.choices,
            *((code, each.name) for code, each in self.own.items()),
        ]
        # "from" is a word of Python, so the two days are named here.
        days = {"from": _day(_("Doses from")), "to": _day(_("up to"))}
        self.fields = {**days, **self.fields}

    @classmethod
    def of(cls, chosen: OutcomeFilter, own: Mapping[str, Instrument] | None = None) -> OutcomeForm:
        """The form as it asks for `chosen`; what is left to the default says so."""
        form = cls(chosen.values(), own=own)
        usual = chosen.rule().response_frac * 100
        words = _("usual: %(percent)s") % {"percent": f"{usual:.0f}"}
        form.fields["response"].widget.attrs["placeholder"] = words
        return form

    def clean(self) -> dict[str, Any]:
        """The days are in order."""
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = clean.get("from"), clean.get("to")
        if low and high and high < low:
            message = _("“Up to” must be on or after %(day)s.") % {"day": low.isoformat()}
            self.add_error("to", forms.ValidationError(message, code="before_from"))
        return clean

    def chosen(self) -> OutcomeFilter:
        """The valid form as one analysis."""
        clean = self.cleaned_data
        response = clean["response"]
        indication = clean["indication"] or DEFAULT_INDICATION
        return OutcomeFilter(
            date_from=clean["from"],
            date_to=clean["to"],
            indication="" if indication == "all" else indication,
            drug=clean["drug"],
            route=clean["route"],
            sessions=clean["sessions"] if clean["sessions"] in SESSION_BANDS else "",
            instrument=clean["instrument"],
            own=self.own.get(clean["instrument"]),
            response=None if response is None else Decimal(response) / 100,
            baseline=clean["baseline"] or "course",
            confirm=clean["confirm"] or 1,
        )


class PatientSearch(forms.Form):
    """Part of a name or of a patient number."""

    q = forms.CharField(required=False, max_length=80, label=_("Name or patient number"))
