"""Tables of counts that add up: what partitions of patients hand over instead of their rows.

Kaplan-Meier, the log-rank test and Turnbull's estimate ask only how often each time or interval
was seen. Counts are whole numbers and values are kept to the last bit, so tables of any partition
of the patients, merged in any order, are the table of all patients together. Times that differ
only by rounding stay apart here; the estimators take them as one, after everything is merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reports.survival.times import Bools, Floats, Ints


@dataclass(frozen=True)
class Counts:
    """Distinct rows of some columns, ascending by the first column, then the next, and how often.

    `columns` are of equal length; `n` is at least 1.
    """

    columns: tuple[Floats, ...]
    n: Ints

    @property
    def total(self) -> int:
        """How many rows were counted."""
        return int(self.n.sum())

    @property
    def weights(self) -> Floats:
        """The counts as the estimators take them."""
        return self.n.astype(np.float64)


def counted(*columns: Floats) -> Counts:
    """Each distinct row once. A value that is not a number raises ValueError."""
    plain = tuple(np.asarray(column, np.float64) for column in columns)
    return _gathered(plain, np.ones(len(plain[0]), np.int64))


def merged(parts: Iterable[Counts]) -> Counts:
    """The table of all rows behind the given tables; at least one, all of the same columns."""
    tables = list(parts)
    columns = tuple(
        np.concatenate(column) for column in zip(*(t.columns for t in tables), strict=True)
    )
    return _gathered(columns, np.concatenate([table.n for table in tables]))


def count_events(times: Floats, events: Bools) -> Counts:
    """Columns: hours, and 1 for a change that was seen or 0 for a censoring."""
    return counted(times, events.astype(np.float64))


def event_rows(table: Counts) -> tuple[Floats, Bools, Floats]:
    """Times, events and weights for `kaplan_meier`, `logrank` and `event_table`."""
    times, events = table.columns
    return times, events == 1, table.weights


def count_intervals(lo: Floats, hi: Floats) -> Counts:
    """Columns: the ends of (lo, hi] in hours; `hi` is infinite where no change was seen."""
    return counted(lo, hi)


def interval_rows(table: Counts) -> tuple[Floats, Floats, Floats]:
    """lo, hi and weights for `turnbull` and `fit_npmle`."""
    lo, hi = table.columns
    return lo, hi, table.weights


def median_of(table: Counts) -> float | None:
    """The median of a table of one column; None of an empty one."""
    n = table.total
    if n == 0:
        return None
    (values,) = table.columns
    reached = np.cumsum(table.n)
    low, high = np.searchsorted(reached, [(n - 1) // 2, n // 2], side="right")
    return float((values[low] + values[high]) / 2)


def _gathered(columns: tuple[Floats, ...], n: Ints) -> Counts:
    if any(np.isnan(column).any() for column in columns):
        raise ValueError("a row without a number cannot be counted")
    order = np.lexsort(columns[::-1])
    ordered = tuple(column[order] for column in columns)
    new = np.zeros(len(n), bool)
    new[:1] = True
    for column in ordered:
        new[1:] |= column[1:] != column[:-1]
    heads = np.flatnonzero(new)
    total = np.add.reduceat(n[order], heads) if len(heads) else n
    return Counts(tuple(column[heads] for column in ordered), total)
