"""Blood pressure after the dose: each session's highest value, and the two ways to tell a peak."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from reports.charts.sheet import Box, Sheet, spread, text_box, text_width
from reports.charts.style import (
    LINE_PX,
    NOTE_PX,
    TITLE_PX,
    known,
    require_labels,
    series_style,
)
from reports.charts.svg import to_svg

WIDTH_PX = 654
#: Words the charts need; `dots` holds `{n}`.
STRIPS_LABELS = ("mmhg", "limit", "dots", "one_dot", "sessions")
RISE_LABELS = ("rise", "minutes", "mean_curve", "mean_of_peaks")
BIN_MMHG = 5
_STRIP, _HIGHEST_STACK, _DOT = 52.0, 10, 4.2
_TOP = 34.0
_RISE_HEIGHT, _LEFT, _RISE_TOP, _BOTTOM = 272.0, 40.0, 44.0, 232.0
_Scale = Callable[[float], float]


@dataclass(frozen=True)
class Strip:
    """One group's sessions by their highest value: (lower edge of 5 mmHg, how many)."""

    label: str
    series: str
    sessions: int
    bins: tuple[tuple[int, int], ...]


def strips_figure(
    groups: Sequence[Strip],
    *,
    limit: float,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
) -> str:
    """Stacked dots over mmHg, one row a group, as SVG.

    A dot stands for as many sessions as the chart says; a stack is rounded up, so that the one
    session that went highest is there. Raises ValueError for a missing word.
    """
    require_labels(labels, STRIPS_LABELS)
    height = _TOP + _STRIP * len(groups) + 26
    sheet = Sheet(WIDTH_PX, height)
    left = max([60.0, *(text_width(g.label, TITLE_PX, bold=True) + 14 for g in groups)])
    right = WIDTH_PX - 64.0
    bottom = _TOP + _STRIP * len(groups)
    values = [edge for group in groups for edge, _n in group.bins]
    low = min([90, *values]) // 20 * 20
    high = ceil((max([limit + 15, *values]) + BIN_MMHG) / 20) * 20

    def x(mmhg: float) -> float:
        return left + (right - left) * (mmhg - low) / (high - low)

    most = max([1, *(n for group in groups for _edge, n in group.bins)])
    each = ceil(most / _HIGHEST_STACK)
    words = labels["one_dot"] if each == 1 else labels["dots"].format(n=each)
    sheet.text(left, 14, f"{labels['mmhg']} · {words}", size=NOTE_PX)
    sheet.text(WIDTH_PX - 8, 14, labels["sessions"], size=NOTE_PX, anchor="right")
    ticks = range(int(low), int(high) + 1, 20)
    sheet.segments([[(x(t), _TOP - 4), (x(t), bottom)] for t in ticks], "grid")
    sheet.line([(left, bottom), (right, bottom)], "axis")
    for tick in ticks:
        sheet.text(x(tick), bottom + 18, tick, size=NOTE_PX, anchor="center")
    sheet.line([(x(limit), _TOP - 8), (x(limit), bottom)], "alarm", width=1.4, dash=(3, 2))
    sheet.text(x(limit) + 4, _TOP - 1, labels["limit"], "alarm", size=NOTE_PX, halo=True)
    for place, group in enumerate(groups):
        floor = _TOP + _STRIP * (place + 1) - 5
        _strip(sheet, group, floor, left, each, x)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _strip(sheet: Sheet, group: Strip, floor: float, left: float, each: int, x: _Scale) -> None:
    colour = series_style(group.series).colour
    sheet.text(left - 10, floor - 14, group.label, colour, size=TITLE_PX, anchor="right", bold=True)
    dots = [
        (x(edge + BIN_MMHG / 2), floor - _DOT / 2 - k * _DOT)
        for edge, n in group.bins
        for k in range(ceil(n / each))
    ]
    sheet.marks(dots, "o", colour, size=_DOT, ring=0.4, role="peaks")
    sheet.text(WIDTH_PX - 8, floor - 14, group.sessions, size=NOTE_PX, anchor="right")


@dataclass(frozen=True)
class RiseInput:
    """One group: points (minutes, mean rise in mmHg) of its mean curve in order of time, and the
    mean of its sessions' highest rises with its bounds.
    """

    label: str
    series: str
    points: tuple[tuple[float, float], ...]
    mean_of_peaks: float
    lower: float | None = None
    upper: float | None = None


def rise_figure(
    groups: Sequence[RiseInput],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
) -> str:
    """The mean curve with its highest point, and beside it the mean of the peaks, as SVG.

    Both stand on one axis of mmHg over the value before the dose. Raises ValueError for a missing
    word.
    """
    require_labels(labels, RISE_LABELS)
    sheet = Sheet(WIDTH_PX, _RISE_HEIGHT)
    grid = _Grid.of(groups, labels)
    _axes(sheet, grid, labels)
    ends, taken = [], list[Box]()
    for place, group in enumerate(groups):
        at = grid.start + (grid.right - grid.start) * (place + 1) / (len(groups) + 1)
        ends.append(_rise(sheet, group, grid, at, taken))
    for group, height in zip(groups, spread(ends, 18, 52, 226), strict=True):
        colour = series_style(group.series).colour
        sheet.text(grid.right + 10, height + 4, group.label, colour, size=TITLE_PX, bold=True)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


