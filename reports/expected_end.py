"""When relief like the present one had ended: Kaplan-Meier given that it has lasted so far.

Only episodes that lasted longer than the present one has so far count; given that, the share
still in relief after t hours is S(t) / S(so far), which is the Kaplan-Meier curve of those
episodes alone. It describes what was seen after other doses; it is no forecast for one person.
In R: survfit(Surv(right, ended) ~ 1, subset = right > so_far, conf.type = "log-log") has the same
curve and median; the interval here resamples patients, because one patient has several episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reports.survival.bootstrap import PERCENTILES, REPLICATES
from reports.survival.kaplan_meier import HALF_TOLERANCE, event_table, fit_curve, half_time
from reports.survival.times import Bools, Floats

# The quarters between which the middle half had ended: the share still in relief.
QUARTERS = (0.75, 0.25)


@dataclass(frozen=True)
class ExpectedEnd:
    """Hours since relief began, right-point: when the clinic saw the end at a check-in.

    `episodes` of `patients` lasted longer than `so_far_h`; `ended` of them were seen to end.
    `median`: half of them had ended by then, with a 95 % interval from resampling patients;
    `quarters`: a quarter and three quarters had. None is "not reached"; `followed_h` is how long
    any of them was followed. `refused` says why there
    is no number at all: "too_few_patients" or "none_ended".
    """

    so_far_h: float
    episodes: int
    patients: int
    ended: int
    median: float | None = None
    lower: float | None = None
    upper: float | None = None
    quarters: tuple[float | None, float | None] = (None, None)
    followed_h: float | None = None
    refused: str = ""


def expected_end(
    patients: Sequence[str],
    right_h: Floats,
    ended: Bools,
    so_far_h: float,
    *,
    minimum: int,
    seed: int,
    replicates: int = REPLICATES,
) -> ExpectedEnd:
    """The end of relief given that it lasted `so_far_h`; one entry per episode.

    Refused below `minimum` patients whose relief lasted longer. The same seed gives the same
    interval.
    """
    beyond = right_h > so_far_h
    who = np.asarray(patients, dtype=object).astype(str)[beyond]
    time, is_end = right_h[beyond], ended[beyond]
    facts = (so_far_h, len(time), len(set(who)), int(is_end.sum()))
    if facts[2] < minimum:
        return ExpectedEnd(*facts, refused="too_few_patients")
    if facts[3] == 0:
        return ExpectedEnd(*facts, refused="none_ended")
    curve = fit_curve(event_table(time, is_end))
    low, high = _interval(who, time, is_end, seed, replicates)
    first, third = (_reached(curve.table.time, curve.surv, share) for share in QUARTERS)
    return ExpectedEnd(
        *facts,
        median=_finite(half_time(curve.table.time, curve.surv)),
        lower=low,
        upper=high,
        quarters=(first, third),
        followed_h=float(time.max()),
    )


def _interval(
    who: npt.NDArray[np.str_], time: Floats, is_end: Bools, seed: int, replicates: int
) -> tuple[float | None, float | None]:
    """95 % percentiles of the median over resampled patients, all replicates at once."""
    _, code = np.unique(who, return_inverse=True)
    n = int(code.max()) + 1
    order = np.argsort(time, kind="stable")
    at, starts = np.unique(time[order], return_index=True)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=replicates)
    weight = drawn[:, code[order]].astype(np.float64)
    leaving = np.add.reduceat(weight, starts, axis=1)
    ending = np.add.reduceat(weight * is_end[order], starts, axis=1)
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        surv = np.cumprod(np.where(ending > 0, 1 - ending / at_risk, 1.0), axis=1)
    medians = np.array([_median(at, row, risk) for row, risk in zip(surv, at_risk, strict=True)])
    low, high = np.quantile(medians, PERCENTILES, method="inverted_cdf")
    return _finite(low), _finite(high)


def _median(at: Floats, surv: Floats, at_risk: Floats) -> float:
    # Times that nobody of the replicate has are no times of its curve.
    drawn = at_risk > 0
    value = half_time(at[drawn], surv[drawn])
    return np.inf if np.isnan(value) else value


def _reached(time: Floats, surv: Floats, share: float) -> float | None:
    """The first time at which the curve is at or below `share`."""
    reached = np.flatnonzero(surv <= share + HALF_TOLERANCE)
    return float(time[reached[0]]) if len(reached) else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
