"""The same write sent twice, or by sixteen at once, is one row, one audit line, one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from sessions_app import audit
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.answers import answer_item
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.readings import record_vital_reading
from sessions_app.errors import AlreadySaved
from sessions_app.models import (
    AlertEvent,
    AuditEvent,
    Chair,
    CheckInRequest,
    DoseEvent,
    ItemAnswer,
    Patient,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
    VitalReading,
    WriteReceipt,
)
from sessions_app.roles import Role
from tests.conftest import PIN, make_course, make_patient, make_prescription, make_staff
from tests.sessions_app.start_people import gate_body

RIVALS = 16
pytestmark = pytest.mark.django_db(transaction=True)


class Write(NamedTuple):
    """One kind of write: `send(change)` sends it once more and returns status and body."""

    model: type[Any]
    tag: audit.Tag
    send: Callable[[bool], tuple[int, bytes]]
    status: int


def through_api(nia: Staff, path: str, body: dict[str, Any], change: dict[str, Any]) -> Any:
    key = str(uuid4())

    def send(is_changed: bool) -> tuple[int, bytes]:
        client = Client()
        client.force_login(nia)
        sent = {**body, **(change if is_changed else {}), "write_key": key}
        answer = client.post(f"/api/v1/{path}", sent, content_type="application/json")
        return answer.status_code, answer.content

    return send


def reading(nia: Staff, session: TreatmentSession) -> Write:
    path = f"sessions/{session.pk}/readings/"
    send = through_api(nia, path, {"systolic": 182, "spo2": 97}, {"systolic": 128})
    return Write(VitalReading, audit.Tag.VITAL_RECORD, send, 201)


def dose(nia: Staff, session: TreatmentSession) -> Write:
    path = f"sessions/{session.pk}/dose-events/"
    changed = {"kind": "pause"}
    send = through_api(nia, path, {"kind": "stop", "reason": "nausea"}, changed)
    return Write(DoseEvent, audit.Tag.DOSE_RECORD, send, 201)


def effect(nia: Staff, session: TreatmentSession) -> Write:
    path = f"sessions/{session.pk}/effects/"
    send = through_api(nia, path, {"code": "nausea", "grade": "mild"}, {"grade": "severe"})
    return Write(SideEffect, audit.Tag.EFFECT_RECORD, send, 201)


def alert(nia: Staff, session: TreatmentSession) -> Write:
    raised = raise_alert(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        level="high",
        code="spo2_low",
        at=timezone.now(),
        session=session,
    )
    send = through_api(nia, f"alerts/{raised.pk}/take/", {}, {})
    return Write(AlertEvent, audit.Tag.ALERT_TAKE, send, 201)


def answer(nia: Staff, session: TreatmentSession) -> Write:
    now, key = timezone.now(), uuid4()
    request = CheckInRequest.objects.create(
        clinic=session.clinic,
        patient=session.patient,
        session=session,
        slot="2h",
        due_at=now,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
        instruments=["mood_0_10"],
    )

    def send(is_changed: bool) -> tuple[int, bytes]:
        """The deed itself: the patient's page is its only other door."""
        try:
            row = answer_item(
                request=request,
                instrument="mood_0_10",
                item="q1",
                value=9 if is_changed else 3,
                language="en",
                write_key=key,
            )
        except AlreadySaved:
            return 409, b""
        return 201, str(row.pk).encode()

    return Write(ItemAnswer, audit.Tag.CHECK_IN_ANSWER, send, 201)


def correction(nia: Staff, session: TreatmentSession) -> Write:
    first = record_vital_reading(by=nia, session=session, write_key=None, values={"spo2": 79})
    body = {"spo2": 97, "reason": "the sensor slipped"}
    send = through_api(nia, f"readings/{first.pk}/corrections/", body, {"spo2": 98})
    return Write(VitalReading, audit.Tag.VITAL_RECORD, send, 201)


