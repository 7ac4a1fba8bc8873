"""One deed, two doors: every rule of a vital reading is tried at the page and at the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from sessions_app import audit
from sessions_app.models import (
    Alert,
    AuditEvent,
    RecordVersion,
    SignOff,
    Staff,
    TreatmentSession,
    WriteReceipt,
)
from tests.conftest import START

Send = Callable[..., HttpResponse]
pytestmark = [
    pytest.mark.parametrize("door", ["/s/{}/readings/", "/api/v1/sessions/{}/readings/"]),
    pytest.mark.usefixtures("at_chair"),
]
SAVED = (201, 302)


@pytest.fixture
def send(
    client: Client, nia: Staff, session: TreatmentSession, calm: dict[str, Any], door: str
) -> Send:
    def post(by: Staff = nia, **changes: Any) -> HttpResponse:
        client.force_login(by)
        body = calm | changes
        if door.startswith("/api/"):
            return client.post(door.format(session.pk), body, content_type="application/json")
        form = {name: value for name, value in body.items() if value is not None}
        return client.post(door.format(session.pk), form)

    return post


def test_it_keeps_the_reading_and_says_who_and_when(
    send: Send, session: TreatmentSession, nia: Staff
) -> None:
    assert send().status_code in SAVED
    reading = session.readings.get()
    assert (reading.systolic, reading.recorded_by) == (128, nia)
    assert reading.taken_at == reading.recorded_at == START + timedelta(minutes=15)
    line = AuditEvent.objects.get()
    assert (line.tag, line.by, line.session_id) == ("vital:record", nia, session.pk)
    assert RecordVersion.objects.get(patient=session.patient).version == 1


@pytest.mark.parametrize(
    ("change", "called"),
    [
        ({"systolic": 159}, set()),
        ({"systolic": 160, "diastolic": 82}, {("medium", "systolic_high")}),
        ({"systolic": 180}, {("high", "systolic_high")}),
        ({"systolic": 240}, {("high", "systolic_high")}),
        ({"respiratory_rate": 0}, {("high", "respiratory_rate_low")}),
        ({"spo2": 89}, {("high", "spo2_low")}),
    ],
)
def test_a_dangerous_value_is_kept_and_calls_someone(
    send: Send, session: TreatmentSession, change: dict[str, int], called: set[tuple[str, str]]
) -> None:
    assert send(**change).status_code in SAVED
    reading = session.readings.get()
    assert {name: getattr(reading, name) for name in change} == change
    assert set(Alert.objects.values_list("level", "code")) == called


@pytest.mark.parametrize(
    ("change", "field", "limit", "typed"),
    [
        ({"systolic": 900}, "Systolic", "30–300", "900"),
        ({"spo2": 9}, "SpO₂", "30–100", "9"),
        ({"diastolic": 128}, "Diastolic", "128", "128"),
        ({"temperature_c": 98.6}, "Temperature", "25–45", "98.6"),
    ],
)
def test_a_slip_is_refused_with_the_field_the_limit_and_the_typed_value(
    send: Send,
    session: TreatmentSession,
    door: str,
    change: dict[str, Any],
    field: str,
    limit: str,
    typed: str,
) -> None:
    answer = send(**change)
    assert answer.status_code == 422
    if door.startswith("/api/"):
        error = answer.json()["errors"][0]
        said = f"{error['message']} {error['limit']} {error['value']}"
        assert (error["field"], error["value"]) == (next(iter(change)), typed)
        assert error["next"]
    else:
        said = answer.content.decode()
        assert f'value="{typed}"' in said, "what was typed stays in the field"
    assert field in said
    assert limit in said
    assert not session.readings.exists()
    assert not AuditEvent.objects.exists()
    assert not WriteReceipt.objects.exists(), "a refused write does not use up its key"


def test_an_empty_reading_is_refused(send: Send, session: TreatmentSession) -> None:
    blanks = dict.fromkeys(["systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate"])
    assert send(**blanks).status_code == 422
    assert not session.readings.exists()


def test_a_partial_reading_is_kept_with_its_blanks(send: Send, session: TreatmentSession) -> None:
    assert send(spo2=None, heart_rate=None, blank_reason="equipment").status_code in SAVED
    reading = session.readings.get()
    assert (reading.spo2, reading.heart_rate, reading.blank_reason) == (None, None, "equipment")


def test_the_same_key_and_body_is_one_reading_and_no_error(
    send: Send, session: TreatmentSession
) -> None:
    assert send().status_code == send().status_code
    assert session.readings.count() == 1
    assert AuditEvent.objects.filter(tag="vital:record").count() == 1


def test_the_same_key_with_another_body_says_what_was_saved(
    send: Send, session: TreatmentSession
) -> None:
    send()
    answer = send(systolic=131)
    assert answer.status_code == 409
    assert "128/82" in answer.content.decode()
    assert "10:15" in answer.content.decode()
    assert session.readings.count() == 1


def test_no_audit_line_means_no_reading(
    send: Send, session: TreatmentSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the audit table is full")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError):
        send(systolic=240)
    assert not session.readings.exists()
    assert not Alert.objects.exists()


@pytest.fixture
def signed(session: TreatmentSession, nia: Staff) -> SignOff:
    return SignOff.objects.create(
        clinic=session.clinic,
        session=session,
        signed_by=nia,
        signed_at=START + timedelta(minutes=12),
    )


def test_a_signed_session_takes_nothing_new(
    send: Send, session: TreatmentSession, signed: SignOff
) -> None:
    answer = send()
    assert answer.status_code == 422
    assert "amendment" in answer.content.decode()
    assert not session.readings.exists()


def test_a_reading_taken_before_the_sign_off_is_kept_as_a_late_entry(
    send: Send, session: TreatmentSession, signed: SignOff, door: str
) -> None:
    at = (START + timedelta(minutes=10)).isoformat() if door.startswith("/api/") else "10:10"
    assert send(taken_at=at).status_code in SAVED
    reading = session.readings.get()
    assert reading.is_late_entry
    assert reading.taken_at == START + timedelta(minutes=10)


def test_a_time_in_the_future_becomes_now(send: Send, session: TreatmentSession, door: str) -> None:
    at = (START + timedelta(hours=3)).isoformat() if door.startswith("/api/") else "12:00"
    assert send(taken_at=at).status_code in SAVED
    assert session.readings.get().taken_at == START + timedelta(minutes=15)


@pytest.mark.usefixtures("session")
def test_another_clinic_sees_a_missing_session(send: Send, otto: Staff, door: str) -> None:
    foreign = send(by=otto)
    missing = Client()
    missing.force_login(otto)
    content_type = "application/json" if door.startswith("/api/") else None
    kwargs = {"content_type": content_type} if content_type else {}
    nowhere = missing.post(door.format(uuid4()), {}, **kwargs)
    assert foreign.status_code == nowhere.status_code == 404
    assert foreign.content == nowhere.content


def test_a_researcher_may_not_record(send: Send, remy: Staff, session: TreatmentSession) -> None:
    assert send(by=remy).status_code == 403
    assert not session.readings.exists()
