"""The log-rank test against a published value and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.duration.survfunc import survdiff

from reports.survival import logrank, logrank_stratified
from tests.reference import naive_survival as naive
from tests.reference import published


def test_six_mp_against_placebo_has_the_published_chi_square() -> None:
    times = np.array(published.SIX_MP_WEEKS + published.PLACEBO_WEEKS, float)
    events = np.array(published.SIX_MP_RELAPSED + [1] * 21, bool)
    found = logrank(times, events, ["6-MP"] * 21 + ["placebo"] * 21)
    assert found["chi2"] == pytest.approx(published.FREIREICH_LOGRANK_CHI2, abs=5e-3)
    assert found["df"] == 1
    assert found["p"] == pytest.approx(4.17e-5, rel=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_random_data_agree_with_statsmodels_plain_and_stratified(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 120))
    times = rng.integers(1, 25, n).astype(float)
    events = rng.random(n) < 0.7
    groups = rng.choice(["im", "iv", "nasal"][: 2 + seed % 2], n)
    strata = rng.integers(0, 2, n)
    chi2, p = survdiff(times, events.astype(int), groups)
    plain = logrank(times, events, list(groups))
    assert (plain["chi2"], plain["p"]) == (
        pytest.approx(chi2, abs=1e-9),
        pytest.approx(p, abs=1e-9),
    )
    chi2, p = survdiff(times, events.astype(int), groups, strata=strata)
    stratified = logrank_stratified(times, events, list(groups), strata)
    assert (stratified["chi2"], stratified["p"]) == (
        pytest.approx(chi2, abs=1e-9),
        pytest.approx(p, abs=1e-9),
    )


@pytest.mark.parametrize(
    ("times", "events", "groups", "why"),
    [
        ([], [], [], "fewer_than_two_informative_groups"),
        ([1, 2], [1, 1], ["a", "a"], "fewer_than_two_informative_groups"),
        ([1, 2], [0, 0], ["a", "b"], "fewer_than_two_informative_groups"),
        ([1, 5, 6], [0, 1, 1], ["a", "b", "b"], "fewer_than_two_informative_groups"),
        ([3, 3], [1, 1], ["a", "b"], "zero_variance"),
    ],
)
def test_a_test_that_cannot_be_made_is_null_and_says_why(
    times: list[float], events: list[int], groups: list[str], why: str
) -> None:
    found = logrank(np.array(times, float), np.array(events, bool), groups)
    assert (found["chi2"], found["df"], found["p"]) == (None, None, None)
    assert found["why"] == {"chi2": why, "df": why, "p": why}


def test_a_group_never_at_risk_at_an_event_takes_no_degree_of_freedom() -> None:
    times, events = np.array([1.0, 5, 6, 7, 8]), np.array([0, 1, 1, 1, 0], bool)
    with_third = logrank(times, events, ["c", "a", "b", "a", "b"])
    without = logrank(times[1:], events[1:], ["a", "b", "a", "b"])
    assert with_third["df"] == 1
    assert with_third["chi2"] == pytest.approx(without["chi2"], abs=1e-12)


def test_a_group_that_no_stratum_compares_leaves_the_test_of_the_others_alone() -> None:
    """Group c is alone in its stratum: it says nothing, and a against b is still a test."""
    times = np.array([1.0, 2, 3, 4, 5, 6])
    events = np.array([1, 1, 0, 1, 1, 1], bool)
    groups = ["a", "b", "a", "b", "c", "c"]
    found = logrank_stratified(times, events, groups, [0, 0, 0, 0, 1, 1])
    alone = logrank(times[:4], events[:4], groups[:4])
    assert (found["df"], found["chi2"]) == (1, pytest.approx(alone["chi2"], abs=1e-12))


def test_strata_that_share_no_group_add_their_statistics() -> None:
    rng = np.random.default_rng(3)
    times, events = rng.integers(1, 9, 40).astype(float), rng.random(40) < 0.7
    strata = np.repeat([0, 1], 20)
    groups = list(np.where(strata == 0, rng.choice(["a", "b"], 40), rng.choice(["c", "d"], 40)))
    found = logrank_stratified(times, events, groups, strata)
    parts = [logrank(times[at], events[at], groups[at]) for at in (slice(0, 20), slice(20, 40))]
    assert found["df"] == 2
    assert found["chi2"] == pytest.approx(sum(part["chi2"] for part in parts), abs=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_random_data_agree_with_tables_written_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    n = int(rng.integers(2, 40))
    times = rng.integers(1, 12, n).astype(float)
    events = rng.random(n) < 0.6
    groups = rng.choice(["im", "iv", "nasal"], n).tolist()
    strata = rng.integers(0, 3, n)
    for levels in (np.zeros(n, int), strata):
        found = logrank_stratified(times, events, groups, levels)
        by_hand = naive.logrank(times.tolist(), events.tolist(), groups, levels.tolist())
        if by_hand is None:
            assert found["chi2"] is None
        else:
            assert (found["chi2"], found["df"]) == (pytest.approx(by_hand[0], abs=1e-6), by_hand[1])
