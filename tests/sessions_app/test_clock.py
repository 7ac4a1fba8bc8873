"""Local time is for labels; durations come from UTC; a doubtful local time says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessions_app.clock import (
    clinic_day,
    elapsed,
    elapsed_min,
    local,
    offsets_around,
    parse_local,
    utc,
)

NEW_YORK = "America/New_York"
NAIVE = datetime(2026, 11, 20, 11, 42)  # noqa: DTZ001 - the refusal is what is tested
NOW = datetime(2026, 11, 20, 16, 42, tzinfo=UTC)  # 11:42 in New York


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "use",
    [
        utc,
        lambda naive: local(naive, NEW_YORK),
        lambda naive: clinic_day(naive, NEW_YORK),
        lambda naive: elapsed(naive, NOW),
        lambda naive: elapsed(NOW, naive),
        lambda naive: elapsed_min(NOW, naive),
        lambda naive: parse_local("11:42", NEW_YORK, near=naive),
    ],
)
def test_a_naive_time_is_refused_everywhere(use):
    with pytest.raises(ValueError, match="without a zone"):
        use(NAIVE)


def test_utc_keeps_the_instant_and_changes_the_zone():
    eastern = timezone(timedelta(hours=-5))
    assert utc(datetime(2026, 11, 20, 11, 42, tzinfo=eastern)) == NOW
    assert utc(NOW).tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (at(2026, 11, 20, 4, 59, 59), date(2026, 11, 19)),
        (at(2026, 11, 20, 5, 0, 0), date(2026, 11, 20)),
        (at(2026, 7, 20, 3, 59, 59), date(2026, 7, 19)),
        (at(2026, 7, 20, 4, 0, 0), date(2026, 7, 20)),
    ],
)
def test_the_clinic_day_turns_at_local_midnight_in_winter_and_summer(instant, day):
    assert clinic_day(instant, NEW_YORK) == day


def test_the_same_clock_time_after_spring_forward_is_23_hours_later():
    before = parse_local("2026-03-07 12:00", NEW_YORK).at
    after = parse_local("2026-03-08 12:00", NEW_YORK).at
    assert before is not None and after is not None
    assert elapsed(before, after) == timedelta(hours=23)
    assert elapsed_min(before, after) == 23 * 60


def test_durations_between_two_local_times_of_one_zone_come_from_utc():
    before = local(at(2026, 11, 1, 5, 30), NEW_YORK)  # 01:30, summer time
    after = local(at(2026, 11, 1, 6, 30), NEW_YORK)  # 01:30 again, winter time
    assert before.replace(tzinfo=None) == after.replace(tzinfo=None)
    assert elapsed_min(before, after) == 60


def test_elapsed_minutes_keep_their_fraction_and_sign():
    assert elapsed_min(NOW, NOW + timedelta(seconds=90)) == 1.5
    assert elapsed_min(NOW, NOW - timedelta(seconds=90)) == -1.5


@pytest.mark.parametrize(
    "text", ["11:42", " 11:42 ", "11:42:00", "2026-11-20 11:42", "2026-11-20T11:42"]
)
def test_a_typed_local_time_is_read_as_clinic_time(text):
    read = parse_local(text, NEW_YORK, near=NOW)
    assert (read.code, read.at, read.other) == ("ok", NOW, None)


def test_a_text_with_an_offset_is_that_instant():
    assert parse_local("2026-11-20T17:42+01:00", NEW_YORK).at == NOW


@pytest.mark.parametrize(
    ("now_local", "typed", "expected"),
    [
        ("2026-11-20 00:03", "23:58", "2026-11-19 23:58"),
        ("2026-11-20 23:58", "00:03", "2026-11-21 00:03"),
        ("2026-11-20 11:45", "11:42", "2026-11-20 11:42"),
    ],
)
def test_a_bare_clock_time_is_the_one_nearest_to_now(now_local, typed, expected):
    now = parse_local(now_local, NEW_YORK).at
    assert parse_local(typed, NEW_YORK, near=now) == parse_local(expected, NEW_YORK)


@pytest.mark.parametrize(
    "text",
    [
        *("", "25:00", "11:60", "noon", "2026-11-20", "20261120", "2026-02-30 11:00", "11.42"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31 23:59"),
    ],
)
def test_what_is_no_time_is_unreadable(text):
    read = parse_local(text, NEW_YORK, near=NOW)
    assert (read.code, read.at) == ("unreadable", None)


def test_a_bare_clock_time_without_now_is_unreadable():
    assert parse_local("11:42", NEW_YORK).code == "unreadable"


def test_a_time_that_occurs_twice_is_ambiguous_and_offers_both():
    read = parse_local("2026-11-01 01:30", NEW_YORK)
    assert read.code == "ambiguous"
    assert (read.at, read.other) == (at(2026, 11, 1, 5, 30), at(2026, 11, 1, 6, 30))


@pytest.mark.parametrize(("near_hour", "first"), [(5, 5), (7, 6)])
def test_of_two_readings_the_one_nearer_to_now_comes_first(near_hour, first):
    for text in ("2026-11-01 01:30", "01:30"):
        read = parse_local(text, NEW_YORK, near=at(2026, 11, 1, near_hour, 30))
        assert (read.code, read.at) == ("ambiguous", at(2026, 11, 1, first, 30))


@pytest.mark.parametrize("text", ["2026-03-08 02:30", "02:30"])
def test_a_time_that_the_clocks_jumped_over_is_nonexistent(text):
    read = parse_local(text, NEW_YORK, near=at(2026, 3, 8, 7, 5))
    assert (read.code, read.at) == ("nonexistent", None)


def test_in_the_evening_of_that_day_the_same_clock_time_is_the_next_morning():
    read = parse_local("02:30", NEW_YORK, near=at(2026, 3, 9, 3, 0))  # 23:00 on the 8th
    assert (read.code, read.at) == ("ok", at(2026, 3, 9, 6, 30))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001 - made aware below
def test_what_the_clinic_clock_shows_is_read_back_as_one_of_its_instants(naive):
    instant = naive.replace(tzinfo=UTC)
    shown = local(instant, NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S.%f")
    read = parse_local(shown, NEW_YORK)
    assert instant in (read.at, read.other)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
@example(datetime(2026, 10, 25, 0, 56), timedelta(minutes=4), "Europe/Berlin")  # noqa: DTZ001
@example(datetime(2026, 10, 25, 0, 56), timedelta(minutes=3), "Europe/Berlin")  # noqa: DTZ001
def test_the_offsets_around_an_instant_are_those_of_the_zone(naive, away, zone):
    instant = naive.replace(tzinfo=UTC)
    (_always, ahead), *changes = offsets_around(instant, zone)
    for since, after in changes:
        if since <= instant + away:
            ahead = after
    assert timedelta(minutes=ahead) == local(instant + away, zone).utcoffset()


def test_a_change_of_the_clocks_is_known_to_the_second_and_a_plain_day_has_none():
    night = offsets_around(at(2026, 11, 1, 5, 0), NEW_YORK)
    assert night == [(None, -240), (at(2026, 11, 1, 6, 0), -300)]
    assert offsets_around(at(2026, 11, 20, 5, 0), NEW_YORK) == [(None, -300)]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - made aware below
    st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_elapsed_does_not_depend_on_the_zone_in_which_a_time_is_written(naive, span):
    start = naive.replace(tzinfo=UTC)
    assert elapsed(local(start, NEW_YORK), local(start + span, "Europe/Berlin")) == span
