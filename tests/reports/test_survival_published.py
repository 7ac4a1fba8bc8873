"""Whole data sets from the literature through every estimator that their authors print."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from reports.survival import (
    cox,
    fit_npmle,
    kaplan_meier,
    logrank,
    logrank_stratified,
    turnbull,
)
from reports.survival.cox import fit_cox
from reports.survival.interval_score import interval_scores
from tests.reference import published

AML_WEEKS = np.array(published.MAINTAINED_WEEKS + published.NONMAINTAINED_WEEKS, float)
AML_SEEN = np.array(published.MAINTAINED_RELAPSED + published.NONMAINTAINED_RELAPSED, bool)
AML_GROUP = ["maintained"] * 11 + ["not"] * 12
COSMETIC = np.array(published.RADIOTHERAPY + published.CHEMOTHERAPY, float)


def column(values: Any) -> np.ndarray:
    return np.array(values, float)[:, None]


def people(n: int) -> list[str]:
    return [str(number) for number in range(n)]


@pytest.mark.parametrize("name", ["MAINTAINED", "NONMAINTAINED"])
def test_leukaemia_has_the_curve_the_median_and_the_mean_that_r_prints(name: str) -> None:
    weeks = np.array(getattr(published, f"{name}_WEEKS"), float)
    seen = np.array(getattr(published, f"{name}_RELAPSED"), bool)
    found = kaplan_meier(weeks, seen, tau=1e9)
    rows = dict(zip(found["time"], zip(found["surv"], found["std_err"], strict=True), strict=True))
    for week, (surv, error) in getattr(published, f"{name}_SURVFIT").items():
        assert rows[week] == (pytest.approx(surv, abs=5e-4), pytest.approx(error, abs=5e-5))
    median = found["median"], found["median_lower"], found["median_upper"]
    assert median == getattr(published, f"{name}_MEDIAN")
    mean, error = getattr(published, f"{name}_RMEAN")
    assert found["rmst"] == pytest.approx(mean, abs=0.05)
    assert found["rmst_se"] == pytest.approx(error, abs=5e-3)
    assert found["tau"] == max(weeks)


def test_a_mean_up_to_an_earlier_time_is_the_area_by_hand() -> None:
    found = kaplan_meier(AML_WEEKS[:11], AML_SEEN[:11], tau=20)
    # 9 weeks at 1, 4 at 10/11, 5 at 9/11, 2 at 9/11 * 7/8.
    assert found["rmst"] == pytest.approx(9 + 40 / 11 + 45 / 11 + 2 * 63 / 88, abs=1e-12)


def test_leukaemia_has_the_printed_tests_between_its_groups() -> None:
    test = logrank(AML_WEEKS, AML_SEEN, AML_GROUP)
    assert test["chi2"] == pytest.approx(published.AML_LOGRANK[0], abs=0.05)
    assert test["p"] == pytest.approx(published.AML_LOGRANK[1], abs=5e-5)
    fit = fit_cox(AML_WEEKS, AML_SEEN, column([0] * 11 + [1] * 12), people(23))
    assert fit is not None
    coef, error, *loglik = published.AML_COX
    assert fit.coef[0] == pytest.approx(coef, abs=5e-5)
    assert np.sqrt(fit.naive[0, 0]) == pytest.approx(error, abs=5e-5)
    assert fit.loglik == pytest.approx(loglik, abs=5e-6)
    chi2, p = published.OVARIAN_LOGRANK
    ovarian = logrank(
        np.array(published.OVARIAN_DAYS, float),
        np.array(published.OVARIAN_DIED, bool),
        [str(arm) for arm in published.OVARIAN_RX],
    )
    assert (ovarian["chi2"], ovarian["p"]) == (
        pytest.approx(chi2, abs=5e-3),
        pytest.approx(p, abs=5e-4),
    )


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_six_mp_has_the_printed_coefficient_under_both_rules_for_ties(ties: Any) -> None:
    weeks = np.array(published.SIX_MP_WEEKS + published.PLACEBO_WEEKS, float)
    seen = np.array(published.SIX_MP_RELAPSED + [1] * 21, bool)
    fit = fit_cox(weeks, seen, column([0] * 21 + [1] * 21), people(42), ties=ties)
    assert fit is not None
    found = float(fit.coef[0]), float(np.sqrt(fit.naive[0, 0]))
    assert found == (
        pytest.approx(published.FREIREICH_COX[ties][0], abs=5e-4),
        pytest.approx(published.FREIREICH_COX[ties][1], abs=5e-5),
    )


def test_inside_pairs_eighteen_to_three_decides_the_stratified_tests() -> None:
    placebo, six_mp, relapsed = (list(part) for part in zip(*published.PAIRS, strict=True))
    assert sorted(placebo) == published.PLACEBO_WEEKS
    assert sorted(six_mp) == published.SIX_MP_WEEKS
    weeks = np.array(placebo + six_mp, float)
    seen = np.array([1] * 21 + relapsed, bool)
    pair = list(range(21)) * 2
    group = ["placebo"] * 21 + ["6-MP"] * 21
    test = logrank_stratified(weeks, seen, group, pair)
    assert (test["chi2"], test["df"]) == (pytest.approx(15**2 / 21, abs=1e-9), 1)
    block = cox(weeks, seen, column([1] * 21 + [0] * 21), ["placebo"], people(42), strata=pair)
    (term,) = block["terms"]
    assert term["hazard_ratio"] == pytest.approx(18 / 3, abs=1e-6)
    assert term["se_naive"] == pytest.approx(np.sqrt(1 / 18 + 1 / 3), abs=1e-6)


def test_both_groups_after_radiotherapy_have_the_published_score_test() -> None:
    score = interval_scores(COSMETIC[:, 0], COSMETIC[:, 1], "logrank1")
    radiotherapy = score[:46].sum()
    # The permutational variance of the sum of 46 of 94 scores.
    z = radiotherapy / np.sqrt((score**2).sum() / 93 * 46 * 48 / 94)
    assert radiotherapy == pytest.approx(published.COSMETIC_SCORE, abs=5e-6)
    assert z == pytest.approx(published.COSMETIC_Z, abs=5e-5)
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(published.COSMETIC_P, abs=5e-6)


@pytest.mark.parametrize("rows", ["RADIOTHERAPY", "CHEMOTHERAPY"])
def test_each_group_after_radiotherapy_has_the_published_masses(rows: str) -> None:
    bounds = np.array(getattr(published, rows), float)
    found = turnbull(bounds[:, 0], bounds[:, 1])
    masses = {tuple(at): mass for at, mass in zip(found["intervals"], found["mass"], strict=True)}
    expected = getattr(published, f"{rows}_NPMLE").items()
    assert masses == {ends: pytest.approx(mass, abs=5e-5) for ends, mass in expected}


@pytest.mark.parametrize("rows", ["RADIOTHERAPY", "CHEMOTHERAPY"])
def test_the_gradient_condition_holds_on_published_intervals(rows: str) -> None:
    """Worked out anew from the masses alone: at most 1 everywhere, and 1 where there is mass."""
    bounds = np.array(getattr(published, rows), float)
    fit = fit_npmle(bounds[:, 0], bounds[:, 1])
    inside = (bounds[:, :1] <= fit.left) & (fit.right <= bounds[:, 1:])
    gradient = (inside / (inside @ fit.mass)[:, None]).mean(axis=0)
    assert gradient.max() - 1 < 1e-8
    assert gradient[fit.mass > 1e-6] == pytest.approx(1, abs=1e-8)
    assert fit.gap == pytest.approx(gradient.max() - 1, abs=1e-12)
