"""The numbers of the outcomes page: frames in, one JSON-able block out, small groups left out.

The estimates are those of `relief_report`; nothing is estimated here a second way. Times are
float hours and shares lie from 0 to 1; None is "not reached", infinity, or an estimate that does
not exist. A group with fewer patients than the minimum is `{"suppressed": True}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from reports.episodes import STATUSES
from reports.relief_companions import (
    bounds_of,
    censoring,
    competing_of,
    median_gap_days,
    relief_ends_of,
)
from reports.relief_report import (
    OF_EACH,
    ONSET_BARS_H,
    RELIEF_BARS_H,
    TAU_ONSET_H,
    TAU_RELIEF_H,
    Observed,
    observed_onset,
    observed_relief,
)
from reports.survival import bootstrap_by_patient, survival_by_patient, turnbull
from reports.survival.clustered import shares_of
from reports.survival.kaplan_meier import Curve, event_table, fit_curve
from reports.survival.listing import listed_curve
from reports.survival.median_by_patient import median_by_patient
from reports.survival.times import Bools, Floats, Ints, patients_in

SUPPRESSED: dict[str, Any] = {"suppressed": True}
SHARES_BY_H = (24.0, 168.0, 336.0)
WIDE_GAP_H = 168.0
COMPETING_AT_H = (168.0, 336.0, 672.0)
SEED = 1
REPLICATES = 200  # keeps the first look at a new analysis within seconds
REPLICATES_AHEAD = 1_000  # where nobody waits
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
    patients = patients_in(episodes["patient_id"].to_numpy())
    if patients < minimum:
        return dict(SUPPRESSED)
    status = episodes["status"].value_counts()
    # The curves compare what stands in `route`: here the group, whatever it is made of.
    names = names_of(group)
    grouped = episodes.assign(route=_places(group, names))
    relief = observed_relief(grouped)
    return {
        "suppressed": False,
        "patients": int(patients),
        "sessions": len(episodes),
        "ungrouped": int((group.isna() | (group == "")).sum()),
        "replicates": replicates,
        "counts": {name: int(status.get(name, 0)) for name in STATUSES},
        "onset": curve_block(
            observed_onset(grouped), TAU_ONSET_H, ONSET_BARS_H, minimum, replicates, names
        ),
        "relief": curve_block(relief, TAU_RELIEF_H, RELIEF_BARS_H, minimum, replicates, names),
        "kept": kept_block(episodes, minimum, replicates),
        "censoring": censoring_block(episodes, relief, minimum),
        "gaps": gaps(episodes, sessions),
    }


def names_of(group: pd.Series[Any]) -> list[str]:
    """The groups that are there, in order; a row without one belongs to none."""
    return sorted(str(name) for name in group.dropna().unique() if name)


def _places(group: Any, names: Sequence[str]) -> Ints:
    """Where in `names` the group of each row stands; -1 where it has none."""
    given = pd.Categorical(group)
    found = {name: place for place, name in enumerate(names)}
    table = np.array([*(found.get(name, -1) for name in given.categories), -1], np.int64)
    return table[given.codes]


def curve_block(
    seen: Observed,
    tau: float,
    bars_h: tuple[float, ...],
    minimum: int,
    replicates: int,
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """All sessions together and one block per group that has enough patients.

    `names` says what the groups are called whose numbers stand in `route`; without, it is text.
    """
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    if names is None:
        names = sorted({name for name in seen.route if name})
        seen = replace(seen, route=_places(seen.route, names))
    there = np.bincount(seen.route[seen.route >= 0], minlength=len(names))
    members = {
        name: seen.of(seen.route == place) for place, name in enumerate(names) if there[place]
    }
    large = [name for name, own in members.items() if own.n_patients >= minimum]
    # A small group must not show through the time axis that the others share with it.
    shared = min([tau, *(float(members[name].right.max()) for name in large)])
    return {
        "suppressed": False,
        **_estimates(seen, tau, replicates),
        "groups": {
            name: _group(own, shared, bars_h, replicates) if name in large else dict(SUPPRESSED)
            for name, own in members.items()
        },
    }


def _group(
    seen: Observed, tau: float, bars_h: tuple[float, ...], replicates: int
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
        "right": listed_curve(_curve(seen.right, seen.event), len(seen.lo), tau),
        "turnbull": turnbull(seen.lo, seen.hi),
        "bars": [list(bar) for bar in bars or ()],
    }


def _curve(times: Floats, events: Bools) -> Curve:
    return fit_curve(event_table(times, events))


def _estimates(seen: Observed, tau: float, replicates: int) -> dict[str, Any]:
    n, curve, npmle = len(seen.lo), _curve(seen.right, seen.event), turnbull(seen.lo, seen.hi)
    right = listed_curve(curve, n, tau)
    return {
        "patients": seen.n_patients,
        "sessions": n,
        "right": right,
        "midpoint": listed_curve(_curve(seen.mid, seen.event), n, tau),
        "turnbull": npmle,
        "interval_by_patient": _bootstrap(seen, right["tau"] or tau, replicates),
        "shares": _shares(seen, curve, npmle),
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
    share = _share(np.array(right["time"]), np.array(right["surv"]), npmle, hours)
    last = int(np.searchsorted(right["time"], hours + SAME_TIME_H, side="right")) - 1
    if share["seen"] is None:
        return share
    ends = (0.0, 0.0) if last < 0 else (right["lower"][last], right["upper"][last])
    return share if last < 0 else {**share, "lower": _less(ends[1]), "upper": _less(ends[0])}


def _share(time: Floats, surv: Floats, npmle: dict[str, Any], hours: float) -> dict[str, Any]:
    """`share_by` before its bounds are known; both are 0 as long as nobody has changed."""
    empty = dict.fromkeys(("seen", "lower", "upper", "certain", "possible"))
    falls_to_zero = len(surv) > 0 and surv[-1] == 0
    if not len(time) or (time[-1] < hours - SAME_TIME_H and not falls_to_zero):
        return {"hours": hours, **empty}
    past = int(np.searchsorted(time, hours + SAME_TIME_H, side="right"))
    certain, possible = 0.0, 0.0
    for (lo, hi), mass in zip(npmle["intervals"], npmle["mass"], strict=True):
        certain += mass if hi is not None and hi <= hours + SAME_TIME_H else 0.0
        possible += mass if hi is not None and lo < hours else 0.0
    return {
        "hours": hours,
        "seen": 1 - float(surv[past - 1]) if past else 0.0,
        "lower": 0.0,
        "upper": 0.0,
        "certain": certain,
        "possible": possible,
    }


def _shares(seen: Observed, curve: Curve, npmle: dict[str, Any]) -> list[dict[str, Any]]:
    """The shares with bounds that know which sessions are of one patient."""
    time, surv = curve.table.time, curve.surv
    shares = [_share(time, surv, npmle, hours) for hours in SHARES_BY_H]
    ends = shares_of(seen.patient_id, seen.right, seen.event, SHARES_BY_H, curve)
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
    ends = relief_ends_of(relief, episodes)
    bounds = bounds_of(ends, TAU_RELIEF_H)
    return {
        "suppressed": False,
        "sessions": counted.n,
        "seen": counted.lost,
        **counted.by_reason,
        **vars(bounds),
        "differ_a_lot": bounds.differ_a_lot,
        "competing": [vars(share) for share in competing_of(ends, COMPETING_AT_H)],
    }


def kept_block(episodes: pd.DataFrame, minimum: int, replicates: int) -> dict[str, Any]:
    """How long relief that was there already at the dose was kept, hours since the dose.

    A curve of its own: these sessions are not at risk of onset and are in no other curve.
    """
    names = [name for name in episodes if name in OF_EACH or str(name).startswith("relief_")]
    carried = episodes.loc[episodes["status"] == "carried", ["status", *names]]
    return _one_curve(observed_relief(carried, with_carried=True), minimum, replicates)


def _one_curve(seen: Observed, minimum: int, replicates: int) -> dict[str, Any]:
    """One group alone: right-point and interval curves, and the bounds of the median."""
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    return {
        "suppressed": False,
        "patients": seen.n_patients,
        "sessions": len(seen.lo),
        "right": listed_curve(_curve(seen.right, seen.event), len(seen.lo), TAU_RELIEF_H),
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
    if len(episodes) < len(everything):
        named = named.of(responses.index.isin(episodes.index))
    return _one_curve(named, minimum, replicates)


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
    own = sessions[["patient_id", "session_start"]]
    if len(episodes) < len(sessions):
        own = own[own["patient_id"].isin(episodes["patient_id"].unique())]
    widths = [
        (episodes[f"{change}_hi"] - episodes[f"{change}_lo"]).to_numpy()
        for change in ("onset", "loss")
    ]
    return {
        "median_days_between_sessions": median_gap_days(own),
        "intervals": sum(int(np.count_nonzero(~np.isnan(width))) for width in widths),
        "intervals_over_7_days": sum(int(np.count_nonzero(width > WIDE_GAP_H)) for width in widths),
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _less(share: float | None) -> float | None:
    return None if share is None else 1 - share
