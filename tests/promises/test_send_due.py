"""Reminders at most once and calls about alerts at least once: with runners that run at the same
time, and killed at every point between deciding, claiming, sending and writing down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Lock
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sessions_app import jobs
from sessions_app.actions import escalations, messages
from sessions_app.alerting import sending
from sessions_app.alerting.message_state import state_of
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckInRequest,
    Clinic,
    Delivery,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.conftest import START, is_postgres
from tests.sessions_app.calling_people import Gateway, gateway, high_alert, on_call, reachable
from tests.sessions_app.check_in_people import after, make_help_lines, planned

__all__ = ["gateway"]  # the fixture
DUE = after(24)  # ten in the morning at the clinic
RIVALS = 8


class Killed(BaseException):
    """The process ended here. No `except Exception` may catch it."""


@pytest.fixture
def waiting(
    northside: Clinic,
    maya: Patient,
    session: TreatmentSession,
    nia: Staff,
    dr_patel: Staff,
    lena: Staff,
) -> CheckInRequest:
    """Maya's check-in is due at ten and she wants a text message."""
    northside.refresh_from_db()
    make_help_lines(northside)
    reachable(northside, nia, dr_patel, lena)
    on_call(dr_patel, START, hours=24 * 60)
    maya.reminder_channel = "sms"
    maya.save()
    return planned(session, nia, "24h")


@pytest.fixture
def raised(waiting: CheckInRequest, maya: Patient) -> Alert:
    return high_alert(maya, DUE)


def run(at: datetime) -> None:
    assert jobs.run_all(clock=lambda: at) == []


def calls_expected(alert: Alert) -> set[str]:
    """The keys of every call of the first 20 minutes: desk and Dr Patel twice, then two more."""
    staff = {person.username: person.pk for person in Staff.objects.all()}
    who = {
        "first": ["desk", staff["patel"]],
        "repeat": ["desk", staff["patel"]],
        "on_call": [staff["patel"]],
        "lead": [staff["lena"]],
    }
    return {f"alert:{alert.pk}:0:{step}:{to}" for step, all_to in who.items() for to in all_to}


def counted(gateway: Gateway, kind: str) -> Counter[str]:
    return Counter({key: n for key, n in gateway.taken.items() if key.startswith(kind)})


# --- two runners at once


@pytest.mark.django_db(transaction=True)
def test_eight_runners_at_once_send_one_reminder_and_each_call_once(
    waiting: CheckInRequest, raised: Alert, gateway: Gateway
) -> None:
    together, lock = Barrier(RIVALS), Lock()
    send = gateway.send

    def one_at_a_time(*args: Any, **more: Any) -> str:
        with lock:
            return send(*args, **more)

    gateway.send = one_at_a_time  # type: ignore[method-assign]

    def runner(_: int) -> list[str]:
        try:
            together.wait(timeout=120)
            return jobs.run_all(clock=lambda: DUE + timedelta(minutes=21))
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        assert list(pool.map(runner, range(RIVALS))) == [[]] * RIVALS
    assert counted(gateway, "alert:") == Counter(calls_expected(raised))
    assert counted(gateway, "reminder:") == Counter([f"reminder:{waiting.pk}"])
    assert Delivery.objects.filter(kind="started").count() == len(gateway.calls) == 7
    lines = AuditEvent.objects.filter(tag="alert:page", row=f"alert:{raised.pk}")
    assert sorted(line.reason for line in lines) == ["first 0", "lead 0", "on_call 0", "repeat 0"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not is_postgres(), reason="SQLite has one writer: nobody reads in between")
def test_of_two_claims_that_both_saw_none_before_them_one_holds(
    waiting: CheckInRequest, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.plan_reminders(clock=lambda: DUE)
    message, both_have_read = Message.objects.get(), Barrier(2)

    def wait(*_: Any) -> str:
        both_have_read.wait(timeout=120)
        return ""

    monkeypatch.setattr(messages, "_hold", wait)

    def claim(_: int) -> bool:
        try:
            return messages.start_try(message=message, clock=lambda: DUE) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, range(2))) == [False, True]
    assert waiting.links.count() == 1, "who did not hold it made no link"


# --- killed at every point


