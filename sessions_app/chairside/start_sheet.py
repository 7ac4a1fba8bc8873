"""What the start page shows beside the questions: the record's facts, the sum and what stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.chairside.session_state import standing_effects, standing_readings, worst_grade
from sessions_app.chairside.start_draft import StartDraft
from sessions_app.chairside.start_gate import (
    Finding,
    PlannedDose,
    StartGate,
    consent,
    dose_range,
    last_session,
    planned_dose,
    pressure,
    proven,
    spacing,
)
from sessions_app.chairside.start_stops import dose_stop
from sessions_app.models import Chair, Patient, Prescription, TreatmentSession
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules import dosing, limits
from sessions_app.rules.effects import GRADES
from sessions_app.rules.protocols import Protocol
from sessions_app.templatetags.words import kg, number
from sessions_app.words.effect_words import GRADE_WORDS, effect_words
from sessions_app.words.refusals import explain

BAR = 378  # the range bar's width in its own units
BAR_SPARE = Decimal("1.3")  # room beyond the higher of dose and range


@dataclass(frozen=True)
class RangeBar:
    """The usual dose of this weight as a bar: x in the drawing's units, amounts in mg."""

    low_x: int
    high_x: int
    mark_x: int
    low_mg: Decimal
    high_mg: Decimal
    is_inside: bool
    last_mg: Decimal | None

    @property
    def width(self) -> int:
        return self.high_x - self.low_x

    @property
    def middle_x(self) -> int:
        return (self.low_x + self.high_x) // 2

    @property
    def word_x(self) -> int:
        """Where the words above the mark are centred, so that they never leave the drawing."""
        return min(max(self.mark_x, 80), BAR - 80)


@dataclass(frozen=True)
class DoseCard:
    """The sum for one order and weight, with its range and its place there."""

    order: Prescription
    weight_kg: Decimal
    sum: PlannedDose
    bar: RangeBar | None
    finding: Finding
    last_mg: Decimal | None

    @property
    def stop_words(self) -> str:
        """Why only the prescriber lets this dose be given; empty inside the range."""
        stop = dose_stop(self.finding)
        return str(explain(stop).message) if stop else ""

    @property
    def slots(self) -> list[tuple[int, int]]:
        """Each device's number and its earliest minute after the start."""
        count = self.sum.devices or 0
        return [(number + 1, number * dosing.DEVICE_REST_MIN) for number in range(count)]


@dataclass(frozen=True)
class PressureLine:
    """The line under the pressures: what was measured, whether it stops, and when to try again."""

    finding: Finding
    taken_at: datetime | None
    earlier: tuple[Any, ...]
    retry_min: int
    again_at: datetime | None

    @property
    def is_stop(self) -> bool:
        return self.finding.answer == "no"

    @property
    def rest_min(self) -> int | None:
        """Whole minutes between the last high pressure and this one."""
        if not self.earlier or self.taken_at is None:
            return None
        return int((self.taken_at - self.earlier[-1].taken_at) / timedelta(minutes=1))


@dataclass(frozen=True)
class WeightLine:
    """Today's weight beside the last one. `change` is what the protocol asks about, or None."""

    last_kg: Decimal | None
    last_at: datetime | None
    difference_kg: Decimal | None
    percent: Decimal | None
    change: limits.WeightChange | None
    ask_percent: int

    @property
    def signed_kg(self) -> str:
        """The change in kg with its sign: "+0.6 kg"."""
        return _signed(self.difference_kg, kg)

    @property
    def signed_percent(self) -> str:
        """The change in per cent with its sign: "+0.8 %"."""
        return _signed(self.percent, lambda value: number(value, "%"))


def _signed(value: Decimal | None, words: Callable[[Decimal], str]) -> str:
    if value is None:
        return ""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{words(abs(value))}"


@dataclass(frozen=True)
class LastTime:
    """The patient's last session: its number, when, the highest pressure and the worst effect."""

    number: int
    session: TreatmentSession
    peak: Any
    effect: Any
    grade: str

    @property
    def effect_words(self) -> str:
        """The worst effect in words: "moderate dissociation"."""
        name = effect_words(self.effect.code, self.effect.other_text)
        return f"{GRADE_WORDS.get(self.grade, '')} {name}".strip().lower()


@dataclass(frozen=True)
class StartSheet:
    """Everything of the page that follows from what was typed so far."""

    dose: DoseCard | None
    pressure: PressureLine
    weight: WeightLine
    consent: Finding | None
    spacing: Finding | None
    protocol: Protocol | None
    due_minutes: list[int]
    watch_min: float | None


