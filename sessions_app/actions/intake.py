"""Patients: adding one, and changing their details with every former version kept."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleError, refuse
from sessions_app.models import Clinic, Patient, RecordVersion, Staff

PATIENT_FIELDS = (
    "number",
    "given_name",
    "family_name",
    "birth_date",
    "phone",
    "email",
    "reminder_channel",
    "language",
    "time_zone",
    "allergies",
    "medicines",
    "escort_name",
    "escort_phone",
    "safety_contact_name",
    "safety_contact_phone",
    "safety_plan",
)
CHANNELS = [code for code, _ in Patient.REMINDER_CHANNELS]
REQUIRED = ("number", "given_name", "family_name", "birth_date", "language", "time_zone")
OLDEST_YEARS = 120
LONGEST_TEXT = 4000
# A number that a text message can go to has at least so many digits.
FEWEST_DIGITS = 6


@transaction.atomic
def add_patient(
    *,
    by: Staff,
    values: dict[str, Any],
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Patient:
    """Afterwards the patient stands, with a record of their own. `values`: PATIENT_FIELDS;
    language and time zone are the clinic's where they are left out.
    """
    frozen_now = clock()
    clinic = by.clinic
    defaults = {"language": clinic.language, "time_zone": clinic.time_zone}
    values = defaults | details.stripped({n: values[n] for n in PATIENT_FIELDS if n in values})
    claimed = claim(
        write_key, deed=audit.Tag.PATIENT_CREATE, by=by, body=values, at=frozen_now, model=Patient
    )
    if claimed.is_repeat:
        return Patient.objects.get(pk=claimed.row_id)
    patient = Patient(id=claimed.row_id, clinic=clinic)
    today = clinic_day(frozen_now, clinic.time_zone)
    details.raise_all(details.missing(values, *REQUIRED), _faults(patient, values, today))
    details.save(patient, values, by=by, at=frozen_now)
    RecordVersion.objects.create(patient=patient, version=1)
    audit.record(audit.Tag.PATIENT_CREATE, by=by, at=frozen_now, patient=patient, row=patient)
    return patient


@transaction.atomic
def update_patient(
    *,
    by: Staff,
    patient: Patient,
    values: dict[str, Any],
    seen_version: int | None = None,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Patient:
    """Afterwards the patient has the new values (some of PATIENT_FIELDS).

    `seen_version` is what `version_of` said when the form was shown: if somebody saved since,
    nothing is changed and RuleBroken says who and when. None does not compare.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.PATIENT_UPDATE,
        by=by,
        body={**values, "patient": patient, "version": seen_version},
        at=frozen_now,
        model=Patient,
    )
    if claimed.is_repeat:
        return patient
    if seen_version is not None and seen_version != version_of(patient):
        last = patient.history.select_related("history_user").first()
        raise refuse(
            "version",
            "changed_meanwhile",
            limit=record.clock_text(last.history_date),
            value=last.history_user.full_name if last.history_user else None,
        )
    values = details.stripped({name: values[name] for name in PATIENT_FIELDS if name in values})
    named = [name for name in REQUIRED if name in values]
    today = clinic_day(frozen_now, by.clinic.time_zone)
    details.raise_all(details.missing(values, *named), _faults(patient, values, today))
    details.save(patient, values, by=by, at=frozen_now)
    record.raise_version(patient.pk)
    audit.record(audit.Tag.PATIENT_UPDATE, by=by, at=frozen_now, patient=patient, row=patient)
    return patient


def version_of(patient: Patient) -> int:
    """The number of the newest kept version; 0 when none was kept."""
    newest: int | None = patient.history.values_list("history_id", flat=True).first()
    return newest or 0


def _faults(patient: Patient, values: dict[str, Any], today: date) -> list[RuleError]:
    faults = details.too_long(Patient, values)
    faults += [
        RuleError(name, "too_long", str(LONGEST_TEXT))
        for name in ("allergies", "medicines", "safety_plan")
        if len(values.get(name) or "") > LONGEST_TEXT
    ]
    faults += details.unknown_zone(values.get("time_zone", ""))
    faults += details.unknown_language(values.get("language", ""))
    faults += _reminder_faults(patient, values)
    others = Patient.objects.filter(clinic_id=patient.clinic_id).exclude(pk=patient.pk)
    if values.get("number") and others.filter(number=values["number"]).exists():
        faults.append(RuleError("number", "already_used", value=values["number"]))
    born = values.get("birth_date")
    if born is not None:
        faults += birth_date_faults(born, today)
    return faults


def _reminder_faults(patient: Patient, values: dict[str, Any]) -> list[RuleError]:
    """The chosen channel leads somewhere, and an e-mail address is one."""
    phone, email, channel = (
        values.get(name, getattr(patient, name)) or ""
        for name in ("phone", "email", "reminder_channel")
    )
    faults = details.not_a_choice("reminder_channel", channel, CHANNELS)
    faults += details.not_an_email("email", email)
    if channel == "email" and not email:
        faults.append(RuleError("email", "no_address"))
    if channel == "sms" and sum(sign.isdigit() for sign in phone) < FEWEST_DIGITS:
        faults.append(RuleError("phone", "no_address"))
    return faults


def birth_date_faults(born: date, today: date) -> list[RuleError]:
    """A birth date lies neither in the future nor more than 120 years ago."""
    if born > today:
        return [RuleError("birth_date", "in_the_future", today.isoformat(), born.isoformat())]
    earliest = date(today.year - OLDEST_YEARS, 1, 1)
    if born < earliest:
        return [RuleError("birth_date", "too_long_ago", earliest.isoformat(), born.isoformat())]
    return []


def lock_clinic(by: Staff) -> Clinic:
    """The clinic's row, held until the transaction ends."""
    return Clinic.objects.select_for_update().get(pk=by.clinic_id)
