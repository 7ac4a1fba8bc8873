"""Milligrams of an infusion against a naive sum minute by minute, and what follows from rates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.rules.dosing import (
    RateEvent,
    RateKind,
    bag_empty_at,
    check_infusion,
    infusion_mg,
    infusion_mg_exact,
    infusion_segments,
    is_beyond_bag,
    is_early_stop,
    next_device_at,
    rest_broken_until,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
D = Decimal


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


@st.composite
def infusions(draw: st.DrawFn) -> list[RateEvent]:
    """A possible infusion with events on whole minutes: any mix of rates, pauses and a stop."""
    rates = st.decimals("0.1", "300", places=1)
    events = [RateEvent(T0, "start", draw(rates))]
    minute, state = 0, "running"
    for _each in range(draw(st.integers(0, 8))):
        minute += draw(st.integers(0, 40))
        choices: list[RateKind] = ["rate_change", "stop"]
        choices.append("pause" if state == "running" else "resume")
        kind = draw(st.sampled_from(choices))
        named = kind == "rate_change" or (kind == "resume" and draw(st.booleans()))
        events.append(RateEvent(at(minute), kind, draw(rates) if named else None))
        if kind == "stop":
            break
        state = {"pause": "paused", "resume": "running"}.get(kind, state)
    return events


def minute_by_minute(events: list[RateEvent], minutes: int) -> Fraction:
    """mg given in the first `minutes`: for each minute look what the pump did, and add."""
    total = Fraction(0)
    for minute in range(minutes):
        rate, runs = Fraction(0), False
        for event in events:
            if event.at > at(minute):
                break
            if event.rate_mg_per_hour is not None:
                rate = Fraction(event.rate_mg_per_hour)
            runs = {"start": True, "resume": True, "pause": False, "stop": False}.get(
                event.kind, runs
            )
        total += rate / 60 if runs else 0
    return total


@settings(max_examples=300)
@given(infusions(), st.integers(0, 400))
def test_what_was_given_is_the_sum_of_its_minutes(events: list[RateEvent], minutes: int) -> None:
    assert check_infusion(events) == []
    naive = minute_by_minute(events, minutes)
    assert infusion_mg_exact(events, at(minutes)) == naive
    rounded = infusion_mg(events, at(minutes))
    assert abs(Fraction(rounded) - naive) <= Fraction(1, 200), "rounded once, to 0.01 mg"


@given(infusions(), st.integers(0, 300), st.integers(0, 300))
def test_it_never_falls_and_what_comes_later_changes_nothing(
    events: list[RateEvent], earlier: int, later: int
) -> None:
    first, second = sorted((earlier, later))
    assert infusion_mg_exact(events, at(first)) <= infusion_mg_exact(events, at(second))
    so_far = [event for event in events if event.at <= at(first)]
    assert infusion_mg_exact(so_far, at(first)) == infusion_mg_exact(events, at(first))


@given(infusions())
def test_the_segments_touch_and_a_pause_is_a_segment_of_rate_0(events: list[RateEvent]) -> None:
    segments = infusion_segments(events)
    assert segments[0].start == T0
    for one, after in zip(segments, segments[1:], strict=False):
        assert one.end == after.start
    assert (segments[-1].end is None) == (events[-1].kind != "stop")
    assert all(segment.rate_mg_per_hour >= 0 for segment in segments)


@given(infusions(), st.decimals("0.5", "500", places=2))
def test_the_bag_is_empty_exactly_when_its_milligrams_are_in(
    events: list[RateEvent], bag_mg: Decimal
) -> None:
    empty = bag_empty_at(events, bag_mg)
    if empty is None:
        assert infusion_mg_exact(events, at(10_000)) < Fraction(bag_mg)
        return
    tick = timedelta(microseconds=1)
    assert infusion_mg_exact(events, empty) >= Fraction(bag_mg)
    assert infusion_mg_exact(events, empty - tick) < Fraction(bag_mg)


RUN = [RateEvent(T0, "start", D(54))]  # 36 mg in 40 min


@pytest.mark.parametrize(("minute", "beyond"), [(40, False), (44, False), (45, True)])
def test_a_deed_is_beyond_the_bag_after_a_tenth_more_than_it_holds(
    minute: float, beyond: bool
) -> None:
    assert is_beyond_bag([*RUN, RateEvent(at(minute), "pause")], D(36)) is beyond
    assert not is_beyond_bag([*RUN, RateEvent(at(minute), "stop")], D(36))


def test_a_stop_does_not_hide_a_deed_beyond_the_bag() -> None:
    late = [*RUN, RateEvent(at(50), "rate_change", D(27)), RateEvent(at(51), "stop")]
    assert is_beyond_bag(late, D(36))


@pytest.mark.parametrize(("given_mg", "early"), [("34.19", True), ("34.20", False), ("36", False)])
def test_less_than_95_percent_of_the_plan_is_an_early_stop(given_mg: str, early: bool) -> None:
    assert is_early_stop(D(given_mg), D(36)) is early


def test_the_next_device_is_5_minutes_after_the_last() -> None:
    assert next_device_at([]) is None
    assert next_device_at([at(6), at(0)]) == at(11)


@pytest.mark.parametrize(
    ("others", "minute", "until"),
    [
        ([], 0, None),
        ([0], 5, None),
        ([0], 4.99, 5),
        ([0, 8], 4, 13),
        ([0, 8], 13, None),
        ([6], 2, 11),
    ],
)
def test_a_device_rests_5_minutes_to_both_sides(
    others: list[float], minute: float, until: float | None
) -> None:
    given_at = [at(other) for other in others]
    assert rest_broken_until(given_at, at(minute)) == (None if until is None else at(until))
