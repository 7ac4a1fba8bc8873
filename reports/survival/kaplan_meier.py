"""Kaplan-Meier with its log-log interval, median and restricted mean.

Conventions are those of R's survfit(conf.type = "log-log"): events come before censorings at
the same time; where the curve lies at one half over a stretch, the median is the middle of it
(Brookmeyer & Crowley 1982 for the interval of the median; Greenwood for the variance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.survival.times import (
    Z_95,
    Bools,
    Estimate,
    Floats,
    Ints,
    distinct_times,
    heads_of,
    numbers,
)

HALF_TOLERANCE = 1e-8


@dataclass(frozen=True)
class EventTable:
    """Per distinct time: how many were at risk just before it, fell, and were censored."""

    time: Floats
    n_risk: Floats
    n_event: Floats
    n_censor: Floats


@dataclass(frozen=True)
class Curve:
    """The event table with the survivor function after each time and its variance sum."""

    table: EventTable
    surv: Floats
    hazard_var: Floats


def event_table(times: Floats, events: Bools, weights: Floats | None = None) -> EventTable:
    """Counts per distinct time in hours; weights count a row several times (or never)."""
    if weights is None:
        # Two plain sorts and a merge take half the time of one sort of places.
        ordered, fallen = np.sort(times), np.sort(times[events])
        heads = heads_of(ordered)
        time = ordered[heads]
        leaving: Floats = np.diff(heads, append=len(ordered)).astype(np.float64)
        n_event: Floats = np.diff(np.searchsorted(fallen, time), append=len(fallen)).astype(float)
    else:
        time, place = distinct_times(times)
        leaving = np.bincount(place, weights, len(time)).astype(np.float64)
        n_event = np.bincount(place, weights * events, len(time)).astype(np.float64)
    n_risk: Floats = np.cumsum(leaving[::-1])[::-1]
    return EventTable(time, n_risk, n_event, leaving - n_event)


def fit_curve(table: EventTable) -> Curve:
    """S(t) and V(t) = sum d / (n (n - d)); V is infinite once S is 0."""
    n, d = table.n_risk, table.n_event
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.where(d > 0, 1 - d / n, 1.0)
        variance = np.where(d > 0, d / (n * (n - d)), 0.0)
    surv: Floats = np.cumprod(step, dtype=np.float64)
    return Curve(table, surv, np.cumsum(variance))


def log_log_band(curve: Curve) -> tuple[Floats, Floats]:
    """95 % bounds S^exp(±z sqrt(V) / |log S|): [1, 1] at S = 1, undefined (NaN) at S = 0."""
    surv = curve.surv
    inner = (surv > 0) & (surv < 1)
    lower = np.where(surv == 0, np.nan, 1.0)
    upper = lower.copy()
    log_s = np.log(surv[inner])
    width = Z_95 * np.sqrt(curve.hazard_var[inner]) / -log_s
    lower[inner] = np.exp(log_s * np.exp(width))
    upper[inner] = np.exp(log_s * np.exp(-width))
    return lower, upper


def half_time(time: Floats, level: Floats) -> float:
    """First time at which `level` is at or below one half; NaN if never.

    Over a flat at one half: the middle of it, up to the next drop or to the last observed time.
    An undefined level never counts.
    """
    with np.errstate(invalid="ignore"):
        reached = np.flatnonzero(level <= 0.5 + HALF_TOLERANCE)
        if len(reached) == 0:
            return np.nan
        first = reached[0]
        if level[first] < 0.5 - HALF_TOLERANCE:
            return float(time[first])
        below = np.flatnonzero(level < 0.5 - HALF_TOLERANCE)
    end = time[below[0]] if len(below) else time[-1]
    return float((time[first] + end) / 2)


def restricted_mean(curve: Curve, tau: float) -> tuple[float, float]:
    """Area under S from 0 to tau hours and its standard error.

    Beyond the last observed time the curve is held level: callers keep tau inside it.
    """
    time, surv, table = curve.table.time, curve.surv, curve.table
    # The times ascend: those before tau are a slice, and no copy.
    inside = slice(0, int(np.searchsorted(time, tau, side="left")))
    edges = np.concatenate([[0.0], time[inside], [tau]])
    heights = np.concatenate([[1.0], surv[inside]])
    areas = np.diff(edges) * heights
    to_come = areas[::-1].cumsum()[::-1][1:]
    n, d = table.n_risk[inside], table.n_event[inside]
    kept = (d > 0) & (n > d)
    variance = (to_come[kept] ** 2 * d[kept] / (n[kept] * (n[kept] - d[kept]))).sum()
    return float(areas.sum()), float(np.sqrt(variance))


def kaplan_meier(
    times: Floats, events: Bools, *, tau: float, weights: Floats | None = None
) -> Estimate:
    """The estimate of one group as plain numbers and lists; times in hours.

    `tau` is lowered to the last observed time; whole `weights` count a row several times. What
    does not exist is None and `why` says so.
    """
    n = len(times) if weights is None else int(weights.sum())
    return estimate_of(fit_curve(event_table(times, events, weights)), n, tau)


def estimate_of(curve: Curve, n: int, tau: float, at: Ints | None = None) -> Estimate:
    """The estimate of `n` sessions whose curve it is; `at`: places of the times to list, or all.

    Events and censorings of times that are not listed count at the next one that is.
    """
    table = curve.table
    lower, upper = log_log_band(curve)
    why: dict[str, str] = {}
    has_any = len(table.time) > 0
    last = float(table.time[-1]) if has_any else 0.0
    used_tau = min(tau, last)
    shown: Any = slice(None) if at is None else at
    surv = curve.surv[shown]
    std_err = np.where(surv > 0, surv * np.sqrt(_finite(curve.hazard_var[shown])), np.nan)
    result: Estimate = {
        "n": n,
        "events": int(table.n_event.sum()),
        "time": numbers(table.time[shown]),
        "n_risk": _counts(table.n_risk[shown]),
        "n_event": _counts(_up_to(table.n_event, at)),
        "n_censor": _counts(_up_to(table.n_censor, at)),
        "surv": numbers(surv),
        "std_err": numbers(std_err),
        "lower": numbers(lower[shown]),
        "upper": numbers(upper[shown]),
    }
    if has_any and curve.surv[-1] == 0:
        why.update(dict.fromkeys(("std_err", "lower", "upper"), "undefined_where_survival_is_0"))
    levels = {"median": curve.surv, "median_lower": lower, "median_upper": upper}
    for name, level in levels.items():
        value = half_time(table.time, level)
        result[name] = None if np.isnan(value) else value
        if np.isnan(value):
            why[name] = _why_not_reached(name, n)
    result.update(tau=used_tau, rmst=None, rmst_se=None)
    if used_tau > 0:
        result["rmst"], result["rmst_se"] = restricted_mean(curve, used_tau)
    else:
        result["tau"] = used_tau if has_any else None
        missing = ("rmst", "rmst_se") if has_any else ("tau", "rmst", "rmst_se")
        why.update(dict.fromkeys(missing, "tau_is_0" if has_any else "no_data"))
    if why:
        result["why"] = why
    return result


def _up_to(counts: Floats, at: Ints | None) -> Floats:
    """The counts since the time listed before."""
    if at is None:
        return counts
    total = np.concatenate([[0.0], np.cumsum(counts)])
    since: Floats = np.diff(total[np.concatenate([[0], at + 1])])
    return since


def _why_not_reached(name: str, n: int) -> str:
    if n == 0:
        return "no_data"
    if name == "median":
        return "survival_never_reaches_half"
    bound = "lower" if name == "median_lower" else "upper"
    return f"{bound}_bound_never_reaches_half"


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _counts(values: Floats) -> list[int]:
    counts: list[int] = values.astype(np.int64).tolist()
    return counts
