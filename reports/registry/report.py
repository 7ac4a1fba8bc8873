"""Merged tables → the numbers of the outcomes page, and the models of the command `relief`.

The estimates are those of the page, the file and the command. Times are float hours; None is "not
reached", infinity or, with `why`, an estimate that does not exist. A group with fewer patients
than the minimum is `{"suppressed": True}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from reports.dashboards.outcome_numbers import (
    COMPETING_AT_H,
    SEED,
    SHARES_BY_H,
    SUPPRESSED,
    share_by,
)
from reports.episodes import REASONS, STATUSES, US_PER_HOUR
from reports.registry.by_patient import curves_by_patient, models_by_patient, trends_by_patient
from reports.registry.rows import Rows, all_rows
from reports.registry.tables import LOST, REBOOKED, Asked, Cell, CurveCounts, Tables
from reports.relief_companions import ReliefEnds, bounds_of, competing_of
from reports.relief_report import REPEATED_PATIENTS, TAU_ONSET_H, TAU_RELIEF_H
from reports.survival import kaplan_meier, logrank, logrank_stratified, turnbull
from reports.survival.bootstrap import Interval
from reports.survival.group_bootstrap import intervals_by_group
from reports.survival.merge import Counts, event_rows, interval_rows, median_of, merged

TAU_H = {"onset": TAU_ONSET_H, "relief": TAU_RELIEF_H, "relief_with_carried": TAU_RELIEF_H}
NEEDS_COURSE = "needs_one_baseline_for_the_course"
NEEDS_ROWS = "needs_a_row_for_each_session"
# What counts alone do not give.
LEFT_OUT = dict.fromkeys(
    (
        *("interval_by_patient", "bars", "median_by_patient", "kept", "mood"),
        *("by_session", "by_quarter", "models"),
    ),
    NEEDS_ROWS,
)


# One entry per distinct time or interval: most of a large report.
POINTS = (
    *("time", "n_risk", "n_event", "n_censor", "surv", "std_err", "lower", "upper"),
    *("intervals", "mass", "surv_after"),
)


def numbers_of(
    tables: Tables,
    asked: Asked,
    *,
    minimum: int,
    replicates: int,
    points: bool = True,
    with_models: bool = True,
) -> dict[str, Any]:
    """Counts, curves, censoring and gaps of every patient counted in `tables`, and the models.

    Intervals come from resampling patients `replicates` times, or random groups of patients where
    counts alone were asked for; with 0 there are none. Without `points` a curve is its medians and
    means alone.
    """
    head = {"parameters": asked.rule.parameters(), "minimum_patients": minimum}
    if tables.patients < minimum:
        return {**head, **SUPPRESSED}
    if tables.rows is None:
        blocks, left_out = dict(_curves(tables, minimum, replicates)), LEFT_OUT
    else:
        blocks, left_out = _by_patient(tables, tables.rows, asked, minimum, replicates), {}
        if with_models:
            blocks["models"] = models_by_patient(all_rows(tables.rows), minimum, SEED)
    return {
        **head,
        "suppressed": False,
        "patients": tables.patients,
        "sessions": tables.sessions,
        "imported_sessions": tables.imported,
        "counts": {name: tables.status[name] for name in STATUSES},
        "data_quality": dict(tables.quality),
        "replicates": replicates,
        **(blocks if points else without_points(blocks)),
        "censoring": censoring_block(tables, minimum),
        "gaps": {
            "median_days_between_sessions": _days(median_of(tables.gaps_us)),
            "intervals": tables.intervals,
            "intervals_over_7_days": tables.wide,
        },
        "left_out": left_out,
    }


def _curves(tables: Tables, minimum: int, replicates: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, tau in TAU_H.items():
        yield name, curve_block(getattr(tables, name), tau, minimum, replicates)
    yield "whole_course", whole_course_block(tables.whole_course, minimum)


def _by_patient(
    tables: Tables, rows: Rows, asked: Asked, minimum: int, replicates: int
) -> dict[str, Any]:
    """The page's own curves, with the tests between routes that the counts give."""
    table = all_rows(rows)
    blocks: dict[str, Any] = dict(curves_by_patient(table, minimum, replicates))
    for name in TAU_H:
        if not blocks[name]["suppressed"]:
            groups = blocks[name]["groups"]
            large = [route for route, group in groups.items() if not group["suppressed"]]
            blocks[name] |= _tests(getattr(tables, name), large)
    return blocks | dict(trends_by_patient(table, asked.rule, minimum, replicates))


def without_points(block: dict[str, Any]) -> dict[str, Any]:
    """The block without the lists that are as long as there are distinct times."""
    return {
        name: without_points(value) if isinstance(value, dict) else value
        for name, value in block.items()
        if name not in POINTS or not isinstance(value, list)
    }


def curve_block(counts: CurveCounts, tau: float, minimum: int, replicates: int) -> dict[str, Any]:
    """All sessions together, one block per route with enough patients, and tests between those."""
    patients = counts.patients.total()
    if patients < minimum:
        return dict(SUPPRESSED)
    cells = list(counts.cells.values())
    right = _kaplan_meier((cell.right for cell in cells), tau)
    spans = merged(cell.interval for cell in cells)
    npmle = turnbull(*interval_rows(spans))
    groups, tests = _by_route(counts, tau, minimum)
    return {
        "suppressed": False,
        "patients": patients,
        "sessions": spans.total,
        "right": right,
        "midpoint": _kaplan_meier((cell.mid for cell in cells), tau),
        "turnbull": npmle,
        **_by_group(
            counts.by_group,
            [share_by(right, npmle, hours) for hours in SHARES_BY_H],
            right["tau"] or tau,
            replicates,
        ),
        "groups": groups,
        **tests,
    }


