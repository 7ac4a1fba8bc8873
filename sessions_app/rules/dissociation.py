"""Ratings of dissociation: which scales, their bounds, and when a rating says that it is over.

A rating is a number on a named scale. No item of CADSS is asked here: its wording is copyrighted
(Bremner), so the clinic works with its own licensed sheet and enters the sum. Change nothing here
without a source: a wrong bound would refuse a true rating.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Whole numbers from 0 (none) to `top`, higher is more; `clear_at` or below is over."""

    code: str
    top: int
    clear_at: int
    source: str


SCALES: dict[str, Scale] = {
    scale.code: scale
    for scale in (
        Scale("clinic_0_4", 4, 0, "design: 0 none, 1 slight, 2 mild, 3 marked, 4 extreme"),
        Scale(
            "cadss",
            92,
            4,
            "23 items of 0 to 4, sum 0 to 92; above 4 is commonly called dissociation "
            "(general knowledge)",
        ),
        Scale(
            "cadss_6",
            24,
            0,
            "items 1, 2, 6, 7, 15 and 22 of 0 to 4, sum 0 to 24; its authors call it unvalidated "
            "and no cut-off is published, so only 0 is over (design)",
        ),
    )
}
DEFAULT_SCALE = "clinic_0_4"


@dataclass(frozen=True)
class Rating:
    """One rating; `minute` counts from the start of the dose and is negative or 0 before it."""

    minute: float
    scale: str
    score: int


@dataclass(frozen=True)
class Resolution:
    """What the newest rating after the dose says: `score` was allowed up to `clear_at`."""

    is_resolved: bool
    scale: str
    score: int
    minute: float
    clear_at: int


def refusal(scale: str, score: int) -> str | None:
    """Why this cannot be a rating: "unknown_scale", "below_0", "above_top"; None when it can."""
    known = SCALES.get(scale)
    if known is None:
        return "unknown_scale"
    if score < 0:
        return "below_0"
    return "above_top" if score > known.top else None


def resolution(ratings: Iterable[Rating]) -> Resolution | None:
    """Whether dissociation is over by the newest rating after the dose; None when none was made.

    Over is at most the scale's `clear_at`, or the last rating on the same scale before the dose
    when that was higher: nobody has to leave better than they came. An unknown scale is never
    over, because nobody can say what its numbers mean.
    """
    in_order = sorted(ratings, key=lambda rating: rating.minute)
    after = [rating for rating in in_order if rating.minute > 0]
    if not after:
        return None
    newest = after[-1]
    scale = SCALES.get(newest.scale)
    before = [r.score for r in in_order if r.minute <= 0 and r.scale == newest.scale]
    clear_at = -1 if scale is None else max([scale.clear_at, *before[-1:]])
    return Resolution(newest.score <= clear_at, newest.scale, newest.score, newest.minute, clear_at)
