"""What leaves the house and what becomes of it: reminders once, calls about alerts until sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sessions_app.actions.check_in_links import find_link
from sessions_app.actions.messages import start_try
from sessions_app.alerting.message_state import WAITS, next_try, state_of
from sessions_app.alerting.notifiers import NotSent, Refused, Unknown
from sessions_app.alerting.sending import FAULTS, deliver, deliver_due
from sessions_app.models import (
    CheckInRequest,
    Clinic,
    Delivery,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.sessions_app.calling_people import Gateway, gateway, high_alert
from tests.sessions_app.check_in_people import after, make_help_lines, planned

__all__ = ["gateway"]  # the fixture


@pytest.fixture
def request_24h(northside: Clinic, maya: Patient, session: TreatmentSession, nia: Staff) -> Any:
    northside.refresh_from_db()
    make_help_lines(northside)
    maya.reminder_channel = "sms"
    maya.save()
    return planned(session, nia, "24h")


def message_for(request: CheckInRequest, kind: str = "reminder", **more: Any) -> Message:
    facts = {
        "clinic_id": request.clinic_id,
        "kind": kind,
        "channel": "sms",
        "address": request.patient.phone,
        "key": f"{kind}:{request.pk}",
        "patient": request.patient,
        "request": request,
        "due_at": after(24),
        "planned_at": after(24),
    }
    return Message.objects.create(**facts | more)


@pytest.fixture
def reminder(request_24h: CheckInRequest) -> Message:
    return message_for(request_24h)


@pytest.fixture
def call(maya: Patient) -> Message:
    """A call about an alert."""
    return Message.objects.create(
        clinic_id=maya.clinic_id,
        kind="escalation",
        channel="sms",
        address="+49 30 0000002",
        key="alert:1:0:first:desk",
        alert=high_alert(maya, after(24)),
        step="first",
        due_at=after(24),
        planned_at=after(24),
    )


def at(minutes: float) -> Any:
    """The clock, so many minutes after both messages are due: ten in the morning."""
    return lambda: after(24) + timedelta(minutes=minutes)


def kinds(message: Message) -> list[tuple[int, str, str]]:
    rows = message.deliveries.order_by("at", "id")
    return [(row.attempt, row.kind, row.detail) for row in rows]


# --- one message


def test_a_message_is_claimed_before_it_leaves_and_then_sent(
    reminder: Message, gateway: Gateway
) -> None:
    gateway.when_called = lambda: kinds(reminder) == [(1, "started", "")] or pytest.fail("late")
    assert deliver(reminder, clock=at(0)).kind == "sent"
    assert kinds(reminder) == [(1, "started", ""), (1, "sent", "number-1")]
    assert gateway.calls[0][:2] == (reminder.key, reminder.address)


def test_the_link_in_a_message_opens_that_check_in_and_nothing_keeps_it(
    reminder: Message, request_24h: CheckInRequest, gateway: Gateway
) -> None:
    deliver(reminder, clock=at(0))
    token = gateway.calls[0][2].split("/c/")[1].split("/")[0]
    link = find_link(token, clock=at(1))
    assert link and link.request == request_24h
    for row in [*Delivery.objects.values(), *Message.objects.values()]:
        assert token not in str(row)


def test_a_second_delivery_of_a_sent_message_does_nothing(
    reminder: Message, gateway: Gateway
) -> None:
    deliver(reminder, clock=at(0))
    assert deliver(reminder, clock=at(5)).kind == "sent"
    assert len(gateway.calls) == 1


@pytest.mark.parametrize("minutes", [0, 1, 60, 24 * 60])
def test_a_reminder_whose_try_ended_unknown_is_never_sent_again(
    reminder: Message, gateway: Gateway, minutes: int
) -> None:
    gateway.faults = [Unknown()]
    assert deliver(reminder, clock=at(0)).kind == "started"
    deliver_due(clock=at(minutes))
    assert len(gateway.calls) == 1
    assert state_of(reminder, at(1)()) == "under_way"
    assert state_of(reminder, at(2)()) == "unknown", "and everybody can see it"


def test_a_call_whose_try_ended_unknown_is_sent_again_under_the_same_key(
    call: Message, gateway: Gateway
) -> None:
    gateway.faults = [Unknown(), Unknown()]
    for minute in range(12):
        deliver_due(clock=at(minute))
    assert [key for key, _to, _text in gateway.calls] == [call.key] * 3
    assert kinds(call) == [
        (1, "started", ""),
        (2, "started", ""),
        (3, "started", ""),
        (3, "sent", "number-3"),
    ]


def test_a_call_is_not_tried_again_while_a_try_may_still_end(
    call: Message, gateway: Gateway
) -> None:
    gateway.faults = [Unknown()]
    deliver_due(clock=at(0))
    deliver_due(clock=at(1.9))
    assert len(gateway.calls) == 1
    deliver_due(clock=at(2))
    assert len(gateway.calls) == 2


def test_tries_of_a_call_come_more_and_more_slowly_and_end_after_a_day(
    call: Message, gateway: Gateway
) -> None:
    gateway.faults = [Unknown()] * 1000
    times: list[float] = []
    while (coming := next_try(call)) is not None:
        assert deliver_due(clock=lambda when=coming[1]: when - timedelta(seconds=1)) == 0
        assert deliver_due(clock=lambda when=coming[1]: when) == 1
        times.append((coming[1] - call.due_at) / timedelta(minutes=1))
    assert times[:6] == [0, 2, 4, 9, 19, 34]
    assert times[6:] == list(range(49, 24 * 60 + 1, WAITS[-1] // timedelta(minutes=1)))
    assert deliver_due(clock=at(48 * 60)) == 0


@pytest.mark.parametrize("kind", ["reminder", "escalation"])
def test_what_the_gateway_refuses_is_failed_for_good(
    reminder: Message, call: Message, gateway: Gateway, kind: str
) -> None:
    message = reminder if kind == "reminder" else call
    gateway.faults = [Refused("http_422")]
    assert deliver(message, clock=at(0)).detail == "http_422"
    assert state_of(message, at(0)()) == "failed"
    assert next_try(message) is None


@pytest.mark.parametrize("kind", ["reminder", "escalation"])
def test_what_never_left_is_tried_again(
    reminder: Message, call: Message, gateway: Gateway, kind: str
) -> None:
    message = reminder if kind == "reminder" else call
    gateway.faults = [NotSent("no_connection")]
    assert deliver(message, clock=at(0)).detail == "no_connection"
    for minute in range(4):
        deliver_due(clock=at(minute))
    assert kinds(message)[-1][:2] == (2, "sent")


def test_a_reminder_that_cannot_leave_is_tried_five_times(
    reminder: Message, gateway: Gateway
) -> None:
    gateway.faults = [NotSent("no_connection")] * 100
    for minute in range(120):
        deliver_due(clock=at(minute))
    assert len(gateway.calls) == 5
    assert state_of(reminder, at(120)()) == "failed"


def test_a_fault_of_our_own_stops_no_other_message(
    reminder: Message, call: Message, gateway: Gateway
) -> None:
    gateway.faults = [ZeroDivisionError()]
    assert deliver_due(clock=at(0)) == 2
    assert state_of(reminder, at(0)()) == "sent"
    assert state_of(call, at(2)()) == "unknown"


def test_a_channel_that_does_not_answer_is_left_alone_for_the_rest_of_the_run(
    request_24h: CheckInRequest, gateway: Gateway
) -> None:
    for number in range(10):
        message_for(request_24h, key=f"reminder:{number}")
    gateway.faults = [NotSent("no_connection")] * 100
    assert deliver_due(clock=at(0)) == FAULTS


# --- calls come first, and what must not go out does not


def test_calls_about_alerts_leave_before_reminders(
    reminder: Message, call: Message, gateway: Gateway
) -> None:
    deliver_due(clock=at(0))
    assert [key for key, _to, _text in gateway.calls] == [call.key, reminder.key]


def test_a_call_that_waited_out_a_standstill_of_days_still_leaves_a_reminder_does_not(
    reminder: Message, call: Message, gateway: Gateway
) -> None:
    assert deliver_due(clock=at(3 * 24 * 60)) == 1
    assert [key for key, _to, _text in gateway.calls] == [call.key]


def test_nothing_leaves_before_it_is_due(call: Message, gateway: Gateway) -> None:
    assert deliver_due(clock=at(-1)) == 0
    assert not gateway.calls


def test_a_patient_who_stopped_reminders_a_moment_ago_gets_none(
    reminder: Message, maya: Patient, gateway: Gateway
) -> None:
    maya.reminders_stopped_at = at(0)()
    maya.save()
    assert deliver_due(clock=at(0)) == 0
    assert not gateway.calls
    assert kinds(reminder) == [(1, "failed", "stopped")]


def test_a_reminder_that_comes_late_waits_for_the_end_of_the_quiet_hours(
    request_24h: CheckInRequest, gateway: Gateway
) -> None:
    """Due at ten, the server came back at half past nine in the evening; quiet until nine."""
    third_day = request_24h.session.check_in_requests.get(slot="3d")
    reminder = message_for(third_day, due_at=third_day.due_at)
    evening = third_day.due_at + timedelta(hours=11.5)
    deliver_due(clock=lambda: evening)
    assert start_try(message=reminder, clock=lambda: evening) is None, "the claim asks again"
    assert not gateway.calls
    assert not kinds(reminder)
    deliver_due(clock=lambda: third_day.due_at + timedelta(hours=23))
    assert len(gateway.calls) == 1


def test_a_check_in_that_closed_meanwhile_is_not_sent(reminder: Message, gateway: Gateway) -> None:
    deliver_due(clock=at(24 * 60))
    assert not gateway.calls
    assert [row[1] for row in kinds(reminder)] == ["failed"]


def test_a_channel_that_is_not_set_up_is_said_so_and_tried_again(
    call: Message, settings: Any
) -> None:
    settings.NOTIFIERS = {"sms": "off", "email": "off"}
    assert deliver(call, clock=at(0)).detail == "channel_off"
    settings.NOTIFIERS = {"sms": "console", "email": "off"}
    for minute in range(3):
        deliver_due(clock=at(minute))
    assert state_of(call, at(3)()) == "sent"
