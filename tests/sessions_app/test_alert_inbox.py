"""The inbox says what is true: who has it, what happens next, and what became of each call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from sessions_app.actions.alerts import close_alert, hand_over_alert, log_call, take_alert
from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.escalations import plan_escalations
from sessions_app.alerting.alert_sheet import alert_sheet
from sessions_app.alerting.alert_story import STATES
from sessions_app.alerting.inbox import inbox
from sessions_app.alerting.message_state import State
from sessions_app.alerting.notifiers import NotSent, Refused, Unknown
from sessions_app.alerting.sending import deliver_due
from sessions_app.models import Alert, AuditEvent, Clinic, Patient, Staff, TreatmentSession
from tests.conftest import START
from tests.sessions_app.calling_people import (
    Gateway,
    alert,
    gateway,
    high_alert,
    on_call,
    reachable,
)
from tests.sessions_app.check_in_people import after, answer_at, make_help_lines, planned

__all__ = ["gateway"]  # the fixture
# START is a Monday, 10:00 at the clinic; it closes at 17:00.
NIGHT = START + timedelta(hours=13)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


@pytest.fixture(autouse=True)
def at_the_clinic(northside: Clinic) -> Iterator[None]:
    """The clinic's clock, as each of its pages has it, and its hours as the database keeps them."""
    northside.refresh_from_db()
    with timezone.override(northside.time_zone):
        yield


@pytest.fixture
def staffed(
    gateway: Gateway, northside: Clinic, nia: Staff, dr_patel: Staff, lena: Staff
) -> Clinic:
    """Everybody has a phone; Dr Patel is on call day and night for a fortnight."""
    reachable(northside, nia, dr_patel, lena)
    on_call(dr_patel, START - timedelta(days=1), hours=14 * 24)
    return northside


@pytest.fixture
def cry(maya: Patient) -> Alert:
    return high_alert(maya, START)


def run_until(until: float) -> None:
    """The runner of every minute, from the start."""
    for minute in range(int(until) + 1):
        plan_escalations(clock=lambda at=minute: minutes(at))
        deliver_due(clock=lambda at=minute: minutes(at))


def said(raised: Alert, at: datetime) -> list[str]:
    return alert_sheet(Alert.objects.get(pk=raised.pk), at).coming


def told(raised: Alert, at: datetime) -> list[str]:
    return [line.words for line in alert_sheet(raised, at).story]


# --- what happens next


def test_it_says_who_is_told_next_and_when(staffed: Clinic, cry: Alert) -> None:
    assert said(cry, minutes(1)) == ["The front desk and Dr Asha Patel are told at 10:05."]
    assert said(cry, minutes(6)) == ["On call, Dr Asha Patel is told at 10:10."]
    assert said(cry, minutes(12)) == ["Clinic lead Lena Brandt is told at 10:20."]


def test_taking_it_keeps_the_others_quiet_for_15_minutes(
    staffed: Clinic, cry: Alert, nia: Staff
) -> None:
    take_alert(by=nia, alert=cry, write_key=None, clock=lambda: minutes(3))
    assert said(cry, minutes(4)) == [
        "Nobody else is told until 10:18.",
        "The front desk and Nia Adeyemi are told at 10:20.",
    ]


def test_a_call_without_an_answer_is_repeated_in_10_minutes(
    staffed: Clinic, cry: Alert, nia: Staff
) -> None:
    log_call(by=nia, alert=cry, result="no_answer", write_key=None, clock=lambda: minutes(3))
    assert said(cry, minutes(4)) == [
        "Call again at 10:13.",
        "The front desk and Dr Asha Patel are told at 10:13.",
    ]
    assert said(cry, minutes(13.5))[0] == "Call again now."
    log_call(by=nia, alert=cry, result="reached", write_key=None, clock=lambda: minutes(14))
    assert "Call again" not in " ".join(said(cry, minutes(15)))


def test_nobody_is_promised_who_cannot_be_reached(
    gateway: Gateway, northside: Clinic, cry: Alert, lena: Staff
) -> None:
    assert said(cry, minutes(6)) == ["At 10:10 nobody is on call who can be reached."]
    assert said(cry, minutes(12)) == ["No clinic lead can be reached at 10:20."]
    low = alert(cry.patient, "low", "check_in_missed", START)
    assert said(low, minutes(1)) == [], "a low alert calls nobody"


# --- what has happened


def test_each_message_says_what_became_of_it(
    staffed: Clinic, gateway: Gateway, cry: Alert, as_nia: Client, dr_patel: Staff, client: Client
) -> None:
    run_until(10)
    lines = told(cry, minutes(11))
    assert lines[0] == "Raised by the record."
    assert "Text message to Front desk: sent 10:00." in lines
    assert "Text message to Dr Asha Patel: sent 10:10, not opened yet." in lines


