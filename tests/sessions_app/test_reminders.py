"""Reminders: once for each window, never at night, never after a stop; and what was missed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions import reminders
from sessions_app.actions.alerts import close_alert
from sessions_app.actions.intake import PATIENT_FIELDS, update_patient, version_of
from sessions_app.alerting.message_holds import hold
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInCall,
    CheckInRequest,
    Clinic,
    HelpLine,
    Message,
    Patient,
    Staff,
    TreatmentSession,
    new_key,
)
from sessions_app.rules.quiet_hours import first_allowed, is_quiet
from tests.conftest import START, make_course, make_patient, make_session
from tests.sessions_app.check_in_people import after, make_help_lines, planned

NIGHT = (time(21), time(9))


@pytest.fixture
def asked(session: TreatmentSession, nia: Staff, northside: Clinic) -> CheckInRequest:
    """Due 24 hours after a dose at 10:00 in Berlin, open from 4:00 to 22:00 the next day."""
    make_help_lines(northside)
    Patient.objects.update(reminder_channel="sms")
    return planned(session, nia, "24h")


def plan(at: datetime) -> int:
    return reminders.plan_reminders(clock=lambda: at)


def miss(at: datetime) -> int:
    return reminders.note_missed(clock=lambda: at)


def of(asked: CheckInRequest) -> Message | None:
    return Message.objects.filter(request=asked, kind="reminder").first()


def answer(asked: CheckInRequest, at: datetime) -> None:
    CheckIn.objects.create(
        clinic=asked.clinic, patient=asked.patient, request=asked, origin="link", started_at=at
    )


def test_a_reminder_is_planned_when_its_window_is_due_and_only_once(asked: CheckInRequest) -> None:
    plan(after(23.99))
    assert of(asked) is None
    for hours in (24, 24.1, 30):
        plan(after(hours))
    message = Message.objects.get(request=asked)
    assert message.due_at == after(24)
    assert (message.channel, message.address) == ("sms", asked.patient.phone)
    assert message.key == f"reminder:{asked.pk}"
    assert AuditEvent.objects.filter(tag="reminder:plan").count() == Message.objects.count()


def test_two_runners_plan_one_reminder(
    asked: CheckInRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has read the list before the first wrote."""
    plan(after(24))
    count = Message.objects.count()
    lines = AuditEvent.objects.count()
    assert reminders._plan(asked, after(24)) is False
    assert (Message.objects.count(), AuditEvent.objects.count()) == (count, lines)


@pytest.mark.parametrize(
    "why", ["answered", "cancelled", "stopped", "no channel", "no address", "untested", "over"]
)
def test_nobody_is_reminded_who_should_not_be(asked: CheckInRequest, why: str) -> None:
    if why == "answered":
        answer(asked, after(20))
    elif why == "cancelled":
        CheckInRequest.objects.update(cancelled_at=after(20))
    elif why == "stopped":
        Patient.objects.update(reminders_stopped_at=after(1))
    elif why == "no channel":
        Patient.objects.update(reminder_channel="none")
    elif why == "no address":
        Patient.objects.update(reminder_channel="email")
    elif why == "untested":
        HelpLine.objects.update(tested_at=None)
    plan(after(36) if why == "over" else after(24))
    assert of(asked) is None


def test_an_e_mail_goes_to_the_patients_e_mail(asked: CheckInRequest) -> None:
    Patient.objects.update(reminder_channel="email", email="maya@mail.example")
    plan(after(24))
    message = Message.objects.get(request=asked)
    assert (message.channel, message.address) == ("email", "maya@mail.example")


def test_at_night_a_reminder_waits_for_the_morning_of_the_patients_own_clock(
    asked: CheckInRequest,
) -> None:
    """Due at 10:00 in Berlin, which is 22:00 in Auckland; 9:00 there is 21:00 in Berlin."""
    Patient.objects.update(time_zone="Pacific/Auckland")
    plan(after(24))
    message = Message.objects.get(request=asked)
    assert message.due_at.astimezone(ZoneInfo("Pacific/Auckland")).strftime("%H:%M") == "09:00"
    assert message.due_at == after(35), "the window closes at 36 hours"


