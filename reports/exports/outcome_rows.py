"""The rows behind the outcomes page as Parquet, with its points and a data dictionary.

sessions.parquet    every treatment of the patients who have an episode in the analysis
facts.parquet       the drug of each, what the course is for, where it was recorded
check_ins.parquet   their answers to the instrument of the analysis
episodes.parquet    the sessions that the filter asks for, and what became of each
curves.parquet      the lines of outcomes.csv: counts, medians and every point drawn

From sessions and check-ins, and the definitions in the schema of each file, the episodes can be
made again. Patients have their ids of the record, no name and no number.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcome_selection import Selection, selected
from reports.dashboards.outcomes import Outcomes, outcomes
from reports.exports.archive import zip_of
from reports.exports.csv import outcomes_csv, rows
from reports.exports.dictionary import (
    CHECK_INS,
    EPISODES,
    FACTS,
    POINTS,
    SESSIONS,
    Column,
    dictionary_csv,
)
from reports.exports.parquet import parquet_of, table_of
from sessions_app.models import Staff, TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

if TYPE_CHECKING:
    import pandas as pd

TABLES: dict[str, tuple[Column, ...]] = {
    "sessions": SESSIONS,
    "facts": FACTS,
    "check_ins": CHECK_INS,
    "episodes": EPISODES,
    "curves": POINTS,
}
COUNTED = frozenset(column.name for column in POINTS if column.kind == "number")


def outcome_rows_zip(user: Staff, chosen: OutcomeFilter, now: datetime) -> bytes:
    """The tables, the CSV and the dictionary of one analysis of the person's own clinic."""
    shown = outcomes(user, chosen)
    allowed = visible_to(user, TreatmentSession, Deed.EXPORT_ROWS)
    found = selected(allowed, user.clinic.time_zone, user.clinic_id, chosen)
    about = about_of(shown, timezone.now())
    frames = {**row_frames(found), "curves": points_frame(shown)}
    files = {
        f"{name}.parquet": parquet_of(table_of(frames[name], columns, about))
        for name, columns in TABLES.items()
    }
    files["outcomes.csv"] = outcomes_csv(shown).encode()
    files["data-dictionary.csv"] = dictionary_csv(TABLES).encode()
    return zip_of(files, now)


def about_of(shown: Outcomes, read_at: datetime) -> dict[str, Any]:
    """What every file of the export says of itself: the filter and all definitions.

    The analysis of a large clinic is kept for a while: its points can be older than its rows.
    """
    return {
        "filter": shown.filter.values(),
        "parameters": shown.parameters,
        "data_as_of": shown.data_as_of.isoformat(),
        "rows_as_of": read_at.isoformat(),
        "minimum_patients": shown.minimum,
        "assignment": "not_at_random",
    }


def row_frames(found: Selection) -> dict[str, pd.DataFrame]:
    """The tables of rows, of the patients who have an episode in the analysis."""
    own = set(found.episodes["patient_id"])
    sessions = found.sessions[found.sessions["patient_id"].isin(own)]
    return {
        "sessions": sessions,
        "facts": found.facts[found.facts["session_id"].isin(sessions["session_id"])],
        "check_ins": found.check_ins[found.check_ins["patient_id"].isin(own)],
        "episodes": found.episodes,
    }


def points_frame(shown: Outcomes) -> pd.DataFrame:
    """The lines of outcomes.csv, a value that is a word in the column `text`."""
    import pandas as pd

    lines = [_typed(line) for line in rows(shown)]
    frame = pd.DataFrame(lines, columns=[column.name for column in POINTS], dtype=object)
    return frame.astype(dict.fromkeys(COUNTED, "float64"))


def _typed(line: dict[str, Any]) -> dict[str, Any]:
    value = line.get("value")
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return line
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {**line, "value": None, "text": text}
