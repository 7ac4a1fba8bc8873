"""The session flowsheet: vital signs, dose and side effects on one clock.

Drawn as an anaesthesia record: ▼ systolic and ▲ diastolic joined by a bar, ● pulse on the same
scale, ◆ oxygen saturation in a strip of its own, side effects as bars below. The x axis is
minutes since the dose began, counted from UTC by the caller: no calendar and no time zone here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import ceil, floor

from matplotlib.figure import Figure
from matplotlib.path import Path

from reports.charts.flowsheet_data import FLOWSHEET_LABELS, Flowsheet, ReadingPoint
from reports.charts.flowsheet_effects import draw_effects
from reports.charts.flowsheet_given import LANE_PX, draw_medications, draw_ratings, lanes_of
from reports.charts.sheet import Box, Sheet, spread, text_box, text_width
from reports.charts.style import LABEL_PX, NOTE_PX, TITLE_PX, known, require_labels
from reports.charts.svg import to_svg

WIDTH_PX, HEIGHT_PX = 662, 360

_LEFT, _RIGHT = 46.0, 564.0
_BP_TOP, _BP_BOTTOM = 34.0, 202.0
_SPO2_TOP, _SPO2_BOTTOM = 214.0, 246.0
_EFFECTS_TOP, _EFFECTS_BOTTOM = 252.0, 324.0
_AXIS_Y = 328.0
_VALUES_X = _RIGHT + 8
# Each shape with its bottom left open: what was written down late. Hollow and closed is what the
# server does not have yet; the page draws that itself.
_OPEN_BOTTOM = {
    "v": Path([(-0.4, -0.2), (-1, 1), (1, 1), (0.4, -0.2)]),
    "^": Path([(-1, -1), (0, 1), (1, -1)]),
    "o": Path.arc(-35, 215),
    "D": Path([(-0.5, -0.5), (-1, 0), (0, 1), (1, 0), (0.5, -0.5)]),
}


@dataclass(frozen=True)
class _Scales:
    x: Callable[[float], float]
    pressure: Callable[[float], float]
    spo2: Callable[[float], float]
    minutes: tuple[float, float]
    pressures: tuple[float, float]
    spo2_low: float


def flowsheet(data: Flowsheet) -> str:
    """The flowsheet as SVG, 662 x 360 px.

    A missing value leaves a gap. Without readings the frame, the dose and the readings due are
    drawn with the words of ``labels["first_reading"]``. The axis grows when the session is longer
    than the window. Raises ValueError when a word is missing.

    ``data-scale`` of the root says where a value stands, so that the page can mark what it has
    not sent yet: for x (minutes), pressure and spo2 the pixel of zero and the pixels per unit.
    """
    svg = to_svg(flowsheet_figure(data), prefix=data.prefix, title=data.title, desc=data.desc)
    return svg.replace("<svg ", f'<svg data-scale="{escape(_scale_words(data))}" ', 1)


def _scale_words(data: Flowsheet) -> str:
    scales = _scales(replace(data, readings=tuple(_known_only(row) for row in data.readings)))
    axes = {"x": scales.x, "pressure": scales.pressure, "spo2": scales.spo2}
    return json.dumps(
        {name: [round(of(0), 3), round(of(1) - of(0), 5)] for name, of in axes.items()}
    )


def flowsheet_figure(data: Flowsheet) -> Figure:
    """The flowsheet as a figure in CSS pixels."""
    require_labels(data.labels, FLOWSHEET_LABELS)
    data = replace(data, readings=tuple(_known_only(reading) for reading in data.readings))
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    scales = _scales(data)
    readings = sorted(data.readings, key=lambda reading: reading.minute)
    _draw_dose(sheet, data, scales)
    _draw_frame(sheet, data, scales)
    taken = _draw_now(sheet, data, scales)
    _draw_pressure(sheet, readings, scales)
    peak = _peak(readings)
    if peak is not None:
        taken.append(_draw_peak(sheet, data, scales, peak))
    _draw_line(sheet, readings, scales.x, scales.pressure, "heart_rate", "o", "s1")
    _draw_line(sheet, readings, scales.x, scales.spo2, "spo2", "D", "s3")
    _draw_limits(sheet, data, scales, taken)
    _draw_last_values(sheet, data, scales, readings)
    end = data.now_min if data.now_min is not None else scales.minutes[1]
    draw_effects(
        sheet,
        data.effects,
        scales.x,
        span=(_LEFT, _RIGHT, _EFFECTS_TOP, _draw_given(sheet, data, scales)),
        now_min=end,
        more=data.labels["more_effects"],
    )
    _draw_due(sheet, data, scales)
    if not readings:
        middle = (_LEFT + _RIGHT) / 2
        y = (_BP_TOP + _BP_BOTTOM) / 2
        words = data.labels["first_reading"]
        sheet.text(middle, y, words, size=TITLE_PX, anchor="center", halo=True)
    return sheet.figure


def _draw_given(sheet: Sheet, data: Flowsheet, scales: _Scales) -> float:
    """Medicines and ratings over the axis; where the lanes of the side effects have to end."""
    top = _EFFECTS_BOTTOM - lanes_of(data.medications, data.ratings)
    y = top + LANE_PX / 2
    if data.medications:
        draw_medications(sheet, data.medications, scales.x, y=y, right=_RIGHT)
        y += LANE_PX
    draw_ratings(sheet, data.ratings, scales.x, y=y, name=data.ratings_name)
    return top


def _known_only(reading: ReadingPoint) -> ReadingPoint:
    return replace(
        reading,
        systolic=known(reading.systolic),
        diastolic=known(reading.diastolic),
        heart_rate=known(reading.heart_rate),
        spo2=known(reading.spo2),
    )


def _scales(data: Flowsheet) -> _Scales:
    low, high = data.window_min
    points = (*data.dose_points, *data.medications, *data.ratings)
    moments = [r.minute for r in data.readings] + [point.minute for point in points]
    moments += [band.start_min for band in data.dose]
    ends = [band.end_min for band in data.dose] + [effect.end_min for effect in data.effects]
    moments += [end for end in ends if end is not None]
    moments += [*data.due_min, *([] if data.now_min is None else [data.now_min])]
    step = 15
    low = min([low, *(floor(moment / step) * step for moment in moments)])
    high = max([high, *(ceil(moment / step) * step for moment in moments)])
    # A little air on both sides keeps markers at the ends whole.
    per_minute = (_RIGHT - _LEFT - 16) / (high - low)

    shown = [v for r in data.readings for v in (r.systolic, r.diastolic, r.heart_rate)]
    present = [value for value in shown if value is not None]
    limits = [v for v in (data.limits.systolic_high, data.limits.diastolic_high) if v is not None]
    bottom = min([50.0, *(value - 8 for value in present)])
    # Room above the highest value for its words.
    top = max([200.0, *(value + 22 for value in present), *(limit + 20 for limit in limits)])
    floor_spo2 = min([90.0, *(r.spo2 - 2 for r in data.readings if r.spo2 is not None)])
    if data.limits.spo2_low is not None:
        floor_spo2 = min(floor_spo2, data.limits.spo2_low - 2)
    return _Scales(
        x=lambda minute: _LEFT + 8 + (minute - low) * per_minute,
        pressure=lambda v: _BP_BOTTOM - (v - bottom) / (top - bottom) * (_BP_BOTTOM - _BP_TOP),
        spo2=lambda v: (
            _SPO2_BOTTOM - (v - floor_spo2) / (101 - floor_spo2) * (_SPO2_BOTTOM - _SPO2_TOP)
        ),
        minutes=(low, high),
        pressures=(bottom, top),
        spo2_low=floor_spo2,
    )


def _draw_dose(sheet: Sheet, data: Flowsheet, scales: _Scales) -> None:
    label_right = 0.0
    for band in data.dose:
        end = band.end_min
        if end is None:
            end = data.now_min if data.now_min is not None else scales.minutes[1]
        left, right = scales.x(band.start_min), scales.x(end)
        for top, bottom in ((_BP_TOP, _BP_BOTTOM), (_SPO2_TOP, _AXIS_Y)):
            sheet.rect(left, top, right, bottom, "band", role="dose")
        label_right = _dose_label(sheet, (left + right) / 2, band.label, label_right)
    for point in data.dose_points:
        x = scales.x(point.minute)
        sheet.line([(x, _BP_TOP), (x, _AXIS_Y)], "grid", width=2)
        sheet.line([(x, _BP_TOP - 4), (x, _BP_TOP + 8)], "session", width=3, role="dose-point")
        label_right = _dose_label(sheet, x, point.label, label_right)


def _dose_label(sheet: Sheet, middle: float, label: str, label_right: float) -> float:
    """Writes the label over its dose unless the one before reaches into it; its right end."""
    half = text_width(label, NOTE_PX) / 2
    middle = min(max(middle, _LEFT + half), WIDTH_PX - half - 4)
    if middle - half < label_right + 8:
        return label_right
    sheet.text(middle, 27, label, size=NOTE_PX, anchor="center")
    return middle + half


def _draw_frame(sheet: Sheet, data: Flowsheet, scales: _Scales) -> None:
    sheet.text(8, 13, data.labels["units"], size=NOTE_PX)
    low, high = scales.pressures
    rows = [v for v in range(0, 331, 30) if low + 4 <= v <= high - 12]
    lines = [(v, scales.pressure(v)) for v in rows]
    step = 10 if scales.spo2_low >= 70 else 20
    strip = [v for v in range(0, 101, step) if v >= scales.spo2_low]
    if (100 - scales.spo2_low) > 20:
        strip = [strip[0], 100]
    lines += [(v, scales.spo2(v)) for v in strip]
    sheet.segments([[(_LEFT, y), (_RIGHT, y)] for _, y in lines], "grid")
    for value, y in lines:
        sheet.text(_LEFT - 6, y + 4, value, anchor="right")
    sheet.line([(_LEFT, _AXIS_Y), (_RIGHT, _AXIS_Y)], "axis")
    ticks = _tick_minutes(scales.minutes)
    sheet.segments([[(scales.x(t), _AXIS_Y), (scales.x(t), _AXIS_Y + 4)] for t in ticks], "axis")
    for tick in ticks:
        sheet.text(scales.x(tick), _AXIS_Y + 19, f"{tick:g}".replace("-", "−"), anchor="center")
    sheet.text(_VALUES_X + 12, _AXIS_Y + 19, data.labels["minutes"])


def _tick_minutes(minutes: tuple[float, float]) -> list[float]:
    low, high = minutes
    step = next((s for s in (15, 30, 60, 120) if (high - low) / s <= 10), 240)
    return [float(t) for t in range(ceil(low / step) * step, floor(high) + 1, step)]


def _draw_now(sheet: Sheet, data: Flowsheet, scales: _Scales) -> list[Box]:
    if data.now_min is None:
        return []
    x = scales.x(data.now_min)
    sheet.line([(x, 17), (x, _AXIS_Y)], "ink2", width=1, dash=(1.5, 2), role="now")
    words = data.labels["now"]
    half = text_width(words, LABEL_PX, bold=True) / 2
    start = 8 + text_width(data.labels["units"], NOTE_PX) + 10
    middle = min(max(x, start + half), WIDTH_PX - half - 4)
    return [sheet.text(middle, 13, words, "ink", anchor="center", bold=True)]


def _peak(readings: Sequence[ReadingPoint]) -> ReadingPoint | None:
    measured = [reading for reading in readings if reading.systolic is not None]
    return max(measured, key=lambda r: r.systolic or 0.0) if len(measured) > 1 else None


def _draw_peak(sheet: Sheet, data: Flowsheet, scales: _Scales, peak: ReadingPoint) -> Box:
    value = f"{peak.systolic:g}"
    if peak.diastolic is not None:
        value += f"/{peak.diastolic:g}"
    words = data.labels["peak"].format(value=value)
    half = text_width(words, LABEL_PX, bold=True) / 2
    x = min(max(scales.x(peak.minute), _LEFT + half), _RIGHT - half)
    y = scales.pressure(peak.systolic or 0.0) - 8
    return sheet.text(x, y, words, "ink", anchor="center", bold=True, halo=True, role="peak")


def _draw_limits(sheet: Sheet, data: Flowsheet, scales: _Scales, taken: list[Box]) -> None:
    limits, labels = data.limits, data.labels
    for value, y_of, words in (
        (limits.systolic_high, scales.pressure, labels["systolic_limit"]),
        (limits.diastolic_high, scales.pressure, labels["diastolic_limit"]),
        (limits.spo2_low, scales.spo2, labels["spo2_limit"]),
    ):
        if value is None:
            continue
        y = y_of(value)
        sheet.line([(_LEFT, y), (_RIGHT, y)], "alarm", width=1.2, dash=(3, 2), role="limit")
        if words:
            taken.append(_limit_words(sheet, y, words, taken))


def _limit_words(sheet: Sheet, y: float, words: str, taken: Sequence[Box]) -> Box:
    """Words at the right end of a limit line; elsewhere along it when that place is taken."""
    width = text_width(words, NOTE_PX)
    places = [(_RIGHT - 2, y - 5), (_RIGHT - 2, y + 13), (_LEFT + width + 4, y - 5)]
    boxes = [text_box(x, baseline, words, NOTE_PX, "right") for x, baseline in places]
    free = [i for i, box in enumerate(boxes) if not any(box.meets(other) for other in taken)]
    x, baseline = places[free[0] if free else 0]
    return sheet.text(x, baseline, words, "alarm", size=NOTE_PX, anchor="right", halo=True)


def _draw_pressure(sheet: Sheet, readings: Sequence[ReadingPoint], scales: _Scales) -> None:
    bars = [
        [
            (scales.x(r.minute), scales.pressure(r.systolic)),
            (scales.x(r.minute), scales.pressure(r.diastolic)),
        ]
        for r in readings
        if r.systolic is not None and r.diastolic is not None
    ]
    sheet.segments(bars, "ink", width=1.4, role="pressure-bar")
    for field, marker in (("systolic", "v"), ("diastolic", "^")):
        for late in (False, True):
            points = [
                (scales.x(r.minute), scales.pressure(value))
                for r in readings
                if r.is_late is late and (value := getattr(r, field)) is not None
            ]
            role = f"{field} late" if late else field
            shape = _OPEN_BOTTOM[marker] if late else marker
            sheet.marks(points, shape, "ink", size=6.5, hollow=late, ring=0.6, role=role)


def _draw_line(
    sheet: Sheet,
    readings: Sequence[ReadingPoint],
    x_of: Callable[[float], float],
    y_of: Callable[[float], float],
    field: str,
    marker: str,
    colour: str,
) -> None:
    """One value over time; the line breaks where a reading lacks it."""
    runs: list[list[tuple[float, float]]] = [[]]
    for reading in readings:
        value = getattr(reading, field)
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x_of(reading.minute), y_of(value)))
    sheet.segments([run for run in runs if len(run) > 1], colour, width=1.6, role=f"{field}-line")
    for late in (False, True):
        points = [
            (x_of(r.minute), y_of(value))
            for r in readings
            if r.is_late is late and (value := getattr(r, field)) is not None
        ]
        size = 5.0 if marker == "D" else 6.0
        role = f"{field} late" if late else field
        shape = _OPEN_BOTTOM[marker] if late else marker
        sheet.marks(points, shape, colour, size=size, hollow=late, role=role)


def _draw_last_values(
    sheet: Sheet, data: Flowsheet, scales: _Scales, readings: Sequence[ReadingPoint]
) -> None:
    """The latest of each value in a column at the right, each near its own height."""
    rows: list[tuple[float, str, str, str]] = []
    for field, y_of, word, colour in (
        ("systolic", scales.pressure, "systolic", "ink"),
        ("diastolic", scales.pressure, "diastolic", "ink"),
        ("heart_rate", scales.pressure, "pulse", "s1"),
        ("spo2", scales.spo2, "spo2", "s3"),
    ):
        known = [v for reading in readings if (v := getattr(reading, field)) is not None]
        if known:
            value = f"{known[-1]:g}" + ("\u00a0%" if field == "spo2" else "")
            rows.append((y_of(known[-1]) + 4, value, data.labels[word], colour))
    heights = spread([row[0] for row in rows], 16, _BP_TOP + 6, _SPO2_BOTTOM + 2)
    for y, (_, value, word, colour) in zip(heights, rows, strict=True):
        box = sheet.text(_VALUES_X, y, value, colour, size=TITLE_PX, bold=True, role="last")
        word_colour = "ink2" if colour == "ink" else colour
        sheet.text(max(box.right, _VALUES_X + 26) + 6, y, word, word_colour, size=NOTE_PX)


def _draw_due(sheet: Sheet, data: Flowsheet, scales: _Scales) -> None:
    points = [(scales.x(minute), _AXIS_Y) for minute in data.due_min]
    sheet.marks(points, "o", "ink2", size=7, hollow=True, role="due")
    if points:
        sheet.marks([(_VALUES_X + 3, _AXIS_Y - 1)], "o", "ink2", size=7, hollow=True)
        sheet.text(_VALUES_X + 12, _AXIS_Y + 3, data.labels["due"], size=NOTE_PX)
    if any(reading.is_late for reading in data.readings):
        shape = _OPEN_BOTTOM["^"]
        sheet.marks([(_VALUES_X + 3, _AXIS_Y - 17)], shape, "ink", size=6.5, hollow=True)
        sheet.text(_VALUES_X + 12, _AXIS_Y - 13, data.labels["late"], size=NOTE_PX)
