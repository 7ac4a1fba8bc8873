"""The four files of an import, row by row: what each column must hold. No Django, no database.

Only what one file alone can show is checked here; whether a row fits the record is the question
of actions/imports.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from sessions_app.imports.import_files import Problem, Reader
from sessions_app.instruments import REGISTRY
from sessions_app.rules import effects, limits
from sessions_app.rules.check_in_windows import INDICATIONS
from sessions_app.rules.dosing import DRUGS, ROUTES

Kind = Literal["sessions", "checkins", "vitals", "effects"]

COLUMNS: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sessions": (
        ("patient_id", "session_id", "session_start", "route", "dose_mg", "weight_kg"),
        ("drug", "indication", "birth_date", "ended_at"),
    ),
    "checkins": (("patient_id", "taken_at", "instrument", "score"), ()),
    "vitals": (("patient_id", "session_id", "taken_at"), (*limits.SIGNS, "position")),
    "effects": (
        ("patient_id", "session_id", "onset_at", "code", "grade"),
        ("resolved_at", "other_text", "action"),
    ),
}

LONGEST_PATIENT_ID = 30
LONGEST_SESSION_ID = 80
LONGEST_INSTRUMENT = 30
LONGEST_OTHER_TEXT = 80
LONGEST_SESSION = timedelta(hours=24)  # design: a later end is another day's
MG_STEP = Decimal("0.01")
KG_STEP = Decimal("0.1")
SCORE_STEP = Decimal("0.01")
LARGEST_SCORE = Decimal("9999.99")
SIGN_STEPS = {"temperature_c": Decimal("0.1"), "oxygen_l_min": Decimal("0.1")}

# Not among the instruments that ship: name in the files → lowest and highest score.
SCORE_ONLY: dict[str, tuple[int, int]] = {"WHO-5": (0, 100)}
SCORE_ONLY_VERSION = "score"


@dataclass(frozen=True)
class Defaults:
    """What holds for rows that do not say it. "" means: refuse such a row, never guess."""

    indication: str = ""
    drug: str = ""


@dataclass(frozen=True)
class SessionRow:
    line: int
    patient_id: str
    session_id: str
    session_start: datetime
    route: str
    dose_mg: Decimal | None
    weight_kg: Decimal | None
    drug: str
    indication: str
    birth_date: date | None
    ended_at: datetime | None


@dataclass(frozen=True)
class CheckInRow:
    """`instrument` and `version` as the record keeps them."""

    line: int
    patient_id: str
    taken_at: datetime
    instrument: str
    version: str
    score: Decimal


@dataclass(frozen=True)
class VitalRow:
    """`values`: the signs that were measured, in the units of limits.PLAUSIBLE."""

    line: int
    patient_id: str
    session_id: str
    taken_at: datetime
    values: dict[str, Decimal]
    position: str


@dataclass(frozen=True)
class EffectRow:
    line: int
    patient_id: str
    session_id: str
    onset_at: datetime
    code: str
    grade: str
    resolved_at: datetime | None
    other_text: str
    action: str


@dataclass
class ImportFile:
    """One file read whole. It may be imported when `problems` is empty.

    `blank_scores`: check-ins without a score, left out as the `relief` command leaves them out.
    `rounded`: doses and weights brought to 0.01 mg and 0.1 kg.
    """

    kind: Kind
    name: str
    sessions: list[SessionRow] = field(default_factory=list)
    check_ins: list[CheckInRow] = field(default_factory=list)
    vitals: list[VitalRow] = field(default_factory=list)
    effects: list[EffectRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    blank_scores: int = 0
    rounded: int = 0


def read_import_file(
    kind: Kind, path: Path, *, defaults: Defaults, now: datetime, name: str = ""
) -> ImportFile:
    """The file read and checked whole. Nothing in it may lie after `now` (aware)."""
    file = ImportFile(kind, name or str(path))
    reader = Reader(file.name, now.astimezone(UTC), problems=file.problems)
    readers: dict[Kind, Callable[[ImportFile, Reader, Iterator[dict[str, str]]], None]] = {
        "sessions": lambda f, r, rows: _sessions(f, r, rows, defaults),
        "checkins": _check_ins,
        "vitals": _vitals,
        "effects": _effects,
    }
    readers[kind](file, reader, reader.rows(path, *COLUMNS[kind]))
    file.rounded = reader.rounded
    return file


def _sessions(
    file: ImportFile, reader: Reader, rows: Iterator[dict[str, str]], defaults: Defaults
) -> None:
    first_seen: dict[tuple[str, str], int] = {}
    births: dict[str, date] = {}
    for row in rows:
        before = len(reader.problems)
        patient = reader.identifier(row, "patient_id", LONGEST_PATIENT_ID)
        session = reader.identifier(row, "session_id", LONGEST_SESSION_ID)
        start = reader.time(row, "session_start")
        route = reader.choice(row, "route", ROUTES)
        dose = reader.plausible(row, "dose_mg", "amount_mg", MG_STEP)
        weight = reader.plausible(row, "weight_kg", "weight_kg", KG_STEP)
        drug = _drug(reader, row, route, defaults)
        indication = _or_default(reader, row, "indication", INDICATIONS, defaults.indication)
        birth_date, ended_at = reader.day(row, "birth_date"), reader.optional_time(row, "ended_at")
        if start is not None and ended_at is not None:
            _refuse_end(reader, row, start, ended_at)
        if patient is not None and session is not None:
            line = first_seen.setdefault((patient, session), reader.line)
            if line != reader.line:
                reader.refuse("session_id", "repeated_session", session, str(line))
        if patient is not None and birth_date is not None:
            known = births.setdefault(patient, birth_date)
            if known != birth_date:
                reader.refuse("birth_date", "other_birth_date", str(birth_date), str(known))
        if len(reader.problems) > before or None in (patient, session, start, route):
            continue
        file.sessions.append(
            SessionRow(
                reader.line,
                patient or "",
                session or "",
                start,  # type: ignore[arg-type]  # None was refused above
                route or "",
                dose,
                weight,
                drug,
                indication,
                birth_date,
                ended_at,
            )
        )


def _or_default(
    reader: Reader, row: dict[str, str], name: str, choices: tuple[str, ...], default: str
) -> str:
    if not row[name].strip():
        if not default:
            reader.refuse(name, "not_given", limit=", ".join(choices))
        return default
    return reader.choice(row, name, choices) or ""


def _drug(reader: Reader, row: dict[str, str], route: str | None, defaults: Defaults) -> str:
    """Only the nose leaves open which drug it was: esketamine has no other route."""
    if not row["drug"].strip() and route != "intranasal":
        return "ketamine"
    drug = _or_default(reader, row, "drug", DRUGS, defaults.drug)
    if drug == "esketamine" and route not in (None, "intranasal"):
        reader.refuse("drug", "esketamine_is_nasal", drug, "intranasal")
    return drug


def _refuse_end(reader: Reader, row: dict[str, str], start: datetime, end: datetime) -> None:
    if not start <= end <= start + LONGEST_SESSION:
        hours = LONGEST_SESSION // timedelta(hours=1)
        reader.refuse("ended_at", "end_far_from_start", row["ended_at"].strip(), str(hours))


def _check_ins(file: ImportFile, reader: Reader, rows: Iterator[dict[str, str]]) -> None:
    for row in rows:
        if not row["score"].strip():
            file.blank_scores += 1
            continue
        before = len(reader.problems)
        patient = reader.identifier(row, "patient_id", LONGEST_PATIENT_ID)
        taken_at = reader.time(row, "taken_at")
        name = _instrument(reader, row)
        score = None if name is None else _score(reader, row, name)
        if len(reader.problems) == before and patient and taken_at and name and score is not None:
            code, version = stored_instrument(name)
            file.check_ins.append(CheckInRow(reader.line, patient, taken_at, code, version, score))


def scale_of(name: str) -> tuple[int, int] | None:
    """Lowest and highest score of an instrument by its name in the files; None when unknown."""
    for instrument in REGISTRY.values():
        if instrument.relief_name == name and instrument.has_score:
            return instrument.score_min, instrument.score_max
    return SCORE_ONLY.get(name)


def stored_instrument(name: str) -> tuple[str, str]:
    """Code and version under which the record keeps an instrument of the files."""
    for instrument in REGISTRY.values():
        if instrument.relief_name == name:
            return instrument.code, instrument.version
    return name, SCORE_ONLY_VERSION


def _instrument(reader: Reader, row: dict[str, str]) -> str | None:
    """The name as written. A known name in another spelling is refused: it would be another
    instrument, and its scores would be on no curve."""
    name = reader.identifier(row, "instrument", LONGEST_INSTRUMENT)
    if name is None or scale_of(name) is not None:
        return name
    known = (*(each.relief_name for each in REGISTRY.values()), *SCORE_ONLY)
    for right in known:
        if _letters(right) == _letters(name):
            reader.refuse("instrument", "other_spelling", name, right)
            return None
    return name


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _score(reader: Reader, row: dict[str, str], name: str) -> Decimal | None:
    """The score, exactly as written: it decides a response, so it is never rounded."""
    score = reader.number(row, "score")
    if score is None:
        return None
    low, high = scale_of(name) or (0, LARGEST_SCORE)
    if not low <= score <= high:
        reader.refuse("score", "outside_the_scale", str(score), f"{low}–{high}")
    elif score != score.quantize(SCORE_STEP):
        reader.refuse("score", "too_many_decimals", str(score), "2")
    return score


def _vitals(file: ImportFile, reader: Reader, rows: Iterator[dict[str, str]]) -> None:
    for row in rows:
        before = len(reader.problems)
        patient = reader.identifier(row, "patient_id", LONGEST_PATIENT_ID)
        session = reader.identifier(row, "session_id", LONGEST_SESSION_ID)
        taken_at = reader.time(row, "taken_at")
        values = _values(reader, row)
        position = ""
        if row["position"].strip():
            position = reader.choice(row, "position", limits.POSITIONS) or ""
        if len(reader.problems) == before and patient and session and taken_at:
            file.vitals.append(VitalRow(reader.line, patient, session, taken_at, values, position))


def _values(reader: Reader, row: dict[str, str]) -> dict[str, Decimal]:
    """The signs of a row. What cannot be true is refused; what is dangerous is kept."""
    before = len(reader.problems)
    given = {
        sign: value for sign in limits.SIGNS if (value := reader.number(row, sign)) is not None
    }
    if len(reader.problems) > before:
        return {}
    for found in limits.refusals(given):
        reader.refuse_implausible(found.field, found)
    if len(reader.problems) > before:
        return {}
    for sign, step in SIGN_STEPS.items():
        if sign in given and given[sign] != given[sign].quantize(step):
            reader.refuse(sign, "too_many_decimals", str(given[sign]), "1")
    return given


def _effects(file: ImportFile, reader: Reader, rows: Iterator[dict[str, str]]) -> None:
    for row in rows:
        before = len(reader.problems)
        patient = reader.identifier(row, "patient_id", LONGEST_PATIENT_ID)
        session = reader.identifier(row, "session_id", LONGEST_SESSION_ID)
        onset = reader.time(row, "onset_at")
        code = reader.choice(row, "code", (*effects.EFFECTS, "other"))
        grade = reader.choice(row, "grade", effects.GRADES)
        resolved = reader.optional_time(row, "resolved_at")
        other_text = reader.text(row, "other_text", LONGEST_OTHER_TEXT) or ""
        action = "none"
        if row["action"].strip():
            action = reader.choice(row, "action", effects.ACTIONS) or ""
        if code == "other" and not row["other_text"].strip():
            reader.refuse("other_text", "blank")
        elif code not in (None, "other") and other_text:
            reader.refuse("other_text", "only_for_other", other_text)
        if onset is not None and resolved is not None and resolved < onset:
            reader.refuse("resolved_at", "before_onset", row["resolved_at"].strip(), str(onset))
        if len(reader.problems) == before and patient and session and onset and code and grade:
            file.effects.append(
                EffectRow(
                    reader.line,
                    patient,
                    session,
                    onset,
                    code,
                    grade,
                    resolved,
                    other_text,
                    action,
                )
            )
