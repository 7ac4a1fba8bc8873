"""How soon relief starts and how long it lasts: interval-censored curves, one panel per group.

The line is the nonparametric maximum-likelihood estimate (Turnbull). Where it changes, between two
check-ins, the place of the change is not identified: that stretch is a shaded box, and the dotted
line through it only guides the eye. At-risk and cumulative event counts stand under the ticks, as
in KMunicate (Morris 2019, BMJ Open 9:e030215). All times are hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt

from matplotlib.figure import Figure

from reports.charts.curve_data import (
    CurveInput,
    at_risk_at,
    events_by,
    followed_until,
    km_bars,
    last_seen,
    steps_of,
)
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import (
    LABEL_PX,
    LINE_PX,
    MINIMUM_PATIENTS,
    NOTE_PX,
    TITLE_PX,
    require_few,
    require_labels,
    series_style,
)
from reports.charts.svg import to_svg

WIDTH_PX, HEIGHT_PX = 654, 272
MINIMUM_AT_RISK = 5

#: Words the charts need. ``counts`` holds ``{patients}`` and ``{sessions}``.
CURVE_LABELS = ("at_risk", "events", "hours", "days", "percent", "counts", "below_minimum")

_TOP, _BOTTOM = 54.0, 184.0
_TICKS_Y, _AT_RISK_Y, _EVENTS_Y = 202.0, 232.0, 254.0
_GAP = 30.0
_ASIDE_PX, _BETWEEN_PX = 5.0, 4.5
_ONSET_TICKS_H = (2.0, 24.0, 72.0, 168.0, 336.0)
_ONSET_END_H = 336.0
_RELIEF_END_H = 672.0

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class _Axis:
    """The time axis that all panels share, and whether the curve rises."""

    end_h: float
    ticks_h: tuple[float, ...]
    share_of_width: Callable[[float], float]
    rises: bool
    min_at_risk: int


def onset_figure(
    groups: Mapping[str, CurveInput],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
    min_patients: int = MINIMUM_PATIENTS,
    min_at_risk: int = MINIMUM_AT_RISK,
    ticks_h: Sequence[float] = _ONSET_TICKS_H,
) -> str:
    """Share with relief over the first 14 days, square-root time, as SVG (654 x 272 px)."""
    axis = _Axis(_ONSET_END_H, tuple(ticks_h), lambda h: sqrt(h / _ONSET_END_H), True, min_at_risk)
    figure = curves_figure(groups, axis, labels, min_patients)
    return to_svg(figure, prefix=prefix, title=title, desc=desc)


def relief_figure(
    groups: Mapping[str, CurveInput],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
    min_patients: int = MINIMUM_PATIENTS,
    min_at_risk: int = MINIMUM_AT_RISK,
    ticks_h: Sequence[float] | None = None,
) -> str:
    """Share still in relief over 28 days, or longer when the data are, as SVG (654 x 272 px).

    The axis follows the groups that are drawn, so a group below the minimum shows nothing.
    """
    drawn = [group for group in groups.values() if group.n_patients >= min_patients]
    end = _relief_end(drawn, min_at_risk)
    ticks = tuple(end * k / 4 for k in range(5)) if ticks_h is None else tuple(ticks_h)
    axis = _Axis(end, ticks, lambda h: h / end, False, min_at_risk)
    figure = curves_figure(groups, axis, labels, min_patients)
    return to_svg(figure, prefix=prefix, title=title, desc=desc)


def curves_figure(
    groups: Mapping[str, CurveInput],
    axis: _Axis,
    labels: Mapping[str, str],
    min_patients: int,
) -> Figure:
    """The panels as a figure in CSS pixels.

    A group with fewer than ``min_patients`` shows its name and ``labels["below_minimum"]`` only:
    no line, no counts, no shadow in the other panels. Raises ValueError for more than four groups
    or a missing word.
    """
    require_labels(labels, CURVE_LABELS)
    require_few(groups)
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    words = [labels["at_risk"], labels["events"]]
    left = max(54.0, *(text_width(word) + 26 for word in words))
    count = max(len(groups), 1)
    width = (WIDTH_PX - 22 - left - _GAP * (count - 1)) / count
    for row, word in ((_AT_RISK_Y, words[0]), (_EVENTS_Y, words[1])):
        sheet.text(left - 20, row, word, anchor="right")
    for value in (0, 25, 50, 75, 100):
        text = labels["percent"].format(n=value) if value == 100 else str(value)
        sheet.text(left - 8, _y(value / 100) + 4, text, anchor="right")
    shown = {key: group for key, group in groups.items() if group.n_patients >= min_patients}
    for place, (key, group) in enumerate(groups.items()):
        panel = _Panel(sheet, left + place * (width + _GAP), width, axis, labels)
        panel.frame(group.label, series_style(group.series).colour)
        if key not in shown:
            panel.below_minimum()
            continue
        for other in shown:
            if other != key:
                panel.shadow(shown[other])
        panel.curve(group)
        panel.counts(group)
    return sheet.figure


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _relief_end(groups: Sequence[CurveInput], min_at_risk: int) -> float:
    """28 days, or the next multiple of 28 that holds the last drawn time."""
    longest = _RELIEF_END_H
    for group in groups:
        end = last_seen(group, steps_of(group))
        if group.km is not None and min(group.km["n_risk"], default=0) < min_at_risk:
            end = min(end, followed_until(group, min_at_risk))
        longest = max(longest, end)
    return ceil(longest / _RELIEF_END_H - 1e-9) * _RELIEF_END_H


class _Panel:
    """One group's panel: where it stands on the sheet and how hours become pixels."""

    def __init__(
        self, sheet: Sheet, left: float, width: float, axis: _Axis, labels: Mapping[str, str]
    ) -> None:
        self.sheet, self.left, self.width = sheet, left, width
        self.axis, self.labels = axis, labels

    def x(self, hours: float) -> float:
        """Pixels from the left of the sheet; later than the axis is drawn at its end."""
        return self.left + self.width * self.axis.share_of_width(min(hours, self.axis.end_h))

    def y(self, survival: float) -> float:
        """Pixels from the top: survival falls, its complement rises."""
        return _y(1 - survival if self.axis.rises else survival)

    def frame(self, name: str, colour: str) -> None:
        """Name, grid, axis and tick words."""
        right = self.left + self.width
        self.sheet.text(self.left, 14, name, colour, size=TITLE_PX, bold=True, role="group")
        grid = [[(self.left, _y(s)), (right, _y(s))] for s in (0.25, 0.5, 0.75, 1.0)]
        self.sheet.segments(grid, "grid")
        self.sheet.line([(self.left, _BOTTOM), (right, _BOTTOM)], "axis")
        ticks = [[(self.x(t), _BOTTOM), (self.x(t), _BOTTOM + 4)] for t in self.axis.ticks_h]
        self.sheet.segments(ticks, "axis")
        self._row(_TICKS_Y, [self._tick_word(i) for i in range(len(ticks))], "ink2", LABEL_PX)

    def _tick_word(self, i: int) -> str:
        """Hours below a day, else days; a unit where it changes and on the last tick."""
        hours = self.axis.ticks_h[i]
        if 0 < hours < 24:
            return f"{hours:g}\u00a0{self.labels['hours']}"
        is_last = i == len(self.axis.ticks_h) - 1
        return f"{hours / 24:g}" + (f"\u00a0{self.labels['days']}" if is_last else "")

    def _row(self, y: float, words: Sequence[str], colour: str, size: float) -> None:
        """Words under the ticks; the last always, the others aside a little where that makes room.

        A word that would have to leave its tick by more than ``_ASIDE_PX`` is left out.
        """
        xs = [self.x(t) for t in self.axis.ticks_h]
        halves = [text_width(word, size) / 2 for word in words]
        last = len(words) - 1
        right = -inf
        for i, word in enumerate(words):
            most = inf if i == last else xs[last] - halves[last] - _BETWEEN_PX - halves[i]
            at = min(max(xs[i], right + _BETWEEN_PX + halves[i]), most)
            is_free = at - halves[i] >= right + _BETWEEN_PX - 1e-9
            if i < last and (not is_free or abs(at - xs[i]) > _ASIDE_PX):
                continue
            at = xs[i] if i == last else at
            self.sheet.text(at, y, word, colour, size=size, anchor="center")
            right = at + halves[i]

    def below_minimum(self) -> None:
        """Says that the group is too small to be drawn."""
        words = self.labels["below_minimum"]
        middle = self.left + self.width / 2
        y = (_TOP + _BOTTOM) / 2
        self.sheet.text(middle, y, words, anchor="center", halo=True, role="below-minimum")

    def shadow(self, group: CurveInput) -> None:
        """Another group's line, thin and grey, as far as it may be drawn."""
        runs = self._runs(group)
        self.sheet.line(runs[0], "ghost", width=1, role="shadow")

    def curve(self, group: CurveInput) -> None:
        """Boxes, line, markers and intervals; grey where too few are followed."""
        style = series_style(group.series)
        until = followed_until(group, self.axis.min_at_risk)
        reach = min(until, self.axis.end_h)
        closed = [s for s in steps_of(group) if s.lo < reach and s.lo < s.hi < inf]
        for s in closed:
            corners = self.x(s.lo), self.y(s.before), self.x(s.hi), self.y(s.after)
            self.sheet.rect(*corners, style.colour, opacity=0.2, role="box")
        self._intervals(group, style.colour, until)
        _, tail = self._runs(group)
        if until < self.axis.end_h:
            edge = max([until, *(s.hi for s in closed)])
            axis_end = (self.left + self.width, _BOTTOM)
            self.sheet.line([(self.x(edge), _BOTTOM), axis_end], "ghost", width=3, role="few")
            self.sheet.line(tail, "ghost", width=1.6, role="tail")
        flats, dotted = self._line_parts(group)
        self.sheet.segments(flats, style.colour, width=LINE_PX, role="line")
        self.sheet.segments(dotted, style.colour, width=1.6, dash=(1.6, 2), role="guide")
        ends = [(self.x(s.hi), self.y(s.after)) for s in closed if s.hi <= self.axis.end_h]
        self.sheet.marks(ends, style.marker, style.colour, size=6.5, role="box-end")

    def _corners(self, group: CurveInput) -> list[tuple[float, float, bool]]:
        """The line as (hours, survival, inside a box) up to where anything is known."""
        steps = steps_of(group)
        corners: list[tuple[float, float, bool]] = [(0.0, 1.0, False)]
        for step in steps:
            corners.append((step.lo, step.before, False))
            if step.hi < inf:
                corners.append((step.hi, step.after, step.hi > step.lo))
        last = min(last_seen(group, steps), self.axis.end_h)
        if corners[-1][0] < last:
            corners.append((last, corners[-1][1], False))
        return corners

    def _split(self, group: CurveInput) -> list[tuple[tuple[float, float], Points, bool, bool]]:
        """Each piece as ((from, to) hours, pixel points, inside a box, enough are followed).

        A box that begins while enough are followed belongs to the line as a whole; a flat piece
        is cut at the moment from which they are too few.
        """
        until = followed_until(group, self.axis.min_at_risk)
        pieces = []
        corners = self._corners(group)
        for (t0, s0, _), (t1, s1, in_box) in zip(corners, corners[1:], strict=False):
            if t0 >= self.axis.end_h:
                break
            if t1 > self.axis.end_h:
                # What lies past the axis is cut off on the straight guide, not squeezed in.
                s1 = s0 + (s1 - s0) * (self.axis.end_h - t0) / (t1 - t0)
                t1 = self.axis.end_h
            cut = not in_box and t0 < until < t1
            for a, b in [(t0, until), (until, t1)] if cut else [(t0, t1)]:
                enough = a < until or (a == b and b <= until)
                points = [(self.x(a), self.y(s0)), (self.x(b), self.y(s1))]
                pieces.append(((a, b), points, in_box, enough))
        return pieces

    def _runs(self, group: CurveInput) -> tuple[Points, Points]:
        """The line while enough are followed, and the rest of it."""
        head: Points = []
        tail: Points = []
        for _, points, _, enough in self._split(group):
            run = head if enough else tail
            run += points if not run else points[1:]
        return head, tail

    def _line_parts(self, group: CurveInput) -> tuple[list[Points], list[Points]]:
        """Pieces where the estimate is determined, and pieces through the boxes."""
        pieces = [piece for piece in self._split(group) if piece[3]]
        moving = [(points, in_box) for _, points, in_box, _ in pieces if points[0] != points[1]]
        flats = [points for points, in_box in moving if not in_box]
        return flats, [points for points, in_box in moving if in_box]

    def _intervals(self, group: CurveInput, colour: str, until: float) -> None:
        """Vertical 95 % bars at the ticks, where at least ``min_at_risk`` are followed."""
        bars = group.bars or km_bars(group.km, self.axis.ticks_h)
        segments = [
            [(self.x(hours), self.y(lower)), (self.x(hours), self.y(upper))]
            for hours, lower, upper in bars
            if 0 < hours <= min(until, self.axis.end_h)
        ]
        self.sheet.segments(segments, colour, width=1.4, role="interval")

    def counts(self, group: CurveInput) -> None:
        """The note under the name and the table under the ticks."""
        note = group.note or self.labels["counts"].format(
            patients=group.n_patients, sessions=group.n_sessions
        )
        for row, line in enumerate(_two_lines(note, self.width + _GAP - 8)):
            self.sheet.text(self.left, 29 + 14 * row, line, size=NOTE_PX)
        if group.km is None:
            return
        at_risk = [str(at_risk_at(group.km, t)) for t in self.axis.ticks_h]
        events = [str(events_by(group.km, t)) for t in self.axis.ticks_h]
        self._row(_AT_RISK_Y, at_risk, "ink", NOTE_PX)
        self._row(_EVENTS_Y, events, "ink2", NOTE_PX)


def _two_lines(text: str, width: float) -> list[str]:
    """The text as it is when it fits, else broken at the last space that lets the start fit."""
    if text_width(text, NOTE_PX) <= width:
        return [text]
    words = text.split(" ")
    fitting = [i for i in range(1, len(words)) if text_width(" ".join(words[:i]), NOTE_PX) <= width]
    at = fitting[-1] if fitting else 1
    return [" ".join(words[:at]), " ".join(words[at:])]
