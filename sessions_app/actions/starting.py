"""The start gate: who, whether, how much, checked by two people; then the clock runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from sessions_app import audit, dosing, limits
from sessions_app.actions import record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.details import too_long
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import confirm_pin
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.models import (
    Appointment,
    Chair,
    Prescription,
    SessionCheck,
    Staff,
    TreatmentSession,
    WriteReceipt,
)
from sessions_app.protocol_of import alert_limits_in_force, protocol_in_force
from sessions_app.protocols import START_CHECKS, Protocol, StartCheck
from sessions_app.roles import Deed, may

PROVEN = ("consent_valid", "bp_below_start_limit")  # by the record, not by an answer


@dataclass(frozen=True)
class Override:
    """Why the session goes on although a check says stop, and which prescriber said so."""

    reason: str
    by: str


@dataclass(frozen=True)
class StartGate:
    """What was asked and measured before the dose. `answers`: code → "yes" or "no"."""

    answers: Mapping[str, str]
    vitals: Mapping[str, int | Decimal | None]
    weight_kg: Decimal | None
    weight_confirmed: bool = False
    overrides: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedDose:
    """The dose as a sum that can be shown line by line. mg, mL, mL/hour, devices."""

    mg: Decimal
    exact_mg: Decimal
    devices: int | None = None
    vial_volume_ml: Decimal | None = None
    pump_ml_per_hour: Decimal | None = None


def planned_dose(prescription: Prescription, weight_kg: Decimal) -> PlannedDose:
    """What the prescription means for this weight: mg/kg times kg, rounded, drawn up, pumped."""
    if prescription.devices is not None:
        mg = Decimal(dosing.DEVICE_MG * prescription.devices)
        return PlannedDose(mg, mg, devices=prescription.devices)
    assert prescription.mg_per_kg is not None, "the database holds one dose type per drug"
    exact = dosing.mg_for_weight(prescription.mg_per_kg, weight_kg)
    mg = dosing.rounded_mg(exact)
    vial, volume, minutes = (
        prescription.vial_mg_per_ml,
        prescription.bag_volume_ml,
        prescription.infusion_minutes,
    )
    return PlannedDose(
        mg,
        exact,
        vial_volume_ml=dosing.volume_ml(mg, vial) if vial else None,
        pump_ml_per_hour=dosing.pump_rate_ml_per_hour(volume, minutes)
        if volume and minutes
        else None,
    )


def start_session(
    *,
    by: Staff,
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    second_person: Staff,
    second_pin: str,
    write_key: UUID | None,
    appointment: Appointment | None = None,
    clock: record.Clock = record.now,
) -> TreatmentSession:
    """Afterwards the session runs: gate, baseline reading and first dose event stand.

    The second person's PIN is checked outside the transaction, so that a wrong try is counted.
    Every gap, every stop without an override and a wrong PIN are named at once.
    """
    errors = _second_person_errors(by, second_person, chair, second_pin)
    if errors:
        # With a right PIN the gate is judged under the locks, after the key was claimed: judged
        # here, a repeat that overlaps the first try would find its own session in the chair.
        if write_key is None or not WriteReceipt.objects.filter(key=write_key).exists():
            errors += gate_errors(prescription, chair, gate, clock())
        raise RuleBroken(*errors)
    return _start(
        by=by,
        prescription=prescription,
        chair=chair,
        gate=gate,
        second_person=second_person,
        write_key=write_key,
        appointment=appointment,
        clock=clock,
    )


@transaction.atomic
def _start(
    *,
    by: Staff,
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    second_person: Staff,
    write_key: UUID | None,
    appointment: Appointment | None,
    clock: record.Clock,
) -> TreatmentSession:
    frozen_now = clock()
    # One start at a time for a chair: the second of two rivals sees the first one's session.
    Chair.objects.select_for_update().get(pk=chair.pk)
    body = {
        "prescription": prescription,
        "chair": chair,
        "answers": gate.answers,
        "vitals": gate.vitals,
        "weight": gate.weight_kg,
        "weight_confirmed": gate.weight_confirmed,
        "overrides": {code: f"{why.by}: {why.reason}" for code, why in gate.overrides.items()},
        "second": second_person,
    }
    claimed = claim(
        write_key,
        deed=audit.Tag.SESSION_OPEN,
        by=by,
        body=body,
        at=frozen_now,
        model=TreatmentSession,
    )
    if claimed.is_repeat:
        return TreatmentSession.objects.get(pk=claimed.row_id)
    course = prescription.course
    patient = type(course.patient).objects.select_for_update().get(pk=course.patient_id)
    # Once more under the locks: a rival may have taken the chair since.
    errors = gate_errors(prescription, chair, gate, frozen_now)
    if errors or gate.weight_kg is None:
        raise RuleBroken(*errors)
    protocol = protocol_in_force(chair.clinic_id, prescription.route)
    answers = {**gate.answers, **_proven(prescription, gate, frozen_now, chair, protocol)}
    dose = planned_dose(prescription, gate.weight_kg)
    alert_limits = alert_limits_in_force(chair.clinic_id)
    session = TreatmentSession.objects.create(
        id=claimed.row_id,
        clinic_id=chair.clinic_id,
        patient=patient,
        course=course,
        prescription=prescription,
        appointment=appointment,
        chair=chair,
        drug=prescription.drug,
        route=prescription.route,
        weight_kg=gate.weight_kg,
        planned_mg=dose.mg,
        infusion_minutes=prescription.infusion_minutes,
        bag_mg=dose.mg if prescription.bag_volume_ml else None,
        bag_volume_ml=prescription.bag_volume_ml,
        protocol_id=protocol.key,
        protocol_version=protocol.version,
        alert_limits_id=alert_limits.key,
        limits_version=alert_limits.version,
        opened_at=frozen_now,
        opened_by=by,
        second_person=second_person,
    )
    _keep_checks(session, by, answers, gate, frozen_now)
    audit.record(audit.Tag.SESSION_OPEN, by=by, at=frozen_now, session=session, row=session)
    _first_entries(session, by, gate, dose, clock=lambda: frozen_now)
    return session


def _first_entries(
    session: TreatmentSession,
    by: Staff,
    gate: StartGate,
    dose: PlannedDose,
    clock: record.Clock,
) -> None:
    """The baseline reading, then the first dose event."""
    record_vital_reading(by=by, session=session, write_key=None, values=gate.vitals, clock=clock)
    if session.drug == "esketamine":
        record_dose_event(by=by, session=session, kind="device", write_key=None, clock=clock)
    elif session.route == "iv":
        record_dose_event(
            by=by,
            session=session,
            kind="start",
            rate_ml_per_hour=dose.pump_ml_per_hour,
            write_key=None,
            clock=clock,
        )
    else:
        record_dose_event(
            by=by, session=session, kind="given", amount_mg=dose.mg, write_key=None, clock=clock
        )
    session.refresh_from_db()


def gate_errors(
    prescription: Prescription, chair: Chair, gate: StartGate, at: datetime
) -> list[RuleError]:
    """Everything that keeps this session from starting now, the second person apart."""
    protocol = protocol_in_force(chair.clinic_id, prescription.route)
    answers = {**gate.answers, **_proven(prescription, gate, at, chair, protocol)}
    return [
        *_prescription_errors(prescription, at, chair),
        *_busy_errors(prescription, chair),
        *_check_errors(answers, gate, protocol),
        *_vitals_errors(gate),
        *_weight_errors(prescription, gate, protocol),
    ]


def _second_person_errors(by: Staff, second: Staff, chair: Chair, pin: str) -> list[RuleError]:
    if second.pk == by.pk:
        return [RuleError("second_person", "same_person")]
    if second.clinic_id != chair.clinic_id or not may(second.role, Deed.RUN_SESSION):
        return [RuleError("second_person", "not_clinical", value=second.full_name)]
    if not pin:
        return [RuleError("second_pin", "required")]
    try:
        confirm_pin(person=second, pin=pin, field="second_pin")
    except RuleBroken as broken:
        return list(broken.errors)
    return []


def _vitals_errors(gate: StartGate) -> list[RuleError]:
    """Slips in the reading before the dose. Without a pressure its check is unanswered."""
    found = limits.refusals(gate.vitals)
    return [RuleError(f.field, f.code, f.limit, f.value) for f in found if f.field]


def _prescription_errors(
    prescription: Prescription, frozen_now: datetime, chair: Chair
) -> list[RuleError]:
    today = clinic_day(frozen_now, chair.clinic.time_zone)
    if prescription.ended_at is not None or not (
        prescription.valid_from <= today <= prescription.valid_until
    ):
        return [RuleError("prescription", "prescription_not_valid", str(prescription.valid_until))]
    return []


def _busy_errors(prescription: Prescription, chair: Chair) -> list[RuleError]:
    open_sessions = TreatmentSession.objects.open()
    errors = []
    if not chair.is_active or open_sessions.filter(chair=chair).exists():
        errors.append(RuleError("chair", "chair_busy", value=chair.name))
    if open_sessions.filter(patient_id=prescription.course.patient_id).exists():
        errors.append(RuleError("patient", "patient_in_session"))
    return errors


def _weight_errors(
    prescription: Prescription, gate: StartGate, protocol: Protocol
) -> list[RuleError]:
    if gate.weight_kg is None:
        return [RuleError("weight_kg", "required")]
    found = limits.refusals({"weight_kg": gate.weight_kg})
    if found:
        return [RuleError(f.field, f.code, f.limit, f.value) for f in found]
    last = last_weight_kg(prescription.course.patient_id)
    change = protocol.weight_change(gate.weight_kg, last)
    if change is None or gate.weight_confirmed:
        return []
    return [RuleError("weight_kg", change.code, f"{last:f} kg", f"{gate.weight_kg:f} kg")]


def last_weight_kg(patient_id: UUID) -> Decimal | None:
    """The weight at the patient's last session here; None when there was none."""
    sessions = TreatmentSession.objects.filter(patient_id=patient_id, weight_kg__isnull=False)
    last = sessions.order_by("-opened_at").first()
    return last.weight_kg if last else None


