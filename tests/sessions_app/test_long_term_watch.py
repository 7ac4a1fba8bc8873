"""When somebody should look again: by days, by doses, and from the first dose on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.rules.long_term_watch import (
    ITEMS,
    SHIPPED_WATCHES,
    Watch,
    is_under_treatment,
    standing,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHIPS = Watch("bladder", 90, 12)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def weekly(count: int, first: float = 0) -> list[datetime]:
    return [day(first + 7 * number) for number in range(count)]


def test_what_ships_is_every_90_days_or_12_doses_for_each_item() -> None:
    assert {(w.every_days, w.every_sessions) for w in SHIPPED_WATCHES} == {(90, 12)}
    assert [w.item for w in SHIPPED_WATCHES] == list(ITEMS)


def test_before_the_first_dose_nothing_is_due() -> None:
    found = standing(SHIPS, [], None)
    assert (found.due_at, found.why, found.is_due(day(1000))) == (None, "baseline", False)


def test_without_a_look_it_is_due_from_the_first_dose_on() -> None:
    found = standing(SHIPS, [day(3), day(0)], None)
    assert (found.due_at, found.doses_since) == (day(0), 2)
    assert found.is_due(day(0)) and not found.is_due(day(-0.001))


@pytest.mark.parametrize(
    ("doses", "due", "why"),
    [
        (weekly(5, 7), 90, "days"),
        (weekly(12, 7), 84, "sessions"),  # the 12th dose after the look, before the 90 days
        (weekly(11, 7), 90, "days"),
        (weekly(12, 20), 90, "days"),  # the 12th dose comes after the 90 days
        ([], 90, "days"),
    ],
    ids=["few", "twelve", "eleven", "late", "none"],
)
def test_days_or_doses_whichever_comes_first(doses: list[datetime], due: float, why: str) -> None:
    found = standing(SHIPS, doses, day(0))
    assert (found.due_at, found.why) == (day(due), why)
    assert found.is_due(day(due)) and not found.is_due(day(due) - timedelta(seconds=1))


def test_a_dose_before_the_look_or_at_its_instant_does_not_count() -> None:
    found = standing(SHIPS, [day(-7), day(0), day(1)], day(0))
    assert (found.doses_since, found.doses_left) == (1, 11)


def test_by_doses_alone_there_is_no_date_before_they_are_reached() -> None:
    by_doses = Watch("craving", None, 3)
    assert standing(by_doses, weekly(2, 1), day(0)).due_at is None
    assert standing(by_doses, weekly(3, 1), day(0)).due_at == day(15)
    assert not standing(by_doses, weekly(2, 1), day(0)).is_due(day(5000))


def test_by_days_alone_doses_never_make_it_due() -> None:
    found = standing(Watch("liver", 30, None), weekly(60, 0.1), day(0))
    assert (found.due_at, found.doses_left) == (day(30), None)


def test_who_stopped_treatment_calls_nobody_after_the_interval() -> None:
    assert is_under_treatment(SHIPS, day(0), day(90))
    assert not is_under_treatment(SHIPS, day(0), day(90.01))
    assert is_under_treatment(Watch("craving", None, 3), day(0), day(90))
    assert not is_under_treatment(SHIPS, None, day(0))


DAYS = st.integers(0, 400)


@given(st.lists(DAYS, max_size=40), DAYS, DAYS)
def test_a_later_look_never_makes_it_due_earlier(doses: list[int], early: int, late: int) -> None:
    early, late = sorted((early, late))
    given_doses = [day(number + 0.5) for number in doses]
    first = standing(SHIPS, given_doses, day(early)).due_at
    second = standing(SHIPS, given_doses, day(late)).due_at
    assert first is not None and second is not None and first <= second
    assert second > day(late), "looking makes it not due"


@given(st.lists(DAYS, max_size=40), DAYS)
def test_another_dose_never_makes_it_due_later(doses: list[int], more: int) -> None:
    given_doses = [day(number + 0.5) for number in doses]
    before = standing(SHIPS, given_doses, day(0)).due_at
    after = standing(SHIPS, [*given_doses, day(more + 0.5)], day(0)).due_at
    assert before is not None and after is not None and after <= before <= day(90)
