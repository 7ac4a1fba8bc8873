"""Reminders when two runners go at once, and when one is killed in the middle."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import close_old_connections, connection

from sessions_app import audit
from sessions_app.actions import reminders
from sessions_app.alerting import sending
from sessions_app.models import Alert, AuditEvent, CheckInRequest, Message, Patient, Staff
from tests.conftest import make_course, make_patient, make_session
from tests.sessions_app.calling_people import Gateway, gateway
from tests.sessions_app.check_in_people import after, make_help_lines, planned

__all__ = ["gateway"]  # the fixture
RUNNERS = 4
NOW = after(25)


@pytest.fixture
def asked(nia: Staff) -> list[CheckInRequest]:
    """Three patients of Northside, each with a check-in that is due."""
    make_help_lines(nia.clinic)
    found = []
    for number in range(3):
        patient = make_patient(nia.clinic, f"N-{number}", "Ada", f"Moor{number}")
        request = planned(make_session(make_course(patient), nia), nia, "24h")
        found.append(request)
    Patient.objects.update(reminder_channel="sms")
    return found


def at_once(job: object) -> None:
    """The same job in several threads, begun together."""
    start = threading.Barrier(RUNNERS)
    faults: list[BaseException] = []

    def run() -> None:
        try:
            start.wait()
            job()  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(RUNNERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert faults == []


@pytest.mark.django_db(transaction=True)
def test_runners_at_once_plan_each_reminder_and_raise_each_alert_once(
    asked: list[CheckInRequest],
) -> None:
    at_once(lambda: reminders.plan_reminders(clock=lambda: NOW))
    assert Message.objects.filter(kind="reminder").count() == 3
    assert AuditEvent.objects.filter(tag="reminder:plan").count() == 3
    at_once(lambda: reminders.note_missed(clock=lambda: NOW))
    assert Alert.objects.filter(code="check_in_missed").count() == 3


@pytest.mark.django_db
def test_a_runner_that_is_killed_leaves_whole_reminders_and_the_next_one_goes_on(
    asked: list[CheckInRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reminder's row was written, its line was not: neither stands."""
    honest, lines = audit.record, iter(range(10))

    def killed(*args: object, **facts: object) -> object:
        if next(lines) == 1:
            raise KeyboardInterrupt
        return honest(*args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(audit, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        reminders.plan_reminders(clock=lambda: NOW)
    assert Message.objects.count() == 1
    monkeypatch.setattr(audit, "record", honest)
    assert reminders.plan_reminders(clock=lambda: NOW) == 2
    assert Message.objects.count() == 3


def run_at(moment: datetime) -> None:
    reminders.plan_reminders(clock=lambda: moment)
    sending.deliver_due(clock=lambda: moment)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 28, 17, tzinfo=UTC), datetime(2026, 10, 24, 16, tzinfo=UTC)]
)
def test_through_a_night_when_the_clocks_change_each_patient_is_reminded_once_after_nine(
    asked: list[CheckInRequest], gateway: Gateway, night: datetime
) -> None:
    """Due at 22:00 in Berlin; a runner every ten minutes until noon tells nobody before 9:00."""
    window = {
        "due_at": night + timedelta(hours=4),
        "opens_at": night,
        "closes_at": night + timedelta(hours=20),
    }
    CheckInRequest.objects.exclude(pk__in=[one.pk for one in asked]).update(cancelled_at=night)
    CheckInRequest.objects.filter(pk__in=[one.pk for one in asked]).update(**window)
    told: list[datetime] = []
    moment = night
    while moment < night + timedelta(hours=19):
        before = len(gateway.calls)
        run_at(moment)
        told += [moment] * (len(gateway.calls) - before)
        moment += timedelta(minutes=10)
    assert sorted(key for key, _address, _text in gateway.calls) == sorted(
        f"reminder:{one.pk}" for one in asked
    )
    berlin = ZoneInfo("Europe/Berlin")
    assert {at.astimezone(berlin).strftime("%H:%M") for at in told} == {"09:00"}
