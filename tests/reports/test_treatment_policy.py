"""Relief through later sessions of the course, by hand and against slow loops."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from math import inf
from typing import Any

import pytest

from reports.episodes import ResponseRule, derive
from reports.relief_report import observed_relief
from reports.treatment_policy import whole_course_relief
from tests.reports.frames import DOSE, check_ins_frame, sessions_frame
from tests.reports.test_episodes_against_naive import a_clinic, as_rule, options

HOUR = timedelta(hours=1)


def whole(days: list[float], scores: dict[float, Any], **given: Any) -> Any:
    sessions = [("maya", str(i), DOSE + timedelta(days=day)) for i, day in enumerate(days)]
    check_ins = [("maya", DOSE + h * HOUR, score) for h, score in scores.items()]
    rule = ResponseRule.for_instrument("PHQ-9", **given)
    return whole_course_relief(sessions_frame(sessions), check_ins_frame(check_ins), rule)


def test_relief_goes_on_through_a_second_session() -> None:
    found = whole([0, 7], {0: 20, 24: 8, 160: 9, 200: 7, 400: 15})
    # Onset in (0, 24], loss in (200, 400].
    assert (list(found.lo), list(found.hi)) == ([176], [400])
    assert (list(found.right), list(found.mid)) == ([376], [288])
    assert list(found.event) == [True]


def test_a_new_course_is_not_part_of_the_old_one() -> None:
    found = whole([0, 100], {0: 20, 24: 8, 2390: 20, 2424: 8})
    assert list(found.event) == [True, False]
    assert list(found.hi) == [2390, inf]
    assert list(whole([0, 100], {0: 20, 24: 8, 2410: 20}).event) == [False]


def test_with_one_session_each_it_is_the_primary_relief() -> None:
    scores = {0: 20, 2: 14, 24: 9, 72: 8, 168: 12, 336: 13}
    sessions = sessions_frame([("maya", "1", DOSE)])
    check_ins = check_ins_frame([("maya", DOSE + h * HOUR, s) for h, s in scores.items()])
    rule = ResponseRule.for_instrument("PHQ-9")
    primary = observed_relief(derive(sessions, check_ins, rule))
    found = whole_course_relief(sessions, check_ins, rule)
    assert found is not None
    for name in ("lo", "hi", "right", "mid", "event"):
        assert list(getattr(found, name)) == list(getattr(primary, name))


def test_it_is_not_defined_with_a_baseline_for_each_session() -> None:
    assert whole([0], {0: 20}, baseline_mode="session") is None


def test_nobody_is_no_error() -> None:
    rule = ResponseRule.for_instrument("PHQ-9")
    found = whole_course_relief(sessions_frame([]), check_ins_frame([]), rule)
    assert found is not None and len(found.event) == 0


@pytest.mark.parametrize("seed", range(120))
def test_random_clinics_agree_with_slow_loops(seed: int) -> None:
    sessions, check_ins = a_clinic(seed)
    o = options(seed, check_ins)
    rule = as_rule(o)
    if not o.course_mode:
        return
    frames = sessions_frame(sessions), check_ins_frame(check_ins, "X")
    found = whole_course_relief(*frames, rule)
    episodes = derive(*frames, rule)
    responses = episodes[episodes["status"] == "response"]
    starts = {(patient, sid): at for patient, sid, at in sessions}
    expected = []
    for row in responses.itertuples():
        own = episodes[
            (episodes["patient_id"] == row.patient_id) & (episodes["course_no"] == row.course_no)
        ]
        dose = starts[row.patient_id, row.session_id]
        following = episodes[
            (episodes["patient_id"] == row.patient_id) & (episodes["course_no"] > row.course_no)
        ]
        end = min((starts[row.patient_id, sid] for sid in following["session_id"]), default=None)
        doses = {starts[row.patient_id, sid] for sid in own["session_id"]}
        worst: dict[Any, Decimal] = {}
        for who, at, score in check_ins:
            inside = at > min(doses) and (end is None or at <= end)
            if who == row.patient_id and inside and (o.as_of is None or at <= o.as_of):
                y = score if o.turn_at is None else o.turn_at - score
                worst[at] = max(worst.get(at, y), y)
        onset = dose + timedelta(microseconds=round(row.onset_hi * 3.6e9))
        limit = Decimal(str(row.baseline)) * (1 - o.loss_f)
        points = [(at, y > limit) for at, y in sorted(worst.items()) if at >= onset]
        expected.append(_first_loss(points, o.confirm_loss, onset))
    assert found is not None
    got = [
        (bool(event), pytest.approx(right, abs=1e-6))
        for event, right in zip(found.event, found.right, strict=True)
    ]
    assert expected == got


def _first_loss(points: list[tuple[Any, bool]], times: int, onset: Any) -> tuple[bool, float]:
    for i, (at, _) in enumerate(points):
        run = points[i : i + times]
        if len(run) == times and all(lost for _, lost in run):
            return True, (at - onset) / HOUR
    kept = list(points)
    while kept[-1][1]:
        kept.pop()
    return False, (kept[-1][0] - onset) / HOUR
