"""The minimum is of patients, never of sessions: nine people with many sessions show no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.dashboards import outcome_numbers, outcome_trends
from reports.episodes import derive
from reports.mood_change import changes_after
from reports.response_rule import ResponseRule
from reports.treatment_policy import whole_course_relief
from tests.reports.registry_clinic import registry_frames

RULE = ResponseRule.for_instrument("PHQ-9")
FEW = 9
SUPPRESSED = {"suppressed": True}


def clinic_of(few: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sessions, check-ins and episodes: thirty patients on "iv" and `few` on "im"."""
    sessions, check_ins = registry_frames(30 + few, seed=11)
    number = sessions["patient_id"].str[-4:].astype(int)
    sessions["route"] = np.where(number < few, "im", "iv")
    return sessions, check_ins, derive(sessions, check_ins, RULE)


def is_hidden(block: Any) -> bool:
    return bool(block == SUPPRESSED)


@pytest.mark.parametrize("few", [FEW, FEW + 1])
def test_a_group_counts_its_patients_in_every_block(few: int) -> None:
    sessions, check_ins, episodes = clinic_of(few)
    group = episodes["route"]
    small = episodes[group == "im"]
    assert small["patient_id"].nunique() == few and len(small) > 10
    numbers = outcome_numbers.numbers_of(episodes, sessions, group, minimum=10, replicates=0)
    changes = changes_after(sessions, check_ins, RULE).set_index("session_id")
    people = episodes[["patient_id", "session_id", "route"]]
    joined = people.join(changes, on="session_id", how="inner")
    mood = outcome_trends.mood_block(joined, joined["route"], 10)
    hidden = few < 10
    assert is_hidden(numbers["onset"]["groups"]["im"]) is hidden
    assert is_hidden(mood["groups"]["im"]) is hidden
    assert not is_hidden(numbers["onset"]["groups"]["iv"])
    assert not is_hidden(mood["groups"]["iv"])


def test_a_whole_selection_of_few_patients_has_no_block() -> None:
    sessions, check_ins, everything = clinic_of(FEW)
    episodes = everything[everything["route"] == "im"]
    assert len(episodes) > 10
    group = episodes["route"]
    assert outcome_numbers.numbers_of(episodes, sessions, group, minimum=10, replicates=0) == (
        SUPPRESSED
    )
    responses = episodes[episodes["status"] == "response"]
    assert len(responses) > 10
    through = whole_course_relief(sessions, check_ins, RULE)
    bands = outcome_trends.by_session(episodes, group, 10, 0)
    quarter = pd.Series("2026-Q1", episodes.index)
    (line,) = outcome_trends.by_quarter(episodes, quarter, 10, 0)
    assert line == {"quarter": "2026-Q1", **SUPPRESSED, "seen_by_7_days": SUPPRESSED}
    assert all(
        row == {"band": row["band"], **SUPPRESSED}
        for row in [*bands["all"], *bands["groups"]["im"]]
    )
    assert outcome_trends.trend_block(episodes, 10) == SUPPRESSED
    assert outcome_numbers.kept_block(episodes, 10, 0) == SUPPRESSED
    whole = outcome_numbers.whole_course_block(through, everything, episodes, 10, 0)
    assert whole == SUPPRESSED


def test_few_patients_with_relief_in_a_large_selection_have_no_length_of_it() -> None:
    sessions, _, everything = clinic_of(FEW)
    responders = set(everything.loc[everything["status"] == "response", "patient_id"])
    few = sorted(responders)[:FEW]
    of_others = (everything["status"] == "response") & ~everything["patient_id"].isin(few)
    episodes = everything[~of_others]
    assert (episodes["status"] == "response").sum() > 10
    numbers = outcome_numbers.numbers_of(
        episodes, sessions, episodes["route"], minimum=10, replicates=0
    )
    assert numbers["onset"]["patients"] >= 10
    assert (numbers["relief"], numbers["censoring"]) == (SUPPRESSED, SUPPRESSED)


def test_a_mean_of_few_patients_at_one_time_is_not_given() -> None:
    patients = pd.Series([f"p{k % FEW}" for k in range(27)])
    values = pd.Series(np.arange(27.0))
    assert outcome_trends.mean_by_patient(patients, values, 10) == SUPPRESSED
    # The tenth patient has no answer at this time.
    more = pd.concat([patients, pd.Series(["p9"])], ignore_index=True)
    unanswered = pd.concat([values, pd.Series([np.nan])], ignore_index=True)
    assert outcome_trends.mean_by_patient(more, unanswered, 10) == SUPPRESSED
