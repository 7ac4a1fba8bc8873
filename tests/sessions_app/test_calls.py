"""Calls about alerts: who is called at which step, who cannot be, and what stops it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sessions_app.actions.alerts import close_alert, hand_over_alert, take_alert
from sessions_app.actions.escalations import plan_escalations
from sessions_app.actions.messages import note_opened
from sessions_app.alerting.escalation_of import escalation_of, steps_of
from sessions_app.alerting.message_state import state_of
from sessions_app.jobs import run_all
from sessions_app.models import (
    Alert,
    AuditEvent,
    Clinic,
    Delivery,
    EscalationVersion,
    Message,
    Patient,
    Staff,
    TreatmentSession,
)
from sessions_app.rules.escalation import next_step
from tests.conftest import START
from tests.sessions_app.calling_people import (
    BERLIN,
    DESK,
    NIGHT,
    PHONES,
    Gateway,
    alert,
    as_loaded,
    gateway,
    high_alert,
    on_call,
    reachable,
    steps_sent,
)

__all__ = ["as_loaded", "gateway"]  # the fixtures
pytestmark = pytest.mark.usefixtures("as_loaded")


@pytest.fixture
def team(northside: Clinic, nia: Staff, dr_patel: Staff, lena: Staff) -> Clinic:
    """Everybody has a phone, and Dr Patel is on call around the clock."""
    reachable(northside, nia, dr_patel, lena)
    on_call(dr_patel, START - timedelta(days=1), hours=24 * 60)
    return northside


def run(at: datetime) -> None:
    assert run_all(clock=lambda: at) == []


def each_minute(start: datetime, minutes: int) -> None:
    for minute in range(minutes + 1):
        run(start + timedelta(minutes=minute))


def messages(raised: Alert) -> list[tuple[str, int, str]]:
    rows = Message.objects.filter(alert=raised).order_by("due_at", "id")
    return [(row.step, row.round, row.address) for row in rows]


def test_the_whole_ladder_of_a_night_reaches_everybody_in_turn(
    team: Clinic, maya: Patient, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    each_minute(NIGHT, 25)
    patel, lena = PHONES["patel"], PHONES["lena"]
    assert steps_sent(raised) == [
        ("first", 0, DESK),
        ("first", 0, patel),
        ("repeat", 0, DESK),
        ("repeat", 0, patel),
        ("on_call", 0, patel),
        ("lead", 0, lena),
    ]
    assert len(gateway.calls) == len(set(gateway.taken)) == 6


def test_the_next_step_is_said_with_its_time(team: Clinic, maya: Patient) -> None:
    raised = high_alert(maya, NIGHT)
    coming = next_step(steps_of(raised), NIGHT + timedelta(minutes=6))
    assert coming is not None
    assert (coming.name, coming.due_at) == ("on_call", NIGHT + timedelta(minutes=10))


def test_the_owner_is_called_in_place_of_those_on_call(
    team: Clinic, maya: Patient, nia: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    take_alert(by=nia, alert=raised, write_key=None, clock=lambda: NIGHT + timedelta(minutes=1))
    each_minute(NIGHT + timedelta(minutes=2), 20)
    assert messages(raised)[-2:] == [("repeat", 0, DESK), ("repeat", 0, PHONES["nia"])]


def test_somebody_who_took_it_is_left_in_peace_for_15_minutes(
    team: Clinic, maya: Patient, nia: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    run(NIGHT)
    take_alert(by=nia, alert=raised, write_key=None, clock=lambda: NIGHT + timedelta(minutes=4))
    before = len(gateway.calls)
    each_minute(NIGHT + timedelta(minutes=5), 14)
    assert len(gateway.calls) == before
    run(NIGHT + timedelta(minutes=20))
    assert len(gateway.calls) == before + 2, "then the ladder goes on"


def test_handing_over_pauses_it_too_and_the_new_owner_is_called(
    team: Clinic, maya: Patient, nia: Staff, dr_patel: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    hand_over_alert(
        by=nia,
        alert=raised,
        to=dr_patel,
        write_key=None,
        clock=lambda: NIGHT + timedelta(minutes=1),
    )
    run(NIGHT + timedelta(minutes=1))
    assert steps_sent(raised)[-1] == ("handed_over", 0, PHONES["patel"])
    before = len(gateway.calls)
    each_minute(NIGHT + timedelta(minutes=2), 13)
    assert len(gateway.calls) == before
    run(NIGHT + timedelta(minutes=20))
    assert ("repeat", 0, PHONES["patel"]) in messages(raised)


def test_a_closed_alert_calls_nobody(
    team: Clinic, maya: Patient, nia: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    close_alert(
        by=nia, alert=raised, outcome="spoke_safe", note="safe", write_key=None, clock=lambda: NIGHT
    )
    each_minute(NIGHT, 30)
    assert not gateway.calls


def test_a_call_planned_before_the_alert_was_closed_is_not_sent_after_it(
    team: Clinic, maya: Patient, nia: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    plan_escalations(clock=lambda: NIGHT)
    close_alert(
        by=nia, alert=raised, outcome="spoke_safe", note="safe", write_key=None, clock=lambda: NIGHT
    )
    run(NIGHT + timedelta(seconds=30))
    assert not gateway.calls
    assert set(Delivery.objects.values_list("kind", "detail")) == {("failed", "alert_closed")}


def test_an_alarm_at_a_chair_is_left_to_the_nurse_for_ten_minutes(
    team: Clinic, session: TreatmentSession, gateway: Gateway
) -> None:
    raised = alert(session.patient, "high", "systolic_high", START, session=session)
    each_minute(START, 9)
    assert not gateway.calls
    run(START + timedelta(minutes=10))
    assert gateway.addresses == [PHONES["patel"]]
    assert messages(raised) == [("on_call", 0, PHONES["patel"])]


def test_a_medium_alert_of_the_night_waits_for_the_desk(
    team: Clinic, maya: Patient, gateway: Gateway
) -> None:
    alert(maya, "medium", "suicide_item", NIGHT)
    run(NIGHT + timedelta(hours=1))
    assert not gateway.calls
    opening = datetime(2026, 3, 3, 8, 0, tzinfo=BERLIN)
    run(opening)
    assert gateway.addresses == [DESK]
    each_minute(opening + timedelta(minutes=119), 1)
    assert gateway.addresses == [DESK, PHONES["lena"]]


def test_a_low_alert_calls_nobody(team: Clinic, maya: Patient, gateway: Gateway) -> None:
    alert(maya, "low", "check_in_missed", START)
    each_minute(START, 2)
    assert not gateway.calls


# --- gaps are shown


def test_an_empty_rota_and_missing_addresses_stand_in_the_alerts_log(
    northside: Clinic, maya: Patient, lena: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    each_minute(NIGHT, 20)
    rows = Delivery.objects.filter(message__alert=raised).order_by("message__due_at")
    assert [(row.message.step, row.message.recipient, row.kind, row.detail) for row in rows] == [
        ("first", None, "failed", "no_address"),
        ("repeat", None, "failed", "no_address"),
        ("on_call", None, "failed", "nobody_on_call"),
        ("lead", lena, "failed", "no_address"),
    ]
    assert not gateway.calls


# --- the ladder of a clinic


def test_a_clinics_own_minutes_hold(
    team: Clinic, maya: Patient, lena: Staff, gateway: Gateway
) -> None:
    EscalationVersion.objects.create(
        clinic=team,
        number=1,
        reason="two of us only",
        changed_by=lena,
        changed_at=START,
        repeat_min=2,
        on_call_min=4,
        lead_min=6,
        quiet_after_taken_min=15,
        rearm_no_answer_min=10,
        medium_lead_min=60,
    )
    assert escalation_of(team).version == "clinic-escalation-1"
    raised = high_alert(maya, NIGHT)
    each_minute(NIGHT, 6)
    assert messages(raised)[-1] == ("lead", 0, PHONES["lena"])


# --- what is written down


def test_a_message_names_nobody_and_nothing_clinical(
    team: Clinic, maya: Patient, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    run(NIGHT)
    text = gateway.calls[0][2]
    assert (
        text
        == f"Afterglow: a high alert is waiting. Open http://127.0.0.1:8000/alerts/{raised.pk}/"
    )
    for secret in ("Maya", "Vale", "N-1043", "Northside", "suicide", "ketamine"):
        assert secret not in text


def test_each_step_leaves_one_line_in_the_audit(
    team: Clinic, maya: Patient, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    each_minute(NIGHT, 6)
    lines = AuditEvent.objects.filter(tag="alert:page", row=f"alert:{raised.pk}")
    assert sorted(lines.values_list("reason", flat=True)) == ["first 0", "repeat 0"]


def test_opening_the_alerts_page_is_noted_once_and_for_the_reader_only(
    team: Clinic, maya: Patient, nia: Staff, dr_patel: Staff, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    run(NIGHT)
    later = NIGHT + timedelta(minutes=2)
    assert note_opened(alert=raised, by=nia, clock=lambda: later) == 0
    assert note_opened(alert=raised, by=dr_patel, clock=lambda: later) == 1
    assert note_opened(alert=raised, by=dr_patel, clock=lambda: later) == 0
    message = Message.objects.get(alert=raised, recipient=dr_patel)
    assert state_of(message, later) == "opened"


# --- nights in which the clocks change


@pytest.mark.parametrize(
    "night",
    [
        pytest.param(datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), id="an hour is left out"),
        pytest.param(datetime(2026, 10, 25, 2, 50, tzinfo=BERLIN), id="an hour comes twice"),
    ],
)
def test_the_ladder_counts_true_minutes_in_a_night_when_the_clocks_change(
    team: Clinic, maya: Patient, night: datetime, gateway: Gateway
) -> None:

    start = night.astimezone(UTC)
    sent: list[float] = []
    gateway.when_called = lambda: sent.append((clock[0] - start) / timedelta(minutes=1))
    clock = [start]
    on_call(team.staff.get(username="patel"), start - timedelta(hours=5))
    raised = high_alert(maya, night)
    for minute in range(26):
        clock[0] = start + timedelta(minutes=minute)
        run(clock[0])
    assert sorted(set(sent)) == [0, 5, 10, 20]
    assert len(steps_sent(raised)) == 6


def test_nobody_of_another_clinic_is_called(
    team: Clinic, maya: Patient, otto: Staff, gateway: Gateway
) -> None:
    otto.phone = "+1 555 0100"
    otto.save()
    on_call(otto, START - timedelta(days=1), hours=24 * 60)
    high_alert(maya, NIGHT)
    each_minute(NIGHT, 25)
    assert otto.phone not in gateway.addresses


def test_after_a_standstill_of_hours_everybody_is_called_once(
    team: Clinic, maya: Patient, gateway: Gateway
) -> None:
    raised = high_alert(maya, NIGHT)
    run(NIGHT + timedelta(hours=5))
    assert sorted(step for step, _round, _to in steps_sent(raised)) == [
        "first",
        "first",
        "lead",
        "on_call",
        "repeat",
        "repeat",
    ]
