"""Each session lined up at its dose: small panels on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from reports.charts.sheet import Sheet
from reports.charts.style import NOTE_PX, require_labels, series_style
from reports.charts.svg import to_svg

WIDTH_PX, HEIGHT_PX = 1000, 166
#: How many sessions fit; earlier ones are left out.
MOST_PANELS = 8
#: Words the chart needs; ``days`` stands behind the last tick.
MULTIPLES_LABELS = ("days",)

_LEFT, _RIGHT = 36.0, 984.0
_TOP, _BOTTOM = 44.0, 132.0
_GAP = 28.0
_END_DAYS = 14.0
_TICKS = (0, 1, 7, 14)

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class SessionPanel:
    """One session: ``points`` are (days since the dose, score 0-10) in order of time.

    ``note`` gives the interval in words ("relief 1-2 d"). ``cut_off`` marks a session whose
    follow-up ended with the next one or with today, so that its relief may have lasted longer.
    ``relief_line`` is the score from which on this session counts as relief.
    """

    title: str
    note: str
    points: tuple[tuple[float, float], ...]
    cut_off: bool
    relief_line: float | None = None


def small_multiples(
    panels: Sequence[SessionPanel],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
    series: str = "iv",
    higher_is_better: bool = True,
) -> str:
    """The last eight sessions as SVG, 1000 x 166 px; time on a square-root scale 0-14 days.

    In each panel the other sessions are grey, and the area on the good side of the relief line is
    filled: above it where higher is better, else below it.
    """
    require_labels(labels, MULTIPLES_LABELS)
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    shown = panels[-MOST_PANELS:]
    width = (_RIGHT - _LEFT - _GAP * (MOST_PANELS - 1)) / MOST_PANELS
    for value in (0, 5, 10):
        sheet.text(_LEFT - 8, _y(value) + 4, value, anchor="right")
    colour = series_style(series).colour
    for place, panel in enumerate(shown):
        left = _LEFT + place * (width + _GAP)
        _frame(sheet, panel, left, width, labels["days"])
        others = [_placed(other, left, width) for other in shown if other is not panel]
        sheet.segments([line for line in others if len(line) > 1], "ghost", role="other")
        _session(sheet, panel, left, width, colour, higher_is_better)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _y(score: float) -> float:
    return _BOTTOM - score / 10 * (_BOTTOM - _TOP)


def _x(days: float, left: float, width: float) -> float:
    return left + width * sqrt(max(days, 0.0) / _END_DAYS)


def _placed(panel: SessionPanel, left: float, width: float) -> Points:
    return [(_x(t, left, width), _y(v)) for t, v in panel.points if t <= _END_DAYS]


def _frame(sheet: Sheet, panel: SessionPanel, left: float, width: float, days: str) -> None:
    sheet.text(left, 13, panel.title, "ink", size=NOTE_PX, bold=True)
    sheet.text(left, 29, panel.note, size=NOTE_PX)
    sheet.segments([[(left, _y(v)), (left + width, _y(v))] for v in (5, 10)], "grid")
    sheet.line([(left, _BOTTOM), (left + width, _BOTTOM)], "axis")
    xs = [_x(t, left, width) for t in _TICKS]
    sheet.segments([[(x, _BOTTOM), (x, _BOTTOM + 4)] for x in xs], "axis")
    for tick, x in zip(_TICKS, xs, strict=True):
        words = f"{tick}\u00a0{days}" if tick == _TICKS[-1] else str(tick)
        sheet.text(x, _BOTTOM + 18, words, size=NOTE_PX, anchor="center")


def _session(
    sheet: Sheet,
    panel: SessionPanel,
    left: float,
    width: float,
    colour: str,
    higher_is_better: bool,
) -> None:
    points = _placed(panel, left, width)
    if panel.relief_line is not None:
        y = _y(panel.relief_line)
        for area in _beyond(points, y, -1 if higher_is_better else 1):
            sheet.area(area, "s3", opacity=0.2, role="relief")
        sheet.line([(left, y), (left + width, y)], "s3", dash=(4, 2.5), role="relief-line")
    sheet.line(points, colour, width=1.8, role="session-line")
    sheet.marks(points, "o", colour, size=5, role="mood")
    if panel.cut_off and points:
        x, y = points[-1]
        sheet.marks([(x + 7, y)], ">", colour, size=6.5, hollow=True, role="cut-off")


def _beyond(points: Points, level: float, sign: int) -> list[Points]:
    """The polygons between the line and the level on one side: sign -1 is above, 1 is below."""
    polygons: list[Points] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        is_in = (y0 - level) * sign > 0, (y1 - level) * sign > 0
        if not any(is_in):
            continue
        start, end = (x0, y0), (x1, y1)
        if not all(is_in):
            crossing = (x0 + (x1 - x0) * (level - y0) / (y1 - y0), level)
            start, end = (start, crossing) if is_in[0] else (crossing, end)
        polygons.append([(start[0], level), start, end, (end[0], level)])
    return polygons
