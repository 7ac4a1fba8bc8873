"""When side effects come and how long they last: bars on one clock that starts with the dose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from reports.charts.sheet import Sheet, text_width
from reports.charts.style import NOTE_PX, require_labels
from reports.charts.svg import to_svg

WIDTH_PX = 654
#: Words the chart needs.
CLOCK_LABELS = ("after_dose", "minutes")
MOST_ROWS = 12
_TOP, _ROW, _FOOT = 28.0, 24.0, 26.0
_COLOUR = "s4"
_LONGEST_LABEL = 190.0


@dataclass(frozen=True)
class ClockRow:
    """One side effect: minutes from the dose to its median onset, its middle half, the median
    length in minutes (None: not reached), and the words behind the bar.
    """

    label: str
    onset: float
    onset_q1: float
    onset_q3: float
    lasts: float | None
    words: str


def clock_figure(
    rows: Sequence[ClockRow], *, labels: Mapping[str, str], prefix: str, title: str, desc: str
) -> str:
    """A bar from the median onset over the median length, as SVG; at most the first twelve rows.

    The thin line is the middle half of the onsets; a bar with an arrow has no known end. Raises
    ValueError for a missing word.
    """
    require_labels(labels, CLOCK_LABELS)
    rows = rows[:MOST_ROWS]
    bottom = _TOP + _ROW * len(rows)
    sheet = Sheet(WIDTH_PX, bottom + _FOOT)
    left = min(max([60.0, *(text_width(row.label) + 18 for row in rows)]), _LONGEST_LABEL)
    right = WIDTH_PX - max([40.0, *(text_width(row.words, NOTE_PX) + 16 for row in rows)])
    end = _end(rows)

    def x(minutes: float) -> float:
        return left + (right - left) * min(minutes / end, 1.0)

    sheet.text(left, 14, labels["after_dose"], size=NOTE_PX)
    step = next(s for s in (10, 15, 30, 60, 120, 240, 480, 1440, 10**6) if end / s <= 8)
    ticks = range(0, int(end) + 1, step)
    sheet.segments([[(x(t), _TOP - 4), (x(t), bottom)] for t in ticks], "grid")
    sheet.line([(left, bottom), (right, bottom)], "axis")
    for tick in ticks:
        last = tick + step > end
        words = f"{tick}\u00a0{labels['minutes']}" if last else str(tick)
        sheet.text(x(tick) - text_width(str(tick)) / 2, bottom + 18, words, size=NOTE_PX)
    for place, row in enumerate(rows):
        y = _TOP + _ROW * (place + 0.5)
        sheet.text(left - 10, y + 4, row.label, "ink", anchor="right")
        _bar(sheet, row, y, x(row.onset), x(row.onset + (row.lasts or end)), row.lasts is None)
        sheet.line([(x(row.onset_q1), y), (x(row.onset_q3), y)], "ink", width=1.4, role="half")
        sheet.marks([(x(row.onset), y)], "D", _COLOUR, size=6.5, role="onset")
        sheet.text(right + 8, y + 4, row.words, size=NOTE_PX)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _bar(sheet: Sheet, row: ClockRow, y: float, start: float, end: float, is_open: bool) -> None:
    sheet.rect(start, y - 6, end, y + 6, _COLOUR, opacity=0.2, role="lasts")
    if is_open:
        sheet.area([(end, y - 6), (end + 6, y), (end, y + 6)], _COLOUR, role="open-end")
    else:
        sheet.line([(end, y - 6), (end, y + 6)], _COLOUR, width=2)


def _end(rows: Sequence[ClockRow]) -> float:
    """The next half hour that holds every bar."""
    ends = [end for row in rows for end in (row.onset + (row.lasts or 0.0), row.onset_q3)]
    return 30.0 * ceil(max([30.0, *ends]) / 30 - 1e-9)
