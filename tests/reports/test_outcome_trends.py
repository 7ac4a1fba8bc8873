"""Mood after a dose, relief by session and quarter, and the trend: against numbers by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.dashboards.outcome_groups import dose_bands, first_of_each, session_bands
from reports.dashboards.outcome_trends import (
    by_quarter,
    by_session,
    mean_by_patient,
    mood_block,
    quarters,
    trend_block,
)
from reports.episodes import derive
from reports.mood_change import changes_after
from reports.response_rule import ResponseRule
from reports.survival import bootstrap_by_patient
from reports.survival.median_by_patient import median_by_patient

pytestmark = pytest.mark.any_engine

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULE = ResponseRule.for_instrument("mood_0_10")


def sessions_of(*starts: tuple[str, float]) -> pd.DataFrame:
    """One session for each (patient, hours after START)."""
    rows = [
        (who, f"{who}-{n}", START + timedelta(hours=hours), "iv", 36.0, 72.0)
        for n, (who, hours) in enumerate(starts)
    ]
    names = ["patient_id", "session_id", "session_start", "route", "dose_mg", "weight_kg"]
    return pd.DataFrame(rows, columns=names)


def answers_of(*answers: tuple[str, float, float]) -> pd.DataFrame:
    """One mood for each (patient, hours after START, score)."""
    rows = [
        (who, START + timedelta(hours=hours), "mood_0_10", score) for who, hours, score in answers
    ]
    return pd.DataFrame(rows, columns=["patient_id", "taken_at", "instrument", "score"])


def test_a_change_is_that_of_the_answer_nearest_to_the_time_asked_for() -> None:
    sessions = sessions_of(("a", 0), ("a", 168), ("b", 0))
    answers = answers_of(
        *[("a", -1, 2), ("a", 1.5, 3), ("a", 2.2, 5), ("a", 5, 9), ("a", 25, 6)],
        *[("a", 168, 4), ("a", 170, 3), ("b", 2, 8)],
    )
    found = changes_after(sessions, answers, RULE).set_index("session_id")
    assert found.loc["a-0", ["2", "24", "168"]].tolist() == [3.0, 4.0, 2.0]
    assert found.loc["a-1", "2"] == -1.0
    assert found.loc["a-0", ["72", "336"]].isna().all(), "nothing is carried forward"
    assert "b-2" not in found.index, "without an answer before the dose there is no change"


def test_what_was_answered_outside_every_window_is_in_none() -> None:
    answers = answers_of(("a", -1, 2), ("a", 0.5, 9), ("a", 10, 9), ("a", 40, 9), ("a", 250, 9))
    found = changes_after(sessions_of(("a", 0)), answers, RULE).drop(columns="session_id")
    assert found.isna().all(axis=None)


def test_on_a_scale_where_lower_is_better_a_fall_is_positive() -> None:
    answers = answers_of(("a", -1, 8), ("a", 2, 5)).assign(instrument="pain_0_10")
    rule = ResponseRule.for_instrument("pain_0_10")
    assert changes_after(sessions_of(("a", 0)), answers, rule)["2"].tolist() == [3.0]


def test_the_interval_of_a_mean_has_its_error_summed_by_patient() -> None:
    """By loops, as in Liang & Zeger (1986): 4 patients, 7 answers, t with 3 degrees of freedom."""
    answers = {"a": [1.0, 3.0], "b": [2.0], "c": [4.0, 4.0, 5.0], "d": [0.0]}
    flat = [(who, value) for who, values in answers.items() for value in values]
    mean = 19 / 7
    square = sum(sum(value - mean for value in values) ** 2 for values in answers.values())
    half = 3.182446305 * (square * 4 / 3) ** 0.5 / 7
    who, values = (pd.Series(column) for column in zip(*flat, strict=True))
    ours = mean_by_patient(who, values, minimum=2)
    assert ours["mean"] == pytest.approx(mean, abs=1e-12)
    assert ours["lower"] == pytest.approx(mean - half, abs=1e-8)
    assert ours["upper"] == pytest.approx(mean + half, abs=1e-8)
    assert (ours["patients"], ours["sessions"]) == (4, 7)


def test_ten_answers_of_one_patient_are_not_ten_patients() -> None:
    alone = mean_by_patient(pd.Series(["a"] * 10), pd.Series(np.arange(10.0)), minimum=1)
    assert alone == {"suppressed": True}
    twice = pd.Series([f"p{k}" for k in range(10)] * 5)
    once = pd.Series([f"p{k}" for k in range(10)])
    values = np.arange(10.0)
    many = mean_by_patient(twice, pd.Series(np.tile(values, 5)), minimum=10)
    few = mean_by_patient(once, pd.Series(values), minimum=10)
    assert many["upper"] == pytest.approx(few["upper"], abs=1e-12)


def test_a_time_with_too_few_patients_has_no_number() -> None:
    changes = pd.DataFrame({"patient_id": [f"p{k}" for k in range(12)]})
    for hours in ("2", "24", "72", "168", "336", "504", "672"):
        changes[hours] = 1.0
    changes.loc[:2, "672"] = np.nan
    group = pd.Series(["iv"] * 11 + ["im"])
    found = mood_block(changes, group, minimum=10)
    assert found["points"][0]["mean"] == 1.0
    assert found["points"][-1] == {"hours": 672.0, "suppressed": True}
    assert found["groups"]["im"] == {"suppressed": True}
    later = mood_block(changes, group, 10, from_hours=336)
    assert [point["hours"] for point in later["points"]] == [336, 504, 672]


def random_clinic(patients: int, seed: int) -> pd.DataFrame:
    """Episodes of invented patients with one to six weekly sessions each."""
    dice = np.random.default_rng(seed)
    starts, answers = [], []
    for k in range(patients):
        for n in range(dice.integers(1, 7)):
            at = 168.0 * n + float(dice.random())
            starts.append((f"p{k:02}", at))
            answers.append((f"p{k:02}", at - 1, float(dice.integers(1, 4))))
            for hours in (2, 24, 72, 120):
                answers.append(
                    (f"p{k:02}", at + hours + dice.random(), float(dice.integers(2, 11)))
                )
        answers.append((f"p{k:02}", starts[-1][1] + 200, 5.0))
    rule = ResponseRule.for_instrument("mood_0_10", baseline_mode="session")
    return derive(sessions_of(*starts), answers_of(*answers), rule)


def test_the_quick_interval_of_a_median_is_that_of_the_whole_bootstrap() -> None:
    rows = random_clinic(25, 3)
    rows = rows[rows["status"] == "response"]
    patients = rows["patient_id"].tolist()
    right, event = rows["relief_right"].to_numpy(), rows["relief_event"].to_numpy(bool)
    lo, hi = rows["relief_lo"].to_numpy(), rows["relief_hi"].fillna(np.inf).to_numpy()
    whole = bootstrap_by_patient(patients, right, event, lo, hi, tau=168, seed=5, replicates=60)
    assert whole is not None
    assert median_by_patient(patients, right, event, seed=5, replicates=60) == whole.median
    assert median_by_patient(patients[:1], right[:1], event[:1], seed=5) is None


def test_each_band_counts_its_own_sessions_and_a_small_one_says_nothing() -> None:
    rows = random_clinic(30, 8)
    group = pd.Series(np.where(rows["patient_id"] < "p25", "iv", "im"), rows.index)
    found = by_session(rows, group, 10, replicates=20)
    first = rows[(rows["session_no"] == 1) & (rows["status"] == "response")]
    assert found["all"][0]["sessions"] == found["all"][0]["patients"] == len(first)
    assert found["all"][3] == {"band": "9-", "suppressed": True}
    assert {row["suppressed"] for row in found["groups"]["im"]} == {True}
    responses = rows[(rows["status"] == "response") & (group == "iv")]
    shown = [row["sessions"] for row in found["groups"]["iv"] if not row["suppressed"]]
    assert sum(shown) <= len(responses)


def test_quarters_are_those_of_the_day_given() -> None:
    days = pd.Series([date(2026, 3, 31), date(2026, 4, 1)])
    assert quarters(days).tolist() == ["2026-Q1", "2026-Q2"]
    rows = random_clinic(24, 2)
    quarter = pd.Series(np.where(rows["patient_id"] < "p20", "2026-Q1", "2026-Q2"), rows.index)
    found = by_quarter(rows, quarter, 10, replicates=20)
    assert [row["quarter"] for row in found] == ["2026-Q1", "2026-Q2"]
    own = rows[rows["patient_id"] < "p20"]
    assert found[0]["sessions"] == int((own["status"] == "response").sum())
    assert found[0]["seen_by_7_days"]["share"] is not None
    assert found[1] == {
        "quarter": "2026-Q2",
        "suppressed": True,
        "seen_by_7_days": {"suppressed": True},
    }


def test_a_trend_within_patients_is_not_made_by_who_stays() -> None:
    """Patients who stay have longer relief from the start; nobody's own relief gets longer."""
    dice = np.random.default_rng(11)
    rows = []
    for k in range(40):
        stays = k % 2
        for n in range(1, 2 + 5 * stays):
            rows.append((f"p{k}", n, float(60 + 20 * stays + dice.uniform(0, 50))))
    frame: dict[str, Any] = {
        "patient_id": [row[0] for row in rows],
        "session_no": [row[1] for row in rows],
        "relief_right": [row[2] for row in rows],
        "route": "iv",
        "status": "response",
        "relief_event": True,
        "relief_lo": 0.0,
        "relief_hi": 1.0,
        "relief_mid": 0.5,
    }
    found = trend_block(pd.DataFrame(frame), minimum=10)
    within, between = found["within"]["terms"][0], found["between"]["terms"][1]
    assert within["lower"] < 1 < within["upper"]
    assert between["upper"] < 1, "patients with more sessions keep relief longer"


