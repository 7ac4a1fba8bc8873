"""A simulator of patients whose rates look like the literature. No Django, no real data.

Anchors (docs/clinical-rules.md has the sources of the rules; these are published rates):
about 64 % respond a day after a single IV dose of 0.5 mg/kg; about 70 % respond in a course, with
a median of 18 days to relapse after the last of six; systolic and diastolic pressure peak near
40 min at +16/+11 mmHg (SD 11/8), severe hypertension in about 1 % of sessions; dissociation peaks
near 40 min, is gone by 1.5 h, and weakens over sessions.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

RESPONDS_IN_COURSE = 0.72
RESPONDS_TO_FIRST = 0.97  # of those who respond in their course; some later than in a day
ONSET_BY = ((0.55, 1.5), (0.90, 20.0), (1.0, 66.0))  # cumulative share, hours
RELIEF_DAYS_FIRST = 5.0
RELIEF_DAYS_SIXTH = 18.0
RELIEF_SIGMA = 0.65  # of the log-normal length of relief
SEVERE_SESSION = 0.011
PEAK_MIN = 40
EXTRA_MINUTES = (5, 15)  # most nurses look once or twice more in the first quarter


@dataclass(frozen=True)
class RoutePlan:
    """How a patient is treated: drug, route, dose and the length of an infusion."""

    drug: str
    route: str
    mg_per_kg: Decimal | None = None
    devices: int | None = None
    infusion_minutes: int | None = None
    weight: int = 1


ROUTES = (
    RoutePlan("ketamine", "iv", Decimal("0.5"), infusion_minutes=40, weight=44),
    RoutePlan("esketamine", "intranasal", devices=2, weight=14),
    RoutePlan("esketamine", "intranasal", devices=3, weight=10),
    RoutePlan("ketamine", "im", Decimal("0.5"), weight=13),
    RoutePlan("ketamine", "sc", Decimal("0.6"), weight=8),
    RoutePlan("ketamine", "oral", Decimal("1.0"), weight=6),
    RoutePlan("ketamine", "sublingual", Decimal("1.0"), weight=5),
)


@dataclass(frozen=True)
class Vitals:
    """One reading at `minute` from the dose."""

    minute: float
    values: dict[str, int]


@dataclass(frozen=True)
class Effect:
    """One side effect: onset and end in minutes from the dose."""

    code: str
    onset: int
    grade: str
    resolved: int


@dataclass
class Illness:
    """One patient's hidden state: how ill, how they respond, how they answer."""

    rng: random.Random
    indication: str
    plan: RoutePlan = field(init=False)
    responder: bool = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        self.plan = rng.choices(ROUTES, [route.weight for route in ROUTES])[0]
        if self.indication == "chronic_pain" and self.plan.drug == "esketamine":
            self.plan = ROUTES[0]
        self.responder = rng.random() < RESPONDS_IN_COURSE
        self.mood = rng.uniform(1.4, 3.4)
        self.pain = (
            rng.uniform(6.0, 8.4) if self.indication == "chronic_pain" else rng.uniform(0, 3)
        )
        self.phq9 = rng.gauss(19, 2.6)
        self.gad7 = rng.gauss(13, 3)
        self.weight_kg = Decimal(rng.randint(480, 1150)) / 10
        self.systolic, self.diastolic = rng.gauss(121, 8), rng.gauss(76, 5)
        self.heart_rate = rng.gauss(72, 7)
        self.answers = rng.choice((0.74, 0.9, 0.95, 0.98))
        self.leaves_after = rng.choice((0, 0, 0, 0, 4, 6))  # 0: stays to the end
        self.thinks_of_death = rng.random() < 0.07

    # --- the calendar

    def session_days(self, sessions: int, last: date) -> list[date]:
        """Working days: three in a week, then every three to five weeks, ending at `last`."""
        gaps = [3, 4][: max(0, sessions - 1)]
        while len(gaps) < sessions - 1:
            gaps.append(self.rng.choice((21, 28, 35, 35)))
        days = [_working_day(last)]
        for gap in reversed(gaps):
            days.append(_working_day(days[-1] - timedelta(days=gap)))
        return sorted(days)

    # --- relief

    def relief(self, session_no: int) -> tuple[float, float] | None:
        """(onset hour, end hour) of the relief of one session, or None when there is none."""
        rng = self.rng
        chance = RESPONDS_TO_FIRST if session_no == 1 else 0.93
        if not self.responder or rng.random() > chance:
            return None
        draw = rng.random()
        low = 0.3
        for share, hours in ONSET_BY:
            if draw <= share:
                onset = rng.uniform(low, hours)
                break
            low = hours
        step = min(session_no, 6) - 1
        median = RELIEF_DAYS_FIRST * (RELIEF_DAYS_SIXTH / RELIEF_DAYS_FIRST) ** (step / 5)
        days = median * math.exp(rng.gauss(0, RELIEF_SIGMA))
        return onset, onset + days * 24

    def level(self, hour: float, relief: tuple[float, float] | None) -> float:
        """How well: 0 as ill as at the start, 1 as well as can be; falls off after the relief."""
        if relief is None:
            return max(0.0, 0.12 * math.exp(-hour / 48))
        onset, end = relief
        if hour < onset:
            return 0.1
        if hour <= end:
            return 0.78
        return max(0.05, 0.45 * math.exp(-(hour - end) / 60))

    def score(self, instrument: str, level: float) -> int:
        """What the patient answers at this level, as a total of the instrument."""
        noise = self.rng.gauss(0, 0.55)
        if instrument == "mood_0_10":
            return _clip(self.mood + (9.2 - self.mood) * level + noise, 0, 10)
        if instrument == "pain_0_10":
            return _clip(self.pain * (1 - 0.72 * level) + noise, 0, 10)
        if instrument == "phq9":
            return _clip(self.phq9 * (1 - 0.8 * level) + 2 * noise, 0, 27)
        return _clip(self.gad7 * (1 - 0.7 * level) + 2 * noise, 0, 21)

    def compared(self, level: float) -> int:
        """Now beside before the last treatment: 0 much worse to 4 much better."""
        return _clip(1.6 + 3 * level + self.rng.gauss(0, 0.5), 0, 4)

    def still_bothered(self) -> int:
        """Whether something from the treatment still bothers: mostly no."""
        return self.rng.choices((0, 1, 2), (84, 14, 2))[0]

    def thoughts(self) -> int:
        """Thoughts of death since the last check-in: rare, and mostly passing."""
        if not self.thinks_of_death or self.rng.random() >= 0.02:
            return 0
        return self.rng.choices((1, 2, 4), (7, 1, 2))[0]

    def items(self, instrument: str, count: int, level: float) -> list[int]:
        """Item answers 0-3 that sum to the score; the last item of PHQ-9 is mostly zero."""
        total = self.score(instrument, level)
        free = count - 1 if instrument == "phq9" else count
        answers = [0] * count
        for _ in range(min(total, 3 * free)):
            choices = [index for index in range(free) if answers[index] < 3]
            answers[self.rng.choice(choices)] += 1
        if instrument == "phq9" and self.thinks_of_death and self.rng.random() < 0.12:
            answers[-1] = self.rng.choice((1, 1, 1, 2))
        return answers

    def answers_this(self) -> bool:
        return self.rng.random() < self.answers

    # --- at the chair

    def vitals_before(self) -> dict[str, int]:
        """The reading before the dose, within the limit to start."""
        values = self._vitals(0, 0, False)
        values["systolic"] = min(values["systolic"], 138)
        values["diastolic"] = min(values["diastolic"], 88)
        return values

    def vitals(self, minutes: list[int]) -> list[Vitals]:
        """Readings near the due minutes; about one session in a hundred is severe."""
        rng = self.rng
        rise = (max(0.0, rng.gauss(16, 11)), max(0.0, rng.gauss(11, 8)))
        severe = rng.random() < SEVERE_SESSION
        if severe:
            rise = (max(58.0, rng.gauss(66, 5)), max(30.0, rng.gauss(36, 4)))
        found = []
        for due in sorted({*minutes, *EXTRA_MINUTES}):
            if due == 0 or rng.random() < 0.03:  # a few are forgotten
                continue
            minute = max(1.0, due + rng.uniform(-2, 3))
            shape = (minute / PEAK_MIN) * math.exp(1 - minute / PEAK_MIN)
            found.append(Vitals(minute, self._vitals(rise[0] * shape, rise[1] * shape, True)))
        return found

    def _vitals(self, up_systolic: float, up_diastolic: float, dosed: bool) -> dict[str, int]:
        rng = self.rng
        systolic = round(self.systolic + up_systolic + rng.gauss(0, 3))
        diastolic = round(self.diastolic + up_diastolic + rng.gauss(0, 2))
        sleepy = dosed and up_systolic > 12 and rng.random() < 0.3
        return {
            "systolic": systolic,
            "diastolic": min(diastolic, systolic - 20),
            "heart_rate": round(self.heart_rate + up_systolic / 3 + rng.gauss(0, 3)),
            "spo2": min(100, round(97.6 + rng.gauss(0, 0.9))),
            "respiratory_rate": max(11, round(14 + rng.gauss(0, 1.2))),
            "moaas": 4 if sleepy else 5,
        }

    def effects(self, session_no: int) -> list[Effect]:
        """Side effects with their minutes; dissociation weakens over sessions."""
        rng = self.rng
        found = []
        if rng.random() < 0.72 * 0.93 ** (session_no - 1):
            grade = rng.choices(
                ("mild", "moderate", "severe"), (50 + 8 * session_no, 40, max(1, 9 - session_no))
            )[0]
            found.append(Effect("dissociation", rng.randint(8, 20), grade, rng.randint(45, 80)))
        for code, chance, first, last in (
            ("nausea", 0.22, 20, 50),
            ("dizziness", 0.28, 10, 30),
            ("sedation", 0.30, 15, 30),
            ("headache", 0.12, 30, 60),
            ("anxiety", 0.10, 10, 25),
            ("blurred_vision", 0.09, 10, 30),
            ("vomiting", 0.04, 30, 60),
        ):
            if rng.random() < chance:
                onset = rng.randint(first, last)
                grade = rng.choices(("mild", "moderate"), (75, 25))[0]
                found.append(Effect(code, onset, grade, onset + rng.randint(12, 35)))
        return found


def _clip(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _working_day(day: date) -> date:
    return day - timedelta(days=max(0, day.isoweekday() - 5))
