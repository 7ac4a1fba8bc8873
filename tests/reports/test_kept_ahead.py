"""Analyses computed ahead: shown at once with their date, and never when anything has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from reports.dashboards import Outcomes, intervals_ahead, outcome_numbers, outcomes
from reports.dashboards.filters import OutcomeFilter
from reports.models import DerivedIntervals
from reports.response_rule import ResponseRule
from sessions_app.models import Clinic, RecordVersion, Staff
from tests.reports.invented import random_clinic

PLAIN, FRESH = OutcomeFilter(), OutcomeFilter(fresh=True)


def anew(remy: Staff, chosen: OutcomeFilter = PLAIN) -> Outcomes:
    """The analysis by somebody whose server has kept nothing in memory."""
    cache.clear()
    return outcomes(remy, chosen)


def run_the_nightly_command() -> str:
    said = StringIO()
    call_command("refresh_episodes", "--instrument", "mood_0_10", stdout=said)
    cache.clear()
    return said.getvalue()


@pytest.fixture
def large(northside: Clinic, nia: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic that counts as large, with 66 sessions."""
    monkeypatch.setattr(intervals_ahead, "MOST_SESSIONS", 20)
    for name in ("REPLICATES", "REPLICATES_AHEAD"):
        monkeypatch.setattr(f"reports.dashboards.outcome_numbers.{name}", 5)
    for patient in random_clinic(northside, nia, 33, sessions=2):
        RecordVersion.objects.update_or_create(patient=patient, defaults={"version": 3})


def test_a_large_analysis_is_shown_as_it_was_computed_ahead(
    large: None,
    remy: Staff,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(intervals_ahead, "MOST_SESSIONS", 5_000)
        small = json.loads(json.dumps(anew(remy).as_json()))
    assert "computed ahead" in run_the_nightly_command()
    at = DerivedIntervals.objects.get().computed_at
    with django_assert_max_num_queries(1):
        ahead = outcomes(remy, PLAIN)
    assert ahead.is_ahead
    assert ahead.data_as_of == at
    assert ahead.as_json() == {**small, "data_as_of": at.isoformat()}
    assert small["by_session"]["all"][0]["lower"] is not None
    assert small["onset"]["groups"]["iv"]["bars"] != []


def test_computed_now_it_takes_only_the_intervals_from_what_is_kept(
    large: None, remy: Staff
) -> None:
    without = anew(remy).numbers
    assert without["intervals_as_of"] is None
    assert without["onset"]["interval_by_patient"] is None
    run_the_nightly_command()
    ahead = json.loads(json.dumps(outcomes(remy, PLAIN).numbers))
    fresh = anew(remy, FRESH)
    assert not fresh.is_ahead
    at = DerivedIntervals.objects.get().computed_at
    assert fresh.numbers.pop("intervals_as_of") == at.isoformat()
    assert fresh.data_as_of > at
    assert json.loads(json.dumps(fresh.numbers)) == ahead


def test_patients_are_drawn_more_often_where_nobody_waits_and_it_says_how_often(
    large: None, remy: Staff, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (outcome_numbers.REPLICATES, outcome_numbers.REPLICATES_AHEAD) == (5, 5)
    monkeypatch.setattr(outcome_numbers, "REPLICATES_AHEAD", 9)
    client.force_login(remy)
    said = "intervals come from resampling patients"
    assert said not in client.get("/outcomes/").content.decode()
    run_the_nightly_command()
    for filters in ("", "?fresh=1"):
        assert f"{said}, 9 times" in client.get(f"/outcomes/{filters}").content.decode()
    assert anew(remy, FRESH).numbers["onset"]["interval_by_patient"]["replicates"] == 9
    monkeypatch.setattr(intervals_ahead, "MOST_SESSIONS", 5_000)
    assert anew(remy, FRESH).numbers["replicates"] == 5


def test_the_software_draws_a_thousand_times_ahead() -> None:
    assert (outcome_numbers.REPLICATES, outcome_numbers.REPLICATES_AHEAD) == (200, 1000)


def test_what_was_computed_now_is_shown_to_the_next_who_looks(large: None, remy: Staff) -> None:
    run_the_nightly_command()
    fresh = outcomes(remy, FRESH)
    next_look = outcomes(remy, PLAIN)
    assert not next_look.is_ahead
    assert next_look == replace(fresh, filter=PLAIN)


def test_a_new_record_waits_for_the_night_unless_it_is_computed_now(
    large: None, northside: Clinic, nia: Staff, remy: Staff
) -> None:
    run_the_nightly_command()
    for patient in random_clinic(northside, nia, 1, sessions=1, seed=8):
        RecordVersion.objects.update_or_create(patient=patient, defaults={"version": 1})
    assert anew(remy).numbers["sessions"] == 66
    assert anew(remy, FRESH).numbers["sessions"] == 67


def test_what_is_older_than_a_day_and_two_hours_is_not_shown(large: None, remy: Staff) -> None:
    run_the_nightly_command()
    for hours, is_shown in ((25.9, True), (26.1, False)):
        DerivedIntervals.objects.update(computed_at=timezone.now() - timedelta(hours=hours))
        found = anew(remy)
        assert found.is_ahead is is_shown
    assert found.numbers["intervals_as_of"] is not None


@pytest.mark.parametrize("changed", ["software", "definition", "minimum", "time zone", "filter"])
def test_whatever_changes_the_numbers_makes_what_is_kept_another_analysis(
    large: None,
    northside: Clinic,
    remy: Staff,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
) -> None:
    run_the_nightly_command()
    chosen = OutcomeFilter(route="iv") if changed == "filter" else PLAIN
    if changed == "software":
        settings.VERSION = "99.0.0"
    elif changed == "definition":
        parameters = ResponseRule.parameters
        monkeypatch.setattr(
            ResponseRule, "parameters", lambda rule: {**parameters(rule), "new_rule": 1}
        )
    elif changed == "minimum":
        settings.MINIMUM_PATIENTS_DRAWN = 11
    elif changed == "time zone":
        Clinic.objects.filter(pk=northside.pk).update(time_zone="Asia/Tokyo")
        remy = Staff.objects.get(pk=remy.pk)
    found = anew(remy, chosen)
    assert not found.is_ahead
    assert found.numbers["intervals_as_of"] is None


def test_another_clinic_has_none_of_it(large: None, otto: Staff) -> None:
    run_the_nightly_command()
    assert not anew(otto).is_shown


def test_the_page_says_as_of_when_and_offers_to_compute_it_now(
    large: None, as_remy: Client, remy: Staff
) -> None:
    run_the_nightly_command()
    page = as_remy.get("/outcomes/").content.decode()
    assert "Computed ahead, for there are so many sessions. Data as of" in page
    link = FRESH.query().replace("&", "&amp;")
    assert f'href="/outcomes/?{link}">Compute it now</a>' in page
    page = as_remy.get("/outcomes/?fresh=1").content.decode()
    assert "Computed ahead" not in page
    assert "these intervals were computed on" in page
    # Its files are of the same numbers; another filter is not computed now because this one was.
    assert f'href="/outcomes.csv?{link}"' in page
    assert 'name="fresh"' not in page
    assert as_remy.get("/api/v1/outcomes/?fresh=1").json()["filter"]["fresh"] == "1"
    assert as_remy.get("/outcomes/?fresh=2").status_code == 422


def test_computing_it_now_needs_the_same_permission(large: None, client: Client) -> None:
    assert client.get("/outcomes/?fresh=1").status_code == 302
