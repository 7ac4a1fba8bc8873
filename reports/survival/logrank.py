"""Log-rank test (Mantel-Haenszel, exact hypergeometric variance), plain and stratified."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from reports.survival.times import Bools, Estimate, Floats, Ints, distinct_times

SMALLEST_SHARE = 1e-12


def logrank(
    times: Floats, events: Bools, groups: Sequence[str], *, weights: Floats | None = None
) -> Estimate:
    """{"chi2", "df", "p"}; None with `why` where the test cannot be made. Times in hours."""
    strata = np.zeros(len(times), np.int64)
    return logrank_stratified(times, events, groups, strata, weights=weights)


def logrank_stratified(
    times: Floats,
    events: Bools,
    groups: Sequence[str],
    strata: npt.ArrayLike,
    *,
    weights: Floats | None = None,
) -> Estimate:
    """The log-rank test with observed minus expected and variance added up over strata.

    A group that was never at risk at an event is not informative. The statistic uses a
    generalised inverse, and its degrees of freedom are the rank of the variance: a group that no
    stratum compares with another adds nothing to either. Whole `weights` count a row several times.
    """
    weight = np.ones(len(times)) if weights is None else weights
    names, code = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    difference = np.zeros(len(names))
    expected = np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    levels = np.asarray(strata)
    for stratum in np.unique(levels):
        here = levels == stratum
        o, e, v = _sums(
            times[here], events[here], weight[here], code[here].astype(np.int64), len(names)
        )
        difference += o - e
        expected += e
        variance += v
    if (expected > 0).sum() < 2:
        return _not_estimable("fewer_than_two_informative_groups")
    size = float(np.abs(variance).max())
    df = int(np.linalg.matrix_rank(variance, tol=size * SMALLEST_SHARE)) if size > 0 else 0
    if df == 0:
        return _not_estimable("zero_variance")
    solved = np.linalg.lstsq(variance, difference, rcond=SMALLEST_SHARE)[0]
    chi2 = float(difference @ solved)
    return {"chi2": chi2, "df": df, "p": float(stats.chi2.sf(chi2, df))}


def _sums(
    times: Floats, events: Bools, weight: Floats, code: Ints, n_groups: int
) -> tuple[Floats, Floats, Floats]:
    """Observed and expected events by group and the covariance of their difference."""
    time, place = distinct_times(times)
    shape = (len(time), n_groups)
    cell = place * n_groups + code
    size = len(time) * n_groups
    leaving = np.bincount(cell, weight, size).reshape(shape)
    died = np.bincount(cell, weight * events, size).reshape(shape)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1].astype(np.float64)
    n, d = at_risk.sum(axis=1), died.sum(axis=1)
    share = at_risk / n[:, None]
    factor = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    cross = (share * factor[:, None]).T @ share
    variance = np.diag((share * factor[:, None]).sum(axis=0)) - cross
    return died.sum(axis=0), (share * d[:, None]).sum(axis=0), variance


def _not_estimable(reason: str) -> Estimate:
    return {
        "chi2": None,
        "df": None,
        "p": None,
        "why": dict.fromkeys(("chi2", "df", "p"), reason),
    }
