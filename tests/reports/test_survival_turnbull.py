"""Turnbull's estimate: published values, a slow second version, and the gradient condition."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.survival import fit_npmle, kaplan_meier, turnbull
from reports.survival.turnbull import MANY
from tests.reference import published

INTERVALS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6), st.booleans()), min_size=1, max_size=30
)


def estimate(rows: list[tuple[float, float]]) -> dict:
    bounds = np.array(rows, float).reshape(-1, 2)
    return turnbull(bounds[:, 0], bounds[:, 1])


def slow_loglik(rows: list[tuple[float, float]], rounds: int = 20_000) -> float:
    """Turnbull's self-consistency, written as loops over all candidate intervals."""
    ends = sorted({end for row in rows for end in row})
    cells = list(zip(ends, ends[1:], strict=False))
    inside = np.array([[lo <= a and b <= hi for a, b in cells] for lo, hi in rows], float)
    mass = np.full(len(cells), 1 / len(cells))
    for _ in range(rounds):
        mass = mass * (inside / (inside @ mass)[:, None]).mean(axis=0)
    return float(np.log(inside @ mass).sum())


def test_two_touching_intervals_share_the_mass() -> None:
    found = estimate([(0, 1), (1, 2)])
    assert found["intervals"] == [[0, 1], [1, 2]]
    assert found["surv_after"] == [pytest.approx(0.5, abs=1e-12), 0]
    assert found["median_bracket"] == [0, 1]


def test_only_innermost_intervals_hold_mass() -> None:
    assert estimate([(0, 5), (1, 5), (2, 9)])["intervals"] == [[2, 5]]
    found = estimate([(0, 5), (1, 5), (7, 9), (8, np.inf)])
    assert found["intervals"] == [[1, 5], [8, 9]]


def test_radiotherapy_has_the_published_masses() -> None:
    found = estimate(published.RADIOTHERAPY)
    masses = {
        tuple(ends): mass for ends, mass in zip(found["intervals"], found["mass"], strict=True)
    }
    assert masses == {
        ends: pytest.approx(mass, abs=5e-5) for ends, mass in published.RADIOTHERAPY_NPMLE.items()
    }
    assert found["median_bracket"] == [38, 40]


def test_a_half_is_a_half_where_another_mass_vanishes_slowly() -> None:
    # By hand: with p on (0, 10] and 1 - p on (240, inf) the likelihood is p^4 (1 - p)^4. On
    # (11, 13] the gradient is (3 + 1) / (1/2) / 8 = 1 with no mass there, where EM crawls.
    early = [(0, 20), (0, 10), (0, 13), (0, 216)]
    found = estimate([*early, (11, np.inf), (100, np.inf), (233, np.inf), (240, np.inf)])
    assert found["intervals"] == [[0, 10], [240, None]]
    assert found["mass"] == pytest.approx([0.5, 0.5], abs=1e-12)
    assert found["median_bracket"] == [0, 10]


def test_mass_that_never_arrives_lies_in_an_infinite_interval() -> None:
    found = estimate([(0, 2), (3, np.inf), (4, np.inf)])
    assert found["intervals"] == [[0, 2], [4, None]]
    assert found["median_bracket"] == [4, None]
    assert found["why"] == {"median_bracket": "survival_never_reaches_half"}
    assert found["surv_after"][-1] == 0


def test_nobody_gives_nulls_with_reasons_and_one_is_enough() -> None:
    nobody = estimate([])
    assert (nobody["n"], nobody["intervals"], nobody["loglik"]) == (0, [], None)
    assert nobody["why"] == {"loglik": "no_data", "median_bracket": "no_data"}
    assert estimate([(3, 8)])["median_bracket"] == [3, 8]


def test_an_interval_without_length_is_a_change_seen_exactly_then() -> None:
    found = estimate([(5, 5 + 1e-7), (4, 5), (5, 6)])
    assert found["intervals"][0][0] == pytest.approx(5, abs=1e-6)
    assert found["mass"][0] == pytest.approx(2 / 3, abs=1e-9)
    with pytest.raises(ValueError, match="ends before"):
        estimate([(5, 4)])


def test_one_exact_time_each_gives_the_kaplan_meier_steps() -> None:
    rng = np.random.default_rng(4)
    times, events = rng.permutation(40)[:25] + 1.0, rng.random(25) < 0.6
    found = turnbull(np.where(events, times - 0.5, times), np.where(events, times, np.inf))
    km = kaplan_meier(times, events, tau=1e9)
    steps = {t: s for t, s, d in zip(km["time"], km["surv"], km["n_event"], strict=True) if d}
    for (_, hi), after in zip(found["intervals"], found["surv_after"], strict=True):
        if hi is not None:
            assert after == pytest.approx(steps[hi], abs=1e-7)


@settings(max_examples=40)
@given(INTERVALS)
def test_no_slow_search_finds_a_higher_likelihood(rows: list) -> None:
    bounds = [
        (float(lo), np.inf if open_end else float(lo + length)) for lo, length, open_end in rows
    ]
    found = estimate(bounds)
    assert found["loglik"] == pytest.approx(slow_loglik(bounds, 3000), abs=2e-3)
    assert found["loglik"] >= slow_loglik(bounds, 3000) - 1e-6
    assert sum(found["mass"]) == pytest.approx(1, abs=1e-6)
    after = [1.0, *found["surv_after"]]
    assert all(a >= b for a, b in zip(after, after[1:], strict=False))


@pytest.mark.parametrize("n", [200, 5000])
def test_jittered_times_reach_the_gradient_condition(n: int) -> None:
    rng = np.random.default_rng(n)
    true, offset, gap = rng.weibull(1.2, n) * 200, rng.uniform(0, 50, n), rng.uniform(5, 100, n)
    visit = np.floor((true - offset) / gap)
    lo = np.where(visit < 0, 0, offset + visit * gap)
    hi = offset + (visit + 1) * gap
    fit = fit_npmle(lo, hi)
    assert fit.gap < 1e-8
    assert fit.mass.sum() == pytest.approx(1)
    if n == 5000:
        at = np.array([50.0, 150.0, 300.0])
        level = np.array([fit.mass[fit.right <= t].sum() for t in at])
        assert level == pytest.approx(1 - np.exp(-((at / 200) ** 1.2)), abs=0.05)


def test_climbing_on_the_support_alone_finds_the_same_maximum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(11)
    lo = np.sort(rng.uniform(0, 300, 2000))
    hi = np.where(rng.random(2000) < 0.3, np.inf, lo + rng.uniform(1, 90, 2000))
    on_support = fit_npmle(lo, hi)
    assert len(on_support.mass) > MANY
    monkeypatch.setattr(sys.modules[fit_npmle.__module__], "MANY", 10**9)
    on_all = fit_npmle(lo, hi)
    assert on_support.gap < 1e-8
    assert on_support.loglik == pytest.approx(on_all.loglik, abs=1e-7)
    assert np.cumsum(on_support.mass) == pytest.approx(np.cumsum(on_all.mass), abs=1e-6)


def test_weights_count_an_observation_several_times() -> None:
    lo, hi = np.array([0.0, 1, 2]), np.array([2.0, 3, np.inf])
    weighted = fit_npmle(lo, hi, np.array([3.0, 1, 2]))
    repeated = fit_npmle(np.repeat(lo, [3, 1, 2]), np.repeat(hi, [3, 1, 2]))
    assert weighted.mass == pytest.approx(repeated.mass, abs=1e-7)
    assert weighted.loglik == pytest.approx(repeated.loglik, abs=1e-7)
