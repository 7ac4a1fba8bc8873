"""What every questionnaire is: items, a score with its rule for gaps, bands, and red flags.

Answers are whole numbers by item code; None or an absent code is a question left open. A score
that the published rule does not allow is None, never 0.

A questionnaire whose words need a licence ships without them: it is not asked of patients
(`is_asked` False), and staff enter its total or the numbers of its items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Answers = Mapping[str, int | None]
Level = Literal["high", "medium"]
Scoring = Literal["sum", "mean", "none"]

FINE_STEP = Decimal("0.01")


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

    low: int | Decimal
    high: int | Decimal
    code: str


@dataclass(frozen=True)
class Score:
    """`value` is None when too much is missing; `is_prorated` when the rest was imputed."""

    value: int | Decimal | None
    is_prorated: bool
    missing: int


@dataclass(frozen=True)
class RedFlag:
    """An answer that a person must see the same day, whatever the total.

    `code` is the alert that it raises. `item` "score" is the total itself. `shows_help`: the answer
    itself is answered by the help page.
    """

    item: str
    level: Level
    code: str = "red_flag"
    shows_help: bool = True


@dataclass(frozen=True)
class FlagRule:
    """Answers from `low` to `high` to `item` raise a red flag of `level` and alert `code`."""

    item: str
    low: int
    high: int
    level: Level
    code: str = "red_flag"
    shows_help: bool = True


@dataclass(frozen=True)
class Instrument:
    """One questionnaire in one version; the version is kept with each check-in.

    `recall_days`: how far back the questions look. `max_missing`: up to so many open items are
    replaced by the mean of the others. `remission_cut`: remission is a score at or below it, on
    a higher-is-worse scale. `relief_name`: the name in the files of the relief command.
    `extra_items` are asked but never scored.

    `is_asked`: patients can be asked it, in the languages that have a sourced text; otherwise
    staff enter it. `is_outcome`: the reports may be about it. `scoring` "none": the answers are
    kept and have no total. `rule` replaces sum and mean where the publication has its own;
    `own_flags` likewise replaces `flag_rules`. `high_from`: a total from here on is a high flag and
    raises the alert `high_code`.
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
    is_asked: bool = True
    is_outcome: bool = True
    scoring: Scoring = "sum"
    rule: Callable[[Answers], Score] | None = None
    own_flags: Callable[[Answers], list[RedFlag]] | None = None
    high_from: int | None = None
    high_code: str = "red_flag"

    @property
    def has_score(self) -> bool:
        """Whether there is a total at all."""
        return self.scoring != "none"

    @property
    def alert_codes(self) -> set[str]:
        """The alerts that its answers, or its total, may raise."""
        codes = {rule.code for rule in self.flag_rules}
        return codes if self.high_from is None else {*codes, self.high_code}

    @property
    def score_step(self) -> Decimal:
        """How finely a total can be given: whole points, or hundredths of a mean."""
        return FINE_STEP if self.scoring == "mean" else Decimal(1)

    def score(self, answers: Answers) -> Score:
        """The total, or the mean to two decimals. Up to `max_missing` gaps take the mean of the
        answered items (prorated), half up to two decimals.

        An answer off the scale or to an unknown item raises ValueError: it was never an answer to
        this questionnaire.
        """
        self.check(answers)
        if self.rule is not None:
            return self.rule(answers)
        given = [value for item in self.items if (value := answers.get(item.code)) is not None]
        missing = len(self.items) - len(given)
        if not self.has_score or missing > self.max_missing or not given:
            return Score(None, False, missing)
        if self.scoring == "mean":
            mean = (Decimal(sum(given)) / len(given)).quantize(FINE_STEP, ROUND_HALF_UP)
            return Score(mean, missing > 0, missing)
        if missing == 0:
            return Score(sum(given), False, 0)
        total = Decimal(sum(given)) * len(self.items) / len(given)
        return Score(total.quantize(FINE_STEP, ROUND_HALF_UP), True, missing)

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
        if self.own_flags is not None:
            return self.own_flags(answers)
        return [
            RedFlag(rule.item, rule.level, rule.code, rule.shows_help)
            for rule in self.flag_rules
            if (value := answers.get(rule.item)) is not None and rule.low <= value <= rule.high
        ]

    def is_flagged(self, item: str, value: int | None) -> bool:
        """Whether this one answer is a red flag, whatever else was answered or left open."""
        found = self.red_flags({item: value})
        return any(self.own_flags is None or flag.level == "high" for flag in found)

    def score_flags(self, score: int | Decimal) -> list[RedFlag]:
        """The flag that a total raises by itself, entered without its answers."""
        if self.high_from is None or score < self.high_from:
            return []
        return [RedFlag("score", "high", self.high_code)]

    def check(self, answers: Answers) -> None:
        """Raise ValueError for an unknown item or an answer that is not on the scale."""
        known = {item.code: item for item in (*self.items, *self.extra_items)}
        for code, value in answers.items():
            if code not in known:
                raise ValueError(f"{self.code} has no item {code}")
            if value is not None and (isinstance(value, bool) or value not in known[code].options):
                raise ValueError(f"{self.code} {code}: {value} is not an answer")
