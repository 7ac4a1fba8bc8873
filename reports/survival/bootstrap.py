"""Percentile intervals by resampling patients, each with all of their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reports.survival.kaplan_meier import event_table, fit_curve, half_time, restricted_mean
from reports.survival.times import Bools, Floats, Ints, patient_codes
from reports.survival.turnbull import fit_npmle, median_bracket

REPLICATES = 1000
PERCENTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Interval:
    """95 % percentile bounds in hours; infinity means not reached."""

    lower: float
    upper: float


@dataclass(frozen=True)
class PatientIntervals:
    """Bounds of the Kaplan-Meier median, of the Turnbull median and of the restricted mean."""

    median: Interval
    turnbull_median: Interval
    rmst: Interval


def bootstrap_by_patient(
    patients: Sequence[str] | Ints,
    right: Floats,
    events: Bools,
    lo: Floats,
    hi: Floats,
    *,
    tau: float,
    seed: int,
    replicates: int = REPLICATES,
) -> PatientIntervals | None:
    """Intervals for one curve; None with fewer than two patients, where nothing can vary.

    `right`: right-point times, `events` whether the change was seen, (lo, hi] its interval; all
    in hours, one entry per session. A median that a replicate does not reach counts as infinite,
    and a replicate whose last time comes before `tau` is held level up to it. The same seed
    gives the same intervals.
    """
    found = np.array(
        [
            _one(right[drawn], events[drawn], lo[drawn], hi[drawn], copies, tau)
            for drawn, copies in _resampled(patients, seed, replicates)
        ]
    )
    if len(found) == 0:
        return None
    low, high = (_percentile(found, q) for q in PERCENTILES)
    return PatientIntervals(
        median=Interval(low[0], high[0]),
        turnbull_median=Interval(low[1], high[2]),
        rmst=Interval(low[3], high[3]),
    )


def survival_by_patient(
    patients: Sequence[str] | Ints,
    lo: Floats,
    hi: Floats,
    at_hours: Sequence[float],
    *,
    seed: int,
    replicates: int = REPLICATES,
) -> list[tuple[float, float, float]] | None:
    """(hours, lower, upper) of the Turnbull survival share; None with fewer than two patients.

    Inside an innermost interval the share is not known: the lower bound takes it as fallen
    already, the upper bound as not fallen yet.
    """
    at = np.asarray(at_hours, np.float64)
    least, most = [], []
    for drawn, copies in _resampled(patients, seed, replicates):
        fit = fit_npmle(lo[drawn], hi[drawn], copies, fine=False)
        fallen = np.concatenate([[0.0], np.cumsum(fit.mass)])
        least.append(1 - fallen[np.searchsorted(fit.left, at, side="left")])
        most.append(1 - fallen[np.searchsorted(fit.right, at, side="right")])
    if not least:
        return None
    lower = _percentile(np.array(least), PERCENTILES[0])
    upper = _percentile(np.array(most), PERCENTILES[1])
    ends = zip(at_hours, lower, upper, strict=True)
    return [(hours, max(low, 0.0), min(high, 1.0)) for hours, low, high in ends]


def _resampled(
    patients: Sequence[str] | Ints, seed: int, replicates: int
) -> Iterator[tuple[Bools, Floats]]:
    """The rows of each replicate and how often each counts; nothing for a single patient."""
    if replicates < 1:
        return
    code = patient_codes(patients)
    n = int(code.max()) + 1 if len(code) else 0
    rng = np.random.default_rng(seed)
    for _ in range(replicates if n > 1 else 0):
        copies = np.bincount(rng.integers(n, size=n), minlength=n)[code].astype(np.float64)
        drawn = copies > 0
        yield drawn, copies[drawn]


def _one(
    right: Floats, events: Bools, lo: Floats, hi: Floats, copies: Floats, tau: float
) -> tuple[float, float, float, float]:
    curve = fit_curve(event_table(right, events, copies))
    median = half_time(curve.table.time, curve.surv)
    bracket = median_bracket(fit_npmle(lo, hi, copies, fine=False))
    return np.inf if np.isnan(median) else median, *bracket, restricted_mean(curve, tau)[0]


def _percentile(found: Floats, q: float) -> list[float]:
    # An order statistic, never an average of two: half of "not reached" is not a number.
    values: Floats = np.quantile(found, q, axis=0, method="inverted_cdf")
    return [float(value) for value in values]
