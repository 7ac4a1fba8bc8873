"""History from files: sessions, check-ins, vital readings and side effects of the past.

An import calls nobody: no alert is raised for what happened long ago, no check-in is asked for,
and an imported session has neither gate nor signature. The same row again is left as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext

from sessions_app import audit
from sessions_app.actions import details, imported_entries, record
from sessions_app.actions.imported_patients import Importing, patients_of
from sessions_app.actions.intake import lock_clinic
from sessions_app.clock import clinic_day
from sessions_app.imports.import_files import Problem
from sessions_app.imports.import_rows import CheckInRow, ImportFile, SessionRow
from sessions_app.models import (
    CheckIn,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.rules import limits

Row = TypeVar("Row")
Progress = Callable[[Iterable[Row]], Iterable[Row]]

PROTOCOL_VERSION = "imported"

BATCH = 2000


class ImportRefused(Exception):
    """Something in the file does not fit the record: nothing of it was written."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} problems")


@dataclass(frozen=True)
class Imported:
    """What became of one file's rows, and how many patients were added for them."""

    added: int
    already_there: int
    patients_added: int = 0


def unwatched(rows: Iterable[Row]) -> Iterable[Row]:
    """The rows without a progress bar."""
    return rows


@transaction.atomic
def import_file(
    *,
    by: Staff,
    file: ImportFile,
    birth_dates_unknown: bool = False,
    clock: record.Clock = record.now,
    progress: Callable[[Iterable[object]], Iterable[object]] = unwatched,
) -> Imported:
    """Afterwards every row of `file` stands in the clinic of `by`, or none (ImportRefused).

    `file` has no problems of its own. `birth_dates_unknown`: new patients whose birth date the
    file does not say are added with BIRTH_DATE_UNKNOWN instead of refused. `progress` is given
    the rows and passes each of them on.
    """
    work = Importing(by, lock_clinic(by), file, clock(), birth_dates_unknown)
    deeds: dict[str, Callable[..., Imported]] = {
        "sessions": _import_sessions,
        "checkins": _import_check_ins,
        "vitals": _import_vitals,
        "effects": _import_effects,
    }
    done = deeds[file.kind](work, progress)
    if work.problems:
        raise ImportRefused(sorted(work.problems))
    return done


# --- sessions


def _import_sessions(work: Importing, progress: Progress[SessionRow]) -> Imported:
    rows = work.file.sessions
    births: dict[str, tuple[int, date]] = {}
    for row in rows:
        if row.birth_date is not None:
            births.setdefault(row.patient_id, (row.line, row.birth_date))
    before = Patient.objects.filter(clinic=work.clinic).count()
    patients = patients_of(work, _first_lines(rows), births)
    standing = imported_entries.sessions_by_ids(work.clinic.pk)
    new = []
    for row in rows:
        there = standing.get((row.patient_id, row.session_id))
        if there is None:
            new.append(row)
        else:
            _refuse_other_facts(work, row, there)
    if work.problems:
        return Imported(0, 0)
    courses = _courses(work, patients, new)
    for row in progress(new):
        _add_session(work, patients[row.patient_id], courses[row.patient_id, row.indication], row)
    _raise_versions({patients[row.patient_id] for row in new})
    after = Patient.objects.filter(clinic=work.clinic).count()
    return Imported(len(new), len(rows) - len(new), after - before)


def _refuse_other_facts(work: Importing, row: SessionRow, there: TreatmentSession) -> None:
    facts: dict[str, tuple[object, object]] = {
        "session_start": (row.session_start, there.dose_started_at),
        "route": (row.route, there.route),
        "dose_mg": (row.dose_mg, there.documented_dose_mg),
        "weight_kg": (row.weight_kg, there.weight_kg),
        "drug": (row.drug, there.drug),
        "indication": (row.indication, there.course.indication),
        "ended_at": (row.ended_at, there.documented_end_at),
    }
    for column, (given, stands) in facts.items():
        if given != stands:
            shown = row.session_id, _shown(given), _shown(stands)
            work.refuse(row.line, column, "session_differs", f"{shown[0]}: {shown[1]}", shown[2])


def _shown(fact: object) -> str:
    if isinstance(fact, datetime):
        return fact.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "–" if fact is None else str(fact)


def _courses(
    work: Importing, patients: dict[str, Patient], new: list[SessionRow]
) -> dict[tuple[str, str], TreatmentCourse]:
    """One course per patient and indication for imported sessions, from the first to the last."""
    days: dict[tuple[str, str], list[date]] = {}
    for row in new:
        day = clinic_day(row.session_start, work.clinic.time_zone)
        days.setdefault((row.patient_id, row.indication), []).append(day)
    found = TreatmentCourse.objects.filter(clinic=work.clinic, sessions__origin="import")
    known = {
        (course.patient.number, course.indication): course
        for course in found.select_related("patient").distinct()
    }
    courses = {}
    for (number, indication), when in days.items():
        course = known.get((number, indication))
        if course is not None:
            when = [*when, course.started_on, course.ended_on or course.started_on]
        values = {
            "patient": patients[number],
            "indication": indication,
            "planned_sessions": len(days[number, indication])
            + (course.planned_sessions if course else 0),
            "schedule": gettext("imported"),
            "started_on": min(when),
            "ended_on": max(when),
        }
        course = course or TreatmentCourse(clinic=work.clinic)
        details.save(course, values, by=work.by, at=work.at)
        courses[number, indication] = course
    return courses


