"""Answers that look back over days: told in weeks, in no curve of onset, and marked on pages."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.models import Clinic, Staff
from sessions_app.rules.recall import looks_back_before
from tests.conftest import START, make_course, make_patient
from tests.reports.invented import infusion, score

pytestmark = pytest.mark.usefixtures("few_replicates")

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days_after", "recall_days", "looks_back"),
    [
        (3, 14, True),
        (13.99, 14, True),
        (14, 14, False),
        (20, 14, False),
        (6.5, 7, True),
        (7, 7, False),
        (0, 7, True),
        (0, 0, False),
        (3, 0, False),
    ],
)
def test_an_answer_looks_back_until_its_recall_period_has_passed(
    days_after: float, recall_days: int, looks_back: bool
) -> None:
    found = looks_back_before(START + days_after * DAY, recall_days, [START])
    assert found == (START if looks_back else None)


def test_the_last_dose_before_the_answer_counts_and_a_later_one_does_not() -> None:
    doses = [START, START + 10 * DAY, START + 30 * DAY]
    assert looks_back_before(START + 16 * DAY, 14, doses) == START + 10 * DAY
    assert looks_back_before(START - DAY, 14, doses) is None
    assert looks_back_before(START + 16 * DAY, 14, []) is None


times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(times, st.integers(0, 366), st.lists(times, max_size=5))
def test_a_longer_recall_never_looks_back_less(
    taken_at: datetime, recall_days: int, doses: list[datetime]
) -> None:
    found = looks_back_before(taken_at, recall_days, doses)
    if found is not None:
        assert taken_at - recall_days * DAY < found <= taken_at
        assert looks_back_before(taken_at, recall_days + 1, doses) == found


@pytest.mark.parametrize(
    ("code", "stored", "days", "weeks", "high", "low"),
    [("phq9", "phq9", 14, 2, 20, 6), ("peg", "peg", 7, 1, 8, 2), ("madrs", "MADRS", 7, 1, 30, 8)],
)
def test_an_instrument_that_looks_back_is_told_in_weeks_and_not_drawn(
    as_remy: Client,
    northside: Clinic,
    nia: Staff,
    code: str,
    stored: str,
    days: int,
    weeks: int,
    high: int,
    low: int,
) -> None:
    """MADRS stands under its name where an import from before it shipped kept it so."""
    for k in range(10):
        patient = make_patient(northside, f"P-{k}", "Quinn", f"Phq{k}")
        infusion(make_course(patient), nia, START)
        score(patient, START - timedelta(hours=1), high, stored)
        score(patient, START + timedelta(days=days - 4), low, stored)
    page = as_remy.get(f"/outcomes/?instrument={code}").content.decode()
    assert f"asks about the last {days} days" in page
    assert f"≤ {weeks}\u00a0wk" in page
    assert 'id="onset-chart-title"' not in page
    assert 'id="relief-chart-title"' in page
    onset = page[page.index('id="onset-title"') : page.index('id="relief-title"')]
    assert "\u00a0h<" not in onset and "\u00a0d<" not in onset
    ours = as_remy.get(f"/api/v1/outcomes/?instrument={code}").json()
    assert ours["onset"] == {"suppressed": True, "reason": "looks_back", "recall_days": days}
    assert not ours["relief"]["suppressed"]
    file = as_remy.get(f"/outcomes.csv?instrument={code}").content.decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    told = [(row["kind"], row["name"]) for row in rows if row["curve"] == "onset"]
    assert told == [("suppressed", "looks_back")]
    assert [row for row in rows if row["curve"] == "relief" and row["kind"] == "median"]
