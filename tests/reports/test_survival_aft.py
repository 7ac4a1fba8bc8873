"""The accelerated failure time model: R's printed fit, closed forms, and a plain likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from reports.survival import aft
from reports.survival.aft import fit_aft
from tests.reference import published

DAYS = np.array(published.OVARIAN_DAYS, float)
DIED = np.array(published.OVARIAN_DIED, bool)
TERMS = np.column_stack([published.OVARIAN_ECOG, published.OVARIAN_RX]).astype(float)


def invented(seed: int, n: int = 120) -> dict[str, Any]:
    """Intervals between visits; some seen at the first, some never, some at the very instant."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)]).astype(float)
    truth = np.exp(4 + x @ [0.5, -0.3] + 0.8 * rng.normal(size=n))
    visits = np.cumsum(rng.integers(10, 40, (n, 5)).astype(float), axis=1)
    before = (visits < truth[:, None]).sum(axis=1)
    edges = np.column_stack([np.zeros(n), visits, np.full(n, np.inf)])
    lo, hi = edges[np.arange(n), before], edges[np.arange(n), before + 1]
    exact = rng.random(n) < 0.1
    return {
        "lo": np.where(exact, truth, lo),
        "hi": np.where(exact, truth, hi),
        "covariates": x,
        "patients": [str(value) for value in rng.integers(0, 40, n)],
    }


def test_weibull_on_the_ovarian_data_is_what_r_prints() -> None:
    fit = fit_aft(DAYS, np.where(DIED, DAYS, np.inf), TERMS, [str(n) for n in range(26)])
    assert fit is not None
    assert fit.coef == pytest.approx(published.OVARIAN_WEIBULL, abs=5e-4)
    errors = np.sqrt(np.diag(fit.naive))[:-1]
    assert errors == pytest.approx(published.OVARIAN_WEIBULL_ERRORS, abs=5e-4)
    assert fit.scale == pytest.approx(published.OVARIAN_WEIBULL_SCALE, abs=5e-4)
    assert fit.loglik == pytest.approx(published.OVARIAN_WEIBULL_LOGLIK, abs=0.05)


def test_without_censoring_the_lognormal_fit_is_least_squares() -> None:
    data = invented(1)
    times = np.exp(3 + data["covariates"] @ [1, 2] + np.random.default_rng(2).normal(size=120))
    fit = fit_aft(times, times, data["covariates"], data["patients"], "lognormal")
    design = np.column_stack([np.ones(120), data["covariates"]])
    coef, left = np.linalg.lstsq(design, np.log(times))[:2]
    assert fit is not None
    np.testing.assert_allclose(fit.coef, coef, atol=1e-6)
    assert fit.scale == pytest.approx(np.sqrt(left[0] / 120), abs=1e-6)


@pytest.mark.parametrize("shape", ["weibull", "lognormal"])
@pytest.mark.parametrize("seed", range(4))
def test_no_step_away_climbs_the_likelihood_written_out(seed: int, shape: Any) -> None:
    data = invented(seed)
    fit = fit_aft(**data, shape=shape)
    assert fit is not None
    error = stats.gumbel_l if shape == "weibull" else stats.norm

    def likelihood(coef: np.ndarray, scale: float) -> float:
        total = 0.0
        for lo, hi, x in zip(data["lo"], data["hi"], data["covariates"], strict=True):
            line = coef[0] + x @ coef[1:]
            if lo == hi:
                total += error.logpdf((np.log(hi) - line) / scale) - np.log(scale * hi)
                continue
            upper = 1.0 if np.isinf(hi) else error.cdf((np.log(hi) - line) / scale)
            lower = 0.0 if lo == 0 else error.cdf((np.log(lo) - line) / scale)
            total += np.log(upper - lower)
        return total

    best = likelihood(fit.coef, fit.scale)
    assert fit.loglik == pytest.approx(best, abs=1e-6)
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        assert likelihood(fit.coef + step, fit.scale) < best
    assert likelihood(fit.coef, fit.scale * 1.001) < best
    assert likelihood(fit.coef, fit.scale * 0.999) < best


def test_copies_of_a_patient_are_no_more_evidence() -> None:
    data = invented(3)
    once = fit_aft(**data)
    copied = fit_aft(
        np.repeat(data["lo"], 5),
        np.repeat(data["hi"], 5),
        np.repeat(data["covariates"], 5, axis=0),
        np.repeat(data["patients"], 5).tolist(),
    )
    assert once is not None and copied is not None
    np.testing.assert_allclose(copied.robust, once.robust, rtol=1e-4)


def test_the_block_has_time_ratios_and_says_why_it_has_none() -> None:
    data = invented(5)
    block = aft(**data, names=["nasal", "mg_per_kg"])
    term = block["terms"][0]
    assert term["time_ratio"] == pytest.approx(np.exp(term["coef"]))
    assert term["lower"] < term["time_ratio"] < term["upper"]
    assert "why" not in block
    few = {name: part[:15] for name, part in data.items()}
    assert aft(**few, names=["a", "b"])["why"]["terms"] == "too_few_events_per_term"
    alone = data | {"patients": ["p"] * 120}
    assert aft(**alone, names=["a", "b"])["why"]["terms"] == "fewer_than_two_patients"
    level = data | {"covariates": np.ones((120, 1))}
    assert aft(**level, names=["a"])["why"]["terms"] == "a_term_does_not_vary"
    first = data["covariates"][:, :1]
    for shape in ("weibull", "lognormal"):
        twice = data | {"covariates": np.column_stack([first, 3 - first])}
        refused = aft(**twice, names=["a", "b"], shape=shape)
        assert refused["why"]["terms"] == "terms_say_the_same"


def test_an_interval_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="end after 0"):
        fit_aft(np.array([2.0]), np.array([1.0]), np.zeros((1, 0)), ["p"])
