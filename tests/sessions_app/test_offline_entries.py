"""What waited on a tablet: its times, its owner, its repeats, and the pages without a network."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sessions_app.access import log_in
from sessions_app.actions.readings import record_vital_reading
from sessions_app.models import (
    AuditEvent,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import PASSWORD

FRAGMENT = {"X-Afterglow-Fragment": "1"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def running(session: TreatmentSession) -> TreatmentSession:
    """Maya's session, opened half an hour ago by the real clock."""
    session.opened_at = timezone.now() - timedelta(minutes=30)
    session.dose_started_at = timezone.now() - timedelta(minutes=25)
    session.save()
    return session


def page_fields(at: datetime, **more: Any) -> dict[str, Any]:
    """What the outbox sends for a reading that was typed at `at`."""
    return {
        "write_key": str(uuid4()),
        "systolic": "132",
        "diastolic": "84",
        "taken_at": at.isoformat(),
        "client_clock": (at + timedelta(minutes=7)).isoformat(),
        **more,
    }


def send(client: Client, session: TreatmentSession, fields: dict[str, Any], **headers: str) -> Any:
    url = reverse("care:reading_add", args=[session.pk])
    return client.post(url, fields, headers={**FRAGMENT, **headers})


def test_an_entry_keeps_when_it_was_typed_and_what_the_device_clock_showed(
    as_nia: Client, running: TreatmentSession
) -> None:
    at = timezone.now() - timedelta(minutes=12)
    assert send(as_nia, running, page_fields(at)).status_code == 200
    reading = VitalReading.objects.get()
    assert reading.taken_at == at
    assert reading.client_clock == at + timedelta(minutes=7)
    assert reading.recorded_at > at + timedelta(minutes=11)
    assert not reading.is_time_corrected
    assert not reading.is_late_entry


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_time_in_the_future_becomes_the_time_of_receipt_and_says_so(
    as_nia: Client, running: TreatmentSession, door: str
) -> None:
    ahead = timezone.now() + timedelta(minutes=10)
    if door == "page":
        answer = send(as_nia, running, page_fields(ahead))
    else:
        body = {
            "write_key": str(uuid4()),
            "spo2": 97,
            "taken_at": ahead.isoformat(),
            "client_clock": ahead.isoformat(),
        }
        url = f"/api/v1/sessions/{running.pk}/readings/"
        answer = as_nia.post(url, body, content_type="application/json")
    assert answer.status_code in (200, 201)
    reading = VitalReading.objects.get()
    assert reading.is_time_corrected
    assert reading.taken_at == reading.recorded_at < ahead
    assert reading.client_clock is not None
    if door == "api":
        assert answer.json()["is_time_corrected"] is True
    for name in ("care:session_table", "care:session_print"):
        page = as_nia.get(reverse(name, args=[running.pk])).content.decode()
        assert "the time given was in the future: time of receipt" in page


def test_two_clocks_that_are_right_differ_by_seconds_without_a_flag(
    nia: Staff, running: TreatmentSession
) -> None:
    now = timezone.now()
    kept = [
        record_vital_reading(
            by=nia,
            session=running,
            write_key=None,
            values={"spo2": 97},
            taken_at=now + timedelta(seconds=ahead),
            clock=lambda: now,
        )
        for ahead in (5, 6)
    ]
    assert [row.is_time_corrected for row in kept] == [False, True]
    assert [row.taken_at for row in kept] == [now, now]


