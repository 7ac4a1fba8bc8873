"""What changes with time and with sessions: mood after a dose, relief by session and by quarter.

Frames in, JSON-able blocks out. Times are float hours, changes are points of the scale, shares
lie from 0 to 1. A part with fewer patients than the minimum is `{"suppressed": True}` and nothing
else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reports.dashboards.filters import SESSION_BANDS
from reports.dashboards.outcome_groups import session_bands
from reports.mood_change import WINDOWS_H
from reports.relief_models import trends
from reports.relief_report import TAU_RELIEF_H, observed_onset, observed_relief
from reports.survival import kaplan_meier
from reports.survival.clustered import share_at
from reports.survival.median_by_patient import median_by_patient

SUPPRESSED: dict[str, Any] = {"suppressed": True}
RELIEF_BY_H = 168.0
LAST_QUARTERS = 8
SEED = 1


def mood_block(
    changes: pd.DataFrame, group: pd.Series[str], minimum: int, from_hours: float = 0
) -> dict[str, Any]:
    """Mean change from just before the dose, for all and for each group.

    `changes`: patient_id and a column for each window, one row a session; `group` has the same
    index. Windows before `from_hours` are left out: their answers would look back past the dose.
    """
    windows = [hours for hours in WINDOWS_H if hours >= from_hours]
    if changes["patient_id"].nunique() < minimum or not windows:
        return dict(SUPPRESSED)
    # Numbers are compared sooner than names.
    changes = changes.assign(patient_id=pd.factorize(changes["patient_id"])[0])
    return {
        "suppressed": False,
        **_mood_points(changes, windows, minimum),
        "groups": {
            name: _mood_points(changes[group == name], windows, minimum) for name in _names(group)
        },
    }


def _mood_points(rows: pd.DataFrame, windows: Iterable[int], minimum: int) -> dict[str, Any]:
    if rows["patient_id"].nunique() < minimum:
        return dict(SUPPRESSED)
    points = [
        {"hours": float(hours), **mean_by_patient(rows["patient_id"], rows[str(hours)], minimum)}
        for hours in windows
    ]
    patients = int(rows["patient_id"].nunique())
    return {"suppressed": False, "patients": patients, "sessions": len(rows), "points": points}


def mean_by_patient(
    patients: pd.Series[str], values: pd.Series[float], minimum: int
) -> dict[str, Any]:
    """{"mean", "lower", "upper", "patients", "sessions"}: the error is summed by patient.

    Bounds are 95 %, from Student's t with as many degrees of freedom as patients, less one.
    In R: confint(lm(x ~ 1)) with sandwich::vcovCL(fit, cluster = patient, type = "HC0", cadjust =
    TRUE).
    """
    known = values.notna()
    code, _ = pd.factorize(patients[known])
    n = int(code.max()) + 1 if len(code) else 0
    if n < max(minimum, 2):
        return dict(SUPPRESSED)
    at = values[known].to_numpy(np.float64)
    mean = float(at.mean())
    summed = np.bincount(code, at - mean)
    error = float(np.sqrt((summed**2).sum() * n / (n - 1))) / len(at)
    width = float(stats.t.ppf(0.975, n - 1)) * error
    counts = {"patients": n, "sessions": len(at)}
    return {
        "suppressed": False,
        "mean": mean,
        "lower": mean - width,
        "upper": mean + width,
        **counts,
    }


def by_session(
    episodes: pd.DataFrame, group: pd.Series[str], minimum: int, replicates: int
) -> dict[str, Any]:
    """Length of relief in each band of session numbers, for all and for each group."""
    bands = session_bands(episodes["session_no"])

    def rows(own: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {"band": band, **_relief_of(own[bands[own.index] == band], minimum, replicates)}
            for band in SESSION_BANDS
        ]

    return {
        "all": rows(episodes),
        "groups": {name: rows(episodes[group == name]) for name in _names(group)},
    }


def by_quarter(
    episodes: pd.DataFrame,
    quarter: pd.Series[str],
    minimum: int,
    replicates: int,
    *,
    looks_back: bool = False,
) -> list[dict[str, Any]]:
    """Relief of the sessions of each calendar quarter, the last eight that have any.

    `seen_by_7_days`: the share of sessions in which relief had been seen 7 days after the dose;
    withheld where an answer `looks_back` past the dose.
    """
    found = []
    for name in _names(quarter)[-LAST_QUARTERS:]:
        own = episodes[quarter == name]
        line = {"quarter": name, **_relief_of(own, minimum, replicates)}
        share = {**SUPPRESSED, "reason": "looks_back"} if looks_back else _onset_share(own, minimum)
        found.append({**line, "seen_by_7_days": share})
    return found


def _relief_of(rows: pd.DataFrame, minimum: int, replicates: int) -> dict[str, Any]:
    seen = observed_relief(rows)
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    right = kaplan_meier(seen.right, seen.event, tau=TAU_RELIEF_H)
    ends = median_by_patient(
        seen.patient_id,
        seen.right,
        seen.event,
        seed=SEED,
        replicates=replicates,
    )
    return {
        "suppressed": False,
        "patients": seen.n_patients,
        "sessions": len(seen.right),
        "events": right["events"],
        "median": right["median"],
        "lower": None if ends is None else _finite(ends.lower),
        "upper": None if ends is None else _finite(ends.upper),
        **{name: right[name] for name in ("rmst", "rmst_se", "tau")},
    }


def _onset_share(rows: pd.DataFrame, minimum: int) -> dict[str, Any]:
    seen = observed_onset(rows)
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    unchanged, lower, upper = share_at(seen.patient_id, seen.right, seen.event, RELIEF_BY_H)
    if unchanged > 0 and seen.right.max() < RELIEF_BY_H:
        return {"suppressed": False, "share": None, "lower": None, "upper": None}
    return {
        "suppressed": False,
        "share": 1 - unchanged,
        "lower": None if upper is None else 1 - upper,
        "upper": None if lower is None else 1 - lower,
    }


def trend_block(episodes: pd.DataFrame, minimum: int) -> dict[str, Any]:
    """How the rate at which relief ends goes with the number of the session; exploratory.

    `within`: Cox with each patient as a stratum of their own, so that only sessions of the same
    patient are compared. `between`: the same rate split into the distance of a session from the
    patient's mean number and that mean. Hazard ratios by one session more; a refusal says why. The
    numbers are those of `relief_models`, which the command prints.
    """
    seen = observed_relief(episodes)
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    number = episodes.loc[episodes["status"] == "response", "session_no"].to_numpy(np.float64)
    found = trends(seen, number)
    within, between = found["trend_within_patients"], found["trend_within_between"]
    return {"suppressed": False, "within": within, "between": between}


def _names(group: pd.Series[str]) -> list[str]:
    """The groups that are there, in order; a row without one belongs to none."""
    return sorted(name for name in group.dropna().unique() if name)


def quarters(day: pd.Series[Any]) -> pd.Series[str]:
    """ "2026-Q1" of each date, or of each time where its zone has that date."""
    at = pd.to_datetime(day)
    place, found = pd.factorize(at.dt.year * 4 + at.dt.quarter - 1)
    names = [f"{number // 4}-Q{number % 4 + 1}" for number in found]
    return pd.Series(pd.Categorical.from_codes(place, pd.Index(names)), at.index)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
