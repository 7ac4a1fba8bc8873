"""Readings and side effects of imported sessions. Append-only like all others: what stands in the
record is never changed by a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sessions_app.actions.imported_patients import Importing
from sessions_app.imports.import_rows import EffectRow, VitalRow
from sessions_app.models import (
    Patient,
    SideEffect,
    SideEffectChange,
    TreatmentSession,
    VitalReading,
)
from sessions_app.rules import effects as effect_rules
from sessions_app.rules import limits

# Design: what lies further away from the dose belongs to another session, or is a slip.
BEFORE_DOSE = timedelta(hours=4)
READING_AFTER_DOSE = timedelta(hours=24)
EFFECT_AFTER_DOSE = timedelta(days=7)
BATCH = 500

Rows = Callable[[Iterable[object]], Iterable[object]]
Ids = tuple[str, str]


def sessions_by_ids(clinic_id: UUID) -> dict[Ids, TreatmentSession]:
    """The clinic's imported sessions by patient number and the id that the file gave them."""
    found = TreatmentSession.objects.filter(clinic_id=clinic_id, origin="import")
    return {
        (session.patient.number, session.external_id): session
        for session in found.select_related("patient", "course").iterator(chunk_size=2000)
    }


def patients(entries: Iterable[VitalReading | SideEffect]) -> Iterable[Patient]:
    return (entry.session.patient for entry in entries)


def _session_of(
    work: Importing,
    known: dict[Ids, TreatmentSession],
    row: VitalRow | EffectRow,
    column: str,
    at: datetime,
    longest: timedelta,
) -> TreatmentSession | None:
    """The row's session; None, with a problem kept, when there is none or it is too far away."""
    session = known.get((row.patient_id, row.session_id))
    if session is None or session.dose_started_at is None:
        work.refuse(row.line, "session_id", "unknown_session", row.session_id, row.patient_id)
        return None
    start = session.dose_started_at
    if not start - BEFORE_DOSE <= at <= start + longest:
        limit = f"{start - BEFORE_DOSE:%Y-%m-%dT%H:%MZ}–{start + longest:%Y-%m-%dT%H:%MZ}"
        work.refuse(row.line, column, "outside_the_session", f"{at:%Y-%m-%dT%H:%MZ}", limit)
        return None
    return session


# --- readings


def readings(work: Importing, progress: Rows) -> list[VitalReading]:
    """Adds the readings that are new; a sign that stands with another value is a problem.

    A struck reading counts as there: a file does not bring it back.
    """
    known = sessions_by_ids(work.clinic.pk)
    standing = _standing_signs(work.clinic.pk)
    new = []
    for row in work.file.vitals:
        session = _session_of(work, known, row, "taken_at", row.taken_at, READING_AFTER_DOSE)
        if session is None:
            continue
        there = standing.setdefault((session.pk, row.taken_at), {})
        other = {s: there[s] for s, value in row.values.items() if there.get(s, value) != value}
        for sign, value in other.items():
            work.refuse(row.line, sign, "value_differs", row.values[sign], value)
        if not row.values.keys() <= there.keys():
            there |= row.values
            new.append(_reading(work, session, row))
    if work.problems:
        return []
    VitalReading.objects.bulk_create(progress(new), batch_size=BATCH)  # type: ignore[arg-type]
    return new


def _standing_signs(clinic_id: UUID) -> dict[tuple[UUID, datetime], dict[str, Decimal]]:
    """Every value of the imported sessions by session, instant and sign."""
    found = VitalReading.objects.filter(clinic_id=clinic_id, session__origin="import")
    standing: dict[tuple[UUID, datetime], dict[str, Decimal]] = {}
    for pk, at, *values in found.values_list("session_id", "taken_at", *limits.SIGNS).iterator():
        signs = standing.setdefault((pk, at), {})
        signs |= {s: Decimal(v) for s, v in zip(limits.SIGNS, values, strict=True) if v is not None}
    return standing


def _reading(work: Importing, session: TreatmentSession, row: VitalRow) -> VitalReading:
    whole = {
        sign: int(value) if limits.PLAUSIBLE[sign].whole else value
        for sign, value in row.values.items()
    }
    return VitalReading(
        clinic=work.clinic,
        session=session,
        taken_at=row.taken_at,
        recorded_at=work.at,
        recorded_by=work.by,
        position=row.position,
        **whole,
    )


# --- side effects


def effects(work: Importing, progress: Rows) -> list[SideEffect]:
    """Adds the side effects that are new, each with its end; one that stands otherwise is a
    problem. The same effect is the same code (and words) at the same onset in one session."""
    known = sessions_by_ids(work.clinic.pk)
    standing = _standing_effects(work.clinic.pk)
    new, ends = [], []
    for row in work.file.effects:
        session = _session_of(work, known, row, "onset_at", row.onset_at, EFFECT_AFTER_DOSE)
        if session is None:
            continue
        _refuse_route(work, row, session.route)
        key = (session.pk, row.code, row.other_text, row.onset_at)
        facts = {"grade": row.grade, "action": row.action, "resolved_at": _text(row.resolved_at)}
        there = standing.get(key)
        if there is None:
            standing[key] = facts
            effect = _effect(work, session, row)
            new.append(effect)
            if row.resolved_at is not None:
                ends.append(_end(work, effect, row.resolved_at))
            continue
        for column, value in facts.items():
            if there[column] != value:
                work.refuse(row.line, column, "value_differs", value or "–", there[column] or "–")
    if work.problems:
        return []
    SideEffect.objects.bulk_create(progress(new), batch_size=BATCH)  # type: ignore[arg-type]
    SideEffectChange.objects.bulk_create(ends, batch_size=BATCH)
    return new


def _refuse_route(work: Importing, row: EffectRow, route: str) -> None:
    rule = effect_rules.EFFECTS.get(row.code)
    if rule is not None and rule.routes is not None and route not in rule.routes:
        work.refuse(row.line, "code", "other_route", row.code, ", ".join(rule.routes))


def _standing_effects(
    clinic_id: UUID,
) -> dict[tuple[UUID, str, str, datetime], dict[str, str]]:
    found = SideEffect.objects.filter(clinic_id=clinic_id, session__origin="import")
    standing = {}
    for effect in found.prefetch_related("changes"):
        ends = [change.taken_at for change in effect.changes.all() if change.kind == "resolved"]
        key = (effect.session_id, effect.code, effect.other_text, effect.taken_at)
        standing[key] = {
            "grade": effect.grade,
            "action": effect.action,
            "resolved_at": _text(ends[0] if ends else None),
        }
    return standing


def _text(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


def _effect(work: Importing, session: TreatmentSession, row: EffectRow) -> SideEffect:
    return SideEffect(
        clinic=work.clinic,
        session=session,
        code=row.code,
        other_text=row.other_text,
        grade=row.grade,
        action=row.action,
        taken_at=row.onset_at,
        recorded_at=work.at,
        recorded_by=work.by,
    )


def _end(work: Importing, effect: SideEffect, at: datetime) -> SideEffectChange:
    return SideEffectChange(
        clinic=work.clinic,
        effect=effect,
        kind="resolved",
        taken_at=at,
        recorded_at=work.at,
        recorded_by=work.by,
    )
