"""How often each side effect was: a dot and its interval, of the sessions and of the patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.charts.sheet import Sheet, text_width
from reports.charts.style import LABEL_PX, NOTE_PX, TITLE_PX, known, require_labels
from reports.charts.svg import to_svg

WIDTH_PX = 654
#: Words the chart needs; `percent` holds `{n}`.
SHARES_LABELS = ("sessions", "patients", "percent")
MOST_ROWS = 12
_TOP, _ROW, _FOOT, _GAP = 34.0, 24.0, 26.0, 40.0
_COLOUR, _MARKER = "s4", "D"
_LONGEST_LABEL = 190.0
_TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Share:
    """A share from 0 to 1, its bounds, and the words that stand beside it."""

    value: float
    lower: float | None
    upper: float | None
    words: str


@dataclass(frozen=True)
class ShareRow:
    """One side effect."""

    label: str
    sessions: Share
    patients: Share


def shares_figure(
    rows: Sequence[ShareRow], *, labels: Mapping[str, str], prefix: str, title: str, desc: str
) -> str:
    """Two panels over the same rows, 0 to 100 %, as SVG; at most the first twelve rows.

    Raises ValueError for a missing word.
    """
    require_labels(labels, SHARES_LABELS)
    rows = rows[:MOST_ROWS]
    height = _TOP + _ROW * len(rows) + _FOOT
    sheet = Sheet(WIDTH_PX, height)
    left = min(max([60.0, *(text_width(row.label) + 18 for row in rows)]), _LONGEST_LABEL)
    width = (WIDTH_PX - left - _GAP - 40) / 2
    bottom = _TOP + _ROW * len(rows)
    for place, row in enumerate(rows):
        sheet.text(left - 10, _middle(place) + 4, row.label, "ink", anchor="right")
    for panel, name in enumerate(("sessions", "patients")):
        start = left + panel * (width + _GAP)
        shares = [row.sessions if name == "sessions" else row.patients for row in rows]
        _panel(sheet, start, start + width, bottom, labels[name], shares, labels["percent"])
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)


def _middle(place: int) -> float:
    return _TOP + _ROW * (place + 0.5)


def _panel(
    sheet: Sheet,
    left: float,
    right: float,
    bottom: float,
    name: str,
    shares: Sequence[Share],
    percent: str,
) -> None:
    def x(share: float) -> float:
        return left + (right - left) * share

    sheet.text(left, 16, name, "ink", size=TITLE_PX, bold=True)
    sheet.segments([[(x(t / 100), _TOP - 6), (x(t / 100), bottom)] for t in _TICKS], "grid")
    sheet.line([(left, bottom), (right, bottom)], "axis")
    for tick in _TICKS:
        words = percent.format(n=tick) if tick == _TICKS[-1] else str(tick)
        sheet.text(x(tick / 100), bottom + 18, words, size=NOTE_PX, anchor="center")
    bars = []
    for place, share in enumerate(shares):
        low, high = known(share.lower), known(share.upper)
        if low is not None and high is not None:
            bars.append([(x(low), _middle(place)), (x(high), _middle(place))])
    sheet.segments(bars, _COLOUR, width=2, role="interval")
    dots = [(x(share.value), _middle(place)) for place, share in enumerate(shares)]
    sheet.marks(dots, _MARKER, _COLOUR, size=6.5, role="share")
    for place, share in enumerate(shares):
        end = x(max(share.value, known(share.upper) or 0.0)) + 7
        wide = text_width(share.words, LABEL_PX, bold=True)
        if end + wide > right + 34:
            end = x(min(share.value, known(share.lower) or share.value)) - 7 - wide
        sheet.text(end, _middle(place) + 4, share.words, "ink", bold=True, halo=True)
