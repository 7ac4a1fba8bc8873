"""Other medicines and ratings on the flowsheet: one lane each, under the side effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.charts.flowsheet_data import DosePoint
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import NOTE_PX

LANE_PX = 18.0


def lanes_of(*rows: Sequence[DosePoint]) -> float:
    """How much height the lanes take: none for a row without points."""
    return LANE_PX * sum(bool(points) for points in rows)


def draw_medications(
    sheet: Sheet,
    points: Sequence[DosePoint],
    x_of: Callable[[float], float],
    *,
    y: float,
    right: float,
) -> None:
    """A cross for each medicine, named behind or before it where its neighbours leave room."""
    ordered = sorted(points, key=lambda point: point.minute)
    taken = float("-inf")
    for point, after in zip(ordered, [*ordered[1:], None], strict=True):
        x, width = x_of(point.minute), text_width(point.label, NOTE_PX)
        sheet.marks([(x, y)], "P", "ink", size=8, role="medication")
        room = right if after is None else x_of(after.minute) - 8
        if x + 8 + width <= room:
            sheet.text(x + 8, y + 4, point.label, "ink", size=NOTE_PX, halo=True)
            taken = x + 8 + width
        elif x - 8 - width > max(taken, 0):
            sheet.text(x - 8, y + 4, point.label, "ink", size=NOTE_PX, anchor="right", halo=True)
            taken = x + 8
        else:
            taken = x + 8


def draw_ratings(
    sheet: Sheet,
    points: Sequence[DosePoint],
    x_of: Callable[[float], float],
    *,
    y: float,
    name: str,
) -> None:
    """The score of each rating at its minute, the first one named."""
    taken = float("-inf")
    for index, point in enumerate(sorted(points, key=lambda point: point.minute)):
        x, half = x_of(point.minute), text_width(point.label, NOTE_PX) / 2
        if index == 0:
            fits = x - half - 8 - text_width(name, NOTE_PX) >= 4
            if fits:
                sheet.text(x - half - 8, y + 4, name, size=NOTE_PX, anchor="right", halo=True)
        if x - half < taken + 4:
            sheet.marks([(x, y)], "o", "s4", size=3.5, role="rating")
            continue
        sheet.text(x, y + 4, point.label, "s4", size=NOTE_PX, anchor="center", bold=True, halo=True)
        taken = x + half
