"""The clustered Cox model against published values, statsmodels and a version written in loops."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from reports.survival import cox, kaplan_meier, within_between
from reports.survival.cox import fit_cox, proportional_chi2
from tests.reference import naive_cox, published

with warnings.catch_warnings():
    # statsmodels still uses a decorator that pandas is about to drop.
    warnings.simplefilter("ignore")
    from statsmodels.duration.hazard_regression import PHReg

# Therneau & Grambsch (2000), appendix E.1; one of their seven subjects has no status. In R:
# coxph(Surv(c(9,1,1,6,6,8), c(1,1,0,1,1,0)) ~ c(0,1,1,1,0,0), ties = "breslow")
# Confirmed with statsmodels PHReg under both rules for ties: the same to the last printed digit.
TIME = np.array([9.0, 1, 1, 6, 6, 8])
EVENT = np.array([1, 1, 0, 1, 1, 0], bool)
X = np.array([[0.0], [1], [1], [1], [0], [0]])
PUBLISHED = {
    "breslow": {"coef": 1.475285, "information": 0.634168},
    "efron": {"coef": 1.676857, "information": 0.612632},
}


def log_likelihood(ties: str, coef: float) -> float:
    """The book's own formulas for these data, r the hazard ratio."""
    r = np.exp(coef)
    last = np.log(r + 3) if ties == "breslow" else np.log((r + 5) / 2)
    return float(2 * coef - np.log(3 * r + 3) - np.log(r + 3) - last)


