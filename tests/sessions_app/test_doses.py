"""The dose as given: infusion arithmetic, order of events, devices, t0, alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sessions_app.actions.corrections import correct_dose_event, strike_entry
from sessions_app.actions.doses import record_dose_event
from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.chairside.session_sheet import dose_panel
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    DoseEvent,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    new_key,
)
from tests.conftest import START, make_session
from tests.sessions_app.chairside_people import at, codes, dose

pytestmark = pytest.mark.django_db


@pytest.fixture
def nasal(course: TreatmentCourse, nia: Staff) -> TreatmentSession:
    return make_session(
        course,
        nia,
        drug="esketamine",
        route="intranasal",
        planned_mg=Decimal(56),
        bag_mg=None,
        bag_volume_ml=None,
        infusion_minutes=None,
        dose_started_at=None,
    )


@pytest.fixture
def injected(course: TreatmentCourse, nia: Staff) -> TreatmentSession:
    return make_session(
        course,
        nia,
        route="im",
        infusion_minutes=None,
        bag_mg=None,
        bag_volume_ml=None,
        dose_started_at=None,
    )


def test_50_ml_with_36_mg_at_75_ml_per_hour_for_40_minutes_is_36_mg(
    session: TreatmentSession, nia: Staff
) -> None:
    dose(session, nia, 40, "stop")
    assert dose_given_mg(session) == Decimal("36")
    panel = dose_panel(session, at(60)())
    assert (panel.state, panel.given_mg, panel.given_per_kg) == (
        "stopped",
        Decimal("36"),
        Decimal("0.50"),
    )


def test_a_pause_of_5_minutes_is_not_given(session: TreatmentSession, nia: Staff) -> None:
    dose(session, nia, 10, "pause")
    dose(session, nia, 15, "resume")
    dose(session, nia, 40, "stop", reason="headache")
    assert dose_given_mg(session) == Decimal("31.5")


def test_a_rate_change_counts_from_its_minute(session: TreatmentSession, nia: Staff) -> None:
    dose(session, nia, 20, "rate_change", rate_ml_per_hour=Decimal("37.5"))
    dose(session, nia, 40, "stop", reason="headache")
    assert dose_given_mg(session) == Decimal("27")


def test_a_bag_gives_no_more_than_it_holds(session: TreatmentSession, nia: Staff) -> None:
    dose(session, nia, 55, "stop")
    assert dose_given_mg(session) == Decimal("36")


def test_a_running_infusion_counts_up_to_now(session: TreatmentSession) -> None:
    assert dose_panel(session, at(20)()).given_mg == Decimal("18")


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ((("start", 5),), "infusion_already_started"),
        ((("resume", 5),), "infusion_already_running"),
        ((("pause", 5), ("pause", 6)), "infusion_already_paused"),
        ((("stop", 5), ("pause", 6)), "infusion_after_stop"),
        ((("stop", -1),), "infusion_not_started"),
    ],
)
def test_an_impossible_order_is_refused_and_leaves_nothing(
    session: TreatmentSession, nia: Staff, events: tuple[Any, ...], code: str
) -> None:
    rate = Decimal(75)
    for kind, minute in events[:-1]:
        dose(session, nia, minute, kind, reason="felt unwell")
    kept = DoseEvent.objects.count()
    kind, minute = events[-1]
    with pytest.raises(RuleBroken) as refused:
        record_dose_event(
            by=nia,
            session=session,
            kind=kind,
            rate_ml_per_hour=rate if kind == "start" else None,
            write_key=None,
            taken_at=START + timedelta(minutes=minute),
            clock=at(30),
        )
    assert ("kind", code) in codes(refused.value)
    assert DoseEvent.objects.count() == kept


@pytest.mark.parametrize(
    ("kind", "facts", "field", "code"),
    [
        ("rate_change", {}, "rate_ml_per_hour", "required"),
        ("rate_change", {"rate_ml_per_hour": Decimal(0)}, "rate_ml_per_hour", "implausible_low"),
        (
            "rate_change",
            {"rate_ml_per_hour": Decimal(1000)},
            "rate_ml_per_hour",
            "implausible_high",
        ),
        ("device", {}, "kind", "unknown_choice"),
        ("stop", {"reason": "x" * 201}, "reason", "too_long"),
    ],
)
def test_what_cannot_be_is_refused(
    session: TreatmentSession, nia: Staff, kind: str, facts: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        dose(session, nia, 10, kind, **facts)
    assert codes(refused.value) == {(field, code)}


def test_a_single_dose_starts_the_clock_and_plans_check_ins(
    injected: TreatmentSession, nia: Staff
) -> None:
    dose(injected, nia, 3, "given", amount_mg=Decimal("36"))
    injected.refresh_from_db()
    assert injected.dose_started_at == START + timedelta(minutes=3)
    assert dose_given_mg(injected) == Decimal("36")
    asked = injected.check_in_requests.get(slot="24h")
    assert asked.due_at == START + timedelta(hours=24, minutes=3)
    with pytest.raises(RuleBroken) as refused:
        dose(injected, nia, 5, "given")
    assert codes(refused.value) == {("amount_mg", "required")}


@pytest.mark.parametrize(("rest", "called"), [(4.9, True), (5, False)])
def test_devices_less_than_5_minutes_apart_call_somebody(
    nasal: TreatmentSession, nia: Staff, rest: float, called: bool
) -> None:
    dose(nasal, nia, 0, "device", lot="A1")
    dose(nasal, nia, rest, "device", reason="first spray was sneezed out")
    assert dose_given_mg(nasal) == Decimal(56)
    assert Alert.objects.filter(code="device_rest_short", level="low").exists() == called


def test_more_than_planned_calls_somebody_until_it_is_struck(
    nasal: TreatmentSession, nia: Staff
) -> None:
    for minute in (0, 6):
        dose(nasal, nia, minute, "device")
    assert not Alert.objects.exists()
    third = dose(nasal, nia, 12, "device", reason="Dr Patel: half of one ran out")
    alert = Alert.objects.get()
    assert (alert.code, alert.value, alert.limit) == ("dose_above_plan", "84", "56")
    strike_entry(by=nia, entry=third, reason="counted twice", write_key=None, clock=at(13))
    assert not Alert.objects.open().exists()
    assert alert.events.get().outcome == "entered_in_error"


def test_t0_and_the_check_ins_move_when_the_first_dose_is_corrected(
    session: TreatmentSession, nia: Staff
) -> None:
    start = session.dose_events.get()
    dose(session, nia, 40, "stop")
    with pytest.raises(RuleBroken) as refused:
        strike_entry(by=nia, entry=start, reason="wrong", write_key=None, clock=at(41))
    assert codes(refused.value) == {("kind", "infusion_not_started")}
    correct_dose_event(
        by=nia,
        event=start,
        reason="began later",
        taken_at=START + timedelta(minutes=4),
        rate_ml_per_hour=Decimal(75),
        write_key=None,
        clock=at(42),
    )
    session.refresh_from_db()
    assert session.dose_started_at == START + timedelta(minutes=4)
    assert session.check_in_requests.get(slot="2h").due_at == START + timedelta(minutes=124)
    assert dose_given_mg(session) == Decimal("32.4")


def test_striking_the_only_dose_stops_the_clock_and_the_check_ins(
    session: TreatmentSession, nia: Staff
) -> None:
    start = session.dose_events.get()
    correct_dose_event(
        by=nia,
        event=start,
        reason="rate",
        rate_ml_per_hour=Decimal(70),
        write_key=None,
        taken_at=START + timedelta(minutes=1),
        clock=at(2),
    )
    assert session.check_in_requests.filter(cancelled_at=None).exists()
    again = session.dose_events.standing().get()
    strike_entry(by=nia, entry=again, reason="no dose", write_key=None, clock=at(3))
    session.refresh_from_db()
    assert session.dose_started_at is None
    assert not session.check_in_requests.filter(cancelled_at=None).exists()


def test_the_same_key_is_one_event_and_another_body_is_refused(
    session: TreatmentSession, nia: Staff
) -> None:
    key = new_key()
    send = {"by": nia, "session": session, "write_key": key, "clock": at(10)}
    first = record_dose_event(kind="pause", **send)
    assert record_dose_event(kind="pause", **send) == first
    with pytest.raises(AlreadySaved):
        record_dose_event(kind="stop", **send)
    assert AuditEvent.objects.filter(tag="dose:record").count() == 1


def test_a_correction_sent_twice_is_one_correction(session: TreatmentSession, nia: Staff) -> None:
    start, key = session.dose_events.get(), new_key()
    for _each in range(2):
        correct_dose_event(
            by=nia,
            event=start,
            reason="rate",
            rate_ml_per_hour=Decimal(70),
            write_key=key,
            clock=at(5),
        )
    assert session.dose_events.standing().count() == 1
    assert session.strikes.count() == 1


def test_the_night_the_clocks_go_back_the_infusion_is_40_minutes_long(
    course: TreatmentCourse, nia: Staff
) -> None:
    t0 = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)  # 02:40 in Berlin, 20 min before it is 02:00
    session = make_session(course, nia, t0)
    record_dose_event(
        by=nia,
        session=session,
        kind="stop",
        write_key=None,
        clock=lambda: t0 + timedelta(minutes=40),
    )
    assert dose_given_mg(session) == Decimal("36")