def _proven(
    prescription: Prescription,
    gate: StartGate,
    frozen_now: datetime,
    chair: Chair,
    protocol: Protocol,
) -> dict[str, str]:
    """The answers that the record itself gives. Without a pressure there is no answer."""
    today = clinic_day(frozen_now, chair.clinic.time_zone)
    course = prescription.course
    until = course.consent_valid_until
    consent = course.consent_signed_on is not None and (until is None or until >= today)
    proven = {"consent_valid": "yes" if consent else "no", "bp_below_start_limit": ""}
    systolic, diastolic = gate.vitals.get("systolic"), gate.vitals.get("diastolic")
    if systolic is not None and diastolic is not None:
        below = protocol.bp_below_start_limit(int(systolic), int(diastolic))
        proven["bp_below_start_limit"] = "yes" if below else "no"
    return proven


def _check_errors(
    answers: Mapping[str, str], gate: StartGate, protocol: Protocol
) -> list[RuleError]:
    errors = []
    for check in START_CHECKS:
        answer = answers.get(check.code, "")
        override = gate.overrides.get(check.code)
        if answer not in ("yes", "no"):
            errors.append(RuleError(check.code, "check_unanswered"))
        elif answer == check.stops_on and not check.overridable:
            errors.append(RuleError(check.code, "check_stops"))
        elif answer == check.stops_on and not (
            override and override.reason.strip() and override.by.strip()
        ):
            errors.append(_stopped(check, gate, protocol))
        elif answer == check.stops_on and override:
            errors += override_too_long(override)
    return errors


