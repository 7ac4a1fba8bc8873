"""Mean change of mood after a session, by group, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, floor, sqrt

from reports.charts.sheet import Sheet, spread, text_width
from reports.charts.style import (
    LINE_PX,
    MINIMUM_PATIENTS,
    NOTE_PX,
    TITLE_PX,
    known,
    require_few,
    require_labels,
    series_style,
)
from reports.charts.svg import to_svg

WIDTH_PX, HEIGHT_PX = 654, 272
#: Words the chart needs.
MOOD_LABELS = ("units", "hours", "days", "below_minimum")
_HOURS_A_DAY = 24.0
_Scale = Callable[[float], float]


@dataclass(frozen=True)
class MoodInput:
    """One group's mean change from before the dose.

    ``points`` are (hours since the dose, mean, lower, upper) in order of time, positive = better;
    lower and upper may be None where no interval exists.
    """

    label: str
    points: tuple[tuple[float, float, float | None, float | None], ...]
    n_patients: int
    series: str


def mood_figure(
    groups: Mapping[str, MoodInput],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
    min_patients: int = MINIMUM_PATIENTS,
    ticks_h: tuple[float, ...] = (2, 24, 72, 168, 336, 504, 672),
) -> str:
    """Mean change of mood over 28 days, square-root time, as SVG (654 x 272 px).

    A group below ``min_patients`` has its name and ``labels["below_minimum"]`` at the right and
    no mark. Raises ValueError for more than four groups or a missing word.
    """
    require_labels(labels, MOOD_LABELS)
    require_few(groups)
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    shown = [group for group in groups.values() if group.n_patients >= min_patients]
    names = [group.label for group in groups.values()]
    widest = max((text_width(name, TITLE_PX, bold=True) for name in names), default=0.0)
    widest = max(widest, text_width(labels["below_minimum"], NOTE_PX))
    left, right, top, bottom = 46.0, WIDTH_PX - widest - 26, 40.0, 232.0
    end = max(ticks_h)
    low, high = _range(shown)

    def x(hours: float) -> float:
        return left + 8 + (right - left - 16) * sqrt(hours / end)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    sheet.text(8, 16, labels["units"], size=NOTE_PX)
    step = max(1, ceil((high - low) / 6))
    for value in range(ceil(low / step) * step, floor(high) + 1, step):
        sheet.line([(left, y(value)), (right, y(value))], "axis" if value == 0 else "grid")
        sign = f"{value:+d}".replace("-", "−") if value else "0"
        sheet.text(left - 8, y(value) + 4, sign, anchor="right")
    for tick in ticks_h:
        sheet.line([(x(tick), bottom), (x(tick), bottom + 4)], "axis")
        sheet.text(x(tick), bottom + 19, _time_word(tick, end, labels), anchor="center")
    ends: list[float] = []
    for place, group in enumerate(shown):
        # Three pixels apart, so that intervals at the same time stay apart.
        ends.append(_mood_line(sheet, group, x, y, 3 * (place - (len(shown) - 1) / 2), end))
    _mood_names(sheet, list(groups.values()), shown, ends, x(end), right, labels)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _range(shown: list[MoodInput]) -> tuple[float, float]:
    values = [0.0, 1.0]
    for group in shown:
        for _, *numbers in group.points:
            values += [n for n in map(known, numbers) if n is not None]
    return floor(min(values) * 2) / 2 - 0.25, ceil(max(values) * 2) / 2 + 0.25


def _time_word(hours: float, end: float, labels: Mapping[str, str]) -> str:
    if hours < _HOURS_A_DAY:
        return f"{hours:g}\u00a0{labels['hours']}"
    word = f"{hours / _HOURS_A_DAY:g}"
    return f"{word}\u00a0{labels['days']}" if hours == end else word


def _mood_line(
    sheet: Sheet, group: MoodInput, x: _Scale, y: _Scale, dodge: float, end: float
) -> float:
    """Intervals, line and markers of one group; returns the height at which it ends."""
    style = series_style(group.series)
    points = [p for p in group.points if p[0] <= end and known(p[1]) is not None]
    bars = [
        [(x(hours) + dodge, y(lower)), (x(hours) + dodge, y(upper))]
        for hours, _, low, high in points
        if (lower := known(low)) is not None and (upper := known(high)) is not None
    ]
    sheet.segments(bars, style.colour, width=1.2, role="interval")
    line = [(x(hours) + dodge, y(mean)) for hours, mean, *_ in points]
    sheet.line(line, style.colour, width=LINE_PX, dash=style.dash, role="line")
    sheet.marks(line, style.marker, style.colour, size=6.5, role="mean")
    return line[-1][1] if line else y(0)


def _mood_names(
    sheet: Sheet,
    groups: list[MoodInput],
    shown: list[MoodInput],
    ends: list[float],
    last_x: float,
    right: float,
    labels: Mapping[str, str],
) -> None:
    """Names at the line ends, with a leader where they had to move; small groups below."""
    small = [group for group in groups if group not in shown]
    places = spread(ends, 18, 52, 224 - 32 * len(small))
    for group, end, place in zip(shown, ends, places, strict=True):
        colour = series_style(group.series).colour
        sheet.line([(last_x + 8, end), (right + 10, place)], colour, width=0.8, role="leader")
        sheet.text(right + 14, place + 4, group.label, colour, size=TITLE_PX, bold=True)
    for row, group in enumerate(small):
        y = 240 - 32 * (len(small) - 1 - row)
        colour = series_style(group.series).colour
        sheet.text(right + 14, y, group.label, colour, size=TITLE_PX, bold=True)
        sheet.text(right + 14, y + 15, labels["below_minimum"], size=NOTE_PX)