@pytest.mark.parametrize("clock", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-03-02T10:00:00"])
def test_a_device_clock_that_cannot_be_read_refuses_nothing(
    as_nia: Client, running: TreatmentSession, clock: str
) -> None:
    fields = page_fields(timezone.now(), client_clock=clock)
    assert send(as_nia, running, fields).status_code == 200
    assert VitalReading.objects.get().client_clock is None


def test_the_same_key_again_is_one_row_and_another_body_is_refused(
    as_nia: Client, running: TreatmentSession
) -> None:
    fields = page_fields(timezone.now() - timedelta(minutes=3))
    answers = [send(as_nia, running, fields) for _each in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert VitalReading.objects.count() == 1
    other = send(as_nia, running, {**fields, "systolic": "133"})
    assert other.status_code == 409
    assert "132/84" in other.content.decode()
    assert VitalReading.objects.count() == 1


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_tablet_that_was_away_at_the_sign_off_brings_a_late_entry(
    as_nia: Client, nia: Staff, running: TreatmentSession, door: str
) -> None:
    signed_at = timezone.now() - timedelta(minutes=5)
    SignOff.objects.create(
        clinic=running.clinic, session=running, signed_by=nia, signed_at=signed_at
    )

    def brought(at: datetime) -> int:
        if door == "page":
            return int(send(as_nia, running, page_fields(at)).status_code)
        body = {"write_key": str(uuid4()), "spo2": 97, "taken_at": at.isoformat()}
        url = f"/api/v1/sessions/{running.pk}/readings/"
        return int(as_nia.post(url, body, content_type="application/json").status_code)

    assert brought(signed_at - timedelta(minutes=1)) in (200, 201)
    assert VitalReading.objects.get().is_late_entry
    assert brought(signed_at + timedelta(minutes=1)) == 422
    assert VitalReading.objects.count() == 1


def test_an_entry_goes_out_under_the_log_in_of_who_typed_it_only(
    client: Client, nia: Staff, tom: Staff, running: TreatmentSession
) -> None:
    fields = page_fields(timezone.now())
    owner = {"X-Afterglow-Owner": str(nia.pk)}
    assert send(client, running, fields, **owner).status_code == 401
    client.force_login(tom)
    assert send(client, running, fields, **owner).status_code == 401
    assert not VitalReading.objects.exists()
    client.force_login(nia)
    assert send(client, running, fields, **owner).status_code == 200
    assert VitalReading.objects.get().recorded_by == nia


def test_a_stale_form_is_told_apart_from_what_one_may_not_do(
    nia: Staff, remy: Staff, running: TreatmentSession
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(nia)
    stale = send(strict, running, page_fields(timezone.now()))
    assert (stale.status_code, stale.headers["X-Afterglow-Refused"]) == (403, "csrf")
    strict.get(reverse("care:offline_snapshot"))
    token = strict.cookies["csrftoken"]
    assert not token["httponly"]
    sent = send(strict, running, page_fields(timezone.now()), **{"X-CSRFToken": token.value})
    assert sent.status_code == 200
    refused = Client()
    refused.force_login(remy)
    answer = send(refused, running, page_fields(timezone.now()))
    assert answer.status_code == 403
    assert "X-Afterglow-Refused" not in answer.headers


def test_the_snapshot_names_the_running_chairs_and_leaves_no_audit_line(
    as_nia: Client, nia: Staff, running: TreatmentSession
) -> None:
    before = AuditEvent.objects.count()
    found = as_nia.get(reverse("care:offline_snapshot")).json()
    assert AuditEvent.objects.count() == before
    assert found["owner"] == str(nia.pk)
    assert abs(datetime.fromisoformat(found["now"]) - timezone.now()) < timedelta(minutes=1)
    assert found["idle_ms"] == 15 * 60_000
    ends = datetime.fromisoformat(found["ends"]) - timezone.now()
    assert abs(ends - timedelta(hours=12)) < timedelta(minutes=1)
    (chair,) = found["chairs"]
    assert chair["session"] == str(running.pk)
    assert (chair["initials"], chair["number"]) == ("M.V.", running.patient.number)
    assert chair["readingUrl"] == reverse("care:reading_add", args=[running.pk])
    assert "Vale" not in str(found)
    SignOff.objects.create(
        clinic=running.clinic, session=running, signed_by=nia, signed_at=timezone.now()
    )
    assert as_nia.get(reverse("care:offline_snapshot")).json()["chairs"] == []


def test_the_snapshot_shows_nothing_of_another_clinic(
    client: Client, otto: Staff, running: TreatmentSession
) -> None:
    client.force_login(otto)
    assert client.get(reverse("care:offline_snapshot")).json()["chairs"] == []


def test_the_number_of_queries_does_not_depend_on_the_chairs(
    as_nia: Client, running: TreatmentSession, django_assert_max_num_queries: Any
) -> None:
    TreatmentSession.objects.bulk_create(
        TreatmentSession(
            **{
                field.attname: getattr(running, field.attname)
                for field in TreatmentSession._meta.concrete_fields
                if field.attname not in ("id", "sequence")
            }
        )
        for _each in range(40)
    )
    as_nia.get(reverse("care:offline_snapshot"))  # the log-in is marked once
    with django_assert_max_num_queries(4):
        found = as_nia.get(reverse("care:offline_snapshot")).json()
    assert len(found["chairs"]) == 41


def test_the_pad_and_the_worker_are_the_same_whoever_asks(
    client: Client, nia: Staff, running: TreatmentSession
) -> None:
    for name in ("care:pad", "care:worker"):
        nobodys = client.get(reverse(name))
        client.login(username=nia.username, password=PASSWORD)
        hers = client.get(reverse(name))
        client.logout()
        assert nobodys.status_code == 200
        assert nobodys.content == hers.content
        assert b"M.V." not in hers.content
        assert nia.full_name.encode() not in hers.content


def test_the_worker_serves_the_whole_site_and_keeps_the_pad_and_files_only(client: Client) -> None:
    answer = client.get(reverse("care:worker"))
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    first = answer.content.decode().splitlines()[0]
    assert first.startswith("self.KEPT = ")
    assert '"pad": "/pad/"' in first
    assert first.count("/static/") == 4


def test_a_side_effect_keeps_its_onset_too(as_nia: Client, running: TreatmentSession) -> None:
    at = timezone.now() - timedelta(minutes=40)
    fields = {
        "write_key": str(uuid4()),
        "code": "dizziness",
        "grade": "mild",
        "taken_at": at.isoformat(),
        "client_clock": at.isoformat(),
    }
    url = reverse("care:effect_add", args=[running.pk])
    assert as_nia.post(url, fields, headers=FRAGMENT).status_code == 200
    effect = SideEffect.objects.get()
    assert (effect.taken_at, effect.client_clock) == (at, at)
    assert effect.is_entered_late


def test_a_locked_tablet_sends_nothing_until_the_pin(
    as_nia: Client, nia: Staff, running: TreatmentSession
) -> None:
    fields = page_fields(timezone.now())
    owner = {"X-Afterglow-Owner": str(nia.pk)}
    kept = as_nia.session
    log_in.lock(kept)
    kept.save()
    assert send(as_nia, running, fields, **owner).status_code == 401
    assert as_nia.get(reverse("care:offline_snapshot"), headers=FRAGMENT).status_code == 401
    assert not VitalReading.objects.exists()
    kept[log_in.LOCKED] = False
    kept.save()
    assert send(as_nia, running, fields, **owner).status_code == 200
