"""Turnbull's non-parametric estimate for interval-censored times, by EM-ICM.

An observation (lo, hi] says that the change came after `lo` and at or before `hi`; `hi` is
infinite where it was never seen. Mass lies only on the innermost intervals, and inside one of
them the curve is not identified (Turnbull 1976; Anderson-Bergman 2017 for EM-ICM; the stopping
rule is the gradient condition of Gentleman & Geyer 1994). Newton steps finish the masses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import isotonic_regression

from reports.survival.times import Estimate, Floats, Ints, distinct_times, numbers

GAP = 1e-8
FINE_GAP = 1e-12
FINE_ROUNDS = 50
NEWTON_ROUNDS = 60
NEWTON_SETTLED = 1e-12
NEWTON_MAX_SUPPORT = 600
MIN_MASS = 1e-9
HALF_TOLERANCE = 1e-8
MAX_ROUNDS = 5_000
EM_STEPS = 5
TINY = 1e-15
MANY = 300
SPREAD = 200
ROUGH_ROUNDS = 6
NEAR = 1e-3
ROUGH_PASSES = 6
NEW_MASS = 1e-3
NO_MASS = 1e-14
MAX_TABLE = 1 << 22


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
    m = len(starts)
    first = _count_at(starts, top + 1)[lo_at]
    last = _count_at(stop, top + 2)[hi_at + 1] - 1
    pair, counts = _distinct(first * m + last, weight, m)
    return Cliques(
        left=time[starts // 2],
        right=np.append(time, np.inf)[stop // 2],
        first=pair // m,
        last=pair % m,
        weight=counts,
    )


def _count_at(places: Ints, n: int) -> Ints:
    """For each position up to `n` how many of the places come before it."""
    count = np.zeros(n + 1, np.int64)
    count[places + 1] = 1
    return np.cumsum(count)


def _distinct(codes: Ints, weight: Floats, m: int) -> tuple[Ints, Floats]:
    """The distinct codes below m * m, ascending, and the summed weight of each."""
    distinct: Ints
    total: Floats
    if m * m > MAX_TABLE:
        distinct, inverse = np.unique(codes, return_inverse=True)
        total = np.bincount(inverse, weight, len(distinct)).astype(np.float64)
    else:
        distinct = np.flatnonzero(np.bincount(codes, minlength=m * m)).astype(np.int64)
        total = np.bincount(codes, weight, m * m).astype(np.float64)[distinct]
    return distinct, total


def _next(mask: np.typing.NDArray[np.bool_]) -> Ints:
    """For each position the next true one at or after it; two entries more than the mask."""
    n = len(mask)
    place = np.append(np.where(mask, np.arange(n), n + 1), [n + 1, n + 1])
    return np.minimum.accumulate(place[::-1])[::-1].astype(np.int64)


class _Likelihood:
    """Log-likelihood, gradient and curvature of the masses on the innermost intervals."""

    def __init__(self, first: Ints, after: Ints, weight: Floats, m: int) -> None:
        self.first, self.after, self.weight, self.m = first, after, weight, m
        self.total = float(weight.sum())

    def on(self, support: Ints) -> _Likelihood:
        """The same where all mass lies on these innermost intervals; there few rows differ."""
        k = len(support)
        place = np.searchsorted(support, np.arange(self.m + 1)).astype(np.int64)
        pair = place[self.first] * (k + 1) + place[self.after]
        cell, weight = _distinct(pair, self.weight, k + 1)
        return _Likelihood(cell // (k + 1), cell % (k + 1), weight, k)

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

    def gap(self, mass: Floats) -> float:
        """How far the largest gradient is above 1, where it is at the maximum."""
        return float(self.gradient(mass).max()) - 1

    def curvature(self, share: Floats) -> Floats:
        """- d2 logL / d mass_i d mass_j, from counts of who spans both: sums in two directions."""
        k = self.m
        cell = np.bincount(
            self.first * (k + 1) + self.after, self.weight / share**2, (k + 1) ** 2
        ).reshape(k + 1, k + 1)
        spanning = cell.cumsum(axis=0)[:k, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        upper: Floats = np.triu(spanning)
        lower: Floats = np.triu(spanning, 1).T
        return upper + lower

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
        return refined if self.gap(refined) <= max(self.gap(mass), FINE_GAP) else mass

    def _newton(self, mass: Floats) -> Floats | None:
        """Newton steps for logL - N * sum(mass); a mass that would fall below 0 is left out.

        None if the support is too large, an observation becomes impossible, or nothing settles.
        """
        support = np.flatnonzero(mass > MIN_MASS)
        part = mass[support]
        if len(support) > NEWTON_MAX_SUPPORT:
            return None
        here = self.on(support)
        for _ in range(NEWTON_ROUNDS):
            k = len(support)
            share = here.shares(part)
            if share.min() <= TINY:
                return None
            slope = here.total * (here.gradient(part) - 1)
            step = _solved(here.curvature(share), slope)
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
            left = np.arange(k) != reach.argmin()
            support, part = support[left], part[left]
            here = self.on(support)
        return None


def fit_npmle(lo: Floats, hi: Floats, weight: Floats | None = None, *, fine: bool = True) -> Npmle:
    """The maximum-likelihood masses; raises ArithmeticError if the gap stays above 1e-8.

    `lo`, `hi` in hours, lo <= hi, hi may be infinite; `weight` counts a row several times. The
    masses themselves converge only like the root of the gap, so up to fifty more rounds and Newton
    steps bring it to 1e-12; `fine=False` stops at 1e-8, which is enough for the spread between
    replicates.
    """
    cliques = innermost(lo, hi, np.ones(len(lo)) if weight is None else weight)
    m = len(cliques.left)
    likelihood = _Likelihood(cliques.first, cliques.last + 1, cliques.weight, m)
    if m > MANY:
        mass = _by_support(likelihood, fine)
    else:
        mass = _climb(likelihood, np.full(m, 1.0 / m), fine)
    gap = likelihood.gap(mass)
    return Npmle(cliques.left, cliques.right, mass, likelihood.value(mass), gap)


def _round(likelihood: _Likelihood, mass: Floats) -> Floats:
    if likelihood.m > 1:
        mass = likelihood.icm_step(mass)
    for _ in range(EM_STEPS):
        mass = mass * likelihood.gradient(mass)
        mass /= mass.sum()
    return mass


def _climb(likelihood: _Likelihood, mass: Floats, fine: bool) -> Floats:
    """EM-ICM rounds, and Newton steps at the end, from `mass` to the maximum."""
    good_rounds = 0
    for _ in range(MAX_ROUNDS):
        mass = _round(likelihood, mass)
        gap = likelihood.gap(mass)
        good_rounds += gap < GAP
        if gap < FINE_GAP or good_rounds > (FINE_ROUNDS if fine else 0):
            return likelihood.finished(mass) if fine else mass
    raise ArithmeticError(f"Turnbull estimate stopped at a gradient gap of {gap:g}")


def _by_support(likelihood: _Likelihood, fine: bool) -> Floats:
    """The maximum where there are many innermost intervals, of which few hold mass at the end.

    The mass begins on a few that no observation misses. Some rounds on these alone, then the
    gradient on all of them says where between them mass is missing; near the maximum Newton steps
    take the place of rounds. Done when nothing is missing anywhere.
    """
    mass, gap = _spread(likelihood), np.inf
    for passes in range(MAX_ROUNDS):
        support = np.flatnonzero(mass)
        own = likelihood.on(support)
        # What is put in where mass is missing also disturbs: rounds alone may never come nearer.
        is_near = gap < NEAR or passes >= ROUGH_PASSES
        part = _settled(own, mass[support], fine) if is_near else _rough(own, mass[support])
        mass = np.zeros(likelihood.m)
        mass[support] = np.where(part < NO_MASS, 0.0, part)
        slope = likelihood.gradient(mass)
        gap = float(slope.max()) - 1
        if is_near and gap < GAP:
            return mass
        missing = _peaks(slope, np.flatnonzero(mass))
        mass[missing] += NEW_MASS / max(len(missing), 1)
        mass /= mass.sum()
    raise ArithmeticError(f"Turnbull estimate stopped at a gradient gap of {gap:g}")


def _spread(likelihood: _Likelihood) -> Floats:
    """Even mass on some innermost intervals, at least one in every observation."""
    m = likelihood.m
    # From each place on: before which one the next observation to begin has to hold mass.
    last = np.full(m + 1, m, np.int64)
    np.minimum.at(last, likelihood.first, likelihood.after - 1)
    last = np.minimum.accumulate(last[::-1])[::-1]
    needed, place = [], int(last[0])
    while place < m:
        needed.append(place)
        place = int(last[place + 1])
    support = np.union1d(np.array(needed, np.int64), np.linspace(0, m - 1, SPREAD).astype(np.int64))
    mass = np.zeros(m)
    mass[support] = 1.0 / len(support)
    return mass


def _rough(likelihood: _Likelihood, mass: Floats) -> Floats:
    for _ in range(ROUGH_ROUNDS):
        mass = _round(likelihood, mass)
    return mass


def _settled(likelihood: _Likelihood, mass: Floats, fine: bool) -> Floats:
    """The maximum on this support, by Newton steps or, where these do not arrive, by rounds."""
    refined = likelihood.finished(mass)
    is_there = likelihood.gap(refined) <= (FINE_GAP if fine else GAP)
    return refined if is_there else _climb(likelihood, mass, fine)


def _solved(curve: Floats, slope: Floats) -> Floats:
    """The Newton step; the shortest one where masses can be shifted without a change."""
    try:
        return np.asarray(cho_solve(cho_factor(curve), slope), np.float64)
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(curve, slope)[0], np.float64)


def _peaks(slope: Floats, support: Ints) -> Ints:
    """Between each two places of the support that of the largest gradient, if it is above 1."""
    heads = np.unique(np.append(support, 0))
    top = np.repeat(np.maximum.reduceat(slope, heads), np.diff(heads, append=len(slope)))
    peaks = np.flatnonzero((slope == top) & (slope > 1))
    new = np.diff(np.searchsorted(heads, peaks, side="right"), prepend=-1) > 0
    return peaks[new]


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
