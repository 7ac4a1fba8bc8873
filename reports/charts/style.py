"""The look of every chart: palette, series identities, sizes, and what counts as a value.

Only colours of ``PALETTE`` may be used, because each one has a dark, print and high-contrast twin
in ``static/css/base.css``; ``svg.to_svg`` refuses any other. Nothing here needs matplotlib, so
that a page with a mere sparkline does not load it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from math import isnan
from typing import SupportsFloat

PALETTE: Mapping[str, str] = {
    "ink": "#14212b",
    "ink2": "#4a5b67",
    "axis": "#7e8e99",
    "grid": "#e3e9ec",
    "band": "#eef3f5",
    "surface": "#ffffff",
    "ghost": "#b9c4cb",
    "session": "#5b6b76",
    "alarm": "#b3141d",
    "s1": "#0069a8",
    "s2": "#b54a00",
    "s3": "#007a58",
    "s4": "#9c3f77",
}

# A figure of matplotlib is measured in inches; here an inch is as many pixels as it has points.
PX_PER_INCH = 72
LABEL_PX = 12.0
NOTE_PX = 11.5
TITLE_PX = 13.0
LINE_PX = 2.25
# A group of fewer patients is named and not drawn; more groups cannot be told apart.
MINIMUM_PATIENTS = 10
MOST_GROUPS = 4


@dataclass(frozen=True)
class SeriesStyle:
    """How one series looks everywhere: colour name, dash in pixels (empty = solid), marker."""

    colour: str
    dash: tuple[float, ...]
    marker: str


SERIES: Mapping[str, SeriesStyle] = {
    "iv": SeriesStyle("s1", (), "o"),
    "im": SeriesStyle("s2", (6, 2.5), "s"),
    "nasal": SeriesStyle("s3", (7, 2, 1.5, 2), "^"),
    "oral": SeriesStyle("s4", (1.5, 2), "D"),
    "sublingual": SeriesStyle("s4", (1.5, 2), "D"),
    # Groups that are no routes: bands of dose or session number, conditions.
    "group-1": SeriesStyle("s1", (), "o"),
    "group-2": SeriesStyle("s2", (6, 2.5), "s"),
    "group-3": SeriesStyle("s3", (7, 2, 1.5, 2), "^"),
    "group-4": SeriesStyle("s4", (1.5, 2), "D"),
    "neutral": SeriesStyle("session", (2, 2), "o"),
}


def series_style(key: str) -> SeriesStyle:
    """The fixed look of a series; a key that is not known gets the neutral one."""
    return SERIES.get(key, SERIES["neutral"])


def require_labels(labels: Mapping[str, object], keys: Iterable[str]) -> None:
    """Nothing happens when every word is there; otherwise ValueError names the missing ones."""
    missing = [key for key in keys if key not in labels]
    if missing:
        raise ValueError(f"the chart needs words for: {', '.join(missing)}")


def require_few(groups: Sized) -> None:
    """Nothing happens when the groups can be told apart; otherwise ValueError says how many can."""
    if len(groups) > MOST_GROUPS:
        raise ValueError(f"at most {MOST_GROUPS} groups can be compared, not {len(groups)}")


def known(value: SupportsFloat | None) -> float | None:
    """The value as a float; None stays None, and so does the NaN that a table writes for it."""
    number = None if value is None else float(value)
    return None if number is None or isnan(number) else number


def clean_text(text: object) -> str:
    """The text without the control characters that XML cannot hold."""
    return "".join(c for c in str(text) if c >= " " and c not in "\ufffe\uffff")
