"""What is going on in the demo right now: three sessions in progress, appointments, one link."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef

from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.appointments import book_appointment
from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.effects import record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.signoff import confirm_check, nurse_checks
from sessions_app.actions.starting import Override
from sessions_app.chairside.start_gate import spacing
from sessions_app.demo import cases
from sessions_app.demo.build import STAYS_OPEN, pins_checked_once
from sessions_app.demo.cases import ALARM, DUE_QUESTIONNAIRE, HISTORY, READY, RUNNING
from sessions_app.demo.chairside import Chairside, at
from sessions_app.demo.clinics import PIN, SPECS, Team, team_of
from sessions_app.demo.course_of_illness import Illness
from sessions_app.demo.follow_up import fill_rota
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.instruments import REGISTRY
from sessions_app.models import (
    Alert,
    Appointment,
    Chair,
    CheckInRequest,
    Patient,
    Prescription,
    TreatmentSession,
)
from sessions_app.protocol_of import protocol_in_force

# Minutes since the dose at which each of the three sessions is shown.
ELAPSED = {RUNNING: 16, ALARM: 31, READY: 124}
REST_DAYS = 3  # nobody is treated again sooner
BOOKED = 8  # appointments of today and tomorrow
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
    """Afterwards three sessions of the first clinic are in progress as of `now`, old ones of both
    are signed, a cry for help is open, and today has appointments. False when nothing was due.
    """
    teams = [team_of(spec) for spec in SPECS]
    first = teams[0]
    _refuse_other_pin(first)
    rng = random.Random(f"{seed} {now.date()}")
    with pins_checked_once():
        for team in teams:
            for session in TreatmentSession.objects.open().filter(clinic=team.clinic):
                if not _is_young(session, now):
                    _sign_off(team, session, rng, now)
        taken = set(_open_chairs(first))
        due = [(i, chair) for i, chair in zip(ELAPSED, first.chairs, strict=False)]
        due = [(i, chair) for i, chair in due if chair.pk not in taken]
        for index, chair in due:
            start = now - timedelta(minutes=ELAPSED[index])
            _begin(first, index, chair, start, now, f"{seed} {now} {index}")
    if due:
        _cry_for_help(first, now, rng)
    for team in teams:
        fill_rota(team, now)
    _book(first, now, rng)
    return bool(due)


def _refuse_other_pin(team: Team) -> None:
    """The demo signs with the PIN that it prints; a visitor may have chosen another."""
    for person in (team.nurse, team.second):
        if not person.check_pin(PIN):
            raise RuleBroken(RuleError("pin", "wrong_pin", value=person.username))


def _open_chairs(team: Team) -> Iterable[UUID | None]:
    running = TreatmentSession.objects.open().filter(clinic=team.clinic)
    return running.values_list("chair_id", flat=True)


def _is_young(session: TreatmentSession, now: datetime) -> bool:
    return now - session.opened_at < STALE_AFTER + timedelta(minutes=ELAPSED[READY])


def _sign_off(team: Team, session: TreatmentSession, rng: random.Random, now: datetime) -> None:
    """Afterwards the session is signed: as the watch would have ended, or, where a visitor left
    it in another state, as it stands.
    """
    chairside = Chairside(team, Illness(rng, session.course.indication))
    if session.dose_started_at is None:
        chairside.sign(session, "not_started", "Left open in the demo", now)
        return
    try:
        with transaction.atomic():
            chairside.finish(session, latest=now)
    except RuleBroken:
        with transaction.atomic():
            chairside.stop_pump(session, end=now)
            chairside.sign(session, "left_against_advice", "Left open in the demo", now)


def _patient(index: int) -> Patient:
    number = f"DEMO-{SPECS[0].first_number + index}"
    return Patient.objects.get(clinic=team_of(SPECS[0]).clinic, number=number)


def _rested_prescription(team: Team, index: int, now: datetime) -> Prescription:
    """Whose turn it is in this chair: the patient kept for it or, when treated too lately, the
    next one with the same order who was not, and rather one who has no appointment.
    """
    kept = _patient(index)
    orders = Prescription.objects.filter(
        course__clinic=team.clinic, ended_at=None, valid_until__gt=now.date() + timedelta(days=1)
    ).select_related("course__patient")
    own = orders.filter(course__patient=kept).latest("prescribed_at")
    others = {*cases.KEPT} - {index, HISTORY}
    numbers = [f"DEMO-{SPECS[0].first_number + other}" for other in others]
    busy = TreatmentSession.objects.filter(
        clinic=team.clinic, opened_at__gt=now - timedelta(days=REST_DAYS)
    )
    booked = Appointment.objects.filter(
        patient=OuterRef("course__patient"), sessions__isnull=True, starts_at__date__gte=now.date()
    )
    rested = (
        orders.filter(drug=own.drug, route=own.route, devices=own.devices)
        .exclude(course__patient__number__in=numbers)
        .exclude(course__patient__in=busy.values("patient"))
        .annotate(is_booked=Exists(booked))
        .order_by("is_booked", "course__patient__number", "-prescribed_at")
    )
    return next((order for order in rested if order.pk == own.pk), None) or rested.first() or own


def _brought_forward(
    team: Team, prescription: Prescription, start: datetime
) -> dict[str, Override]:
    """In a small clinic nobody may be rested: the physician lets the dose come early."""
    protocol = protocol_in_force(team.clinic.pk, prescription.route)
    if spacing(prescription, start, protocol).answer == "yes":
        return {}
    return {"spaced": Override("Well since the last dose, comes today", team.physician.full_name)}


@transaction.atomic
def _begin(team: Team, index: int, chair: Chair, start: datetime, now: datetime, seed: str) -> None:
    prescription = _rested_prescription(team, index, now)
    patient = prescription.course.patient
    illness = Illness(random.Random(seed), prescription.course.indication)
    last = TreatmentSession.objects.filter(patient=patient).order_by("-opened_at").first()
    if last is not None and last.weight_kg is not None:
        illness.weight_kg = last.weight_kg
    chairside = Chairside(team, illness)
    session = chairside.begin(
        prescription, chair, start, _brought_forward(team, prescription, start)
    )
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
    elif index == RUNNING and not session.effects.filter(code="dissociation").exists():
        record_side_effect(
            by=team.nurse,
            session=session,
            code="dissociation",
            grade="mild",
            write_key=None,
            clock=at(now - timedelta(minutes=4)),
        )
    elif index == READY:
        _almost_home(team, session, illness, now)


def _almost_home(team: Team, session: TreatmentSession, illness: Illness, now: datetime) -> None:
    """Everything is proved by the record; the nurse's last tick is left to the visitor."""
    moment = now - timedelta(minutes=3)
    values = illness.vitals_before() | {"moaas": 5, "spo2": 98}
    record_vital_reading(
        by=team.nurse, session=session, write_key=None, values=values, clock=at(moment)
    )
    for code in nurse_checks(session)[:-1]:
        confirm_check(
            by=team.nurse, session=session, code=code, is_met=True, write_key=None, clock=at(moment)
        )


