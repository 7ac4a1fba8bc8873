"""Builds the invented clinics day by day, through the actions, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password
from django.db import transaction

from sessions_app.actions.answer_alerts import MOOD_FALL
from sessions_app.actions.answers import answer_item, enter_check_in
from sessions_app.actions.intake import add_patient
from sessions_app.actions.plans import answer_eligibility, prescribe, start_course
from sessions_app.demo import cases, follow_up, parallel
from sessions_app.demo.chairside import Chairside, at
from sessions_app.demo.clinics import SPECS, ClinicSpec, Team, found_clinic, is_founded, team_of
from sessions_app.demo.course_of_illness import Illness
from sessions_app.demo.people import Person, indication_of, invented_people
from sessions_app.instruments import REGISTRY
from sessions_app.models import (
    Alert,
    CheckInRequest,
    Patient,
    Prescription,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.rules.eligibility import CRITERIA

CHANNELS = ("sms", "email", "none")  # by the last digit of the patient number
OPENED_DAYS_AGO = 540
QUESTIONNAIRE_DAYS = 14
LAST_SEEN_DAYS_AGO = (3, 8, 17, 34, 50, 70, 90, 110, 140, 170)
ON_PAPER = 0.8  # share of the two-week questionnaires that come on paper
# The clinics asked the other daily questions only lately; before, they were left open.
ALL_QUESTIONS_SINCE = timedelta(days=30)
LATELY = ("compared_before", "still_bothering", "thoughts", "peg")
STAYS_OPEN = timedelta(days=2)  # younger alerts of check-ins may still be open

ASKED_ALONE: dict[str, Callable[[Illness, float], int]] = {
    "mood_0_10": lambda illness, level: illness.score("mood_0_10", level),
    "pain_0_10": lambda illness, level: illness.score("pain_0_10", level),
    "compared_before": lambda illness, level: illness.compared(level),
    "still_bothering": lambda illness, level: illness.still_bothered(),
    "thoughts": lambda illness, level: illness.thoughts(),
}

Progress = Callable[[int], None]
Answers = dict[str, dict[str, int | None]]


_checked = cache(check_password)


@contextmanager
def pins_checked_once() -> Iterator[None]:
    """Argon2 takes 20 ms a check; two thousand invented signatures share each person's first."""

    def check_pin(person: Staff, pin: str) -> bool:
        return bool(person.pin) and _checked(pin, person.pin)

    with patch.object(Staff, "check_pin", check_pin):
        yield


def build_clinics(seed: int, now: datetime, patients: int, progress: Progress) -> None:
    """Afterwards both clinics stand with about 7.5 sessions a patient. Same seed and `now`: same
    facts, on one core or on several. `progress` is called with the number of patients done.

    Patients whom an interrupted build left behind are whole and stay as they are.
    """
    there = set(Patient.objects.values_list("number", flat=True))
    tasks = []
    for number, spec in enumerate(SPECS):
        if not is_founded(spec):
            with transaction.atomic():
                found_clinic(spec, now - timedelta(days=OPENED_DAYS_AGO))
        for index, person in enumerate(_people_of(spec, seed, now, patients)):
            if person.number not in there:
                tasks.append((number, index, person, seed, now))
    progress(patients - len(tasks))
    if parallel.can_build():
        parallel.build_on_every_core(build_patient, tasks, progress)
        return
    for task in tasks:
        build_patient(*task)
        progress(1)


def _people_of(spec: ClinicSpec, seed: int, now: datetime, patients: int) -> list[Person]:
    rng = random.Random(f"{seed} {spec.name}")
    today = now.astimezone(ZoneInfo(spec.time_zone)).date()
    return invented_people(rng, round(patients * spec.share), today, spec.first_number)


def build_patient(number: int, index: int, person: Person, seed: int, now: datetime) -> None:
    """Afterwards one patient of clinic `number` stands, from intake to today."""
    spec = SPECS[number]
    story = _Story(spec, team_of(spec), person, index, now, f"{seed} {person.number}")
    with pins_checked_once(), transaction.atomic():
        story.tell()


