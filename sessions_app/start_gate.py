"""What the record says at the start gate, and everything that keeps a session from starting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from sessions_app import dosing, limits
from sessions_app.clock import clinic_day
from sessions_app.errors import RuleError
from sessions_app.models import Chair, Prescription, SessionCheck, SignOff, Staff, TreatmentSession
from sessions_app.protocol_of import protocol_in_force
from sessions_app.protocols import START_CHECKS, Protocol, StartCheck

# What the record proves, and nobody can say in its place.
PROVEN = ("consent_valid", "bp_below_start_limit", "spaced", "dose_in_range")
SIGNED = tuple(check.code for check in START_CHECKS if check.needs_pin)
PRESSURES = ("systolic", "diastolic")


@dataclass(frozen=True)
class Override:
    """Why the session goes on although a check says stop, and which prescriber said so.

    A check that needs the prescriber's PIN takes the name from who signed: `by` is empty then.
    """

    reason: str
    by: str = ""


@dataclass(frozen=True)
class EarlierPressure:
    """A pressure that was too high to start, before somebody waited and measured again."""

    taken_at: datetime
    systolic: int
    diastolic: int


@dataclass(frozen=True)
class StartGate:
    """What was asked and measured before the dose. `answers`: code → "yes" or "no".

    `written_at`: when the server first had an answer or a sign as it stands now; what is not in
    it was written now. `shown_mg`: the dose that the second person saw, None if none was shown.
    """

    answers: Mapping[str, str]
    vitals: Mapping[str, int | Decimal | None]
    weight_kg: Decimal | None
    weight_confirmed: bool = False
    overrides: Mapping[str, Override] = field(default_factory=dict)
    written_at: Mapping[str, datetime] = field(default_factory=dict)
    earlier: tuple[EarlierPressure, ...] = ()
    shown_mg: Decimal | None = None

    def taken_at(self, names: Iterable[str], at: datetime) -> datetime:
        """When the last of these was written; `at` as soon as one of them is new."""
        stamps = [self.written_at.get(name, at) for name in names]
        return min(max(stamps, default=at), at)


@dataclass(frozen=True)
class PlannedDose:
    """The dose as a sum that can be shown line by line. mg, mL, mL/hour, devices."""

    mg: Decimal
    exact_mg: Decimal
    devices: int | None = None
    vial_volume_ml: Decimal | None = None
    pump_ml_per_hour: Decimal | None = None


@dataclass(frozen=True)
class Finding:
    """What the record says to one check: "yes", "no", or "" while it cannot say.

    `measured` and `limit` are the figures that decide, as printed.
    """

    answer: str
    measured: str = ""
    limit: str = ""


@dataclass(frozen=True)
class DoseRange:
    """The usual amounts for this weight in mg, both ends inside, and where the dose lies."""

    low_mg: Decimal
    high_mg: Decimal
    outside: dosing.BandCode | None


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


def dose_range(
    prescription: Prescription, weight_kg: Decimal, protocol: Protocol, at: datetime
) -> DoseRange | None:
    """The protocol's usual dose for this weight and age; None where the protocol sets none.

    Outside is what lies outside both as ordered and as rounded: rounding is no overdose.
    """
    band = protocol.dose_band(prescription.drug)
    if band is None:
        return None
    patient = prescription.course.patient
    age = patient.age_on(clinic_day(at, prescription.course.clinic.time_zone))
    dose = planned_dose(prescription, weight_kg)
    scale = weight_kg if band.per_kg else Decimal(1)
    is_senior = age is not None and age >= dosing.SENIOR_AGE_YEARS
    low = band.senior_low if is_senior and band.senior_low is not None else band.low
    found = [
        dosing.outside_band(mg, weight_kg, band, age_years=age) for mg in (dose.exact_mg, dose.mg)
    ]
    outside = found[0] if found[0] == found[1] else None
    return DoseRange(low * scale, band.high * scale, outside)


def last_session(patient_id: UUID) -> TreatmentSession | None:
    """The patient's latest session with a dose; one recorded on the wrong patient is none."""
    astray = SignOff.objects.standing().filter(end="wrong_patient").values("session")
    doses = TreatmentSession.objects.filter(patient_id=patient_id, dose_started_at__isnull=False)
    return doses.exclude(pk__in=astray).order_by("-dose_started_at").first()


