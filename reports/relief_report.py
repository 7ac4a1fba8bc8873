"""The whole analysis of one instrument: two frames in, one JSON-able result out.

The command, the pages and the API call the same function, so they cannot disagree. Every list
and field of the result is named in docs/response-episodes.md. Times are float hours; None is
infinity, "not reached" or, with an entry in `why`, an estimate that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.episodes import STATUSES, Floats, ResponseRule, derive_counted
from reports.survival import kaplan_meier, logrank, logrank_stratified, turnbull
from reports.survival.times import Bools, patients_in

TAU_ONSET_H = 336.0
TAU_RELIEF_H = 672.0
# Where a drawn curve gets its bar: hours at which patients are usually asked.
ONSET_BARS_H = (2.0, 24.0, 72.0, 168.0)
RELIEF_BARS_H = (168.0, 336.0, 504.0, 672.0)
OF_EACH = ["patient_id", "route", "session_no"]
REPEATED_PATIENTS = "plain_p_is_not_valid_alone_patients_have_several_sessions"


@dataclass(frozen=True)
class Observed:
    """One row per episode of a curve: its interval (lo, hi], hours; hi infinite if never seen.

    `patient_id` is text, or a number for each patient in the order of that text; `route` is text
    or None, or a number for each group, below 0 for none.
    """

    patient_id: npt.NDArray[Any]
    route: npt.NDArray[Any]
    is_first: Bools
    event: Bools
    lo: Floats
    hi: Floats
    right: Floats
    mid: Floats

    @property
    def n_patients(self) -> int:
        return patients_in(self.patient_id)

    def of(self, keep: Bools) -> Observed:
        """The chosen rows."""
        # Places are looked up once; a mask would be gone through for every column.
        at = np.flatnonzero(keep)
        return Observed(**{name: value[at] for name, value in vars(self).items()})


def relief_report(
    sessions: pd.DataFrame,
    check_ins: pd.DataFrame,
    rule: ResponseRule,
    *,
    tau_hours: float | None = None,
    seed: int | None = None,
    blank_scores: int = 0,
) -> dict[str, Any]:
    """Parameters, counts, episodes, data quality and the three curves of one instrument.

    The frames are those of `episodes.derive`. `blank_scores` counts blank rows that the caller
    has already left out. `tau_hours` replaces the presets of 336 h (onset) and 672 h (relief).
    """
    episodes, described = _described(sessions, check_ins, rule, blank_scores)
    return {
        "parameters": {**rule.parameters(), "tau_hours": tau_hours, "seed": seed},
        **described,
        "onset": curves(observed_onset(episodes), tau_hours or TAU_ONSET_H),
        "relief": curves(observed_relief(episodes), tau_hours or TAU_RELIEF_H),
        "relief_with_carried": curves(
            observed_relief(episodes, with_carried=True), tau_hours or TAU_RELIEF_H
        ),
    }


def course_report(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> dict[str, Any]:
    """The same of one patient, without curves: `onset_bracket` holds the Turnbull median."""
    episodes, described = _described(sessions, check_ins, rule, 0)
    seen = observed_onset(episodes)
    bracket = turnbull(seen.lo, seen.hi)["median_bracket"]
    return {"parameters": rule.parameters(), **described, "onset_bracket": bracket}


def _described(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule, blank_scores: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    blank = check_ins.loc[check_ins["instrument"] == rule.instrument, "score"].isna()
    episodes, quality = derive_counted(sessions, check_ins, rule)
    status = episodes["status"].value_counts()
    return episodes, {
        "counts": {name: int(status.get(name, 0)) for name in STATUSES},
        "data_quality": {"blank_scores": blank_scores + int(blank.sum()), **vars(quality)},
        "episodes": records(episodes),
    }


def records(episodes: pd.DataFrame) -> list[dict[str, Any]]:
    """The episodes as plain dictionaries, None where nothing is defined."""
    plain = episodes.astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def observed_onset(episodes: pd.DataFrame) -> Observed:
    """Onset of every session at risk; those who never respond stay in, censored."""
    names = [*OF_EACH, "onset_event", "onset_lo", "onset_hi"]
    rows = episodes.loc[episodes["onset_event"].notna(), names]
    event = rows["onset_event"].to_numpy(bool)
    lo, hi = rows["onset_lo"].to_numpy(float), rows["onset_hi"].to_numpy(float)
    return _observed(
        rows, event, lo, hi, right=np.where(event, hi, lo), mid=np.where(event, (lo + hi) / 2, lo)
    )


def observed_relief(episodes: pd.DataFrame, *, with_carried: bool = False) -> Observed:
    """Relief of every response and, if asked, of every response kept from an earlier session."""
    wanted = ["response", "carried"] if with_carried else ["response"]
    times = [f"relief_{name}" for name in ("event", "lo", "hi", "right", "mid")]
    rows = episodes.loc[episodes["status"].isin(wanted), [*OF_EACH, *times]]
    return _observed(
        rows,
        rows["relief_event"].to_numpy(bool),
        rows["relief_lo"].to_numpy(float),
        rows["relief_hi"].to_numpy(float),
        right=rows["relief_right"].to_numpy(float),
        mid=rows["relief_mid"].to_numpy(float),
    )


def _observed(
    rows: pd.DataFrame, event: Bools, lo: Floats, hi: Floats, *, right: Floats, mid: Floats
) -> Observed:
    route = rows["route"]
    if route.dtype.kind != "i":
        route = route.astype(object).where(route.notna(), None)
    return Observed(
        patient_id=rows["patient_id"].to_numpy(
            np.int64 if rows["patient_id"].dtype.kind == "i" else object
        ),
        route=route.to_numpy(),
        is_first=rows["session_no"].to_numpy() == 1,
        event=event,
        lo=lo,
        hi=np.where(event, hi, np.inf),
        right=right,
        mid=mid,
    )


def curves(seen: Observed, tau: float) -> dict[str, Any]:
    """Right-point and midpoint Kaplan-Meier, Turnbull, and the comparison of routes."""
    return {
        "right": kaplan_meier(seen.right, seen.event, tau=tau),
        "midpoint": kaplan_meier(seen.mid, seen.event, tau=tau),
        "turnbull": turnbull(seen.lo, seen.hi),
        "by_route": by_route(seen, tau),
    }


def by_route(seen: Observed, tau: float) -> dict[str, Any]:
    """Right-point curves by route over one common tau, and log-rank tests between them.

    A blank route is no group. The stratified test separates first from later sessions.
    """
    known = seen.of(np.array([bool(route) for route in seen.route], bool))
    routes = list(known.route)
    tests = {
        "logrank": logrank(known.right, known.event, routes),
        "logrank_stratified": logrank_stratified(known.right, known.event, routes, known.is_first),
    }
    if known.n_patients < len(routes):
        for test in tests.values():
            test["note"] = REPEATED_PATIENTS
    return {"groups": route_curves(known, tau), **tests}


def route_curves(known: Observed, tau: float) -> dict[str, Any]:
    """Right-point curves by route over one common tau; each row has a route."""
    members = {route: known.route == route for route in sorted(set(known.route))}
    tau = min([tau, *(float(known.right[own].max()) for own in members.values())])
    return {
        route: kaplan_meier(known.right[own], known.event[own], tau=tau)
        for route, own in members.items()
    }
