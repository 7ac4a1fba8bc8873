"""Courses, their eligibility answers, and prescriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleError, refuse
from sessions_app.models import (
    EligibilityAnswer,
    Patient,
    Prescription,
    Staff,
    TreatmentCourse,
)
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules import dosing, eligibility
from sessions_app.rules.check_in_windows import INDICATIONS
from sessions_app.rules.protocols import Protocol

COURSE_FIELDS = (
    "indication",
    "planned_sessions",
    "schedule",
    "consent_signed_on",
    "consent_valid_until",
    "started_on",
    "ended_on",
)
ORDER_FIELDS = (
    "drug",
    "route",
    "mg_per_kg",
    "devices",
    "infusion_minutes",
    "vial_mg_per_ml",
    "bag_volume_ml",
    "outside_band_reason",
    "valid_from",
    "valid_until",
)
# Slips of the finger lie outside. Design: wide enough for every published regimen.
RANGES: dict[str, tuple[Decimal, Decimal]] = {
    "mg_per_kg": (Decimal("0.01"), Decimal("10")),
    "devices": (Decimal(1), Decimal(3)),
    "infusion_minutes": (Decimal(1), Decimal(1440)),
    "vial_mg_per_ml": (Decimal("0.1"), Decimal("200")),
    "bag_volume_ml": (Decimal("1"), Decimal("1000")),
    "planned_sessions": (Decimal(1), Decimal(200)),
}
INFUSION_FIELDS = ("infusion_minutes", "vial_mg_per_ml", "bag_volume_ml")


@transaction.atomic
def start_course(
    *,
    by: Staff,
    patient: Patient,
    values: dict[str, Any],
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> TreatmentCourse:
    """Afterwards the patient has the course. `values`: COURSE_FIELDS; it starts today unless
    `started_on` says otherwise.
    """
    frozen_now = clock()
    values = details.stripped({name: values[name] for name in COURSE_FIELDS if name in values})
    claimed = claim(
        write_key,
        deed=audit.Tag.COURSE_SAVE,
        by=by,
        body={**values, "patient": patient},
        at=frozen_now,
        model=TreatmentCourse,
    )
    if claimed.is_repeat:
        return TreatmentCourse.objects.get(pk=claimed.row_id)
    if values.get("started_on") is None:
        values["started_on"] = clinic_day(frozen_now, by.clinic.time_zone)
    course = TreatmentCourse(id=claimed.row_id, clinic_id=by.clinic_id, patient=patient)
    return _save_course(course, values, by, frozen_now)


@transaction.atomic
def update_course(
    *,
    by: Staff,
    course: TreatmentCourse,
    values: dict[str, Any],
    clock: record.Clock = record.now,
) -> TreatmentCourse:
    """Afterwards the course has the new values (some of COURSE_FIELDS); an end closes it."""
    course = TreatmentCourse.objects.select_for_update().get(pk=course.pk)
    values = details.stripped({name: values[name] for name in COURSE_FIELDS if name in values})
    return _save_course(course, values, by, clock())


def _save_course(
    course: TreatmentCourse, values: dict[str, Any], by: Staff, at: datetime
) -> TreatmentCourse:
    full = {name: getattr(course, name) for name in COURSE_FIELDS} | values
    details.raise_all(
        details.missing(full, "indication", "planned_sessions", "started_on"),
        details.too_long(TreatmentCourse, values),
        details.not_a_choice("indication", full["indication"], INDICATIONS),
        _outside_ranges(values),
        _not_after(full, "consent_signed_on", "consent_valid_until"),
        _not_after(full, "started_on", "ended_on"),
        _signed_in_future(full["consent_signed_on"], clinic_day(at, by.clinic.time_zone)),
    )
    details.save(course, values, by=by, at=at)
    record.raise_version(course.patient_id)
    audit.record(audit.Tag.COURSE_SAVE, by=by, at=at, patient=course.patient, row=course)
    return course


def _signed_in_future(signed_on: date | None, today: date) -> list[RuleError]:
    if signed_on is None or signed_on <= today:
        return []
    return [
        RuleError("consent_signed_on", "in_the_future", today.isoformat(), signed_on.isoformat())
    ]


def _not_after(values: Mapping[str, Any], first: str, last: str) -> list[RuleError]:
    begins, ends = values.get(first), values.get(last)
    if begins is None or ends is None or begins <= ends:
        return []
    return [RuleError(last, "before_start", begins.isoformat(), ends.isoformat())]


@transaction.atomic
def answer_eligibility(
    *,
    by: Staff,
    course: TreatmentCourse,
    answers: Mapping[str, tuple[str, str]],
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> list[EligibilityAnswer]:
    """Afterwards each code of eligibility.CODES in `answers` has this (answer, note).

    Append-only: a row is added where something changed, the newest row of a code holds.
    Returns the added rows.
    """
    frozen_now = clock()
    course = TreatmentCourse.objects.select_for_update().get(pk=course.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.COURSE_SAVE,
        by=by,
        body={"course": course, "answers": answers},
        at=frozen_now,
        model=TreatmentCourse,
    )
    if claimed.is_repeat:
        return []
    details.raise_all(*(_answer_faults(code, *given) for code, given in answers.items()))
    held = current_eligibility(course)
    added = []
    for code, (answer, note) in answers.items():
        before = held.get(code)
        if before is None or (before.answer, before.note) != (answer, note.strip()):
            added.append(
                EligibilityAnswer.objects.create(
                    clinic_id=course.clinic_id,
                    course=course,
                    code=code,
                    answer=answer,
                    note=note.strip(),
                    answered_by=by,
                    answered_at=frozen_now,
                )
            )
    record.raise_version(course.patient_id)
    audit.record(audit.Tag.COURSE_SAVE, by=by, at=frozen_now, patient=course.patient, row=course)
    return added


def current_eligibility(course: TreatmentCourse) -> dict[str, EligibilityAnswer]:
    """The newest answer to each code that was answered."""
    rows = course.eligibility.select_related("answered_by").order_by("answered_at", "id")
    return {row.code: row for row in rows}


def _answer_faults(code: str, answer: str, note: str) -> list[RuleError]:
    if code not in eligibility.CODES:
        return [RuleError("code", "unknown_choice", ", ".join(eligibility.CODES), code)]
    faults = [
        RuleError(code, error.code, error.limit, error.value)
        for error in details.not_a_choice(code, answer, eligibility.ANSWERS)
    ]
    if len(note.strip()) > 200:
        faults.append(RuleError(f"{code}_note", "too_long", "200", note))
    return faults or ([RuleError(code, "required")] if not answer else [])


@transaction.atomic
def prescribe(
    *,
    by: Staff,
    course: TreatmentCourse,
    values: dict[str, Any],
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Prescription:
    """Afterwards the course has this order (ORDER_FIELDS) and every earlier one has ended.

    Racemic ketamine is in mg/kg, esketamine in devices of 28 mg; an infusion also has its
    length in minutes, the vial's mg per mL and the volume given in mL. A dose outside the
    band of the clinic's protocol, or of a pair without a band, needs a reason.
    """
    frozen_now = clock()
    course = TreatmentCourse.objects.select_for_update().get(pk=course.pk)
    given = details.stripped({name: values.get(name) for name in ORDER_FIELDS})
    given["outside_band_reason"] = given["outside_band_reason"] or ""
    claimed = claim(
        write_key,
        deed=audit.Tag.PRESCRIPTION_CREATE,
        by=by,
        body={**given, "course": course},
        at=frozen_now,
        model=Prescription,
    )
    if claimed.is_repeat:
        return Prescription.objects.get(pk=claimed.row_id)
    if course.ended_on is not None:
        raise refuse("course", "course_ended", course.ended_on.isoformat())
    today = clinic_day(frozen_now, by.clinic.time_zone)
    if given["valid_from"] is None:
        given["valid_from"] = today
    details.raise_all(_order_faults(given, today))
    protocol = protocol_in_force(course.clinic_id, given["route"])
    details.raise_all(_band_faults(given, protocol, course.patient.age_on(today)))
    for earlier in course.prescriptions.filter(ended_at=None):
        details.save(earlier, {"ended_at": frozen_now}, by=by, at=frozen_now)
    order = Prescription(id=claimed.row_id, clinic_id=course.clinic_id, course=course)
    signed = {"prescribed_by": by, "prescribed_at": frozen_now}
    details.save(order, {**given, **signed}, by=by, at=frozen_now)
    record.raise_version(course.patient_id)
    audit.record(
        audit.Tag.PRESCRIPTION_CREATE, by=by, at=frozen_now, patient=course.patient, row=order
    )
    return order


def _order_faults(given: Mapping[str, Any], today: date) -> list[RuleError]:
    is_esketamine = given["drug"] == "esketamine"
    dose, other = ("devices", "mg_per_kg") if is_esketamine else ("mg_per_kg", "devices")
    needed = ["drug", "route", dose, "valid_until"]
    needed += INFUSION_FIELDS if given["route"] == "iv" else ()
    faults = details.missing(given, *needed) + details.too_long(Prescription, given)
    faults += details.not_a_choice("drug", given["drug"], dosing.DRUGS)
    faults += details.not_a_choice("route", given["route"], dosing.ROUTES)
    faults += _outside_ranges(given)
    if is_esketamine and given["route"] not in (None, "", "intranasal"):
        faults.append(RuleError("route", "esketamine_is_nasal", value=given["route"]))
    if given[other] is not None:
        faults.append(RuleError(other, "dose_of_other_drug", value=given[other]))
    if given["route"] != "iv":
        faults += [
            RuleError(name, "only_for_infusion", value=given[name])
            for name in ("infusion_minutes", "bag_volume_ml")
            if given[name] is not None
        ]
    faults += _not_after(given, "valid_from", "valid_until")
    if given["valid_until"] is not None and given["valid_until"] < today:
        ended = given["valid_until"].isoformat()
        faults.append(RuleError("valid_until", "in_the_past", today.isoformat(), ended))
    return faults


def _outside_ranges(given: Mapping[str, Any]) -> list[RuleError]:
    faults = []
    for name, (low, high) in RANGES.items():
        value = given.get(name)
        if value is not None and not low <= value <= high:
            code = "implausible_low" if value < low else "implausible_high"
            faults.append(RuleError(name, code, f"{low}–{high}", value))
    return faults


def _band_faults(
    given: Mapping[str, Any], protocol: Protocol, age_years: int | None
) -> list[RuleError]:
    """An age that is not known gets the band of younger adults, the stricter one."""
    if given["outside_band_reason"]:
        return []
    band = protocol.dose_band(given["drug"])
    dose = given["mg_per_kg"]
    if band is None:
        return [RuleError("outside_band_reason", "no_band", value=dose)]
    amount = dose if band.per_kg else Decimal(given["devices"] * dosing.DEVICE_MG)
    # For one kilogram mg and mg/kg are the same number.
    outside = dosing.outside_band(amount, Decimal(1), band, age_years=age_years)
    if outside is None:
        return []
    is_senior = age_years is not None and age_years >= dosing.SENIOR_AGE_YEARS
    low = band.senior_low if is_senior and band.senior_low is not None else band.low
    unit = "mg/kg" if band.per_kg else "mg"
    return [
        RuleError(
            "outside_band_reason", "outside_band", f"{low}–{band.high} {unit}", f"{amount} {unit}"
        )
    ]
