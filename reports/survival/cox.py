"""Proportional hazards with patients as clusters: Efron or Breslow ties, sandwich errors.

One patient gives many sessions, so the standard errors are those of Lin & Wei (1989, JASA
84:1074), summed by patient. Ties as in Therneau & Grambsch (2000), "Modeling Survival Data",
chapters 3 and 7, whose appendix E holds the data of the reference tests. In R, with times in
hours: coxph(Surv(time, event) ~ x + cluster(patient) + strata(s), ties = "efron").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from reports.survival.times import (
    Z_95,
    Bools,
    Estimate,
    Floats,
    Ints,
    distinct_times,
    patient_codes,
)

Ties = Literal["efron", "breslow"]
MIN_EVENTS_PER_TERM = 10
ROUNDS = 50
SETTLED = 1e-10
FLAT = 1e-9
ROUNDED = 1e-13
MOST_PACKED = 1 << 62
RUNAWAY = 10.0  # a coefficient per standard deviation: the data separate, there is no maximum


@dataclass(frozen=True)
class CoxFit:
    """One fit. p terms, n sessions.

    `coef`: log hazard ratios by unit of the covariate. `naive`: inverse information, p by p.
    `robust`: the sandwich by cluster. `loglik`: at no effect and at the estimate. `schoenfeld`:
    residuals of each event, events by p, with `event_times` in hours.
    """

    coef: Floats
    naive: Floats
    robust: Floats
    loglik: tuple[float, float]
    schoenfeld: Floats
    event_times: Floats


@dataclass(frozen=True)
class _Layout:
    """Sessions in the order (stratum, time descending), with the runs that share a time.

    `block`: the run of each session. `opens`: the first run of each run's stratum. `deaths`: how
    many events each run holds. `term_block`, `share`: one entry per event, its run and how much
    of the run's own events has left the risk set already (Efron; all 0 for Breslow). `tied`: the
    entries whose share is not 0, `tied_run` which of the runs with several events each belongs to;
    `tied_rows` holds the events of these, run after run, `tied_heads` where each run begins there.
    """

    order: Ints
    block: Ints
    ends: Ints
    opens: Ints
    deaths: Ints
    term_block: Ints
    share: Floats
    tied: Ints
    tied_run: Ints
    tied_rows: Ints
    tied_heads: Ints


def cox(
    times: Floats,
    events: Bools,
    covariates: Floats,
    names: Sequence[str],
    patients: Sequence[str] | Ints,
    *,
    strata: npt.ArrayLike | None = None,
    ties: Ties = "efron",
    min_events_per_term: int = MIN_EVENTS_PER_TERM,
) -> Estimate:
    """The model as a block of the result: terms with hazard ratio, 95 % interval, z and p.

    `times` in hours, `covariates` n by p without gaps, one name each. {"n", "events", "patients",
    "ties", "terms": [{"name", "coef", "se_robust", "se_naive", "hazard_ratio", "lower", "upper",
    "z", "p", "proportional_p"}], "wald": {"chi2", "df", "p"}}; refused with `why` where there are
    too few events for the terms, where a term does not vary, or where there is no maximum.
    `proportional_p` tests whether the hazard ratio changes with time (Grambsch & Therneau 1994).
    """
    found = {
        "n": len(times),
        "events": int(events.sum()),
        "patients": _how_many(patients),
        "ties": ties,
    }
    refusal = _refusal(events, covariates, patients, min_events_per_term)
    fit = None if refusal else fit_cox(times, events, covariates, patients, strata, ties)
    if fit is None:
        reason = refusal or "no_maximum"
        return {
            **found,
            "terms": None,
            "wald": None,
            "why": dict.fromkeys(("terms", "wald"), reason),
        }
    proportional = proportional_p(fit)
    terms = [_term(fit, place, name, proportional[place]) for place, name in enumerate(names)]
    return {**found, "terms": terms, "wald": _wald(fit)}


def within_between(values: Floats, patients: Sequence[str] | Ints) -> Floats:
    """n by 2: the value less the mean of its patient, and that mean.

    The first column asks what changes inside one patient, the second how patients differ who
    have more or fewer sessions; mixing the two is what makes survivors look like a trend.
    """
    code = patient_codes(patients)
    mean = (np.bincount(code, values) / np.maximum(np.bincount(code), 1))[code]
    return np.column_stack([values - mean, mean])


def fit_cox(
    times: Floats,
    events: Bools,
    covariates: Floats,
    patients: Sequence[str] | Ints,
    strata: npt.ArrayLike | None = None,
    ties: Ties = "efron",
) -> CoxFit | None:
    """The estimate by Newton's steps with halving; None where no maximum was found."""
    layout = _layout(times, events, strata, ties)
    mean = covariates.mean(axis=0)
    # One column after the other in memory: every sum goes down a column.
    x = np.asfortranarray((covariates - mean)[layout.order])
    died = events[layout.order]
    spread = np.maximum(x.std(axis=0), np.finfo(float).tiny)
    beta = np.zeros(x.shape[1])
    value, slope, information = _likelihood(beta, x, died, layout)
    start = value
    # Below this the information is rounding: the term is level in every risk set.
    floor = FLAT * died.sum() * spread**2
    for _ in range(ROUNDS):
        step = None if (np.diag(information) <= floor).any() else _solved(information, slope)
        if step is None:
            return None
        size = 1.0
        # Of a million sessions the sum itself is rounded by more than the last steps gain.
        least = value - FLAT - ROUNDED * abs(value)
        while (new := _likelihood(beta + size * step, x, died, layout))[0] < least:
            size /= 2
            if size < SETTLED:
                return None
        beta = beta + size * step
        gain, (value, slope, information) = new[0] - value, new
        if (np.abs(beta * spread) > RUNAWAY).any():
            return None
        if abs(gain) <= SETTLED * (abs(value) + 1) and float(np.abs(step * spread).max()) < 1e-7:
            break
    else:
        return None
    naive = _inverse(information)
    if naive is None:
        return None
    residuals, schoenfeld = _score_residuals(beta, x, died, layout)
    code = patient_codes(patients)[layout.order]
    summed = np.column_stack([np.bincount(code, column) for column in residuals.T])
    robust = naive @ (summed.T @ summed) @ naive
    at = times[layout.order][died]
    by_time = np.argsort(at, kind="stable")
    return CoxFit(beta, naive, robust, (start, value), schoenfeld[by_time], at[by_time])


