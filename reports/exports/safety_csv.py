"""The safety overview as a file: the filter, the definitions and every number of the page.

One table: section, group, item, measure, n, of, value, lower, upper, lower_by_patient,
upper_by_patient. Hours end in `_h`. Numbers stay numbers; a text that a spreadsheet would run as a
formula is written behind an apostrophe. What is below the minimum of patients is named and has no
number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports.dashboards.safety.overview import Safety, definitions
from sessions_app.spreadsheet import csv_text

COLUMNS = (
    *("section", "group", "item", "measure", "n", "of", "value", "lower", "upper"),
    *("lower_by_patient", "upper_by_patient"),
)
# A block with one of these is one line of the file.
VALUES = ("share", "mean")
SECTIONS = ("effects", "pressure", "readings", "going_home", "ends", "alerts", "given")
Row = dict[str, Any]


def safety_csv(found: Safety) -> str:
    """The whole file."""
    return csv_text(COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows(found)))


def rows(found: Safety) -> Iterator[Row]:
    """The lines of the file; see COLUMNS."""
    about = {
        "data_as_of": found.data_as_of.isoformat(),
        "assignment": "not assigned at random",
        "minimum_patients": found.minimum,
    }
    for section, values in (
        ("about", about),
        ("filter", found.filter.values()),
        ("definition", definitions()),
        ("left_out", found.left_out),
    ):
        for name, value in values.items():
            yield {"section": section, "measure": name, "value": value}
    if not found.is_shown:
        yield {"section": "suppressed", "measure": "patients_below_minimum"}
        return
    for name in ("patients", "sessions"):
        yield {"section": "count", "measure": name, "value": found.numbers[name]}
    for section in SECTIONS:
        yield from _section(section, found.numbers[section])


def _section(section: str, block: Mapping[str, Any]) -> Iterator[Row]:
    for name, value in block.items():
        if name.startswith("by_"):
            for group, inner in value.items():
                yield from _block({"section": section, "group": group}, inner)
        elif isinstance(value, Mapping):
            yield from _block({"section": section, "group": name}, value)
        else:
            yield {"section": section, "group": "all", "measure": name, "value": value}


def _block(head: Row, block: Mapping[str, Any]) -> Iterator[Row]:
    """The numbers of one group, each with the path of names that leads to it."""
    if block.get("suppressed"):
        yield {**head, "measure": "patients_below_minimum"}
        return
    for name, value in block.items():
        if name == "suppressed":
            continue
        yield from _value(head, name, value)


def _value(head: Row, name: str, value: Any) -> Iterator[Row]:
    path = ".".join(part for part in (head.get("measure", ""), name) if part)
    if isinstance(value, Mapping):
        if any(key in value for key in VALUES):
            yield {**head, "measure": path, **_line(value)}
        elif name == "effects":
            for item, inner in value.items():
                yield from _block({**head, "item": item}, inner)
        elif head.get("group") == "times":
            yield from _block({**head, "item": name}, value)
        else:
            yield from _block({**head, "measure": path}, value)
    elif isinstance(value, list):
        for k, inner in enumerate(value, start=1):
            yield from _block({**head, "measure": f"{path}.{k}"}, inner)
    else:
        yield {**head, "measure": path, "value": value}


def _line(value: Mapping[str, Any]) -> Row:
    if "share" in value:
        return {**value, "value": value["share"]}
    return {**value, "value": value["mean"], "n": value.get("n")}