def _add_session(
    work: Importing, patient: Patient, course: TreatmentCourse, row: SessionRow
) -> None:
    session = TreatmentSession.objects.create(
        clinic=work.clinic,
        patient=patient,
        course=course,
        origin="import",
        external_id=row.session_id,
        drug=row.drug,
        route=row.route,
        weight_kg=row.weight_kg,
        limits_version=limits.LIMITS_VERSION,
        protocol_version=PROTOCOL_VERSION,
        opened_at=row.session_start,
        opened_by=work.by,
        dose_started_at=row.session_start,
        documented_dose_mg=row.dose_mg,
        documented_end_at=row.ended_at,
    )
    audit.record(audit.Tag.SESSION_IMPORT, by=work.by, at=work.at, session=session, row=session)


# --- check-ins


def _import_check_ins(work: Importing, progress: Progress[CheckInRow]) -> Imported:
    rows = work.file.check_ins
    before = Patient.objects.filter(clinic=work.clinic).count()
    patients = patients_of(work, _first_lines(rows), {})
    standing = _standing_scores(work, rows)
    taken: set[tuple[str, str, datetime, Decimal]] = set()
    new = []
    for row in rows:
        scores = standing.get((row.patient_id, row.instrument, row.taken_at), set())
        fact = (row.patient_id, row.instrument, row.taken_at, row.score)
        if scores and row.score not in scores:
            shown = ", ".join(f"{score.normalize():f}" for score in sorted(scores))
            work.refuse(row.line, "score", "score_differs", row.score, shown)
        elif not scores and fact not in taken:
            taken.add(fact)
            new.append(row)
    if work.problems:
        return Imported(0, 0)
    _add_check_ins(work, patients, new, progress)
    _raise_versions({patients[row.patient_id] for row in new})
    _record_file(work, audit.Tag.CHECK_IN_IMPORT, len(new))
    after = Patient.objects.filter(clinic=work.clinic).count()
    return Imported(len(new), len(rows) - len(new), after - before)


def _standing_scores(
    work: Importing, rows: list[CheckInRow]
) -> dict[tuple[str, str, datetime], set[Decimal]]:
    """Every score of the record by patient, instrument and instant, replaced ones too."""
    wanted = {row.instrument for row in rows}
    found = InstrumentScore.objects.filter(clinic=work.clinic, instrument__in=wanted)
    facts = found.values_list("patient__number", "instrument", "taken_at", "score")
    standing: dict[tuple[str, str, datetime], set[Decimal]] = {}
    for number, instrument, taken_at, score in facts.iterator(chunk_size=BATCH):
        if score is not None:
            standing.setdefault((number, instrument, taken_at), set()).add(score)
    return standing


def _add_check_ins(
    work: Importing,
    patients: dict[str, Patient],
    new: list[CheckInRow],
    progress: Progress[CheckInRow],
) -> None:
    """One check-in per patient and instant, with its scores."""
    check_ins: dict[tuple[str, datetime], CheckIn] = {}
    scores = []
    for row in progress(new):
        patient = patients[row.patient_id]
        key = (row.patient_id, row.taken_at)
        if key not in check_ins:
            check_ins[key] = CheckIn(
                clinic=work.clinic,
                patient=patient,
                origin="import",
                started_at=row.taken_at,
                entered_by=work.by,
            )
        scores.append(
            InstrumentScore(
                clinic=work.clinic,
                patient=patient,
                check_in=check_ins[key],
                instrument=row.instrument,
                instrument_version=row.version,
                taken_at=row.taken_at,
                score=row.score,
            )
        )
    CheckIn.objects.bulk_create(check_ins.values(), batch_size=BATCH)
    InstrumentScore.objects.bulk_create(scores, batch_size=BATCH)


# --- what was seen in a session


def _import_vitals(work: Importing, progress: Progress[object]) -> Imported:
    rows = work.file.vitals
    readings = imported_entries.readings(work, progress)
    _raise_versions(set(imported_entries.patients(readings)))
    _record_file(work, audit.Tag.VITAL_IMPORT, len(readings))
    return Imported(len(readings), len(rows) - len(readings))


def _import_effects(work: Importing, progress: Progress[object]) -> Imported:
    rows = work.file.effects
    effects = imported_entries.effects(work, progress)
    _raise_versions(set(imported_entries.patients(effects)))
    _record_file(work, audit.Tag.EFFECT_IMPORT, len(effects))
    return Imported(len(effects), len(rows) - len(effects))


# --- shared


def _first_lines(rows: Iterable[SessionRow | CheckInRow]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for row in rows:
        lines.setdefault(row.patient_id, row.line)
    return lines


def _raise_versions(patients: Iterable[Patient]) -> None:
    for patient in patients:
        record.raise_version(patient.pk)


def _record_file(work: Importing, tag: audit.Tag, rows: int) -> None:
    """One audit line for all rows that the file added; none when it added nothing."""
    if rows and not work.problems:
        audit.record(tag, by=work.by, clinic=work.clinic, at=work.at, reason=f"{rows}")
