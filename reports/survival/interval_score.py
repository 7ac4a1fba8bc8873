"""Score tests between groups for interval-censored times, with patients as the unit of chance.

The scores are those of Sun (1996, Stat Med 15:1387) and Finkelstein (1986, Biometrics 42:845) as
Fay & Shaw (2010, 10.18637/jss.v036.i02) write them: the first is `logrank1` and the second
`logrank2` of their R package. With times in hours, one row a patient:

    library(interval)
    ictest(L, R, group, scores = "logrank2", exact = FALSE)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import stats

from reports.survival.times import Estimate, Floats, Ints
from reports.survival.turnbull import Npmle, fit_npmle

Scores = Literal["logrank1", "logrank2"]
PERMUTATIONS = 9_999
CELLS_AT_ONCE = 2_000_000
SAME = 1e-9
SMALLEST_SHARE = 1e-12


def interval_scores(lo: Floats, hi: Floats, scores: Scores = "logrank2") -> Floats:
    """One score an observation; they add up to 0 over all, and a late change scores low.

    `lo`, `hi` in hours, (lo, hi] the interval in which it changed, hi infinite where never seen.
    """
    fit = fit_npmle(lo, hi)
    before, after = _survival(fit, lo, hi)
    if scores == "logrank2":
        rise, fall = _times_log(before, before), _times_log(after, after)
    else:
        hazard = fit.mass / np.maximum(1 - np.concatenate([[0], np.cumsum(fit.mass)[:-1]]), SAME)
        smooth = np.exp(-np.concatenate([[0.0], np.cumsum(hazard)]))
        at_lo, at_hi = _places(fit, lo, hi)
        rise, fall = _times_log(before, smooth[at_lo]), _times_log(after, smooth[at_hi])
    return (rise - fall) / np.maximum(before - after, SAME)


def interval_logrank(
    lo: Floats,
    hi: Floats,
    groups: Sequence[str],
    patients: Sequence[str],
    *,
    seed: int,
    scores: Scores = "logrank2",
    permutations: int = PERMUTATIONS,
) -> Estimate:
    """{"chi2", "df", "p", "p_permutation", "permutations"}; None with `why` where it cannot be.

    chi2 is the score test whose variance is summed by patient, so ten sessions of one patient are
    no ten patients. `p_permutation` deals the groups anew among the patients (each with all
    sessions); it needs every patient in one group only. The same seed gives the same p.
    """
    names, code = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    who, owner = np.unique(np.asarray(patients, dtype=object).astype(str), return_inverse=True)
    if len(names) < 2 or len(who) < 2:
        reason = (
            "fewer_than_two_informative_groups" if len(names) < 2 else "fewer_than_two_patients"
        )
        return _not_estimable(reason)
    score = interval_scores(lo, hi, scores)
    member = np.eye(len(names))[code]
    centred = member - member.mean(axis=0)
    by_patient = np.column_stack(
        [np.bincount(owner, score * column, len(who)) for column in centred.T]
    )
    total = by_patient.sum(axis=0)
    variance = by_patient.T @ by_patient
    size = float(np.abs(variance).max())
    df = int(np.linalg.matrix_rank(variance, tol=size * SMALLEST_SHARE)) if size > 0 else 0
    df = min(df, len(names) - 1)
    if df == 0:
        return _not_estimable("zero_variance")
    chi2 = float(total @ np.linalg.lstsq(variance, total, rcond=SMALLEST_SHARE)[0])
    found: Estimate = {"chi2": chi2, "df": df, "p": float(stats.chi2.sf(chi2, df))}
    group_of = np.zeros(len(who), np.int64)
    group_of[owner] = code
    if (group_of[owner] != code).any():
        why = {"p_permutation": "a_patient_is_in_several_groups"}
        return {**found, "p_permutation": None, "permutations": 0, "why": why}
    p = _permuted(score, owner, group_of, len(names), seed, permutations)
    return {**found, "p_permutation": p, "permutations": permutations}


def _permuted(
    score: Floats, owner: Ints, group_of: Ints, n_groups: int, seed: int, permutations: int
) -> float:
    """The share of deals at least as uneven as the one found, itself counted among them."""
    load = np.bincount(owner, score)
    sessions = np.bincount(owner).astype(np.float64)

    def unevenness(dealt: Ints) -> Floats:
        uneven: Floats = np.zeros(dealt.shape[:-1])
        for group in range(n_groups):
            member = (dealt == group).astype(np.float64)
            uneven += (member @ load) ** 2 / np.maximum(member @ sessions, 1)
        return uneven

    found = float(unevenness(group_of))
    rng = np.random.default_rng(seed)
    reached = 1
    at_once = max(1, CELLS_AT_ONCE // len(group_of))
    for start in range(0, permutations, at_once):
        deals = np.tile(group_of, (min(at_once, permutations - start), 1))
        reached += int((unevenness(rng.permuted(deals, axis=1)) >= found - SAME).sum())
    return reached / (permutations + 1)


def _places(fit: Npmle, lo: Floats, hi: Floats) -> tuple[Ints, Ints]:
    """How many innermost intervals lie wholly at or before `lo`, and how many up to `hi`.

    A change seen exactly then (lo = hi) came after everything before that instant.
    """
    before_lo = np.where(lo == hi, lo - SAME, lo + SAME)
    before = np.searchsorted(fit.right, before_lo, side="right")
    upto = np.searchsorted(fit.right, hi + SAME, side="right")
    return before.astype(np.int64), upto.astype(np.int64)


def _survival(fit: Npmle, lo: Floats, hi: Floats) -> tuple[Floats, Floats]:
    level = np.maximum(1 - np.concatenate([[0.0], np.cumsum(fit.mass)]), 0.0)
    level[-1] = 0.0
    at_lo, at_hi = _places(fit, lo, hi)
    return level[at_lo], level[at_hi]


def _times_log(factor: Floats, inside: Floats) -> Floats:
    """factor * log(inside), and 0 where both are 0: nobody is left there."""
    safe = np.where(factor > 0, np.maximum(inside, np.finfo(float).tiny), 1.0)
    return factor * np.log(safe)


def _not_estimable(reason: str) -> Estimate:
    fields = ("chi2", "df", "p", "p_permutation")
    return {**dict.fromkeys(fields), "permutations": 0, "why": dict.fromkeys(fields, reason)}