def patient(nia: Staff, session: TreatmentSession) -> Write:
    body = {"number": "N-9", "given_name": "Ines", "family_name": "Thorn"}
    body["birth_date"] = "1985-05-05"
    send = through_api(nia, "patients/", body, {"given_name": "Inez"})
    return Write(Patient, audit.Tag.PATIENT_CREATE, send, 201)


def start(nia: Staff, session: TreatmentSession) -> Write:
    second = make_staff(nia.clinic, "tom", "Tom Oduya", Role.NURSE)
    course = make_course(make_patient(nia.clinic, "N-7", "Rosa", "Lind"))
    chair = Chair.objects.create(clinic=nia.clinic, name="2", position=2)
    body = gate_body(make_prescription(course, nia), chair.pk, second)
    send = through_api(nia, "sessions/", body, {"weight_kg": "72.5"})
    return Write(TreatmentSession, audit.Tag.SESSION_OPEN, send, 201)


def signature(nia: Staff, session: TreatmentSession) -> Write:
    record_dose_event(by=nia, session=session, kind="stop", reason="fear", write_key=None)
    body = {
        "pin": PIN,
        "end": "left_against_advice",
        "reason": "wanted to go",
        "risks_explained": True,
    }
    send = through_api(nia, f"sessions/{session.pk}/sign-offs/", body, {"reason": "ran off"})
    return Write(SignOff, audit.Tag.SESSION_SIGN, send, 201)


WRITES = [reading, dose, effect, alert, answer, correction, patient, start, signature]


@pytest.fixture(params=WRITES, ids=lambda made: made.__name__)
def write(request: Any, nia: Staff, session: TreatmentSession) -> Iterator[Write]:
    # The start of the infusion lies in the fixture's past; what is counted is what is added.
    yield request.param(nia, session)


def counts(write: Write) -> tuple[int, int, int]:
    lines = AuditEvent.objects.filter(tag=write.tag.value).count()
    return write.model.objects.count(), lines, WriteReceipt.objects.count()


def test_sent_again_it_is_the_same_row_and_the_same_answer(write: Write) -> None:
    before = counts(write)
    first, again = write.send(False), write.send(False)
    assert first == again, "byte for byte"
    assert first[0] == write.status
    assert counts(write) == tuple(each + 1 for each in before)


def test_sixteen_at_once_are_one_row_one_line_and_one_answer(write: Write) -> None:
    before = counts(write)
    together = Barrier(RIVALS)

    def rival(_: int) -> tuple[int, bytes]:
        try:
            together.wait(timeout=120)
            return write.send(False)
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        answers = set(pool.map(rival, range(RIVALS)))
    assert len(answers) == 1, answers
    assert answers.pop()[0] == write.status
    assert counts(write) == tuple(each + 1 for each in before)


def test_another_body_under_the_same_key_is_refused_and_changes_nothing(write: Write) -> None:
    if write.model is AlertEvent:
        pytest.skip("taking an alert has no body but its key")
    write.send(False)
    before = counts(write)
    status, body = write.send(True)
    assert status == 409
    if body:
        assert b"already_saved" in body
    assert counts(write) == before


def test_another_person_with_the_same_key_is_refused(
    nia: Staff, tom: Staff, session: TreatmentSession
) -> None:
    body = {"write_key": str(uuid4()), "systolic": 128}
    answers = []
    for person in (nia, tom):
        client = Client()
        client.force_login(person)
        path = f"/api/v1/sessions/{session.pk}/readings/"
        answers.append(client.post(path, body, content_type="application/json").status_code)
    assert answers == [201, 409]
    assert session.readings.count() == 1


def test_a_refused_write_leaves_its_key_free(nia: Staff, session: TreatmentSession) -> None:
    client = Client()
    client.force_login(nia)
    path, key = f"/api/v1/sessions/{session.pk}/readings/", str(uuid4())
    slip = {"write_key": key, "systolic": 900}
    assert client.post(path, slip, content_type="application/json").status_code == 422
    right = {"write_key": key, "systolic": 128}
    assert client.post(path, right, content_type="application/json").status_code == 201
