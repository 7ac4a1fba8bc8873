"""A template and its words, set by typst as a tagged PDF (PDF/UA-1) or as a picture.

The words go in as JSON in `sys_inputs` and are only ever set as text: what looks like markup
stays what was typed. The fonts are those that typst brings along, so the same words look the
same on every machine; a chart has the sans serif of matplotlib, for which its labels were placed.
A character that they lack is written as its code, such as [U+5C71]: a file that cannot be made
would help nobody, and a box could stand for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from unicodedata import category

import typst

STANDARD: Final = "ua-1"
LACKING = re.compile(r'the text `"(.*?)"` could not be displayed')
FAR = 0x2E80  # from here on no font at hand has a letter
FIGURE = Path(__file__).with_name("figure.typ")
PIXELS_PER_INCH = 144.0  # a CSS pixel of a chart is set as one point, 1/72 inch
TRIES = 40  # each names at least one more character


def typeset(
    template: Path,
    data: Any,
    now: datetime,
    *,
    name: str = "record",
    fonts: Sequence[str] = (),
) -> bytes:
    """The PDF of `template`, which reads `data` from `sys.inputs` under `name`; dated `now`.

    `fonts`: folders with more fonts, such as `chart_fonts()` for a page with charts.
    """
    text = json.dumps(drawable(data), ensure_ascii=False)
    for _try in range(TRIES):
        try:
            return _compiled(template, {name: text}, now, fonts)
        except typst.TypstError as fault:
            named = "".join(LACKING.findall(str(fault)))
            lacking = {one for one in named if not one.isascii()}
            if not lacking:
                raise
            text = _coded(text, lacking)
    raise RuntimeError("the words hold too many characters that no font has")


def png_of(svg: str, width_px: float) -> bytes:
    """The chart as a picture on white, two pixels to each of its own."""
    data = json.dumps({"svg": in_chart_font(svg), "width": width_px}, ensure_ascii=False)
    made = typst.compile(
        str(FIGURE),
        root=str(FIGURE.parent),
        sys_inputs={"figure": data},
        ignore_system_fonts=True,
        font_paths=chart_fonts(),
        format="png",
        ppi=PIXELS_PER_INCH,
    )
    if not isinstance(made, bytes):
        raise TypeError("a chart is one page")
    return made


def in_chart_font(svg: str) -> str:
    """The chart with the font that stands in for the browser's."""
    return svg.replace("system-ui, sans-serif", "DejaVu Sans")


def chart_fonts() -> list[str]:
    """Where the font of the charts lies."""
    import matplotlib

    return [f"{matplotlib.get_data_path()}/fonts/ttf"]


def _compiled(template: Path, inputs: dict[str, str], now: datetime, fonts: Sequence[str]) -> bytes:
    made = typst.compile(
        str(template),
        root=str(template.parent),
        sys_inputs=inputs,
        ignore_system_fonts=True,
        font_paths=list(fonts),
        pdf_standards=STANDARD,
        timestamp=int(now.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("typst makes one file")
    return made


def _coded(text: str, lacking: set[str]) -> str:
    return "".join(
        f"[U+{ord(one):04X}]" if one in lacking or ord(one) >= FAR else one for one in text
    )


def drawable(data: Any) -> Any:
    """The data with control characters, which no font draws, as their codes."""
    if isinstance(data, dict):
        return {name: drawable(part) for name, part in data.items()}
    if isinstance(data, (list, tuple)):
        return [drawable(part) for part in data]
    if not isinstance(data, str):
        return data
    return "".join(
        one if one in "\n\t" or category(one) != "Cc" else f"[U+{ord(one):04X}]" for one in data
    )
