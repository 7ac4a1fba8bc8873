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
from reports.forms.fields import FilterForm, blank_or, choice_field
from reports.response_rule import RuleError
from sessions_app.instruments import Instrument
from sessions_app.models.courses import INDICATIONS

RESPONSE_LOW, RESPONSE_HIGH = 10, 100
LOSS_LOW = 0
CONFIRM_HIGH = 3


def _whole(label: Any, low: int, high: int) -> forms.IntegerField:
    words = _("{field} must be a whole number from {low} to {high}.")
    message = format_lazy(words, field=label, low=low, high=high)
    return forms.IntegerField(
        required=False,
        label=label,
        min_value=low,
        max_value=high,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": message, "min_value": message, "max_value": message},
    )


def _share(per_cent: int | None) -> Decimal | None:
    return None if per_cent is None else Decimal(per_cent) / 100


class OutcomeForm(FilterForm):
    """What the outcomes page is asked for."""

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

    indication = choice_field(_("Condition"), [*INDICATIONS, ("all", _("all"))])
    compare = choice_field(_("Compare by"), [(name, COMPARE_WORDS[name]) for name in COMPARED_BY])
    dose = choice_field(_("Dose"), blank_or(_("all"), DOSE_WORDS.items))
    sessions = choice_field(_("Session"), blank_or(_("all"), BAND_LABELS.items))
    response = _whole(_("Better by, percent"), RESPONSE_LOW, RESPONSE_HIGH)
    drug = choice_field(_("Drug"), blank_or(_("all"), DRUG_SHORT.items))
    route = choice_field(_("Route"), blank_or(_("all"), ROUTE_SHORT.items))
    age = choice_field(
        _("Age"), blank_or(_("all"), lambda: [(name, AGE_WORDS[name]) for name in AGE_BANDS])
    )
    episodes = choice_field(
        _("Sessions of one patient"), [("all", _("all of them")), ("first", _("the first only"))]
    )
    instrument = choice_field(
        _("Measured by"),
        blank_or(
            _("usual for the condition"),
            lambda: [(code, instrument_words(code)) for code in instrument_codes()],
        ),
    )
    loss = _whole(_("Lost when better by less than, percent"), LOSS_LOW, RESPONSE_HIGH)
    baseline = choice_field(
        _("Compared with"),
        [("course", _("start of the course")), ("session", _("just before the dose"))],
    )
    confirm_onset = _whole(_("Check-ins to call it relief"), 1, CONFIRM_HIGH)
    confirm = _whole(_("Check-ins to call it lost"), 1, CONFIRM_HIGH)
    fresh = choice_field(_("Computed now"), [("", _("as kept ahead")), ("1", _("yes"))])

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

    def is_usual(self, name: str, value: str) -> bool:
        """What is left to the default, and what no field of the page asks for."""
        return name in self.UNSEEN or value in ("all", self.USUAL.get(name))

    @property
    def is_unfolded(self) -> bool:
        """Whether one of the folded fields says something, or is wrong."""
        return any(
            field.errors or (field.value() or "") not in ("", self.USUAL.get(field.name, ""))
            for field in self.folded
        )

    def clean(self) -> dict[str, Any]:
        """The days are in order, and the two fractions."""
        clean = super().clean()
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
