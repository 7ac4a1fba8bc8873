"""What a session's rows say now. State is derived from rows, never kept in a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, cast

from django.db.models import Prefetch, QuerySet

from sessions_app.chairside.dose_given import infusion_end, standing_events
from sessions_app.clock import elapsed_min
from sessions_app.models import (
    DissociationRating,
    DoseEvent,
    SessionCheck,
    SideEffect,
    SideEffectChange,
    SignOff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.protocol_of import protocol_of
from sessions_app.rules import dissociation, effects, limits
from sessions_app.rules.discharge_rule import (
    CheckResult,
    DischargeFacts,
    OpenEffect,
    evaluate_discharge,
)

Grade = Literal["mild", "moderate", "severe"]
Baseline = dict[str, int | Decimal | None]
READING_GRACE_MIN = 5  # design: a reading this near to its due minute counts as on time
SHORTEST_INFUSION_MIN = 1 / 60  # stopped in the minute it began: it still had a length


def with_record(sessions: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    """The sessions with all rows that the functions below read, in a fixed number of queries."""
    changes = SideEffectChange.objects.standing().order_by("taken_at", "id")
    found = {
        "readings": VitalReading.objects.standing().order_by("taken_at", "id"),
        "dose_events": DoseEvent.objects.standing().order_by("taken_at", "recorded_at", "id"),
        "effects": SideEffect.objects.standing()
        .order_by("taken_at", "id")
        .prefetch_related(Prefetch("changes", changes, to_attr="loaded_changes")),
        "checks": SessionCheck.objects.filter(stage="discharge"),
        "ratings": DissociationRating.objects.standing().order_by("taken_at", "id"),
    }
    return sessions.prefetch_related(
        *(Prefetch(name, rows, to_attr=f"loaded_{name}") for name, rows in found.items())
    )


def with_signature(sessions: QuerySet[TreatmentSession]) -> QuerySet[TreatmentSession]:
    """The sessions with the sign-offs that stand, for a page that asks for them again and again."""
    signed = SignOff.objects.standing().select_related("signed_by").order_by("signed_at")
    return sessions.prefetch_related(Prefetch("sign_offs", signed, to_attr="loaded_sign_offs"))


def number_of(session: TreatmentSession) -> int | None:
    """Which of the patient's doses this one is, counted from 1; None without a dose."""
    if session.dose_started_at is None:
        return None
    earlier = TreatmentSession.objects.really_theirs().filter(
        patient_id=session.patient_id, dose_started_at__lt=session.dose_started_at
    )
    return earlier.count() + 1


def standing_readings(session: TreatmentSession) -> list[VitalReading]:
    """The readings that nobody struck, in time order."""
    loaded: list[VitalReading] | None = getattr(session, "loaded_readings", None)
    if loaded is not None:
        return loaded
    return list(session.readings.standing().order_by("taken_at", "id"))


def standing_ratings(session: TreatmentSession) -> list[DissociationRating]:
    """The ratings of dissociation that nobody struck, in time order."""
    loaded: list[DissociationRating] | None = getattr(session, "loaded_ratings", None)
    if loaded is not None:
        return loaded
    return list(session.ratings.standing().order_by("taken_at", "id"))


def dissociation_resolved(session: TreatmentSession) -> dissociation.Resolution | None:
    """What the newest rating after the dose says; None when nobody rated, or without a dose."""
    t0 = session.dose_started_at
    if t0 is None:
        return None
    return dissociation.resolution(
        dissociation.Rating(elapsed_min(t0, row.taken_at), row.scale, row.score)
        for row in standing_ratings(session)
    )


def standing_effects(session: TreatmentSession) -> list[SideEffect]:
    """The side effects that nobody struck, by onset."""
    loaded: list[SideEffect] | None = getattr(session, "loaded_effects", None)
    if loaded is not None:
        return loaded
    return list(session.effects.standing().order_by("taken_at", "id"))


def standing_sign_off(session: TreatmentSession) -> SignOff | None:
    """The sign-off that locks the session, if nobody voided it."""
    loaded: list[SignOff] | None = getattr(session, "loaded_sign_offs", None)
    if loaded is not None:
        return loaded[-1] if loaded else None
    return session.sign_offs.standing().select_related("signed_by").last()


def baseline(session: TreatmentSession) -> Baseline:
    """Each sign's last value before the dose, or else its first value of the session."""
    found: Baseline = dict.fromkeys(limits.SIGNS)
    t0 = session.dose_started_at
    for reading in standing_readings(session):
        before_dose = t0 is not None and reading.taken_at <= t0
        for sign in limits.SIGNS:
            value = getattr(reading, sign)
            if value is not None and (before_dose or found[sign] is None):
                found[sign] = value
    return found


def change_from_baseline(reading: VitalReading, before: Baseline) -> dict[str, int | Decimal]:
    """The signs that both have, as reading minus baseline. A missing value has no change."""
    changes: dict[str, int | Decimal] = {}
    for sign in limits.SIGNS:
        value, start = getattr(reading, sign), before.get(sign)
        if value is not None and start is not None:
            changes[sign] = value - start
    return changes


def latest_value(
    readings: Iterable[VitalReading], sign: str
) -> tuple[int | Decimal | None, datetime | None]:
    """The newest value of `sign` and when it was taken; readings in time order."""
    value, at = None, None
    for reading in readings:
        if getattr(reading, sign) is not None:
            value, at = getattr(reading, sign), reading.taken_at
    return value, at


# --- side effects


def standing_changes(effect: SideEffect) -> list[SideEffectChange]:
    """The changes that nobody struck, in time order."""
    loaded: list[SideEffectChange] | None = getattr(effect, "loaded_changes", None)
    if loaded is not None:
        return loaded
    return list(effect.changes.standing().order_by("taken_at", "id"))


