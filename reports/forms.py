"""The GET form of the outcomes page: its address is the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from reports.dashboards.filters import (
    AGE_BANDS,
    COMPARED_BY,
    DEFAULT_INDICATION,
    SESSION_BANDS,
    OutcomeFilter,
    instrument_codes,
)
from reports.dashboards.words import (
    AGE_WORDS,
    BAND_LABELS,
    COMPARE_WORDS,
    DOSE_WORDS,
    DRUG_SHORT,
    ROUTE_SHORT,
    instrument_words,
)
from reports.response_rule import RuleError
from sessions_app.instruments import Instrument
from sessions_app.models.courses import INDICATIONS

RESPONSE_LOW, RESPONSE_HIGH = 10, 100
LOSS_LOW = 0
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


def _share(per_cent: int | None) -> Decimal | None:
    return None if per_cent is None else Decimal(per_cent) / 100


class OutcomeForm(forms.Form):
    """Every field may be blank. A wrong one is named with its limit; the others are kept."""

    # What the page folds away under "More"; all of it is sent all the same.
    FOLDED = (
        *("drug", "route", "age", "episodes", "instrument"),
        *("loss", "baseline", "confirm_onset", "confirm"),
    )

    # Asked for by a link: another filter is not computed anew each time because one was.
    UNSEEN = ("fresh",)

    USUAL: ClassVar[dict[str, str]] = {
        "episodes": "all",
        "baseline": "course",
        "confirm_onset": "1",
        "confirm": "1",
    }

    indication = _choice(_("Condition"), [*INDICATIONS, ("all", _("all"))])
    compare = _choice(_("Compare by"), [(name, COMPARE_WORDS[name]) for name in COMPARED_BY])
    dose = _choice(_("Dose"), _blank(_("all"), DOSE_WORDS.items))
    sessions = _choice(_("Session"), _blank(_("all"), BAND_LABELS.items))
    response = _whole(_("Better by, percent"), RESPONSE_LOW, RESPONSE_HIGH)
    drug = _choice(_("Drug"), _blank(_("all"), DRUG_SHORT.items))
    route = _choice(_("Route"), _blank(_("all"), ROUTE_SHORT.items))
    age = _choice(
        _("Age"), _blank(_("all"), lambda: [(name, AGE_WORDS[name]) for name in AGE_BANDS])
    )
    episodes = _choice(
        _("Sessions of one patient"), [("all", _("all of them")), ("first", _("the first only"))]
    )
    instrument = _choice(
        _("Measured by"),
        _blank(
            _("usual for the condition"),
            lambda: [(code, instrument_words(code)) for code in instrument_codes()],
        ),
    )
    loss = _whole(_("Lost when better by less than, percent"), LOSS_LOW, RESPONSE_HIGH)
    baseline = _choice(
        _("Compared with"),
        [("course", _("start of the course")), ("session", _("just before the dose"))],
    )
    confirm_onset = _whole(_("Check-ins to call it relief"), 1, CONFIRM_HIGH)
    confirm = _whole(_("Check-ins to call it lost"), 1, CONFIRM_HIGH)
    fresh = _choice(_("Computed now"), [("", _("as kept ahead")), ("1", _("yes"))])

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
        form.fields["loss"].widget.attrs["placeholder"] = _("the same")
        return form

    @property
    def folded(self) -> list[forms.BoundField]:
        """The fields that stand under "More"."""
        return [self[name] for name in self.FOLDED]

    @property
    def in_sight(self) -> list[forms.BoundField]:
        """The fields that always stand on the page."""
        return [field for field in self if field.name not in (*self.FOLDED, *self.UNSEEN)]

    @property
    def said(self) -> list[tuple[str, str]]:
        """What is asked for, in words, for paper; what is left to the default is left out."""
        words = []
        for field in self:
            value = field.value() or ""
            is_usual = value in ("all", self.USUAL.get(field.name))
            if value and not is_usual and field.name not in self.UNSEEN:
                choices = dict(getattr(field.field, "choices", ()))
                words.append((str(field.label), str(choices.get(value, value))))
        return words

    @property
    def is_unfolded(self) -> bool:
        """Whether one of the folded fields says something, or is wrong."""
        return any(
            field.errors or (field.value() or "") not in ("", self.USUAL.get(field.name, ""))
            for field in self.folded
        )

    def clean(self) -> dict[str, Any]:
        """The days are in order, and the two fractions."""
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = clean.get("from"), clean.get("to")
        if low and high and high < low:
            message = _("“Up to” must be on or after %(day)s.") % {"day": low.isoformat()}
            self.add_error("to", forms.ValidationError(message, code="before_from"))
        if not self.errors and clean.get("loss") is not None:
            self._check_fractions()
        return clean

    def _check_fractions(self) -> None:
        """Relief is never lost at a level that does not count as relief yet."""
        try:
            self.chosen().rule()
        except RuleError as error:
            message = _("“Lost when better by less than” must not be above what counts as relief.")
            self.add_error("loss", forms.ValidationError(message, code=error.code))

    def chosen(self) -> OutcomeFilter:
        """The valid form as one analysis."""
        clean = self.cleaned_data
        indication = clean["indication"] or DEFAULT_INDICATION
        return OutcomeFilter(
            date_from=clean["from"],
            date_to=clean["to"],
            indication="" if indication == "all" else indication,
            drug=clean["drug"],
            route=clean["route"],
            dose=clean["dose"],
            sessions=clean["sessions"] if clean["sessions"] in SESSION_BANDS else "",
            age=clean["age"],
            first_only=clean["episodes"] == "first",
            compare=clean["compare"] or "route",
            instrument=clean["instrument"],
            own=self.own.get(clean["instrument"]),
            response=_share(clean["response"]),
            loss=_share(clean["loss"]),
            baseline=clean["baseline"] or "course",
            confirm_onset=clean["confirm_onset"] or 1,
            confirm=clean["confirm"] or 1,
            fresh=clean["fresh"] == "1",
        )


class PatientSearch(forms.Form):
    """Part of a name or of a patient number."""

    q = forms.CharField(required=False, max_length=80, label=_("Name or patient number"))