def test_opening_the_page_marks_the_message_as_opened_once(
    staffed: Clinic, cry: Alert, dr_patel: Staff, client: Client, time_machine: Any
) -> None:
    run_until(10)
    client.force_login(dr_patel)
    for minute in (12, 14):
        time_machine.move_to(minutes(minute), tick=False)
        page = unescape(client.get(f"/alerts/{cry.pk}/").content.decode())
    assert "Text message to Dr Asha Patel: opened 10:12." in page
    assert not cry.events.exists(), "opening does not take it"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Unknown(), "unknown whether it arrived. It is sent again."),
        (NotSent("no_connection"), "failed. The gateway did not answer."),
        (Refused("http_400"), "failed. The gateway refused it (http_400)."),
    ],
)
def test_a_message_that_nobody_can_be_sure_of_is_marked(
    staffed: Clinic, gateway: Gateway, cry: Alert, fault: Exception, words: str
) -> None:
    gateway.faults = [fault]
    run_until(0)
    faulty = [line for line in alert_sheet(cry, minutes(4)).story if line.is_fault]
    assert len(faulty) == 1
    assert faulty[0].words.endswith(words)


def test_a_message_that_was_given_up_is_not_said_to_be_sent_again(
    staffed: Clinic, gateway: Gateway, cry: Alert
) -> None:
    gateway.faults = [Unknown()] * 50
    for minute in (0, 24 * 60 - 10, 24 * 60 - 1):  # the runner had a day off
        plan_escalations(clock=lambda at=minute: minutes(at))
        deliver_due(clock=lambda at=minute: minutes(at))
    first, *_later = (line for line in alert_sheet(cry, minutes(1500)).story if line.is_fault)
    assert first.words.endswith("unknown whether it arrived. It is not sent again.")


def test_a_gap_in_the_rota_stands_in_the_log(
    gateway: Gateway, northside: Clinic, cry: Alert
) -> None:
    run_until(20)
    lines = told(cry, minutes(21))
    assert "Nobody is on call, so nobody on call was told." in lines
    assert "There is no clinic lead to tell." in lines
    missing = "Front desk was not told: no mobile number and no e-mail address is on record."
    assert missing in lines


def test_every_state_of_a_message_has_words() -> None:
    assert set(STATES) == set(State.__args__)  # type: ignore[attr-defined]


# --- calls that reach nobody


def test_two_calls_that_reached_nobody_bring_the_welfare_check(
    as_nia: Client, northside: Clinic, cry: Alert, nia: Staff, time_machine: Any
) -> None:
    make_help_lines(northside)
    time_machine.move_to(minutes(30), tick=False)
    path = f"/alerts/{cry.pk}/"
    for minute, result in ((5, "no_answer"), (16, "left_message")):
        assert "Two calls reached nobody" not in as_nia.get(path).content.decode()
        log_call(
            by=nia, alert=cry, result=result, write_key=None, clock=lambda at=minute: minutes(at)
        )
    page = as_nia.get(path).content.decode()
    assert "Two calls reached nobody" in page
    assert "Emergency · 000 111 0" in page
    form = {"close-write_key": uuid4(), "close-outcome": "welfare_check"}
    assert as_nia.post(f"{path}close/", form).status_code == 302
    page = as_nia.get(path).content.decode()
    assert "Two calls reached nobody" not in page
    assert "Welfare check asked for" in page


# --- the list


def test_an_alarm_at_a_chair_is_its_nurses_and_leads_there(
    session: TreatmentSession, maya: Patient, nia: Staff, tom: Staff, time_machine: Any
) -> None:
    time_machine.move_to(minutes(5), tick=False)
    raised = alert(maya, "high", "systolic_high", START, session=session)
    high_alert(maya, START)
    line = inbox(nia).high[0]
    assert (line.at_chair, line.owner) == ("NA", None)
    client = Client()
    client.force_login(tom)
    assert f'href="/s/{session.pk}/">NA at chair' in client.get("/alerts/").content.decode()
    assert [inbox(nia).mine_count, inbox(tom).mine_count] == [1, 0]
    hand_over_alert(by=nia, alert=raised, to=tom, write_key=None)
    assert inbox(tom).high[0].owner == "Tom Oduya"
    assert [inbox(nia).mine_count, inbox(tom).mine_count] == [0, 1]


