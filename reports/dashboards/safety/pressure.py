"""Blood pressure after the dose: the highest, told in the two ways that papers use, and severe
hypertension.

The *mean of the peaks* takes each session's highest value, whenever it came. The *peak of the mean
curve* takes the mean of all sessions at each minute at which readings are due, and then its
highest point. The second is lower by construction, because peaks come at different minutes:
publications that differ fivefold have used one or the other. Rises are over the last value before
the dose of the same session. mmHg, float hours.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from reports.dashboards.filters import SESSION_BANDS
from reports.dashboards.safety.effects import in_band
from reports.dashboards.safety.rates import (
    Block,
    below_minimum,
    mean_of_cases,
    share,
    share_of_cases,
    spread_of,
)
from reports.dashboards.safety.record import Record
from sessions_app.chairside.session_state import READING_GRACE_MIN

# Hypertensive crisis level, general knowledge; the diastolic one by design: what calls somebody.
SEVERE_SYSTOLIC, SEVERE_DIASTOLIC = 180, 110
LEAST_MEASURED = 0.5  # of the sessions, for a minute to stand in the mean curve
BIN_MMHG = 5
SIGNS = ("systolic", "diastolic")


def pressure_of(record: Record, minimum: int) -> Block:
    """All sessions with a pressure after the dose, each route and each band of numbers."""
    peaks = session_peaks(record)
    routes = sorted(set(record.sessions["route"]))
    return {
        "all": summary(peaks, minimum),
        "by_route": {
            route: summary(peaks[peaks["route"] == route], minimum)
            | curve_block(record, peaks, route, minimum)
            for route in routes
        },
        "by_session": {
            name: summary(peaks[inside], minimum)
            for name in SESSION_BANDS
            if (inside := in_band(peaks["session_no"], name)).any()
        },
    }


def session_peaks(record: Record) -> pd.DataFrame:
    """One row a session with a pressure after the dose, indexed by its place.

    Columns: patient, route, session_no; systolic and diastolic, the highest value; `…_before`
    the last before the dose, NaN without one; `…_rise`; `peak_h`, when the systolic one came.
    """
    readings = record.readings
    after, before = readings[readings["hour"] > 0], readings[readings["hour"] <= 0]
    columns: dict[str, Any] = {}
    for sign in SIGNS:
        columns[sign] = after.groupby("at")[sign].max()
        # Readings are in order of time, so the last that is not blank is the newest.
        columns[f"{sign}_before"] = before.groupby("at")[sign].last()
    peaks = pd.DataFrame(columns).dropna(subset=list(SIGNS), how="all")
    for sign in SIGNS:
        peaks[f"{sign}_rise"] = peaks[sign] - peaks[f"{sign}_before"]
    measured = after.dropna(subset=["systolic"])
    highest = measured.loc[measured.groupby("at")["systolic"].idxmax()].set_index("at")["hour"]
    peaks["peak_h"] = highest.reindex(peaks.index)
    sessions = record.sessions.loc[peaks.index]
    return peaks.assign(**{name: sessions[name] for name in ("patient", "route", "session_no")})


def summary(peaks: pd.DataFrame, minimum: int) -> Block:
    """The mean of the peaks, the severe ones, and how the peaks are spread."""
    patient = peaks["patient"].to_numpy(np.int64)
    patients = len(np.unique(patient))
    if patients < minimum:
        return below_minimum()
    severe = is_severe(peaks)
    return {
        "suppressed": False,
        "patients": patients,
        "sessions": len(peaks),
        "mean_of_peaks": {
            **{name: _mean(peaks, name) for name in SIGNS},
            **{f"{name}_rise": _mean(peaks, f"{name}_rise") for name in SIGNS},
            "sessions_with_a_rise": int(peaks["systolic_rise"].notna().sum()),
            "peak_h": spread_of(peaks["peak_h"].dropna().to_numpy()),
        },
        "severe": {
            "sessions": share_of_cases(severe, patient),
            "patients": share(len(np.unique(patient[severe])), patients),
        },
        "systolic_bins": _bins(peaks["systolic"].dropna().to_numpy()),
    }


def is_severe(peaks: pd.DataFrame) -> Any:
    """Whether a value of the session reached the crisis level: 180 systolic or 110 diastolic."""
    high = (peaks["systolic"] >= SEVERE_SYSTOLIC) | (peaks["diastolic"] >= SEVERE_DIASTOLIC)
    return high.to_numpy(bool)


def _mean(peaks: pd.DataFrame, name: str) -> Block:
    known = peaks[[name, "patient"]].dropna()
    return mean_of_cases(known[name].to_numpy(float), known["patient"].to_numpy(np.int64))


def _bins(values: Any) -> list[Block]:
    """How many sessions had their highest value in each 5 mmHg from `from_mmhg` on."""
    low, n = np.unique(np.floor(values / BIN_MMHG).astype(int) * BIN_MMHG, return_counts=True)
    return [{"from_mmhg": int(a), "sessions": int(b)} for a, b in zip(low, n, strict=True)]


def curve_block(record: Record, peaks: pd.DataFrame, route: str, minimum: int) -> Block:
    """The mean curve of one route, and its highest point; empty while the route is suppressed.

    A reading stands for the due minute within five minutes of which it was taken, the nearest one
    for each. A minute with fewer patients than the minimum, or at which fewer than half of the
    sessions were measured, is left out: who was measured then was measured for a reason.
    """
    mine = peaks[(peaks["route"] == route) & peaks["systolic_before"].notna()]
    if peaks.loc[peaks["route"] == route, "patient"].nunique() < minimum:
        return {}
    slots = _slots(record, mine)
    slots = slots.assign(patient=mine["patient"].reindex(slots["at"]).to_numpy())
    watched = record.sessions.index[_has_schedule(record)]
    mine = mine[mine.index.isin(watched)]
    points = []
    for minute, rows in slots.groupby("minute"):
        patients = rows["patient"].nunique()
        if patients < minimum or len(rows) < LEAST_MEASURED * len(mine):
            continue
        means = {name: float(rows[name].mean()) for name in (*SIGNS, *(f"{s}_rise" for s in SIGNS))}
        facts = {"hour": cast(float, minute) / 60, "patients": patients, "sessions": len(rows)}
        points.append({**facts, **means})
    top = max(points, key=lambda point: (point["systolic_rise"], -point["hour"]), default=None)
    return {"mean_curve": points, "peak_of_mean_curve": top, "sessions_in_curve": len(mine)}


def _has_schedule(record: Record) -> Any:
    found = np.zeros(len(record.sessions), bool)
    for places, due, _protocol in record.schedules:
        found[places] = bool(due)
    return found


def _slots(record: Record, mine: pd.DataFrame) -> pd.DataFrame:
    """One row a session and due minute after the dose: the reading nearest to it, and its rises."""
    readings = record.readings
    rows = readings[(readings["hour"] > 0) & readings["at"].isin(mine.index)]
    rows = rows.dropna(subset=list(SIGNS))
    taken = rows["hour"] * 60
    nearest = pd.Series(np.nan, index=rows.index)
    for places, due, _protocol in record.schedules:
        inside = rows["at"].isin(places)
        if due and inside.any():
            minutes = np.array(due, float)
            halfway = (minutes[1:] + minutes[:-1]) / 2
            nearest[inside] = minutes[np.searchsorted(halfway, taken[inside])]
    rows = rows.assign(minute=nearest, away=(taken - nearest).abs())
    rows = rows[(rows["away"] <= READING_GRACE_MIN) & (rows["minute"] > 0)]
    rows = rows.sort_values(["at", "minute", "away"], kind="stable").drop_duplicates(
        ["at", "minute"]
    )
    before = mine[[f"{sign}_before" for sign in SIGNS]].reindex(rows["at"]).to_numpy()
    rises = rows[list(SIGNS)].to_numpy() - before
    return rows.assign(**{f"{sign}_rise": rises[:, i] for i, sign in enumerate(SIGNS)})
