"""A clinic's own protocols and alert limits: who changed what, and who keeps which version."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from reports.dashboards.flowsheet import flowsheet_data
from sessions_app.actions import protocols as deeds
from sessions_app.actions.plans import prescribe
from sessions_app.actions.starting import start_session
from sessions_app.chairside.board import chair_board, watch_minutes
from sessions_app.chairside.session_state import discharge_checks, planned_due_minutes
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    AlertLimitVersion,
    AuditEvent,
    Chair,
    Prescription,
    ProtocolVersion,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.protocol_of import (
    alert_limits_in_force,
    alert_limits_of,
    protocol_in_force,
    protocol_of,
)
from sessions_app.rules.check_in_windows import window
from sessions_app.rules.guard_rails import thresholds
from sessions_app.rules.limits import DEFAULT_ALERTS
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED, Protocol
from tests.conftest import PIN, make_session
from tests.sessions_app.chairside_people import at, codes, gate, vitals

pytestmark = pytest.mark.django_db
REASON = "Our physicians agreed on this on 3 March."


def change(by: Staff, route: str = "iv", **values: Any) -> ProtocolVersion:
    """One change of the protocol that is in force, with a reason."""
    held = protocol_in_force(by.clinic_id, route)
    facts = {"reason": REASON, "seen_version": held.version, "write_key": None}
    facts |= {name: values.pop(name) for name in tuple(facts) if name in values}
    return deeds.change_protocol(by=by, protocol=replace(held, **values), clock=at(0), **facts)


def change_limits(by: Staff, **values: Any) -> AlertLimitVersion:
    held = alert_limits_in_force(by.clinic_id)
    return deeds.change_alert_limits(
        by=by,
        values=thresholds(held) | values,
        reason=REASON,
        seen_version=held.version,
        write_key=None,
        clock=at(0),
    )


def plain(protocol: Protocol) -> Protocol:
    return replace(protocol, version="", key=None)


def test_without_a_version_the_shipped_protocol_holds(lena: Staff) -> None:
    for route, shipped in SHIPPED.items():
        assert protocol_in_force(lena.clinic_id, route) == shipped
    assert alert_limits_in_force(lena.clinic_id) == DEFAULT_ALERTS


def test_a_change_is_a_whole_new_version_with_who_when_and_why(lena: Staff) -> None:
    first = change(lena, start_systolic=150, mg_per_kg_high=Decimal("1.25"))
    second = change(lena, start_diastolic=95)
    held = protocol_in_force(lena.clinic_id, "iv")
    wanted = replace(
        SHIPPED["iv"], start_systolic=150, mg_per_kg_high=Decimal("1.25"), start_diastolic=95
    )
    assert plain(held) == plain(wanted)
    assert (held.key, held.version) == (second.pk, "clinic-iv-2")
    assert (first.number, second.number) == (1, 2)
    assert (second.reason, second.changed_by, second.changed_at) == (REASON, lena, at(0)())
    lines = AuditEvent.objects.filter(tag="protocol:change")
    assert [(line.by, line.reason) for line in lines] == [(lena, REASON)] * 2
    assert protocol_in_force(lena.clinic_id, "im") == SHIPPED["im"]


def test_every_column_of_a_version_comes_back_as_it_was_set(lena: Staff) -> None:
    changed: dict[str, Any] = {
        "due": (0, 40, 90),
        "watch_min": 150,
        "overdue_min": 3,
        "start_systolic": 145,
        "start_diastolic": 92,
        "bp_retry_min": 15,
        "min_hours_between_sessions": 60,
        "weight_ask_percent": 4,
        "weight_alert_percent": 8,
        "mg_per_kg_low": Decimal("0.4"),
        "mg_per_kg_high": Decimal("0.75"),
        "devices_low": 1,
        "devices_high": 2,
        "devices_senior_low": None,
        "bp_near_percent": 15,
        "systolic_below": 150,
        "diastolic_below": 95,
        "spo2_above": 93,
        "moaas_at_least": 4,
        "reading_max_age_min": 20,
        "asks_leaflet": False,
        "asks_escort": False,
        "windows": (window(3, 2, 8, ("mood_0_10",)), window(72, 50, 90, ("mood_0_10", "phq9"))),
    }
    change(lena, "intranasal", **changed)
    held = protocol_in_force(lena.clinic_id, "intranasal")
    assert plain(held) == plain(replace(SHIPPED["intranasal"], **changed))
    assert [window.slot for window in held.windows] == ["3h", "3d"]


def test_going_back_to_the_shipped_default_is_a_new_version_too(lena: Staff) -> None:
    change(lena, watch_min=90)
    back = deeds.reset_protocol(
        by=lena, route="iv", reason="As it was", seen_version="clinic-iv-1", write_key=None
    )
    assert (back.number, back.shipped) == (2, PROTOCOL_VERSION)
    assert plain(protocol_in_force(lena.clinic_id, "iv")) == plain(SHIPPED["iv"])
    change_limits(lena, heart_rate_high_after_medium=130)
    limits_back = deeds.reset_alert_limits(
        by=lena, reason="As it was", seen_version="clinic-limits-1", write_key=None
    )
    assert limits_back.number == 2
    held = alert_limits_in_force(lena.clinic_id)
    assert thresholds(held) == thresholds(DEFAULT_ALERTS)


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"reason": "  "}, ("reason", "required")),
        ({"reason": "x" * 201}, ("reason", "too_long")),
        ({}, ("", "nothing_changed")),
        ({"seen_version": "clinic-iv-7"}, ("version", "changed_meanwhile")),
        ({"watch_min": 29}, ("watch_min", "outside_guard_rail")),
        ({"watch_min": None}, ("watch_min", "required")),
    ],
)
def test_a_change_that_cannot_stand_writes_nothing(
    lena: Staff, values: dict[str, Any], refused: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken) as broken:
        change(lena, **values)
    assert codes(broken.value) == {refused}
    assert not ProtocolVersion.objects.exists() and not AuditEvent.objects.exists()


def test_who_changed_it_in_between_is_named(lena: Staff) -> None:
    change(lena, watch_min=90)
    with pytest.raises(RuleBroken) as broken:
        change(lena, watch_min=75, seen_version=PROTOCOL_VERSION)
    (error,) = broken.value.errors
    assert (error.code, error.value) == ("changed_meanwhile", lena.full_name)


def test_the_same_change_twice_is_one_version(lena: Staff) -> None:
    facts = {"seen_version": PROTOCOL_VERSION, "write_key": uuid4()}
    first = change(lena, watch_min=90, **facts)
    wanted = replace(SHIPPED["iv"], watch_min=90)
    again = deeds.change_protocol(by=lena, protocol=wanted, reason=REASON, **facts)
    assert again == first and ProtocolVersion.objects.count() == 1
    with pytest.raises(AlreadySaved):
        deeds.change_protocol(
            by=lena, protocol=replace(wanted, watch_min=75), reason=REASON, **facts
        )


def test_another_clinic_keeps_its_own(lena: Staff, otto: Staff) -> None:
    change(lena, watch_min=90)
    change_limits(lena, heart_rate_high_after_medium=130)
    assert protocol_in_force(otto.clinic_id, "iv") == SHIPPED["iv"]
    assert alert_limits_in_force(otto.clinic_id) == DEFAULT_ALERTS


def start(nia: Staff, tom: Staff, chair: Chair, prescription: Prescription) -> TreatmentSession:
    return start_session(
        by=nia,
        prescription=prescription,
        chair=chair,
        gate=gate(),
        second_person=tom,
        second_pin=PIN,
        write_key=None,
        clock=at(0),
    )


def test_a_running_session_goes_on_under_the_version_it_began_under(
    lena: Staff, nia: Staff, tom: Staff, chair: Chair, prescription: Prescription
) -> None:
    change(lena, watch_min=90, during_every_min=20, after_every_min=30, overdue_min=5)
    change_limits(lena, heart_rate_high_after_medium=130)
    session = start(nia, tom, chair, prescription)
    assert (session.protocol_version, session.limits_version) == ("clinic-iv-1", "clinic-limits-1")
    change(lena, watch_min=30, during_every_min=10, overdue_min=1)
    change_limits(lena, heart_rate_high_after_medium=110)
    session.refresh_from_db()
    assert planned_due_minutes(session) == [0, 20, 40, 70, 100, 130]
    assert watch_minutes(session) == 130
    assert protocol_of(session).overdue_min == 5
    reading = vitals(session, nia, 10, heart_rate=125)
    assert not reading.alerts.exists()
    assert vitals(session, nia, 20, heart_rate=131).alerts.get().limit == "130"


def test_a_session_begun_under_the_shipped_default_keeps_it(
    session: TreatmentSession, nia: Staff, lena: Staff
) -> None:
    change(lena, watch_min=90)
    change_limits(lena, heart_rate_high_after_medium=160)
    assert protocol_of(session) == SHIPPED["iv"]
    assert alert_limits_of(session) == DEFAULT_ALERTS
    assert vitals(session, nia, 10, heart_rate=121).alerts.exists()


def test_the_gate_measures_by_the_clinics_own_start_line(
    lena: Staff, nia: Staff, tom: Staff, chair: Chair, prescription: Prescription
) -> None:
    change(lena, start_systolic=120, start_diastolic=75)
    with pytest.raises(RuleBroken) as broken:
        start(nia, tom, chair, prescription)
    (error,) = broken.value.errors
    assert (error.code, error.limit, error.value) == ("bp_above_start_limit", "120/75", "128/79")


def test_the_check_ins_follow_the_protocol_of_the_session(
    lena: Staff, nia: Staff, tom: Staff, chair: Chair, prescription: Prescription
) -> None:
    change(lena, windows=(window(4, 2, 10, ("mood_0_10", "gad7")),))
    session = start(nia, tom, chair, prescription)
    asked = session.check_in_requests.get()
    assert (asked.slot, asked.instruments) == ("4h", ["mood_0_10", "gad7"])


def test_the_discharge_list_leaves_out_what_the_clinic_does_not_ask(
    lena: Staff, course: TreatmentCourse, nia: Staff
) -> None:
    version = change(lena, asks_leaflet=False, asks_escort=False)
    session = make_session(course, nia, protocol=version)
    asked = {check.code for check in discharge_checks(session, at(100)())}
    assert {"steady", "suicide_asked"} <= asked
    assert not asked & {"leaflet", "escort_present"}


def test_a_session_knows_its_protocol_without_a_query(
    lena: Staff, course: TreatmentCourse, nia: Staff, django_assert_num_queries: Any
) -> None:
    session = make_session(
        course,
        nia,
        protocol=change(lena, watch_min=90),
        alert_limits=change_limits(lena, heart_rate_low_both_medium=45),
    )
    protocol_of(session), alert_limits_of(session)
    with django_assert_num_queries(0):
        assert protocol_of(session).watch_min == 90
        assert thresholds(alert_limits_of(session))["heart_rate_low_both_medium"] == 45
    with django_assert_num_queries(2):
        protocol_in_force(lena.clinic_id, "iv"), alert_limits_in_force(lena.clinic_id)


def test_a_line_left_out_calls_nobody_but_a_high_line_stays(
    lena: Staff, course: TreatmentCourse, nia: Staff
) -> None:
    version = change_limits(lena, heart_rate_low_both_medium=None)
    session = make_session(course, nia, alert_limits=version)
    assert not vitals(session, nia, 10, heart_rate=40).alerts.exists()
    with pytest.raises(RuleBroken) as broken:
        change_limits(lena, spo2_low_both_high=None)
    assert codes(broken.value) == {("spo2_low_both_high", "required")}
    with pytest.raises(RuleBroken) as broken:
        change_limits(lena, pulse=70)
    assert codes(broken.value) == {("pulse", "unknown_choice")}


def test_an_order_is_judged_by_the_clinics_own_band(
    lena: Staff, dr_patel: Staff, course: TreatmentCourse
) -> None:
    change(lena, mg_per_kg_high=Decimal("0.6"))
    order = {
        "drug": "ketamine",
        "route": "iv",
        "mg_per_kg": Decimal("0.61"),
        "infusion_minutes": 40,
        "vial_mg_per_ml": Decimal(10),
        "bag_volume_ml": Decimal(50),
        "valid_until": date(2026, 12, 31),
    }
    with pytest.raises(RuleBroken) as broken:
        prescribe(by=dr_patel, course=course, values=order, clock=at(0))
    (error,) = broken.value.errors
    assert (error.code, error.limit) == ("outside_band", "0.3–0.6 mg/kg")
    inside = order | {"mg_per_kg": Decimal("0.6")}
    assert prescribe(by=dr_patel, course=course, values=inside, clock=at(0)).pk


@pytest.mark.parametrize(("weight", "is_asked"), [("74.5", False), ("74.6", True)])
def test_a_weight_is_asked_about_at_the_clinics_own_change(
    lena: Staff, weight: str, is_asked: bool
) -> None:
    change(lena, weight_ask_percent=3)
    protocol = protocol_in_force(lena.clinic_id, "iv")
    assert (protocol.weight_change(Decimal(weight), Decimal("72.4")) is not None) == is_asked


def test_the_red_line_of_the_chart_is_the_limit_of_the_session(
    lena: Staff, course: TreatmentCourse, nia: Staff
) -> None:
    version = change_limits(lena, systolic_high_both_high=170)
    session = make_session(course, nia, alert_limits=version)
    assert flowsheet_data(session, at(10)()).limits.systolic_high == 170
    assert flowsheet_data(make_session(course, nia), at(10)()).limits.systolic_high == 180


@pytest.mark.parametrize(("minute", "is_overdue"), [(14.9, False), (15, True)])
def test_a_reading_is_overdue_at_the_sessions_own_minutes(
    lena: Staff, course: TreatmentCourse, nia: Staff, chair: Chair, minute: float, is_overdue: bool
) -> None:
    version = change(lena, overdue_min=5)
    session = make_session(course, nia, protocol=version, chair=chair)
    vitals(session, nia, 0, systolic=128, diastolic=79)
    (card,) = chair_board(lena.clinic, at(minute)()).cards
    assert (card.overdue_min > 0) == is_overdue