def test_a_trend_needs_ten_losses_for_each_term_and_says_so() -> None:
    rows = random_clinic(12, 1)
    few = rows[rows["status"] == "response"].copy()
    few["relief_event"] = [True] * 9 + [False] * (len(few) - 9)
    found = trend_block(few, minimum=10)
    assert found["within"]["terms"] is None
    assert found["within"]["why"]["terms"] == "too_few_events_per_term"
    assert trend_block(few, minimum=100) == {"suppressed": True}


@pytest.mark.parametrize(
    ("drug", "dose_mg", "weight_kg", "band"),
    [
        ("ketamine", 36.0, 72.0, "k-low"),
        ("ketamine", 43.19, 72.0, "k-low"),
        ("ketamine", 43.2, 72.0, "k-high"),
        ("ketamine", 43.19999999, 72.0, "k-high"),
        ("esketamine", 56.0, 72.0, "e-low"),
        ("esketamine", 84.0, None, "e-high"),
        ("ketamine", 36.0, None, ""),
        ("ketamine", 36.0, 0.0, ""),
        ("ketamine", None, 72.0, ""),
        ("esketamine", None, 72.0, ""),
    ],
)
def test_a_dose_has_the_band_of_its_drug(
    drug: str, dose_mg: float | None, weight_kg: float | None, band: str
) -> None:
    row = {"drug": [drug], "dose_mg": [dose_mg], "weight_kg": [weight_kg]}
    frame = pd.DataFrame(row).astype({"dose_mg": float, "weight_kg": float})
    assert dose_bands(frame).tolist() == [band]


def test_each_session_number_has_one_band() -> None:
    bands = session_bands(pd.Series([1, 2, 4, 5, 8, 9, 40]))
    assert bands.tolist() == ["1", "2-4", "2-4", "5-8", "5-8", "9-", "9-"]


def test_the_first_of_each_patient_is_the_first_that_was_at_risk() -> None:
    rows = pd.DataFrame(
        {
            "patient_id": ["a", "a", "b", "b", "c"],
            "session_no": [1, 2, 1, 2, 1],
            "status": ["no_predose", "response", "no_response", "response", "carried"],
        },
        index=[7, 3, 5, 6, 1],
    )
    assert first_of_each(rows).index.tolist() == [3, 5, 1]
