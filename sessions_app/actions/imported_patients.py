"""The patients that imported rows belong to: found by number, or added and marked as imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.intake import birth_date_faults
from sessions_app.clock import clinic_day
from sessions_app.imports.import_files import Problem
from sessions_app.imports.import_rows import ImportFile
from sessions_app.models import Clinic, Patient, RecordVersion, Staff
from sessions_app.models.people import BIRTH_DATE_UNKNOWN


@dataclass
class Importing:
    """One file on its way into one clinic: who brings it, when, and what is wrong so far."""

    by: Staff
    clinic: Clinic
    file: ImportFile
    at: datetime
    birth_dates_unknown: bool
    problems: list[Problem] = field(default_factory=list)

    def refuse(
        self, line: int, column: str, code: str, value: object = "", limit: object = ""
    ) -> None:
        """Keeps a problem that shows only beside the record."""
        self.problems.append(Problem(self.file.name, line, column, code, str(value), str(limit)))


def patients_of(
    work: Importing, first_lines: Mapping[str, int], births: Mapping[str, tuple[int, date]]
) -> dict[str, Patient]:
    """The clinic's patients by number; those that were missing are added now.

    `first_lines`: each number with the line that names it first. `births`: the birth dates of the
    file with their lines. A number whose birth date is another one in the record may be another
    person, so it is a problem; a patient whose birth date was not known gets it.
    """
    found = _by_number(work.clinic, first_lines)
    today = clinic_day(work.at, work.clinic.time_zone)
    for number, (line, born) in births.items():
        for fault in birth_date_faults(born, today):
            work.refuse(line, "birth_date", fault.code, fault.value, fault.limit)
        known = found.get(number)
        if known is not None and known.known_birth_date not in (None, born):
            work.refuse(line, "birth_date", "birth_date_of_record", born, known.birth_date)
    missing = [number for number in first_lines if number not in found]
    for number in missing:
        if number not in births and not work.birth_dates_unknown:
            work.refuse(first_lines[number], "patient_id", "unknown_patient", number)
    if not work.problems:
        for number, (_line, born) in births.items():
            if number in found and found[number].known_birth_date is None:
                _complete(work, found[number], born)
        for number in missing:
            born = births[number][1] if number in births else BIRTH_DATE_UNKNOWN
            found[number] = _add(work, number, born)
    return found


def _by_number(clinic: Clinic, numbers: Iterable[str]) -> dict[str, Patient]:
    wanted = set(numbers)
    patients = Patient.objects.filter(clinic=clinic)
    return {patient.number: patient for patient in patients if patient.number in wanted}


def _complete(work: Importing, patient: Patient, born: date) -> None:
    details.save(patient, {"birth_date": born}, by=work.by, at=work.at)
    record.raise_version(patient.pk)
    audit.record(audit.Tag.PATIENT_UPDATE, by=work.by, at=work.at, patient=patient, row=patient)


def _add(work: Importing, number: str, born: date) -> Patient:
    """A new patient: the number stands for the given name, since the files have no names."""
    patient = Patient(clinic=work.clinic)
    values = {
        "number": number,
        "given_name": number,
        "family_name": gettext("Imported"),
        "birth_date": born,
        "language": work.clinic.language,
        "time_zone": work.clinic.time_zone,
    }
    details.save(patient, values, by=work.by, at=work.at)
    RecordVersion.objects.create(patient=patient, version=1)
    audit.record(audit.Tag.PATIENT_CREATE, by=work.by, at=work.at, patient=patient, row=patient)
    return patient
