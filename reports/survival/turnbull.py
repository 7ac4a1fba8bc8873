"""Turnbull's non-parametric estimate for interval-censored times, by EM-ICM.

An observation (lo, hi] says that the change came after `lo` and at or before `hi`; `hi` is
infinite where it was never seen. Mass lies only on the innermost intervals, and inside one of
them the curve is not identified (Turnbull 1976; Anderson-Bergman 2017 for EM-ICM; the stopping
rule is the gradient condition of Gentleman & Geyer 1994). Newton steps finish the masses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from reports.survival.times import Estimate, Floats, Ints, distinct_times, numbers

GAP = 1e-8
FINE_GAP = 1e-12
FINE_ROUNDS = 50
NEWTON_ROUNDS = 60
NEWTON_SETTLED = 1e-12
NEWTON_MAX_SUPPORT = 100
MIN_MASS = 1e-9
HALF_TOLERANCE = 1e-8
MAX_ROUNDS = 5_000
EM_STEPS = 5
TINY = 1e-15


@dataclass(frozen=True)
class Cliques:
    """Innermost intervals, and for each distinct observation its first and last one and weight."""

    left: Floats
    right: Floats
    first: Ints
    last: Ints
    weight: Floats


@dataclass(frozen=True)
class Npmle:
    """Innermost intervals with their masses, the log-likelihood and the remaining gradient gap."""

    left: Floats
    right: Floats
    mass: Floats
    loglik: float
    gap: float


def innermost(lo: Floats, hi: Floats, weight: Floats) -> Cliques:
    """The innermost intervals of half-open (lo, hi]: (0, 1] and (1, 2] do not overlap.

    An interval without length (shorter than 1e-6 h) is a change seen exactly at `hi`.
    """
    finite = np.isfinite(hi)
    if (hi < lo).any():
        raise ValueError("an interval ends before it begins")
    time, place = distinct_times(np.concatenate([lo, hi[finite]]))
    n = len(lo)
    # Odd places are times; the even place before one is the left end of "exactly then".
    top = 2 * len(time) + 1
    lo_at = 2 * place[:n] + 1
    hi_at = np.full(n, top, np.int64)
    hi_at[finite] = 2 * place[n:] + 1
    lo_at = np.where(lo_at == hi_at, lo_at - 1, lo_at)
    is_left = np.zeros(top + 1, bool)
    is_left[lo_at] = True
    is_right = np.zeros(top + 1, bool)
    is_right[hi_at] = True
    # From each left end walk to the next right end; keep it if no other left end lies between.
    right_after = _next(is_right)
    left_after = _next(is_left)
    starts = np.flatnonzero(is_left)
    stop = right_after[starts + 1]
    keep = (stop <= top) & (left_after[starts + 1] >= stop)
    starts, stop = starts[keep], stop[keep]
    first = np.searchsorted(starts, lo_at, side="left")
    last = np.searchsorted(stop, hi_at, side="right") - 1
    m = len(starts)
    pair, inverse = np.unique(first * m + last, return_inverse=True)
    return Cliques(
        left=time[starts // 2],
        right=np.append(time, np.inf)[stop // 2],
        first=pair // m,
        last=pair % m,
        weight=np.bincount(inverse, weight, len(pair)).astype(np.float64),
    )


def _next(mask: np.typing.NDArray[np.bool_]) -> Ints:
    """For each position the next true one at or after it; two entries more than the mask."""
    n = len(mask)
    place = np.append(np.where(mask, np.arange(n), n + 1), [n + 1, n + 1])
    return np.minimum.accumulate(place[::-1])[::-1].astype(np.int64)


class _Likelihood:
    """Log-likelihood, gradient and curvature of the masses on the innermost intervals."""

    def __init__(self, cliques: Cliques) -> None:
        self.first, self.after = cliques.first, cliques.last + 1
        self.weight = cliques.weight
        self.total = float(cliques.weight.sum())
        self.m = len(cliques.left)

    def shares(self, mass: Floats) -> Floats:
        """Probability of each observation."""
        level: Floats = np.concatenate([[0.0], np.cumsum(mass)])
        shares: Floats = np.maximum(level[self.after] - level[self.first], TINY)
        return shares

    def value(self, mass: Floats) -> float:
        """Log-likelihood; minus infinity where some observation has become impossible."""
        shares = self.shares(mass)
        if shares.min() <= TINY:
            return -np.inf
        return float(self.weight @ np.log(shares))

    def gradient(self, mass: Floats) -> Floats:
        """d logL / d mass / N: at the maximum at most 1, and 1 where there is mass."""
        ratio = self.weight / self.shares(mass)
        change = np.bincount(self.first, ratio, self.m + 1)
        change -= np.bincount(self.after, ratio, self.m + 1)
        slope: Floats = np.cumsum(change)[:-1] / self.total
        return slope

    def icm_step(self, mass: Floats) -> Floats:
        """One iterative-convex-minorant step on the cumulative masses, halved until it climbs."""
        share = self.shares(mass)
        slope, bend = self.weight / share, self.weight / share**2
        inner = slice(1, self.m)
        grad = np.bincount(self.after, slope, self.m + 1) - np.bincount(
            self.first, slope, self.m + 1
        )
        curve = np.bincount(self.after, bend, self.m + 1) + np.bincount(
            self.first, bend, self.m + 1
        )
        level = np.cumsum(mass)[:-1]
        weights = np.maximum(curve[inner], TINY)
        target = level + grad[inner] / weights
        fitted = np.clip(isotonic_regression(target, weights=weights).x, 0.0, 1.0)
        step = np.diff(np.concatenate([[0.0], fitted, [1.0]])) - mass
        here = self.value(mass)
        for _ in range(30):
            trial = mass + step
            if self.value(trial) >= here:
                return trial
            step = step / 2
        return mass

    def finished(self, mass: Floats) -> Floats:
        """The masses after Newton steps on their support, or as given where these do not help.

        EM and ICM need thousands of rounds where a mass tends to 0 and its gradient to 1, and a
        cumulative mass that is one half must come out as one half.
        """
        refined = self._newton(mass)
        if refined is None or self.value(refined) < self.value(mass) - GAP:
            return mass
        gap_before, gap = self.gradient(mass).max() - 1, self.gradient(refined).max() - 1
        return refined if gap <= max(gap_before, FINE_GAP) else mass

    def _newton(self, mass: Floats) -> Floats | None:
        """Newton steps for logL - N * sum(mass); a mass that would fall below 0 is left out.

        None if the support is too large, an observation becomes impossible, or nothing settles.
        """
        support = np.flatnonzero(mass > MIN_MASS)
        part = mass[support]
        for _ in range(NEWTON_ROUNDS):
            k = len(support)
            if k > NEWTON_MAX_SUPPORT:
                return None
            pair = np.searchsorted(support, self.first) * (k + 1)
            pair += np.searchsorted(support, self.after)
            cell, inverse = np.unique(pair, return_inverse=True)
            weight = np.bincount(inverse, self.weight, len(cell))
            place = np.arange(k)
            first, after = cell[:, None] // (k + 1), cell[:, None] % (k + 1)
            inside = ((place >= first) & (place < after)).astype(np.float64)
            share = inside @ part
            if share.min() <= TINY:
                return None
            slope = inside.T @ (weight / share) - self.total
            curve = (inside * (weight / share**2)[:, None]).T @ inside
            step = np.linalg.lstsq(curve, slope)[0]
            if (part + step).min() >= 0:
                part = part + step
                if np.abs(step).max() < NEWTON_SETTLED:
                    result = np.zeros(self.m)
                    result[support] = part / part.sum()
                    return result
                continue
            falling = step < 0
            reach = np.where(falling, part / np.where(falling, -step, 1.0), np.inf)
            part = part + reach.min() * step
            left = place != reach.argmin()
            support, part = support[left], part[left]
        return None


def fit_npmle(lo: Floats, hi: Floats, weight: Floats | None = None, *, fine: bool = True) -> Npmle:
    """The maximum-likelihood masses; raises ArithmeticError if the gap stays above 1e-8.

    `lo`, `hi` in hours, lo <= hi, hi may be infinite; `weight` counts a row several times. The
    masses themselves converge only like the root of the gap, so up to fifty more rounds and Newton
    steps bring it to 1e-12; `fine=False` stops at 1e-8, which is enough for the spread between
    replicates.
    """
    cliques = innermost(lo, hi, np.ones(len(lo)) if weight is None else weight)
    likelihood = _Likelihood(cliques)
    mass = np.full(likelihood.m, 1.0 / likelihood.m)
    gap, good_rounds = np.inf, 0
    for _ in range(MAX_ROUNDS):
        if likelihood.m > 1:
            mass = likelihood.icm_step(mass)
        for _ in range(EM_STEPS):
            mass = mass * likelihood.gradient(mass)
            mass /= mass.sum()
        gap = float(likelihood.gradient(mass).max()) - 1
        good_rounds += gap < GAP
        if gap < FINE_GAP or good_rounds > (FINE_ROUNDS if fine else 0):
            if fine:
                mass = likelihood.finished(mass)
                gap = float(likelihood.gradient(mass).max()) - 1
            return Npmle(cliques.left, cliques.right, mass, likelihood.value(mass), gap)
    raise ArithmeticError(f"Turnbull estimate stopped at a gradient gap of {gap:g}")


def median_bracket(fit: Npmle) -> tuple[float, float]:
    """The innermost interval in which the cumulative mass reaches one half; hi may be infinite."""
    at = int(np.argmax(np.cumsum(fit.mass) >= 0.5 - HALF_TOLERANCE))
    return float(fit.left[at]), float(fit.right[at])


def turnbull(lo: Floats, hi: Floats, weights: Floats | None = None) -> Estimate:
    """The estimate as plain numbers and lists; hours; None is infinity or, with `why`, missing.

    Whole `weights` count a row several times.
    """
    if len(lo) == 0:
        empty: Estimate = {"n": 0, "intervals": [], "mass": [], "surv_after": []}
        missing = ("loglik", "median_bracket")
        return {**empty, **dict.fromkeys(missing), "why": dict.fromkeys(missing, "no_data")}
    fit = fit_npmle(lo, hi, weights)
    kept = fit.mass > MIN_MASS
    after = np.maximum(1 - np.cumsum(fit.mass)[kept], 0.0)
    after[-1] = 0.0
    bracket = median_bracket(fit)
    result: Estimate = {
        "n": len(lo) if weights is None else int(weights.sum()),
        "intervals": [numbers(ends) for ends in np.column_stack([fit.left, fit.right])[kept]],
        "mass": numbers(fit.mass[kept]),
        "surv_after": numbers(after),
        "loglik": fit.loglik,
        "median_bracket": numbers(np.array(bracket)),
    }
    if np.isinf(bracket[1]):
        result["why"] = {"median_bracket": "survival_never_reaches_half"}
    return result
