"""The lines of outcomes.csv for what stands below the two curves: mood, sessions, quarters, trend.

Medians and times are hours, changes are points of the scale, positive = better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
TOO_FEW = "patients_below_minimum"


def trend_rows(numbers: Mapping[str, Any]) -> Iterator[Row]:
    """The lines of one analysis that is shown; the columns are those of the file."""
    mood = numbers["mood"]
    if mood["suppressed"]:
        yield {"kind": "suppressed", "curve": "mood", "name": TOO_FEW}
    else:
        yield from _mood("all", mood)
        for name, group in mood["groups"].items():
            yield from _mood(name, group)
    yield from _bands("all", numbers["by_session"]["all"])
    for name, rows in numbers["by_session"]["groups"].items():
        yield from _bands(name, rows)
    for row in numbers["by_quarter"]:
        yield from _median("median_by_quarter", "all", row["quarter"], row)
        share = row["seen_by_7_days"]
        if not share["suppressed"]:
            head = {"kind": "share", "curve": "onset", "group": row["quarter"], "name": "seen_by"}
            ends = {"value": share["share"], "lower": share["lower"], "upper": share["upper"]}
            yield {**head, "hi_hours": 168.0, **ends}
    yield from _trend(numbers["trend"])


def _mood(name: str, block: Mapping[str, Any]) -> Iterator[Row]:
    head = {"curve": "mood", "group": name}
    if block["suppressed"]:
        yield {"kind": "suppressed", **head, "name": TOO_FEW}
        return
    for point in block["points"]:
        at = {**head, "hi_hours": point["hours"]}
        if point["suppressed"]:
            yield {"kind": "suppressed", **at, "name": TOO_FEW}
            continue
        ends = {"value": point["mean"], "lower": point["lower"], "upper": point["upper"]}
        yield {"kind": "change", **at, "name": "mean_change", **ends}
        for count in ("patients", "sessions"):
            yield {"kind": "count", **at, "name": count, "value": point[count]}


def _bands(group: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for row in rows:
        yield from _median("median_by_session", group, f"session {row['band']}", row)


def _median(kind: str, group: str, name: str, row: Mapping[str, Any]) -> Iterator[Row]:
    head = {"curve": "relief", "group": group}
    if row["suppressed"]:
        yield {"kind": "suppressed", **head, "name": name}
        return
    ends = {"value": row["median"], "lower": row["lower"], "upper": row["upper"]}
    yield {"kind": kind, **head, "name": name, **ends, "n_event": row["events"]}
    for count in ("patients", "sessions"):
        yield {"kind": "count", **head, "name": f"{name} {count}", "value": row[count]}


def _trend(block: Mapping[str, Any]) -> Iterator[Row]:
    if block["suppressed"]:
        yield {"kind": "suppressed", "curve": "relief", "name": "trend"}
        return
    for group in ("within", "between"):
        model = block[group]
        head = {"kind": "hazard_ratio", "curve": "relief", "group": group}
        if model["terms"] is None:
            yield {**head, "kind": "refused", "name": model["why"]["terms"]}
            continue
        for term in model["terms"]:
            ends = {"value": term["hazard_ratio"], "lower": term["lower"], "upper": term["upper"]}
            yield {**head, "name": term["name"], **ends, "n_event": model["events"]}
