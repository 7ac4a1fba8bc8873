"""A long curve with fewer points: what stands is exact, what is counted is all there."""

from __future__ import annotations

import numpy as np

from reports.survival import kaplan_meier
from reports.survival.kaplan_meier import event_table, fit_curve
from reports.survival.listing import MOST_TIMES, listed, listed_curve


def test_a_long_curve_keeps_its_estimates_and_its_counts() -> None:
    rng = np.random.default_rng(1)
    times, events = rng.weibull(1.1, 40_000) * 200, rng.random(40_000) < 0.7
    whole = kaplan_meier(times, events, tau=336.0)
    short = listed(whole)
    assert short["times"] == len(whole["time"]) > MOST_TIMES
    assert len(short["time"]) <= MOST_TIMES
    for name in ("n", "events", "median", "median_lower", "median_upper", "rmst", "rmst_se"):
        assert short[name] == whole[name]
    for name in ("n_event", "n_censor"):
        assert sum(short[name]) == sum(whole[name])
    at = dict(zip(whole["time"], range(len(whole["time"])), strict=True))
    for name in ("surv", "n_risk", "lower", "upper", "std_err"):
        assert short[name] == [whole[name][at[time]] for time in short["time"]]
    full, few = np.array(whole["time"]), np.array(short["time"])
    for hour in (2, 24, 72, 168, 335, 336, 360, 672):
        mine, all_of_them = np.searchsorted(few, hour), np.searchsorted(full, hour)
        assert short["n_risk"][mine] == whole["n_risk"][all_of_them]
        assert short["surv"][mine - 1] == whole["surv"][all_of_them - 1]
    assert np.abs(np.diff(short["surv"])).max() < 1 / 250


def test_a_short_curve_stays_as_it_is() -> None:
    whole = kaplan_meier(np.arange(1.0, 50), np.ones(49, bool), tau=336.0)
    assert listed(whole) is whole


def test_a_curve_is_listed_as_its_whole_estimate_would_be() -> None:
    rng = np.random.default_rng(5)
    for n in (1_000, 9_000):
        times, events = rng.exponential(200, n), rng.random(n) < 0.7
        curve = fit_curve(event_table(times, events))
        whole = listed(kaplan_meier(times, events, tau=672.0))
        assert listed_curve(curve, n, 672.0) == whole
        assert ("times" in whole) is (n > 2_500)