def current_grade(effect: SideEffect) -> str:
    """The grade after the last change that stands."""
    graded = [change.grade for change in standing_changes(effect) if change.grade]
    return graded[-1] if graded else effect.grade


def worst_grade(effect: SideEffect) -> str:
    grades = [effect.grade, *(c.grade for c in standing_changes(effect) if c.grade)]
    return max(grades, key=effects.GRADES.index)


def resolved_at(effect: SideEffect) -> datetime | None:
    """When it was gone; None while it lasts."""
    ends = [c.taken_at for c in standing_changes(effect) if c.kind == "resolved"]
    return ends[0] if ends else None


def is_resolved(effect: SideEffect) -> bool:
    return resolved_at(effect) is not None


def duration_min(effect: SideEffect) -> float | None:
    """Minutes from onset to resolution; None while it lasts."""
    end = resolved_at(effect)
    return None if end is None else elapsed_min(effect.taken_at, end)


def open_effects(session: TreatmentSession) -> list[SideEffect]:
    return [effect for effect in standing_effects(session) if not is_resolved(effect)]


# --- the clock of the session


def planned_due_minutes(session: TreatmentSession) -> list[int]:
    """Minutes from t0 at which readings are due by the protocol of the route.

    Empty where none can be known: an imported session, or an infusion without its length.
    """
    if session.is_imported or (session.route == "iv" and not session.infusion_minutes):
        return []
    return protocol_of(session).due_minutes(session.infusion_minutes)


@dataclass(frozen=True)
class NextDue:
    """The next reading: when, and how many minutes from now (negative: overdue)."""

    at: datetime
    in_min: float


def next_due(session: TreatmentSession, now: datetime) -> NextDue | None:
    """The first due reading still unanswered; None before the dose or after the last one."""
    t0 = session.dose_started_at
    if t0 is None:
        return None
    taken = [elapsed_min(t0, reading.taken_at) for reading in standing_readings(session)]
    for due in planned_due_minutes(session):
        if not any(minute >= due - _early_min(session, due) for minute in taken):
            at = t0 + timedelta(minutes=due)
            return NextDue(at, elapsed_min(now, at))
    return None


def readings_on_time(session: TreatmentSession, now: datetime) -> tuple[int, int]:
    """How many due readings have one within the grace, of how many due so far."""
    t0 = session.dose_started_at
    if t0 is None:
        return 0, 0
    taken = [elapsed_min(t0, reading.taken_at) for reading in standing_readings(session)]
    passed = [due for due in planned_due_minutes(session) if due <= elapsed_min(t0, now)]
    met = [
        due
        for due in passed
        if any(-_early_min(session, due) <= minute - due <= READING_GRACE_MIN for minute in taken)
    ]
    return len(met), len(passed)


def _early_min(session: TreatmentSession, due: int) -> int:
    """How long before its minute a reading may be. That of minute 0 is the one which the gate took
    for the start: it keeps the time at which it was measured.
    """
    return protocol_of(session).reading_max_age_min if due == 0 else READING_GRACE_MIN


# --- ready to leave?


def confirmed_checks(session: TreatmentSession) -> frozenset[str]:
    """Codes whose newest answer at discharge is yes."""
    newest: dict[str, str] = {}
    loaded: list[SessionCheck] | None = getattr(session, "loaded_checks", None)
    rows = session.checks.filter(stage="discharge") if loaded is None else loaded
    for check in rows:
        newest[check.code] = check.answer
    return frozenset(code for code, answer in newest.items() if answer == "yes")


def discharge_checks(session: TreatmentSession, now: datetime) -> list[CheckResult]:
    """Every discharge check against the record as it stands now; none before a dose."""
    if session.dose_started_at is None:
        return []
    t0 = session.dose_started_at
    events = standing_events(session)
    end = infusion_end(events)
    readings = standing_readings(session)
    before = baseline(session)
    newest = {sign: latest_value(readings, sign) for sign in limits.SIGNS}

    def at_min(sign: str) -> float | None:
        at = newest[sign][1]
        return None if at is None else elapsed_min(t0, at)

    facts = DischargeFacts(
        elapsed_min=elapsed_min(t0, now),
        infusion_end_min=None if end is None else max(elapsed_min(t0, end), SHORTEST_INFUSION_MIN),
        baseline_systolic=_whole(before["systolic"]),
        baseline_diastolic=_whole(before["diastolic"]),
        systolic=_whole(newest["systolic"][0]),
        diastolic=_whole(newest["diastolic"][0]),
        bp_at_min=at_min("systolic"),
        spo2=_whole(newest["spo2"][0]),
        spo2_at_min=at_min("spo2"),
        oxygen_l_min=newest["oxygen_l_min"][0],
        moaas=_whole(newest["moaas"][0]),
        moaas_at_min=at_min("moaas"),
        open_effects=(*_felt(session), *_rated(session)),
        confirmed=confirmed_checks(session),
    )
    return evaluate_discharge(facts, protocol_of(session))


def _felt(session: TreatmentSession) -> list[OpenEffect]:
    return [
        OpenEffect(effect.code, cast(Grade, current_grade(effect)))
        for effect in open_effects(session)
    ]


def _rated(session: TreatmentSession) -> list[OpenEffect]:
    """Dissociation that a rating still finds, although nobody recorded it as a side effect."""
    found = dissociation_resolved(session)
    if found is None or found.is_resolved:
        return []
    is_open = any(effect.code == "dissociation" for effect in open_effects(session))
    return [] if is_open else [OpenEffect("dissociation", "mild")]


def _whole(value: int | Decimal | None) -> int | None:
    """Pressures, saturation and MOAA/S are whole numbers in the table."""
    return None if value is None else int(value)
