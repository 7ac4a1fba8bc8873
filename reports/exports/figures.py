"""One figure of the outcomes page as a file: SVG, or a PNG made of that SVG."""

from __future__ import annotations

import re
from hashlib import sha256

from django.core.cache import cache

from reports.dashboards.outcomes import KEPT_SECONDS
from reports.exports.typesetting import png_of

WIDTH = re.compile(r'<svg [^>]*?viewBox="0 0 ([0-9.]+) ')
FORMATS = {"svg": "image/svg+xml", "png": "image/png"}


def figure_file(svg: str, form: str) -> bytes:
    """The chart as a file of that form ("svg" or "png"), in its light colours on white.

    A PNG is kept by its content, so the same chart is drawn once.
    """
    if form == "svg":
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'.encode()
    key = f"figure-png-{content_key(svg)}"
    made: bytes | None = cache.get(key)
    if made is None:
        made = png_of(svg, width_px(svg))
        cache.set(key, made, KEPT_SECONDS)
    return made


def content_key(svg: str) -> str:
    """The same for the same picture, another for every other."""
    return sha256(svg.encode()).hexdigest()


def width_px(svg: str) -> float:
    """The width that the chart was drawn for, CSS pixels."""
    found = WIDTH.search(svg)
    if found is None:
        raise ValueError("a chart says how wide it is")
    return float(found[1])
