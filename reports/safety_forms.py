"""The GET form of the safety page: its address is the analysis."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.words import DRUG_SHORT, ROUTE_SHORT
from sessions_app.models.courses import INDICATIONS

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


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
        choices=lambda: [("", _("all")), *choices],
        error_messages={"invalid_choice": message},
    )


class SafetyForm(forms.Form):
    """Every field may be blank. A wrong one is named with its limit; the others are kept."""

    indication = _choice(_("Condition"), INDICATIONS)
    route = _choice(_("Route"), ROUTE_SHORT.items())
    drug = _choice(_("Drug"), DRUG_SHORT.items())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "from" is a word of Python, so the two days are named here.
        days = {"from": _day(_("Doses from")), "to": _day(_("up to"))}
        self.fields = {**days, **self.fields}

    def clean(self) -> dict[str, Any]:
        """The days can be days of a dose, and are in order."""
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("from", "to"):
            day = clean.get(name)
            if day and not FIRST_DAY <= day <= LAST_DAY:
                self.add_error(name, self.fields[name].error_messages["invalid"])
        low, high = clean.get("from"), clean.get("to")
        if low and high and high < low:
            message = _now("“Up to” must be on or after %(day)s.") % {"day": low.isoformat()}
            self.add_error("to", forms.ValidationError(message, code="before_from"))
        return clean

    @property
    def said(self) -> list[tuple[str, str]]:
        """What is asked for, in words, for paper; what is left blank is left out."""
        words = []
        for field in self:
            value = field.value() or ""
            choices = dict(getattr(field.field, "choices", ()))
            if value:
                words.append((str(field.label), str(choices.get(value, value))))
        return words

    def chosen(self) -> SafetyFilter:
        """The valid form as one analysis."""
        clean = self.cleaned_data
        return SafetyFilter(
            date_from=clean["from"],
            date_to=clean["to"],
            indication=clean["indication"],
            drug=clean["drug"],
            route=clean["route"],
        )
