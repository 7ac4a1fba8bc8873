"""The timeline: answers, gaps, sessions as links, risk answers; and the sessions lined up."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from reports.charts import (
    EffectMark,
    PressurePeak,
    RiskMark,
    SessionMark,
    SessionPanel,
    Strips,
    small_multiples,
    timeline,
    weekly_ticks,
)
from tests.reports.charts_marks import SVG, count, groups, words
from tests.reports.charts_samples import CLINIC, panels, two_month_timeline

NAMED = {"labels": {"days": "d"}, "prefix": "m", "title": "Each session", "desc": "Relief grew."}


def drawn(**changes) -> ET.Element:
    return ET.fromstring(timeline(two_month_timeline(**changes)))


def test_each_session_is_one_named_link_with_a_place_large_enough_to_click():
    root = drawn()
    links = list(root.iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == [
        f"/p/1/sessions/{n}/?a=1&b=2" for n in (1, 2, 3, 4)
    ]
    assert [link.get("aria-label") for link in links] == [f"Session {n}" for n in (1, 2, 3, 4)]
    for link in links:
        path, text = list(link)
        numbers = [float(n) for n in path.get("d", "").replace("z", "").split() if n not in "ML"]
        assert max(numbers[::2]) - min(numbers[::2]) == pytest.approx(24)
        assert max(numbers[1::2]) - min(numbers[1::2]) == pytest.approx(24)
        assert text.text in ("1", "2", "3", "4")
        assert "target" not in link.attrib


def test_a_session_without_an_address_has_a_number_and_no_link():
    root = drawn(sessions=(SessionMark(1, date(2026, 10, 2), ""),))
    assert not list(root.iter(f"{SVG}a"))
    assert "1" in words(root)


def test_crowded_sessions_keep_the_latest_number_and_lose_no_line():
    first = date(2026, 9, 29)
    marks = tuple(SessionMark(i + 1, first + timedelta(days=i), f"/{i + 1}") for i in range(50))
    root = drawn(sessions=marks)
    hrefs = [link.get("href") for link in root.iter(f"{SVG}a")]
    assert hrefs[-1] == "/50"
    assert len(hrefs) < 50
    assert count(root, "session-line", "path") == 50


def test_mood_is_joined_over_eight_days_and_not_over_more():
    def pieces(days: float) -> int:
        start = datetime(2026, 10, 2, 9, tzinfo=CLINIC)
        scores = ((start, 3), (start + timedelta(days=1), 4), (start + timedelta(days=1 + days), 5))
        root = drawn(scores=scores, sessions=())
        assert count(root, "mood") == 3
        (line,) = groups(root, "mood-line")
        return sum(path.get("d", "").count("L") for path in line.iter(f"{SVG}path"))

    assert pieces(8) == 2
    assert pieces(8.1) == 1


def test_two_silent_weeks_are_marked_and_the_time_before_treatment_is_not():
    start = datetime(2026, 10, 30, 9, tzinfo=CLINIC)
    sessions = (SessionMark(1, start, "/1"),)
    full = tuple((start + timedelta(days=d), 5) for d in range(0, 22, 3))
    assert not groups(drawn(scores=full, sessions=sessions, not_answered=()), "silence")
    assert groups(drawn(scores=full[:2], sessions=sessions, not_answered=()), "silence")


def test_what_lies_outside_the_window_is_not_drawn():
    root = drawn(
        scores=(
            (datetime(2026, 1, 1, tzinfo=CLINIC), 3),
            (datetime(2026, 10, 2, tzinfo=CLINIC), 4),
        ),
        risk=(RiskMark(date(2026, 12, 24), "later"),),
    )
    assert count(root, "mood") == 1
    assert "later" not in words(root)


def test_answers_of_the_last_day_are_drawn():
    root = drawn(scores=((datetime(2026, 11, 20, 23, 59, tzinfo=CLINIC), 7),))
    assert count(root, "mood") == 1
    assert "mood 7" in words(root)


def test_unanswered_questions_are_crosses_and_risk_answers_are_written_out():
    root = drawn()
    assert count(root, "not-answered", "path") == 4
    assert count(root, "risk") == 1
    assert "thoughts of death: “passing”" in words(root)


def test_an_empty_timeline_has_a_frame_and_no_marks():
    root = drawn(scores=(), sessions=(), not_answered=(), phq9=(), risk=(), strips=Strips())
    assert "10" in words(root)
    assert not list(root.iter(f"{SVG}use"))


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        timeline(two_month_timeline(end=date(2026, 9, 28)))


def test_ticks_are_whole_weeks_apart_and_end_with_the_window():
    days = weekly_ticks(date(2026, 9, 28), date(2026, 11, 20))
    assert days[-1] == date(2026, 11, 20)
    assert {(b - a).days for a, b in zip(days, days[1:], strict=False)} == {7}
    assert len(weekly_ticks(date(2024, 1, 1), date(2026, 11, 20))) <= 9


def multiples(count_: int, **options) -> ET.Element:
    options = {**NAMED, **options}
    return ET.fromstring(small_multiples(panels(count_), **options))


def test_the_last_eight_sessions_are_shown():
    shown = [word for word in words(multiples(11)) if word.startswith("Session")]
    assert shown == [f"Session {n}" for n in range(4, 12)]


def test_a_session_that_was_cut_off_carries_an_open_arrow():
    assert count(multiples(3), "cut-off") == 2


def test_only_the_part_above_the_relief_line_is_filled():
    root = multiples(1)
    (first, *_) = groups(root, "relief-line")
    numbers = first.find(f"{SVG}path").get("d", "").split()
    level = float(numbers[2])
    areas = [path for group in groups(root, "relief") for path in group.iter(f"{SVG}path")]
    assert len(areas) == 3
    for area in areas:
        flat = [float(n) for n in area.get("d", "").replace("z", "").split() if n not in "ML"]
        assert max(flat[1::2]) <= level + 0.01
    bare = [replace(panel, relief_line=None) for panel in panels(1)]
    assert not groups(ET.fromstring(small_multiples(bare, **NAMED)), "relief")


def test_a_value_that_a_table_calls_nan_is_missing_and_a_decimal_is_a_number():
    moment = datetime(2026, 10, 2, 9, tzinfo=CLINIC)
    scores = ((moment, Decimal("4")), (moment + timedelta(days=1), float("nan")))
    root = drawn(scores=scores, strips=Strips(pain=((moment, Decimal("3")), (moment, None))))
    assert count(root, "mood") == 1
    assert "mood 4" in words(root)
    assert "pain 3" in words(root)
    assert len(groups(root, "pain")) == 1


def test_each_strip_takes_room_only_when_it_has_something_to_show():
    def height(root: ET.Element) -> float:
        return float(root.get("viewBox", "").split()[3])

    bare = drawn(strips=Strips(pressure_limit=180))
    assert height(drawn()) - height(bare) == 30 + 50 + 54 + 18 + 4 * 14
    for role in ("pain", "banded", "score-band", "pressure", "limit", "effect"):
        assert groups(drawn(), role), role
        assert not groups(bare, role), role


def test_strips_say_the_newest_value_and_the_limit_and_leave_out_what_is_off_the_axis():
    root = drawn()
    assert {"PHQ-9 8", "mild", "210/90", "180", "side effects"} <= set(words(root))
    assert (count(root, "banded"), count(root, "pressure"), count(root, "effect")) == (2, 4, 2)
    later = date(2027, 1, 1)
    strips = Strips(
        peaks=(PressurePeak(later, 150, 90),), effects=(EffectMark(later, "mild"),), pain=()
    )
    assert not groups(drawn(strips=strips), "pressure")
    assert not groups(drawn(strips=strips), "effect")


def test_a_pressure_at_its_limit_is_in_the_colour_of_alarms():
    def colours(systolic: int) -> str:
        day = datetime(2026, 10, 2, 9, tzinfo=CLINIC)
        strips = Strips(peaks=(PressurePeak(day, systolic, 90),), pressure_limit=180)
        (bar,) = groups(drawn(strips=strips), "pressure-bar")
        return ET.tostring(bar, encoding="unicode")

    assert "alarm" in colours(180)
    assert "alarm" not in colours(179)


def test_a_new_course_with_another_start_has_another_piece_of_relief_line():
    first, second = date(2026, 10, 2), date(2026, 11, 1)

    def lines(levels: tuple[tuple[date, float], ...]) -> list[list[float]]:
        found = groups(drawn(relief_levels=levels), "relief-line")
        paths = [path.get("d", "") for group in found for path in group.iter(f"{SVG}path")]
        return [[float(n) for n in d.split() if n not in "MLz"] for d in paths]

    (whole,) = lines(((first, 6.0),))
    one, two = lines(((first, 6.0), (second, 7.0)))
    assert whole[0] == one[0] and one[2] == two[0] and whole[2] == two[2]
    assert two[1] < one[1]  # a higher score of relief stands higher
    assert not lines(())


def test_where_lower_is_better_the_part_below_the_line_is_filled():
    falling = SessionPanel("Session 1", "", ((0, 8), (1, 4), (3, 4), (7, 9)), False, relief_line=6)
    root = ET.fromstring(small_multiples([falling], higher_is_better=False, **NAMED))
    (line,) = groups(root, "relief-line")
    level = float(line.find(f"{SVG}path").get("d", "").split()[2])
    areas = [path for group in groups(root, "relief") for path in group.iter(f"{SVG}path")]
    assert len(areas) == 3
    for area in areas:
        flat = [float(n) for n in area.get("d", "").replace("z", "").split() if n not in "ML"]
        assert min(flat[1::2]) >= level - 0.01