def start_sheet(
    patient: Patient, order: Prescription | None, gate: StartGate, draft: StartDraft, at: datetime
) -> StartSheet:
    """The sheet as the record and the draft stand at `at`. Without an order there is no dose."""
    protocol = protocol_in_force(patient.clinic_id, order.route) if order else None
    return StartSheet(
        dose=_dose(order, gate, at, protocol) if order and protocol else None,
        pressure=_pressure(gate, draft, at, protocol or protocol_in_force(patient.clinic_id, "iv")),
        weight=_weight(patient, gate, protocol),
        consent=consent(order, at) if order else None,
        spacing=spacing(order, at, protocol) if order and protocol else None,
        protocol=protocol,
        due_minutes=_due(order, protocol) if order and protocol else [],
        watch_min=_watch(order, protocol) if order and protocol else None,
    )


def _due(order: Prescription, protocol: Protocol) -> list[int]:
    if protocol.is_infusion and not order.infusion_minutes:
        return []
    return protocol.due_minutes(order.infusion_minutes)


def _watch(order: Prescription, protocol: Protocol) -> float | None:
    if protocol.is_infusion and not order.infusion_minutes:
        return None
    return protocol.minimum_watch_min(order.infusion_minutes)


def _dose(
    order: Prescription, gate: StartGate, at: datetime, protocol: Protocol
) -> DoseCard | None:
    weight = gate.weight_kg
    if weight is None or limits.refusals({"weight_kg": weight}):
        return None
    dose = planned_dose(order, weight)
    last = last_session(order.course.patient_id)
    same = last if last is not None and last.drug == order.drug else None
    last_mg = dose_given_mg(same) if same is not None else None
    finding = proven(order, gate, at, protocol)["dose_in_range"]
    bar = _bar(order, weight, dose, at, protocol, last_mg)
    return DoseCard(order, weight, dose, bar, finding, last_mg)


def _bar(
    order: Prescription,
    weight_kg: Decimal,
    dose: PlannedDose,
    at: datetime,
    protocol: Protocol,
    last_mg: Decimal | None,
) -> RangeBar | None:
    found = dose_range(order, weight_kg, protocol, at)
    if found is None:
        return None
    end = max(found.high_mg, dose.mg) * BAR_SPARE

    def x(mg: Decimal) -> int:
        return int((mg * BAR / end).quantize(Decimal(1), ROUND_HALF_UP))

    return RangeBar(
        x(found.low_mg),
        x(found.high_mg),
        x(dose.mg),
        dosing.rounded_mg(found.low_mg, Decimal("0.1")),
        dosing.rounded_mg(found.high_mg, Decimal("0.1")),
        found.outside is None,
        last_mg,
    )


def _pressure(gate: StartGate, draft: StartDraft, at: datetime, protocol: Protocol) -> PressureLine:
    finding = pressure(gate, protocol)
    taken_at = gate.taken_at(("systolic", "diastolic"), at) if finding.answer else None
    if limits.refusals({name: gate.vitals.get(name) for name in ("systolic", "diastolic")}):
        finding = Finding("", "", finding.limit)
    rest = timedelta(minutes=protocol.bp_retry_min)
    newest = taken_at if finding.answer == "no" else None
    if newest is None and not finding.answer and draft.earlier:
        newest = draft.earlier[-1].taken_at
    again_at = newest + rest if newest else None
    return PressureLine(finding, taken_at, draft.earlier, protocol.bp_retry_min, again_at)


def _weight(patient: Patient, gate: StartGate, protocol: Protocol | None) -> WeightLine:
    theirs = TreatmentSession.objects.really_theirs()
    weighed = theirs.filter(patient=patient, weight_kg__isnull=False)
    last = weighed.order_by("-opened_at").first()
    last_kg = last.weight_kg if last else None
    now = gate.weight_kg
    ask = protocol.weight_ask_percent if protocol else limits.WEIGHT_ASK_PERCENT
    opened_at = last.opened_at if last else None
    if now is None or last_kg is None or limits.refusals({"weight_kg": now}):
        return WeightLine(last_kg, opened_at, None, None, None, ask)
    change = protocol.weight_change(now, last_kg) if protocol else None
    percent = ((now - last_kg) * 100 / last_kg).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return WeightLine(last_kg, opened_at, now - last_kg, percent, change, ask)


def last_time(patient: Patient) -> LastTime | None:
    """The last session in a line, with today's session number; None before the first."""
    last = last_session(patient.pk)
    if last is None or last.dose_started_at is None:
        return None
    theirs = TreatmentSession.objects.really_theirs()
    doses = theirs.filter(patient=patient, dose_started_at__isnull=False)
    t0 = last.dose_started_at
    measured = [
        row for row in standing_readings(last) if row.taken_at > t0 and row.systolic is not None
    ]
    effects = sorted(standing_effects(last), key=lambda row: GRADES.index(worst_grade(row)))
    worst = effects[-1] if effects else None
    return LastTime(
        doses.count() + 1,
        last,
        max(measured, key=lambda row: row.systolic or 0) if measured else None,
        worst,
        worst_grade(worst) if worst else "",
    )


def chair_is_taken(chair: Chair) -> TreatmentSession | None:
    """The open session in the chair, if there is one."""
    return TreatmentSession.objects.open().filter(chair=chair).select_related("patient").first()
