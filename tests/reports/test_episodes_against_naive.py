"""The episode rules against a second implementation, on random small clinics.

AFTERGLOW_CLINICS sets how many (300 when not set).
"""

from __future__ import annotations

import math
import os
import random
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reports import episode_arrays, episodes
from reports.episode_arrays import CheckInArrays, prepared_blocks
from reports.episode_inputs import arrays_of
from reports.episodes import ResponseRule, derive, derive_arrays
from reports.relief_report import records
from tests.reference.naive_episodes import Options, naive_episodes
from tests.reports.frames import DOSE, check_ins_frame, sessions_frame

CLINICS = int(os.environ.get("AFTERGLOW_CLINICS", "300"))
HOURS = (0, 1, 2, 24, 72, 168, 335, 336, 337, 500, 700)


def a_clinic(seed: int) -> tuple[list[Any], list[Any]]:
    """A few patients; starts and check-ins often fall on the same instants and boundaries."""
    draw = random.Random(seed)
    top = draw.choice([10, 27, 100])
    step = draw.choice(["1", "1", "0.5", "0.1"])
    sessions, check_ins = [], []
    for patient in ["007", "10", "9", "b"][: draw.randint(1, 4)]:
        start = DOSE + timedelta(hours=draw.randint(0, 400))
        starts = []
        for _ in range(draw.randint(1, 5)):
            starts.append(start)
            days = draw.choice([0, 0, 1, 7, 14, 90, 90, 100])
            start += timedelta(days=days, microseconds=draw.choice([0, 0, 0, 1]))
        numbers = draw.sample(range(12), len(starts))
        sessions += [(patient, str(n), at) for n, at in zip(numbers, starts, strict=True)]
        for at in starts:
            for _ in range(draw.randint(0, 8)):
                shift = timedelta(
                    hours=draw.choice(HOURS) * draw.choice([1, 1, 1, -1]),
                    microseconds=draw.choice([0, 0, 0, 1, -1]),
                )
                score = draw.randint(0, int(top / Decimal(step))) * Decimal(step)
                check_ins.append((patient, at + shift, score))
    check_ins += [("nobody", DOSE, Decimal(3))] + check_ins[: draw.randint(0, 3)]
    draw.shuffle(sessions)
    draw.shuffle(check_ins)
    return sessions, check_ins


def options(seed: int, check_ins: list[Any]) -> Options:
    draw = random.Random(-seed - 1)
    f = Decimal(draw.choice(["0.5", "0.3", "0.9", "0.25"]))
    top = max(score for _, _, score in check_ins)
    return Options(
        f=f,
        loss_f=draw.choice([f, f, f / 2, Decimal(0)]),
        confirm_onset=draw.choice([1, 1, 2, 3]),
        confirm_loss=draw.choice([1, 1, 2, 3]),
        course_mode=draw.random() < 0.7,
        window=timedelta(days=draw.choice([14, 14, 1, 0])),
        baseline_min=Decimal(draw.choice([0, 0, 3, 9])),
        gap=timedelta(days=draw.choice([90, 90, 7])),
        horizon=timedelta(days=draw.choice([14, 14, 3])),
        cut=draw.choice([None, Decimal(4)]),
        turn_at=draw.choice([None, None, max(top, Decimal(10))]),
        as_of=draw.choice([None, None, DOSE + timedelta(days=30)]),
    )


def as_rule(o: Options) -> ResponseRule:
    return ResponseRule(
        instrument="X",
        score_max=o.turn_at,
        higher_is_better=o.turn_at is not None,
        remission_cut=o.cut,
        response_frac=o.f,
        loss_frac=o.loss_f,
        confirm_onset=o.confirm_onset,
        confirm_loss=o.confirm_loss,
        baseline_mode="course" if o.course_mode else "session",
        baseline_window_days=Decimal(o.window.days),
        baseline_min=o.baseline_min,
        course_gap_days=Decimal(o.gap.days),
        onset_horizon_days=Decimal(o.horizon.days),
        as_of=o.as_of,
    )


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    wrong = []
    for name, value in expected.items():
        same = found[name] == value
        if isinstance(value, float) and found[name] is not None:
            same = math.isclose(value, found[name], rel_tol=0, abs_tol=1e-9)
        if not same or type(value) is bool and type(found[name]) is not bool:
            wrong.append(f"{name}: expected {value}, found {found[name]}")
    return wrong


@pytest.mark.parametrize("block", range(10))
def test_random_clinics_agree_with_the_naive_implementation(block: int) -> None:
    seen: set[str] = set()
    for seed in range(block, CLINICS, 10):
        sessions, check_ins = a_clinic(seed)
        o = options(seed, check_ins)
        expected = naive_episodes(sessions, check_ins, o)
        found = records(
            derive(sessions_frame(sessions), check_ins_frame(check_ins, "X"), as_rule(o))
        )
        assert len(found) == len(expected)
        for want, got in zip(expected, found, strict=True):
            assert differences(want, got) == [], f"seed {seed}, {o}"
            seen |= {got["status"], str(got["relief_reason"]), f"event {got['relief_event']}"}
    # The clinics are worth something only if they meet every branch.
    if CLINICS >= 300:
        assert {"no_predose", "baseline_too_low", "no_followup", "carried"} <= seen
        assert {"response", "no_response", "next_session", "event True"} <= seen
        assert {"end_of_followup", "unconfirmed", "event False"} <= seen


@pytest.mark.parametrize("size", [1, 6])
def test_patients_worked_out_in_blocks_have_the_same_episodes_to_the_last_bit(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = 0
    for seed in range(0, CLINICS, 4):
        sessions, check_ins = a_clinic(seed)
        for rows, others in zip((sessions, check_ins), a_clinic(seed + 1), strict=True):
            rows += [(f"other {patient}", *rest) for patient, *rest in others]
        rule = as_rule(options(seed, check_ins))
        given = arrays_of(sessions_frame(sessions), check_ins_frame(check_ins, "X"), rule)
        whole = derive_arrays(*given, rule)
        with monkeypatch.context() as smaller:
            smaller.setattr(episodes, "BLOCK", size)
            smaller.setattr(episode_arrays, "CHUNK", 7)
            found = derive_arrays(*given, rule)
        several += len(list(prepared_blocks(*given, rule, size=size))) > 1
        assert found.recall_overlap == whole.recall_overlap
        for name, value in vars(whole).items():
            np.testing.assert_array_equal(getattr(found, name), value, err_msg=f"{seed} {name}")
    assert several > CLINICS / 5


@pytest.mark.parametrize("scores", [[75, -3, 0, 75, 12, -3, 4, 75, 9], [5, 1 << 40, -7, 5], []])
def test_scores_in_whole_units_keep_their_exact_values(
    scores: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episode_arrays, "CHUNK", 4)
    rows = np.arange(len(scores))
    found = CheckInArrays.of_scaled(rows, rows, np.array(scores, np.int64), unit=Fraction(1, 10))
    assert [found.values[code] for code in found.code] == [Fraction(one, 10) for one in scores]
    assert len(found.values) == len(set(scores)) and found.code.dtype == np.int16
