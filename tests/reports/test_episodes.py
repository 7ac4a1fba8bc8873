"""Response episodes: the worked example and each rule at its boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.episodes import STATUSES, ResponseRule, derive, derive_counted
from reports.relief_report import records
from reports.response_rule import KNOWN_INSTRUMENTS, RuleError
from tests.reports.frames import DOSE, check_ins_frame, one_session, sessions_frame

WORKED = {0: 20, 2: 14, 24: 9, 72: 8, 168: 12, 336: 13}
COLUMNS = [
    *("patient_id", "session_id", "route", "dose_mg", "weight_kg", "session_no", "course_no"),
    *("session_no_in_course", "pre_score", "baseline", "status", "response", "remission"),
    *("onset_lo", "onset_hi", "onset_event", "loss_lo", "loss_hi", "relief_lo", "relief_hi"),
    *("relief_event", "relief_reason", "relief_right", "relief_mid"),
]


def rule(name: str = "PHQ-9", **given: Any) -> ResponseRule:
    return ResponseRule.for_instrument(name, **given)


def episode(scores: dict[float, Any], name: str = "PHQ-9", **given: Any) -> dict[str, Any]:
    sessions, check_ins = one_session(scores, name)
    return records(derive(sessions, check_ins, rule(name, **given)))[0]


def chosen(found: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(found[name] for name in names)


def test_the_worked_example() -> None:
    found = episode(WORKED)
    assert list(found) == COLUMNS
    assert chosen(found, "status", "response", "remission") == ("response", True, False)
    assert chosen(found, "pre_score", "baseline") == (20, 20)
    assert chosen(found, "onset_lo", "onset_hi", "onset_event") == (2, 24, True)
    assert chosen(found, "loss_lo", "loss_hi") == (72, 168)
    assert chosen(found, "relief_lo", "relief_hi") == (48, 166)
    assert chosen(found, "relief_event", "relief_reason") == (True, None)
    assert chosen(found, "relief_right", "relief_mid") == (144, 107)


def test_the_worked_example_with_a_confirmed_loss_is_the_same() -> None:
    assert episode(WORKED, confirm_loss=2) == episode(WORKED)


def test_an_isolated_lost_check_in_is_ignored_only_when_losses_are_confirmed() -> None:
    back = {**WORKED, 336: 9}
    found = episode(back, confirm_loss=2)
    assert chosen(found, "loss_lo", "loss_hi", "relief_lo", "relief_hi") == (336, None, 312, None)
    assert chosen(found, "relief_event", "relief_reason") == (False, "end_of_followup")
    assert chosen(found, "relief_right", "relief_mid") == (312, 323)
    assert episode(back) == episode(WORKED)


def test_an_unconfirmed_losing_tail_censors_at_the_check_in_before_it() -> None:
    found = episode({0: 20, 24: 8, 72: 8, 168: 12}, confirm_loss=2)
    assert chosen(found, "loss_lo", "relief_event", "relief_reason") == (72, False, "unconfirmed")


@pytest.mark.parametrize(("score", "status"), [(1, "response"), (Decimal("1.1"), "no_response")])
def test_a_tenth_of_ten_is_exactly_one(score: Any, status: str) -> None:
    # In binary floats (1 - 0.9) * 10 is 0.99999...: the response at 1 would be missed.
    assert episode({0: 10, 24: score}, response_frac=Decimal("0.9"))["status"] == status


@pytest.mark.parametrize(("score", "reason"), [(7, False), (Decimal("7.0001"), True)])
def test_the_loss_limit_is_exact_too(score: Any, reason: bool) -> None:
    found = episode({0: 10, 24: 5, 48: score}, loss_frac=Decimal("0.3"))
    assert found["relief_event"] is reason


def test_floats_and_decimals_and_integers_are_the_same_scores() -> None:
    as_given = [episode({0: kind(10), 24: kind(3)}) for kind in (int, float, Decimal)]
    assert as_given[0] == as_given[1] == as_given[2]
    tenths = episode({0: 0.3, 24: 0.1}, "X", response_frac=Decimal("0.6666666666666666"))
    assert tenths["status"] == "response"


def test_pain_responds_at_thirty_percent_and_phq9_at_fifty() -> None:
    assert episode({0: 10, 24: 7}, "pain_0_10")["status"] == "response"
    assert episode({0: 10, 24: 7})["status"] == "no_response"


def test_mood_is_turned_round() -> None:
    found = episode({0: 2, 24: 5, 72: 6}, "mood_0_10")
    assert chosen(found, "pre_score", "baseline", "onset_lo", "onset_hi") == (8, 8, 24, 72)


def test_the_remission_cut_counts_within_the_horizon_only() -> None:
    assert episode({0: 20, 24: 4})["remission"] is True
    assert episode({0: 20, 24: 5})["remission"] is False
    assert episode({0: 20, 24: 9, 336.001: 2})["remission"] is False
    assert episode({0: 8, 24: 2}, "pain_0_10")["remission"] is None


@pytest.mark.parametrize(
    ("scores", "status"),
    [
        ({24: 5}, "no_predose"),
        ({-337: 20, 24: 5}, "no_predose"),
        ({-336: 20, 24: 5}, "response"),
        ({0: 0, 24: 5}, "baseline_too_low"),
        ({0: 20}, "no_followup"),
        ({0: 20, 337: 5}, "no_followup"),
        ({0: 20, 336: 5}, "response"),
        ({0: 20, 336 + 1 / 3600: 5}, "no_followup"),
        ({0: 20, 24: 11}, "no_response"),
    ],
)
def test_status_at_its_boundaries(scores: dict[float, Any], status: str) -> None:
    assert episode(scores)["status"] == status


def test_a_microsecond_outside_the_horizon_is_outside() -> None:
    sessions, check_ins = one_session({0: 20, 24: 20, 336: 5})
    assert derive(sessions, check_ins, rule())["status"][0] == "response"
    check_ins.loc[2, "taken_at"] += timedelta(microseconds=1)
    assert derive(sessions, check_ins, rule())["status"][0] == "no_response"


def test_never_responding_is_censored_at_the_last_check_in_of_the_horizon() -> None:
    found = episode({0: 20, 24: 15, 300: 14, 400: 14})
    assert chosen(found, "onset_lo", "onset_hi", "onset_event") == (300, None, False)
    assert all(found[name] is None for name in COLUMNS[COLUMNS.index("loss_lo") :])


def test_an_open_run_of_responses_at_the_end_is_neither_onset_nor_no_onset() -> None:
    found = episode({0: 20, 24: 15, 72: 5}, confirm_onset=2)
    assert chosen(found, "status", "onset_lo") == ("no_response", 24)
    assert episode({0: 20, 24: 5}, confirm_onset=2)["onset_lo"] == 0
    refuted_late = episode({0: 20, 24: 15, 72: 5, 400: 15}, confirm_onset=2)
    assert refuted_late["onset_lo"] == 72
    confirmed_late = episode({0: 20, 24: 15, 72: 5, 400: 5}, confirm_onset=2)
    assert chosen(confirmed_late, "onset_lo", "onset_hi") == (24, 72)


def two_sessions(gap_days: float, scores: dict[float, Any], **given: Any) -> list[dict[str, Any]]:
    second = DOSE + timedelta(days=gap_days)
    rows = [("maya", DOSE + timedelta(hours=h), score) for h, score in scores.items()]
    sessions = sessions_frame([("maya", "a", DOSE), ("maya", "b", second)])
    return records(derive(sessions, check_ins_frame(rows), rule(**given)))


def test_a_check_in_at_the_next_start_closes_one_session_and_opens_the_next() -> None:
    first, second = two_sessions(7, {0: 20, 24: 8, 168: 8, 170: 8})
    assert chosen(first, "loss_lo", "relief_reason") == (168, "next_session")
    assert chosen(second, "pre_score", "baseline", "status") == (8, 20, "carried")
    assert chosen(second, "onset_lo", "onset_hi", "onset_event") == (None, None, None)
    assert chosen(second, "loss_lo", "relief_lo", "relief_right") == (2, 2, 2)
    assert second["relief_reason"] == "end_of_followup"


def test_a_carried_response_lost_at_once_began_with_the_dose() -> None:
    second = two_sessions(7, {0: 20, 24: 8, 168: 8, 192: 15})[1]
    assert chosen(second, "loss_lo", "loss_hi", "relief_mid", "relief_event") == (0, 24, 12, True)


def test_in_session_mode_each_session_has_its_own_baseline_and_nothing_is_carried() -> None:
    second = two_sessions(7, {0: 20, 24: 8, 168: 8, 170: 5}, baseline_mode="session")[1]
    assert chosen(second, "baseline", "status") == (8, "no_response")


@pytest.mark.parametrize(("gap", "course", "status"), [(90, 1, "carried"), (90.001, 2, "response")])
def test_a_gap_of_more_than_ninety_days_begins_a_course(
    gap: float, course: int, status: str
) -> None:
    second = two_sessions(gap, {0: 20, 24: 8, 24 * gap: 10, 24 * gap + 2: 5})[1]
    assert chosen(second, "course_no", "session_no", "status") == (course, 2, status)
    assert second["session_no_in_course"] == 3 - course


def test_the_baseline_is_the_first_one_above_the_minimum() -> None:
    second = two_sessions(7, {0: 9, 24: 3, 168: 12, 170: 6}, baseline_min=Decimal(9))
    assert chosen(second[0], "status", "baseline", "pre_score") == ("baseline_too_low", None, 9)
    assert chosen(second[1], "status", "baseline") == ("response", 12)


def test_of_simultaneous_sessions_only_the_last_by_text_has_follow_up() -> None:
    sessions = sessions_frame([("maya", "9", DOSE), ("maya", "10", DOSE)])
    check_ins = one_session(WORKED)[1]
    found = records(derive(sessions, check_ins, rule()))
    assert [(e["session_id"], e["status"]) for e in found] == [
        ("10", "no_followup"),
        ("9", "response"),
    ]
    assert [e["session_no"] for e in found] == [1, 2]


def test_nothing_after_as_of_is_used_and_what_is_at_it_stays() -> None:
    at = DOSE + timedelta(hours=168)
    sessions, check_ins = one_session(WORKED)
    assert records(derive(sessions, check_ins, rule(as_of=at)))[0]["loss_hi"] == 168
    earlier = records(derive(sessions, check_ins, rule(as_of=at - timedelta(microseconds=1))))[0]
    assert chosen(earlier, "loss_hi", "relief_reason") == (None, "end_of_followup")
    assert len(derive(sessions, check_ins, rule(as_of=DOSE - timedelta(microseconds=1)))) == 0


def test_copies_collapse_and_of_conflicting_scores_the_worst_counts() -> None:
    sessions, check_ins = one_session({0: 20, 24: 5})
    more = check_ins_frame(
        [("maya", DOSE + timedelta(hours=24), 12), ("maya", DOSE, 20), ("nobody", DOSE, 3)]
    )
    frame, quality = derive_counted(sessions, pd.concat([check_ins, more]), rule())
    assert frame["status"][0] == "no_response"
    assert (quality.exact_copies, quality.conflicting_scores) == (1, 1)


def test_a_mood_conflict_takes_the_lower_mood() -> None:
    sessions, check_ins = one_session({0: 2, 24: 9}, "mood_0_10")
    worse = check_ins_frame([("maya", DOSE + timedelta(hours=24), 3)], "mood_0_10")
    found = derive(sessions, pd.concat([check_ins, worse]), rule("mood_0_10"))
    assert found["status"][0] == "no_response"


@pytest.mark.parametrize(("instrument", "overlaps"), [("PHQ-9", 1), ("mood_0_10", 0)])
def test_an_onset_whose_recall_reaches_back_before_the_dose_is_counted(
    instrument: str, overlaps: int
) -> None:
    sessions, check_ins = one_session({0: 5, 24: 9, 100: 0}, instrument)
    quality = derive_counted(sessions, check_ins, rule(instrument))[1]
    assert quality.recall_overlap == overlaps
    at_recall = one_session({0: 5, 336: 0})
    assert derive_counted(*at_recall, rule())[1].recall_overlap == 0


def test_a_missing_score_and_another_instrument_are_no_check_ins() -> None:
    sessions, check_ins = one_session({0: 20, 24: None})
    other = check_ins_frame([("maya", DOSE + timedelta(hours=24), 1)], "GAD-7")
    assert derive(sessions, pd.concat([check_ins, other]), rule())["status"][0] == "no_followup"


def test_the_spring_night_has_twenty_three_hours() -> None:
    zone = ZoneInfo("America/New_York")
    dose = datetime(2026, 3, 7, 9, tzinfo=zone)
    next_day = datetime(2026, 3, 8, 9, tzinfo=zone)
    sessions = sessions_frame([("maya", "1", dose.astimezone(UTC))])
    rows = [("maya", dose.astimezone(UTC), 20), ("maya", next_day.astimezone(UTC), 5)]
    assert derive(sessions, check_ins_frame(rows), rule())["onset_hi"][0] == 23


def test_times_with_different_offsets_and_zones_are_one_clock() -> None:
    sessions, check_ins = one_session(WORKED)
    moved = check_ins.assign(taken_at=check_ins["taken_at"].dt.tz_convert("Asia/Kathmandu"))
    pd.testing.assert_frame_equal(
        derive(sessions, moved, rule()), derive(sessions, check_ins, rule())
    )


def test_a_naive_time_is_refused() -> None:
    sessions, check_ins = one_session(WORKED)
    naive = check_ins.assign(taken_at=check_ins["taken_at"].dt.tz_localize(None))
    with pytest.raises(ValueError, match="naive"):
        derive(sessions, naive, rule())


def test_many_patients_over_many_years_still_sort_exactly() -> None:
    # Patient times microseconds no longer fits one integer here: ranks of times are used.
    patients = [f"{n:05d}" for n in range(20_000)]
    far = datetime(1990, 1, 1, tzinfo=UTC)
    sessions = sessions_frame([(p, "1", DOSE) for p in patients] + [("00000", "0", far)])
    rows = [
        (p, DOSE + timedelta(hours=h), score) for p in patients for h, score in [(0, 20), (5, 9)]
    ]
    found = derive(sessions, check_ins_frame(rows), rule())
    assert list(found["status"][:2]) == ["no_predose", "response"]
    assert (found["status"][1:] == "response").all() and (found["onset_hi"][1:] == 5).all()


def test_empty_frames_give_an_empty_table_with_all_columns() -> None:
    found = derive(sessions_frame([]), check_ins_frame([]), rule())
    assert list(found.columns) == COLUMNS and len(found) == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"response_frac": Decimal(0)}, "response_frac"),
        ({"response_frac": Decimal("1.1")}, "response_frac"),
        ({"loss_frac": Decimal("0.6")}, "loss_frac"),
        ({"loss_frac": Decimal("-0.1")}, "loss_frac"),
        ({"confirm_onset": 0}, "confirm_onset"),
        ({"confirm_loss": 0}, "confirm_loss"),
        ({"baseline_mode": "patient"}, "baseline_mode"),
        ({"baseline_window_days": Decimal(-1)}, "baseline_window_days"),
        ({"course_gap_days": Decimal(-1)}, "course_gap_days"),
        ({"onset_horizon_days": Decimal(0)}, "onset_horizon_days"),
        ({"score_max": Decimal(0)}, "score_max"),
        ({"higher_is_better": True, "score_max": None}, "score_max"),
        ({"as_of": datetime(2026, 1, 1)}, "as_of"),  # noqa: DTZ001
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleError) as refused:
        rule(**given)
    assert refused.value.field == field


def test_the_known_instruments() -> None:
    known = {
        name: (facts.score_max, facts.remission_cut, facts.higher_is_better)
        for name, facts in KNOWN_INSTRUMENTS.items()
    }
    assert known == {
        "PHQ-9": (27, 4, False),
        "GAD-7": (21, 4, False),
        "MADRS": (60, 10, False),
        "QIDS-SR16": (27, 5, False),
        "HAM-D17": (52, 7, False),
        "BDI-II": (63, 12, False),
        "WHO-5": (100, None, True),
        "PEG": (10, None, False),
        "mood_0_10": (10, None, True),
        "pain_0_10": (10, None, False),
    }
    unknown = rule("Something")
    assert (unknown.score_min, unknown.score_max, unknown.remission_cut) == (0, None, None)


SCORES = st.dictionaries(st.integers(-400, 800), st.integers(0, 27), max_size=12)


@given(SCORES, st.integers(1, 3), st.integers(1, 3))
def test_intervals_are_in_order_and_fields_follow_the_status(
    scores: dict[float, Any], confirm_onset: int, confirm_loss: int
) -> None:
    found = episode(scores, confirm_onset=confirm_onset, confirm_loss=confirm_loss)
    assert found["status"] in STATUSES
    if found["onset_event"]:
        assert 0 <= found["onset_lo"] < found["onset_hi"] <= 336
        assert found["onset_hi"] <= found["loss_lo"]
        assert found["relief_lo"] >= 0
        assert (found["loss_hi"] is not None) == found["relief_event"]
    if found["relief_event"]:
        assert found["loss_lo"] < found["loss_hi"]
        assert found["relief_lo"] < found["relief_right"] <= found["relief_hi"]
        assert found["relief_lo"] < found["relief_mid"] < found["relief_hi"]
    elif found["relief_event"] is False:
        assert found["relief_reason"] is not None


@given(SCORES, st.integers(-100_000, 100_000))
def test_moving_the_whole_clock_changes_nothing(scores: dict[float, Any], seconds: int) -> None:
    sessions, check_ins = one_session(scores)
    shift = timedelta(seconds=seconds)
    moved = derive(
        sessions.assign(session_start=sessions["session_start"] + shift),
        check_ins.assign(taken_at=check_ins["taken_at"] + shift),
        rule(),
    )
    pd.testing.assert_frame_equal(moved, derive(sessions, check_ins, rule()))


@given(SCORES, st.randoms())
def test_the_order_of_rows_changes_nothing(scores: dict[float, Any], draw: Any) -> None:
    sessions, check_ins = one_session(scores)
    order = list(range(len(check_ins)))
    draw.shuffle(order)
    pd.testing.assert_frame_equal(
        derive(sessions, check_ins.iloc[order], rule()), derive(sessions, check_ins, rule())
    )
