"""Kept episodes: equal to what is derived from the record, and anew once a record has changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from reports import derived, frames
from reports.columns import can_use_adbc, read_columns
from reports.dashboards import intervals_ahead, outcomes
from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcome_selection import answered_of, requests_of
from reports.derived_frames import KINDS, in_order
from reports.episodes import derive_counted
from reports.models import DerivedEpisode, DerivedPatient
from reports.mood_change import changes_after
from reports.response_rule import ResponseRule
from reports.treatment_policy import whole_course_relief
from sessions_app.models import Clinic, InstrumentScore, Patient, RecordVersion, Staff
from sessions_app.models import TreatmentSession as Session
from tests.conftest import START, make_course
from tests.reports.invented import infusion, random_clinic, request, score, sign

MOOD = ResponseRule.for_instrument("mood_0_10")


def with_versions(people: list[Patient]) -> list[Patient]:
    for patient in people:
        RecordVersion.objects.update_or_create(patient=patient, defaults={"version": 3})
    return people


def from_the_record(northside: Clinic, rule: ResponseRule = MOOD) -> tuple[Any, ...]:
    sessions, left_out = frames.counted_sessions(Session.objects.filter(clinic=northside))
    check_ins = frames.check_ins_frame(frames.scores_of(northside.pk, rule.instrument))
    episodes, quality = derive_counted(sessions, check_ins, rule)
    changes = changes_after(sessions, check_ins, rule)
    return (
        episodes,
        vars(quality),
        left_out,
        changes,
        whole_course_relief(sessions, check_ins, rule),
    )


def assert_kept_equals_the_record(northside: Clinic) -> None:
    episodes, quality, left_out, changes, through = from_the_record(northside)
    kept = derived.kept(northside.pk, MOOD)
    pd.testing.assert_frame_equal(kept.episodes, episodes)
    assert (kept.quality, kept.left_out) == (quality, left_out)
    pd.testing.assert_frame_equal(
        kept.changes.reset_index(drop=True), changes.reset_index(drop=True), check_dtype=False
    )
    for name, values in vars(through).items():
        np.testing.assert_array_equal(getattr(kept.through, name), values, err_msg=name)
    sessions, _ = frames.counted_sessions(Session.objects.filter(clinic=northside))
    by_id = sessions.sort_values("session_id").reset_index(drop=True)
    mine = kept.sessions.sort_values("session_id").reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, by_id, check_dtype=False)


@pytest.fixture
def people(northside: Clinic, nia: Staff) -> list[Patient]:
    people = with_versions(random_clinic(northside, nia, 9, sessions=3))
    odd = people[0]
    score(odd, START + timedelta(days=2), 7)
    score(odd, START + timedelta(days=2), 4)
    score(odd, START + timedelta(days=2), 4)
    sign(infusion(make_course(odd), nia, START + timedelta(days=90)), nia, "not_started")
    return people


def test_kept_rows_equal_what_is_derived_from_the_whole_record(
    northside: Clinic, elsewhere: Clinic, people: list[Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived, "BATCH", 4)
    assert derived.refresh(northside.pk, MOOD) == len(people)
    assert derived.refresh(northside.pk, MOOD) == 0
    assert_kept_equals_the_record(northside)
    assert derived.kept(northside.pk, MOOD).quality["conflicting_scores"] == 1
    assert derived.kept(northside.pk, MOOD).left_out.not_started == 1
    assert len(derived.kept(elsewhere.pk, MOOD).episodes) == 0


def test_only_the_patient_whose_record_changed_is_made_anew(
    northside: Clinic, nia: Staff, people: list[Patient]
) -> None:
    derived.refresh(northside.pk, MOOD)
    kept_rows = set(DerivedEpisode.objects.values_list("pk", flat=True))
    patient = people[4]
    score(patient, START + timedelta(days=200), 9)
    infusion(make_course(patient), nia, START + timedelta(days=199))
    RecordVersion.objects.filter(patient=patient).update(version=4)
    assert derived.stale(northside.pk, MOOD) == [patient.pk]
    assert derived.refresh(northside.pk, MOOD) == 1
    assert_kept_equals_the_record(northside)
    own = DerivedEpisode.objects.filter(patient_id=str(patient.pk))
    assert own.count() == 4
    assert kept_rows & set(own.values_list("pk", flat=True)) == set()
    assert len(kept_rows & set(DerivedEpisode.objects.values_list("pk", flat=True))) == 24


def test_new_definitions_make_every_row_old(northside: Clinic, people: list[Patient]) -> None:
    derived.refresh(northside.pk, MOOD)
    DerivedPatient.objects.filter(patient=people[0]).update(rule="those of before")
    assert derived.stale(northside.pk, MOOD) == [people[0].pk]
    stricter = ResponseRule.for_instrument("mood_0_10", confirm_loss=2)
    assert derived.is_kept(MOOD)
    assert not derived.is_kept(stricter)


def test_the_command_makes_them_for_every_clinic(northside: Clinic, people: list[Patient]) -> None:
    said = StringIO()
    call_command("refresh_episodes", "--instrument", "mood_0_10", stdout=said)
    assert "mood_0_10: 9 patients" in said.getvalue()
    assert DerivedPatient.objects.count() == 9


@pytest.fixture
def committed(transactional_db: None, northside: Clinic, nia: Staff) -> Iterator[Clinic]:
    with_versions(random_clinic(northside, nia, 4, sessions=2))
    derived.refresh(northside.pk, MOOD)
    yield northside


def test_adbc_and_the_cursor_give_the_same_columns(committed: Clinic) -> None:
    rows = DerivedEpisode.objects.filter(clinic=committed).order_by("pk")
    assert can_use_adbc(), connection.settings_dict["NAME"]
    fast, plain = (read_columns(rows, KINDS, through_adbc=way) for way in (True, False))
    assert len(fast) == 8
    pd.testing.assert_frame_equal(fast, plain)
    none = DerivedEpisode.objects.filter(clinic=committed, instrument="WHO-5")
    assert len(read_columns(none, KINDS, through_adbc=True)) == 0
    scores = InstrumentScore.objects.filter(clinic=committed).order_by("pk")
    kinds: dict[str, Any] = {"instrument": "word", "score": "float"}
    fast, plain = (read_columns(scores, kinds, through_adbc=way) for way in (True, False))
    pd.testing.assert_frame_equal(fast, plain)


def test_whoever_reads_columns_leaves_the_log_of_the_others_alone(committed: Clinic) -> None:
    """Two SQLites in one process do not see each other's locks: the log would be gone."""
    if connection.vendor != "sqlite":
        pytest.skip("a server keeps its own log")
    log = Path(f"{connection.settings_dict['NAME']}-wal")
    rows = DerivedEpisode.objects.filter(clinic=committed)
    committed.save()
    before = (log.stat().st_ino, log.stat().st_size)
    assert len(read_columns(rows, KINDS, through_adbc=True)) == 8
    assert (log.stat().st_ino, log.stat().st_size) == before
    assert "adbc_driver_sqlite" not in sys.modules


