"""What the record says of one patient's present course: baseline, response, remission, doses.

The patient's page, the letter and the evidence sheet read this one object, so they cannot
disagree. A course is a run of sessions without a longer gap than the rule allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from reports.dashboards.filters import relief_name
from reports.dashboards.session_lines import SessionLine, worst_grade
from reports.dashboards.timeline import ScoreLine, Timeline
from reports.response_rule import ResponseRule
from sessions_app.instruments import REGISTRY


@dataclass(frozen=True)
class Measured:
    """One questionnaire over the course. Prorated scores are never used.

    `baseline`: the last score in the rule's window up to the first dose. `latest` and `best` come
    after it. `response` and `remission`: the first score that reached each, None where none did
    or, for a response, without a baseline above the rule's minimum. `gone`: the share of the
    baseline's severity that is gone at the latest score; below 0 it is worse.
    """

    instrument: str
    name: str
    rule: ResponseRule
    baseline: ScoreLine | None
    scores: tuple[ScoreLine, ...]
    response: ScoreLine | None
    remission: ScoreLine | None
    gone: float | None

    @property
    def latest(self) -> ScoreLine | None:
        """The newest score after the first dose."""
        return self.scores[-1] if self.scores else None

    @property
    def best(self) -> ScoreLine | None:
        """The first of the best scores after the first dose."""
        return min(self.scores, key=lambda line: self.severity(line), default=None)

    @property
    def is_response_now(self) -> bool | None:
        """Whether the latest score is a response; None where that cannot be said."""
        if self.latest is None or self.gone is None:
            return None
        return _responds(self.rule, self.latest, self.baseline)

    @property
    def is_remission_now(self) -> bool | None:
        """Whether the latest score is at or below the cut; None without a score or a cut."""
        if self.latest is None or self.rule.remission_cut is None:
            return None
        return self.severity(self.latest) <= Fraction(self.rule.remission_cut)

    def severity(self, line: ScoreLine) -> Fraction:
        """The score with the good end at the bottom."""
        return self.rule.severity(Fraction(line.value))


@dataclass(frozen=True)
class Given:
    """What was given of one drug by one route: sessions, mg in all, smallest and largest dose."""

    drug: str
    route: str
    sessions: int
    total_mg: Decimal | None
    least_mg: Decimal | None
    most_mg: Decimal | None


@dataclass(frozen=True)
class Felt:
    """One side effect: in how many sessions of the course, and its worst grade."""

    code: str
    other_text: str
    sessions: int
    worst_grade: str


@dataclass(frozen=True)
class Evidence:
    """The present course. `sessions` are its treatments, oldest first; none is left out."""

    sessions: tuple[SessionLine, ...]
    measured: tuple[Measured, ...]
    given: tuple[Given, ...]
    felt: tuple[Felt, ...]
    highest: SessionLine | None

    @property
    def first_dose(self) -> datetime:
        return self.sessions[0].at

    @property
    def last_dose(self) -> datetime:
        return self.sessions[-1].at

    def of(self, instrument: str) -> Measured | None:
        """The questionnaire, None when it was never answered."""
        return next((each for each in self.measured if each.instrument == instrument), None)


def evidence_of(seen: Timeline) -> Evidence | None:
    """The newest course of the page's sessions; None before the first treatment."""
    treated = [line for line in reversed(seen.sessions) if line.episode is not None]
    if not treated:
        return None
    newest = max(line.episode["course_no"] for line in treated if line.episode)
    course = [line for line in treated if line.episode and line.episode["course_no"] == newest]
    peaks = [line for line in course if line.peak is not None]
    return Evidence(
        sessions=tuple(course),
        measured=tuple(_measured(seen, course[0].at)),
        given=tuple(_given(course)),
        felt=tuple(_felt(course)),
        highest=max(peaks, key=lambda line: line.peak or (0, 0), default=None),
    )


def _measured(seen: Timeline, first_dose: datetime) -> Iterable[Measured]:
    """Published questionnaires first, then the daily scale of the page."""
    found = {line.instrument for line in seen.scores}
    asked = [code for code in REGISTRY if code in found and REGISTRY[code].is_outcome]
    for code in sorted(asked, key=lambda code: (not REGISTRY[code].bands, asked.index(code))):
        rule = ResponseRule.for_instrument(relief_name(code))
        yield measured(code, rule, seen.scores_of(code), first_dose)


def measured(
    code: str, rule: ResponseRule, scores: Sequence[ScoreLine], first_dose: datetime
) -> Measured:
    """One questionnaire; `scores` oldest first."""
    whole = [line for line in scores if not line.is_prorated]
    window = timedelta(days=float(rule.baseline_window_days))
    before = [line for line in whole if first_dose - window <= line.taken_at <= first_dose]
    after = tuple(line for line in whole if line.taken_at > first_dose)
    baseline = before[-1] if before else None
    start = None if baseline is None else rule.severity(Fraction(baseline.value))
    counts = start is not None and start > Fraction(rule.baseline_min)
    cut = rule.remission_cut
    gone = None
    if counts and start is not None and after:
        gone = float((start - rule.severity(Fraction(after[-1].value))) / start)
    return Measured(
        instrument=code,
        name=REGISTRY[code].name,
        rule=rule,
        baseline=baseline,
        scores=after,
        response=next((line for line in after if counts and _responds(rule, line, baseline)), None),
        remission=next(
            (
                line
                for line in after
                if cut is not None and rule.severity(Fraction(line.value)) <= Fraction(cut)
            ),
            None,
        ),
        gone=gone,
    )


def _responds(rule: ResponseRule, line: ScoreLine, baseline: ScoreLine | None) -> bool:
    assert baseline is not None, "asked only where there is a baseline"
    limit = rule.severity(Fraction(baseline.value)) * (1 - Fraction(rule.response_frac))
    return rule.severity(Fraction(line.value)) <= limit


def _given(course: Sequence[SessionLine]) -> Iterable[Given]:
    for drug, route in dict.fromkeys((line.row.drug, line.row.route) for line in course):
        own = [line for line in course if (line.row.drug, line.row.route) == (drug, route)]
        doses = [line.dose_mg for line in own if line.dose_mg is not None]
        is_known = len(doses) == len(own)
        yield Given(
            drug=drug,
            route=route,
            sessions=len(own),
            total_mg=sum(doses, Decimal(0)) if is_known else None,
            least_mg=min(doses, default=None),
            most_mg=max(doses, default=None),
        )


def _felt(course: Sequence[SessionLine]) -> list[Felt]:
    """The commonest first."""
    names = dict.fromkeys(
        (effect.code, effect.other_text) for line in course for effect in line.effects
    )
    found = []
    for code, other_text in names:
        own = [
            [effect for effect in line.effects if (effect.code, effect.other_text) == name]
            for line in course
            for name in [(code, other_text)]
        ]
        seen_in = [effects for effects in own if effects]
        every = [effect for effects in seen_in for effect in effects]
        found.append(Felt(code, other_text, len(seen_in), worst_grade(every)))
    return sorted(found, key=lambda felt: -felt.sessions)
