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
from reports.exports.trend_rows import trend_rows
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
    yield {"kind": "about", "name": "data_as_of", "value": outcome.data_as_of.isoformat()}
    yield {"kind": "about", "name": "assignment", "value": "not assigned at random"}
    yield {"kind": "about", "name": "minimum_patients", "value": outcome.minimum}
    yield {"kind": "about", "name": "recall_days", "value": outcome.recall_days}
    if outcome.is_shown:
        yield {"kind": "about", "name": "imported_sessions", "value": outcome.imported_sessions}
    for name, value in outcome.filter.values().items():
        yield {"kind": "filter", "name": name, "value": value}
    for name, value in outcome.parameters.items():
        yield {"kind": "definition", "name": name, "value": value}
    numbers = outcome.numbers
    if numbers["suppressed"]:
        yield {"kind": "suppressed", "name": "patients_below_minimum"}
        return
    yield {"kind": "count", "name": "patients", "value": numbers["patients"]}
    yield {"kind": "count", "name": "sessions", "value": numbers["sessions"]}
    yield {"kind": "count", "name": "ungrouped", "value": numbers["ungrouped"]}
    yield {"kind": "count", "name": "replicates", "value": numbers["replicates"]}
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
    yield from _curve("onset", outcome.onset_given_out)
    yield from _curve("relief", numbers["relief"])
    for curve in ("kept", "whole_course"):
        block = numbers[curve]
        if block["suppressed"]:
            reason = block.get("reason", "patients_below_minimum")
            yield {"kind": "suppressed", "curve": curve, "name": reason}
        else:
            yield from _points(curve, "all", block)
    yield from trend_rows(numbers)


def _curve(curve: str, block: Mapping[str, Any]) -> Iterator[Row]:
    if block["suppressed"]:
        reason = block.get("reason", "patients_below_minimum")
        yield {"kind": "suppressed", "curve": curve, "name": reason}
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
            why = "patients_below_minimum"
            yield {"kind": "suppressed", "curve": curve, "group": name, "name": why}
        else:
            yield from _points(curve, name, group)


def _points(curve: str, name: str, block: Mapping[str, Any]) -> Iterator[Row]:
    head = {"curve": curve, "group": name}
    yield {"kind": "count", **head, "name": "patients", "value": block["patients"]}
    yield {"kind": "count", **head, "name": "sessions", "value": block["sessions"]}
    right, npmle = block["right"], block["turnbull"]
    lo, hi = npmle["median_bracket"]
    yield {"kind": "median", **head, "name": "turnbull", "lo_hours": lo, "hi_hours": hi}
    yield {
        "kind": "median",
        **head,
        "name": "right_point",
        "value": right["median"],
        "lower": right["median_lower"],
        "upper": right["median_upper"],
    }
    before = 1.0
    for (lo, hi), after in zip(npmle["intervals"], npmle["surv_after"], strict=True):
        yield {
            "kind": "turnbull",
            **head,
            "name": "survival_after",
            "lo_hours": lo,
            "hi_hours": hi,
            "value": after,
            "upper": before,
        }
        before = after
    points = zip(
        *(right[key] for key in ("time", "surv", "lower", "upper", "n_risk", "n_event")),
        strict=True,
    )
    for time, surv, lower, upper, n_risk, n_event in points:
        yield {
            "kind": "right_point",
            **head,
            "name": "survival",
            "hi_hours": time,
            "value": surv,
            "lower": lower,
            "upper": upper,
            "n_risk": n_risk,
            "n_event": n_event,
        }
