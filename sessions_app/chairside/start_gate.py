"""What was asked and measured before a dose, what it comes to, and what the record says to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sessions_app.clock import clinic_day
from sessions_app.models import Prescription, SignOff, TreatmentSession
from sessions_app.rules import dosing, limits
from sessions_app.rules.protocols import START_CHECKS, Protocol

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
    return doses.exclude(pk__in=astray).order_by("-dose_started_at", "-id").first()


def last_weight_kg(patient_id: UUID) -> Decimal | None:
    """The weight at the patient's last session here; None when there was none."""
    theirs = TreatmentSession.objects.really_theirs()
    sessions = theirs.filter(patient_id=patient_id, weight_kg__isnull=False)
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


def answered(gate: StartGate, findings: Mapping[str, Finding]) -> dict[str, str]:
    """Every answer by code; the record's own take the place of anything said."""
    return {**gate.answers, **{code: finding.answer for code, finding in findings.items()}}
