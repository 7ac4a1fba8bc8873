"""What is going on in the demo right now: three sessions in progress, appointments, one link."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from sessions_app.actions.appointments import book_appointment
from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.effects import record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.signoff import NURSE_CHECKS, confirm_check
from sessions_app.demo.build import ALARM, DUE_QUESTIONNAIRE, READY, RUNNING, pins_checked_once
from sessions_app.demo.chairside import Chairside, at
from sessions_app.demo.clinics import SPECS, Team, team_of
from sessions_app.demo.course_of_illness import Illness
from sessions_app.demo.people import indication_of
from sessions_app.models import (
    Appointment,
    CheckInRequest,
    Patient,
    Prescription,
    TreatmentSession,
)

# Minutes since the dose at which each of the three sessions is shown.
ELAPSED = {RUNNING: 16, ALARM: 31, READY: 124}
STALE_AFTER = timedelta(minutes=90)
ALARMING = {
    "systolic": 186,
    "diastolic": 104,
    "heart_rate": 96,
    "spo2": 96,
    "respiratory_rate": 15,
    "moaas": 4,
}


@dataclass(frozen=True)
class OpenLink:
    """A living check-in link to print: the path that opens it, and what it asks."""

    path: str
    patient_number: str
    slot: str


def renew(now: datetime, seed: int) -> bool:
    """Afterwards three sessions of the first clinic are in progress as of `now`, old ones are
    signed, and today has appointments. False when they were young enough to be left alone.
    """
    spec = SPECS[0]
    team = team_of(spec)
    running = TreatmentSession.objects.open().filter(clinic=team.clinic)
    if running.count() >= len(ELAPSED) and all(_is_young(session, now) for session in running):
        return False
    rng = random.Random(f"{seed} {now.date()}")
    with pins_checked_once():
        for session in running:
            _sign_off(team, session, rng, now)
        for index, minutes in ELAPSED.items():
            _begin(team, index, now - timedelta(minutes=minutes), now, f"{seed} {now} {index}")
    _book(team, now, rng)
    return True


def _is_young(session: TreatmentSession, now: datetime) -> bool:
    return now - session.opened_at < STALE_AFTER + timedelta(minutes=ELAPSED[READY])


@transaction.atomic
def _sign_off(team: Team, session: TreatmentSession, rng: random.Random, now: datetime) -> None:
    illness = Illness(rng, session.course.indication)
    session = TreatmentSession.objects.get(pk=session.pk)
    if session.dose_started_at is not None:
        Chairside(team, illness).finish(session, latest=now)


def _patient(index: int) -> Patient:
    return Patient.objects.get(number=f"DEMO-{SPECS[0].first_number + index}")


@transaction.atomic
def _begin(team: Team, index: int, start: datetime, now: datetime, seed: str) -> None:
    patient = _patient(index)
    prescription = Prescription.objects.filter(course__patient=patient, ended_at=None).latest(
        "prescribed_at"
    )
    rng = random.Random(seed)
    illness = Illness(rng, indication_of(index))
    last = TreatmentSession.objects.filter(patient=patient).order_by("-opened_at").first()
    if last is not None and last.weight_kg is not None:
        illness.weight_kg = last.weight_kg
    chairside = Chairside(team, illness)
    session = chairside.begin(prescription, team.chairs[index], start)
    session_no = TreatmentSession.objects.filter(patient=patient).count()
    chairside.watch(session, session_no, until_min=(now - start) / timedelta(minutes=1) - 1)
    if index == ALARM:
        record_vital_reading(
            by=team.nurse,
            session=session,
            write_key=None,
            values=ALARMING,
            clock=at(now - timedelta(minutes=1)),
        )
    elif index == RUNNING:
        record_side_effect(
            by=team.nurse,
            session=session,
            code="dissociation",
            grade="mild",
            write_key=None,
            clock=at(now - timedelta(minutes=4)),
        )
    else:
        _almost_home(team, session, illness, now)


def _almost_home(team: Team, session: TreatmentSession, illness: Illness, now: datetime) -> None:
    """Everything is proved by the record; the nurse's last tick is left to the visitor."""
    moment = now - timedelta(minutes=3)
    values = illness.vitals_before() | {"moaas": 5, "spo2": 98}
    record_vital_reading(
        by=team.nurse, session=session, write_key=None, values=values, clock=at(moment)
    )
    for code in NURSE_CHECKS[:-1]:
        confirm_check(
            by=team.nurse, session=session, code=code, is_met=True, write_key=None, clock=at(moment)
        )


def _book(team: Team, now: datetime, rng: random.Random) -> None:
    """Afterwards today and tomorrow have appointments, in working hours of the clinic."""
    zone = ZoneInfo(team.clinic.time_zone)
    if Appointment.objects.filter(clinic=team.clinic, starts_at__gt=now).exists():
        return
    numbers = [f"DEMO-{SPECS[0].first_number + index}" for index in range(4, 12)]
    patients = list(Patient.objects.filter(number__in=numbers).order_by("number"))
    for place, patient in enumerate(patients):
        day = now.astimezone(zone).date() + timedelta(days=place // 4)
        hour = time(9 + 2 * (place % 4), rng.choice((0, 30)))
        starts_at = datetime.combine(day, hour, zone)
        chair = team.chairs[3 + place % max(1, len(team.chairs) - 3)]
        book_appointment(
            by=team.nurse,
            patient=patient,
            starts_at=starts_at,
            chair=chair,
            confirmed=True,
            clock=at(now),
        )


def open_link(now: datetime) -> OpenLink | None:
    """A fresh link to a check-in that is open now: the longest one, PHQ-9 included, if any."""
    team = team_of(SPECS[0])
    requests = CheckInRequest.objects.filter(
        clinic=team.clinic,
        cancelled_at=None,
        check_in__isnull=True,
        opens_at__lte=now,
        closes_at__gt=now + timedelta(hours=1),
    ).select_related("patient")
    preferred = f"DEMO-{SPECS[0].first_number + DUE_QUESTIONNAIRE}"
    ranked = sorted(
        requests,
        key=lambda r: (-len(r.instruments), r.patient.number != preferred, r.patient.number),
    )
    if not ranked:
        return None
    request = ranked[0]
    _, token = mint_link(by=team.nurse, request=request, clock=at(now))
    return OpenLink(f"/c/{token}/", request.patient.number, request.slot)
