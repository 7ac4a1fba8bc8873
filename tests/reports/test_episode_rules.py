"""Rules of an episode that need more than one session, or more than one reason, to be seen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from reports.episodes import derive, derive_counted
from reports.relief_report import records, relief_report
from reports.response_rule import ResponseRule
from tests.reports.frames import DOSE, check_ins_frame, sessions_frame

MICROSECOND = timedelta(microseconds=1)


def rule(name: str = "PHQ-9", **given: Any) -> ResponseRule:
    return ResponseRule.for_instrument(name, **given)


def episodes(
    days: list[float], scores: dict[float, Any], name: str = "PHQ-9", **given: Any
) -> list[dict[str, Any]]:
    """Maya's episodes: sessions by day, scores by hour, both since the first dose."""
    return records(derive(*frames(days, scores, name), rule(name, **given)))


def frames(days: list[float], scores: dict[float, Any], name: str = "PHQ-9") -> tuple[Any, Any]:
    sessions = [("maya", str(n), DOSE + timedelta(days=day)) for n, day in enumerate(days)]
    rows = [("maya", DOSE + timedelta(hours=hour), score) for hour, score in scores.items()]
    return sessions_frame(sessions), check_ins_frame(rows, name)


def test_with_hysteresis_losing_is_harder_than_gaining() -> None:
    scores = {0: 20, 24: 9, 72: 11, 168: 15, 336: 16}
    (plain,) = episodes([0], scores)
    (harder,) = episodes([0], scores, loss_frac=Decimal("0.25"))
    assert (plain["loss_lo"], plain["loss_hi"]) == (24, 72)
    # Lost above 20 * 0.75 = 15: 15 itself is not.
    assert (harder["loss_lo"], harder["loss_hi"]) == (168, 336)
    assert harder["onset_hi"] == plain["onset_hi"] == 24


def test_the_loss_fraction_follows_the_response_fraction_that_was_given() -> None:
    (found,) = episodes([0], {0: 20, 24: 14, 72: 14, 168: 15}, response_frac=Decimal("0.3"))
    assert (found["onset_hi"], found["loss_hi"]) == (24, 168)


def test_the_score_before_a_dose_may_be_older_than_the_session_before() -> None:
    first, second = episodes([0, 5], {-24: 20, 130: 8})
    assert (first["pre_score"], first["status"]) == (20, "no_followup")
    assert (second["pre_score"], second["status"]) == (20, "response")


def test_a_session_without_a_score_before_leaves_the_baseline_to_the_next() -> None:
    first, second = episodes([0, 7], {24: 18, 168: 16, 170: 8})
    assert (first["status"], first["baseline"]) == ("no_predose", None)
    assert (second["baseline"], second["status"]) == (16, "response")


def test_the_earlier_status_wins_where_two_fit() -> None:
    simultaneous = episodes([0, 0], {24: 5})
    assert [one["status"] for one in simultaneous] == ["no_predose", "no_predose"]
    low = episodes([0, 0], {0: 3, 24: 2}, baseline_min=Decimal(9))
    assert [one["status"] for one in low] == ["baseline_too_low", "baseline_too_low"]


@pytest.mark.parametrize(("hours", "status"), [(None, "no_followup"), (24 * 20, "carried")])
def test_a_kept_response_needs_any_check_in_at_all_even_after_the_horizon(
    hours: float | None, status: str
) -> None:
    later = {} if hours is None else {24 * 7 + hours: 9}
    second = episodes([0, 7], {0: 20, 24: 8, 168: 8, **later})[1]
    assert second["status"] == status
    assert second["remission"] is None


def test_a_response_seen_once_is_censored_at_zero_and_stays_in_the_curve() -> None:
    found = relief_report(*frames([0], {0: 20, 24: 8}), rule())
    (only,) = found["episodes"]
    assert (only["relief_right"], only["relief_lo"], only["relief_event"]) == (0, 0, False)
    assert (only["relief_mid"], only["relief_reason"]) == (12, "end_of_followup")
    assert found["relief"]["right"]["n_censor"] == [1]


def test_a_microsecond_decides_to_which_session_a_check_in_belongs() -> None:
    sessions, at_start = frames([0, 7], {0: 20, 24: 8, 168: 15})
    after = at_start.copy()
    after.loc[2, "taken_at"] += MICROSECOND
    closing, opening = records(derive(sessions, at_start, rule()))
    assert (closing["loss_hi"], opening["pre_score"]) == (168, 15)
    closing, opening = records(derive(sessions, after, rule()))
    assert (closing["loss_hi"], closing["relief_reason"]) == (None, "next_session")
    assert (opening["pre_score"], opening["status"]) == (8, "carried")


def test_a_later_session_after_as_of_is_no_reason_to_stop() -> None:
    given = {"as_of": DOSE + timedelta(days=6)}
    (only,) = episodes([0, 7], {0: 20, 24: 8, 72: 9}, **given)
    assert (only["loss_lo"], only["relief_reason"]) == (72, "end_of_followup")
    first, _second = episodes([0, 7], {0: 20, 24: 8, 72: 9})
    assert first["relief_reason"] == "next_session"


def test_an_unconfirmed_loss_is_the_reason_even_where_the_next_session_follows() -> None:
    first = episodes([0, 7], {0: 20, 24: 8, 72: 8, 150: 15}, confirm_loss=2)[0]
    assert (first["loss_lo"], first["relief_reason"]) == (72, "unconfirmed")


def test_a_lone_response_is_no_onset_where_two_are_asked_for() -> None:
    flicker = {0: 20, 24: 9, 72: 15, 168: 9, 200: 9}
    (found,) = episodes([0], flicker, confirm_onset=2)
    assert (found["onset_lo"], found["onset_hi"]) == (72, 168)
    assert episodes([0], flicker)[0]["onset_hi"] == 24


def test_the_cut_for_remission_is_met_after_the_scale_is_turned_round() -> None:
    scores = {0: 20, 24: 90}
    assert episodes([0], scores, "WHO-5", remission_cut=Decimal(10))[0]["remission"] is True
    assert episodes([0], scores, "WHO-5", remission_cut=Decimal(9))[0]["remission"] is False
    assert episodes([0], scores, "WHO-5")[0]["remission"] is None


def test_only_an_onset_can_reach_back_before_the_dose() -> None:
    no_onset = frames([0], {0: 20, 24: 15})
    assert derive_counted(*no_onset, rule())[1].recall_overlap == 0
    kept = frames([0, 7], {0: 20, 24: 8, 168: 8, 200: 8})
    assert derive_counted(*kept, rule())[1].recall_overlap == 1


def test_a_decimal_fraction_of_a_decimal_baseline_is_exact() -> None:
    """0.7 of 1.3 is 0.91; binary floats make 0.9099999999999999 of it."""
    (found,) = episodes([0], {0: Decimal("1.3"), 24: Decimal("0.91")}, response_frac=Decimal("0.3"))
    assert found["status"] == "response"
    (above,) = episodes(
        [0], {0: Decimal("1.3"), 24: Decimal("0.9100001")}, response_frac=Decimal("0.3")
    )
    assert above["status"] == "no_response"


def test_two_instruments_never_make_one_episode() -> None:
    sessions, phq = frames([0], {0: 20, 24: 15})
    _, gad = frames([0], {0: 20, 24: 3}, "GAD-7")
    both = pd.concat([phq, gad])
    found = {name: derive(sessions, both, rule(name))["status"][0] for name in ("PHQ-9", "GAD-7")}
    assert found == {"PHQ-9": "no_response", "GAD-7": "response"}