def test_no_reminder_when_the_window_closes_before_the_morning(asked: CheckInRequest) -> None:
    Patient.objects.update(time_zone="Pacific/Auckland")
    Clinic.objects.update(quiet_until=time(10))
    plan(after(24))
    assert of(asked) is None


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("20:59", False), ("21:00", True), ("00:00", True), ("08:59", True), ("09:00", False)],
)
def test_quiet_hours_go_over_midnight(local: str, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-03-02 {local}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert is_quiet(at, "Europe/Berlin", *NIGHT) is quiet
    allowed = first_allowed(at, "Europe/Berlin", *NIGHT)
    assert (allowed == at) is not quiet
    assert not is_quiet(allowed, "Europe/Berlin", *NIGHT)


def test_equal_times_are_no_quiet_hours() -> None:
    assert not is_quiet(START, "UTC", time(9), time(9))


@pytest.mark.parametrize(
    ("night", "hours"),
    [(datetime(2026, 3, 28, 22, tzinfo=UTC), 9), (datetime(2026, 10, 24, 22, tzinfo=UTC), 10)],
)
def test_the_morning_comes_by_the_wall_clock_when_the_clocks_change(
    night: datetime, hours: int
) -> None:
    """22:00 UTC is midnight before the change in both nights: 9:00 is 9 or 10 hours away less
    or more the hour."""
    allowed = first_allowed(night, "Europe/Berlin", *NIGHT)
    assert allowed.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "09:00"
    assert not is_quiet(allowed, "Europe/Berlin", *NIGHT)
    assert is_quiet(allowed - timedelta(seconds=1), "Europe/Berlin", *NIGHT)
    assert allowed - night == timedelta(hours=hours)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_or_never() -> None:
    never = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 1:30 in Berlin; 2:00 to 3:00 is left out
    allowed = first_allowed(never, "Europe/Berlin", time(23), time(2, 30))
    assert never < allowed <= never + timedelta(hours=1)
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 2:10 for the second time
    allowed = first_allowed(second, "Europe/Berlin", time(23), time(2, 30))
    assert allowed == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def sent_anyway(asked: CheckInRequest, hours: float = 24) -> str:
    return hold(Message.objects.get(request=asked), after(hours))


def test_a_planned_reminder_goes_out_when_nothing_holds_it(asked: CheckInRequest) -> None:
    plan(after(24))
    assert sent_anyway(asked) == ""


def test_a_stop_holds_what_was_planned_before_it(asked: CheckInRequest) -> None:
    plan(after(24))
    reminders.stop_reminders(by=None, patient=asked.patient, clock=lambda: after(24))
    assert sent_anyway(asked) == "stopped"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("answer", "answered"),
        ("cancel", "cancelled"),
        ("no channel", "no_channel"),
        ("new number", "address_changed"),
        ("lines retired", "untested"),
    ],
)
def test_what_changed_since_the_plan_is_asked_again(
    asked: CheckInRequest, change: str, code: str
) -> None:
    plan(after(24))
    if change == "answer":
        answer(asked, after(24))
    elif change == "cancel":
        CheckInRequest.objects.update(cancelled_at=after(24))
    elif change == "no channel":
        Patient.objects.update(reminder_channel="none")
    elif change == "new number":
        Patient.objects.update(phone="+49 30 0000043")
    else:
        HelpLine.objects.update(retired_at=after(24))
    assert sent_anyway(asked) == code


def test_a_late_runner_does_not_ring_at_night_nor_after_the_window(asked: CheckInRequest) -> None:
    plan(after(24))
    assert sent_anyway(asked, 35.5) == "quiet", "21:30 in Berlin"
    assert sent_anyway(asked, 36) == "over"


def test_a_stop_is_kept_with_its_time_and_staff_may_start_again(
    asked: CheckInRequest, nia: Staff, maya: Patient
) -> None:
    stopped = reminders.stop_reminders(by=None, patient=maya, clock=lambda: after(25))
    again = reminders.stop_reminders(by=None, patient=maya, clock=lambda: after(26))
    assert stopped.reminders_stopped_at == again.reminders_stopped_at == after(25)
    assert AuditEvent.objects.filter(tag="reminders:stop", by=None).count() == 1
    started = reminders.start_reminders(by=nia, patient=maya, write_key=None)
    assert started.reminders_stopped_at is None
    assert started.history.count() >= 2
    with pytest.raises(RuleBroken, match="reminders_not_stopped"):
        reminders.start_reminders(by=nia, patient=maya, write_key=None)


