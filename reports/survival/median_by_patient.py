"""The Kaplan-Meier median's interval by resampling patients, from counts per distinct time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.survival.bootstrap import PERCENTILES, REPLICATES, Interval
from reports.survival.kaplan_meier import half_time
from reports.survival.times import Bools, Floats, Ints, distinct_times, patient_codes


def median_by_patient(
    patients: Sequence[str] | Ints,
    right: Floats,
    events: Bools,
    *,
    seed: int,
    replicates: int = REPLICATES,
) -> Interval | None:
    """95 % percentile bounds in hours; None with fewer than two patients or without replicates.

    The same patients are drawn, and the same bounds found, as by `bootstrap_by_patient`, without
    the other estimates. `right`: times in hours, one entry per session.
    """
    if replicates < 1:
        return None
    code = patient_codes(patients)
    n = int(code.max()) + 1 if len(code) else 0
    if n < 2:
        return None
    time, place = distinct_times(right)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(replicates):
        copies = np.bincount(rng.integers(n, size=n), minlength=n)[code].astype(np.float64)
        leaving: Floats = np.bincount(place, copies).astype(np.float64)
        lost: Floats = np.bincount(place, copies * events).astype(np.float64)
        found.append(_median(time, leaving, lost))
    ends = np.quantile(np.array(found), PERCENTILES, method="inverted_cdf")
    return Interval(float(ends[0]), float(ends[1]))


def _median(time: Floats, leaving: Floats, lost: Floats) -> float:
    """Infinite where the curve never reaches one half."""
    at_risk: Floats = np.cumsum(leaving[::-1])[::-1]
    drawn = leaving > 0
    surv: Floats = np.cumprod(1 - lost[drawn] / at_risk[drawn], dtype=np.float64)
    median = half_time(time[drawn], surv)
    return np.inf if np.isnan(median) else median
