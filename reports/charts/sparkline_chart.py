"""A line the size of a word, written by hand: a board draws many of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from reports.charts.style import PALETTE, clean_text

WIDTH_PX, HEIGHT_PX = 120, 28
_MARGIN = 4.0


def sparkline(
    points: Sequence[float | None],
    limit: float | None,
    *,
    label: str = "",
    width_px: int = WIDTH_PX,
    height_px: int = HEIGHT_PX,
) -> str:
    """Evenly spaced values as SVG with a dashed limit; None leaves a gap, no values no line.

    With ``label`` it is an image of that name; without, it is hidden from screen readers, because
    the numbers stand beside it.
    """
    known = [value for value in points if value is not None]
    marks = [*known, *([] if limit is None else [limit])]
    low, high = (min(marks), max(marks)) if marks else (0.0, 1.0)
    span = (high - low) or 1.0

    def place(i: int, value: float) -> tuple[str, str]:
        x = _MARGIN + i * (width_px - 2 * _MARGIN) / max(len(points) - 1, 1)
        y = height_px - _MARGIN - (value - low) / span * (height_px - 2 * _MARGIN)
        return _short(x), _short(y)

    parts = [_opening(label, width_px, height_px)]
    if limit is not None:
        y = place(0, limit)[1]
        parts.append(
            f'<path class="ch-stroke-alarm" stroke="{PALETTE["alarm"]}" stroke-dasharray="3 2" '
            f'd="M0 {y}H{width_px}"/>'
        )
    for run in _runs(points):
        line = " ".join(",".join(place(i, value)) for i, value in run)
        parts.append(
            f'<polyline class="ch-stroke-ink" fill="none" stroke="{PALETTE["ink"]}" '
            f'stroke-width="1.6" points="{line}"/>'
        )
    if known:
        last = max(i for i, value in enumerate(points) if value is not None)
        x, y = place(last, known[-1])
        ink = PALETTE["ink"]
        parts.append(f'<circle class="ch-fill-ink" fill="{ink}" cx="{x}" cy="{y}" r="2.5"/>')
    return "".join([*parts, "</svg>"])


def _opening(label: str, width_px: int, height_px: int) -> str:
    said = f'role="img" aria-label="{escape(clean_text(label))}"' if label else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ch ch-spark" width="{width_px}" '
        f'height="{height_px}" viewBox="0 0 {width_px} {height_px}" {said}>'
    )


def _runs(points: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Neighbouring values that may be joined."""
    runs: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(points):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((i, value))
    return [run for run in runs if len(run) > 1]


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