@dataclass
class _Story:
    """One patient from intake to today."""

    spec: ClinicSpec
    team: Team
    person: Person
    index: int
    now: datetime
    seed: str

    def tell(self) -> None:
        self.rng = random.Random(self.seed)
        self.last_mood = 0
        self.zone = ZoneInfo(self.spec.time_zone)
        self.illness = Illness(self.rng, indication_of(self.index))
        if self._is(*cases.KEPT):
            cases.prepare(self.illness, self.index)
        self.chairside = Chairside(self.team, self.illness)
        days = self.illness.session_days(self._count(), self._last_day())
        came = datetime.combine(days[0] - timedelta(days=9), time(10, 0), self.zone)
        patient = self._intake(came)
        course = self._course(patient, came)
        prescription = self._prescribe(course, came)
        follow_up.look_at(self.team, patient, self.index, came, days, self.seed)
        if self._is(cases.HISTORY):
            cases.import_history(self.team, patient, self.illness, came)
        asked_on: date | None = None
        relief: tuple[float, float] | None = None
        previous: datetime | None = None
        for number, day in enumerate(days, start=1):
            start = self._start_of(day)
            before = self._level(previous, start, relief)
            asked_on = self._on_arrival(patient, start, before, asked_on)
            session = self.chairside.begin(prescription, self._chair(), start)
            if self._is(cases.SILENT) and number == cases.NOT_STARTED_SESSION:
                self.chairside.never_start(session)
                continue
            self.chairside.watch(session, number, until_min=200)
            if number == 2 and self.index % 10 == 4:
                cases.slip_and_correct(self.team, session)
            left = self.chairside.finish(session, self._ending(number))
            is_amended = self._is(cases.HISTORY) and number == cases.AMENDED_SESSION
            if self.rng.random() < 0.01 or is_amended:
                cases.amend(self.team, session, left)
            relief = self.illness.relief(number)
            following = self._start_of(days[number]) if number < len(days) else self.now
            self._answer(session, start, relief, min(following, self.now))
            previous = start

    def _is(self, *kept: int) -> bool:
        return cases.is_kept(self.spec, self.index, *kept)

    def _ending(self, number: int) -> str:
        leaves = self.rng.random() < 0.008
        if self._is(cases.HISTORY) and number == cases.TRANSFERRED_SESSION:
            return "transferred"
        return "left_against_advice" if leaves else "discharged"

    # --- people and plans

    def _count(self) -> int:
        fewest = 3 if self._is(cases.HISTORY, cases.SILENT) else 2
        return max(fewest, min(14, round(self.rng.gauss(7.5, 2.6))))

    def _last_day(self) -> date:
        today = self.now.astimezone(self.zone).date()
        if self._is(cases.DUE_QUESTIONNAIRE):
            return today - timedelta(days=13)
        return today - timedelta(days=self.rng.choice(LAST_SEEN_DAYS_AGO))

    def _intake(self, came: datetime) -> Patient:
        values: dict[str, Any] = {
            "number": self.person.number,
            "given_name": self.person.given_name,
            "family_name": self.person.family_name,
            "birth_date": self.person.birth_date,
            "phone": self.person.phone,
            "email": f"{self.person.number.lower()}@mail.example",
            "reminder_channel": CHANNELS[int(self.person.number[-1]) % len(CHANNELS)],
            "allergies": self.person.allergies,
            "medicines": "none" if self._is(cases.SILENT) else self.person.medicines,
            "escort_name": self.person.escort_name,
            "escort_phone": "+1 555 0199",
            "safety_contact_name": self.person.safety_contact_name,
            "safety_contact_phone": "+1 555 0198",
            "safety_plan": "Call the safety contact. Put the tablets away. Call the crisis line.",
        }
        return add_patient(by=self.team.nurse, values=values, clock=at(came))

    def _course(self, patient: Patient, came: datetime) -> TreatmentCourse:
        values = {
            "indication": self.illness.indication,
            "planned_sessions": 6,
            "schedule": "Three sessions in a week, then every 3 to 5 weeks",
            "consent_signed_on": came.date(),
            "consent_valid_until": came.date() + timedelta(days=3 * 365),
            "started_on": came.date(),
        }
        physician = self.team.physician
        course = start_course(by=physician, patient=patient, values=values, clock=at(came))
        answers = {item.code: ("no" if item.against == "yes" else "yes", "") for item in CRITERIA}
        answer_eligibility(by=physician, course=course, answers=answers, clock=at(came))
        return course

    def _prescribe(self, course: TreatmentCourse, came: datetime) -> Prescription:
        plan = self.illness.plan
        infusion = plan.infusion_minutes is not None
        values = {
            "drug": plan.drug,
            "route": plan.route,
            "mg_per_kg": plan.mg_per_kg,
            "devices": plan.devices,
            "infusion_minutes": plan.infusion_minutes,
            "vial_mg_per_ml": Decimal(10) if infusion else None,
            "bag_volume_ml": Decimal(50) if infusion else None,
            "valid_from": came.date(),
            "valid_until": came.date() + timedelta(days=3 * 365),
        }
        return prescribe(by=self.team.physician, course=course, values=values, clock=at(came))

    def _chair(self) -> Any:
        return self.rng.choice(self.team.chairs)

    def _start_of(self, day: date) -> datetime:
        rng = random.Random(f"{self.seed} {day}")
        clock_time = time(rng.randint(9, 14), rng.choice((0, 10, 20, 30, 40, 50)))
        return datetime.combine(day, clock_time, self.zone)

    # --- what the patient answers

    def _level(
        self, previous: datetime | None, moment: datetime, relief: tuple[float, float] | None
    ) -> float:
        if previous is None:
            return 0.0
        return self.illness.level((moment - previous) / timedelta(hours=1), relief)

    def _on_arrival(
        self, patient: Patient, start: datetime, level: float, asked_on: date | None
    ) -> date | None:
        """The nurse asks for mood (and pain) before the dose, and for PHQ-9 and GAD-7 when due."""
        if self._is(cases.SILENT):
            return None
        answers = {"mood_0_10": self._items("mood_0_10", level)}
        if self.illness.indication == "chronic_pain":
            answers["pain_0_10"] = self._items("pain_0_10", level)
        due = asked_on is None or (start.date() - asked_on).days >= QUESTIONNAIRE_DAYS
        if due:
            for code in ("phq9", "gad7"):
                answers[code] = self._items(code, level)
            asked_on = start.date()
        moment = start - timedelta(minutes=self.rng.randint(8, 40))
        enter_check_in(
            by=self.team.nurse, patient=patient, write_key=None, answers=answers, clock=at(moment)
        )
        self._care(patient, moment, answers)
        return asked_on

    def _items(self, code: str, level: float) -> dict[str, int | None]:
        if code in ASKED_ALONE:
            return {"q1": ASKED_ALONE[code](self.illness, level)}
        if code == "peg":
            return {f"q{number}": self.illness.score("pain_0_10", level) for number in (1, 2, 3)}
        items = [item.code for item in REGISTRY[code].items]
        return dict(zip(items, self.illness.items(code, len(items), level), strict=True))

    def _answer(
        self,
        session: TreatmentSession,
        start: datetime,
        relief: tuple[float, float] | None,
        until: datetime,
    ) -> None:
        """Check-ins whose window closed before `until`: answered, half answered, or missed."""
        requests = CheckInRequest.objects.filter(session=session, cancelled_at=None).select_related(
            "patient"
        )
        gave_up = self.illness.leaves_after and self.rng.random() < 0.1
        gave_up = gave_up or self._is(cases.SILENT)
        for request in requests.order_by("due_at"):
            width = (request.closes_at - request.opens_at) / timedelta(minutes=1)
            moment = request.opens_at + timedelta(minutes=self.rng.uniform(0.1, 0.85) * width)
            if self._kept_open(request) or moment >= until or gave_up:
                continue
            if not self.illness.answers_this():
                continue
            level = self.illness.level((moment - start) / timedelta(hours=1), relief)
            if "phq9" in request.instruments and self.rng.random() < ON_PAPER:
                self._on_paper(request, moment, level)
            else:
                self._answer_one(request, moment, level)

    def _kept_open(self, request: CheckInRequest) -> bool:
        """The visitor of the demo answers this one."""
        return self._is(cases.DUE_QUESTIONNAIRE) and request.closes_at > self.now

    def _given(self, request: CheckInRequest, moment: datetime, level: float) -> Answers:
        left_open = () if self.now - moment < ALL_QUESTIONS_SINCE else LATELY
        asked = [code for code in request.instruments if code not in left_open]
        return {code: self._items(code, level) for code in asked}

    def _on_paper(self, request: CheckInRequest, moment: datetime, level: float) -> None:
        """The long questionnaires were answered on paper and entered by the nurse."""
        answers = self._given(request, moment, level)
        enter_check_in(
            by=self.team.nurse,
            patient=request.patient,
            write_key=None,
            answers=answers,
            request=request,
            clock=at(moment),
        )
        self._care(request.patient, moment, answers)

    def _answer_one(self, request: CheckInRequest, moment: datetime, level: float) -> None:
        stops_early = self.rng.random() < 0.06
        answers = self._given(request, moment, level)
        if stops_early:
            answers = _cut_short(answers)
        for code, items in answers.items():
            for item, value in items.items():
                moment += timedelta(seconds=self.rng.randint(3, 9))
                answer_item(
                    request=request,
                    instrument=code,
                    item=item,
                    value=value,
                    language="en",
                    write_key=None,
                    clock=at(moment),
                )
        self._care(request.patient, moment, answers)

    def _care(self, patient: Patient, moment: datetime, answers: Answers) -> None:
        """A cry for help of the past was taken, called and closed; the newest may be open."""
        if self._calls_for(answers) and self.now - moment >= STAYS_OPEN:
            self._answer_cries(patient)

    def _calls_for(self, answers: Answers) -> bool:
        """Whether these answers may have raised an alert."""
        mood = answers.get("mood_0_10", {}).get("q1")
        fell = mood is not None and self.last_mood - mood >= MOOD_FALL
        self.last_mood = self.last_mood if mood is None else mood
        cry = answers.get("phq9", {}).get("q9") or answers.get("thoughts", {}).get("q1")
        return fell or bool(cry)

    def _answer_cries(self, patient: Patient) -> None:
        alerts = Alert.objects.open().filter(patient=patient, check_in__isnull=False)
        cases.answer_cries(self.team, self.rng, alerts.order_by("raised_at", "code"))


def _cut_short(answers: Answers) -> Answers:
    """The same, given up in the middle of the first long questionnaire."""
    said: Answers = {}
    for code, items in answers.items():
        said[code] = dict(list(items.items())[:5])
        if len(said[code]) < len(items):
            break
    return said
