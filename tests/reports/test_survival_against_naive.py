"""The whole analysis of random small clinics against a second one that shares no line with it.

Check-ins in, curves out: episodes from `naive_episodes`, estimates from `naive_survival`.
AFTERGLOW_CLINICS sets how many clinics (60 when not set).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from reports.relief_companions import competing_outcomes, retreatment_bounds
from reports.relief_report import REPEATED_PATIENTS, relief_report
from reports.response_rule import ResponseRule
from reports.survival import fit_npmle
from tests.reference import naive_survival as naive
from tests.reference.naive_episodes import naive_episodes
from tests.reports.frames import check_ins_frame, sessions_frame
from tests.reports.registry_clinic import registry_frames
from tests.reports.test_episodes_against_naive import a_clinic, as_rule, options

CLINICS = int(os.environ.get("AFTERGLOW_CLINICS", "60"))
TAU_ONSET, TAU_RELIEF = 336.0, 672.0
AT_H = (24.0, 168.0, 672.0)
Observed = tuple[list[float], list[bool]]


def close(value: Any) -> Any:
    return value if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


def onset(rows: list[dict[str, Any]], mid: bool = False) -> Observed:
    at_risk = [row for row in rows if row["onset_event"] is not None]
    times = []
    for row in at_risk:
        seen = (row["onset_lo"] + row["onset_hi"]) / 2 if mid and row["onset_event"] else None
        hi = row["onset_hi"] if row["onset_event"] else row["onset_lo"]
        times.append(hi if seen is None else seen)
    return naive.merged(times), [row["onset_event"] for row in at_risk]


def relief(rows: list[dict[str, Any]], name: str, statuses: tuple[str, ...]) -> Observed:
    chosen = [row for row in rows if row["status"] in statuses]
    return naive.merged([row[name] for row in chosen]), [row["relief_event"] for row in chosen]


def check_curve(found: dict[str, Any], seen: Observed, tau: float) -> None:
    """Every field of one curve, from the observed times alone."""
    times, events = seen
    rows = naive.survival(times, events)
    assert (found["n"], found["events"]) == (len(times), sum(events))
    for name in ("time", "n_risk", "n_event", "n_censor", "surv"):
        assert found[name] == close([getattr(row, name) for row in rows]), name
    for name, field in (("std_err", "error"), ("lower", "lower"), ("upper", "upper")):
        for value, row in zip(found[name], rows, strict=True):
            assert value == close(getattr(row, field)), name
    levels = {"median": "surv", "median_lower": "lower", "median_upper": "upper"}
    for name, field in levels.items():
        points = [(row.time, getattr(row, field)) for row in rows]
        assert found[name] == close(naive.crossing(points)), name
    if not times or max(times) == 0:
        assert found["rmst"] is None
        return
    used = min(tau, max(times))
    mean, error = naive.area(rows, used)
    assert (found["tau"], found["rmst"], found["rmst_se"]) == (
        close(used),
        close(mean),
        close(error),
    )


def check_companions(episodes: Any, rows: list[dict[str, Any]]) -> None:
    chosen = [row for row in rows if row["status"] == "response"]
    bounds = retreatment_bounds(episodes, TAU_RELIEF)
    if not chosen:
        assert bounds is None
        return
    times = naive.merged([row["relief_right"] for row in chosen])
    lost = [row["relief_event"] for row in chosen]
    again = [row["relief_reason"] == "next_session" for row in chosen]
    worst = naive.survival(times, [a or b for a, b in zip(lost, again, strict=True)])
    kept = [max(t, TAU_RELIEF) if b else t for t, b in zip(times, again, strict=True)]
    best = naive.survival(naive.merged(kept), lost)
    assert bounds is not None
    assert bounds.worst_rmst == close(naive.area(worst, TAU_RELIEF)[0])
    assert bounds.best_rmst == close(naive.area(best, TAU_RELIEF)[0])
    assert bounds.worst_median == close(naive.crossing([(r.time, r.surv) for r in worst]))
    assert bounds.best_median == close(naive.crossing([(r.time, r.surv) for r in best]))
    causes = [1 if a else 2 * b for a, b in zip(lost, again, strict=True)]
    shares = naive.shares(times, causes)
    for found in competing_outcomes(episodes, AT_H):
        if found.lost is not None:
            upto = [at for time, at in shares.items() if time <= found.hours]
            by = upto[-1] if upto else {}
            assert found.lost == close(by.get(1, 0.0))
            assert found.dosed_again == close(by.get(2, 0.0))


@pytest.mark.parametrize("block", range(5))
def test_random_clinics_have_the_curves_of_the_naive_analysis(block: int) -> None:
    from reports.episodes import derive

    for seed in range(block, CLINICS, 5):
        sessions, check_ins = a_clinic(seed)
        o = options(seed, check_ins)
        rows = naive_episodes(sessions, check_ins, o)
        frames = sessions_frame(sessions), check_ins_frame(check_ins, "X")
        found = relief_report(*frames, as_rule(o))
        check_curve(found["onset"]["right"], onset(rows), TAU_ONSET)
        check_curve(found["onset"]["midpoint"], onset(rows, mid=True), TAU_ONSET)
        for block_name, statuses in (
            ("relief", ("response",)),
            ("relief_with_carried", ("response", "carried")),
        ):
            for curve, field in (("right", "relief_right"), ("midpoint", "relief_mid")):
                seen = relief(rows, field, statuses)
                check_curve(found[block_name][curve], seen, TAU_RELIEF)
        check_companions(derive(*frames, as_rule(o)), rows)


@pytest.mark.parametrize("seed", range(8))
def test_routes_are_compared_plainly_and_with_first_and_later_sessions_apart(seed: int) -> None:
    """R: survdiff(Surv(time, event) ~ route + strata(session_no == 1)), and without the strata."""
    dice = np.random.default_rng(seed)
    frames = registry_frames(40, seed=seed)
    frames[0]["route"] = dice.choice(["iv", "im", "nasal"], len(frames[0]))
    found = relief_report(*frames, ResponseRule.for_instrument("PHQ-9"))
    rows = [row for row in found["episodes"] if row["status"] == "response"]
    times, events = relief(rows, "relief_right", ("response",))
    routes = [row["route"] for row in rows]
    together, apart = [0] * len(rows), [int(row["session_no"] == 1) for row in rows]
    assert len(set(apart)) == 2
    tests = []
    for name, strata in (("logrank", together), ("logrank_stratified", apart)):
        by_hand = naive.logrank(times, events, routes, strata)
        assert by_hand is not None
        test = found["relief"]["by_route"][name]
        assert (test["chi2"], test["df"]) == (pytest.approx(by_hand[0], abs=1e-6), by_hand[1])
        assert test["note"] == REPEATED_PATIENTS
        tests.append(test["chi2"])
    assert tests[0] != pytest.approx(tests[1], abs=1e-3)


@pytest.mark.parametrize("seed", range(12))
def test_the_intervals_have_the_likelihood_and_the_levels_of_a_general_optimiser(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 14))
    lo = rng.integers(0, 8, n).astype(float)
    hi = np.where(rng.random(n) < 0.3, np.inf, lo + rng.integers(1, 6, n))
    fit = fit_npmle(lo, hi)
    cells, mass = naive.interval_masses(list(zip(lo.tolist(), hi.tolist(), strict=True)))
    inside = np.array(
        [[a <= left and right <= b for left, right in cells] for a, b in zip(lo, hi, strict=True)]
    )
    assert fit.loglik == pytest.approx(float(np.log(inside @ np.array(mass)).sum()), abs=1e-8)
    assert fit.gap < 1e-8
    # The probability of each observation is unique even where single masses are not.
    ours = [
        (fit.mass[(a <= fit.left) & (fit.right <= b)]).sum() for a, b in zip(lo, hi, strict=True)
    ]
    assert ours == pytest.approx((inside @ np.array(mass)).tolist(), abs=1e-6)
