"""Side effects on the flowsheet: one bar each, as thick as the effect is strong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reports.charts.flowsheet_data import EffectBar
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import NOTE_PX

#: Thickness in px of mild, moderate and severe.
THICKNESS_PX = {1: 7.0, 2: 12.0, 3: 17.0}
_LANE_PX, _SMALLEST_LANE_PX = 30.0, 14.0


def draw_effects(
    sheet: Sheet,
    effects: Sequence[EffectBar],
    x_of: Callable[[float], float],
    *,
    span: tuple[float, float, float, float],
    now_min: float,
    more: str,
) -> None:
    """One lane per effect between ``span`` (left, right, top, bottom), in order of onset.

    When there are more effects than lanes, ongoing ones and then the latest are drawn, and
    ``more`` (with ``{n}``) says how many are left out.
    """
    _, right, top, bottom = span
    lanes = int((bottom - top) // _SMALLEST_LANE_PX)
    shown = sorted(effects, key=lambda effect: effect.onset_min)
    left_out = 0
    if len(shown) > lanes:
        left_out = len(shown) - lanes
        ranked = sorted(shown, key=lambda e: (e.end_min is None, e.onset_min), reverse=True)
        kept = ranked[:lanes]
        shown = [effect for effect in shown if effect in kept]
    lane = min(_LANE_PX, (bottom - top) / max(len(shown), 1))
    for row, effect in enumerate(shown):
        _draw_effect(sheet, effect, x_of, top + lane * (row + 0.5), lane, span, now_min)
    if left_out:
        sheet.text(right + 8, top + 9, more.format(n=left_out), size=NOTE_PX)


def _draw_effect(
    sheet: Sheet,
    effect: EffectBar,
    x_of: Callable[[float], float],
    y: float,
    lane: float,
    span: tuple[float, float, float, float],
    now_min: float,
) -> None:
    left, right, _, _ = span
    end_min = effect.end_min if effect.end_min is not None else max(now_min, effect.onset_min)
    start, end = x_of(effect.onset_min), max(x_of(end_min), x_of(effect.onset_min) + 2)
    scale = min(1.0, (lane - 2) / THICKNESS_PX[3])
    tall = THICKNESS_PX[3] * scale / 2
    opacity = 0.85 if effect.end_min is not None else 0.6
    for step_start, step_end, grade in _steps(effect, end_min):
        half = THICKNESS_PX[grade] * scale / 2
        x0, x1 = x_of(step_start), max(x_of(step_end), x_of(step_start) + 2)
        sheet.rect(x0, y - half, x1, y + half, "s4", opacity=opacity, role="effect")
    sheet.line([(start, y - tall), (start, y + tall)], "s4", width=2)
    tip = end
    if effect.end_min is None:
        tip = end + 7
        sheet.area([(end, y - 5), (tip, y), (end, y + 5)], "s4", role="ongoing")
    else:
        sheet.line([(end, y - tall), (end, y + tall)], "s4", width=2, role="resolved")
    _effect_words(sheet, effect, start, tip, y + 4, left, right)


def _steps(effect: EffectBar, end_min: float) -> list[tuple[float, float, int]]:
    steps = effect.grade_steps or ((effect.onset_min, 1),)
    starts = [effect.onset_min, *(minute for minute, _ in steps[1:])]
    ends = [*starts[1:], end_min]
    grades = [grade for _, grade in steps]
    return [(a, max(a, b), g) for a, b, g in zip(starts, ends, grades, strict=True) if a <= end_min]


def _effect_words(
    sheet: Sheet, effect: EffectBar, start: float, tip: float, y: float, left: float, right: float
) -> None:
    """Name before the bar and text behind it; both on one side where there is no room."""
    name_fits = start - 8 - text_width(effect.label, NOTE_PX) >= left
    text_fits = tip + 8 + text_width(effect.text, NOTE_PX) <= right
    both = f"{effect.label}, {effect.text}" if effect.text else effect.label
    after_fits = tip + 8 + text_width(both, NOTE_PX) <= right
    before_fits = start - 8 - text_width(both, NOTE_PX) >= left
    if name_fits and text_fits:
        sheet.text(start - 8, y, effect.label, "ink", size=NOTE_PX, anchor="right", halo=True)
        sheet.text(tip + 8, y, effect.text, size=NOTE_PX, halo=True)
    elif after_fits or not before_fits:
        x = tip + 8 if after_fits else start + 6
        sheet.text(x, y, both, "ink", size=NOTE_PX, halo=True)
    else:
        sheet.text(start - 8, y, both, "ink", size=NOTE_PX, anchor="right", halo=True)