@dataclass(frozen=True)
class _Grid:
    """Where things stand: the curve from `_LEFT` to `split`, the means from `start` to `right`."""

    split: float
    start: float
    right: float
    low: int
    high: int
    end: int

    @classmethod
    def of(cls, groups: Sequence[RiseInput], labels: Mapping[str, str]) -> _Grid:
        names = [text_width(group.label, TITLE_PX, bold=True) for group in groups]
        right = WIDTH_PX - max([*names, 60.0]) - 22
        split = right - max(text_width(labels["mean_of_peaks"], NOTE_PX), 90.0) - 18
        low, high = _range(groups)
        end = 30 * ceil(max([60.0, *(m for g in groups for m, _rise in g.points)]) / 30)
        return cls(split, split + 12, right, low, high, end)

    def x(self, minutes: float) -> float:
        return _LEFT + 8 + (self.split - _LEFT - 16) * minutes / self.end

    def y(self, rise: float) -> float:
        return _BOTTOM - (_BOTTOM - _RISE_TOP) * (rise - self.low) / (self.high - self.low)


def _axes(sheet: Sheet, grid: _Grid, labels: Mapping[str, str]) -> None:
    """Both grids on one axis of mmHg, with their names."""
    sheet.text(_LEFT, 14, labels["rise"], size=NOTE_PX)
    sheet.text(_LEFT + 8, 32, labels["mean_curve"], "ink", size=NOTE_PX, bold=True)
    sheet.text(grid.start, 32, labels["mean_of_peaks"], "ink", size=NOTE_PX, bold=True)
    for tick in range(grid.low, grid.high + 1, 5):
        y = grid.y(tick)
        lines = [[(_LEFT, y), (grid.split, y)], [(grid.start, y), (grid.right, y)]]
        sheet.segments(lines, "axis" if tick == 0 else "grid")
        sheet.text(_LEFT - 6, y + 4, _signed(tick, "d"), size=NOTE_PX, anchor="right")
    for minute in range(0, grid.end + 1, 30):
        last = minute == grid.end
        words = f"{minute}\u00a0{labels['minutes']}" if last else str(minute)
        sheet.text(grid.x(minute), _BOTTOM + 19, words, size=NOTE_PX, anchor="center")


def _signed(value: float, form: str = ".1f") -> str:
    return f"{value:+{form}}".replace("-", "−") if value else "0"


def _range(groups: Sequence[RiseInput]) -> tuple[int, int]:
    values = [0.0, 10.0]
    for group in groups:
        values += [rise for _minute, rise in group.points]
        ends = (group.mean_of_peaks, group.lower, group.upper)
        values += [v for v in map(known, ends) if v is not None]
    return 5 * (int(min(values)) // 5), 5 * ceil(max(values) / 5)


def _rise(sheet: Sheet, group: RiseInput, grid: _Grid, at: float, taken: list[Box]) -> float:
    """One group's line, its highest point and its mean of the peaks; the height of the latter."""
    style = series_style(group.series)
    line = [(grid.x(minute), grid.y(rise)) for minute, rise in group.points]
    sheet.line(line, style.colour, width=LINE_PX, dash=style.dash, role="line")
    sheet.marks(line, style.marker, style.colour, size=5, role="mean")
    if group.points:
        minute, rise = max(group.points, key=lambda point: point[1])
        x, y = grid.x(minute), grid.y(rise)
        sheet.marks([(x, y)], style.marker, style.colour, size=9, role="top")
        # Above its point, or below it where another name stands already.
        above = text_box(x, y - 9, _signed(rise), anchor="center")
        height = y + 20 if any(above.meets(box) for box in taken) else y - 9
        taken.append(_value(sheet, x, height, rise, style.colour))
    mean, low, high = grid.y(group.mean_of_peaks), known(group.lower), known(group.upper)
    if low is not None and high is not None:
        ends = [(at, grid.y(low)), (at, grid.y(high))]
        sheet.line(ends, style.colour, width=2, role="interval")
    sheet.marks([(at, mean)], style.marker, style.colour, size=8, role="peaks")
    top = mean if high is None else grid.y(high)
    _value(sheet, at, top - 6, group.mean_of_peaks, style.colour)
    return mean


def _value(sheet: Sheet, x: float, y: float, rise: float, colour: str) -> Box:
    return sheet.text(x, y, _signed(rise), colour, anchor="center", bold=True, halo=True)
