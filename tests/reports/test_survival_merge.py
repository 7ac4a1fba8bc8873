"""Tables of counts: merged from any partition they are the table of everybody."""

from __future__ import annotations

import numpy as np
import pytest

from reports.survival import kaplan_meier, logrank_stratified, turnbull
from reports.survival.merge import (
    Counts,
    count_events,
    count_intervals,
    counted,
    event_rows,
    interval_rows,
    median_of,
    merged,
)


def some_rows(seed: int, n: int = 60) -> dict[str, np.ndarray]:
    """Times on a grid, so that many are equal, with rounding noise below what is told apart."""
    dice = np.random.default_rng(seed)
    times = dice.integers(0, 12, n) * 24.0 + dice.choice([0, 0, 3e-10], n)
    events = dice.random(n) < 0.6
    lo = np.maximum(times - dice.integers(0, 3, n) * 24.0, 0)
    hi = np.where(events, times + 1, np.inf)
    group = dice.choice(["iv", "nasal"], n)
    return {"times": times, "events": events, "lo": lo, "hi": hi, "group": group, "dice": dice}


def same(one: Counts, two: Counts) -> bool:
    columns = zip(one.columns, two.columns, strict=True)
    return np.array_equal(one.n, two.n) and all(np.array_equal(a, b) for a, b in columns)


@pytest.mark.parametrize("seed", range(8))
def test_estimates_from_merged_tables_are_those_of_all_rows_to_the_last_bit(seed: int) -> None:
    rows = some_rows(seed)
    part = rows["dice"].integers(0, 5, len(rows["times"]))
    parts = [part == k for k in (3, 0, 4, 1, 2)]
    seen = merged(count_events(rows["times"][p], rows["events"][p]) for p in parts)
    assert same(seen, count_events(rows["times"], rows["events"]))
    assert seen.total == len(rows["times"])
    times, events, weights = event_rows(seen)
    expected = kaplan_meier(rows["times"], rows["events"], tau=200)
    assert kaplan_meier(times, events, tau=200, weights=weights) == expected
    spans = merged(count_intervals(rows["lo"][p], rows["hi"][p]) for p in parts)
    assert turnbull(*interval_rows(spans)) == turnbull(rows["lo"], rows["hi"])


def test_the_log_rank_test_takes_counts_instead_of_rows() -> None:
    rows = some_rows(99)
    first = rows["dice"].random(len(rows["times"])) < 0.5
    expected = logrank_stratified(rows["times"], rows["events"], list(rows["group"]), first)
    cells = []
    for route in ("iv", "nasal"):
        for stratum in (True, False):
            own = (rows["group"] == route) & (first == stratum)
            cells.append((route, stratum, count_events(rows["times"][own], rows["events"][own])))
    found = logrank_stratified(
        np.concatenate([event_rows(table)[0] for _, _, table in cells]),
        np.concatenate([event_rows(table)[1] for _, _, table in cells]),
        [route for route, _, table in cells for _ in table.n],
        np.concatenate([np.full(len(table.n), stratum) for _, stratum, table in cells]),
        weights=np.concatenate([table.weights for _, _, table in cells]),
    )
    assert expected["df"] == 1
    assert found == expected


def test_merging_in_steps_or_at_once_makes_no_difference() -> None:
    tables = [count_intervals(some_rows(seed)["lo"], some_rows(seed)["hi"]) for seed in range(4)]
    in_steps = merged([merged(tables[2:]), merged(tables[:2])])
    assert same(in_steps, merged(tables))


def test_an_empty_table_adds_nothing_and_a_missing_value_is_refused() -> None:
    none = count_events(np.empty(0), np.empty(0, bool))
    some = count_events(np.array([2.0, 2.0, 1.0]), np.array([True, True, False]))
    assert none.total == 0
    assert same(merged([none, some, none]), some)
    assert list(some.n) == [1, 2]
    assert turnbull(*interval_rows(count_intervals(np.empty(0), np.empty(0))))["n"] == 0
    with pytest.raises(ValueError, match="cannot be counted"):
        counted(np.array([1.0, np.nan]))


@pytest.mark.parametrize("values", [[], [5], [3, 1], [1, 1, 2], [1, 9, 2, 4, 4, 7]])
def test_the_median_of_a_table_is_the_median_of_its_rows(values: list[int]) -> None:
    expected = float(np.median(values)) if values else None
    assert median_of(counted(np.array(values, float))) == expected
