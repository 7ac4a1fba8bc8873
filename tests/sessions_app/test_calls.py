"""Calls about alerts: who is called at which step, who cannot be, and what stops it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sessions_app.actions.alerts import close_alert, hand_over_alert, take_alert
from sessions_app.actions.escalations import plan_escalations
from sessions_app.actions.messages import note_opened
from sessions_app.escalation_of import escalation_of, next_step_of
from sessions_app.jobs import run_all
from sessions_app.message_state import state_of
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
from sessions_app.rota import (
    is_somebody_told,
    on_call_at,
    opening_spans,
    rota_gaps,
    unreachable,
)
from tests.conftest import START
from tests.sessions_app.calling_people import (
    DESK,
    PHONES,
    Gateway,
    alert,
    high_alert,
    on_call,
    reachable,
    steps_sent,
    use,
)

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _as_loaded(northside: Clinic) -> None:
    """With times as the database gives them."""
    northside.refresh_from_db()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return use(Gateway(), monkeypatch)


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
    coming = next_step_of(raised, NIGHT + timedelta(minutes=6))
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
    each_minute(NIGHT + timedelta(minutes=2), 20)
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


def test_hours_in_which_nobody_would_hear_are_found(
    team: Clinic, northside: Clinic, nia: Staff, gateway: Gateway
) -> None:
    monday, tuesday = START.replace(hour=0), START.replace(hour=0) + timedelta(days=1)
    assert rota_gaps(northside, monday, tuesday) == []
    for shift in nia.clinic.staff.get(username="patel").shifts.all():
        shift.cancelled_at = START
        shift.save()
    # 08:00 to 17:00 in Berlin is 07:00 to 16:00 UTC in March.
    open_from, open_until = monday.replace(hour=7), monday.replace(hour=16)
    assert rota_gaps(northside, monday, tuesday) == [(monday, open_from), (open_until, tuesday)]
    on_call(nia, open_until, hours=4)
    assert rota_gaps(northside, open_until, tuesday) == [(open_until + timedelta(hours=4), tuesday)]


def test_somebody_on_call_without_an_address_covers_nothing(
    northside: Clinic, nia: Staff, gateway: Gateway
) -> None:
    on_call(nia, NIGHT)
    assert on_call_at(northside, NIGHT) == [nia]
    assert not is_somebody_told(northside, NIGHT)
    assert rota_gaps(northside, NIGHT, NIGHT + timedelta(hours=1))
    assert unreachable(northside, NIGHT) == [nia]
    nia.email = "nia@northside.example"
    nia.save()
    assert is_somebody_told(northside, NIGHT)
    assert unreachable(northside, NIGHT) == []


def test_in_opening_hours_the_screens_tell_the_team(northside: Clinic) -> None:
    assert is_somebody_told(northside, START)
    assert not is_somebody_told(northside, NIGHT)


def test_a_shift_ends_before_its_end_and_a_leaver_is_on_call_no_more(
    northside: Clinic, nia: Staff, otto: Staff
) -> None:
    on_call(nia, START, hours=8)
    on_call(otto, START, hours=8)
    assert on_call_at(northside, START) == [nia]
    assert on_call_at(northside, START + timedelta(hours=8)) == []
    nia.is_active = False
    nia.save()
    assert on_call_at(northside, START) == []


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


@pytest.mark.parametrize(
    ("day", "hours_utc"),
    [
        pytest.param(datetime(2026, 3, 28, 12, tzinfo=BERLIN), 9, id="before"),
        pytest.param(datetime(2026, 3, 29, 12, tzinfo=BERLIN), 9, id="the changed day"),
    ],
)
def test_opening_hours_are_those_of_the_wall_clock(
    northside: Clinic, day: datetime, hours_utc: int
) -> None:
    northside.open_days = "1234567"
    spans = opening_spans(northside, day, day)
    opens, closes = next(span for span in spans if span[0] <= day < span[1])
    assert closes - opens == timedelta(hours=hours_utc)
    assert opens.astimezone(BERLIN).time() == time(8)
    assert closes.astimezone(BERLIN).time() == time(17)


def test_a_clinic_that_is_open_over_the_changed_night_is_open_an_hour_less(
    northside: Clinic,
) -> None:
    northside.opens_at, northside.closes_at, northside.open_days = time(20), time(6), "1234567"
    night = datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN)
    opens, closes = next(
        span for span in opening_spans(northside, night, night) if span[0] <= night < span[1]
    )
    assert closes - opens == timedelta(hours=9)


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
