"""What an outcomes page is asked for. The address of the page is the analysis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from reports.response_rule import KNOWN_INSTRUMENTS, BaselineMode, ResponseRule
from sessions_app.instruments import REGISTRY, Instrument
from sessions_app.instruments_of import instruments_of

# Session numbers, first and last; None is open.
SESSION_BANDS: dict[str, tuple[int, int | None]] = {
    "1": (1, 1),
    "2-4": (2, 4),
    "5-8": (5, 8),
    "9-": (9, None),
}
# Ages in whole years at the dose, first and last; None is open.
AGE_BANDS: dict[str, tuple[int, int | None]] = {
    "-17": (0, 17),
    "18-34": (18, 34),
    "35-49": (35, 49),
    "50-64": (50, 64),
    "65-": (65, None),
}
COMPARED_BY = ("route", "dose", "sessions", "indication")
DEFAULT_INSTRUMENTS = {"depression": "mood_0_10", "chronic_pain": "pain_0_10"}
DEFAULT_INDICATION = "depression"


def instrument_codes() -> list[str]:
    """What can be analysed: the outcomes that ship, then those known by name only."""
    found = {code: each.relief_name for code, each in REGISTRY.items() if each.is_outcome}
    return [*found, *(name for name in KNOWN_INSTRUMENTS if name not in found.values())]


def relief_name(code: str) -> str:
    """The instrument's name in the relief command."""
    return REGISTRY[code].relief_name if code in REGISTRY else code


def own_outcomes(clinic_id: UUID) -> dict[str, Instrument]:
    """The questionnaires that the clinic loaded itself, by code; their scores can be analysed."""
    known = instruments_of(clinic_id)
    return {code: each for code, each in known.items() if code not in REGISTRY}


@dataclass(frozen=True)
class OutcomeFilter:
    """One analysis. Blank means all; `date_from` and `date_to` are clinic days of the dose.

    `instrument` is one of `instrument_codes`, or the code of `own`, a questionnaire that the clinic
    loaded itself. `response` is the fraction of the baseline that has to go, `loss` the fraction
    below which relief is lost (None: the same). `confirm_onset` and `confirm` are how many
    check-ins in a row have to show relief, and its loss. `first_only` keeps one session of each
    patient. `compare` names what the groups are: one of COMPARED_BY. `fresh` asks for the same
    analysis, computed now although it is kept ahead.
    """

    date_from: date | None = None
    date_to: date | None = None
    indication: str = DEFAULT_INDICATION
    drug: str = ""
    route: str = ""
    dose: str = ""
    sessions: str = ""
    age: str = ""
    first_only: bool = False
    compare: str = "route"
    instrument: str = ""
    response: Decimal | None = None
    loss: Decimal | None = None
    baseline: BaselineMode = "course"
    confirm_onset: int = 1
    confirm: int = 1
    own: Instrument | None = None
    fresh: bool = False

    @property
    def instrument_code(self) -> str:
        """The chosen instrument, or the default of the condition."""
        return self.instrument or DEFAULT_INSTRUMENTS.get(self.indication, "mood_0_10")

    @property
    def instrument_label(self) -> str:
        """The name of one's own questionnaire; else the code, which has words of its own."""
        return self.instrument_code if self.own is None else self.own.name

    def rule(self) -> ResponseRule:
        """The definitions in force, every parameter resolved."""
        given: dict[str, Any] = {} if self.response is None else {"response_frac": self.response}
        if self.own is not None:
            given = {**_facts(self.own), **given}
        return ResponseRule.for_instrument(
            relief_name(self.instrument_code),
            loss_frac=self.loss,
            baseline_mode=self.baseline,
            confirm_onset=self.confirm_onset,
            confirm_loss=self.confirm,
            **given,
        )

    def values(self) -> dict[str, str]:
        """The filter as the form names it, blanks left out."""
        values = {
            "from": "" if self.date_from is None else self.date_from.isoformat(),
            "to": "" if self.date_to is None else self.date_to.isoformat(),
            "indication": self.indication or "all",
            "drug": self.drug,
            "route": self.route,
            "dose": self.dose,
            "sessions": self.sessions,
            "age": self.age,
            "episodes": "first" if self.first_only else "",
            "compare": self.compare,
            "instrument": self.instrument,
            "response": _per_cent(self.response),
            "loss": _per_cent(self.loss),
            "baseline": self.baseline,
            "confirm_onset": str(self.confirm_onset),
            "confirm": str(self.confirm),
            "fresh": "1" if self.fresh else "",
        }
        return {name: value for name, value in values.items() if value}

    def query(self) -> str:
        """The query string that asks for the same analysis again."""
        return urlencode(self.values())

    def analysis(self) -> OutcomeFilter:
        """What is analysed, whenever it is computed."""
        return replace(self, fresh=False)


def _per_cent(share: Decimal | None) -> str:
    """A share as the form names it, 0.3 as "30"; "" for none."""
    if share is None:
        return ""
    text = f"{share * 100:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _facts(own: Instrument) -> dict[str, Any]:
    cut = None if own.remission_cut is None else Decimal(own.remission_cut)
    return {
        "score_min": Decimal(own.score_min),
        "score_max": Decimal(own.score_max),
        "higher_is_better": own.higher_is_better,
        "recall_days": own.recall_days,
        "remission_cut": cut,
    }
