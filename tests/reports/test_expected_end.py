"""The expected end of a relief: Kaplan-Meier given that it lasted so far, and what is withheld."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from reports.dashboards import timeline
from reports.dashboards.present_relief import PresentRelief, present_relief
from reports.dashboards.present_words import present_words
from reports.expected_end import expected_end
from reports.survival import kaplan_meier
from reports.survival.bootstrap import bootstrap_by_patient
from sessions_app.models import Clinic, Patient, Staff, TreatmentCourse
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import devices, infusion, injection, score, sign

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = [f"p{k}" for k in range(12)]


def test_given_so_far_the_curve_is_that_of_everybody_divided_by_its_height_there() -> None:
    dice = np.random.default_rng(3)
    times = dice.integers(1, 60, 200).astype(float)
    ended = dice.random(200) < 0.7
    who = [f"p{k % 40}" for k in range(200)]
    whole = kaplan_meier(times, ended, tau=60)
    time, surv = np.array(whole["time"]), np.array(whole["surv"])
    for so_far in (0.0, 7.0, 20.0):
        height = 1.0 if so_far == 0 else surv[time <= so_far][-1]
        given = surv[time > so_far] / height
        expected = time[time > so_far][np.flatnonzero(given <= 0.5)[0]]
        found = expected_end(who, times, ended, so_far, minimum=10, seed=1)
        assert found.median == expected
        assert found.quarters[0] == time[time > so_far][np.flatnonzero(given <= 0.75)[0]]
        assert (found.episodes, found.ended) == (
            (times > so_far).sum(),
            ended[times > so_far].sum(),
        )


def test_of_the_published_remissions_a_quarter_of_those_past_ten_weeks_ended_by_week_22() -> None:
    """6-mercaptopurine arm of Freireich and others 1963 (Blood 21:699), as in Kalbfleisch and
    Prentice: S(10) = .753, S(16) = .627, S(22) = .538, S(23) = .448. Given 10 weeks, .833 at 16,
    .714 at 22 and .595 at 23: a quarter by week 22, half never.
    """
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    left = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    weeks = np.array([*ended, *left], float)
    seen = np.array([True] * len(ended) + [False] * len(left))
    who = [f"p{k}" for k in range(21)]
    found = expected_end(who, weeks, seen, 10.0, minimum=10, seed=1)
    assert (found.patients, found.ended) == (13, 4)
    assert (found.quarters, found.median, found.followed_h) == ((22.0, None), None, 35.0)


def test_the_interval_resamples_patients_as_the_other_curves_do() -> None:
    dice = np.random.default_rng(4)
    times, ended = dice.integers(1, 30, 300).astype(float), dice.random(300) < 0.8
    who = [f"p{k % 25}" for k in range(300)]
    found = expected_end(who, times, ended, 0.0, minimum=10, seed=2)
    again = expected_end(who, times, ended, 0.0, minimum=10, seed=2)
    hi = np.where(ended, times, np.inf)
    theirs = bootstrap_by_patient(who, times, ended, times - 1, hi, tau=100, seed=5)
    assert found == again
    assert theirs is not None and found.lower is not None and found.upper is not None
    # Two draws of a thousand may differ by one of the whole hours.
    assert found.lower == pytest.approx(theirs.median.lower, abs=1)
    assert found.upper == pytest.approx(theirs.median.upper, abs=1)


def test_twenty_sessions_of_each_of_ten_patients_are_not_two_hundred_patients() -> None:
    mixed = np.random.default_rng(5).permutation(200)
    of_each = np.repeat(np.arange(1.0, 11.0) * 10, 20)[mixed]
    ended = of_each > 0
    clustered = [f"p{k // 20}" for k in mixed]
    alone = [f"p{k}" for k in range(200)]
    wide = expected_end(clustered, of_each, ended, 0.0, minimum=10, seed=1)
    narrow = expected_end(alone, of_each, ended, 0.0, minimum=10, seed=1)
    assert wide.median == narrow.median
    assert wide.upper is not None and wide.lower is not None
    assert narrow.upper is not None and narrow.lower is not None
    assert wide.upper - wide.lower >= 2 * (narrow.upper - narrow.lower)


def test_a_relief_that_most_were_not_seen_to_lose_has_no_end_and_no_upper_limit() -> None:
    times = np.arange(1.0, 13.0)
    found = expected_end(PEOPLE, times, times < 5, 0.0, minimum=10, seed=1)
    assert (found.median, found.upper, found.followed_h) == (None, None, 12.0)
    assert found.quarters == (3.0, None)
    none = expected_end(PEOPLE, times, times < 0, 0.0, minimum=10, seed=1)
    assert (none.refused, none.median) == ("none_ended", None)


def test_below_the_minimum_of_patients_there_is_no_number() -> None:
    times = np.arange(1.0, 13.0)
    for so_far, refused in ((2.0, ""), (2.5, ""), (3.0, "too_few_patients")):
        found = expected_end(PEOPLE, times, times > 0, so_far, minimum=10, seed=1)
        assert (found.refused, found.median is None) == (refused, bool(refused))
    one = expected_end(["a"] * 12, times, times > 0, 0.0, minimum=10, seed=1)
    assert (one.refused, one.patients) == ("too_few_patients", 1)


def relief_of(patient: Patient, by: Staff, days: int, give: Any = infusion) -> None:
    """One session: mood 2 before it, 8 from two hours on, 2 again on day `days`."""
    give(make_course(patient), by, START)
    score(patient, START - HOUR, 2)
    for day in range(days):
        score(patient, START + day * DAY + 2 * HOUR, 8)
    score(patient, START + days * DAY + 2 * HOUR, 2)


@pytest.fixture
def others(northside: Clinic, nia: Staff) -> list[Patient]:
    """Twelve patients whose relief after an infusion was lost on days 4 to 15."""
    cache.clear()
    people = [make_patient(northside, f"S-{k}", "Pat", f"Similar{k}") for k in range(12)]
    for k, patient in enumerate(people):
        relief_of(patient, nia, 4 + k)
    return people


def present(
    course: TreatmentCourse, nia: Staff, time_machine: Any, days: int, give: Any = infusion
) -> None:
    """Maya's own session, in relief at every answer up to day `days`; it is the evening of it."""
    give(course, nia, START)
    score(course.patient, START - HOUR, 2)
    for day in range(days + 1):
        score(course.patient, START + day * DAY + 2 * HOUR, 8)
    time_machine.move_to(START + days * DAY + 8 * HOUR, tick=False)


