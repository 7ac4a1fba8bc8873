"""The outcomes as a file: the filter, the definitions, the counts and every point drawn.

One table: kind, curve, group, name, lo_hours, hi_hours, value, lower, upper, n_risk, n_event.
Numbers stay numbers; a text that a spreadsheet would run as a formula is written behind an
apostrophe. A group below the minimum is named and has no number; nor has the onset of a
questionnaire that looks back over days ("looks_back").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports.dashboards.outcomes import Outcomes
from reports.exports.trend_rows import TOO_FEW, trend_rows
from sessions_app.spreadsheet import csv_text

COLUMNS = (
    "kind",
    "curve",
    "group",
    "name",
    "lo_hours",
    "hi_hours",
    "value",
    "lower",
    "upper",
    "n_risk",
    "n_event",
)
Row = dict[str, Any]


def outcomes_csv(outcome: Outcomes) -> str:
    """The whole file."""
    return csv_text(COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows(outcome)))


def rows(outcome: Outcomes) -> Iterator[Row]:
    """The lines of the file; see COLUMNS."""
    yield from _about(outcome)
    numbers = outcome.numbers
    if numbers["suppressed"]:
        yield {"kind": "suppressed", "name": TOO_FEW}
        return
    yield from _counts(outcome)
    yield from _curve("onset", outcome.onset_given_out)
    yield from _curve("relief", numbers["relief"])
    for curve in ("kept", "whole_course"):
        block = numbers[curve]
        if block["suppressed"]:
            yield _not_shown(curve, block)
        else:
            yield from _points(curve, "all", block)
    yield from trend_rows(numbers)


def _about(outcome: Outcomes) -> Iterator[Row]:
    about = {
        "data_as_of": outcome.data_as_of.isoformat(),
        "assignment": "not assigned at random",
        "minimum_patients": outcome.minimum,
        "recall_days": outcome.recall_days,
    }
    if outcome.is_shown:
        about["imported_sessions"] = outcome.imported_sessions
    for kind, values in (
        ("about", about),
        ("filter", outcome.filter.values()),
        ("definition", outcome.parameters),
    ):
        for name, value in values.items():
            yield {"kind": kind, "name": name, "value": value}


def _counts(outcome: Outcomes) -> Iterator[Row]:
    numbers = outcome.numbers
    for name in ("patients", "sessions", "ungrouped", "replicates"):
        yield {"kind": "count", "name": name, "value": numbers[name]}
    groups = {
        "status": numbers["counts"],
        "check_ins": outcome.check_ins,
        "left_out": outcome.left_out,
        "censoring": numbers["censoring"],
        "gaps": numbers["gaps"],
    }
    for group, values in groups.items():
        for name, value in values.items():
            if name != "competing":
                yield {"kind": "count", "group": group, "name": name, "value": value}
    for share in numbers["censoring"].get("competing", ()):
        for name in ("lost", "dosed_again"):
            end = {"hi_hours": share["hours"], "value": share[name]}
            yield {"kind": "competing", "curve": "relief", "group": "all", "name": name, **end}


def _not_shown(curve: str, block: Mapping[str, Any]) -> Row:
    return {"kind": "suppressed", "curve": curve, "name": block.get("reason", TOO_FEW)}


def _curve(curve: str, block: Mapping[str, Any]) -> Iterator[Row]:
    if block["suppressed"]:
        yield _not_shown(curve, block)
        return
    for share in block["shares"]:
        yield {
            "kind": "share",
            "curve": curve,
            "group": "all",
            "name": "seen_by",
            "hi_hours": share["hours"],
            "value": share["seen"],
            "lower": share["lower"],
            "upper": share["upper"],
        }
    yield from _points(curve, "all", block)
    for name, group in block["groups"].items():
        if group["suppressed"]:
            yield {"kind": "suppressed", "curve": curve, "group": name, "name": TOO_FEW}
        else:
            yield from _points(curve, name, group)


def _points(curve: str, name: str, block: Mapping[str, Any]) -> Iterator[Row]:
    head = {"curve": curve, "group": name}
    for count in ("patients", "sessions"):
        yield {"kind": "count", **head, "name": count, "value": block[count]}
    right, npmle = block["right"], block["turnbull"]
    lo, hi = npmle["median_bracket"]
    yield {"kind": "median", **head, "name": "turnbull", "lo_hours": lo, "hi_hours": hi}
    ends = {"lower": right["median_lower"], "upper": right["median_upper"]}
    yield {"kind": "median", **head, "name": "right_point", "value": right["median"], **ends}
    yield from _turnbull(head, npmle)
    yield from _right_points(head, right)


def _turnbull(head: Row, npmle: Mapping[str, Any]) -> Iterator[Row]:
    before = 1.0
    for (lo, hi), after in zip(npmle["intervals"], npmle["surv_after"], strict=True):
        ends = {"lo_hours": lo, "hi_hours": hi, "value": after, "upper": before}
        yield {"kind": "turnbull", **head, "name": "survival_after", **ends}
        before = after


def _right_points(head: Row, right: Mapping[str, Any]) -> Iterator[Row]:
    columns = ("time", "surv", "lower", "upper", "n_risk", "n_event")
    for values in zip(*(right[column] for column in columns), strict=True):
        time, surv, *others = values
        point = {"hi_hours": time, "value": surv, **dict(zip(columns[2:], others, strict=True))}
        yield {"kind": "right_point", **head, "name": "survival", **point}
