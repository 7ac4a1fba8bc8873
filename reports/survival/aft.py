"""Accelerated failure time on intervals: by what factor a covariate stretches the time.

A sensitivity analysis beside the Cox model: it uses the intervals as they are, and pays with an
assumed shape, Weibull or log-normal. log T = x b + s e; the errors are summed by patient (the
sandwich). In R: survreg(Surv(lo, hi, type = "interval2") ~ x + cluster(patient), dist = "weibull").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, stats

from reports.survival.cox import say_the_same
from reports.survival.times import Z_95, Estimate, Floats

Shape = Literal["weibull", "lognormal"]
MIN_SEEN_PER_TERM = 10
STEP = 1e-5
SETTLED = 1e-6
START_SCALE = 0.1
FAR_OFF = 1e100


@dataclass(frozen=True)
class AftFit:
    """`coef`: intercept first, on the log of hours. `scale`: s. `naive`, `robust`: covariances of
    the coefficients and, last, of log s.
    """

    coef: Floats
    scale: float
    naive: Floats
    robust: Floats
    loglik: float


def aft(
    lo: Floats,
    hi: Floats,
    covariates: Floats,
    names: Sequence[str],
    patients: Sequence[str],
    *,
    shape: Shape = "weibull",
    min_seen_per_term: int = MIN_SEEN_PER_TERM,
) -> Estimate:
    """{"n", "seen", "patients", "shape", "scale", "loglik", "terms": [{"name", "coef",
    "se_robust", "time_ratio", "lower", "upper", "z", "p"}]}; refused with `why`.

    (lo, hi] in hours, hi infinite where the change was never seen, lo = hi > 0 where it was seen
    exactly then. `covariates` n by p without gaps. A time ratio of 2: twice as long.
    """
    seen = int(np.isfinite(hi).sum())
    found = {"n": len(lo), "seen": seen, "patients": len(set(patients)), "shape": shape}
    refusal = None
    if seen < max(1, min_seen_per_term * covariates.shape[1]):
        refusal = "too_few_events_per_term"
    elif len(set(patients)) < 2:
        refusal = "fewer_than_two_patients"
    elif covariates.shape[1] and (np.ptp(covariates, axis=0) == 0).any():
        refusal = "a_term_does_not_vary"
    elif covariates.shape[1] and say_the_same(covariates):
        refusal = "terms_say_the_same"
    fit = None if refusal else fit_aft(lo, hi, covariates, patients, shape)
    if fit is None:
        fields = ("terms", "scale", "loglik")
        why = dict.fromkeys(fields, refusal or "no_maximum")
        return {**found, **dict.fromkeys(fields), "why": why}
    terms = [_term(fit, place, name) for place, name in enumerate(names, start=1)]
    return {**found, "scale": fit.scale, "loglik": fit.loglik, "terms": terms}


def fit_aft(
    lo: Floats,
    hi: Floats,
    covariates: Floats,
    patients: Sequence[str],
    shape: Shape = "weibull",
) -> AftFit | None:
    """The maximum-likelihood estimate; None where none was found."""
    if ((hi < lo) | (lo < 0) | (hi <= 0)).any():
        raise ValueError("every interval must end after 0 and not before it begins")
    centre = covariates.mean(axis=0) if covariates.shape[1] else np.zeros(0)
    spread = np.where(covariates.std(axis=0) > 0, covariates.std(axis=0), 1.0)
    design = np.column_stack([np.ones(len(lo)), (covariates - centre) / spread])
    log_lo, log_hi = _log(lo), _log(hi)
    middle = np.where(np.isfinite(log_hi), log_hi, log_lo)
    start = np.zeros(design.shape[1] + 1)
    usual = middle[np.isfinite(middle)]
    start[0], start[-1] = float(usual.mean()), float(np.log(max(usual.std(), START_SCALE)))

    def minus(theta: Floats) -> tuple[float, Floats]:
        with np.errstate(all="ignore"):
            value, by_line, by_scale = _scores(theta, log_lo, log_hi, design, shape)
        total = float(value.sum())
        # A step of the search may leave what floats can hold; it is then taken back.
        if not np.isfinite(total):
            return FAR_OFF, 0 * theta
        return -total, -np.append(by_line @ design, by_scale.sum())

    best = optimize.minimize(minus, start, jac=True, method="BFGS", options={"gtol": SETTLED})
    theta: Floats = best.x
    if not np.isfinite(best.fun) or float(np.abs(minus(theta)[1]).max()) > SETTLED * len(lo):
        return None
    information = np.column_stack(
        [
            (minus(theta + step)[1] - minus(theta - step)[1]) / (2 * STEP)
            for step in STEP * np.eye(len(theta))
        ]
    )
    if np.linalg.eigvalsh((information + information.T) / 2).min() <= 0:
        return None
    naive = np.linalg.inv((information + information.T) / 2)
    value, by_line, by_scale = _scores(theta, log_lo, log_hi, design, shape)
    score = np.column_stack([design * by_line[:, None], by_scale])
    _, owner = np.unique(np.asarray(patients, dtype=object).astype(str), return_inverse=True)
    summed = np.column_stack([np.bincount(owner, column) for column in score.T])
    robust = naive @ (summed.T @ summed) @ naive
    back = _unscaled(centre, spread)
    coef: Floats = (back @ theta)[:-1]
    return AftFit(
        coef,
        float(np.exp(theta[-1])),
        back @ naive @ back.T,
        back @ robust @ back.T,
        float(value.sum()),
    )


def _unscaled(centre: Floats, spread: Floats) -> Floats:
    """The matrix that takes the coefficients of scaled covariates to those of the given ones."""
    p = len(centre)
    back = np.eye(p + 2)
    back[1 : p + 1, 1 : p + 1] = np.diag(1 / spread)
    back[0, 1 : p + 1] = -centre / spread
    return back


def _log(hours: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        logged: Floats = np.log(hours)
    return logged


def _scores(
    theta: Floats, log_lo: Floats, log_hi: Floats, design: Floats, shape: Shape
) -> tuple[Floats, Floats, Floats]:
    """For each session its log-likelihood and the slopes along x b and along log s."""
    line, log_scale = design @ theta[:-1], theta[-1]
    scale = np.exp(log_scale)
    low, high = (log_lo - line) / scale, (log_hi - line) / scale
    exact = log_lo == log_hi
    value, by_line, by_scale = np.zeros(len(line)), np.zeros(len(line)), np.zeros(len(line))
    z = high[exact]
    log_density, slope = _density(z, shape)
    value[exact] = log_density - log_scale - log_hi[exact]
    by_line[exact] = -slope / scale
    by_scale[exact] = -z * slope - 1
    a, b = low[~exact], high[~exact]
    share = _log_between(a, b, shape)
    from_a, from_b = (np.exp(_density(end, shape)[0] - share) for end in (a, b))
    value[~exact] = share
    by_line[~exact] = -(from_b - from_a) / scale
    by_scale[~exact] = -(_weighted(b, from_b) - _weighted(a, from_a))
    return value, by_line, by_scale


def _weighted(end: Floats, density: Floats) -> Floats:
    """end * density, 0 at either infinity."""
    return np.where(np.isfinite(end), end, 0.0) * np.where(np.isfinite(end), density, 0.0)


def _density(z: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """Log density of the error and the slope of that log; minus infinity at the infinities."""
    inside = np.where(np.isfinite(z), z, 0.0)
    if shape == "weibull":
        grown = np.exp(np.minimum(inside, 700.0))
        log_density, slope = inside - grown, 1 - grown
    else:
        log_density, slope = stats.norm.logpdf(inside), -inside
    return np.where(np.isfinite(z), log_density, -np.inf), slope


def _log_between(a: Floats, b: Floats, shape: Shape) -> Floats:
    """log P(a < error <= b), kept exact in either tail."""
    if shape == "weibull":
        start, end = np.exp(np.minimum(a, 700.0)), np.exp(np.minimum(b, 700.0))
        end = np.where(np.isposinf(b), np.inf, end)
        inside: Floats = -start + np.log(-np.expm1(-(end - start)))
        return inside
    right = a > 0
    far = np.where(right, stats.norm.logsf(a), stats.norm.logcdf(b))
    near = np.where(right, stats.norm.logsf(b), stats.norm.logcdf(a))
    between: Floats = far + np.log1p(-np.exp(near - far))
    return between


def _term(fit: AftFit, place: int, name: str) -> Estimate:
    coef, error = float(fit.coef[place]), float(np.sqrt(fit.robust[place, place]))
    z = coef / error if error > 0 else None
    return {
        "name": name,
        "coef": coef,
        "se_robust": error,
        "time_ratio": float(np.exp(coef)),
        "lower": float(np.exp(coef - Z_95 * error)),
        "upper": float(np.exp(coef + Z_95 * error)),
        "z": z,
        "p": None if z is None else float(2 * stats.norm.sf(abs(z))),
    }
