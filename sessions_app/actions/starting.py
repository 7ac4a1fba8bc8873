"""The start: who, whether, how much, checked by two people; then the clock runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.access import throttle
from sessions_app.actions import record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import confirm_password, confirm_pin
from sessions_app.actions.start_drafts import SUICIDAL, call_prescriber, save_start_draft
from sessions_app.chairside.start_gate import (
    PROVEN,
    Finding,
    Override,
    PlannedDose,
    StartGate,
    answered,
    last_weight_kg,
    planned_dose,
    proven,
)
from sessions_app.chairside.start_stops import gate_errors, override_too_long, signed_stops
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.models import (
    Appointment,
    Chair,
    Prescription,
    SessionCheck,
    Staff,
    TreatmentSession,
    VitalReading,
    WriteReceipt,
)
from sessions_app.protocol_of import alert_limits_in_force, protocol_in_force
from sessions_app.roles import Deed, may
from sessions_app.rules.protocols import START_CHECKS, Protocol

__all__ = [
    "PROVEN",
    "Override",
    "StartGate",
    "gate_errors",
    "last_weight_kg",
    "override_too_long",
    "planned_dose",
    "start_session",
]


def start_session(
    *,
    by: Staff,
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    second_person: Staff,
    second_pin: str,
    write_key: UUID | None,
    second_password: str = "",
    prescriber: Staff | None = None,
    prescriber_pin: str = "",
    prescriber_password: str = "",
    appointment: Appointment | None = None,
    clock: record.Clock = record.now,
) -> TreatmentSession:
    """Afterwards the session runs: gate, reading before the dose and first dose event stand.

    PINs are checked outside the transaction, so that a wrong try is counted; after too many the
    person's password takes the PIN's place. Every gap, every stop without its override and a
    wrong PIN are named at once. A yes to thoughts of suicide calls also when nothing starts.
    """
    errors = _second_person_errors(by, second_person, chair, second_pin, second_password)
    if prescriber is not None and signed_stops(prescription, chair, gate, clock()):
        errors += _prescriber_errors(prescriber, chair, prescriber_pin, prescriber_password)
    try:
        if errors:
            # With right PINs the gate is judged under the locks, after the key was claimed: judged
            # here, a repeat that overlaps the first try would find its own session in the chair.
            if write_key is None or not WriteReceipt.objects.filter(key=write_key).exists():
                errors += gate_errors(prescription, chair, gate, clock(), prescriber)
            raise RuleBroken(*errors)
        return _start(
            by=by,
            prescription=prescription,
            chair=chair,
            gate=gate,
            second_person=second_person,
            prescriber=prescriber,
            write_key=write_key,
            appointment=appointment,
            clock=clock,
        )
    except RuleBroken:
        if gate.answers.get(SUICIDAL) == "yes":
            patient = prescription.course.patient
            answer = {SUICIDAL: "yes"}
            save_start_draft(by=by, patient=patient, chair=chair, values=answer, clock=clock)
        raise


@transaction.atomic
def _start(
    *,
    by: Staff,
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    second_person: Staff,
    prescriber: Staff | None,
    write_key: UUID | None,
    appointment: Appointment | None,
    clock: record.Clock,
) -> TreatmentSession:
    frozen_now = clock()
    # One start at a time for a chair: the second of two rivals sees the first one's session.
    Chair.objects.select_for_update().get(pk=chair.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.SESSION_OPEN,
        by=by,
        body=_body(prescription, chair, gate, second_person, prescriber),
        at=frozen_now,
        model=TreatmentSession,
    )
    if claimed.is_repeat:
        return TreatmentSession.objects.get(pk=claimed.row_id)
    course = prescription.course
    patient = type(course.patient).objects.select_for_update().get(pk=course.patient_id)
    # Once more under the locks: a rival may have taken the chair since.
    errors = gate_errors(prescription, chair, gate, frozen_now, prescriber)
    if errors or gate.weight_kg is None:
        raise RuleBroken(*errors)
    protocol = protocol_in_force(chair.clinic_id, prescription.route)
    findings = proven(prescription, gate, frozen_now, protocol)
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
    _keep_checks(session, by, gate, findings, prescriber, frozen_now)
    _keep_weight(session, by, gate, protocol, frozen_now)
    audit.record(audit.Tag.SESSION_OPEN, by=by, at=frozen_now, session=session, row=session)
    _first_entries(session, by, gate, dose, frozen_now)
    return session


def _body(
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    second_person: Staff,
    prescriber: Staff | None,
) -> dict[str, object]:
    """What a repeat must repeat. The draft's times are not part of it: the start ends the draft."""
    return {
        "prescription": prescription,
        "chair": chair,
        "answers": gate.answers,
        "vitals": gate.vitals,
        "weight": gate.weight_kg,
        "weight_confirmed": gate.weight_confirmed,
        "overrides": {code: f"{why.by}: {why.reason}" for code, why in gate.overrides.items()},
        "second": second_person,
        "prescriber": prescriber,
    }


