"""Readings that were due, taken and on time, as bars that grow narrower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.charts.sheet import Sheet, text_width
from reports.charts.style import NOTE_PX, TITLE_PX, require_labels, series_style
from reports.charts.svg import to_svg

WIDTH_PX = 654
#: Words the chart needs; `part` holds `{n}` and `{percent}`.
FUNNEL_LABELS = ("due", "taken", "on_time", "part")
_TOP, _BAR, _GAP = 26.0, 18.0, 14.0
_STAGES = (("due", 0.2), ("taken", 0.5), ("on_time", 1.0))


@dataclass(frozen=True)
class FunnelRow:
    """One group: how many readings reached each stage; at least one was due."""

    label: str
    series: str
    due: int
    taken: int
    on_time: int


def funnel_figure(
    rows: Sequence[FunnelRow], *, labels: Mapping[str, str], prefix: str, title: str, desc: str
) -> str:
    """Three bars a group, each as long as its share of what was due, as SVG.

    Raises ValueError for a missing word.
    """
    require_labels(labels, FUNNEL_LABELS)
    block = _BAR * len(_STAGES) + _GAP
    height = _TOP + block * len(rows)
    sheet = Sheet(WIDTH_PX, height)
    names = max([0.0, *(text_width(row.label, TITLE_PX, bold=True) for row in rows)])
    stages = max(text_width(labels[name], NOTE_PX) for name, _tone in _STAGES)
    left, right = names + stages + 34, WIDTH_PX - 110.0
    for place, row in enumerate(rows):
        top = _TOP - 12 + block * place
        colour = series_style(row.series).colour
        sheet.text(8, top + 14, row.label, colour, size=TITLE_PX, bold=True)
        for step, (name, tone) in enumerate(_STAGES):
            n = getattr(row, name)
            y = top + _BAR * step
            end = left + (right - left) * n / row.due
            sheet.text(left - 10, y + 14, labels[name], size=NOTE_PX, anchor="right")
            sheet.rect(left, y + 3, end, y + _BAR - 1, colour, opacity=tone, role=name)
            share = f"{100 * n / row.due:.0f}"
            words = str(n) if name == "due" else labels["part"].format(n=n, percent=share)
            sheet.text(end + 7, y + 14, words, "ink", size=NOTE_PX, halo=True)
    return to_svg(sheet.figure, prefix=prefix, title=title, desc=desc)
