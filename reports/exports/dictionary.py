"""What each column of an exported table holds: the data dictionary, in files and in words.

The same lines go into the schema of each Parquet file, as `description` and `unit` of the field,
and into data-dictionary.csv beside them. Names, kinds and codes are the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.spreadsheet import csv_text

Kind = Literal["text", "time", "number", "decimal", "whole", "yes_no"]
DICTIONARY_COLUMNS = ("table", "column", "kind", "unit", "description")


class Column(NamedTuple):
    """One column. `unit` is "" for what has none; a missing value is null, never zero."""

    name: str
    kind: Kind
    words: Promise
    unit: str = ""


PATIENT = Column("patient_id", "text", _("the patient, the same in every table of these files"))
SESSION = Column("session_id", "text", _("the session, the same in every table of these files"))
ROUTE = Column("route", "text", _("how the drug was given"))
DOSE = Column("dose_mg", "number", _("the dose that was given"), "mg")
INSTRUMENT = Column("instrument", "text", _("the questionnaire that was answered"))

SESSIONS = (
    PATIENT,
    SESSION,
    Column("session_start", "time", _("when the dose began"), "UTC"),
    ROUTE,
    DOSE,
    Column("weight_kg", "number", _("body weight on the day"), "kg"),
)
FACTS = (
    SESSION,
    Column("drug", "text", _("the drug that was given")),
    Column("indication", "text", _("what the course of treatment is for")),
    Column("origin", "text", _("live: recorded here; import: recorded elsewhere")),
)
CHECK_INS = (
    PATIENT,
    Column("taken_at", "time", _("when the patient answered"), "UTC"),
    INSTRUMENT,
    Column("score", "decimal", _("the score, as the questionnaire counts it")),
)
EPISODES = (
    PATIENT,
    SESSION,
    ROUTE,
    DOSE,
    Column("weight_kg", "number", _("body weight on the day"), "kg"),
    Column("session_no", "whole", _("number of the session, from the patient's first")),
    Column("course_no", "whole", _("number of the course; a gap begins a new one")),
    Column("session_no_in_course", "whole", _("number of the session within its course")),
    Column("pre_score", "number", _("severity just before the dose, the good end at 0")),
    Column("baseline", "number", _("severity that a response is measured from")),
    Column("status", "text", _("what became of the session; the first that applies")),
    Column("response", "yes_no", _("relief was seen; null when it could not be judged")),
    Column("remission", "yes_no", _("the score fell to the remission cut or below it")),
    Column("onset_lo", "number", _("relief began after this, since the dose"), "h"),
    Column("onset_hi", "number", _("relief began at or before this; null: not seen"), "h"),
    Column("onset_event", "yes_no", _("the onset was seen; no: censored at onset_lo")),
    Column("loss_lo", "number", _("relief was lost after this, since the dose"), "h"),
    Column("loss_hi", "number", _("relief was lost at or before this; null: not seen"), "h"),
    Column("relief_lo", "number", _("relief lasted longer than this, since its onset"), "h"),
    Column("relief_hi", "number", _("relief lasted at most this; null: its end was not seen"), "h"),
    Column("relief_event", "yes_no", _("the end of relief was seen; no: censored")),
    Column("relief_reason", "text", _("why the end of relief was not seen")),
    Column("relief_right", "number", _("length of relief as the clinic saw it"), "h"),
    Column("relief_mid", "number", _("length of relief from middle to middle"), "h"),
)
POINTS = (
    Column("kind", "text", _("what the line is, such as median or turnbull")),
    Column("curve", "text", _("the curve that the line belongs to")),
    Column("group", "text", _("the group of sessions, or what is counted")),
    Column("name", "text", _("what the value is")),
    Column("lo_hours", "number", _("beginning of the interval"), "h"),
    Column("hi_hours", "number", _("end of the interval, or the time"), "h"),
    Column("value", "number", _("the value; a share lies from 0 to 1")),
    Column("lower", "number", _("lower end of the 95 % interval")),
    Column("upper", "number", _("upper end of the 95 % interval")),
    Column("n_risk", "number", _("how many were still followed")),
    Column("n_event", "number", _("how many changes were seen then")),
    Column("text", "text", _("the value, where it is a word")),
)
# In the research export a patient is nobody: ages are bands, and weights are rounded.
RESEARCH_SESSIONS = (
    *SESSIONS[:-1],
    Column("weight_kg", "number", _("body weight to the nearest 5 kg, from 45 to 120"), "kg"),
)
RESEARCH_FACTS = (
    *FACTS,
    Column("dose_band", "text", _("band of the dose, made from the exact weight")),
    Column("age_band", "text", _("age in years on the day; wider or withheld where few are alike")),
)
RESEARCH_EPISODES = (INSTRUMENT, *EPISODES[:4], RESEARCH_SESSIONS[-1], *EPISODES[5:])


def dictionary_csv(tables: Mapping[str, tuple[Column, ...]]) -> str:
    """The dictionary of these tables as CSV, in the reader's language."""
    lines = (
        (table, column.name, column.kind, column.unit, column.words)
        for table, columns in tables.items()
        for column in columns
    )
    return csv_text(DICTIONARY_COLUMNS, lines)
