"""What every questionnaire is: items, a score with its rule for gaps, bands, and red flags.

Answers are whole numbers by item code; None or an absent code is a question left open. A score
that the published rule does not allow is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Answers = Mapping[str, int | None]

PRORATED_STEP = Decimal("0.01")


@dataclass(frozen=True)
class Item:
    """One question. Every whole number from `minimum` to `maximum` is an answer."""

    code: str
    minimum: int
    maximum: int
    loinc: str = ""

    @property
    def options(self) -> range:
        """The answers in the order in which they are shown."""
        return range(self.minimum, self.maximum + 1)


@dataclass(frozen=True)
class Band:
    """A published severity band; both ends belong to it."""

    low: int
    high: int
    code: str


@dataclass(frozen=True)
class Score:
    """`value` is None when too much is missing; `is_prorated` when the rest was imputed."""

    value: int | Decimal | None
    is_prorated: bool
    missing: int


@dataclass(frozen=True)
class RedFlag:
    """An answer that a person must see the same day, whatever the total."""

    item: str
    level: Literal["high", "medium"]


@dataclass(frozen=True)
class FlagRule:
    """Answers from `low` to `high` to `item` raise a red flag of `level`."""

    item: str
    low: int
    high: int
    level: Literal["high", "medium"]


@dataclass(frozen=True)
class Instrument:
    """One questionnaire in one version; the version is kept with each check-in.

    `recall_days`: how far back the questions look. `max_missing`: up to so many open items are
    replaced by the mean of the others. `remission_cut`: remission is a score at or below it, on
    a higher-is-worse scale. `relief_name`: the name in the files of the relief command.
    `extra_items` are asked but never scored.
    """

    code: str
    name: str
    version: str
    items: tuple[Item, ...]
    recall_days: int
    score_min: int
    score_max: int
    higher_is_better: bool
    bands: tuple[Band, ...]
    remission_cut: int | None
    licence: str
    source: str
    relief_name: str
    max_missing: int = 0
    extra_items: tuple[Item, ...] = ()
    flag_rules: tuple[FlagRule, ...] = ()
    loinc_panel: str = ""
    loinc_score: str = ""

    def score(self, answers: Answers) -> Score:
        """The total. Up to `max_missing` gaps take the mean of the answered items (prorated).

        A prorated value has two decimals, half up. An answer off the scale or to an unknown item
        raises ValueError: it was never an answer to this questionnaire.
        """
        self.check(answers)
        given = [value for item in self.items if (value := answers.get(item.code)) is not None]
        missing = len(self.items) - len(given)
        if missing == 0:
            return Score(sum(given), False, 0)
        if missing > self.max_missing or not given:
            return Score(None, False, missing)
        total = Decimal(sum(given)) * len(self.items) / len(given)
        return Score(total.quantize(PRORATED_STEP, ROUND_HALF_UP), True, missing)

    def band(self, score: int | Decimal) -> str | None:
        """The code of the band, None where nobody published bands. Off the scale: ValueError.

        A prorated score between two bands (4.5) has not reached the upper one.
        """
        if not self.score_min <= score <= self.score_max:
            raise ValueError(f"{self.code} runs from {self.score_min} to {self.score_max}")
        reached = [band.code for band in self.bands if band.low <= score]
        return reached[-1] if reached else None

    def red_flags(self, answers: Answers) -> list[RedFlag]:
        """The answers that call a person now; open questions elsewhere do not matter."""
        self.check(answers)
        return [
            RedFlag(rule.item, rule.level)
            for rule in self.flag_rules
            if (value := answers.get(rule.item)) is not None and rule.low <= value <= rule.high
        ]

    def check(self, answers: Answers) -> None:
        """Raise ValueError for an unknown item or an answer that is not on the scale."""
        known = {item.code: item for item in (*self.items, *self.extra_items)}
        for code, value in answers.items():
            if code not in known:
                raise ValueError(f"{self.code} has no item {code}")
            if value is not None and (isinstance(value, bool) or value not in known[code].options):
                raise ValueError(f"{self.code} {code}: {value} is not an answer")
