"""States of a patient's page: silence, a session in the chair, what is drawn once, alerts first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from reports.dashboards import timeline
from reports.dashboards.timeline_charts import multiples_svg, timeline_svg
from reports.dashboards.timeline_page import timeline_page
from sessions_app.models import Alert, AlertEvent, Patient, Staff, TreatmentCourse
from tests.conftest import START
from tests.reports.invented import devices, request, responds, score

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_same_picture_is_drawn_once_and_a_new_answer_draws_it_anew(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reports.charts import multiples, timeline_chart

    cache.clear()
    drawn: list[str] = []
    for module in (multiples, timeline_chart):
        write = module.to_svg
        monkeypatch.setattr(
            module, "to_svg", lambda *a, _w=write, **k: drawn.append(k["prefix"]) or _w(*a, **k)
        )

    def look() -> str:
        seen = timeline(dr_patel, course.patient)
        return timeline_svg(seen, "all") + multiples_svg(seen)

    responds(course, nia, START, days_ok=3)
    responds(course, nia, START + 9 * DAY, days_ok=3)
    assert look() == look()
    assert drawn == ["timeline", "multiples"]
    with translation.override("es"):
        look()
    assert len(drawn) == 4
    score(course.patient, START + 13 * DAY, 3)
    look()
    assert drawn[4:] == ["timeline", "multiples"]


def test_two_weeks_without_an_answer_are_said_with_the_way_to_the_list(
    client: Client,
    course: TreatmentCourse,
    nia: Staff,
    dr_patel: Staff,
    lena: Staff,
    time_machine: Any,
) -> None:
    def page(person: Staff, at: datetime) -> str:
        time_machine.move_to(at, tick=False)
        client.force_login(person)  # half a day ends every log-in
        return client.get(f"/patients/{course.patient.pk}/").content.decode()

    session = responds(course, nia, START, days_ok=3)
    request(session, "24h", START + DAY, answered=False)
    assert "No answer since" not in page(dr_patel, START + 17 * DAY - HOUR)
    request(session, "14d", START + 14 * DAY, answered=False)
    later = page(dr_patel, START + 18 * DAY)
    assert "No answer since 5 Mar 2026 (15 days). Asked 1 time since." in later
    assert ">Who has not answered<" in later
    assert ">Who has not answered<" not in page(lena, START + 18 * DAY)


def test_the_chip_says_for_how_long_the_session_in_the_chair_has_run(
    as_patel: Client, course: TreatmentCourse, nia: Staff, maya: Patient, time_machine: Any
) -> None:
    devices(course, nia, START)
    time_machine.move_to(START + timedelta(minutes=52), tick=False)
    text = as_patel.get(f"/patients/{maya.pk}/").content.decode()
    assert "0:52" in text
    # Nobody has been asked after the dose yet, so nothing is missing.
    assert "no answer after the dose" not in text


def test_the_most_urgent_open_alert_stands_first(
    course: TreatmentCourse, dr_patel: Staff, nia: Staff
) -> None:
    patient = course.patient
    facts = {"clinic": patient.clinic, "patient": patient}
    for days, level, code in ((0, "high", "suicide_item"), (1, "medium", "mood_fall")):
        Alert.objects.create(level=level, code=code, raised_at=START + days * DAY, **facts)
    Alert.objects.create(level="low", code="check_in_missed", raised_at=START + 2 * DAY, **facts)
    shown = timeline_page(timeline(dr_patel, patient))["alert_lines"]
    assert [line["alert"].level for line in shown] == ["high", "medium", "low"]


def test_a_closed_alert_says_how_by_whom_and_when(
    as_patel: Client, course: TreatmentCourse, dr_patel: Staff
) -> None:
    facts = {"clinic": course.patient.clinic}
    alert = Alert.objects.create(
        patient=course.patient, level="high", code="suicide_item", raised_at=START, **facts
    )
    AlertEvent.objects.create(
        alert=alert, kind="closed", outcome="spoke_plan", by=dr_patel, at=START + HOUR, **facts
    )
    page = as_patel.get(f"/patients/{course.patient.pk}/").content.decode()
    assert "closed: Spoke with the patient: safety plan renewed, Dr Asha Patel, 2 Mar 2026" in page


def test_a_course_that_ended_long_ago_is_shown_whole_and_a_present_one_by_eight_weeks(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff, as_patel: Client
) -> None:
    def chosen() -> str:
        answer = as_patel.get(f"/patients/{course.patient_id}/")
        return str(answer.context["weeks"])

    assert chosen() == "8"
    responds(course, nia, timezone.now() - timedelta(weeks=30), days_ok=3)
    assert chosen() == "all"
    score(course.patient, timezone.now() - timedelta(weeks=7), 3)
    assert chosen() == "8"
    assert as_patel.get(f"/patients/{course.patient_id}/?weeks=4").context["weeks"] == "4"