def proportional_p(fit: CoxFit) -> list[float | None]:
    """For each term the p of "the hazard ratio stays the same over time", on ranked times.

    None where all events share one time.
    """
    rank = stats.rankdata(fit.event_times)
    if np.ptp(rank) == 0:
        return [None] * len(fit.coef)
    return [float(p) for p in stats.chi2.sf(proportional_chi2(fit, rank), 1)]


def proportional_chi2(fit: CoxFit, clock: Floats) -> Floats:
    """How far each coefficient goes with `clock`, one value an event; 1 degree of freedom each.

    Grambsch & Therneau (1994), Biometrika 81:515, with the averaged variance.
    """
    centred = clock - clock.mean()
    n = len(clock)
    slope = centred @ (n * fit.schoenfeld @ fit.naive)
    chi2: Floats = slope**2 / (n * np.diag(fit.naive) * (centred @ centred))
    return chi2


def _how_many(patients: Sequence[str] | Ints) -> int:
    return int(patient_codes(patients).max(initial=-1)) + 1


def _refusal(
    events: Bools, covariates: Floats, patients: Sequence[str] | Ints, min_events_per_term: int
) -> str | None:
    terms = covariates.shape[1]
    if events.sum() < max(1, min_events_per_term * terms):
        return "too_few_events_per_term"
    if _how_many(patients) < 2:
        return "fewer_than_two_patients"
    if terms == 0 or (np.ptp(covariates, axis=0) == 0).any():
        return "a_term_does_not_vary"
    return "terms_say_the_same" if say_the_same(covariates) else None


