"""One patient's course: the weakest true claim, every session's line, and nobody else's patient."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from reports import frames
from reports.dashboards import timeline
from reports.dashboards.timeline_charts import multiples_svg, relief_levels, timeline_svg
from reports.dashboards.timeline_page import session_words, timeline_page
from sessions_app.models import (
    Alert,
    AuditEvent,
    InstrumentScore,
    Patient,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import START, make_course, make_session
from tests.reports.invented import devices, infusion, request, responds, score, sign, strike

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_session_line_says_what_was_given_seen_and_felt(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    session = responds(course, nia, START, days_ok=7)
    for minute, systolic, diastolic in ((0, 128, 79), (40, 166, 97), (60, 150, 99)):
        at = START + timedelta(minutes=minute)
        VitalReading.objects.create(
            clinic=session.clinic,
            session=session,
            systolic=systolic,
            diastolic=diastolic,
            taken_at=at,
            recorded_at=at,
        )
    slip = VitalReading.objects.create(
        clinic=session.clinic, session=session, systolic=266, taken_at=START, recorded_at=START
    )
    strike(slip, "reading", nia)
    effect = SideEffect.objects.create(
        clinic=session.clinic,
        session=session,
        code="dissociation",
        grade="mild",
        taken_at=START + timedelta(minutes=10),
        recorded_at=START,
    )
    changes = (
        (15, "worse", "severe"),
        (17, "resolved", ""),
        (20, "worse", "moderate"),
        (41, "resolved", ""),
    )
    for minute, kind, grade in changes:
        row = SideEffectChange.objects.create(
            clinic=session.clinic,
            effect=effect,
            kind=kind,
            grade=grade,
            taken_at=START + timedelta(minutes=minute),
            recorded_at=START,
        )
        if minute < 20:
            strike(row, "effect_change", nia)
    sign(session, nia)
    responds(course, nia, START + 8 * DAY, days_ok=1)
    seen = timeline(dr_patel, course.patient)
    first = seen.sessions[-1]
    assert (first.number, first.dose_mg, first.peak) == (1, Decimal(36), (166, 97))
    words = session_words(first)
    assert words.effects == "Dissociation moderate, 31 min"
    assert (words.began, words.lasted) == ("≤ 2\u00a0h", "6–8\u00a0d")
    assert words.note == ""
    assert seen.highest_pressure is first


def test_relief_cut_off_by_the_next_session_is_longer_than(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    responds(course, nia, START, days_ok=8)
    second = infusion(course, nia, START + 9 * DAY)
    sign(second, nia)
    lines = timeline(dr_patel, course.patient).sessions
    assert session_words(lines[1]).lasted == "> 7\u00a0d"


def test_what_is_no_treatment_has_no_number_and_says_why(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    responds(course, nia, START, days_ok=1)
    sign(infusion(course, nia, START + 2 * DAY), nia, "wrong_patient")
    make_session(
        course,
        nia,
        START + 3 * DAY,
        origin="import",
        documented_dose_mg=Decimal("40"),
        external_id="old-1",
    )
    imported, wrong, _first = timeline(dr_patel, course.patient).sessions
    assert (wrong.number, session_words(wrong).note) == (None, "recorded on the wrong patient")
    assert (imported.number, imported.dose_mg) == (2, Decimal(40))
    assert session_words(imported).note == "imported"


def test_the_page_has_its_parts(
    as_patel: Client, course: TreatmentCourse, nia: Staff, maya: Patient
) -> None:
    first = responds(course, nia, START, days_ok=3)
    sign(first, nia)
    running = devices(course, nia, START + 14 * DAY)
    score(maya, START - HOUR, 21, "phq9")
    score(maya, START + 14 * DAY - HOUR, "10.5", "phq9", is_prorated=True)
    request(first, "7d", START + 7 * DAY, answered=False)
    request(first, "3d", START + 3 * DAY, answered=True)
    Alert.objects.create(
        clinic=maya.clinic, patient=maya, level="medium", code="suicide_item", raised_at=START
    )
    text = as_patel.get(f"/patients/{maya.pk}/?weeks=all").content.decode()
    assert 'id="timeline-title"' in text and 'id="multiples-title"' in text
    assert "severe" in text and "moderate (prorated)" in text
    assert "1 of 2 check-ins answered." in text
    assert "Thoughts of death or self-harm" in text
    assert f'href="/s/{running.pk}/"' in text
    assert 'href="#session-2"' in text and 'id="session-2"' in text
    table = as_patel.get(f"/patients/{maya.pk}/table/").content.decode()
    assert 'class="ch"' not in table
    assert "56\u00a0mg" in table


def test_one_session_is_not_enough(
    as_patel: Client, course: TreatmentCourse, nia: Staff, maya: Patient
) -> None:
    responds(course, nia, START, days_ok=3)
    text = as_patel.get(f"/patients/{maya.pk}/").content.decode()
    assert "Not enough to estimate: one session so far." in text
    assert 'id="multiples-title"' not in text


def test_a_patient_without_anything_has_a_page(as_patel: Client, maya: Patient) -> None:
    text = as_patel.get(f"/patients/{maya.pk}/").content.decode()
    assert "No answers and no sessions yet" in text
    assert as_patel.get(f"/api/v1/patients/{maya.pk}/episodes/").json()["episodes"] == []


def test_a_chart_that_fails_gives_way_to_the_numbers(
    as_patel: Client,
    course: TreatmentCourse,
    nia: Staff,
    maya: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    responds(course, nia, START, days_ok=3)

    def broken(*_args: object) -> str:
        raise ValueError("no ink")

    monkeypatch.setattr("reports.dashboards.timeline_charts.timeline_svg", broken)
    text = as_patel.get(f"/patients/{maya.pk}/").content.decode()
    assert "The chart could not be drawn. The numbers are below." in text
    assert '<details class="disclosure" open>' in text


def test_the_relief_line_is_halfway_from_the_start_to_the_best(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    responds(course, nia, START, days_ok=3)
    assert [level for _at, level in relief_levels(timeline(dr_patel, course.patient))] == [6.0]


def test_pain_is_counted_downwards(maya: Patient, nia: Staff, dr_patel: Staff) -> None:
    course = make_course(maya, "chronic_pain")
    for day in (0, 30):
        infusion(course, nia, START + day * DAY)
        score(maya, START + day * DAY - HOUR, 8, "pain_0_10")
        score(maya, START + day * DAY + 2 * HOUR, 5, "pain_0_10")
    seen = timeline(dr_patel, maya)
    assert [e["status"] for e in seen.episodes] == ["response", "response"]
    assert [level for _at, level in relief_levels(seen)] == [pytest.approx(5.6)]
    assert "pain 5" in timeline_svg(seen, "all")
    # The area of relief lies below the line, where pain is lower: y grows downwards.
    picture = multiples_svg(seen)
    assert picture.count("ch-relief ") + picture.count('ch-relief"') >= 2


def test_a_night_without_an_hour_does_not_lengthen_relief(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    # Berlin skips an hour on 29 March: the same clock time a day later is 23 h away.
    start = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    infusion(course, nia, start)
    score(course.patient, start - HOUR, 2)
    score(course.patient, start + 23 * HOUR, 8)
    with timezone.override("Europe/Berlin"):
        seen = timeline(dr_patel, course.patient)
        assert seen.episodes[0]["onset_hi"] == 23.0
        assert session_words(seen.sessions[0]).began == "≤ 23\u00a0h"


def test_the_json_is_what_the_command_says_of_the_same_rows(
    as_patel: Client, course: TreatmentCourse, nia: Staff, maya: Patient, tmp_path: Path
) -> None:
    for day in (0, 9, 20):
        responds(course, nia, START + day * DAY, days_ok=5)
    sessions = frames.sessions_frame(TreatmentSession.objects.filter(patient=maya))
    scores = frames.check_ins_frame(InstrumentScore.objects.filter(patient=maya))
    sessions["session_start"] = sessions["session_start"].map(lambda at: at.isoformat())
    scores["taken_at"] = scores["taken_at"].map(lambda at: at.isoformat())
    sessions.to_csv(tmp_path / "s.csv", index=False)
    scores.to_csv(tmp_path / "c.csv", index=False)
    files = (str(tmp_path / "s.csv"), str(tmp_path / "c.csv"))
    call_command("relief", *files, instrument="mood_0_10", json=tmp_path / "out.json")
    theirs = json.loads((tmp_path / "out.json").read_text())
    ours = as_patel.get(f"/api/v1/patients/{maya.pk}/episodes/").json()
    assert len(ours["episodes"]) == 3
    assert ours["episodes"] == theirs["episodes"]
    assert ours["counts"] == theirs["counts"]


@pytest.mark.parametrize("tail", ["", "table/", "sessions/1/"])
def test_another_clinics_patient_does_not_exist(
    client: Client, maya: Patient, otto: Staff, tail: str
) -> None:
    client.force_login(otto)
    assert client.get(f"/patients/{maya.pk}/{tail}").status_code == 404
    assert client.get(f"/api/v1/patients/{maya.pk}/episodes/").status_code == 404


def test_a_session_number_leads_to_its_record(
    as_patel: Client, course: TreatmentCourse, nia: Staff, maya: Patient
) -> None:
    session = responds(course, nia, START, days_ok=1)
    answer = as_patel.get(f"/patients/{maya.pk}/sessions/1/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/s/{session.pk}/")
    assert as_patel.get(f"/patients/{maya.pk}/sessions/2/").status_code == 404


def test_each_look_leaves_one_line(as_patel: Client, maya: Patient, dr_patel: Staff) -> None:
    for url in (f"/patients/{maya.pk}/", f"/patients/{maya.pk}/table/"):
        before = AuditEvent.objects.filter(by=dr_patel, tag="patient:look", patient=maya).count()
        as_patel.get(url)
        after = AuditEvent.objects.filter(by=dr_patel, tag="patient:look", patient=maya).count()
        assert after == before + 1
    as_patel.get("/patients/")
    assert AuditEvent.objects.filter(by=dr_patel, tag="list:look").count() == 1


def test_a_questionnaire_that_looks_back_before_a_dose_says_so_and_starts_no_relief(
    as_patel: Client, course: TreatmentCourse, nia: Staff, dr_patel: Staff
) -> None:
    infusion(course, nia, START)
    score(course.patient, START - HOUR, 20, "phq9")
    score(course.patient, START + 3 * DAY, 4, "phq9")
    score(course.patient, START + 14 * DAY, 4, "phq9")
    seen = timeline(dr_patel, course.patient)
    assert [line.looks_back for line in seen.scores_of("phq9")] == [None, START, None]
    assert seen.rule.recall_days == 0 and seen.episodes[0]["onset_hi"] is None
    page = as_patel.get(f"/patients/{course.patient.pk}/").content.decode()
    assert page.count("looks back before the dose of") == 1


def test_queries_do_not_grow_with_the_sessions(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff, django_assert_num_queries: Any
) -> None:
    def page() -> None:
        timeline_page(timeline(dr_patel, course.patient))

    for k in range(5):
        busy_session(course, nia, k)
    with django_assert_num_queries(14):
        page()
    for k in range(5, 50):
        busy_session(course, nia, k)
    with django_assert_num_queries(14):
        page()


def busy_session(course: TreatmentCourse, nia: Staff, k: int) -> None:
    """A session on day `k` with a reading, a side effect, an answer, requests and an alert."""
    at = START + k * DAY
    session = infusion(course, nia, at)
    facts = {"clinic": session.clinic, "taken_at": at, "recorded_at": at}
    VitalReading.objects.create(session=session, systolic=120, **facts)
    effect = SideEffect.objects.create(session=session, code="nausea", grade="mild", **facts)
    SideEffectChange.objects.create(effect=effect, kind="resolved", **facts)
    score(course.patient, at + HOUR, 5)
    request(session, f"{k}d", at, answered=k % 2 == 0)
    Alert.objects.create(
        clinic=session.clinic,
        patient=course.patient,
        session=session,
        effect=effect,
        level="medium",
        code="effect_severe",
        value="nausea",
        raised_at=at,
    )
