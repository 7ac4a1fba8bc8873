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
# Up to so many times as many numbers as there are rows, looking up is cheaper than sorting.
SPARSE = 8


def patient_codes(patients: npt.ArrayLike) -> Ints:
    """0, 1, 2, ... for each session: its patient's place, by name, or by size if a number."""
    given = np.asarray(patients)
    if (
        given.dtype.kind in "iu"
        and len(given)
        and given.min() >= 0
        and given.max() < SPARSE * len(given)
    ):
        # A table of the numbers that are there takes a fraction of a sort.
        there = np.zeros(int(given.max()) + 1, np.int64)
        there[given] = 1
        codes: Ints = (np.cumsum(there) - 1)[given]
        return codes
    names = given if given.dtype.kind in "iu" else np.asarray(patients, dtype=object).astype(str)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def patients_in(patients: npt.NDArray[Any]) -> int:
    """How many patients there are, by name or by number."""
    if patients.dtype.kind == "i":
        return int(np.count_nonzero(np.bincount(patients)))
    return len(set(patients))


def heads_of(ordered: Floats) -> Ints:
    """Where in ascending times each distinct one begins.

    Times within 1e-6 h of the first of a run are one time, whatever lies beyond: in a million
    sessions each time has a neighbour so close, and a chain of neighbours would swallow hours.
    Raises ValueError for a time that is not finite.
    """
    if len(ordered) and not np.isfinite(ordered[[0, -1]]).all():
        raise ValueError("every time must be finite")
    new = np.ones(len(ordered), bool)
    np.greater(np.diff(ordered), SAME_TIME_H, out=new[1:])
    heads = np.flatnonzero(new)
    if len(heads) == len(ordered):
        return heads
    ends = np.append(heads[1:], len(ordered))
    long = ordered[ends - 1] - ordered[heads] > SAME_TIME_H
    if long.any():
        new[_split(ordered, heads[long], ends[long])] = True
        heads = np.flatnonzero(new)
    return heads


def _split(ordered: Floats, heads: Ints, ends: Ints) -> Ints:
    """Where runs begin inside chains of close times, the chains' own heads left out."""
    found = [np.empty(0, np.int64)]
    while len(heads):
        heads = np.searchsorted(ordered, ordered[heads] + SAME_TIME_H, side="right")
        inside = heads < ends
        heads, ends = heads[inside], ends[inside]
        found.append(heads)
    return np.concatenate(found)


def distinct_times(times: Floats) -> tuple[Floats, Ints]:
    """Ascending distinct times, each the first of its run, and the place of each one given."""
    order = np.argsort(times)
    ordered = times[order]
    heads = heads_of(ordered)
    new = np.zeros(len(ordered), np.int64)
    new[heads] = 1
    place = np.empty(len(times), np.int64)
    place[order] = np.cumsum(new) - 1
    return ordered[heads], place


def numbers(values: Floats) -> list[float | None]:
    """The values as JSON has them: null where a value does not exist."""
    found: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)):
        found[place] = None
    return found