def _by_group(
    table: Counts | None, shares: list[dict[str, Any]], tau: float, replicates: int
) -> dict[str, Any]:
    """The shares with their 95 % bounds, and those of median and mean in hours.

    Groups of patients are resampled; a share that is not known has no bounds.
    """
    found = None
    if table is not None and replicates:
        found = intervals_by_group(
            table, tau=tau, at_hours=SHARES_BY_H, seed=SEED, replicates=replicates
        )
    if found is None:
        unknown = {"lower": None, "upper": None}
        return {"shares": [{**share, **unknown} for share in shares], "interval_by_group": None}
    return {
        "shares": [
            {**share, **(vars(ends) if share["seen"] is not None else {})}
            for share, ends in zip(shares, found.shares, strict=True)
        ],
        "interval_by_group": {
            "median": _ends(found.median),
            "rmst": _ends(found.rmst),
            "groups": found.groups,
            "replicates": replicates,
            "seed": SEED,
        },
    }


def _ends(interval: Interval) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in (interval.lower, interval.upper)]


def whole_course_block(counts: CurveCounts | None, minimum: int) -> dict[str, Any]:
    """Relief with later sessions taken as part of the treatment."""
    if counts is None:
        return {**SUPPRESSED, "reason": NEEDS_COURSE}
    patients = counts.patients.total()
    if patients < minimum:
        return dict(SUPPRESSED)
    cells = list(counts.cells.values())
    spans = merged(cell.interval for cell in cells)
    return {
        "suppressed": False,
        "patients": patients,
        "sessions": spans.total,
        "right": _kaplan_meier((cell.right for cell in cells), TAU_RELIEF_H),
        "turnbull": turnbull(*interval_rows(spans)),
    }


def _by_route(
    counts: CurveCounts, tau: float, minimum: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    routes = sorted({route for route, _ in counts.cells if route})
    large = [route for route in routes if _patients(counts, [route]) >= minimum]
    members = {route: _cells(counts, route) for route in large}
    # A small group must not show through the time axis that the others share with it.
    last = (max(float(cell.right.columns[0][-1]) for cell in own) for own in members.values())
    tau = min([tau, *last])
    blocks: dict[str, Any] = {route: dict(SUPPRESSED) for route in routes}
    for route, own in members.items():
        spans = merged(cell.interval for cell in own)
        blocks[route] = {
            "suppressed": False,
            "patients": _patients(counts, [route]),
            "sessions": spans.total,
            "right": _kaplan_meier((cell.right for cell in own), tau),
            "turnbull": turnbull(*interval_rows(spans)),
        }
    return blocks, _tests(counts, large)


def _tests(counts: CurveCounts, routes: list[str]) -> dict[str, Any]:
    """Log-rank tests between routes, exploratory: plain, and by first against later sessions."""
    cells = [(key, cell) for key, cell in counts.cells.items() if key[0] in routes]
    rows = [event_rows(cell.right) for _, cell in cells]
    times, events, weights = (
        np.concatenate([row[k] for row in rows]) if rows else np.empty(0) for k in range(3)
    )
    group = [key[0] for key, cell in cells for _ in cell.right.n]
    is_first = np.array([key[1] for key, cell in cells for _ in cell.right.n], bool)
    tests = {
        "logrank": logrank(times, events.astype(bool), group, weights=weights),
        "logrank_stratified": logrank_stratified(
            times, events.astype(bool), group, is_first, weights=weights
        ),
    }
    if _patients(counts, routes) < weights.sum():
        for test in tests.values():
            test["note"] = REPEATED_PATIENTS
    return tests


def censoring_block(tables: Tables, minimum: int) -> dict[str, Any]:
    """Why relief was not followed to its end, and how far that could move the estimate."""
    if tables.relief.patients.total() < minimum:
        return dict(SUPPRESSED)
    right, kind = tables.relief_ends.columns
    ends = ReliefEnds(right, kind == LOST, kind == REBOOKED, tables.relief_ends.weights)
    bounds = bounds_of(ends, TAU_RELIEF_H)
    return {
        "suppressed": False,
        "sessions": tables.status["response"],
        "seen": tables.status["response"] - tables.reasons.total(),
        **{reason: tables.reasons[reason] for reason in REASONS},
        **vars(bounds),
        "differ_a_lot": bounds.differ_a_lot,
        "competing": [vars(share) for share in competing_of(ends, COMPETING_AT_H)],
    }


def _kaplan_meier(tables: Iterable[Counts], tau: float) -> dict[str, Any]:
    times, events, weights = event_rows(merged(tables))
    return kaplan_meier(times, events, tau=tau, weights=weights)


def _cells(counts: CurveCounts, route: str) -> list[Cell]:
    return [cell for (name, _), cell in counts.cells.items() if name == route]


def _patients(counts: CurveCounts, routes: list[str]) -> int:
    """How many patients have at least one of the routes."""
    return sum(n for names, n in counts.patients.items() if set(names) & set(routes))


def _days(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / US_PER_HOUR / 24