def last_weight_kg(patient_id: UUID) -> Decimal | None:
    """The weight at the patient's last session here; None when there was none."""
    sessions = TreatmentSession.objects.filter(patient_id=patient_id, weight_kg__isnull=False)
    last = sessions.order_by("-opened_at").first()
    return last.weight_kg if last else None


# --- what the record says


def proven(
    prescription: Prescription, gate: StartGate, at: datetime, protocol: Protocol
) -> dict[str, Finding]:
    """The checks of PROVEN, each with its figures."""
    return {
        "consent_valid": consent(prescription, at),
        "bp_below_start_limit": pressure(gate, protocol),
        "spaced": spacing(prescription, at, protocol),
        "dose_in_range": _dose_in_range(prescription, gate, at, protocol),
    }


def consent(prescription: Prescription, at: datetime) -> Finding:
    """Whether the course's consent is signed and has not run out at the clinic today."""
    course = prescription.course
    today = clinic_day(at, course.clinic.time_zone)
    signed, until = course.consent_signed_on, course.consent_valid_until
    is_valid = signed is not None and (until is None or until >= today)
    limit = until.isoformat() if until else ""
    return Finding("yes" if is_valid else "no", signed.isoformat() if signed else "", limit)


def pressure(gate: StartGate, protocol: Protocol) -> Finding:
    """Whether the pressure allows a start. Half a pressure is none."""
    systolic, diastolic = (gate.vitals.get(name) for name in PRESSURES)
    limit = f"{protocol.start_systolic}/{protocol.start_diastolic}"
    if systolic is None or diastolic is None:
        return Finding("", "", limit)
    is_below = protocol.bp_below_start_limit(int(systolic), int(diastolic))
    return Finding("yes" if is_below else "no", f"{systolic}/{diastolic}", limit)


def spacing(prescription: Prescription, at: datetime, protocol: Protocol) -> Finding:
    """Whether the last dose is long enough ago, by the protocol of today's route."""
    last = last_session(prescription.course.patient_id)
    limit = f"{protocol.min_hours_between_sessions} h"
    if last is None or last.dose_started_at is None:
        return Finding("yes", "", limit)
    passed = at - last.dose_started_at
    is_enough = passed >= timedelta(hours=protocol.min_hours_between_sessions)
    return Finding("yes" if is_enough else "no", f"{passed // timedelta(hours=1)} h", limit)


def _dose_in_range(
    prescription: Prescription, gate: StartGate, at: datetime, protocol: Protocol
) -> Finding:
    """An order outside the range carries its prescriber's reason: that was decided already."""
    if gate.weight_kg is None or limits.refusals({"weight_kg": gate.weight_kg}):
        return Finding("")
    found = dose_range(prescription, gate.weight_kg, protocol, at)
    measured = f"{planned_dose(prescription, gate.weight_kg).mg:f} mg"
    if found is None:
        return Finding("yes" if prescription.outside_band_reason else "no", measured)
    edge = found.low_mg if found.outside == "below_band" else found.high_mg
    limit = f"{dosing.rounded_mg(edge, Decimal('0.1')).normalize():f} mg"
    is_inside = found.outside is None or bool(prescription.outside_band_reason)
    return Finding("yes" if is_inside else "no", measured, limit)


# --- what stops


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


def answered(gate: StartGate, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Every answer by code; the record's own take the place of anything said."""
    return {**gate.answers, **{code: finding.answer for code, finding in findings.items()}}


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
    code = STOPS.get(check.code, "check_needs_override")
    if check.code == "dose_in_range":
        code = _dose_code(found)
    return RuleError(check.code, code, found.limit, found.measured)


def _dose_code(found: Finding) -> str:
    if not found.limit:
        return "dose_without_range"
    measured, limit = (Decimal(text.split()[0]) for text in (found.measured, found.limit))
    return "dose_above_range" if measured > limit else "dose_below_range"


def override_too_long(override: Override) -> list[RuleError]:
    """The parts of an override that its row cannot hold."""
    given = {"override_reason": override.reason, "override_by": override.by}
    found = []
    for name, text in given.items():
        limit = SessionCheck._meta.get_field(name).max_length
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
