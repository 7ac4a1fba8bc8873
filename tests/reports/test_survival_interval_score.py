"""Score tests for interval-censored times: right-censored data, a naive version, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reports.survival import interval_logrank, turnbull
from reports.survival.interval_score import interval_scores
from tests.reference import published

SIX_MP = np.array(published.SIX_MP_WEEKS + published.PLACEBO_WEEKS, float)
SEEN = np.array(published.SIX_MP_RELAPSED + [1] * 21, bool)


def invented(seed: int, n: int = 40, effect: float = 0.0) -> dict[str, Any]:
    """Patients with one to four sessions each, seen at visits some days apart; all in hours."""
    rng = np.random.default_rng(seed)
    owner = np.sort(rng.integers(0, n // 2, n))
    late = owner % 2
    # Half of the spread belongs to the patient, so that their sessions are alike.
    own = rng.normal(0, 0.7, n // 2)[owner]
    truth = np.exp(rng.normal(0, 0.7, n) + own + effect * late) * 72
    visits = np.cumsum(rng.integers(1, 5, (n, 6)) * 24.0, axis=1)
    before = (visits < truth[:, None]).sum(axis=1)
    edges = np.column_stack([np.zeros(n), visits, np.full(n, np.inf)])
    return {
        "lo": edges[np.arange(n), before],
        "hi": edges[np.arange(n), before + 1],
        "groups": [str(value) for value in late],
        "patients": [str(value) for value in owner],
    }


def naive_scores(lo: np.ndarray, hi: np.ndarray, scores: str) -> list[float]:
    """From the printed estimate alone: one observation at a time, in the words of the paper."""
    fit = turnbull(lo, hi)
    ends = [end for _, end in fit["intervals"]]
    survival, smooth, level, hazard = [1.0], [1.0], 1.0, 0.0
    for mass in fit["mass"]:
        hazard += mass / level
        level = max(level - mass, 0.0)
        survival.append(0.0 if level < 1e-12 else level)
        smooth.append(np.exp(-hazard))
    found = []
    for left, right in zip(lo, hi, strict=True):
        at_left = sum(end is not None and end <= left + 1e-9 for end in ends)
        at_right = sum(end is not None and end <= right + 1e-9 for end in ends)
        if np.isinf(right):
            at_right = len(ends)
        inside = survival if scores == "logrank2" else smooth
        term = [
            survival[at] * np.log(inside[at]) if survival[at] > 0 else 0.0
            for at in (at_left, at_right)
        ]
        found.append((term[0] - term[1]) / (survival[at_left] - survival[at_right]))
    return found


def test_with_exact_times_the_first_score_is_observed_minus_expected() -> None:
    # R: survdiff(Surv(time, seen) ~ group) prints 9 observed and 19.25 expected under 6-MP.
    score = interval_scores(SIX_MP, np.where(SEEN, SIX_MP, np.inf), "logrank1")
    assert score[:21].sum() == pytest.approx(9 - 19.25, abs=0.005)
    assert score.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("scores", ["logrank1", "logrank2"])
@pytest.mark.parametrize("seed", range(12))
def test_scores_equal_the_version_in_loops_and_add_up_to_nothing(seed: int, scores: Any) -> None:
    data = invented(seed, n=30)
    score = interval_scores(data["lo"], data["hi"], scores)
    np.testing.assert_allclose(score, naive_scores(data["lo"], data["hi"], scores), atol=1e-6)
    assert score.sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("scores", ["logrank1", "logrank2"])
def test_a_real_difference_is_found_by_both_ps(scores: Any) -> None:
    found = interval_logrank(**invented(4, n=200, effect=1.5), seed=1, scores=scores)
    assert found["df"] == 1
    assert found["p"] < 0.001
    assert found["p_permutation"] < 0.001


def test_without_a_difference_one_in_twenty_is_called_one() -> None:
    runs = [
        interval_logrank(**invented(seed, n=80), seed=seed, permutations=199) for seed in range(300)
    ]
    dealt = np.mean([run["p_permutation"] <= 0.05 for run in runs])
    by_patient = np.mean([run["p"] <= 0.05 for run in runs])
    assert 0.02 < dealt < 0.085
    assert 0.015 < by_patient < 0.1


def test_ten_copies_of_each_session_are_no_more_evidence() -> None:
    data = invented(2, n=60, effect=0.5)
    once = interval_logrank(**data, seed=3)
    copied = interval_logrank(
        np.repeat(data["lo"], 10),
        np.repeat(data["hi"], 10),
        np.repeat(data["groups"], 10).tolist(),
        np.repeat(data["patients"], 10).tolist(),
        seed=3,
    )
    assert copied["chi2"] == pytest.approx(once["chi2"], rel=1e-5)
    assert copied["p_permutation"] == pytest.approx(once["p_permutation"], abs=0.002)


def test_it_says_why_there_is_no_answer() -> None:
    data = invented(1)
    one = interval_logrank(data["lo"], data["hi"], ["iv"] * 40, data["patients"], seed=1)
    assert one["why"]["p"] == "fewer_than_two_informative_groups"
    alone = interval_logrank(data["lo"], data["hi"], data["groups"], ["p"] * 40, seed=1)
    assert alone["why"]["chi2"] == "fewer_than_two_patients"
    mixed = interval_logrank(data["lo"], data["hi"], ["iv", "im"] * 20, data["patients"], seed=1)
    assert mixed["p"] is not None
    assert mixed["p_permutation"] is None
    assert mixed["why"]["p_permutation"] == "a_patient_is_in_several_groups"


def test_the_same_seed_gives_the_same_p() -> None:
    data = invented(9)
    again = [interval_logrank(**data, seed=5, permutations=499)["p_permutation"] for _ in "ab"]
    assert again[0] == again[1]
