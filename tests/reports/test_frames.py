"""The ORM ends in frames.py: what is in them, in which units, and what never is."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from django.test.utils import CaptureQueriesContext

from reports import frames
from reports.frame_columns import CHECK_IN_COLUMNS, SESSION_COLUMNS
from sessions_app.models import Clinic, InstrumentScore, Patient, Staff, TreatmentSession
from tests.conftest import START, TreatmentCourse, make_session
from tests.reports.invented import (
    devices,
    dose_event,
    infusion,
    injection,
    random_clinic,
    score,
    sign,
    strike,
)

ALL = TreatmentSession.objects


def test_columns_types_and_utc_microseconds(course: TreatmentCourse, nia: Staff) -> None:
    at = datetime(2026, 3, 29, 3, 30, 0, 123457, tzinfo=ZoneInfo("Europe/Berlin"))
    session = infusion(course, nia, at)
    frame = frames.sessions_frame(ALL.all())
    assert tuple(frame.columns) == SESSION_COLUMNS
    assert str(frame["session_start"].dtype) == "datetime64[us, UTC]"
    assert str(frame["dose_mg"].dtype) == str(frame["weight_kg"].dtype) == "float64"
    row = frame.iloc[0]
    assert row["session_start"] == datetime(2026, 3, 29, 1, 30, 0, 123457, tzinfo=UTC)
    assert (row["patient_id"], row["session_id"]) == (str(session.patient_id), str(session.pk))
    assert (row["dose_mg"], row["weight_kg"], row["route"]) == (36.0, 72.4, "iv")


def test_no_rows_still_have_their_columns_and_types(db: None) -> None:
    sessions = frames.sessions_frame(ALL.all())
    check_ins = frames.check_ins_frame(InstrumentScore.objects.all())
    assert tuple(sessions.columns) == SESSION_COLUMNS
    assert tuple(check_ins.columns) == CHECK_IN_COLUMNS
    assert str(sessions["session_start"].dtype) == "datetime64[us, UTC]"
    assert str(check_ins["taken_at"].dtype) == "datetime64[us, UTC]"


def test_the_dose_is_what_was_given_not_what_was_planned(
    course: TreatmentCourse, nia: Staff
) -> None:
    infusion(course, nia, START, minutes=20)
    shot = injection(course, nia, START + timedelta(days=7), mg="30")
    extra = dose_event(shot, "given", START + timedelta(days=7, minutes=9), amount_mg=Decimal(5))
    strike(extra, "dose_event", nia)
    devices(course, nia, START + timedelta(days=14), count=3)
    make_session(
        course,
        nia,
        START + timedelta(days=21),
        origin="import",
        documented_dose_mg=Decimal("41.5"),
        external_id="x",
    )
    given = frames.sessions_frame(ALL.all())["dose_mg"].tolist()
    assert given == [18.0, 30.0, 84.0, 41.5]


def test_a_running_infusion_has_no_dose_yet(course: TreatmentCourse, nia: Staff) -> None:
    make_session(course, nia)
    assert frames.sessions_frame(ALL.all())["dose_mg"].isna().all()


def test_an_infusion_without_its_bag_does_not_stop_the_report(
    course: TreatmentCourse, nia: Staff
) -> None:
    infusion(course, nia, START, bag_mg=None)
    frame = frames.sessions_frame(ALL.all())
    assert len(frame) == 1
    assert frame["dose_mg"].isna().all()


def test_sessions_that_are_no_treatment_are_left_out_and_counted(
    course: TreatmentCourse, nia: Staff
) -> None:
    kept = infusion(course, nia, START)
    make_session(course, nia, START, route="im", dose_started_at=None)
    struck = make_session(course, nia, START + timedelta(days=1))
    strike(struck.dose_events.get(), "dose_event", nia)
    sign(infusion(course, nia, START + timedelta(days=2)), nia, "not_started")
    sign(infusion(course, nia, START + timedelta(days=3)), nia, "wrong_patient")
    frame, left_out = frames.counted_sessions(ALL.all())
    assert frame["session_id"].tolist() == [str(kept.pk)]
    assert left_out == frames.LeftOut(no_dose=2, not_started=1, wrong_patient=1)


def test_prorated_and_replaced_scores_are_never_used(maya: Patient) -> None:
    first = score(maya, START, 12, "phq9")
    score(maya, START, 14, "phq9", replaces=first)
    score(maya, START + timedelta(days=1), "15.75", "phq9", is_prorated=True)
    frame = frames.check_ins_frame(InstrumentScore.objects.all())
    assert frame["score"].tolist() == [Decimal(14)]
    assert frame["instrument"].tolist() == ["PHQ-9"]


def test_times_keep_their_microsecond(maya: Patient) -> None:
    at = START + timedelta(microseconds=1)
    score(maya, at, 5)
    assert frames.check_ins_frame(InstrumentScore.objects.all())["taken_at"][0] == pd.Timestamp(at)


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_rows(
    northside: Clinic, nia: Staff, django_assert_num_queries: type[CaptureQueriesContext]
) -> None:
    random_clinic(northside, nia, patients=2, sessions=2)
    with django_assert_num_queries(3):  # type: ignore[operator]
        frames.counted_sessions(ALL.all())
    random_clinic(northside, nia, patients=4, sessions=5)
    with django_assert_num_queries(3):  # type: ignore[operator]
        frames.counted_sessions(ALL.all())


def test_a_worker_that_only_records_starts_without_the_heavy_libraries() -> None:
    code = (
        "import config.wsgi, sys; from django.urls import get_resolver; "
        "get_resolver().url_patterns; "
        "print([name for name in ('pandas', 'matplotlib', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