def test_a_link_is_sent_by_the_chosen_channel_at_any_hour(
    asked: CheckInRequest, nia: Staff
) -> None:
    key = new_key()
    at = after(35.5)
    first = reminders.ask_to_send(by=nia, request=asked, write_key=key, clock=lambda: at)
    again = reminders.ask_to_send(by=nia, request=asked, write_key=key, clock=lambda: at)
    assert first == again
    assert (first.kind, first.channel, first.asked_by) == ("link", "sms", nia)
    assert hold(first, at) == ""
    assert reminders.ask_to_send(by=nia, request=asked, write_key=new_key(), clock=lambda: at).key


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reminder_channel": "none"}, "no_channel"),
        ({"reminder_channel": "email"}, "no_address"),
        ({"reminders_stopped_at": START}, "reminders_stopped"),
    ],
)
def test_nothing_is_sent_that_the_patient_did_not_choose(
    asked: CheckInRequest, nia: Staff, change: dict[str, object], code: str
) -> None:
    Patient.objects.update(**change)
    with pytest.raises(RuleBroken, match=code):
        reminders.ask_to_send(by=nia, request=asked, write_key=None, clock=lambda: after(24))
    assert not Message.objects.exists()


def test_a_missed_window_raises_one_low_alert_for_each_patient(
    asked: CheckInRequest, nia: Staff, northside: Clinic
) -> None:
    assert miss(after(5.99)) == 0
    assert miss(after(6)) == 1, "the first window closed"
    assert miss(after(36)) == 0, "one is open"
    alert = Alert.objects.get()
    assert (alert.level, alert.code, alert.request.slot) == ("low", "check_in_missed", "2h")
    other = make_session(make_course(make_patient(northside, "N-1044", "Ben", "Orr")), nia, START)
    planned(other, nia, "2h")
    assert miss(after(36)) == 1
    assert AuditEvent.objects.filter(tag="check-in:missed").count() == 2


def test_after_it_was_dealt_with_only_a_later_window_raises_another(
    asked: CheckInRequest, nia: Staff
) -> None:
    miss(after(36))
    close_alert(
        by=nia,
        alert=Alert.objects.get(),
        outcome="followed_up",
        write_key=None,
        clock=lambda: after(40),
    )
    assert miss(after(41)) == 0, "both windows closed before it was dealt with"
    assert miss(after(96)) == 1, "the window of the third day closed"


def test_an_answered_or_cancelled_window_is_not_missed(asked: CheckInRequest) -> None:
    for row in CheckInRequest.objects.filter(slot="2h"):
        answer(row, after(2))
    CheckInRequest.objects.filter(slot="24h").update(cancelled_at=after(20))
    assert miss(after(40)) == 0


def test_who_answered_a_later_window_since_is_not_missed(asked: CheckInRequest) -> None:
    answer(asked, after(25))
    assert miss(after(40)) == 0, "the first window was missed, the second answered"


def test_what_was_missed_long_ago_calls_nobody(asked: CheckInRequest) -> None:
    CheckInRequest.objects.exclude(slot="2h").update(cancelled_at=START)
    assert miss(after(6) + reminders.MISSED_WITHIN) == 0


def test_two_runners_raise_one_alert(asked: CheckInRequest) -> None:
    miss(after(36))
    assert reminders._miss(asked, after(36)) is False
    assert Alert.objects.count() == 1


def test_a_call_is_kept_with_its_result(asked: CheckInRequest, nia: Staff) -> None:
    key = new_key()
    facts = {"by": nia, "request": asked, "result": "left_message", "write_key": key}
    first = reminders.log_check_in_call(**facts, note=" after work ")
    assert reminders.log_check_in_call(**facts, note=" after work ") == first
    assert (first.note, first.by, CheckInCall.objects.count()) == ("after work", nia, 1)
    with pytest.raises(RuleBroken, match="unknown_choice"):
        reminders.log_check_in_call(by=nia, request=asked, result="maybe", write_key=None)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"reminder_channel": "sms", "phone": "12"}, ("phone", "no_address")),
        ({"reminder_channel": "email"}, ("email", "no_address")),
        ({"reminder_channel": "pigeon"}, ("reminder_channel", "unknown_choice")),
        ({"email": "maya at home"}, ("email", "email_shape")),
    ],
)
def test_a_channel_that_leads_nowhere_is_refused(
    maya: Patient, nia: Staff, values: dict[str, str], fault: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken) as refused:
        update_patient(by=nia, patient=maya, values=values)
    assert [(error.field, error.code) for error in refused.value.errors] == [fault]


def test_the_patients_choice_is_kept_from_the_page(
    as_nia: Client, maya: Patient, nia: Staff
) -> None:
    body = {name: str(getattr(maya, name)) for name in PATIENT_FIELDS}
    body |= {"version": str(version_of(maya)), "write_key": str(new_key())}
    choice = {"email": "maya@mail.example", "reminder_channel": "email"}
    page = reverse("clinic:patient_edit", args=[maya.pk])
    assert as_nia.post(page, body | choice).status_code == 302
    maya.refresh_from_db()
    assert (maya.email, maya.reminder_channel) == ("maya@mail.example", "email")