def _stopped(check: StartCheck, gate: StartGate, protocol: Protocol) -> RuleError:
    if check.code != "bp_below_start_limit":
        return RuleError(check.code, "check_needs_override")
    limit = f"{protocol.start_systolic}/{protocol.start_diastolic}"
    measured = f"{gate.vitals.get('systolic')}/{gate.vitals.get('diastolic')}"
    return RuleError(check.code, "bp_above_start_limit", limit, measured)


def override_too_long(override: Override) -> list[RuleError]:
    return too_long(SessionCheck, {"override_reason": override.reason, "override_by": override.by})


def _keep_checks(
    session: TreatmentSession,
    by: Staff,
    answers: Mapping[str, str],
    gate: StartGate,
    frozen_now: datetime,
) -> None:
    rows = []
    for check in START_CHECKS:
        stopped = answers[check.code] == check.stops_on
        override = gate.overrides.get(check.code) if stopped else None
        row = SessionCheck(
            clinic_id=session.clinic_id,
            session=session,
            stage="start",
            code=check.code,
            answer=answers[check.code],
            source="record" if check.code in PROVEN else "nurse",
            override_reason=override.reason.strip() if override else "",
            override_by=override.by.strip() if override else "",
            taken_at=frozen_now,
            recorded_at=frozen_now,
            recorded_by=by,
        )
        rows.append(row)
        if check.code == "suicidal_thoughts" and stopped:
            raise_alert(
                clinic_id=session.clinic_id,
                patient_id=session.patient_id,
                session=session,
                level="high",
                code="suicidal_thoughts_before_dose",
                at=frozen_now,
            )
    SessionCheck.objects.bulk_create(rows)
