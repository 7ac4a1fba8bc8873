"""The ladder of an alert: whom it names, when, and what stops, delays and arms it anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.rules.escalation import (
    ROUNDS_BY_ITSELF,
    SHIPPED,
    Escalation,
    Happened,
    Step,
    due_steps,
    ladder,
    next_step,
    quiet_until,
)

RAISED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST_ROUND = [("first", 0, 0), ("repeat", 0, 5), ("on_call", 0, 10), ("lead", 0, 20)]


def after(minutes: float) -> datetime:
    return RAISED + timedelta(minutes=minutes)


def minute(at: datetime) -> float:
    return (at - RAISED) / timedelta(minutes=1)


def done(*events: tuple[Any, ...]) -> list[Happened]:
    """("taken", 3) or ("called", 12, "no_answer"): what, at which minute, with which result."""
    return [Happened(kind, after(at), *rest) for kind, at, *rest in events]


def climbed(steps: list[Step]) -> list[tuple[str, int, float]]:
    return [(step.name, step.round, minute(step.due_at)) for step in steps]


def rounds(*events: tuple[Any, ...], **how: Any) -> list[tuple[str, int, float]]:
    """The steps of the rounds alone."""
    steps = ladder("high", RAISED, done(*events), **how)
    return climbed([step for step in steps if step.name != "handed_over"])


def test_a_high_alert_that_nobody_takes_climbs_at_0_5_10_and_20_minutes() -> None:
    assert rounds()[:4] == FIRST_ROUND


def test_a_round_that_nobody_ended_is_armed_anew_by_itself_at_most_twice() -> None:
    steps = rounds()
    assert steps[4] == ("first", 1, 30)
    assert steps[8] == ("first", 2, 60)
    assert len(steps) == 4 * (1 + ROUNDS_BY_ITSELF)
    assert steps[-1] == ("lead", 2, 80)


@pytest.mark.parametrize("kind", ["taken", "handed_over", "seen"])
def test_taking_it_stops_the_ladder_for_15_minutes_and_then_it_goes_on(kind: str) -> None:
    assert rounds((kind, 12))[:4] == [*FIRST_ROUND[:3], ("lead", 0, 35)]
    assert rounds((kind, 3))[:4] == [
        ("first", 0, 0),
        ("repeat", 0, 20),
        ("on_call", 0, 25),
        ("lead", 0, 35),
    ]


def test_whoever_it_is_handed_to_is_called_at_once_each_time() -> None:
    steps = ladder("high", RAISED, done(("handed_over", 3), ("handed_over", 9), ("closed", 12)))
    assert climbed(steps) == [("first", 0, 0), ("handed_over", 0, 3), ("handed_over", 1, 9)]


def test_a_call_that_reached_somebody_stops_it_as_taking_does() -> None:
    assert rounds(("called", 12, "reached"))[:4] == rounds(("taken", 12))[:4]


def test_two_pauses_that_overlap_are_one() -> None:
    assert rounds(("taken", 3), ("taken", 10))[1] == ("repeat", 0, 27)


def test_taken_when_everybody_was_called_it_starts_anew_after_the_pause() -> None:
    assert rounds(("taken", 21))[3:5] == [("lead", 0, 20), ("first", 1, 45)]


def test_taken_after_the_last_round_and_left_open_it_starts_anew_after_the_pause() -> None:
    assert rounds(("taken", 300))[12:] == [
        (name, number + 3, at + 315) for name, number, at in rounds()
    ]


def test_a_call_that_nobody_answered_arms_the_next_round_ten_minutes_later() -> None:
    steps = rounds(("called", 12, "no_answer"))
    assert steps[:3] == FIRST_ROUND[:3], "what was due before stays"
    assert steps[3:7] == [
        ("first", 1, 22),
        ("repeat", 1, 27),
        ("on_call", 1, 32),
        ("lead", 1, 42),
    ]


def test_the_pause_of_an_earlier_take_does_not_delay_the_round_after_an_unanswered_call() -> None:
    assert rounds(("taken", 4), ("called", 6, "no_answer"))[1] == ("first", 1, 16)


def test_a_take_after_an_unanswered_call_does_delay_it() -> None:
    assert rounds(("called", 6, "no_answer"), ("taken", 9))[2] == ("first", 1, 24)


def test_two_unanswered_calls_leave_one_new_round() -> None:
    steps = rounds(("called", 2, "no_answer"), ("called", 5, "no_answer"))
    assert steps[:2] == [("first", 0, 0), ("first", 1, 15)]


def test_closing_ends_the_ladder_and_what_was_due_before_stays() -> None:
    assert rounds(("closed", 12)) == FIRST_ROUND[:3]
    assert rounds(("closed", 0)) == []


def test_an_alarm_at_a_chair_calls_only_on_call_and_lead() -> None:
    names = {name for name, _round, _at in rounds(at_chair=True)}
    assert names == {"on_call", "lead"}
    assert rounds(at_chair=True)[0] == ("on_call", 0, 10)
    assert rounds(("seen", 4), at_chair=True)[0] == ("on_call", 0, 25)


def test_a_clinics_own_minutes_replace_the_shipped_ones() -> None:
    own = Escalation("clinic-escalation-1", "smaller team", 3, 6, 9, 20, 5, 60)
    assert [at for _name, _round, at in rounds(settings=own)[:5]] == [0, 3, 6, 9, 14]
    assert rounds(("taken", 1), settings=own)[1] == ("repeat", 0, 23)


def test_a_low_alert_calls_nobody() -> None:
    assert ladder("low", RAISED, []) == []


DAY = [(after(0), after(480)), (after(1440), after(1920))]


def medium(*events: tuple[Any, ...], spans: Any = DAY) -> list[tuple[str, int, float]]:
    return climbed(ladder("medium", RAISED, done(*events), open_spans=spans))


def test_a_medium_alert_goes_to_the_desk_at_once_and_to_the_lead_after_two_open_hours() -> None:
    assert medium() == [("first", 0, 0), ("lead", 0, 120)]


def test_raised_while_closed_it_waits_for_the_opening() -> None:
    assert medium(spans=[(after(600), after(1000))]) == [("first", 0, 600), ("lead", 0, 720)]


def test_only_opening_time_counts_for_the_lead() -> None:
    spans = [(after(-400), after(30)), (after(900), after(1380))]
    assert medium(spans=spans) == [("first", 0, 0), ("lead", 0, 990)]


def test_what_somebody_took_does_not_go_to_the_lead() -> None:
    assert medium(("taken", 90)) == [("first", 0, 0)]
    assert medium(("taken", 130)) == [("first", 0, 0), ("lead", 0, 120)]


def test_a_medium_alarm_at_a_chair_does_not_ring_at_the_desk() -> None:
    steps = ladder("medium", RAISED, [], at_chair=True, open_spans=DAY)
    assert climbed(steps) == [("lead", 0, 120)]


def test_a_clinic_that_never_opens_calls_nobody_about_a_medium_alert() -> None:
    assert medium(spans=[]) == []


def test_after_a_standstill_each_person_is_called_once_and_not_once_a_round() -> None:
    steps = ladder("high", RAISED, [])
    due = due_steps(steps, after(62))
    assert climbed(due) == [
        ("repeat", 1, 35),
        ("on_call", 1, 40),
        ("lead", 1, 50),
        ("first", 2, 60),
    ]


def test_what_happens_next_is_the_next_step_that_is_not_due_yet() -> None:
    steps = ladder("high", RAISED, [])
    coming = next_step(steps, after(5))
    assert coming is not None
    assert climbed([coming]) == [("on_call", 0, 10)]
    assert next_step(steps, after(90)) is None


def test_the_pause_says_until_when_it_lasts() -> None:
    events = done(("taken", 3), ("taken", 10))
    assert quiet_until(events, SHIPPED, after(12)) == after(25)
    assert quiet_until(events, SHIPPED, after(25)) is None
    assert quiet_until(events, SHIPPED, after(1)) is None


KINDS = st.sampled_from(["taken", "handed_over", "seen", "called"])
RESULTS = st.sampled_from(["", "reached", "left_message", "no_answer"])
EVENTS = st.lists(st.tuples(KINDS, st.integers(0, 200), RESULTS), max_size=6)


@given(EVENTS, st.integers(0, 200), KINDS, RESULTS)
def test_nothing_done_later_moves_a_step_that_was_due_before(
    events: list[tuple[str, int, str]], now: int, kind: str, result: str
) -> None:
    """Messages are named by step and round: a step that was sent must keep its name."""
    before = [event for event in events if event[1] <= now]
    later = [*before, (kind, now + 1, result)]
    was_due = [step for step in rounds(*before) if step[2] <= now]
    assert [step for step in rounds(*later) if step[2] <= now] == was_due


@given(EVENTS)
def test_an_open_alert_always_reaches_the_lead_after_the_last_deed(
    events: list[tuple[str, int, str]],
) -> None:
    steps = rounds(*events)
    last = max((at for _kind, at, _result in events), default=0)
    assert any(name == "lead" and at >= last for name, _round, at in steps)
    assert len({(name, number) for name, number, _at in steps}) == len(steps), "no name twice"
