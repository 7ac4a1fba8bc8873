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

from sessions_app.actions.alerts import close_alert, log_call, take_alert
from sessions_app.actions.answers import answer_item, enter_check_in
from sessions_app.actions.corrections import correct_reading
from sessions_app.actions.intake import add_patient
from sessions_app.actions.plans import answer_eligibility, prescribe, start_course
from sessions_app.actions.signoff import amend_session
from sessions_app.demo import parallel
from sessions_app.demo.chairside import Chairside, at
from sessions_app.demo.clinics import SPECS, ClinicSpec, Team, found_clinic, team_of
from sessions_app.demo.course_of_illness import ROUTES, Illness
from sessions_app.demo.people import Person, indication_of, invented_people
from sessions_app.eligibility import CRITERIA
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

OPENED_DAYS_AGO = 540
QUESTIONNAIRE_DAYS = 14
LAST_SEEN_DAYS_AGO = (3, 8, 17, 34, 50, 70, 90, 110, 140, 170)
ON_PAPER = 0.6  # share of the two-week questionnaires that come on paper
STAYS_OPEN = timedelta(days=2)  # younger alerts of check-ins may still be open

Progress = Callable[[int], None]


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
    """
    tasks = []
    for number, spec in enumerate(SPECS):
        with transaction.atomic():
            found_clinic(spec, now - timedelta(days=OPENED_DAYS_AGO))
        for index, person in enumerate(_people_of(spec, seed, now, patients)):
            tasks.append((number, index, person, seed, now))
    if parallel.can_build():
        parallel.build_on_every_core(build_patient, tasks, progress)
        return
    for task in tasks:
        build_patient(*task)
        progress(1)


def _people_of(spec: ClinicSpec, seed: int, now: datetime, patients: int) -> list[Person]:
    rng = random.Random(f"{seed} {spec.name}")
    today = now.astimezone(ZoneInfo(spec.time_zone)).date()
    return invented_people(rng, max(4, round(patients * spec.share)), today, spec.first_number)


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
        self.zone = ZoneInfo(self.spec.time_zone)
        self.illness = Illness(self.rng, indication_of(self.index))
        if is_reserved(self.spec, self.index):
            reserve(self.illness, self.index)
        self.chairside = Chairside(self.team, self.illness)
        days = self.illness.session_days(self._count(), self._last_day())
        came = datetime.combine(days[0] - timedelta(days=9), time(10, 0), self.zone)
        patient = self._intake(came)
        course = self._course(patient, came)
        prescription = self._prescribe(course, came)
        asked_on: date | None = None
        relief: tuple[float, float] | None = None
        previous: datetime | None = None
        for number, day in enumerate(days, start=1):
            start = self._start_of(day)
            before = self._level(previous, start, relief)
            asked_on = self._on_arrival(patient, start, before, asked_on)
            session = self.chairside.begin(prescription, self._chair(), start)
            self.chairside.watch(session, number, until_min=200)
            self._slip_and_correct(session, number)
            ending = "left_against_advice" if self.rng.random() < 0.008 else "discharged"
            left = self.chairside.finish(session, ending)
            if self.rng.random() < 0.01:
                self._amend(session, left)
            relief = self.illness.relief(number)
            following = self._start_of(days[number]) if number < len(days) else self.now
            self._answer(session, start, relief, min(following, self.now))
            previous = start

    # --- people and plans

    def _count(self) -> int:
        return max(2, min(14, round(self.rng.gauss(7.5, 2.6))))

    def _last_day(self) -> date:
        today = self.now.astimezone(self.zone).date()
        if self.index == DUE_QUESTIONNAIRE and not self.spec.suffix:
            return today - timedelta(days=13)
        return today - timedelta(days=self.rng.choice(LAST_SEEN_DAYS_AGO))

    def _intake(self, came: datetime) -> Patient:
        values: dict[str, Any] = {
            "number": self.person.number,
            "given_name": self.person.given_name,
            "family_name": self.person.family_name,
            "birth_date": self.person.birth_date,
            "phone": self.person.phone,
            "allergies": self.person.allergies,
            "medicines": self.person.medicines,
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
        self._care(patient, moment)
        return asked_on

    def _items(self, code: str, level: float) -> dict[str, int | None]:
        if code not in ("phq9", "gad7"):
            return {"q1": self.illness.score(code, level)}
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
        for request in requests.order_by("due_at"):
            width = (request.closes_at - request.opens_at) / timedelta(minutes=1)
            moment = request.opens_at + timedelta(minutes=self.rng.uniform(0.1, 0.85) * width)
            if self._kept_open(request) or moment >= until or gave_up:
                continue
            if not self.illness.answers_this():
                continue
            level = self.illness.level((moment - start) / timedelta(hours=1), relief)
            if len(request.instruments) > 2 and self.rng.random() < ON_PAPER:
                self._on_paper(request, moment, level)
            else:
                self._answer_one(request, moment, level)

    def _kept_open(self, request: CheckInRequest) -> bool:
        """The visitor of the demo answers this one."""
        is_due = self.index == DUE_QUESTIONNAIRE and is_reserved(self.spec, self.index)
        return is_due and request.closes_at > self.now

    def _on_paper(self, request: CheckInRequest, moment: datetime, level: float) -> None:
        """The long questionnaires were answered on paper and entered by the nurse."""
        answers = {code: self._items(code, level) for code in request.instruments}
        enter_check_in(
            by=self.team.nurse,
            patient=request.patient,
            write_key=None,
            answers=answers,
            request=request,
            clock=at(moment),
        )
        self._care(request.patient, moment)

    def _answer_one(self, request: CheckInRequest, moment: datetime, level: float) -> None:
        stops_early = self.rng.random() < 0.06
        for code in request.instruments:
            for step, (item, value) in enumerate(self._items(code, level).items()):
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
                if stops_early and step == 4:
                    return
        self._care(request.patient, moment)

    # --- what staff do besides

    def _care(self, patient: Patient, moment: datetime) -> None:
        """A cry for help of the past was taken, called and closed; the newest may be open."""
        if self.now - moment < STAYS_OPEN:
            return
        physician = self.team.physician
        for alert in Alert.objects.open().filter(patient=patient, check_in__isnull=False):
            taken = alert.raised_at + timedelta(minutes=self.rng.randint(2, 14))
            take_alert(by=physician, alert=alert, write_key=None, clock=at(taken))
            called = taken + timedelta(minutes=4)
            log_call(
                by=physician,
                alert=alert,
                note="Spoke for ten minutes.",
                write_key=None,
                clock=at(called),
            )
            close_alert(
                by=physician,
                alert=alert,
                outcome="spoke_plan" if alert.level == "high" else "spoke_safe",
                write_key=None,
                note="Safety plan read together; seen again this week.",
                clock=at(called + timedelta(minutes=12)),
            )

    def _slip_and_correct(self, session: TreatmentSession, number: int) -> None:
        if number != 2 or self.index % 10 != 4:
            return
        reading = session.readings.standing().order_by("taken_at").last()
        if reading is None or reading.systolic is None or reading.diastolic is None:
            return
        correct_reading(
            by=self.team.nurse,
            reading=reading,
            values={"systolic": reading.systolic + 4, "diastolic": reading.diastolic},
            reason="Misread the monitor",
            write_key=None,
            clock=at(reading.taken_at + timedelta(minutes=1)),
        )

    def _amend(self, session: TreatmentSession, left: datetime) -> None:
        amend_session(
            by=self.team.nurse,
            session=session,
            text="The escort was the patient's sister.",
            reason="Name was missing",
            write_key=None,
            clock=at(left + timedelta(hours=3)),
        )


# --- patients kept for what the demo shows today

RUNNING, ALARM, READY, DUE_QUESTIONNAIRE = 0, 1, 2, 3


def is_reserved(spec: ClinicSpec, index: int) -> bool:
    """The first four patients of the first clinic are treated as the demo needs them."""
    return not spec.suffix and index <= DUE_QUESTIONNAIRE


def reserve(illness: Illness, index: int) -> None:
    """Afterwards the patient answers, stays, and has the route that the demo shows."""
    illness.plan = ROUTES[1] if index == READY else ROUTES[0]
    illness.leaves_after = 0
    illness.responder = True
    illness.thinks_of_death = False