def _first_entries(
    session: TreatmentSession, by: Staff, gate: StartGate, dose: PlannedDose, at: datetime
) -> None:
    """The readings before the dose, then the first dose event."""

    def clock() -> datetime:
        return at

    # Too high to start, and somebody waited for a better one: kept, and nobody is called any more.
    VitalReading.objects.bulk_create(
        VitalReading(
            clinic_id=session.clinic_id,
            session=session,
            systolic=earlier.systolic,
            diastolic=earlier.diastolic,
            taken_at=earlier.taken_at,
            recorded_at=at,
            recorded_by=by,
        )
        for earlier in gate.earlier
    )
    taken = [sign for sign, value in gate.vitals.items() if value is not None]
    record_vital_reading(
        by=by,
        session=session,
        write_key=None,
        values=gate.vitals,
        taken_at=gate.taken_at(taken, at),
        clock=clock,
    )
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


# --- who signs


def _second_person_errors(
    by: Staff, second: Staff, chair: Chair, pin: str, password: str
) -> list[RuleError]:
    if second.pk == by.pk:
        return [RuleError("second_person", "same_person")]
    if second.clinic_id != chair.clinic_id or not may(second.role, Deed.RUN_SESSION):
        return [RuleError("second_person", "not_clinical", value=second.full_name)]
    return _signature_errors(second, pin, password, "second")


def _prescriber_errors(person: Staff, chair: Chair, pin: str, password: str) -> list[RuleError]:
    is_here = person.is_active and person.clinic_id == chair.clinic_id
    if not is_here or not may(person.role, Deed.PRESCRIBE):
        return [RuleError("prescriber", "not_a_prescriber", value=person.full_name)]
    return _signature_errors(person, pin, password, "prescriber")


def _signature_errors(person: Staff, pin: str, password: str, prefix: str) -> list[RuleError]:
    """Why this is no signature: by the PIN, or by the password after too many wrong PINs."""
    subject = throttle.pin_subject(person)
    is_locked = bool(throttle.check(subject))
    if is_locked and not password:
        return [RuleError(f"{prefix}_password", "pin_locked", value=person.full_name)]
    if not is_locked and not pin:
        return [RuleError(f"{prefix}_pin", "required")]
    try:
        if is_locked:
            confirm_password(person=person, password=password)
            throttle.cleared(subject)
        else:
            confirm_pin(person=person, pin=pin, field=f"{prefix}_pin")
    except RuleBroken as broken:
        field = f"{prefix}_password" if is_locked else f"{prefix}_pin"
        return [RuleError(field, one.code, one.limit, one.value) for one in broken.errors]
    return []


# --- what is kept


def _keep_checks(
    session: TreatmentSession,
    by: Staff,
    gate: StartGate,
    findings: dict[str, Finding],
    prescriber: Staff | None,
    at: datetime,
) -> None:
    """Every answer as a row, with the figures that decided it and how it was overruled."""
    answers = answered(gate, findings)
    rows = []
    for check in START_CHECKS:
        is_stop = answers[check.code] == check.stops_on
        override = gate.overrides.get(check.code) if is_stop else None
        signer = prescriber if override and check.needs_pin else None
        names = [check.code] if check.code not in PROVEN else []
        asked_at = gate.taken_at(names, at)
        finding = findings.get(check.code, Finding(""))
        rows.append(
            SessionCheck(
                clinic_id=session.clinic_id,
                session=session,
                stage="start",
                code=check.code,
                answer=answers[check.code],
                source="record" if check.code in PROVEN else "nurse",
                override_reason=override.reason.strip() if override else "",
                override_by=(signer.full_name if signer else override.by.strip())
                if override
                else "",
                override_signed_by=signer,
                measured=finding.measured,
                limit=finding.limit,
                taken_at=asked_at,
                recorded_at=asked_at,
                recorded_by=by,
            )
        )
    SessionCheck.objects.bulk_create(rows)
    if answers[SUICIDAL] == "yes" and session.chair is not None:
        call_prescriber(session.patient, session.chair, at, session)


def _keep_weight(
    session: TreatmentSession, by: Staff, gate: StartGate, protocol: Protocol, at: datetime
) -> None:
    """A changed weight that somebody weighed again is a row, and an alert when it is much."""
    earlier = session.patient.sessions.exclude(pk=session.pk).filter(weight_kg__isnull=False)
    last = earlier.order_by("-opened_at").values_list("weight_kg", flat=True).first()
    change = protocol.weight_change(session.weight_kg, last) if session.weight_kg else None
    if change is None:
        return
    measured, limit = f"{session.weight_kg:f} kg", f"{last:f} kg"
    SessionCheck.objects.create(
        clinic_id=session.clinic_id,
        session=session,
        stage="start",
        code="weight_confirmed",
        answer="yes",
        source="nurse",
        measured=measured,
        limit=limit,
        taken_at=at,
        recorded_at=at,
        recorded_by=by,
    )
    if change.code != "weight_changed":
        raise_alert(
            clinic_id=session.clinic_id,
            patient_id=session.patient_id,
            session=session,
            level="medium",
            code="weight_changed_much",
            value=f"{session.weight_kg:f}",
            limit=limit,
            at=at,
        )
