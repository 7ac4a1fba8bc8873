"""The estimators once more, by other roads than reports/survival takes, to compare with.

Survival and the shares of competing ends by Efron's redistribution to the right: everybody starts
with the same mass, and who is censored leaves it to those still followed. The interval-censored
estimate by a general optimiser over all cells between two endpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt

import numpy as np
from scipy.optimize import minimize

Z = 1.959964
HALF = 1e-8


@dataclass(frozen=True)
class Row:
    """One distinct time; error and bounds None where they are not defined."""

    time: float
    n_risk: int
    n_event: int
    n_censor: int
    surv: float
    error: float | None
    lower: float | None
    upper: float | None


def merged(times: list[float]) -> list[float]:
    """The times, those within a millionth of an hour of the first of a run taken as that one."""
    head: dict[float, float] = {}
    first = -inf
    for time in sorted(set(times)):
        first = first if time - first <= 1e-6 else time
        head[time] = first
    return [head[time] for time in times]


def shares(times: list[float], causes: list[int]) -> dict[float, dict[int, float]]:
    """For each distinct time, in order, the mass of each cause up to then (cause 0 is censored)."""
    mass = {i: 1 / len(times) for i in range(len(times))}
    total: dict[int, float] = dict.fromkeys(set(causes) - {0}, 0.0)
    found = {}
    for time in sorted(set(times)):
        here = [i for i, at in enumerate(times) if at == time]
        for i in here:
            if causes[i]:
                total[causes[i]] += mass[i]
        later = [i for i, at in enumerate(times) if at > time]
        for i in here:
            if not causes[i]:
                for heir in later:
                    mass[heir] += mass[i] / len(later)
        found[time] = dict(total)
    return found


def survival(times: list[float], events: list[bool]) -> list[Row]:
    """The right-point curve with Greenwood's error and the log-log interval."""
    fallen = shares(times, [int(event) for event in events])
    rows, variance = [], 0.0
    for time in sorted(set(times)):
        n = sum(at >= time for at in times)
        d = sum(at == time and event for at, event in zip(times, events, strict=True))
        gone = sum(at == time for at in times) - d
        surv = 1 - fallen[time].get(1, 0.0)
        if d == n:
            rows.append(Row(time, n, d, gone, 0.0, None, None, None))
            continue
        variance += d / (n * (n - d))
        low = high = 1.0
        if variance:
            width = Z * sqrt(variance) / abs(log(surv))
            low, high = surv ** exp(width), surv ** exp(-width)
        rows.append(Row(time, n, d, gone, surv, surv * sqrt(variance), low, high))
    return rows


def crossing(points: list[tuple[float, float | None]]) -> float | None:
    """Where a curve of (time, level) reaches one half; the middle of a flat at one half."""
    for k, (time, level) in enumerate(points):
        if level is not None and level < 0.5 - HALF:
            return time
        if level is not None and level <= 0.5 + HALF:
            drops = [t for t, low in points[k:] if low is not None and low < 0.5 - HALF]
            return (time + (drops or [points[-1][0]])[0]) / 2
    return None


def area(rows: list[Row], tau: float) -> tuple[float, float]:
    """The mean up to tau and its error, as a sum over the stretches between the times."""

    def between(start: float, end: float) -> float:
        edges = [start, *(row.time for row in rows if start < row.time < end), end]
        total = 0.0
        for left, right in zip(edges, edges[1:], strict=False):
            level = [row.surv for row in rows if row.time <= left]
            total += (right - left) * (level[-1] if level else 1.0)
        return total

    variance = sum(
        between(row.time, tau) ** 2 * row.n_event / (row.n_risk * (row.n_risk - row.n_event))
        for row in rows
        if row.time < tau and 0 < row.n_event < row.n_risk
    )
    return between(0.0, tau), sqrt(variance)


def logrank(
    times: list[float], events: list[bool], groups: list[str], strata: list[int]
) -> tuple[float, int] | None:
    """(chi2, df) from one 2 by k table per event time and stratum; None if nothing varies."""
    names = sorted(set(groups))
    k = len(names)
    difference, variance = np.zeros(k), np.zeros((k, k))
    rows = list(zip(times, events, groups, strata, strict=True))
    for stratum in set(strata):
        for time in sorted({t for t, d, _, s in rows if d and s == stratum}):
            risk = [
                sum(t >= time and g == name and s == stratum for t, _, g, s in rows)
                for name in names
            ]
            died = [
                sum(t == time and d and g == name and s == stratum for t, d, g, s in rows)
                for name in names
            ]
            n, d = sum(risk), sum(died)
            for i in range(k):
                difference[i] += died[i] - d * risk[i] / n
                for j in range(k):
                    if n > 1:
                        part = (i == j) * risk[i] / n - risk[i] * risk[j] / n**2
                        variance[i, j] += d * (n - d) / (n - 1) * part
    df = int(np.linalg.matrix_rank(variance, tol=1e-9))
    if df == 0:
        return None
    return float(difference @ np.linalg.pinv(variance, rcond=1e-9) @ difference), df


def interval_masses(
    rows: list[tuple[float, float]],
) -> tuple[list[tuple[float, float]], list[float]]:
    """Cells between neighbouring endpoints and the masses of highest likelihood on them."""
    ends = sorted({end for row in rows for end in row} | {inf})
    cells = list(zip(ends, ends[1:], strict=False))
    inside = np.array([[lo <= a and b <= hi for a, b in cells] for lo, hi in rows], float)

    def minus(mass: np.ndarray) -> tuple[float, np.ndarray]:
        share = np.maximum(inside @ mass, 1e-300)
        return -float(np.log(share).sum()), -(inside / share[:, None]).sum(axis=0)

    start = np.full(len(cells), 1 / len(cells))
    best = minimize(
        minus,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * len(cells),
        constraints={
            "type": "eq",
            "fun": lambda mass: mass.sum() - 1,
            "jac": lambda mass: np.ones(len(mass)),
        },
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    mass = np.maximum(best.x, 0) / np.maximum(best.x, 0).sum()
    for _ in range(3000):
        mass = mass * (inside / (inside @ mass)[:, None]).mean(axis=0)
    return cells, mass.tolist()
