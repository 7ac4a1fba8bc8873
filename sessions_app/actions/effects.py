"""Side effects: seen, worse, better, gone; and the explicit answer that there was none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.details import too_long
from sessions_app.actions.receipts import claim
from sessions_app.chairside.session_state import (
    current_grade,
    is_resolved,
    open_effects,
    standing_changes,
)
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.models import (
    EntryStrike,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentSession,
)
from sessions_app.rules import effects
from sessions_app.words.effect_words import effect_words

OTHER = "other"


@dataclass(frozen=True)
class Serious:
    """A serious adverse event needs its criterion; `criterion` is empty when it is not one."""

    is_serious: bool = False
    criterion: str = ""


NOT_SERIOUS = Serious()


@transaction.atomic
def record_side_effect(
    *,
    by: Staff,
    session: TreatmentSession,
    code: str,
    grade: str,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    other_text: str = "",
    action: str = "none",
    serious: Serious = NOT_SERIOUS,
    note: str = "",
    clock: record.Clock = record.now,
) -> SideEffect:
    """Afterwards the effect is open since `taken_at` (None: now), alerted where it must be.

    One that is open already takes a change instead: two open bars of one effect say nothing.
    """
    frozen_now = clock()
    session = record.locked(session)
    body = {
        "session": session,
        "code": code,
        "grade": grade,
        "taken_at": taken_at,
        "other_text": other_text,
        "action": action,
        "serious": serious.is_serious,
        "criterion": serious.criterion,
        "note": note,
    }
    claimed = claim(
        write_key, deed=audit.Tag.EFFECT_RECORD, by=by, body=body, at=frozen_now, model=SideEffect
    )
    if claimed.is_repeat:
        return SideEffect.objects.get(pk=claimed.row_id)
    _refuse_impossible(session, code, grade, other_text, action, serious)
    _refuse_second(session, code, other_text)
    if long := too_long(SideEffect, {"other_text": other_text, "note": note}):
        raise RuleBroken(*long)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    effect = SideEffect.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        code=code,
        other_text=other_text,
        grade=grade,
        action=action,
        is_serious=serious.is_serious,
        serious_criterion=serious.criterion,
        note=note,
        recorded_by=by,
        **stamp.columns(),
    )
    _alert(session, effect, grade, serious, frozen_now, is_new=True)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.EFFECT_RECORD, by=by, at=frozen_now, session=session, row=effect)
    return effect


@transaction.atomic
def change_side_effect(
    *,
    by: Staff,
    effect: SideEffect,
    kind: str,
    write_key: UUID | None,
    grade: str = "",
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    action: str = "none",
    serious: Serious = NOT_SERIOUS,
    clock: record.Clock = record.now,
) -> SideEffectChange:
    """Afterwards the effect is worse, better or resolved from `taken_at` on.

    Without a grade, worse and better move one step. A resolved effect takes no more changes.
    """
    frozen_now = clock()
    session = record.locked(effect.session)
    body = {
        "effect": effect,
        "kind": kind,
        "grade": grade,
        "taken_at": taken_at,
        "action": action,
        "serious": serious.is_serious,
        "criterion": serious.criterion,
    }
    claimed = claim(
        write_key,
        deed=audit.Tag.EFFECT_CHANGE,
        by=by,
        body=body,
        at=frozen_now,
        model=SideEffectChange,
    )
    if claimed.is_repeat:
        return SideEffectChange.objects.get(pk=claimed.row_id)
    if kind not in effects.CHANGE_KINDS:
        raise refuse("kind", "unknown_choice", ", ".join(effects.CHANGE_KINDS), kind)
    struck = EntryStrike.objects.filter(effect=effect).first()
    if struck is not None:
        raise refuse("kind", "already_struck", limit=record.clock_text(struck.struck_at))
    if is_resolved(effect):
        raise refuse("kind", "effect_resolved")
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    _refuse_before(effect, stamp.taken_at)
    new_grade = "" if kind == "resolved" else grade or _step(current_grade(effect), kind)
    _refuse_grade(new_grade, action, serious, is_resolution=kind == "resolved")
    change = SideEffectChange.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        effect=effect,
        kind=kind,
        grade=new_grade,
        action=action,
        is_serious=serious.is_serious,
        serious_criterion=serious.criterion,
        recorded_by=by,
        **stamp.columns(),
    )
    if kind == "worse" or serious.is_serious:
        _alert(session, effect, new_grade, serious, frozen_now, is_new=False)
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.EFFECT_CHANGE, by=by, at=frozen_now, session=session, row=change)
    return change


@transaction.atomic
def record_none_observed(
    *,
    by: Staff,
    session: TreatmentSession,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    clock: record.Clock = record.now,
) -> NoneObserved:
    """Afterwards the record says that nobody saw a side effect; refused while one stands."""
    frozen_now = clock()
    session = record.locked(session)
    claimed = claim(
        write_key,
        deed=audit.Tag.NONE_OBSERVED,
        by=by,
        body={"session": session, "taken_at": taken_at},
        at=frozen_now,
        model=NoneObserved,
    )
    if claimed.is_repeat:
        return NoneObserved.objects.get(pk=claimed.row_id)
    if session.effects.standing().exists():
        raise refuse("session", "effects_recorded")
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    row = NoneObserved.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        recorded_by=by,
        **stamp.columns(),
    )
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.NONE_OBSERVED, by=by, at=frozen_now, session=session, row=row)
    return row


def _refuse_before(effect: SideEffect, at: datetime) -> None:
    """A change happens after the onset and after the change before it."""
    earlier = [change.taken_at for change in standing_changes(effect)]
    last = max([effect.taken_at, *earlier])
    if at < last:
        raise refuse(
            "taken_at",
            "before_last_change" if earlier and last > effect.taken_at else "before_onset",
            limit=record.clock_text(last),
            value=record.clock_text(at),
        )


def _refuse_second(session: TreatmentSession, code: str, other_text: str) -> None:
    words = other_text.strip().casefold()
    for effect in open_effects(session):
        same_words = effect.other_text.strip().casefold() == words
        if effect.code == code and (code != OTHER or same_words):
            since = record.clock_text(effect.taken_at)
            raise refuse("code", "effect_open", since, effect_words(code, other_text))


def _step(grade: str, kind: str) -> str:
    step = 1 if kind == "worse" else -1
    at = effects.GRADES.index(grade) + step
    return effects.GRADES[max(0, min(at, len(effects.GRADES) - 1))]


def _refuse_impossible(
    session: TreatmentSession,
    code: str,
    grade: str,
    other_text: str,
    action: str,
    serious: Serious,
) -> None:
    known = effects.EFFECTS.get(code)
    if known is None and code != OTHER:
        raise refuse("code", "unknown_choice", value=code)
    if known is not None and known.routes is not None and session.route not in known.routes:
        raise refuse("code", "effect_not_on_route", limit=", ".join(known.routes), value=code)
    if code == OTHER and not other_text.strip():
        raise refuse("other_text", "required")
    _refuse_grade(grade, action, serious)


def _refuse_grade(
    grade: str, action: str, serious: Serious, *, is_resolution: bool = False
) -> None:
    errors = []
    if grade not in effects.GRADES and not is_resolution:
        code = "unknown_choice" if grade else "required"
        errors.append(RuleError("grade", code, ", ".join(effects.GRADES), grade))
    if action not in effects.ACTIONS:
        errors.append(RuleError("action", "unknown_choice", ", ".join(effects.ACTIONS), action))
    if serious.is_serious and serious.criterion not in effects.SERIOUS_CRITERIA:
        code = "unknown_choice" if serious.criterion else "required"
        criteria = ", ".join(effects.SERIOUS_CRITERIA)
        errors.append(RuleError("serious_criterion", code, criteria, serious.criterion))
    if errors:
        raise RuleBroken(*errors)


def _alert(
    session: TreatmentSession,
    effect: SideEffect,
    grade: str,
    serious: Serious,
    at: datetime,
    *,
    is_new: bool,
) -> None:
    known = effects.EFFECTS.get(effect.code)
    escalates = known is not None and known.escalates
    if serious.is_serious:
        level, code = "high", "effect_serious"
    elif escalates and is_new:
        level, code = "high", "effect_escalates"
    elif grade == "severe":
        level, code = "medium", "effect_severe"
    else:
        return
    raise_alert(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session=session,
        effect=effect,
        level=level,
        code=code,
        value=effect.code,
        at=at,
    )
