"""Everything that keeps a session from starting, and how each stop may be overruled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from sessions_app.chairside.start_gate import (
    PRESSURES,
    SIGNED,
    Finding,
    Override,
    StartGate,
    answered,
    last_weight_kg,
    planned_dose,
    proven,
)
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleError
from sessions_app.models import Chair, Prescription, SessionCheck, Staff, TreatmentSession
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules import limits
from sessions_app.rules.protocols import START_CHECKS, Protocol, StartCheck


def gate_errors(
    prescription: Prescription,
    chair: Chair,
    gate: StartGate,
    at: datetime,
    prescriber: Staff | None = None,
) -> list[RuleError]:
    """Everything that keeps this session from starting now, the second person apart.

    `prescriber`: whose PIN stands behind the overrides that need one.
    """
    protocol = protocol_in_force(chair.clinic_id, prescription.route)
    findings = proven(prescription, gate, at, protocol)
    return [
        *_prescription_errors(prescription, at, chair),
        *_busy_errors(prescription, chair),
        *_check_errors(gate, findings, prescriber),
        *_vitals_errors(gate, at, protocol),
        *_weight_errors(prescription, gate, protocol),
        *_shown_errors(prescription, gate),
    ]


def signed_stops(
    prescription: Prescription, chair: Chair, gate: StartGate, at: datetime
) -> list[str]:
    """Codes of the stops that somebody wants to overrule and that need the prescriber's PIN."""
    if not any(code in gate.overrides for code in SIGNED):
        return []
    protocol = protocol_in_force(chair.clinic_id, prescription.route)
    return _overruled(gate, answered(gate, proven(prescription, gate, at, protocol)))


def _prescription_errors(prescription: Prescription, at: datetime, chair: Chair) -> list[RuleError]:
    today = clinic_day(at, chair.clinic.time_zone)
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


def _check_errors(
    gate: StartGate, findings: Mapping[str, Finding], prescriber: Staff | None
) -> list[RuleError]:
    answers = answered(gate, findings)
    errors: list[RuleError] = []
    for check in START_CHECKS:
        answer = answers.get(check.code, "")
        if answer not in ("yes", "no"):
            # Without a weight there is no dose to judge, and the weight is asked for already.
            if check.code != "dose_in_range":
                errors.append(RuleError(check.code, "check_unanswered"))
        elif answer == check.stops_on:
            override = gate.overrides.get(check.code)
            errors += _stop_errors(check, findings.get(check.code), override)
    if prescriber is None and _overruled(gate, answers):
        errors.append(RuleError("prescriber", "required"))
    return errors


def _overruled(gate: StartGate, answers: Mapping[str, str]) -> list[str]:
    """Codes of the stops with a reason to go on that only a prescriber's PIN can give."""
    return [
        check.code
        for check in START_CHECKS
        if check.needs_pin
        and answers.get(check.code) == check.stops_on
        and gate.overrides.get(check.code, Override("")).reason.strip()
    ]


def _stop_errors(
    check: StartCheck, finding: Finding | None, override: Override | None
) -> list[RuleError]:
    """Why this stop still holds; nothing when it was overruled as it must be."""
    if not check.overridable:
        return [RuleError(check.code, "check_stops")]
    if override is None or not override.reason.strip():
        return [_stopped(check, finding)]
    if not check.needs_pin and not override.by.strip():
        return [_stopped(check, finding)]
    return override_too_long(override)


STOPS = {
    "bp_below_start_limit": "bp_above_start_limit",
    "spaced": "too_soon_after_last",
    "suicidal_thoughts": "prescriber_must_speak",
}


def _stopped(check: StartCheck, finding: Finding | None) -> RuleError:
    found = finding or Finding("")
    dose = dose_stop(found) if check.code == "dose_in_range" else None
    if dose is not None:
        return dose
    code = STOPS.get(check.code, "check_needs_override")
    return RuleError(check.code, code, found.limit, found.measured)


def dose_stop(found: Finding) -> RuleError | None:
    """Why the dose waits for the prescriber; None while it does not."""
    if found.answer != "no":
        return None
    code = "dose_without_range"
    if found.limit:
        measured, limit = (Decimal(text.split()[0]) for text in (found.measured, found.limit))
        code = "dose_above_range" if measured > limit else "dose_below_range"
    return RuleError("dose_in_range", code, found.limit, found.measured)


def override_too_long(override: Override) -> list[RuleError]:
    """The parts of an override that its row cannot hold."""
    given = {"override_reason": override.reason, "override_by": override.by}
    found = []
    for name, text in given.items():
        limit = getattr(SessionCheck._meta.get_field(name), "max_length", None)
        if limit is not None and len(text) > limit:
            found.append(RuleError(name, "too_long", str(limit), text))
    return found


def _vitals_errors(gate: StartGate, at: datetime, protocol: Protocol) -> list[RuleError]:
    """Slips in the reading before the dose, or a pressure that no longer speaks for now."""
    found = limits.refusals(gate.vitals)
    errors = [RuleError(f.field, f.code, f.limit, f.value) for f in found if f.field]
    if any(gate.vitals.get(name) is None for name in PRESSURES):
        return errors
    taken_at = gate.taken_at(PRESSURES, at)
    if at - taken_at > timedelta(minutes=protocol.reading_max_age_min):
        clock = timezone.localtime(taken_at).strftime("%H:%M")
        limit = str(protocol.reading_max_age_min)
        errors.append(RuleError("bp_below_start_limit", "reading_too_old", limit, clock))
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


def _shown_errors(prescription: Prescription, gate: StartGate) -> list[RuleError]:
    """The second person checked another amount than the server would start now."""
    if gate.shown_mg is None or gate.weight_kg is None:
        return []
    if limits.refusals({"weight_kg": gate.weight_kg}):
        return []
    mg = planned_dose(prescription, gate.weight_kg).mg
    if mg == gate.shown_mg:
        return []
    return [RuleError("dose", "dose_not_as_shown", f"{mg:f} mg", f"{gate.shown_mg:f} mg")]
