"""Named people, and the rows that most tests stand on. All of them are invented.

Nia is a nurse, Dr Patel a physician, Lena the lead and Remy the researcher of Northside;
Maya is a patient there. Otto is a nurse at Elsewhere and must see nothing of Northside.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import settings as hypothesis_settings

from sessions_app import triggers
from sessions_app.models import (
    Chair,
    Clinic,
    DoseEvent,
    Patient,
    Prescription,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.roles import Role
from sessions_app.rules import limits, protocols

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"
PIN = "4711"

# Examples are never timed: the machine has other work.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--second-engine",
        action="store_true",
        help="leave out what the first engine has shown for both: see the marker any_engine",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --second-engine, keep what can differ: tests on the database, and most promises."""
    if not config.getoption("--second-engine"):
        return
    left_out = [item for item in items if not _asks_for_the_database(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _asks_for_the_database(item)]


def _asks_for_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("any_engine") is not None:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return (
        "promises" in item.path.parts
        or item.get_closest_marker("django_db") is not None
        or not fixtures.isdisjoint({"db", "transactional_db", "django_db_setup"})
    )


@pytest.fixture(scope="session", autouse=True)
def _flush_without_triggers() -> Iterator[None]:
    """A test that commits is cleaned by a flush, which the append-only triggers would refuse.

    For the whole run: `live_server` flushes after the fixtures of its test are gone.
    """
    fixture_teardown = TransactionTestCase._fixture_teardown

    def lifted(case: TransactionTestCase) -> None:
        triggers.remove()
        fixture_teardown(case)
        triggers.install()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
        yield


def make_staff(clinic: Clinic, username: str, full_name: str, role: Role) -> Staff:
    person = Staff(
        clinic=clinic,
        username=username,
        full_name=full_name,
        initials="".join(part[0] for part in full_name.split()[-2:]),
        role=role,
    )
    person.set_password(PASSWORD)
    person.set_pin(PIN)
    person.save()
    return person


def make_clinic(name: str, time_zone: str = "Europe/Berlin") -> Clinic:
    return Clinic.objects.create(name=name, time_zone=time_zone)


def make_patient(clinic: Clinic, number: str, given_name: str, family_name: str) -> Patient:
    return Patient.objects.create(
        clinic=clinic,
        number=number,
        given_name=given_name,
        family_name=family_name,
        birth_date=date(1979, 3, 14),
        phone="+49 30 0000042",
        time_zone=clinic.time_zone,
        allergies="none known",
        escort_name="Rui Vale",
    )


def make_course(patient: Patient, indication: str = "depression") -> TreatmentCourse:
    return TreatmentCourse.objects.create(
        clinic=patient.clinic,
        patient=patient,
        indication=indication,
        started_on=date(2026, 2, 20),
        consent_signed_on=date(2026, 2, 20),
        consent_valid_until=date(2027, 2, 20),
    )


def make_prescription(course: TreatmentCourse, by: Staff, **changes: Any) -> Prescription:
    order = {
        "drug": "ketamine",
        "route": "iv",
        "mg_per_kg": Decimal("0.5"),
        "infusion_minutes": 40,
        "vial_mg_per_ml": Decimal("10"),
        "bag_volume_ml": Decimal("50"),
        "valid_from": date(2026, 2, 20),
        "valid_until": date(2027, 2, 20),
        "prescribed_by": by,
        "prescribed_at": START - timedelta(days=10),
    }
    return Prescription.objects.create(clinic=course.clinic, course=course, **order | changes)


def make_session(
    course: TreatmentCourse, by: Staff, start: datetime = START, **changes: Any
) -> TreatmentSession:
    """An IV infusion of 36 mg in 50 mL, running at 75 mL/hour since `start`."""
    facts = {
        "drug": "ketamine",
        "route": "iv",
        "weight_kg": Decimal("72.4"),
        "planned_mg": Decimal("36"),
        "infusion_minutes": 40,
        "bag_mg": Decimal("36"),
        "bag_volume_ml": Decimal("50"),
        "limits_version": limits.LIMITS_VERSION,
        "protocol_version": protocols.PROTOCOL_VERSION,
        "opened_at": start - timedelta(minutes=5),
        "opened_by": by,
        "dose_started_at": start,
    }
    session = TreatmentSession.objects.create(
        clinic=course.clinic, course=course, patient=course.patient, **facts | changes
    )
    if session.origin == "live" and session.route == "iv":
        DoseEvent.objects.create(
            clinic=course.clinic,
            session=session,
            kind="start",
            rate_ml_per_hour=Decimal("75"),
            taken_at=start,
            recorded_at=start,
            recorded_by=by,
        )
    return session


@pytest.fixture
def northside(db: None) -> Clinic:
    return make_clinic("Northside")


@pytest.fixture
def elsewhere(db: None) -> Clinic:
    return make_clinic("Elsewhere", "America/New_York")


@pytest.fixture
def nia(northside: Clinic) -> Staff:
    return make_staff(northside, "nia", "Nia Adeyemi", Role.NURSE)


@pytest.fixture
def tom(northside: Clinic) -> Staff:
    """A second nurse, who checks the dose."""
    return make_staff(northside, "tom", "Tom Oduya", Role.NURSE)


@pytest.fixture
def dr_patel(northside: Clinic) -> Staff:
    return make_staff(northside, "patel", "Dr Asha Patel", Role.PHYSICIAN)


@pytest.fixture
def lena(northside: Clinic) -> Staff:
    return make_staff(northside, "lena", "Lena Brandt", Role.LEAD)


@pytest.fixture
def remy(northside: Clinic) -> Staff:
    return make_staff(northside, "remy", "Remy Laurent", Role.RESEARCHER)


@pytest.fixture
def otto(elsewhere: Clinic) -> Staff:
    """Otto must see none of it."""
    return make_staff(elsewhere, "otto", "Otto Stranger", Role.NURSE)


@pytest.fixture
def chair(northside: Clinic) -> Chair:
    return Chair.objects.create(clinic=northside, name="1", position=1)


@pytest.fixture
def maya(northside: Clinic) -> Patient:
    return make_patient(northside, "N-1043", "Maya", "Vale")


@pytest.fixture
def course(maya: Patient) -> TreatmentCourse:
    return make_course(maya)


@pytest.fixture
def prescription(course: TreatmentCourse, dr_patel: Staff) -> Prescription:
    return make_prescription(course, dr_patel)


@pytest.fixture
def session(
    course: TreatmentCourse, prescription: Prescription, chair: Chair, nia: Staff
) -> TreatmentSession:
    return make_session(course, nia, prescription=prescription, chair=chair)


@pytest.fixture
def at_chair(time_machine: Any) -> Any:
    """Fifteen minutes after the dose started."""
    time_machine.move_to(START + timedelta(minutes=15), tick=False)
    return time_machine


@pytest.fixture
def calm() -> dict[str, Any]:
    """A reading that calls nobody."""
    return {
        "write_key": str(uuid4()),
        "systolic": 128,
        "diastolic": 82,
        "heart_rate": 74,
        "spo2": 98,
        "respiratory_rate": 14,
    }


@pytest.fixture
def few_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interval holds is tested elsewhere; here it is enough that there is one."""
    monkeypatch.setattr("reports.dashboards.outcome_numbers.REPLICATES", 5)
    monkeypatch.setattr("reports.dashboards.outcome_numbers.REPLICATES_AHEAD", 7)


@pytest.fixture
def as_lena(client: Client, lena: Staff) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def as_patel(client: Client, dr_patel: Staff) -> Client:
    client.force_login(dr_patel)
    return client


@pytest.fixture
def as_remy(client: Client, remy: Staff) -> Client:
    client.force_login(remy)
    return client


@pytest.fixture
def as_nia(client: Client, nia: Staff) -> Client:
    client.force_login(nia)
    return client


def is_postgres() -> bool:
    return connection.vendor == "postgresql"
