"""Models of one analysis, beside its curves: which sessions begin or lose relief sooner.

Route and dose were chosen for reasons that also change the outcome, and several models look at the
same sessions: everything here is exploratory. Where a model cannot answer, it says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.episodes import EPISODE_COLUMNS
from reports.relief_report import Observed, observed_onset, observed_relief
from reports.survival import aft, cox, interval_logrank, within_between
from reports.survival.times import patient_codes

Floats = npt.NDArray[np.float64]
LEVEL = "a_term_does_not_vary"
WITHIN_BETWEEN = ("session_no_within", "session_no_between")


@dataclass(frozen=True)
class Design:
    """The terms of a model, one row per episode of a curve.

    `values`: n by p, NaN where an episode lacks a term. `names`: one a column: `route=NAME` is 1
    on that route and 0 on the `reference`, the most frequent one; `dose_mg_per_kg`; `session_no`.
    `dropped`: terms left out, with the reason.
    """

    names: list[str]
    values: Floats
    reference: str | None
    dropped: dict[str, str]


def models(episodes: pd.DataFrame, *, seed: int) -> dict[str, Any]:
    """{"onset": {...}, "relief": {...}}: each a block of `models_of`, relief of responses only.

    `episodes` is the table of `episodes.derive`. The same seed gives the same permutations.
    """
    kept = episodes["status"] == "response"
    return {
        "onset": models_of(
            episodes[episodes["onset_event"].notna()], observed_onset(episodes), seed
        ),
        "relief": models_of(episodes[kept], observed_relief(episodes), seed),
    }


def with_models(result: dict[str, Any], *, seed: int) -> dict[str, Any]:
    """A result of `relief_report` with the block `models` at its end."""
    table = pd.DataFrame(result["episodes"], columns=list(EPISODE_COLUMNS))
    return {**result, "models": models(table, seed=seed)}


def models_of(rows: pd.DataFrame, seen: Observed, seed: int) -> dict[str, Any]:
    """The models of one curve; `rows` are its episodes, in the order of `seen`.

    {"reference_route", "left_out", "terms_dropped", "cox", "trend_within_patients",
    "trend_within_between", "interval_logrank", "aft_weibull", "aft_lognormal"}. `left_out` counts
    episodes without one of the terms. Cox takes right-point times, with errors summed by patient;
    the score test between routes and the accelerated failure time models take the intervals.
    """
    terms = design(rows)
    whole = np.asarray(~np.isnan(terms.values).any(axis=1), bool)
    used, values = seen.of(whole), terms.values[whole]
    patients = list(used.patient_id)
    intervals = (used.lo, used.hi, values, terms.names, patients)
    routed = seen.of(np.array([bool(route) for route in seen.route], bool))
    return {
        "reference_route": terms.reference,
        "left_out": int((~whole).sum()),
        "terms_dropped": terms.dropped,
        "cox": cox(used.right, used.event, values, terms.names, patients),
        **trends(seen, rows["session_no"].to_numpy(np.float64)),
        "interval_logrank": interval_logrank(
            routed.lo, routed.hi, list(routed.route), list(routed.patient_id), seed=seed
        ),
        "aft_weibull": aft(*intervals, shape="weibull"),
        "aft_lognormal": aft(*intervals, shape="lognormal"),
    }


def trends(seen: Observed, session_no: Floats) -> dict[str, Any]:
    """Two Cox models of the session number alone, right-point times.

    `trend_within_patients` is stratified by patient: each is compared with their own sessions
    only. `trend_within_between` parts the number into the distance from the patient's mean and
    that mean, so that those who stayed for many sessions are not taken for a trend.
    """
    patients = patient_codes(seen.patient_id)
    own = session_no[:, None]
    split = within_between(session_no, patients) if len(patients) else np.zeros((0, 2))
    return {
        "trend_within_patients": cox(
            seen.right, seen.event, own, ["session_no"], patients, strata=patients
        ),
        "trend_within_between": cox(seen.right, seen.event, split, WITHIN_BETWEEN, patients),
    }


def design(rows: pd.DataFrame) -> Design:
    """Route, dose by weight and session number; a term that is missing or level is dropped.

    A blank dose, and a blank weight or one of 0, is no dose by weight: never 0 mg/kg.
    """
    weight = rows["weight_kg"].to_numpy(np.float64)
    dose = rows["dose_mg"].to_numpy(np.float64) / np.where(weight > 0, weight, np.nan)
    reference, columns = _routes(rows["route"])
    columns |= {"dose_mg_per_kg": dose, "session_no": rows["session_no"].to_numpy(np.float64)}
    dropped = {} if len(columns) > 2 else {"route": LEVEL if reference else "no_data"}
    dropped |= {name: "no_data" for name, column in columns.items() if np.isnan(column).all()}
    # First by itself, then among the episodes that have every term that is left.
    for whole in (False, True):
        left = {name: column for name, column in columns.items() if name not in dropped}
        usable = ~np.isnan(_stacked(left, len(rows))).any(axis=1)
        for name, column in left.items():
            known = column[usable if whole else ~np.isnan(column)]
            if len(known) and np.ptp(known) == 0:
                dropped[name] = LEVEL
    kept = {name: column for name, column in columns.items() if name not in dropped}
    return Design(list(kept), _stacked(kept, len(rows)), reference, dropped)


def _stacked(columns: dict[str, Floats], n: int) -> Floats:
    return np.column_stack([*columns.values(), np.zeros((n, 0))])


def _routes(routes: pd.Series[Any]) -> tuple[str | None, dict[str, Floats]]:
    """The most frequent route (of equals the first by name) and a column for each other one."""
    named = routes.astype(object).where(routes.notna() & (routes != ""), None)
    counts = named.dropna().value_counts()
    order = sorted(counts.index, key=lambda name: (-int(counts[name]), str(name)))
    if not order:
        return None, {}
    missing = named.isna().to_numpy(bool)
    columns = {
        f"route={name}": np.where(missing, np.nan, (named == name).to_numpy(np.float64))
        for name in order[1:]
    }
    return str(order[0]), columns
