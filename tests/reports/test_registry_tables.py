"""Tables of any partition of the patients give the numbers of all rows together."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.registry.report import NEEDS_COURSE, SEED, numbers_of
from reports.registry.tables import Asked, count_partition, merged_tables
from reports.relief_companions import censoring, median_gap_days, retreatment_bounds
from reports.relief_models import models
from reports.relief_report import (
    TAU_RELIEF_H,
    Observed,
    observed_onset,
    observed_relief,
    relief_report,
)
from reports.response_rule import ResponseRule
from reports.survival import bootstrap_by_patient, kaplan_meier, turnbull
from reports.treatment_policy import whole_course_relief
from tests.reports.frames import check_ins_frame, sessions_frame
from tests.reports.registry_clinic import PHQ_9, close, registry_frames
from tests.reports.test_episodes_against_naive import a_clinic, as_rule, options

CURVES = ("onset", "relief", "relief_with_carried")


def split(frames: Any, parts: int, seed: int = 0) -> list[Any]:
    """The frames of whole patients, dealt out at random; some parts may stay empty."""
    sessions, check_ins = frames
    draw = random.Random(seed)
    dealt = {patient: draw.randrange(parts) for patient in sessions["patient_id"].unique()}
    found = []
    for part in range(parts):
        mine = {patient for patient, where in dealt.items() if where == part}
        found.append(
            (
                sessions[sessions["patient_id"].isin(mine)],
                check_ins[check_ins["patient_id"].isin(mine)],
            )
        )
    return found


def numbers(frames: Any, asked: Asked, parts: int, minimum: int = 1) -> dict[str, Any]:
    tables = [count_partition(*each, asked, "UTC") for each in split(frames, parts)]
    return numbers_of(merged_tables(tables), asked, minimum=minimum, replicates=5)


def with_facts(sessions: pd.DataFrame) -> pd.DataFrame:
    return sessions.assign(drug="ketamine", indication="depression", origin="live")


@pytest.mark.parametrize(
    "seeds", [range(24), pytest.param(range(24, 600), marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_random_clinics_give_what_the_report_of_all_rows_gives(seeds: range) -> None:
    met: Counter[str] = Counter()
    for seed in seeds:
        rows, answers = a_clinic(seed)
        unique = [(patient, f"{patient}-{number}", at) for patient, number, at in rows]
        sessions, check_ins = sessions_frame(unique), check_ins_frame(answers, "X")
        rule = as_rule(options(seed, answers))
        sessions["route"] = [("iv", "im", None)[hash_of(s) % 3] for s in sessions["session_id"]]
        whole = relief_report(sessions, check_ins, rule)
        if not whole["episodes"]:
            continue
        found = numbers((with_facts(sessions), check_ins), Asked(rule), parts=3)
        assert found["counts"] == whole["counts"]
        assert found["data_quality"] | {"blank_scores": 0} == whole["data_quality"]
        for curve in CURVES:
            mine, other = found[curve], whole[curve]
            if mine.get("suppressed"):
                assert other["right"]["n"] == 0
                continue
            met[curve] += 1
            for name in ("right", "midpoint", "turnbull"):
                assert mine[name] == other[name], f"seed {seed}, {curve}, {name}"
            routes = {name: block["right"] for name, block in mine["groups"].items()}
            assert routes == other["by_route"]["groups"]
            for test in ("logrank", "logrank_stratified"):
                assert mine[test] == other["by_route"][test], f"seed {seed}, {curve}, {test}"
    assert min(met[curve] for curve in CURVES) > 5


@pytest.mark.parametrize(
    "seeds", [range(5), pytest.param(range(5, 60), marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_models_and_resampled_patients_are_those_of_all_rows(seeds: range) -> None:
    for seed in seeds:
        sessions, check_ins = registry_frames(70, seed=seed)
        sessions["weight_kg"] = [60.0 + hash_of(name) % 40 for name in sessions["session_id"]]
        # Sessions in another order and patients in other partitions: no digit may move.
        mixed = sessions.sample(frac=1, random_state=seed)
        whole = relief_report(sessions, check_ins, PHQ_9.rule)
        episodes = pd.DataFrame(whole["episodes"])
        for parts in (1, 3, 9):
            found = numbers((mixed, check_ins), PHQ_9, parts)
            for curve, expected in models(episodes, seed=SEED).items():
                made = found["models"][curve]
                assert not made.pop("suppressed")
                assert made["cox"]["terms"], made["cox"]
                assert close(made, expected), f"seed {seed}, {curve}, models"
            for curve, seen in (
                ("onset", observed_onset(episodes)),
                ("relief", observed_relief(episodes)),
            ):
                drawn = drawn_by_patient(seen, found[curve])
                assert found[curve]["interval_by_patient"] == drawn, f"seed {seed}, {curve}"


def drawn_by_patient(seen: Observed, block: dict[str, Any]) -> dict[str, Any]:
    """The page's intervals, from every row in one place and patients with their names."""
    spread = bootstrap_by_patient(
        list(seen.patient_id),
        *(seen.right, seen.event, seen.lo, seen.hi),
        tau=block["right"]["tau"],
        seed=SEED,
        replicates=5,
    )
    assert spread is not None
    ends = {
        name: [value if np.isfinite(value) else None for value in (each.lower, each.upper)]
        for name, each in vars(spread).items()
    }
    return {**ends, "replicates": 5, "seed": SEED}


