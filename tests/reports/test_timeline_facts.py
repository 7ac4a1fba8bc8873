"""What stands at the side of a patient's page and what is counted on it: nothing that is not so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from reports.dashboards import timeline
from reports.dashboards.evidence import evidence_of
from reports.dashboards.timeline_charts import multiples_svg
from reports.dashboards.timeline_page import session_words, timeline_page
from sessions_app.models import (
    Patient,
    SideEffect,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import START, make_session
from tests.reports.invented import infusion, request, responds, score, strike

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def facts(patient: Patient, by: Staff) -> dict[str, tuple[str, str]]:
    found = timeline_page(timeline(by, patient))["facts"]
    return {fact.label: (fact.value, fact.note) for fact in found}


def pressure(session: TreatmentSession, systolic: int, diastolic: int, minutes: int) -> None:
    assert session.dose_started_at is not None
    at = session.dose_started_at + timedelta(minutes=minutes)
    VitalReading.objects.create(
        clinic=session.clinic,
        session=session,
        systolic=systolic,
        diastolic=diastolic,
        taken_at=at,
        recorded_at=at,
    )


def does_not_respond(course: TreatmentCourse, by: Staff, start: Any) -> TreatmentSession:
    session = infusion(course, by, start)
    score(course.patient, start - HOUR, 2)
    score(course.patient, start + 2 * HOUR, 3)
    return session


def test_only_a_check_in_that_was_asked_in_vain_is_missed(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    session = responds(course, nia, START, days_ok=3)
    gone = request(session, "7d", START + 7 * DAY, answered=False)
    request(session, "3d", START + 3 * DAY, answered=True)
    request(session, "14d", START + 14 * DAY, answered=False, cancelled_at=START + 8 * DAY)
    # Its window is open: it may still be answered.
    request(session, "21d", timezone.now(), answered=False)
    seen = timeline(dr_patel, course.patient)
    assert list(seen.missed) == [gone]
    assert (seen.answered, seen.asked) == (1, 2)


def test_a_struck_side_effect_is_in_no_line(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    session = responds(course, nia, START, days_ok=3)
    at = {"taken_at": START + HOUR, "recorded_at": START + HOUR}
    for code in ("nausea", "vomiting"):
        effect = SideEffect.objects.create(
            clinic=session.clinic, session=session, code=code, grade="mild", **at
        )
    strike(effect, "effect", nia)
    (line,) = timeline(dr_patel, course.patient).sessions
    assert session_words(line).effects == "Nausea mild, end not recorded"


def test_the_highest_pressure_is_that_of_any_session_and_says_when_the_limit_was_reached(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    sessions = [infusion(course, nia, START + k * 14 * DAY) for k in range(3)]
    for session, systolic in zip(sessions, (150, 179, 140), strict=True):
        pressure(session, systolic, 90, 40)
    assert timeline(dr_patel, course.patient).pressure_limit == 180
    assert facts(course.patient, dr_patel)["Highest BP, any session"] == (
        "179/90",
        "Session 2. Always below 180.",
    )
    pressure(sessions[0], 180, 95, 50)
    assert facts(course.patient, dr_patel)["Highest BP, any session"] == (
        "180/95",
        "Session 1. 180 or more in 1 of 3 sessions.",
    )


def test_the_panel_says_after_how_many_sessions_relief_was_seen(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    responds(course, nia, START, days_ok=3)
    score(course.patient, START + 9 * DAY, 2)
    does_not_respond(course, nia, START + 20 * DAY)
    responds(course, nia, START + 40 * DAY, days_ok=3)
    # Still in relief at this dose, and nobody answered after the one that follows it.
    infusion(course, nia, START + 43 * DAY)
    score(course.patient, START + 45 * DAY, 8)
    infusion(course, nia, START + 80 * DAY)
    panel = facts(course.patient, dr_patel)
    value, note = panel["Time to relief, median"]
    assert note == (
        "Between two check-ins, so a range. Relief seen after 2 of 3 sessions with answers. "
        "Still in relief at the dose: 1 more."
    )
    # The newest session is not among them: no claim about "the last two sessions".
    assert panel["Relief lasted, last 2 sessions with relief"][0] == "> 2\u00a0d"
    assert value == "≤ 2\u00a0h"


def test_a_panel_of_a_session_says_that_it_brought_no_relief_or_no_answer(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    does_not_respond(course, nia, START)
    infusion(course, nia, START + 30 * DAY)
    picture = multiples_svg(timeline(dr_patel, course.patient))
    assert picture.count(">no relief seen<") == 1
    assert picture.count(">no answers<") == 1


def test_after_a_session_without_relief_the_newest_relief_is_told_with_it(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    responds(course, nia, START, days_ok=3)
    responds(course, nia, START + 20 * DAY, days_ok=5)
    score(course.patient, START + 27 * DAY, 2)
    does_not_respond(course, nia, START + 40 * DAY)
    headline = timeline_page(timeline(dr_patel, course.patient))["headline"]
    assert headline == "No relief was seen after session 3; after session 2 it was 4–7\u00a0d."


def test_a_course_with_a_dose_that_is_not_known_has_no_total(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    infusion(course, nia, START)
    # The bag still runs: nobody knows yet how much was given.
    make_session(course, nia, START + 20 * DAY)
    evidence = evidence_of(timeline(dr_patel, course.patient))
    assert evidence is not None
    (given,) = evidence.given
    assert (given.sessions, given.total_mg) == (2, None)
    assert (given.least_mg, given.most_mg) == (36, 36)
