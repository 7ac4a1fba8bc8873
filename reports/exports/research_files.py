"""The research export as files: each table as CSV and Parquet, a data dictionary and a README."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.definitions import definitions
from reports.dashboards.words import counted
from reports.exports.dictionary import (
    CHECK_INS,
    RESEARCH_EPISODES,
    RESEARCH_FACTS,
    RESEARCH_SESSIONS,
    Column,
    dictionary_csv,
)
from reports.exports.parquet import csv_of, parquet_of, table_of
from reports.exports.research import Research

TABLES: dict[str, tuple[Column, ...]] = {
    "sessions": RESEARCH_SESSIONS,
    "facts": RESEARCH_FACTS,
    "check_ins": CHECK_INS,
    "episodes": RESEARCH_EPISODES,
}


def research_files(found: Research) -> dict[str, bytes]:
    """Every file of the export by its name."""
    rules = {name: rule.parameters() for name, rule in found.rules.items()}
    about: dict[str, Any] = {
        "parameters": rules,
        "minimum_patients": found.minimum,
        "times": "moved_by_whole_weeks_of_each_patient",
        "assignment": "not_at_random",
    }
    files: dict[str, bytes] = {"README.txt": readme(found).encode()}
    files["data-dictionary.csv"] = dictionary_csv(TABLES).encode()
    for name, columns in TABLES.items():
        table = table_of(getattr(found, name), columns, about)
        files[f"{name}.csv"] = csv_of(table)
        files[f"{name}.parquet"] = parquet_of(table)
    return files


def readme(found: Research) -> str:
    """What the files hold, what was done to them, and every definition of the episodes."""
    parts = [
        _("Research export"),
        _size(found),
        *_protected(found),
        _repeat(),
        *_cautions(),
        *(_defined(name, rule.parameters()) for name, rule in found.rules.items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _size(found: Research) -> str:
    patients = found.sessions["patient_id"].nunique()
    answers = len(found.check_ins)
    scores = ngettext("%(n)s score", "%(n)s scores", answers) % {"n": answers}
    return f"{counted(patients, len(found.sessions))}, {scores}"


def _protected(found: Research) -> list[str]:
    few = {"n": found.minimum}
    lines = [
        _("What was done so that nobody is named:"),
        "- " + _("Every id is random and new in each export. No table leads back to the record."),
        "- "
        + _(
            "The times of each patient are moved by whole weeks, from 1 to 52, earlier or later. "
            "Intervals, weekdays and times of day (UTC) are true; dates and seasons are not."
        ),
        "- " + _("Ages are bands of ten years; from 90 on they are one band."),
        "- " + _("Weights are rounded to 5 kg and end at 45 and 120 kg."),
        "- "
        + _(
            "A route, drug, indication or origin of fewer than %(n)s patients is “other”, together "
            "with the next larger ones until “other” has as many. Its doses are left out."
        )
        % few,
        "- "
        + _(
            "Where fewer than %(n)s patients are alike in age and all of these, the band of the "
            "age is wider, or withheld."
        )
        % few,
        "- "
        + _("Nothing that somebody typed is in it: no notes, no names, no own questionnaires."),
    ]
    if found.left_out:
        named = {**few, "names": ", ".join(found.left_out)}
        lines.append(
            "- " + _("Left out because fewer than %(n)s patients answered them: %(names)s.") % named
        )
    who = _(
        "The rows are still about people. Keep them as you keep a record, join them with nothing "
        "that has names, and publish no table with fewer than %(n)s patients in a cell."
    )
    return ["\n".join(lines), who % few]


def _repeat() -> str:
    return "\n".join(
        [
            _("To make the curves again from these files:"),
            "python manage.py relief sessions.csv check_ins.csv --instrument mood_0_10",
        ]
    )


def _cautions() -> list[str]:
    return [
        _("Treatment was not assigned at random: differences between groups are no effects."),
        _("A missing answer is missing; it is never zero, and nothing is carried forward."),
        _("Times in the episodes are hours. What each column holds: data-dictionary.csv."),
    ]


def _defined(name: str, parameters: dict[str, Any]) -> str:
    head = _("Definitions for %(name)s") % {"name": name}
    lines = [f"- {one.label}: {one.value} ({one.name})" for one in definitions(parameters, name)]
    return "\n".join([f"{head}:", *lines])