def test_counts_alone_give_the_same_curves_and_no_row() -> None:
    frames = registry_frames(30, seed=5)
    counts = replace(PHQ_9, counts_only=True)
    tables = merged_tables([count_partition(*each, counts, "UTC") for each in split(frames, 4)])
    assert tables.rows is None
    found, whole = numbers(frames, counts, parts=4), numbers(frames, PHQ_9, parts=4)
    for curve in CURVES:
        for name in ("patients", "sessions", "right", "midpoint", "turnbull", "logrank"):
            assert found[curve][name] == whole[curve][name], (curve, name)
        for route, group in found[curve]["groups"].items():
            assert group["right"] == whole[curve]["groups"][route]["right"]
        low, high = found[curve]["interval_by_group"]["median"]
        assert low is not None
        assert found[curve]["interval_by_group"]["groups"] <= 30
    assert found["whole_course"]["right"] == whole["whole_course"]["right"]
    assert set(found["left_out"]) == set(whole) - set(found) | {
        *("interval_by_patient", "bars", "median_by_patient")
    }
    assert whole["left_out"] == {}


def test_a_route_of_few_patients_is_no_term_of_a_model() -> None:
    sessions, check_ins = registry_frames(60, seed=3)
    number = sessions["patient_id"].str[-4:].astype(int)
    sessions["route"] = np.where(number < 3, "im", np.where(number < 30, "iv", "oral"))
    sessions["weight_kg"] = np.where(number % 2 == 0, 80.0, 64.0)
    found = numbers((sessions, check_ins), PHQ_9, parts=4, minimum=10)["models"]["onset"]
    assert [term["name"] for term in found["cox"]["terms"]] == [
        *("route=iv", "dose_mg_per_kg", "session_no")
    ]
    assert found["cox"]["patients"] == 57
    everybody = numbers((sessions, check_ins), PHQ_9, parts=4)["models"]["onset"]
    assert "route=im" in [term["name"] for term in everybody["cox"]["terms"]]


def test_somebody_treated_at_two_clinics_is_two_patients() -> None:
    frames = registry_frames(12, seed=7)
    once = [count_partition(*frames, PHQ_9, "UTC", clinic) for clinic in ("north", "south")]
    found = numbers_of(merged_tables(once), PHQ_9, minimum=1, replicates=0)
    assert found["patients"] == 24
    assert found["onset"]["patients"] == 2 * numbers(frames, PHQ_9, parts=2)["onset"]["patients"]


def hash_of(text: str) -> int:
    return sum(text.encode())


