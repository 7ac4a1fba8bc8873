"""Times that differ only by rounding are one time."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Estimate: TypeAlias = dict[str, Any]

SAME_TIME_H = 1e-6
Z_95 = 1.959964


def distinct_times(times: Floats) -> tuple[Floats, Ints]:
    """Ascending times, each a run closer than 1e-6 h taken as its first, and the place of each.

    Raises ValueError for a time that is not finite.
    """
    if not np.isfinite(times).all():
        raise ValueError("every time must be finite")
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    new = np.ones(len(ordered), bool)
    new[1:] = np.diff(ordered) > SAME_TIME_H
    place = np.empty(len(times), np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[new], place


def numbers(values: Floats) -> list[float | None]:
    """The values as JSON has them: null where a value does not exist."""
    return [float(value) if np.isfinite(value) else None for value in values]
