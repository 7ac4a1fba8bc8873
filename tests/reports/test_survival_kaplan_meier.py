"""Kaplan-Meier: published values, statsmodels as oracle, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from reports.survival import kaplan_meier
from tests.reference import published

TIMES_AND_EVENTS = st.lists(
    st.tuples(st.integers(1, 30).map(float), st.booleans()), min_size=1, max_size=40
)


def km(times: list[float], events: list[int], tau: float = 1e9) -> dict:
    return kaplan_meier(np.array(times, float), np.array(events, bool), tau=tau)


def test_the_six_mp_group_has_the_values_that_r_prints() -> None:
    found = km(published.SIX_MP_WEEKS, published.SIX_MP_RELAPSED)
    rows = dict(zip(found["time"], zip(found["surv"], found["std_err"], strict=True), strict=True))
    for week, (surv, error) in published.SIX_MP_SURVFIT.items():
        assert rows[week] == (pytest.approx(surv, abs=5e-4), pytest.approx(error, abs=5e-5))
    assert found["median"] == published.SIX_MP_MEDIAN
    assert found["n"], found["events"] == (21, 9)
    assert found["rmst"] == pytest.approx(published.SIX_MP_RMEAN_35[0], abs=5e-3)
    assert found["rmst_se"] == pytest.approx(published.SIX_MP_RMEAN_35[1], abs=5e-3)
    assert found["why"] == {"median_upper": "upper_bound_never_reaches_half"}


def test_every_distinct_time_has_its_counts_and_events_come_before_censorings() -> None:
    found = km([5, 5, 5, 8], [1, 0, 1, 0])
    assert found["time"] == [5, 8]
    assert (found["n_risk"], found["n_event"], found["n_censor"]) == ([4, 1], [2, 0], [1, 1])
    assert found["surv"] == [0.5, 0.5]


def test_the_log_log_interval_by_hand() -> None:
    found = km([1, 2, 3, 4], [1, 0, 0, 0])
    # S = 3/4, V = 1 / (4 * 3), bounds S ^ exp(± z sqrt(V) / |log S|)
    width = 1.959964 * np.sqrt(1 / 12) / -np.log(0.75)
    assert found["lower"][0] == pytest.approx(0.75 ** np.exp(width), abs=1e-12)
    assert found["upper"][0] == pytest.approx(0.75 ** np.exp(-width), abs=1e-12)
    assert found["std_err"][0] == pytest.approx(0.75 * np.sqrt(1 / 12), abs=1e-12)


def test_before_any_event_the_interval_is_one_and_after_the_last_it_is_undefined() -> None:
    found = km([1, 2], [0, 1])
    assert (found["lower"][0], found["upper"][0], found["std_err"][0]) == (1, 1, 0)
    assert (found["surv"][1], found["lower"][1], found["upper"][1]) == (0, None, None)
    assert found["std_err"][1] is None
    assert found["why"]["std_err"] == "undefined_where_survival_is_0"


@pytest.mark.parametrize(
    ("times", "events", "median"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),  # at one half from 2 to the drop at 3
        ([1, 2, 3, 4], [1, 1, 0, 0], 3.0),  # no later drop: the flat ends with the last time
        ([1, 2, 3, 4], [1, 1, 0, 1], 3.0),  # the flat passes over a censoring, to the drop at 4
        ([1, 2, 3], [1, 1, 1], 2.0),
        ([1, 2, 3], [1, 0, 0], None),
    ],
)
def test_the_median_is_the_middle_of_a_flat_at_one_half(
    times: list[float], events: list[int], median: float | None
) -> None:
    found = km(times, events)
    assert found["median"] == median
    if median is None:
        assert found["why"]["median"] == "survival_never_reaches_half"


def test_times_closer_than_a_millionth_of_an_hour_are_one_time() -> None:
    assert km([5, 5 + 5e-7, 6], [1, 1, 1])["n_event"] == [2, 1]
    assert km([5, 5 + 2e-6, 6], [1, 1, 1])["n_event"] == [1, 1, 1]


def test_a_chain_of_close_times_does_not_swallow_hours() -> None:
    # Each has a neighbour within 1e-6 h, as in a million sessions; the whole lasts 0.009 h.
    times = [5 + 0.9e-6 * i for i in range(10_000)]
    found = km(times[::-1], [1] * len(times))
    assert found["time"][:3] == [times[0], times[2], times[4]]
    assert len(found["time"]) == 5_000
    assert sum(found["n_event"]) == 10_000


def test_tau_is_lowered_to_the_last_observed_time() -> None:
    assert km([2, 4], [1, 0], tau=100)["tau"] == 4
    found = km([2, 4], [1, 0], tau=3)
    assert (found["tau"], found["rmst"]) == (3, 2 + 0.5)


def test_a_curve_that_ends_at_zero_hours_has_no_mean() -> None:
    found = km([0, 0], [0, 0])
    assert (found["tau"], found["rmst"], found["rmst_se"]) == (0, None, None)
    assert found["why"]["rmst"] == "tau_is_0"


def test_nobody_gives_nulls_with_reasons_and_one_is_enough() -> None:
    nobody = km([], [])
    assert nobody["n"] == 0 and nobody["median"] is None
    assert set(nobody["why"].values()) == {"no_data"}
    assert km([7], [1])["median"] == 7


def test_a_time_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        km([1, np.inf], [1, 1])


@pytest.mark.parametrize("seed", range(30))
def test_random_data_agree_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 80))
    times = rng.integers(1, 40, n).astype(float)
    events = rng.random(n) < rng.uniform(0.2, 1)
    events[np.argmax(times)] = False  # statsmodels has no standard error at S = 0
    times[np.argmax(times)] += 1
    found = kaplan_meier(times, events, tau=1e9)
    rows = dict(zip(found["time"], zip(found["surv"], found["std_err"], strict=True), strict=True))
    if not events.any():
        assert set(found["surv"]) == {1.0}
        return
    oracle = SurvfuncRight(times, events.astype(int))
    for time, surv, error in zip(
        oracle.surv_times, oracle.surv_prob, oracle.surv_prob_se, strict=True
    ):
        assert rows[time] == (pytest.approx(surv, abs=1e-9), pytest.approx(error, abs=1e-9))


@given(TIMES_AND_EVENTS)
def test_survival_falls_from_one_and_lies_inside_its_interval(rows: list) -> None:
    found = km([t for t, _ in rows], [e for _, e in rows])
    surv = np.array([1.0, *found["surv"]])
    assert (np.diff(surv) <= 0).all() and surv[-1] >= 0
    for s, low, high in zip(found["surv"], found["lower"], found["upper"], strict=True):
        assert low is None or 0 <= low <= s <= high <= 1
    assert sum(found["n_event"]) + sum(found["n_censor"]) == found["n"] == found["n_risk"][0]
    assert 0 < found["rmst"] <= found["tau"]


@given(TIMES_AND_EVENTS, st.integers(2, 4))
def test_the_curve_does_not_change_when_everybody_is_counted_more_often(
    rows: list, copies: int
) -> None:
    once = km([t for t, _ in rows], [e for _, e in rows])
    often = km([t for t, _ in rows] * copies, [e for _, e in rows] * copies)
    assert often["surv"] == pytest.approx(once["surv"], abs=1e-12)
    assert often["rmst"] == pytest.approx(once["rmst"], abs=1e-9)


@given(TIMES_AND_EVENTS)
def test_without_censoring_the_mean_is_the_average(rows: list) -> None:
    times = [t for t, _ in rows]
    found = km(times, [1] * len(times))
    assert found["rmst"] == pytest.approx(np.mean(times), abs=1e-9)