def test_companions_and_gaps_are_those_of_the_rows() -> None:
    frames = registry_frames(40)
    whole = relief_report(*frames, PHQ_9.rule)
    episodes = pd.DataFrame(whole["episodes"])
    found = numbers(frames, PHQ_9, parts=5)
    counts = censoring(episodes)
    assert found["censoring"]["seen"] == counts.lost > 5
    assert {name: found["censoring"][name] for name in counts.by_reason} == counts.by_reason
    bounds = retreatment_bounds(episodes, 672.0)
    assert bounds is not None
    assert {name: found["censoring"][name] for name in vars(bounds)} == vars(bounds)
    assert found["gaps"]["median_days_between_sessions"] == median_gap_days(frames[0])
    assert found["patients"] == 40
    assert found["sessions"] == len(frames[0])


def test_the_number_of_partitions_changes_no_digit() -> None:
    frames = registry_frames(20, seed=2)
    one = numbers(frames, PHQ_9, parts=1)
    assert one["relief"]["right"]["events"] > 5
    for parts in (2, 30):
        assert numbers(frames, PHQ_9, parts=parts) == one


def test_below_the_minimum_there_is_no_number_whatever_the_partitions() -> None:
    frames = registry_frames(9)
    found = numbers(frames, PHQ_9, parts=3, minimum=10)
    assert found == {
        "parameters": PHQ_9.rule.parameters(),
        "minimum_patients": 10,
        "suppressed": True,
    }


def test_a_small_group_has_no_number_and_takes_part_in_no_test() -> None:
    sessions, check_ins = registry_frames(30, seed=3)
    number = sessions["patient_id"].str[-4:].astype(int)
    sessions["route"] = np.where(number < 3, "im", np.where(number < 15, "iv", "oral"))
    found = numbers((sessions, check_ins), PHQ_9, parts=4, minimum=10)["onset"]
    assert found["groups"]["im"] == {"suppressed": True}
    alone = sessions[sessions["route"] != "im"]
    without = numbers((alone, check_ins), PHQ_9, parts=4, minimum=10)["onset"]
    for name in ("logrank", "logrank_stratified"):
        assert found[name] == without[name]
        assert found[name]["df"] == 1
    assert found["groups"]["iv"] == without["groups"]["iv"]


def test_a_filter_chooses_sessions_after_the_episodes_are_derived() -> None:
    frames = registry_frames(40, seed=4)
    episodes = pd.DataFrame(relief_report(*frames, PHQ_9.rule)["episodes"])
    chosen = episodes[(episodes["route"] == "iv") & (episodes["session_no"] >= 2)]
    asked = Asked(PHQ_9.rule, route="iv", session_numbers=(2, None))
    found = numbers(frames, asked, parts=3)
    assert found["sessions"] == len(chosen) > 5
    by_status = chosen["status"].value_counts()
    assert found["counts"] == {name: by_status.get(name, 0) for name in found["counts"]}
    assert set(found["onset"]["groups"]) == {"iv"}


def test_days_are_days_at_the_clinic() -> None:
    sessions, check_ins = registry_frames(1)
    sessions = sessions.iloc[:1].assign(session_start=pd.Timestamp("2026-03-09T23:30Z"))
    tenth = pd.Timestamp("2026-03-10").date()
    asked = Asked(PHQ_9.rule, date_from=tenth, date_to=tenth)
    assert count_partition(sessions, check_ins, asked, "Europe/Berlin").sessions == 1
    assert count_partition(sessions, check_ins, asked, "UTC").sessions == 0


def test_relief_through_later_sessions_is_counted_too() -> None:
    frames = registry_frames(30, seed=6)
    whole = whole_course_relief(*frames, PHQ_9.rule)
    assert whole is not None
    found = numbers(frames, PHQ_9, parts=4)["whole_course"]
    assert found["right"] == kaplan_meier(whole.right, whole.event, tau=TAU_RELIEF_H)
    assert found["turnbull"] == turnbull(whole.lo, whole.hi)
    assert found["right"]["events"] > 5
    own = Asked(ResponseRule.for_instrument("PHQ-9", baseline_mode="session"))
    assert numbers(frames, own, parts=4)["whole_course"]["reason"] == NEEDS_COURSE