def say_the_same(covariates: Floats) -> bool:
    """Whether one of the columns, of which none is level, follows from the others."""
    centred = covariates - covariates.mean(axis=0)
    scaled = centred / centred.std(axis=0)
    rank = np.linalg.matrix_rank(scaled, tol=len(scaled) * FLAT)
    return bool(rank < covariates.shape[1])


def _term(fit: CoxFit, place: int, name: str, proportional: float | None) -> Estimate:
    coef = float(fit.coef[place])
    error = float(np.sqrt(fit.robust[place, place]))
    z = coef / error if error > 0 else None
    return {
        "name": name,
        "coef": coef,
        "se_robust": error,
        "se_naive": float(np.sqrt(fit.naive[place, place])),
        "hazard_ratio": float(np.exp(coef)),
        "lower": float(np.exp(coef - Z_95 * error)),
        "upper": float(np.exp(coef + Z_95 * error)),
        "z": z,
        "p": None if z is None else float(2 * stats.norm.sf(abs(z))),
        "proportional_p": proportional,
    }


def _wald(fit: CoxFit) -> Estimate:
    """All terms at once, on the sandwich: with few patients it is rank-deficient, then null."""
    inverse = _inverse(fit.robust)
    if inverse is None:
        return {"chi2": None, "df": None, "p": None, "why": {"chi2": "too_few_patients"}}
    chi2 = float(fit.coef @ inverse @ fit.coef)
    return {"chi2": chi2, "df": len(fit.coef), "p": float(stats.chi2.sf(chi2, len(fit.coef)))}


def _layout(times: Floats, events: Bools, strata: npt.ArrayLike | None, ties: Ties) -> _Layout:
    _, place = distinct_times(times)
    level = np.zeros(len(times), np.int64) if strata is None else np.asarray(strata)
    stratum = patient_codes(level)
    order = _by_stratum_latest_first(stratum, place)
    ordered_place, ordered_stratum = place[order], stratum[order]
    new_stratum = np.ones(len(order), bool)
    new_stratum[1:] = ordered_stratum[1:] != ordered_stratum[:-1]
    new = new_stratum.copy()
    new[1:] |= ordered_place[1:] != ordered_place[:-1]
    block = np.cumsum(new) - 1
    ends = np.append(np.flatnonzero(new)[1:], len(order)) - 1
    first_of_stratum = block[new_stratum][np.cumsum(new_stratum) - 1]
    opens = first_of_stratum[ends]
    died = events[order]
    deaths = np.bincount(block[died], minlength=len(ends)).astype(np.int64)
    term_block = np.repeat(np.arange(len(ends)), deaths)
    before = (np.cumsum(deaths) - deaths)[term_block]
    nth = np.arange(len(term_block)) - before
    share = nth / deaths[term_block] if ties == "efron" else np.zeros(len(term_block))
    several = deaths > 1
    tied = np.flatnonzero(share)
    tied_rows = np.flatnonzero(died & several[block])
    tied_heads = np.flatnonzero(np.diff(block[tied_rows], prepend=-1))
    tied_run = (np.cumsum(several) - 1)[term_block[tied]]
    return _Layout(
        *(order, block, ends, opens, deaths, term_block, share),
        *(tied, tied_run, tied_rows, tied_heads),
    )


def _by_stratum_latest_first(stratum: Ints, place: Ints) -> Ints:
    """Places of the sessions in that order; of one stratum and time as they were given."""
    n, times = len(place), int(place.max(initial=-1)) + 1
    if n and (int(stratum.max()) + 1) * times * n < MOST_PACKED:
        # One sort of numbers that hold all three takes a tenth of a sort by two keys.
        packed = ((stratum * times + (times - 1 - place)) * n) + np.arange(n)
        packed.sort()
        return packed % n
    return np.lexsort((-place, stratum)).astype(np.int64)


