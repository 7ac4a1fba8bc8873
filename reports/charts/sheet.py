"""A matplotlib figure to draw on in CSS pixels, and the measuring of text and room on it.

One unit is one CSS pixel, the origin is the top left corner and y grows downwards, as in the page
that will hold the chart. The settings that matplotlib reads while writing SVG are set once, here,
when the module is imported; nothing changes them per call, so figures may be drawn from several
threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import matplotlib
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from reports.charts.style import LABEL_PX, PALETTE, PX_PER_INCH, clean_text

matplotlib.rcParams["svg.fonttype"] = "none"  # real text: selectable, scalable, read aloud
matplotlib.rcParams["svg.hashsalt"] = "afterglow"  # the same figure gives the same bytes
# The page's own font draws the text: what matplotlib's lacks is no news to anybody.
warnings.filterwarnings("ignore", message="Glyph .* missing from font")

Anchor = Literal["left", "center", "right"]

# matplotlib's own font, present wherever matplotlib is: widths do not depend on the machine.
# It is wider than the fonts pages use, so a text that fits here fits there.
_FONT_FAMILY = "DejaVu Sans"


@lru_cache(maxsize=4096)
def text_width(text: str, size_px: float = LABEL_PX, bold: bool = False) -> float:
    """Width of a text in pixels, a little more than the page's own font will take."""
    font = get_font(findfont(FontProperties(family=_FONT_FAMILY, weight="bold" if bold else 400)))
    font.set_size(100, 72)
    # A letter this font lacks is as wide as a W; the page's font will have it.
    known = (c if font.get_char_index(ord(c)) else "W" for c in clean_text(text))
    font.set_text("".join(known))
    return float(font.get_width_height()[0]) / 64 * size_px / 100


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """True when the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def text_box(
    x: float, y: float, text: str, size_px: float = LABEL_PX, anchor: Anchor = "left"
) -> Box:
    """The area a text covers when its baseline stands at ``y``."""
    width = text_width(text, size_px)
    left = x - {"left": 0.0, "center": width / 2, "right": width}[anchor]
    return Box(left, y - size_px * 0.95, left + width, y + size_px * 0.28)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near the wanted ones, in the same order, ``gap`` apart, within low..high.

    When there is no room for the gap everywhere, the gap wins and the last ones pass ``high``.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    limit = high
    for k in reversed(range(len(placed))):
        placed[k] = max(min(placed[k], limit), low + k * gap)
        limit = placed[k] - gap
    result = [0.0] * len(wanted)
    for position, i in zip(placed, order, strict=True):
        result[i] = position
    return result


class _Words(Text):
    """One line of text whose place is known: SVG anchors it, so nothing need be measured."""

    def draw(self, renderer: RendererBase) -> None:
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        gc.set_url(self.get_url())
        x, y = self.get_transform().transform(self.get_unitless_position())
        _width, height = renderer.get_canvas_width_height()
        y = height - y if renderer.flipy() else y
        renderer.open_group("text", self.get_gid())
        renderer.draw_text(gc, x, y, self.get_text(), self.get_fontproperties(), 0.0, mtext=self)
        renderer.close_group("text")
        gc.restore()


class Sheet:
    """A figure to draw on in CSS pixels. Later marks lie above earlier ones.

    ``role`` names what a mark stands for; it becomes a class of the mark's group in the SVG.
    """

    def __init__(self, width_px: float, height_px: float) -> None:
        self.width_px = width_px
        self.height_px = height_px
        size = (width_px / PX_PER_INCH, height_px / PX_PER_INCH)
        self.figure = Figure(figsize=size, dpi=PX_PER_INCH, frameon=False)
        self._to_display: Transform = Affine2D().scale(1, -1).translate(0, height_px)
        self._layer = 0

    def _add(self, artist: Line2D | Text | Polygon | LineCollection, role: str) -> None:
        self._layer += 1
        artist.set_zorder(self._layer)
        artist.set_transform(self._to_display)
        if role:
            artist.set_gid(f"role:{role}")
        self.figure.add_artist(artist)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        width: float = 1.0,
        dash: Sequence[float] = (),
        role: str = "",
    ) -> None:
        """A polyline; dash lengths are pixels."""
        if len(points) < 2:
            return
        xs, ys = zip(*points, strict=True)
        artist = Line2D(
            xs,
            ys,
            color=PALETTE[colour],
            linewidth=width,
            linestyle=(0, tuple(d / width for d in dash)) if dash else "-",
            solid_capstyle="butt",
        )
        self._add(artist, role)

    def segments(
        self,
        segments: Sequence[Sequence[tuple[float, float]]],
        colour: str,
        *,
        width: float = 1.0,
        dash: Sequence[float] = (),
        role: str = "",
    ) -> None:
        """Many separate lines in one mark."""
        if not segments:
            return
        style = (0, tuple(d / width for d in dash)) if dash else "-"
        artist = LineCollection(
            segments, colors=PALETTE[colour], linewidths=width, linestyles=[style]
        )
        self._add(artist, role)

    def area(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        opacity: float = 1.0,
        role: str = "",
        href: str = "",
    ) -> None:
        """A filled polygon; with ``href`` it is part of a link."""
        artist = Polygon(points, facecolor=PALETTE[colour], edgecolor="none", alpha=opacity)
        if href:
            artist.set_url(href)
        self._add(artist, role)

    def rect(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: str,
        *,
        opacity: float = 1.0,
        role: str = "",
        href: str = "",
    ) -> None:
        """A filled rectangle."""
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.area(corners, colour, opacity=opacity, role=role, href=href)

    def marks(
        self,
        points: Sequence[tuple[float, float]],
        marker: str | Path,
        colour: str,
        *,
        size: float = 6.5,
        hollow: bool = False,
        ring: float = 1.0,
        role: str = "",
        href: str = "",
    ) -> None:
        """One marker at each point: filled with a surface ring, or hollow with an outline."""
        if not points:
            return
        xs, ys = zip(*points, strict=True)
        artist = Line2D(
            xs,
            ys,
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=PALETTE["surface" if hollow else colour],
            markeredgecolor=PALETTE[colour if hollow else "surface"],
            markeredgewidth=1.3 if hollow else ring,
        )
        if href:
            artist.set_url(href)
        self._add(artist, role)

    def text(
        self,
        x: float,
        y: float,
        text: object,
        colour: str = "ink2",
        *,
        size: float = LABEL_PX,
        anchor: Anchor = "left",
        bold: bool = False,
        halo: bool = False,
        role: str = "",
        href: str = "",
    ) -> Box:
        """Text with its baseline at ``y``; returns the area it covers."""
        shown = clean_text(text)
        artist = _Words(
            x,
            y,
            shown,
            color=PALETTE[colour],
            fontsize=size,
            fontweight="bold" if bold else "normal",
            family=_FONT_FAMILY,
            horizontalalignment=anchor,
            verticalalignment="baseline",
            parse_math=False,
        )
        if href:
            artist.set_url(href)
        if shown:
            self._add(artist, " ".join(filter(None, (role, "halo" if halo else ""))))
        return text_box(x, y, shown, size, anchor)
