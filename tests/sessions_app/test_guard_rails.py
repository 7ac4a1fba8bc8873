"""What a clinic may set: at, below and above each end, and how the settings fit together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sessions_app.rules.check_in_windows import window
from sessions_app.rules.guard_rails import (
    RAILS,
    SHIPPED_LINES,
    Change,
    limit_changes,
    limit_faults,
    line_name,
    protocol_changes,
    protocol_faults,
    settings_for,
    thresholds,
)
from sessions_app.rules.limits import DEFAULT_ALERTS, AlertLimits
from sessions_app.rules.protocols import SHIPPED

MOOD = ("mood_0_10",)


ENDS = [(route, name) for route in SHIPPED for name in settings_for(route)]


def faults(route: str, **values: Any) -> set[tuple[str, str]]:
    return {(f.field, f.code) for f in protocol_faults(replace(SHIPPED[route], **values))}


@pytest.mark.parametrize("route", SHIPPED)
def test_what_ships_may_be_set(route: str) -> None:
    assert protocol_faults(SHIPPED[route]) == []
    assert limit_faults(thresholds(DEFAULT_ALERTS)) == []


@pytest.mark.parametrize(("route", "name"), ENDS)
def test_each_number_may_be_set_to_its_ends_and_not_beyond(route: str, name: str) -> None:
    setting = settings_for(route)[name]
    step = Decimal("0.001") if isinstance(setting.high, Decimal) else 1
    beyond = (name, "outside_guard_rail")
    for value in (setting.low, setting.high):
        assert beyond not in faults(route, **{name: value})
    assert beyond in faults(route, **{name: setting.low - step})
    assert beyond in faults(route, **{name: setting.high + step})
    if not setting.optional:
        assert (name, "required") in faults(route, **{name: None})


def test_nobody_leaves_the_nasal_route_before_two_hours() -> None:
    assert faults("intranasal", watch_min=119) == {("watch_min", "outside_guard_rail")}
    assert faults("im", watch_min=119) == set()


@pytest.mark.parametrize(
    ("due", "code"),
    [
        ((), "schedule_without_zero"),
        ((10, 30, 60, 90), "schedule_without_zero"),
        ((0, 30, 30, 60, 90), "minutes_not_ascending"),
        ((0, 45, 30, 60, 90), "minutes_not_ascending"),
        ((0, 61, 90), "gap_too_long"),
        ((0, 60, 91), "due_after_watch"),
        ((0, 29), "gap_too_long"),
    ],
)
def test_a_schedule_that_leaves_a_hole_is_refused(due: tuple[int, ...], code: str) -> None:
    assert faults("im", due=due) == {("due", code)}


def test_a_schedule_at_its_limits_is_kept() -> None:
    assert faults("im", due=(0, 60, 90)) == set()
    assert faults("im", due=(0, 30)) == set()


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"weight_ask_percent": 10}, ("weight_ask_percent", "not_below")),
        ({"mg_per_kg_low": Decimal("1.01")}, ("mg_per_kg_low", "above_other_end")),
        ({"mg_per_kg_low": None}, ("mg_per_kg_low", "required")),
        ({"mg_per_kg_high": None}, ("mg_per_kg_high", "required")),
        ({"mg_per_kg_low": Decimal("NaN")}, ("mg_per_kg_low", "not_a_number")),
    ],
)
def test_two_settings_at_odds_are_refused(values: dict[str, Any], refused: tuple[str, str]) -> None:
    assert faults("iv", **values) == {refused}


def test_two_settings_may_meet() -> None:
    assert faults("iv", weight_ask_percent=9) == set()
    assert faults("iv", mg_per_kg_low=Decimal("1.0")) == set()
    assert faults("iv", mg_per_kg_low=None, mg_per_kg_high=None) == set()
    assert faults("intranasal", devices_low=3, devices_senior_low=3) == set()


def test_devices_ascend() -> None:
    assert faults("intranasal", devices_high=1) == {("devices_low", "above_other_end")}
    assert faults("intranasal", devices_senior_low=3) == {("devices_senior_low", "above_other_end")}


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        ((), "windows_missing"),
        ((window(2, 1, 6, MOOD), window(8, 5, 12, MOOD)), "windows_overlap"),
        ((window(2, 3, 6, MOOD),), "window_order"),
        ((window(6, 1, 6, MOOD),), "window_order"),
        ((window(2, -1, 6, MOOD),), "window_order"),
        ((window(4368, 4367, 4369, MOOD),), "window_too_late"),
        ((window(2, 1, 6, ()),), "window_without_mood"),
        ((window(2, 1, 6, ("phq9", "mood_0_10")),), "window_without_mood"),
        ((window(2, 1, 6, ("mood_0_10", "horoscope")),), "unknown_choice"),
        (tuple(window(2 * n + 1, 2 * n, 2 * n + 2, MOOD) for n in range(31)), "too_many_windows"),
    ],
)
def test_check_ins_that_cannot_work_are_refused(windows: Any, code: str) -> None:
    assert faults("oral", windows=windows) == {("windows", code)}


def test_a_check_in_may_open_when_the_one_before_closes() -> None:
    assert faults("oral", windows=(window(2, 1, 6, MOOD), window(8, 6, 12, MOOD))) == set()
    assert faults("oral", windows=(window(4366, 0, 4368, MOOD),)) == set()


# --- alert limits


def limit_codes(**values: Any) -> set[tuple[str, str]]:
    return {(f.field, f.code) for f in limit_faults(thresholds(DEFAULT_ALERTS) | values)}


def test_every_line_of_the_table_has_its_own_name_and_range() -> None:
    assert list(RAILS) == list(SHIPPED_LINES) and len(RAILS) == len(DEFAULT_ALERTS.limits)
    assert {name: line_name(line) for name, line in SHIPPED_LINES.items()} == {
        name: name for name in RAILS
    }


@pytest.mark.parametrize("name", RAILS)
def test_each_limit_may_be_set_to_its_ends_and_not_beyond(name: str) -> None:
    low, high = RAILS[name]
    for value in (low, high):
        assert (name, "outside_guard_rail") not in limit_codes(**{name: value})
    assert limit_codes(**{name: low - 1}) == {(name, "outside_guard_rail")}
    assert limit_codes(**{name: high + 1}) == {(name, "outside_guard_rail")}


@pytest.mark.parametrize("name", RAILS)
def test_only_a_line_that_is_not_high_may_be_left_out(name: str) -> None:
    expected = {(name, "required")} if SHIPPED_LINES[name].level == "high" else set()
    assert limit_codes(**{name: None}) == expected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("systolic_high_after_medium", 180, "warn_not_before_urgent"),
        ("systolic_high_after_medium", 179, None),
        ("diastolic_high_before_medium", 109, None),
        ("spo2_low_after_medium", 90, "warn_not_before_urgent"),
        ("spo2_low_after_medium", 91, None),
        ("respiratory_rate_low_both_medium", 8, "warn_not_before_urgent"),
        ("moaas_low_after_medium", 2, None),
    ],
)
def test_a_warning_comes_before_the_urgent_call(name: str, value: int, code: str | None) -> None:
    assert limit_codes(**{name: value}) == ({(name, code)} if code else set())


def test_the_ranges_keep_the_low_limits_of_a_sign_below_its_high_ones() -> None:
    for sign in {line.sign for line in SHIPPED_LINES.values()}:
        names = [n for n, line in SHIPPED_LINES.items() if line.sign == sign and not line.rise]
        tops = [RAILS[n][1] for n in names if SHIPPED_LINES[n].direction == "down"]
        floors = [RAILS[n][0] for n in names if SHIPPED_LINES[n].direction == "up"]
        assert not tops or not floors or max(tops) < min(floors), sign


# --- what changed


def test_what_changed_is_told_setting_by_setting() -> None:
    before = SHIPPED["im"]
    first, *_rest, last = before.windows
    later = replace(last, closes=last.closes * 2)
    after = replace(before, watch_min=120, due=(0, 60, 120), windows=(*before.windows[1:-1], later))
    assert protocol_changes(before, before) == []
    assert protocol_changes(before, after) == [
        Change("watch_min", 90, 120),
        Change("due", before.due, (0, 60, 120)),
        Change("window", first, None),
        Change("window", last, later),
    ]
    lines = tuple(
        replace(line, threshold=45) if line_name(line) == "heart_rate_low_both_medium" else line
        for line in DEFAULT_ALERTS.limits
        if line_name(line) != "moaas_low_before_medium"
    )
    assert limit_changes(DEFAULT_ALERTS, AlertLimits("ours", lines)) == [
        Change("heart_rate_low_both_medium", 50, 45),
        Change("moaas_low_before_medium", 5, None),
    ]
