"""Shares and means with intervals, from plain arrays: no Django, no database.

A share has the interval of Wilson (1927, JASA 22:209), which stays inside 0 to 1 and is there for
0 of n as well. It takes its cases as independent. Several sessions of one patient are not: for
them the same interval is also computed with the effective number of cases (Korn & Graubard 1998,
Survey Methodology 24:193; Wilson's form of it in Dean & Pagano 2015, J Surv Stat Methodol 3:484),
the number divided by the design effect of Kish.
"""

from __future__ import annotations

from math import nan, sqrt
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Block: TypeAlias = dict[str, Any]

Z = 1.959963984540054  # 97.5 % of the normal distribution
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def below_minimum() -> Block:
    """The block of a group with fewer patients than the minimum: it holds no number."""
    return {"suppressed": True}


def wilson(n: float, of: float, z: float = Z) -> tuple[float, float]:
    """The 95 % bounds of a share of `n` in `of`; ValueError when `of` is 0."""
    if of <= 0 or not 0 <= n <= of:
        raise ValueError(f"{n} of {of} is no share")
    share, room = n / of, z * z / of
    middle = (share + room / 2) / (1 + room)
    half = z / (1 + room) * sqrt(share * (1 - share) / of + room / (4 * of))
    # At the ends the exact value is 0 or 1, which the arithmetic misses in the last place.
    lower = 0.0 if n == 0 else max(middle - half, 0.0)
    upper = 1.0 if n == of else min(middle + half, 1.0)
    return lower, upper


def share(n: int, of: int) -> Block:
    """`n` of `of` with its bounds; without cases the share and its bounds are None."""
    if of == 0:
        return {"n": 0, "of": 0, "share": None, "lower": None, "upper": None}
    lower, upper = wilson(n, of)
    return {"n": n, "of": of, "share": n / of, "lower": lower, "upper": upper}


def share_of_cases(hit: Bools, patient: Ints) -> Block:
    """The share of cases with `hit`; `patient` numbers whose case each one is.

    The bounds `…_by_patient` hold for cases that are alike within a patient, and are never
    narrower than the plain ones.
    """
    found = share(int(hit.sum()), len(hit))
    by_patient: tuple[float | None, float | None] = (None, None)
    if len(hit):
        cases = effective_cases(hit, patient)
        by_patient = wilson(found["share"] * cases, cases)
    return {**found, "lower_by_patient": by_patient[0], "upper_by_patient": by_patient[1]}


def effective_cases(hit: Bools, patient: Ints) -> float:
    """Independent cases that would say as much: cases divided by the design effect (at least 1).

    Where every case is the same, nothing shows how alike the cases of one patient are: they then
    count once for each patient.
    """
    place = np.unique(patient, return_inverse=True)[1]
    sizes = np.bincount(place).astype(np.float64)
    cases, patients = float(len(hit)), len(sizes)
    p = float(hit.mean())
    if p in (0.0, 1.0) or patients < 2:
        return float(patients)
    residual = np.bincount(place, hit.astype(np.float64)) - p * sizes
    variance = patients / (patients - 1) * float((residual**2).sum()) / cases**2
    return cases / max(variance / (p * (1 - p) / cases), 1.0)


def mean_of_cases(values: Floats, patient: Ints) -> Block:
    """Mean and standard deviation of the cases, and the mean's 95 % bounds by patient.

    The bounds are those of a ratio of sums over patients, so that somebody with many cases does
    not count as many people. None where a value does not exist.
    """
    if len(values) == 0:
        return dict.fromkeys(("mean", "sd", "lower", "upper"))
    mean = float(values.mean())
    found: Block = {"mean": mean, "sd": None, "lower": None, "upper": None}
    if len(values) > 1:
        found["sd"] = float(values.std(ddof=1))
    place = np.unique(patient, return_inverse=True)[1]
    residual = np.bincount(place, values - mean)
    if len(residual) > 1:
        factor = len(residual) / (len(residual) - 1)
        error = sqrt(factor * float((residual**2).sum())) / len(values)
        found |= {"lower": mean - Z * error, "upper": mean + Z * error}
    return found


def spread_of(values: Floats) -> Block:
    """How many, and the 10th, 25th, 50th, 75th and 90th percentile (linear between values)."""
    at = np.quantile(values, QUANTILES) if len(values) else np.full(len(QUANTILES), nan)
    names = ("p10", "q1", "median", "q3", "p90")
    return {
        "n": len(values),
        **{name: float(v) if np.isfinite(v) else None for name, v in zip(names, at, strict=True)},
    }


def time_when(estimate: Block, level: float) -> float | None:
    """The first time of a Kaplan-Meier estimate at which it is at or below `level`; None: never."""
    below = (
        t for t, s in zip(estimate["time"], estimate["surv"], strict=True) if s <= level + 1e-8
    )
    return next(below, None)


def share_changed_by(estimate: Block, hours: float) -> Block:
    """1 - S at `hours` with its bounds; None beyond the last time that was watched.

    Before the first event nothing bounds the share: its bounds are None.
    """
    times = estimate["time"]
    ended = bool(times) and estimate["surv"][-1] == 0
    if not times or (times[-1] < hours and not ended):
        return {"share": None, "lower": None, "upper": None}
    before = [i for i, time in enumerate(times) if time <= hours + 1e-9]
    if not before or estimate["surv"][before[-1]] == 1:
        return {"share": 0.0, "lower": None, "upper": None}
    i = before[-1]
    low, high = estimate["upper"][i], estimate["lower"][i]
    return {
        "share": 1 - estimate["surv"][i],
        "lower": None if low is None else 1 - low,
        "upper": None if high is None else 1 - high,
    }
