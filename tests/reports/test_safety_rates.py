"""Shares with intervals and means by patient: published values and a second way to the same."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from reports.dashboards.safety.rates import (
    Z,
    effective_cases,
    mean_of_cases,
    share,
    share_changed_by,
    share_of_cases,
    spread_of,
    time_when,
    wilson,
)
from reports.survival import kaplan_meier


@pytest.mark.parametrize(
    ("n", "of", "lower", "upper"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (score).
        # R: library(binom); binom.confint(81, 263, method = "wilson")
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(n: int, of: int, lower: float, upper: float) -> None:
    assert wilson(n, of) == pytest.approx((lower, upper), abs=5e-5)


@pytest.mark.parametrize(("n", "of"), [(0, 1), (1, 1), (3, 7), (23, 2342), (999, 1000)])
def test_wilsons_interval_is_that_of_statsmodels(n: int, of: int) -> None:
    theirs = proportion_confint(n, of, method="wilson")
    assert wilson(n, of) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("n", "of"), [(1, 0), (3, 2), (-1, 4)])
def test_what_is_no_share_is_refused(n: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(n, of)


def test_no_cases_have_no_share() -> None:
    assert share(0, 0) == {"n": 0, "of": 0, "share": None, "lower": None, "upper": None}


def test_one_session_a_patient_needs_no_wider_interval() -> None:
    hit = np.array([True] * 6 + [False] * 14)
    found = share_of_cases(hit, np.arange(20))
    # With n cases the estimated design effect is n / (n - 1): as good as one.
    assert effective_cases(hit, np.arange(20)) == pytest.approx(19)
    assert found["lower_by_patient"] <= found["lower"] < found["upper"] <= found["upper_by_patient"]


def test_sessions_that_are_all_alike_count_as_their_patients() -> None:
    """Ten patients with ten sessions each, all of a patient alike: ten people, not a hundred."""
    patient = np.repeat(np.arange(10), 10)
    hit = patient < 4
    assert effective_cases(hit, patient) == pytest.approx(9)
    found = share_of_cases(hit, patient)
    assert (found["n"], found["of"]) == (40, 100)
    assert (found["lower"], found["upper"]) == pytest.approx(wilson(40, 100))
    assert (found["lower_by_patient"], found["upper_by_patient"]) == pytest.approx(wilson(3.6, 9))


def test_what_nobody_had_counts_once_for_each_patient() -> None:
    found = share_of_cases(np.zeros(100, bool), np.repeat(np.arange(10), 10))
    assert (found["upper"], found["upper_by_patient"]) == pytest.approx(
        (wilson(0, 100)[1], wilson(0, 10)[1])
    )


def test_a_mean_has_the_error_of_a_ratio_over_patients() -> None:
    """R: survey::svymean(~y, svydesign(~patient, data = d)) with d of these values."""
    values = np.array([10.0, 14.0, 9.0, 20.0, 22.0, 5.0])
    patient = np.array([0, 0, 0, 1, 1, 2])
    found = mean_of_cases(values, patient)
    mean = 80 / 6
    sums = [33 - 3 * mean, 42 - 2 * mean, 5 - mean]
    error = (3 / 2 * sum(one**2 for one in sums)) ** 0.5 / 6
    assert found["mean"] == pytest.approx(mean)
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (found["lower"], found["upper"]) == pytest.approx((mean - Z * error, mean + Z * error))


def test_few_values_have_no_interval() -> None:
    empty = np.array([])
    assert mean_of_cases(empty, empty.astype(int))["mean"] is None
    one = mean_of_cases(np.array([7.0]), np.array([0]))
    assert one == {"mean": 7.0, "sd": None, "lower": None, "upper": None}
    assert spread_of(empty) == {"n": 0, **dict.fromkeys(("p10", "q1", "median", "q3", "p90"))}


def test_quartiles_and_shares_are_read_from_the_curve() -> None:
    times = np.array([1.0, 2.0, 3.0, 4.0])
    estimate = kaplan_meier(times, np.array([True, True, False, True]), tau=24.0)
    assert [time_when(estimate, level) for level in (0.75, 0.5, 0.25)] == [1.0, 2.0, 4.0]
    assert share_changed_by(estimate, 2.0)["share"] == pytest.approx(0.5)
    assert share_changed_by(estimate, 0.5) == {"share": 0.0, "lower": None, "upper": None}
    watched = kaplan_meier(times, np.zeros(4, bool), tau=24.0)
    assert time_when(watched, 0.5) is None
    assert share_changed_by(watched, 9.0)["share"] is None
