"""What the figures of the safety overview must not hide: the highest one, the open end, the gap."""

from __future__ import annotations

import re

import pytest

from reports.charts.safety_clock import CLOCK_LABELS, ClockRow, clock_figure
from reports.charts.safety_funnel import FUNNEL_LABELS, FunnelRow, funnel_figure
from reports.charts.safety_pressure import (
    RISE_LABELS,
    STRIPS_LABELS,
    RiseInput,
    Strip,
    rise_figure,
    strips_figure,
)
from reports.charts.safety_shares import MOST_ROWS, SHARES_LABELS, Share, ShareRow, shares_figure

WORDS = {"percent": "{n} %", "dots": "up to {n} each", "part": "{n} ({percent} %)"}


def labels(names: tuple[str, ...]) -> dict[str, str]:
    return {name: WORDS.get(name, f"the {name}") for name in names}


def marks(svg: str, role: str) -> list[tuple[float, float]]:
    """Where the marks of one role stand."""
    found: list[tuple[float, float]] = []
    for group in re.findall(rf'<g class="ch-{role}">(.*?)</g>', svg, re.S):
        places = re.findall(r'<use [^>]*?x="([\d.]+)" y="([\d.]+)"', group)
        found += [(float(x), float(y)) for x, y in places]
    return found


def strips(bins: tuple[tuple[int, int], ...]) -> str:
    group = Strip("ketAMINE IV", "iv", sum(n for _edge, n in bins), bins)
    return strips_figure(
        [group], limit=180, labels=labels(STRIPS_LABELS), prefix="s", title="t", desc="d"
    )


def test_the_one_session_that_went_highest_has_its_dot() -> None:
    svg = strips(((130, 400), (140, 395), (215, 1)))
    dots = marks(svg, "peaks")
    right = max(x for x, _y in dots)
    assert sum(x == right for x, _y in dots) == 1
    assert "up to 40 each" in svg
    assert len(dots) == 10 + 10 + 1


def test_few_sessions_have_a_dot_each() -> None:
    svg = strips(((130, 3), (140, 2)))
    assert len(marks(svg, "peaks")) == 5
    assert "the one_dot" in svg


def clock(row: ClockRow) -> str:
    return clock_figure([row], labels=labels(CLOCK_LABELS), prefix="c", title="t", desc="d")


def test_an_effect_without_a_known_end_has_an_open_bar() -> None:
    seen = clock(ClockRow("Nausea", 20, 15, 30, 25, "lasts 25 min"))
    unseen = clock(ClockRow("Nausea", 20, 15, 30, None, "not reached"))
    assert "ch-open-end" in unseen and "ch-open-end" not in seen


def test_every_bar_lies_on_the_clock() -> None:
    svg = clock(ClockRow("Nausea", 100, 90, 110, 400, "lasts 400 min"))
    assert "510" not in svg.split("</desc>")[0]
    assert re.search(r">480\u00a0the minutes<", svg)


def test_shares_run_from_nothing_to_all() -> None:
    rows = [
        ShareRow("Nausea", Share(0.0, 0.0, 0.1, "0 %"), Share(1.0, 0.8, 1.0, "100 %")),
        ShareRow("Headache", Share(0.5, None, None, "50 %"), Share(0.5, 0.4, 0.6, "50 %")),
    ]
    svg = shares_figure(rows, labels=labels(SHARES_LABELS), prefix="f", title="t", desc="d")
    dots = marks(svg, "share")
    left, right = dots[0][0], dots[2][0]
    assert dots[1][0] - left == pytest.approx(right - dots[3][0])
    assert len(dots) == 4
    many = shares_figure(rows * 10, labels=labels(SHARES_LABELS), prefix="f", title="t", desc="d")
    assert len(marks(many, "share")) == 2 * MOST_ROWS


def test_the_two_ways_to_a_peak_share_one_axis() -> None:
    """A mean of the peaks of 20 stands as high as a point of the curve at 20."""
    groups = [
        RiseInput("IV", "iv", ((10, 5), (30, 20), (60, 10)), 20.0, 18.0, 22.0),
        RiseInput("nasal", "nasal", ((40, 19.9),), 25.0),
    ]
    svg = rise_figure(groups, labels=labels(RISE_LABELS), prefix="r", title="t", desc="d")
    top, mean = marks(svg, "top"), marks(svg, "peaks")
    assert top[0][1] == pytest.approx(mean[0][1])
    assert mean[1][1] < mean[0][1]


def test_names_of_two_peaks_do_not_cover_each_other() -> None:
    groups = [
        RiseInput("IV", "iv", ((40, 17.1),), 20.0),
        RiseInput("nasal", "nasal", ((40, 16.8),), 17.0),
    ]
    svg = rise_figure(groups, labels=labels(RISE_LABELS), prefix="r", title="t", desc="d")
    heights = [
        float(re.search(rf'y="([\d.]+)"[^>]*>\{words}<', svg)[1])  # type: ignore[index]
        for words in ("+17.1", "+16.8")
    ]
    assert abs(heights[0] - heights[1]) > 12


def test_a_funnel_is_as_long_as_its_shares() -> None:
    rows = [FunnelRow("All", "neutral", 200, 150, 50)]
    svg = funnel_figure(rows, labels=labels(FUNNEL_LABELS), prefix="u", title="t", desc="d")
    assert "150 (75 %)" in svg and "50 (25 %)" in svg


@pytest.mark.parametrize(
    "draw",
    [
        lambda: shares_figure([], labels={}, prefix="a", title="t", desc="d"),
        lambda: clock_figure([], labels={}, prefix="a", title="t", desc="d"),
        lambda: strips_figure([], limit=1, labels={}, prefix="a", title="t", desc="d"),
        lambda: rise_figure([], labels={}, prefix="a", title="t", desc="d"),
        lambda: funnel_figure([], labels={}, prefix="a", title="t", desc="d"),
    ],
)
def test_a_missing_word_is_named(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(ValueError, match="the chart needs words for"):
        draw()