def invented(seed: int, n: int = 60, whole_times: int = 12) -> dict[str, Any]:
    """A small clinic: 15 patients, many ties, two covariates, two strata."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])
    times = np.ceil(rng.exponential(np.exp(-x @ [0.7, -0.3])) * whole_times)
    return {
        "times": times,
        "events": rng.random(n) < 0.7,
        "covariates": x,
        "patients": [f"p{number}" for number in rng.integers(0, 15, n)],
        "strata": rng.integers(0, 2, n),
    }


def as_rows(data: dict[str, Any], strata: np.ndarray) -> naive_cox.Rows:
    columns = zip(
        data["times"], data["events"], data["covariates"], data["patients"], strata, strict=True
    )
    return [
        {"id": place, "time": t, "event": e, "x": x, "patient": p, "stratum": s}
        for place, (t, e, x, p, s) in enumerate(columns)
    ]


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_the_textbook_data_give_the_textbook_values(ties: Any) -> None:
    fit = fit_cox(TIME, EVENT, X, list("abcdef"), ties=ties)
    assert fit is not None
    book = PUBLISHED[ties]
    assert fit.coef[0] == pytest.approx(book["coef"], abs=1e-6)
    expected = log_likelihood(ties, 0.0), log_likelihood(ties, fit.coef[0])
    assert fit.loglik == pytest.approx(expected, abs=1e-9)
    assert 1 / fit.naive[0, 0] == pytest.approx(book["information"], abs=1e-6)


def test_the_ovarian_data_give_what_r_prints() -> None:
    fit = fit_cox(
        np.array(published.OVARIAN_DAYS, float),
        np.array(published.OVARIAN_DIED, bool),
        np.array(published.OVARIAN_AGE)[:, None],
        [str(number) for number in range(26)],
    )
    assert fit is not None
    found = float(fit.coef[0]), float(np.sqrt(fit.naive[0, 0]))
    assert found == pytest.approx(published.OVARIAN_COX_AGE, abs=5e-5)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_it_equals_the_version_in_loops(seed: int, stratified: bool, ties: Any) -> None:
    data = invented(seed)
    strata = data.pop("strata") if stratified else np.zeros(60) * data.pop("strata")
    fit = fit_cox(**data, strata=strata, ties=ties)
    naive = naive_cox.fit(as_rows(data, strata), ties)
    assert fit is not None
    assert fit.loglik[1] == pytest.approx(naive["loglik"], abs=1e-9)
    np.testing.assert_allclose(fit.coef, naive["coef"], atol=1e-6)
    np.testing.assert_allclose(fit.naive, naive["naive"], rtol=1e-5)
    np.testing.assert_allclose(fit.robust, naive["robust"], rtol=1e-5)


def test_statsmodels_agrees_on_breslow_with_patients_as_groups() -> None:
    data = invented(11, n=200)
    fit = fit_cox(
        data["times"], data["events"], data["covariates"], data["patients"], ties="breslow"
    )
    model = PHReg(data["times"], data["covariates"], status=data["events"], ties="breslow")
    naive = model.fit()
    robust = model.fit(groups=np.unique(data["patients"], return_inverse=True)[1])
    assert fit is not None
    np.testing.assert_allclose(fit.coef, naive.params, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.naive)), naive.bse, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.robust)), robust.bse, rtol=1e-6)


def test_the_residuals_behind_the_test_of_proportionality_are_those_of_statsmodels() -> None:
    """R: residuals(fit, "schoenfeld")."""
    data = invented(12, n=90)
    fit = fit_cox(
        data["times"], data["events"], data["covariates"], data["patients"], ties="breslow"
    )
    oracle = PHReg(data["times"], data["covariates"], status=data["events"], ties="breslow").fit()
    theirs = oracle.schoenfeld_residuals[data["events"]]
    assert fit is not None
    for column in range(2):
        assert sorted(fit.schoenfeld[:, column]) == pytest.approx(sorted(theirs[:, column]))


def test_the_test_of_proportionality_on_the_ovarian_data_is_what_r_prints() -> None:
    """On the clock that R takes unless told otherwise: one less the curve just before."""
    days = np.array(published.OVARIAN_DAYS, float)
    died = np.array(published.OVARIAN_DIED, bool)
    terms = np.column_stack([published.OVARIAN_AGE, published.OVARIAN_ECOG]).astype(float)
    fit = fit_cox(days, died, terms, [str(number) for number in range(26)])
    assert fit is not None
    curve = kaplan_meier(days, died, tau=1e9)
    fallen = dict(zip(curve["time"], 1 - np.array([1.0, *curve["surv"][:-1]]), strict=True))
    chi2 = proportional_chi2(fit, np.array([fallen[time] for time in fit.event_times]))
    assert chi2 == pytest.approx(published.OVARIAN_ZPH, abs=5e-4)


def test_ten_copies_of_a_patient_are_no_more_evidence_than_one() -> None:
    data = invented(3)
    del data["strata"]
    ten = {
        "times": np.repeat(data["times"], 10),
        "events": np.repeat(data["events"], 10),
        "covariates": np.repeat(data["covariates"], 10, axis=0),
        "patients": np.repeat(data["patients"], 10).tolist(),
    }
    one = fit_cox(**data, ties="breslow")
    copied = fit_cox(**ten, ties="breslow")
    assert one is not None and copied is not None
    np.testing.assert_allclose(copied.coef, one.coef, atol=1e-7)
    np.testing.assert_allclose(copied.robust, one.robust, rtol=1e-6)
    assert (np.diag(copied.naive) < np.diag(one.naive) / 9).all()


def test_the_block_gives_each_term_its_ratio_and_refuses_what_cannot_be_said() -> None:
    data = invented(5, n=200)
    arguments = (data["times"], data["events"], data["covariates"])
    block = cox(*arguments, ["nasal", "mg_per_kg"], data["patients"])
    first = block["terms"][0]
    assert [term["name"] for term in block["terms"]] == ["nasal", "mg_per_kg"]
    assert first["hazard_ratio"] == pytest.approx(np.exp(first["coef"]))
    assert first["lower"] < first["hazard_ratio"] < first["upper"]
    assert block["wald"]["df"] == 2
    assert "why" not in block
    few = cox(*(part[:20] for part in arguments), ["a", "b"], data["patients"][:20])
    assert few["terms"] is None
    assert few["why"]["terms"] == "too_few_events_per_term"
    alone = cox(*arguments, ["a", "b"], ["p"] * 200)
    assert alone["why"]["terms"] == "fewer_than_two_patients"
    level = np.column_stack([data["covariates"][:, 0], np.ones(200)])
    same = np.column_stack([data["covariates"][:, 1], 2 * data["covariates"][:, 1]])
    rest = (["a", "b"], data["patients"])
    assert cox(*arguments[:2], level, *rest)["why"]["terms"] == "a_term_does_not_vary"
    assert cox(*arguments[:2], same, *rest)["why"]["terms"] == "terms_say_the_same"


def test_data_that_separate_have_no_ratio() -> None:
    times = np.arange(1.0, 61)
    early = (times <= 30).astype(float)[:, None]
    events = times <= 30
    found = cox(times, events, early, ["early"], [str(n) for n in range(60)])
    assert found["terms"] is None
    assert found["why"]["terms"] == "no_maximum"


@pytest.mark.parametrize("away", [0.1, 1 / 3, 1e6])
def test_a_term_that_is_level_in_every_stratum_has_no_ratio(away: float) -> None:
    """Each patient keeps their own value: rounding must not pass for information."""
    patients = np.repeat(np.arange(30), 4)
    value = (away * patients)[:, None]
    times = np.random.default_rng(2).exponential(50, 120)
    found = cox(times, np.ones(120, bool), value, ["x"], patients.astype(str), strata=patients)
    assert found["why"]["terms"] == "no_maximum"


def test_a_ratio_that_turns_round_in_time_is_found() -> None:
    rng = np.random.default_rng(8)
    x = rng.integers(0, 2, 600)
    early, late = rng.exponential(1, 600), 1 + rng.exponential(1, 600)
    # First the one group is harmed, later the other.
    times = np.where(x == 1, np.minimum(early, 1) + (early >= 1) * rng.exponential(4, 600), late)
    patients = [str(number) for number in range(600)]
    turned = cox(times, np.ones(600, bool), x[:, None] * 1.0, ["x"], patients)
    steady = cox(
        rng.exponential(np.exp(-0.5 * x)), np.ones(600, bool), x[:, None] * 1.0, ["x"], patients
    )
    assert turned["terms"][0]["proportional_p"] < 1e-6
    assert steady["terms"][0]["proportional_p"] > 0.01


def test_the_session_number_falls_into_what_is_within_and_between_patients() -> None:
    split = within_between(np.array([1.0, 2, 3, 1, 5]), ["a", "a", "a", "b", "b"])
    np.testing.assert_allclose(split[:, 0], [-1, 0, 1, -2, 2])
    np.testing.assert_allclose(split[:, 1], [2, 2, 2, 3, 3])