def _cry_for_help(team: Team, now: datetime, rng: random.Random) -> None:
    """Afterwards one High alert of PHQ-9's last item is open, and older ones were answered."""
    cries = Alert.objects.open().filter(clinic=team.clinic, check_in__isnull=False)
    old = cries.filter(raised_at__lte=now - STAYS_OPEN).order_by("raised_at", "code")
    with transaction.atomic():
        cases.answer_cries(team, rng, old)
    if cries.filter(level="high").exists():
        return
    kept = [f"DEMO-{SPECS[0].first_number + index}" for index in cases.KEPT]
    patients = Patient.objects.filter(clinic=team.clinic, number__startswith="DEMO-")
    patient = patients.exclude(number__in=kept).order_by("number").last() or _patient(HISTORY)
    items = dict.fromkeys((item.code for item in REGISTRY["phq9"].items), 2)
    enter_check_in(
        by=team.nurse,
        patient=patient,
        write_key=None,
        answers={"phq9": items},
        clock=at(now - timedelta(minutes=23)),
    )


def _book(team: Team, now: datetime, rng: random.Random) -> None:
    """Afterwards appointments stand today or later, in working hours of the clinic, of patients
    who sit in no chair.
    """
    zone = ZoneInfo(team.clinic.time_zone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(0), zone)
    if Appointment.objects.filter(clinic=team.clinic, starts_at__gte=midnight).exists():
        return
    numbers = [f"DEMO-{SPECS[0].first_number + index}" for index in range(4, 20)]
    sitting = TreatmentSession.objects.open().filter(clinic=team.clinic)
    free = Patient.objects.filter(number__in=numbers).exclude(sessions__in=sitting)
    patients = list(free.order_by("number")[:BOOKED])
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