def test_requests_are_counted_alike_through_adbc_and_the_cursor(
    committed: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = Session.objects.filter(clinic=committed).order_by("pk")
    for day, answered in ((1, True), (2, False)):
        request(first, f"{day}d", START + timedelta(days=day), answered=answered)
    request(second, "1d", START + timedelta(days=1), answered=True)
    request(first, "3d", timezone.now(), answered=True)  # its window is open
    counts = {"asked": 2, "answered": 1}
    for is_large in (True, False):
        monkeypatch.setattr(derived, "MANY", 0 if is_large else 2_000)
        rows = requests_of(committed.pk, is_large=is_large)
        assert answered_of(rows, pd.Series([str(first.pk)])) == counts
        assert answered_of(rows, pd.Series([], dtype="str")) == {"asked": 0, "answered": 0}


def test_simultaneous_sessions_come_by_their_id() -> None:
    rows = pd.DataFrame(
        {
            "patient_id": ["b", "a", "a", "a"],
            "session_id": ["1", "9", "2", "3"],
            "start_us": [1, 5, 5, 4],
        }
    ).astype({"patient_id": "str", "session_id": "str"})
    assert list(in_order(rows)["session_id"]) == ["3", "2", "9", "1"]
    nameless = rows.drop(columns="session_id").assign(id=[10, 11, 12, 13])
    names = dict(zip(nameless["id"], rows["session_id"], strict=True))
    ordered = in_order(nameless, lambda some: [names[one] for one in some["id"]])
    assert list(ordered["id"]) == [13, 12, 11, 10]


def test_only_a_large_analysis_waits_for_what_is_new(
    northside: Clinic, nia: Staff, remy: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = with_versions(random_clinic(northside, nia, 12, sessions=1))

    def looks() -> list[int]:
        found = [outcomes(remy, OutcomeFilter(compare="sessions"))]
        infusion(make_course(people[0]), nia, START + timedelta(days=40 + len(people)))
        RecordVersion.objects.filter(patient=people[0]).update(version=F("version") + 1)
        found.append(outcomes(remy, OutcomeFilter(compare="sessions")))
        return [one.numbers["sessions"] for one in found]

    assert looks() == [12, 13]
    cache.clear()
    monkeypatch.setattr(intervals_ahead, "MOST_SESSIONS", 5)
    assert looks() == [13, 13]


def test_what_is_read_as_numbers_says_the_same(northside: Clinic, people: list[Patient]) -> None:
    derived.refresh(northside.pk, MOOD)
    kept, numbered = (read(northside.pk, MOOD) for read in (derived.kept, derived.kept_numbered))
    found = numbered.episodes.assign(patient_id=numbered.patients[numbered.episodes["patient_id"]])
    for name in found:
        pairs = zip(found[name].astype(object), kept.episodes[name].astype(object), strict=True)
        assert all(mine == theirs or (pd.isna(mine) and pd.isna(theirs)) for mine, theirs in pairs)
    names = derived.session_names(numbered.sessions["id"])
    assert list(names) == list(kept.sessions["session_id"])
    assert list(numbered.sessions["session_start"]) == list(kept.sessions["session_start"])
    np.testing.assert_array_equal(numbered.changes, kept.changes.drop(columns="session_id"))
    assert (numbered.quality, numbered.left_out) == (kept.quality, kept.left_out)
