"""The nurse's chart comes from the rows as they stand: nothing struck, nothing invented."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template

from reports.dashboards.flowsheet import flowsheet_data
from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.models import SideEffect, SideEffectChange, Staff, TreatmentSession, VitalReading
from tests.conftest import START, TreatmentCourse
from tests.reports.invented import devices, dose_event, infusion, sign, strike
from tests.sessions_app.chairside_people import ONDANSETRON, at


def reading(session: TreatmentSession, minute: float, **values: Any) -> VitalReading:
    at = START + timedelta(minutes=minute)
    facts = {"systolic": 128, "diastolic": 82} | values
    return VitalReading.objects.create(
        clinic=session.clinic, session=session, taken_at=at, recorded_at=at, **facts
    )


def effect(session: TreatmentSession, minute: float, code: str, **facts: Any) -> SideEffect:
    at = START + timedelta(minutes=minute)
    return SideEffect.objects.create(
        clinic=session.clinic,
        session=session,
        code=code,
        grade="mild",
        taken_at=at,
        recorded_at=at,
        **facts,
    )


def change(row: SideEffect, minute: float, kind: str, grade: str = "") -> SideEffectChange:
    at = START + timedelta(minutes=minute)
    return SideEffectChange.objects.create(
        clinic=row.clinic, effect=row, kind=kind, grade=grade, taken_at=at, recorded_at=at
    )


def drawn(session: TreatmentSession) -> str:
    return Template("{% load charts %}{% flowsheet session %}").render(
        Context({"session": session})
    )


def test_struck_rows_are_not_drawn(session: TreatmentSession, nia: Staff) -> None:
    reading(session, 0, systolic=131)
    strike(reading(session, 10, systolic=231), "reading", nia)
    strike(effect(session, 12, "nausea"), "effect", nia)
    data = flowsheet_data(session, START + timedelta(minutes=20))
    assert [point.systolic for point in data.readings] == [131]
    assert data.effects == ()
    slip = dose_event(session, "stop", START + timedelta(minutes=5))
    strike(slip, "dose_event", nia)
    row = effect(session, 12, "dizziness")
    strike(change(row, 13, "resolved"), "effect_change", nia)
    data = flowsheet_data(session, START + timedelta(minutes=20))
    assert [band.end_min for band in data.dose] == [None]
    assert [bar.end_min for bar in data.effects] == [None]
    assert "Highest blood pressure 131/82." in drawn(session)


def test_a_pause_leaves_a_gap_in_the_dose(course: TreatmentCourse, nia: Staff) -> None:
    session = infusion(course, nia, START)
    dose_event(session, "pause", START + timedelta(minutes=10))
    dose_event(session, "resume", START + timedelta(minutes=15))
    bands = flowsheet_data(session, START + timedelta(hours=1)).dose
    assert [(band.start_min, band.end_min) for band in bands] == [(0, 10), (15, 40)]


def test_devices_are_points_with_their_milligrams(course: TreatmentCourse, nia: Staff) -> None:
    session = devices(course, nia, START, count=3)
    data = flowsheet_data(session, START + timedelta(minutes=30))
    assert [(point.minute, point.label) for point in data.dose_points] == [
        (0, "28 mg"),
        (5, "28 mg"),
        (10, "28 mg"),
    ]


def test_an_effect_has_its_grades_and_its_length(session: TreatmentSession) -> None:
    row = effect(session, 16, "dizziness")
    change(row, 20, "worse", "severe")
    change(row, 30, "better", "mild")
    change(row, 46, "resolved")
    effect(session, 18, "other", other_text="hiccups")
    first, second = flowsheet_data(session, START + timedelta(minutes=50)).effects
    assert first.grade_steps == ((16, 1), (20, 3), (30, 1))
    assert (first.end_min, first.text) == (46, "severe, 30 min, resolved")
    assert (second.end_min, second.text) == (None, "mild, ongoing")


def test_a_signed_session_has_no_now(session: TreatmentSession, nia: Staff) -> None:
    now = START + timedelta(minutes=7)
    assert flowsheet_data(session, now).now_min == 7
    assert flowsheet_data(session, now + timedelta(days=2)).now_min is None
    sign(session, nia)
    assert flowsheet_data(session, now).now_min is None


def test_minutes_are_elapsed_even_when_the_clocks_change(
    course: TreatmentCourse, nia: Staff
) -> None:
    # Berlin skips 02:00 to 03:00 on this night: 01:50 and 03:10 local are 20 minutes apart.
    start = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
    session = infusion(course, nia, start)
    VitalReading.objects.create(
        clinic=session.clinic,
        session=session,
        systolic=140,
        taken_at=start + timedelta(minutes=20),
        recorded_at=start,
    )
    assert flowsheet_data(session, start).readings[0].minute == 20


def test_an_empty_session_draws_its_frame(session: TreatmentSession) -> None:
    svg = drawn(session)
    assert svg.startswith("<svg")
    assert "First reading: baseline" in svg
    assert "style=" not in svg


def test_typed_words_are_escaped(session: TreatmentSession) -> None:
    effect(session, 5, "other", other_text="<script>alert(1)</script>")
    assert "<script" not in drawn(session)


def test_a_failing_chart_gives_way_to_a_sentence(
    session: TreatmentSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> str:
        raise ValueError("no ink")

    monkeypatch.setattr("reports.dashboards.flowsheet.flowsheet_svg", broken)
    assert "The chart could not be drawn. The numbers are below." in drawn(session)


def test_queries_do_not_grow_with_the_rows(
    session: TreatmentSession, django_assert_num_queries: Any
) -> None:
    now = START + timedelta(hours=2)
    for minute in range(5):
        reading(session, minute)
    with django_assert_num_queries(7):
        flowsheet_data(session, now)
    for minute in range(5, 50):
        reading(session, minute, spo2=Decimal(97))
        change(effect(session, minute, "nausea"), minute + 1, "resolved")
    with django_assert_num_queries(7):
        flowsheet_data(session, now)


def test_the_sparkline_tag_draws_a_line() -> None:
    markup = Template("{% load charts %}{% sparkline points 180 'Systolic' %}").render(
        Context({"points": [120, None, 150]})
    )
    assert re.search(r'<svg[^>]*aria-label="Systolic"', markup)


def test_medicines_and_ratings_stand_on_the_same_clock(
    session: TreatmentSession, nia: Staff
) -> None:
    by = {"by": nia, "session": session, "write_key": None}
    record_medication(medicine=ONDANSETRON, clock=at(20), **by)
    slip = record_rating(scale="clinic_0_4", score=4, clock=at(25), **by)
    record_rating(scale="clinic_0_4", score=3, clock=at(30), **by)
    strike(slip, "rating", nia)
    data = flowsheet_data(session, at(40)())
    given = [(mark.minute, mark.label) for mark in data.medications]
    assert given == [(20, "Ondansetron 4\u00a0mg")]
    assert [(mark.minute, mark.label) for mark in data.ratings] == [(30, "3")]
    svg = drawn(session)
    assert "Ondansetron 4" in svg
    assert svg.count(">3</text>") == 1