def dies(when: str) -> Callable[..., Any]:
    """A function in whose place the process ends: before it did anything, or after all of it."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **more: Any) -> Any:
            if when == "after":
                original(*args, **more)
            raise Killed

        return dying

    return wrap


POINTS: list[Any] = [
    pytest.param(escalations, "_plan", "before", id="before a step is planned"),
    pytest.param(escalations, "_message", "after", id="in the middle of a step"),
    pytest.param(escalations, "_plan", "after", id="after a step was planned"),
    pytest.param(sending, "start_try", "before", id="before the claim"),
    pytest.param(messages, "_write", "after", id="inside the claim"),
    pytest.param(sending, "start_try", "after", id="after the claim"),
    pytest.param(sending, "words_of", "before", id="before the words"),
    pytest.param(sending, "end_try", "before", id="sent and not written down"),
    pytest.param(sending, "end_try", "after", id="written down"),
    pytest.param(Gateway, "send", "before", id="before it leaves"),
    pytest.param(Gateway, "send", "after", id="the gateway took it and nobody heard"),
]


@pytest.fixture
def killed_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, str], Callable[..., None]]:
    """Runs the jobs with a kill at a point, then puts the point right again."""

    def arm(owner: Any, name: str, when: str) -> Callable[..., None]:
        def go(at: datetime) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, dies(when)(getattr(owner, name)))
                with pytest.raises(Killed):
                    jobs.run_all(clock=lambda: at)

        return go

    return arm


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("owner", "name", "when"), POINTS)
def test_killed_anywhere_no_call_is_missing_and_each_reached_the_gateway_under_its_own_key(
    raised: Alert, gateway: Gateway, killed_once: Any, owner: Any, name: str, when: str
) -> None:
    kill = killed_once(owner, name, when)
    kill(DUE)
    for minute in range(26):
        run(DUE + timedelta(minutes=minute))
    taken = counted(gateway, "alert:")
    assert set(taken) == calls_expected(raised)
    # One may have been handed over twice, under one key: the gateway passes on the first only.
    assert sum(taken.values()) <= len(taken) + 1
    for message in Message.objects.filter(alert=raised):
        sent = message.deliveries.filter(kind="sent").count()
        assert sent == 1, "every call is known to have gone out in the end"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("owner", "name", "when"), POINTS[3:])
def test_killed_anywhere_a_reminder_leaves_once_or_is_shown_as_unknown(
    waiting: CheckInRequest, gateway: Gateway, killed_once: Any, owner: Any, name: str, when: str
) -> None:
    killed_once(owner, name, when)(DUE)
    for minute in range(30):
        run(DUE + timedelta(minutes=minute))
    key = f"reminder:{waiting.pk}"
    message = Message.objects.get(key=key)
    reached = gateway.taken[key]
    unknown = state_of(message, DUE + timedelta(minutes=30)) == "unknown"
    assert reached <= 1
    assert Message.objects.filter(request=waiting).count() == 1
    assert reached == 1 or unknown, "not sent, and everybody sees that nobody knows"
    assert unknown is not message.deliveries.filter(kind="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_was_rolled_back_leaves_no_link_and_no_line(
    waiting: CheckInRequest, gateway: Gateway, killed_once: Any
) -> None:
    from sessions_app import audit

    killed_once(audit, "record", "before")(DUE)
    assert not Delivery.objects.exists()
    assert not waiting.links.exists()
    assert not Message.objects.exists()


# --- the job and its command


def test_a_fault_in_one_job_keeps_no_other_from_running(
    raised: Alert, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*, clock: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr(jobs, "JOBS", (broken, *jobs.JOBS))
    assert jobs.run_all(clock=lambda: DUE) == ["broken"]
    assert len(counted(gateway, "alert:")) == 2


def test_the_jobs_plan_before_they_send() -> None:
    names = [job.__name__ for job in jobs.JOBS]  # type: ignore[attr-defined]
    assert names[0] == "plan_escalations", "a cry for help waits for nothing"
    assert names[-1] == "deliver_due"
    assert {"plan_reminders", "note_missed"} <= set(names)


def test_the_command_runs_once_and_says_what_it_did(
    raised: Alert, gateway: Gateway, time_machine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    time_machine.move_to(DUE, tick=False)
    call_command("send_due")
    out = capsys.readouterr().out
    assert "plan_escalations: 2" in out
    assert "deliver_due: 3" in out
    call_command("send_due")
    assert capsys.readouterr().out == "", "nothing new, nothing said"


def test_the_command_ends_with_a_fault_when_a_job_did(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*, clock: Any) -> int:
        raise RuntimeError

    monkeypatch.setattr(jobs, "JOBS", (broken,))
    with pytest.raises(CommandError, match="broken"):
        call_command("send_due")


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_the_loop_takes_a_sensible_pause_only(seconds: int) -> None:
    with pytest.raises(CommandError, match="from 1 to 3600"):
        call_command("send_due", loop=seconds)


@pytest.fixture(autouse=True)
def _quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Faults of these tests are wanted; none of them may name a person or an address."""
    yield
    for secret in ("Maya", "Vale", "+49", "/c/"):
        assert secret not in caplog.text
