"""The numbers of the outcomes page: frames in, one JSON-able block out, small groups left out.

The estimates are those of `relief_report`; nothing is estimated here a second way. Times are
float hours and shares lie from 0 to 1; None is "not reached", infinity, or an estimate that does
not exist. A group with fewer patients than the minimum is `{"suppressed": True}` and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from reports.episodes import STATUSES
from reports.relief_companions import (
    censoring,
    competing_outcomes,
    median_gap_days,
    retreatment_bounds,
)
from reports.relief_report import (
    ONSET_BARS_H,
    RELIEF_BARS_H,
    TAU_ONSET_H,
    TAU_RELIEF_H,
    Observed,
    observed_onset,
    observed_relief,
    route_curves,
)
from reports.survival import bootstrap_by_patient, kaplan_meier, survival_by_patient, turnbull
from reports.survival.clustered import shares_at
from reports.survival.listing import listed
from reports.survival.median_by_patient import median_by_patient

SUPPRESSED: dict[str, Any] = {"suppressed": True}
SHARES_BY_H = (24.0, 168.0, 336.0)
WIDE_GAP_H = 168.0
COMPETING_AT_H = (168.0, 336.0, 672.0)
SEED = 1
REPLICATES = 200  # keeps the first look at a new analysis within seconds
SAME_TIME_H = 1e-6


def numbers_of(
    episodes: pd.DataFrame,
    sessions: pd.DataFrame,
    group: pd.Series[str],
    *,
    minimum: int,
    replicates: int,
) -> dict[str, Any]:
    """Counts, curves, censoring and gaps of the chosen episodes; `group` has their index.

    Intervals come from resampling patients `replicates` times; with 0 there are none.
    """
    patients = episodes["patient_id"].nunique()
    if patients < minimum:
        return dict(SUPPRESSED)
    status = episodes["status"].value_counts()
    # The curves compare what stands in `route`: here the group, whatever it is made of.
    grouped = episodes.assign(route=group)
    relief = observed_relief(grouped)
    return {
        "suppressed": False,
        "patients": int(patients),
        "sessions": len(episodes),
        "ungrouped": int((group.isna() | (group == "")).sum()),
        "replicates": replicates,
        "counts": {name: int(status.get(name, 0)) for name in STATUSES},
        "onset": curve_block(
            observed_onset(grouped), TAU_ONSET_H, ONSET_BARS_H, minimum, replicates
        ),
        "relief": curve_block(relief, TAU_RELIEF_H, RELIEF_BARS_H, minimum, replicates),
        "kept": kept_block(episodes, minimum, replicates),
        "censoring": censoring_block(episodes, relief, minimum),
        "gaps": gaps(episodes, sessions),
    }


def curve_block(
    seen: Observed, tau: float, bars_h: tuple[float, ...], minimum: int, replicates: int
) -> dict[str, Any]:
    """All sessions together and one block per group that has enough patients."""
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    names = sorted({name for name in seen.route if name})
    members = {name: seen.of(seen.route == name) for name in names}
    large = [name for name, own in members.items() if own.n_patients >= minimum]
    # A small group must not show through the time axis that the others share with it.
    is_large = pd.Series(seen.route, dtype=object).isin(large).to_numpy(bool)
    whole = route_curves(seen.of(is_large), tau)
    return {
        "suppressed": False,
        **_estimates(seen, tau, replicates),
        "groups": {
            name: _group(own, whole[name], bars_h, replicates)
            if name in large
            else dict(SUPPRESSED)
            for name, own in members.items()
        },
    }


def _group(
    seen: Observed, right: dict[str, Any], bars_h: tuple[float, ...], replicates: int
) -> dict[str, Any]:
    """`bars`: [hours, lower, upper] of the share still unchanged, by resampling patients."""
    bars = survival_by_patient(
        seen.patient_id,
        seen.lo,
        seen.hi,
        bars_h,
        seed=SEED,
        replicates=replicates,
    )
    return {
        "suppressed": False,
        "patients": seen.n_patients,
        "sessions": len(seen.lo),
        "right": listed(right),
        "turnbull": turnbull(seen.lo, seen.hi),
        "bars": [list(bar) for bar in bars or ()],
    }


def _estimates(seen: Observed, tau: float, replicates: int) -> dict[str, Any]:
    right = kaplan_meier(seen.right, seen.event, tau=tau)
    npmle = turnbull(seen.lo, seen.hi)
    return {
        "patients": seen.n_patients,
        "sessions": len(seen.lo),
        "right": listed(right),
        "midpoint": listed(kaplan_meier(seen.mid, seen.event, tau=tau)),
        "turnbull": npmle,
        "interval_by_patient": _bootstrap(seen, right["tau"] or tau, replicates),
        "shares": _clustered([share_by(right, npmle, hours) for hours in SHARES_BY_H], seen),
    }


def _bootstrap(seen: Observed, tau: float, replicates: int) -> dict[str, Any] | None:
    found = bootstrap_by_patient(
        seen.patient_id,
        seen.right,
        seen.event,
        seen.lo,
        seen.hi,
        tau=tau,
        seed=SEED,
        replicates=replicates,
    )
    if found is None:
        return None
    ends = {name: [_finite(ends.lower), _finite(ends.upper)] for name, ends in vars(found).items()}
    return {**ends, "replicates": replicates, "seed": SEED}


def share_by(right: dict[str, Any], npmle: dict[str, Any], hours: float) -> dict[str, Any]:
    """The share that had changed by `hours`, from 0 to 1.

    `seen`: what the clinic had seen by then, 1 - S of the right-point curve, with its bounds.
    `certain` and `possible`: what the intervals allow, for a change between two check-ins may
    lie on either side of `hours`. All None beyond the last follow-up.
    """
    at = [i for i, time in enumerate(right["time"]) if time <= hours + SAME_TIME_H]
    empty = dict.fromkeys(("seen", "lower", "upper", "certain", "possible"))
    falls_to_zero = bool(right["surv"]) and right["surv"][-1] == 0
    if not right["time"] or (right["time"][-1] < hours - SAME_TIME_H and not falls_to_zero):
        return {"hours": hours, **empty}
    last = at[-1] if at else None
    certain, possible = 0.0, 0.0
    for (lo, hi), mass in zip(npmle["intervals"], npmle["mass"], strict=True):
        certain += mass if hi is not None and hi <= hours + SAME_TIME_H else 0.0
        possible += mass if hi is not None and lo < hours else 0.0
    return {
        "hours": hours,
        "seen": 0.0 if last is None else 1 - right["surv"][last],
        "lower": 0.0 if last is None else _less(right["upper"][last]),
        "upper": 0.0 if last is None else _less(right["lower"][last]),
        "certain": certain,
        "possible": possible,
    }


def _clustered(shares: list[dict[str, Any]], seen: Observed) -> list[dict[str, Any]]:
    """The shares with bounds that know which sessions are of one patient."""
    hours = [share["hours"] for share in shares]
    ends = shares_at(seen.patient_id, seen.right, seen.event, hours)
    return [
        share if share["seen"] is None else {**share, "lower": _less(upper), "upper": _less(lower)}
        for share, (_, lower, upper) in zip(shares, ends, strict=True)
    ]


def censoring_block(episodes: pd.DataFrame, relief: Observed, minimum: int) -> dict[str, Any]:
    """Why relief was not followed to its end, and how far that could move the estimate.

    `worst_*` takes every next session as a loss at that time, `best_*` as relief that goes on to
    the end of the axis. Re-treatment is booked when relief fades, so the truth lies between.
    `competing`: shares that had lost relief, and that were dosed again before that.
    """
    if relief.n_patients < minimum:
        return dict(SUPPRESSED)
    counted = censoring(episodes)
    bounds = retreatment_bounds(episodes, TAU_RELIEF_H)
    assert bounds is not None
    return {
        "suppressed": False,
        "sessions": counted.n,
        "seen": counted.lost,
        **counted.by_reason,
        **vars(bounds),
        "differ_a_lot": bounds.differ_a_lot,
        "competing": [vars(share) for share in competing_outcomes(episodes, COMPETING_AT_H)],
    }


def kept_block(episodes: pd.DataFrame, minimum: int, replicates: int) -> dict[str, Any]:
    """How long relief that was there already at the dose was kept, hours since the dose.

    A curve of its own: these sessions are not at risk of onset and are in no other curve.
    """
    carried = episodes[episodes["status"] == "carried"]
    return _one_curve(observed_relief(carried, with_carried=True), minimum, replicates)


def _one_curve(seen: Observed, minimum: int, replicates: int) -> dict[str, Any]:
    """One group alone: right-point and interval curves, and the bounds of the median."""
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    return {
        "suppressed": False,
        "patients": seen.n_patients,
        "sessions": len(seen.lo),
        "right": listed(kaplan_meier(seen.right, seen.event, tau=TAU_RELIEF_H)),
        "turnbull": turnbull(seen.lo, seen.hi),
        "median_by_patient": _median_ends(seen, replicates),
    }


def whole_course_block(
    found: Observed | None,
    everything: pd.DataFrame,
    episodes: pd.DataFrame,
    minimum: int,
    replicates: int,
) -> dict[str, Any]:
    """Relief with later sessions taken as part of the treatment, of the chosen responses.

    `found`: one row for each response of `everything`, whose index `episodes` share. None exists
    where each dose has a baseline of its own: `{"suppressed": True, "reason": ...}`.
    """
    if found is None:
        return {**SUPPRESSED, "reason": "needs_one_baseline_for_the_course"}
    responses = everything.loc[everything["status"] == "response", "patient_id"]
    named = replace(found, patient_id=responses.to_numpy())
    return _one_curve(named.of(responses.index.isin(episodes.index)), minimum, replicates)


def _median_ends(seen: Observed, replicates: int) -> list[float | None] | None:
    """Bounds of the right-point median by resampling patients, hours; None is not reached."""
    found = median_by_patient(
        seen.patient_id,
        seen.right,
        seen.event,
        seed=SEED,
        replicates=replicates,
    )
    return None if found is None else [_finite(found.lower), _finite(found.upper)]


def gaps(episodes: pd.DataFrame, sessions: pd.DataFrame) -> dict[str, Any]:
    """Days between sessions of a patient, and how wide the intervals are."""
    patients = sessions["patient_id"].isin(episodes["patient_id"].unique())
    onset = (episodes["onset_hi"] - episodes["onset_lo"]).dropna()
    loss = (episodes["loss_hi"] - episodes["loss_lo"]).dropna()
    widths = pd.concat([onset, loss])
    return {
        "median_days_between_sessions": median_gap_days(sessions[patients]),
        "intervals": len(widths),
        "intervals_over_7_days": int((widths > WIDE_GAP_H).sum()),
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _less(share: float | None) -> float | None:
    return None if share is None else 1 - share