def found_for(course: TreatmentCourse, dr_patel: Staff) -> PresentRelief | None:
    return present_relief(timeline(dr_patel, course.patient))


def test_the_present_relief_ends_with_those_that_lasted_as_long(
    course: TreatmentCourse,
    nia: Staff,
    dr_patel: Staff,
    client: Client,
    others: list[Patient],
    time_machine: Any,
) -> None:
    present(course, nia, time_machine, days=5)
    found = found_for(course, dr_patel)
    assert found is not None and found.end is not None
    # Onset after 2 h; those lost on days 4 and 5 lasted no longer than this one has.
    assert (found.code, found.end.so_far_h) == ("estimated", 120.0)
    assert (found.end.patients, found.end.ended, found.own) == (10, 10, 0)
    assert found.at(found.end.median) == START + 10 * DAY + 2 * HOUR + 12 * HOUR
    with timezone.override(course.clinic.time_zone):
        words = present_words(found)
    assert words is not None and "no forecast" in words.care
    client.force_login(dr_patel)
    page = unescape(client.get(f"/patients/{course.patient.pk}/").content.decode())
    assert words.estimate in page and words.care in page
    told = client.get(f"/api/v1/patients/{course.patient.pk}/episodes/").json()["present_relief"]
    assert (told["code"], told["end"]["median"]) == ("estimated", found.end.median)


def test_one_patient_fewer_and_the_panel_says_why_there_is_no_number(
    course: TreatmentCourse,
    nia: Staff,
    dr_patel: Staff,
    client: Client,
    others: list[Patient],
    time_machine: Any,
) -> None:
    present(course, nia, time_machine, days=6)
    found = found_for(course, dr_patel)
    assert found is not None and found.code == "too_few_patients"
    assert found.as_json()["end"] is None
    client.force_login(dr_patel)
    page = client.get(f"/patients/{course.patient.pk}/").content.decode()
    assert "Fewer than 10 patients here had relief that lasted longer" in page
    assert "Expected end" not in page


def test_another_route_another_clinic_and_a_struck_record_are_not_like_it(
    course: TreatmentCourse,
    nia: Staff,
    dr_patel: Staff,
    others: list[Patient],
    elsewhere: Clinic,
    otto: Staff,
    time_machine: Any,
) -> None:
    relief_of(make_patient(course.clinic, "N-1", "Pat", "Nasal"), nia, 12, devices)
    relief_of(make_patient(elsewhere, "E-1", "Pat", "Elsewhere"), otto, 12)
    also = START + 40 * DAY
    injection(make_course(others[1]), nia, also)
    for hours, mood in ((-1, 2), (2, 8), (72, 2)):
        score(others[1], also + hours * HOUR, mood)
    wrong = others[0].sessions.first()
    assert wrong is not None
    sign(wrong, nia, "wrong_patient")
    present(course, nia, time_machine, days=0)
    found = found_for(course, dr_patel)
    assert found is not None and found.end is not None
    assert (found.end.patients, found.end.episodes) == (11, 11)


def test_another_drug_by_the_same_route_is_not_like_it(
    course: TreatmentCourse, northside: Clinic, nia: Staff, dr_patel: Staff, time_machine: Any
) -> None:
    cache.clear()
    people = [make_patient(northside, f"D-{k}", "Pat", f"Drug{k}") for k in range(11)]
    for k, patient in enumerate(people):
        relief_of(patient, nia, 4 + k, devices)
    also = START + 40 * DAY
    devices(make_course(people[0]), nia, also, drug="ketamine")
    for hours, mood in ((-1, 2), (2, 8), (72, 2)):
        score(people[0], also + hours * HOUR, mood)
    present(course, nia, time_machine, days=0, give=devices)
    found = found_for(course, dr_patel)
    assert found is not None and found.end is not None
    assert (found.end.patients, found.end.episodes) == (11, 11)


def test_what_ended_or_is_not_known_is_no_present_relief(
    course: TreatmentCourse, nia: Staff, dr_patel: Staff, others: list[Patient], time_machine: Any
) -> None:
    present(course, nia, time_machine, days=1)
    time_machine.move_to(START + 15 * DAY + 3 * HOUR, tick=False)
    found = found_for(course, dr_patel)
    assert found is not None and (found.code, found.end) == ("silent", None)
    score(course.patient, START + 14 * DAY, 2)
    assert found_for(course, dr_patel) is None
