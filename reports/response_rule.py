"""What counts as a response and as its loss: every parameter of an analysis in one frozen object.

The object travels with each result and is printed under each figure. Sources of the remission
cuts: PHQ-9 below 5 and MADRS at or below 10 as remission, response as a fall of at least half
(PMC10439056, PMC5838571). Pain instruments call a fall of 30 % a response.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, Self

BaselineMode = Literal["course", "session"]

HALF = Decimal("0.5")
PAIN_FRACTION = Decimal("0.3")


@dataclass(frozen=True)
class InstrumentFacts:
    """Scale, direction and recall of one instrument; a missing maximum or cut is None."""

    score_min: Decimal = Decimal(0)
    score_max: Decimal | None = None
    higher_is_better: bool = False
    recall_days: int = 0
    remission_cut: Decimal | None = None
    response_frac: Decimal = HALF


def _scale(top: int, *, recall: int, cut: int | None = None, **more: Any) -> InstrumentFacts:
    return InstrumentFacts(
        score_max=Decimal(top),
        recall_days=recall,
        remission_cut=None if cut is None else Decimal(cut),
        **more,
    )


KNOWN_INSTRUMENTS: dict[str, InstrumentFacts] = {
    "PHQ-9": _scale(27, recall=14, cut=4),
    "GAD-7": _scale(21, recall=14, cut=4),
    "MADRS": _scale(60, recall=7, cut=10),
    "QIDS-SR16": _scale(27, recall=7, cut=5),
    "HAM-D17": _scale(52, recall=7, cut=7),
    "BDI-II": _scale(63, recall=14, cut=12),
    "WHO-5": _scale(100, recall=14, higher_is_better=True),
    "PEG": _scale(10, recall=7, response_frac=PAIN_FRACTION),
    "mood_0_10": _scale(10, recall=0, higher_is_better=True),
    "pain_0_10": _scale(10, recall=0, response_frac=PAIN_FRACTION),
}


class RuleError(ValueError):
    """A parameter that cannot be used; `field` names it and `code` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True)
class ResponseRule:
    """Every parameter of one analysis of one instrument.

    Severity is the score, or `score_max - score` where higher is better. With baseline B, a
    severity at or below B * (1 - response_frac) is a response, and one above B * (1 - loss_frac)
    is a loss. `loss_frac` None means the response fraction; a smaller one needs a deeper fall to
    respond than to keep responding. Fractions are decimals, never binary floats.
    """

    instrument: str
    score_min: Decimal = Decimal(0)
    score_max: Decimal | None = None
    higher_is_better: bool = False
    recall_days: int = 0
    remission_cut: Decimal | None = None
    response_frac: Decimal = HALF
    loss_frac: Decimal | None = None
    confirm_onset: int = 1
    confirm_loss: int = 1
    baseline_mode: BaselineMode = "course"
    baseline_window_days: Decimal = Decimal(14)
    baseline_min: Decimal = Decimal(0)
    course_gap_days: Decimal = Decimal(90)
    onset_horizon_days: Decimal = Decimal(14)
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        for field, code in self._problems():
            raise RuleError(field, code)

    @classmethod
    def for_instrument(cls, name: str, **given: Any) -> Self:
        """The rule for one instrument; anything given replaces what the instrument brings."""
        facts = KNOWN_INSTRUMENTS.get(name, InstrumentFacts())
        return cls(instrument=name, **{**vars(facts), **given})

    @property
    def lost_frac(self) -> Decimal:
        """The loss fraction in force."""
        return self.response_frac if self.loss_frac is None else self.loss_frac

    def severity(self, score: Fraction) -> Fraction:
        """The score with the good end at the bottom."""
        if not self.higher_is_better:
            return score
        assert self.score_max is not None
        return Fraction(self.score_max) - score

    def parameters(self) -> dict[str, Any]:
        """Every parameter, resolved, in the types that JSON has."""
        values = {**vars(self), "loss_frac": self.lost_frac}
        if self.as_of is not None:
            values["as_of"] = self.as_of.isoformat()
        return {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
        }

    def _problems(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []

        def need(ok: bool, field: str, code: str) -> None:
            if not ok:
                found.append((field, code))

        need(bool(self.instrument), "instrument", "missing")
        need(0 < self.response_frac <= 1, "response_frac", "not_above_0_up_to_1")
        need(0 <= self.lost_frac <= 1, "loss_frac", "not_from_0_to_1")
        need(self.lost_frac <= self.response_frac, "loss_frac", "above_response_frac")
        need(self.confirm_onset >= 1, "confirm_onset", "below_1")
        need(self.confirm_loss >= 1, "confirm_loss", "below_1")
        need(self.baseline_mode in ("course", "session"), "baseline_mode", "unknown")
        need(self.baseline_window_days >= 0, "baseline_window_days", "negative")
        need(self.course_gap_days >= 0, "course_gap_days", "negative")
        need(self.onset_horizon_days > 0, "onset_horizon_days", "not_positive")
        need(
            self.score_max is not None or not self.higher_is_better,
            "score_max",
            "needed_when_higher_is_better",
        )
        need(
            self.score_max is None or self.score_max > self.score_min,
            "score_max",
            "not_above_score_min",
        )
        need(self.as_of is None or self.as_of.utcoffset() is not None, "as_of", "naive")
        return found