def test_mine_and_closed_are_lists_of_their_own(
    as_nia: Client, maya: Patient, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(minutes(60 * 24 * 3), tick=False)
    mine, other, closed, old = (alert(maya, "medium", "thoughts", START) for _ in range(4))
    take_alert(by=nia, alert=mine, write_key=None)
    close_alert(
        by=nia, alert=closed, outcome="spoke_safe", write_key=None, clock=lambda: minutes(90)
    )
    long_ago = START - timedelta(days=5)
    close_alert(by=nia, alert=old, outcome="spoke_safe", write_key=None, clock=lambda: long_ago)

    def shown(query: str) -> list[Alert]:
        page = as_nia.get(f"/alerts/{query}").content.decode()
        return [row for row in (mine, other, closed, old) if f"/alerts/{row.pk}/" in page]

    assert shown("") == [mine, other]
    assert shown("?show=mine") == [mine]
    assert shown("?show=closed") == [closed], "of the last seven days"
    assert shown("?show=nonsense") == [mine, other]


def test_a_night_without_anybody_on_call_stands_in_the_list(
    gateway: Gateway,
    northside: Clinic,
    as_nia: Client,
    lena: Staff,
    dr_patel: Staff,
    client: Client,
    time_machine: Any,
) -> None:
    time_machine.move_to(START, tick=False)
    page = as_nia.get("/alerts/").content.decode()
    assert "Nobody will be on call" in page
    assert "17:00 to 3 Mar 2026, 08:00" in page
    assert 'href="/clinic/on-call/"' not in page, "a nurse cannot mend it"
    client.force_login(lena)
    assert 'href="/clinic/on-call/"' in client.get("/alerts/").content.decode()
    time_machine.move_to(NIGHT, tick=False)
    client.force_login(lena)
    assert "Nobody is on call now" in client.get("/alerts/").content.decode()
    dr_patel.phone = "+49 30 0000002"
    dr_patel.save()
    on_call(dr_patel, NIGHT - timedelta(hours=1), hours=48)
    assert "on call" not in client.get("/alerts/").content.decode().split("inbox-offline")[0]


def test_what_is_said_offline_is_true_of_this_night(
    staffed: Clinic, as_nia: Client, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(NIGHT, tick=False)
    as_nia.force_login(nia)
    page = unescape(as_nia.get("/alerts/").content.decode())
    assert "The on-call phone of Dr Asha Patel is still told." in page
    time_machine.move_to(NIGHT + timedelta(days=30), tick=False)
    as_nia.force_login(nia)
    assert "Nobody is on call now" in unescape(as_nia.get("/alerts/").content.decode())


# --- the part that is polled


def test_the_polled_part_brings_the_list_and_leaves_no_line(
    as_nia: Client, cry: Alert, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(minutes(8), tick=False)
    part = as_nia.get(f"/alerts/live/?alert={cry.pk}").content.decode()
    assert f'data-alarm="{cry.pk}"' in part
    assert 'data-title="(1 high) Alerts"' in part
    assert 'data-open="1"' in part
    assert "8\u00a0min" in part
    assert "nobody took it yet" in part
    assert not AuditEvent.objects.exists()
    assert "<form" not in part, "what is typed must not be redrawn"
    take_alert(by=nia, alert=cry, write_key=None)
    part = as_nia.get(f"/alerts/live/?alert={cry.pk}").content.decode()
    assert "Nia Adeyemi took it." in part


@pytest.mark.parametrize("asked", ["", "nonsense", "0193a000-0000-7000-8000-000000000000"])
def test_the_polled_part_needs_no_alert(as_nia: Client, cry: Alert, asked: str) -> None:
    answer = as_nia.get("/alerts/live/", {"alert": asked, "show": "mine"})
    assert answer.status_code == 200
    assert "alert-now" not in answer.content.decode()


def test_the_polled_part_shows_no_other_clinics_alert(
    client: Client, otto: Staff, cry: Alert
) -> None:
    client.force_login(otto)
    part = client.get(f"/alerts/live/?alert={cry.pk}").content.decode()
    assert str(cry.pk) not in part
    assert cry.patient.initials not in part


# --- what was answered


def test_the_mood_stands_beside_what_it_was_before_the_treatment_and_at_best(
    session: TreatmentSession, maya: Patient, nia: Staff
) -> None:
    make_help_lines(nia.clinic)
    enter_check_in(
        by=nia,
        patient=maya,
        answers={"mood_0_10": {"q1": 3}},
        taken_at=START - timedelta(days=1),
        write_key=uuid4(),
        clock=lambda: START,
    )
    for slot, hours, mood in (("2h", 2, 6), ("24h", 24, 7), ("3d", 72, 2)):
        answer_at(after(hours), planned(session, nia, slot), mood)
    fallen = Alert.objects.get(code="mood_fall")
    sheet = alert_sheet(fallen, after(73))
    assert sheet.title == "Mood 2, was 7"
    assert sheet.mood == "Mood 2 of 10 · before the treatment 3 · best since 7, 3 Mar 2026"
    assert [(one.answer, one.question) for one in sheet.said_first][0][0] == "2 of 10"
    assert sheet.slot == "3 days after the dose"


# --- what closes by itself


@pytest.mark.parametrize("door", ["link", "paper"])
def test_a_later_answer_ends_the_call_about_a_missed_one(
    session: TreatmentSession, maya: Patient, nia: Staff, door: str
) -> None:
    make_help_lines(nia.clinic)
    request = planned(session, nia, "24h")
    missed = alert(maya, "low", "check_in_missed", after(7), value="2h")
    stays = high_alert(maya, after(7))
    if door == "link":
        answer_at(after(24), request, 6)
    else:
        enter_check_in(
            by=nia,
            patient=maya,
            request=request,
            answers={"mood_0_10": {"q1": 6}},
            write_key=uuid4(),
            clock=lambda: after(24),
        )
    event = missed.events.get()
    assert (event.kind, event.outcome, event.by) == ("closed", "not_needed", None)
    assert event.at == after(24)
    assert not stays.events.exists(), "a cry is closed by a person only"
