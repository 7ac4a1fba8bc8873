"""The share at one time, clustered: against the derivative by weights, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from reports.survival.clustered import share_at
from reports.survival.kaplan_meier import event_table, fit_curve
from reports.survival.times import Z_95

pytestmark = pytest.mark.any_engine


def naive(patients: list[str], times: np.ndarray, events: np.ndarray, hours: float) -> float:
    """The standard error of log S: each patient's weight moved a little, up and down."""
    step, total = 1e-5, 0.0
    for one in sorted(set(patients)):
        own = np.array([who == one for who in patients], float)
        ends = []
        for sign in (1, -1):
            curve = fit_curve(event_table(times, events, 1 + sign * step * own))
            ends.append(np.log(curve.surv[curve.table.time <= hours][-1]))
        total += ((ends[0] - ends[1]) / (2 * step)) ** 2
    return float(np.sqrt(total))


@pytest.mark.parametrize("seed", range(8))
def test_the_error_is_the_move_of_the_curve_by_each_patients_weight(seed: int) -> None:
    dice = np.random.default_rng(seed)
    n = 40
    patients = [f"p{k}" for k in dice.integers(0, 12, n)]
    times = dice.integers(1, 20, n).astype(float)  # with ties, between events and censorings too
    events = dice.random(n) < 0.6
    share, lower, upper = share_at(patients, times, events, 7.0)
    curve = fit_curve(event_table(times, events))
    assert share == pytest.approx(float(curve.surv[curve.table.time <= 7][-1]), abs=1e-12)
    assert lower is not None and upper is not None
    width = np.log(np.log(lower) / np.log(share))
    assert width == pytest.approx(Z_95 * naive(patients, times, events, 7.0) / -np.log(share), 1e-6)
    assert np.log(share) / np.log(upper) == pytest.approx(np.exp(width), 1e-9)


def test_the_same_sessions_of_fewer_patients_say_less() -> None:
    times, events = np.arange(1.0, 41.0), np.array([True, False] * 20)
    alone = share_at([f"p{k}" for k in range(40)], times, events, 20.0)
    shared = share_at([f"p{k // 10}" for k in range(40)], times, events, 20.0)
    assert alone[0] == shared[0]
    assert shared[1] < alone[1] < alone[2] < shared[2]  # type: ignore[operator]


def test_nothing_is_known_of_the_error_where_all_or_none_have_changed() -> None:
    times, events = np.array([1.0, 2.0, 3.0]), np.array([False, True, True])
    assert share_at(["a", "b", "c"], times, events, 1.5) == (1.0, 1.0, 1.0)
    assert share_at(["a", "b", "c"], times, events, 3.0) == (0.0, None, None)
