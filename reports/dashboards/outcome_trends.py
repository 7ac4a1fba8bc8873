"""What changes with time and with sessions: mood after a dose, relief by session and by quarter.

Frames in, JSON-able blocks out. Times are float hours, changes are points of the scale, shares
lie from 0 to 1. A part with fewer patients than the minimum is `{"suppressed": True}` and nothing
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reports.dashboards.filters import SESSION_BANDS
from reports.dashboards.outcome_groups import session_bands
from reports.dashboards.outcome_numbers import names_of
from reports.mood_change import WINDOWS_H
from reports.relief_models import trends
from reports.relief_report import TAU_RELIEF_H, Observed, observed_onset, observed_relief
from reports.survival.clustered import share_at
from reports.survival.kaplan_meier import event_table, fit_curve
from reports.survival.listing import listed_curve
from reports.survival.median_by_patient import median_by_patient
from reports.survival.times import Floats, Ints, patient_codes, patients_in

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
    # Numbers are compared sooner than names.
    patients = patient_codes(changes["patient_id"].to_numpy())
    if patients_in(patients) < minimum or not windows:
        return dict(SUPPRESSED)
    values = {hours: changes[str(hours)].to_numpy(np.float64) for hours in windows}
    return {
        "suppressed": False,
        **_mood_points(patients, values, minimum),
        "groups": {
            name: _mood_points(
                patients[at], {hours: of[at] for hours, of in values.items()}, minimum
            )
            for name in names_of(group)
            for at in [np.flatnonzero((group == name).to_numpy(bool))]
        },
    }


def _mood_points(patients: Ints, values: Mapping[int, Floats], minimum: int) -> dict[str, Any]:
    if patients_in(patients) < minimum:
        return dict(SUPPRESSED)
    points = [
        {"hours": float(hours), **mean_by_patient(patients, of, minimum)}
        for hours, of in values.items()
    ]
    counts = {"patients": patients_in(patients), "sessions": len(patients)}
    return {"suppressed": False, **counts, "points": points}


def mean_by_patient(patients: Any, values: Any, minimum: int) -> dict[str, Any]:
    """{"mean", "lower", "upper", "patients", "sessions"}: the error is summed by patient.

    `patients`, `values`: one entry a session, NaN where there is none. Bounds are 95 %, from
    Student's t with as many degrees of freedom as patients, less one. In R: confint(lm(x ~ 1)) with
    sandwich::vcovCL(fit, cluster = patient, type = "HC0", cadjust = TRUE).
    """
    given, at = np.asarray(patients), np.asarray(values, np.float64)
    known = np.flatnonzero(~np.isnan(at))
    code, at = given[known], at[known]
    if code.dtype.kind != "i":
        code = patient_codes(code)
    n = patients_in(code)
    if n < max(minimum, 2):
        return dict(SUPPRESSED)
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
    seen, responded = observed_relief(episodes), (episodes["status"] == "response").to_numpy(bool)
    bands = session_bands(episodes["session_no"]).cat.codes.to_numpy()[responded]
    of_group = group.reindex(episodes.index)[responded]

    def rows(own: Observed, own_bands: Any) -> list[dict[str, Any]]:
        return [
            {"band": band, **_relief_of(own.of(own_bands == place), minimum, replicates)}
            for place, band in enumerate(SESSION_BANDS)
        ]

    members = {name: (of_group == name).to_numpy(bool) for name in names_of(group)}
    return {
        "all": rows(seen, bands),
        "groups": {name: rows(seen.of(own), bands[own]) for name, own in members.items()},
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
    relief, onset = observed_relief(episodes), observed_onset(episodes)
    responded = quarter[(episodes["status"] == "response").to_numpy(bool)]
    at_risk = quarter[episodes["onset_event"].notna().to_numpy(bool)]
    found = []
    for name in names_of(quarter)[-LAST_QUARTERS:]:
        own = relief.of((responded == name).to_numpy(bool))
        line = {"quarter": name, **_relief_of(own, minimum, replicates)}
        share: dict[str, Any] = {**SUPPRESSED, "reason": "looks_back"}
        if not looks_back:
            share = _onset_share(onset.of((at_risk == name).to_numpy(bool)), minimum)
        found.append({**line, "seen_by_7_days": share})
    return found


def _relief_of(seen: Observed, minimum: int, replicates: int) -> dict[str, Any]:
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    curve = fit_curve(event_table(seen.right, seen.event))
    right = listed_curve(curve, len(seen.right), TAU_RELIEF_H)
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


def _onset_share(seen: Observed, minimum: int) -> dict[str, Any]:
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


def quarters(day: pd.Series[Any]) -> pd.Series[str]:
    """ "2026-Q1" of each date, or of each time where its zone has that date."""
    at = pd.to_datetime(day)
    local = at.dt.tz_localize(None) if at.dt.tz is not None else at
    count = local.to_numpy().astype("M8[M]").astype(np.int64) // 3
    place, found = pd.factorize(count, sort=True)
    names = [f"{1970 + number // 4}-Q{number % 4 + 1}" for number in found]
    return pd.Series(pd.Categorical.from_codes(place, pd.Index(names)), at.index)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
