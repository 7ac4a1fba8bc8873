"""Median relief by session number: a dot and its 95 % interval for each band, a panel per group.

Patients who stop early are missing from later bands, so the dots are not joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from reports.charts.sheet import Sheet, text_width
from reports.charts.style import (
    LABEL_PX,
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
SESSIONS_LABELS = ("days", "sessions", "below_minimum", "not_reached")

_TOP, _BOTTOM = 30.0, 232.0
_GAP = 18.0
_HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class BandEstimate:
    """Median relief in hours of one band of session numbers; None = not reached."""

    band: str
    n_patients: int
    n_sessions: int
    median_h: float | None
    lower_h: float | None
    upper_h: float | None


@dataclass(frozen=True)
class BandsInput:
    """One group's rows, one for each band; all groups have the same bands in the same order."""

    label: str
    rows: tuple[BandEstimate, ...]
    series: str


def sessions_figure(
    groups: Mapping[str, BandsInput],
    *,
    labels: Mapping[str, str],
    prefix: str,
    title: str,
    desc: str,
    min_patients: int = MINIMUM_PATIENTS,
) -> str:
    """Median relief in days by session band, as SVG (654 x 272 px); all panels share the x axis.

    A row below ``min_patients`` says so and shows neither an estimate nor a count. Raises
    ValueError for more than four groups or a missing word.
    """
    require_labels(labels, SESSIONS_LABELS)
    require_few(groups)
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    bands = next((group.rows for group in groups.values()), ())
    left = max([40.0, *(text_width(row.band) + 20 for row in bands)])
    step = (_BOTTOM - _TOP) / max(len(bands), 1)
    heights = [_TOP + step * (i + 0.62) for i in range(len(bands))]
    for row, y in zip(bands, heights, strict=True):
        sheet.text(left - 12, y + 4, row.band, anchor="right")
    width = (WIDTH_PX - 8 - left - _GAP * (len(groups) - 1)) / max(len(groups), 1)
    end_days = _end_days(groups, min_patients)
    for place, group in enumerate(groups.values()):
        panel = _Panel(sheet, left + place * (width + _GAP), width, end_days, labels)
        panel.frame(group)
        for row, y in zip(group.rows, heights, strict=True):
            panel.row(row, y, group.series, min_patients)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _end_days(groups: Mapping[str, BandsInput], min_patients: int) -> float:
    """Three weeks, or the next multiple that holds every drawn value."""
    drawn = [row for g in groups.values() for row in g.rows if row.n_patients >= min_patients]
    hours = [known(v) for row in drawn for v in (row.median_h, row.upper_h)]
    longest = max([1.0, *(h / _HOURS_A_DAY for h in hours if h is not None)])
    return 21.0 * ceil(longest / 21 - 1e-9)


class _Panel:
    """One group: its dots at the left, the number of sessions at the right edge."""

    def __init__(
        self, sheet: Sheet, left: float, width: float, end_days: float, labels: Mapping[str, str]
    ) -> None:
        self.sheet, self.left, self.right = sheet, left, left + width
        self.end_days, self.labels = end_days, labels
        self.plot_right = self.right - 46

    def x(self, hours: float) -> float:
        share = min(hours / _HOURS_A_DAY / self.end_days, 1.0)
        return self.left + (self.plot_right - self.left) * share

    def frame(self, group: BandsInput) -> None:
        """Name, grid lines at thirds of the axis and their words."""
        colour = series_style(group.series).colour
        name = self.sheet.text(self.left, 16, group.label, colour, size=TITLE_PX, bold=True)
        words = self.labels["sessions"]
        bold_end = self.left + text_width(group.label, TITLE_PX, bold=True)
        if max(name.right, bold_end) + 6 + text_width(words, NOTE_PX) <= self.right:
            self.sheet.text(self.right, 16, words, size=NOTE_PX, anchor="right")
        self.sheet.line([(self.left, _BOTTOM), (self.right, _BOTTOM)], "axis")
        ticks = [self.end_days * k / 3 for k in range(4)]
        lines = [[(self.x(t * 24), _TOP), (self.x(t * 24), _BOTTOM)] for t in ticks]
        self.sheet.segments(lines, "grid")
        for tick in ticks:
            # The number stands under its line; the unit follows the last one.
            start = self.x(tick * 24) - text_width(f"{tick:g}") / 2
            unit = f"\u00a0{self.labels['days']}" if tick == ticks[-1] else ""
            self.sheet.text(start, _BOTTOM + 19, f"{tick:g}{unit}")

    def row(self, row: BandEstimate, y: float, series: str, min_patients: int) -> None:
        """The estimate and its count, or why there is none."""
        if row.n_patients < min_patients:
            words = self.labels["below_minimum"]
            self.sheet.text(
                self.left + 4, y + 4, words, size=NOTE_PX, halo=True, role="below-minimum"
            )
            return
        self.sheet.text(self.right, y + 4, row.n_sessions, size=NOTE_PX, anchor="right")
        self._interval(row, y, series)
        style, median = series_style(series), known(row.median_h)
        if median is None:
            words = self.labels["not_reached"]
            self.sheet.text(self.left + 4, y - 9, words, size=NOTE_PX, halo=True)
            return
        self.sheet.marks([(self.x(median), y)], style.marker, style.colour, size=7.5, role="median")
        value = f"{median / _HOURS_A_DAY:.1f}".removesuffix(".0")
        half = text_width(value, LABEL_PX, bold=True) / 2
        place = max(self.x(median), self.left + half)
        self.sheet.text(place, y - 10, value, "ink", anchor="center", bold=True, halo=True)

    def _interval(self, row: BandEstimate, y: float, series: str) -> None:
        """The bar; one without an upper end goes on to the edge with an arrow."""
        colour, lower, upper = series_style(series).colour, known(row.lower_h), known(row.upper_h)
        if lower is None:
            return
        end = self.plot_right if upper is None else self.x(upper)
        self.sheet.line([(self.x(lower), y), (end, y)], colour, width=2, role="interval")
        if upper is None:
            tip = [(end, y - 4), (end + 6, y), (end, y + 4)]
            self.sheet.area(tip, colour, role="open-end")