def _sums(values: Floats, layout: _Layout) -> Floats:
    """One entry per event: the sum over everybody of its stratum who was still at risk then, less
    what the ties have taken already.
    """
    upto = np.cumsum(values)[layout.ends]
    before = np.concatenate([[0.0], upto])[layout.opens]
    found: Floats = (upto - before)[layout.term_block]
    if len(layout.tied):
        of_deaths = np.add.reduceat(values[layout.tied_rows], layout.tied_heads)
        found[layout.tied] -= layout.share[layout.tied] * of_deaths[layout.tied_run]
    return found


def _likelihood(
    beta: Floats, x: Floats, died: Bools, layout: _Layout
) -> tuple[float, Floats, Floats]:
    """Partial log-likelihood, its slope (p) and information (p by p)."""
    line = x @ beta
    shift = line.max()
    risk = np.exp(line - shift)
    zero = _sums(risk, layout)
    weighted = [risk * column for column in x.T]
    mean = [_sums(column, layout) / zero for column in weighted]
    value = float(line[died].sum() - (np.log(zero) + shift).sum())
    slope = np.array([column[died].sum() for column in x.T]) - [one.sum() for one in mean]
    information = np.empty((len(beta), len(beta)))
    for i, j in zip(*np.triu_indices(len(beta)), strict=True):
        square = _sums(weighted[i] * x[:, j], layout) / zero
        information[i, j] = information[j, i] = (square - mean[i] * mean[j]).sum()
    return value, slope, information


def _score_residuals(
    beta: Floats, x: Floats, died: Bools, layout: _Layout
) -> tuple[Floats, Floats]:
    """Score residuals (n by p) in the layout's order, and Schoenfeld residuals of the events."""
    risk = np.exp(x @ beta)
    zero = _sums(risk, layout)
    runs, run = len(layout.ends), layout.term_block
    # Hazard of each run, and what of it an event of the run itself has to bear.
    own_share = (1 - layout.share) / zero
    hazard = _borne(1 / zero, own_share, died, layout)
    residuals, seen = np.empty_like(x), np.empty_like(x)
    for place, column in enumerate(x.T):
        mean = _sums(risk * column, layout) / zero
        centre = np.bincount(run, mean, runs) / np.maximum(layout.deaths, 1)
        pulled = _borne(mean / zero, mean * own_share, died, layout)
        seen[:, place] = column - centre[layout.block]
        residuals[:, place] = np.where(died, seen[:, place], 0.0) - risk * (
            column * hazard - pulled
        )
    return residuals, seen[died]


def _borne(whole: Floats, own: Floats, died: Bools, layout: _Layout) -> Floats:
    """For each session the sum over the events it was at risk at: of `whole`, one entry per event,
    but of `own` at the time of its own event.
    """
    runs = len(layout.ends)
    summed: Floats = np.bincount(layout.term_block, whole, runs).astype(np.float64)
    less = summed - np.bincount(layout.term_block, own, runs)
    since = _since_start(summed, layout)
    borne: Floats = np.where(died, (since - less)[layout.block], since[layout.block])
    return borne


def _since_start(values: Floats, layout: _Layout) -> Floats:
    """For each run the sum over its own and all earlier times of its stratum."""
    stratum = np.cumsum(np.concatenate([[True], layout.opens[1:] != layout.opens[:-1]])) - 1
    last = np.append(np.flatnonzero(np.diff(stratum)), len(stratum) - 1)
    total = np.cumsum(values)
    since: Floats = total[last][stratum] - (total - values)
    return since


def _solved(matrix: Floats, vector: Floats) -> Floats | None:
    inverse = _inverse(matrix)
    return None if inverse is None else inverse @ vector


def _inverse(matrix: Floats) -> Floats | None:
    """None where the matrix, scaled to a unit diagonal, has no safe inverse."""
    diagonal = np.diag(matrix)
    if not np.isfinite(diagonal).all() or (diagonal <= 0).any():
        return None
    scale = np.sqrt(diagonal)
    unit = matrix / np.outer(scale, scale)
    if np.linalg.cond(unit) > 1 / FLAT:
        return None
    inverse: Floats = np.linalg.inv(unit) / np.outer(scale, scale)
    return inverse
