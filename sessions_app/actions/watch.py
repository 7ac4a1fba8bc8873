"""The long-term watch: a look is written down or struck, and what is due calls somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.alerts import close_by_itself, raise_alert
from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.receipts import claim
from sessions_app.actions.scores import may_be_corrected, withdraw_score
from sessions_app.alerting.watch_state import Line, watched_lines
from sessions_app.errors import RuleError, refuse
from sessions_app.instruments import REGISTRY
from sessions_app.models import (
    Alert,
    AlertEvent,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
    WatchCheck,
    WatchStrike,
)
from sessions_app.rules.long_term_watch import ITEMS, interval, is_under_treatment

DUE = "watch_due"
DRIFT = timedelta(minutes=1)
OLDEST_YEARS = 10
# Each patient's turn comes once an hour: a watch counts days, and a clinic may have thousands.
TURNS = 60
LONGEST_WATCH = timedelta(days=730)


@transaction.atomic
def record_watch_check(
    *,
    by: Staff,
    patient: Patient,
    item: str,
    write_key: UUID | None,
    result: str = "",
    score: Decimal | None = None,
    checked_at: datetime | None = None,
    clock: record.Clock = record.now,
) -> WatchCheck:
    """Afterwards the record says that somebody looked, when, and what was found.

    `score` is the total of the item's scale and becomes a score of the patient like any other;
    words or a score must be there, because a look without a result tells nobody anything. The
    alert about the item is closed when it is not due any more.
    """
    frozen_now = clock()
    at = checked_at or frozen_now
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    values = {"item": item, "result": result.strip()}
    claimed = claim(
        write_key,
        deed=audit.Tag.WATCH_CHECK,
        by=by,
        body={"patient": patient, **values, "score": score, "checked_at": checked_at},
        at=frozen_now,
        model=WatchCheck,
    )
    if claimed.is_repeat:
        return WatchCheck.objects.get(pk=claimed.row_id)
    details.raise_all(
        details.missing(values, "item"),
        details.not_a_choice("item", item, list(ITEMS)),
        details.too_long(WatchCheck, {"result": values["result"]}),
        _result_faults(item, values["result"], score),
        _time_faults(at, frozen_now),
    )
    at = min(at, frozen_now)
    row = WatchCheck.objects.create(
        id=claimed.row_id,
        clinic_id=patient.clinic_id,
        patient=patient,
        **values,
        checked_at=at,
        score=_entered(by, patient, item, score, at, clock),
        recorded_by=by,
        recorded_at=frozen_now,
    )
    if item in _calling(patient) and not _is_due(patient, item, frozen_now):
        close_by_itself(
            patient_id=patient.pk, code=DUE, value=item, outcome="followed_up", at=frozen_now
        )
    audit.record(audit.Tag.WATCH_CHECK, by=by, at=frozen_now, patient=patient, row=row)
    return row


def _result_faults(item: str, result: str, score: Decimal | None) -> list[RuleError]:
    if not result and score is None:
        return [RuleError("result", "required")]
    if score is None or item not in ITEMS:
        return []
    scale = REGISTRY.get(ITEMS[item].scale)
    if scale is None:
        return [RuleError("score", "score_without_scale", value=item)]
    limit = f"{scale.score_min}–{scale.score_max}"
    if not score.is_finite() or score != score.to_integral_value():
        return [RuleError("score", "not_an_integer", limit, score)]
    if not scale.score_min <= score <= scale.score_max:
        return [RuleError("score", "implausible_high", limit, score)]
    return []


def _time_faults(at: datetime, frozen_now: datetime) -> list[RuleError]:
    if at > frozen_now + DRIFT:
        return [RuleError("checked_at", "check_not_in_past", value=record.clock_text(at))]
    if at < frozen_now - timedelta(days=366 * OLDEST_YEARS):
        return [RuleError("checked_at", "check_too_old", str(OLDEST_YEARS), at.date())]
    return []


def _entered(
    by: Staff,
    patient: Patient,
    item: str,
    score: Decimal | None,
    at: datetime,
    clock: record.Clock,
) -> InstrumentScore | None:
    if score is None:
        return None
    entered = enter_check_in(
        by=by,
        patient=patient,
        scores={ITEMS[item].scale: score},
        taken_at=at,
        write_key=None,
        clock=clock,
    )
    return entered.scores.get()


@transaction.atomic
def strike_watch_check(
    *,
    by: Staff,
    look: WatchCheck,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> WatchStrike:
    """Afterwards the look stays to be seen and says no more when its item is due.

    A score that was entered with it is taken back for the same reason. When the item is due
    without this look, somebody is called about it at once.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=look.patient_id)
    claimed = claim(
        write_key,
        deed=audit.Tag.WATCH_STRIKE,
        by=by,
        body={"look": look, "reason": reason},
        at=frozen_now,
        model=WatchStrike,
    )
    if claimed.is_repeat:
        return WatchStrike.objects.get(pk=claimed.row_id)
    values = {"reason": reason.strip()}
    details.raise_all(details.missing(values, "reason"), details.too_long(WatchStrike, values))
    _refuse_second_strike(look)
    row = WatchStrike.objects.create(
        id=claimed.row_id,
        clinic_id=look.clinic_id,
        look=look,
        **values,
        struck_by=by,
        struck_at=frozen_now,
    )
    score = _standing_score(look)
    if score is not None:
        withdraw_score(by=by, score=score, write_key=None, clock=lambda: frozen_now, **values)
    lines, last_dose = watched_lines(patient, frozen_now)
    for line in lines:
        if line.item == look.item and line.is_due and line.item not in _calling(patient):
            _call_about(patient, line, last_dose, frozen_now)
    audit.record(
        audit.Tag.WATCH_STRIKE,
        by=by,
        at=frozen_now,
        patient=patient,
        row=look,
        reason=row.reason,
    )
    return row


def _refuse_second_strike(look: WatchCheck) -> None:
    earlier = WatchStrike.objects.filter(look=look).select_related("struck_by").first()
    if earlier is not None:
        at, who = record.clock_text(earlier.struck_at), earlier.struck_by.full_name
        raise refuse("", "look_struck", limit=at, value=who)


def _standing_score(look: WatchCheck) -> InstrumentScore | None:
    """The score of the look, or what replaced it; None when there is none any more."""
    score = look.score
    while score is not None and hasattr(score, "replaced_by"):
        score = score.replaced_by
    return score if score is not None and may_be_corrected(score) else None


def note_due_watch(*, clock: record.Clock = record.now) -> int:
    """Afterwards each patient under treatment whose turn it is has one open Low alert for each
    item that is due, and none for what is not due any more. Returns how many were raised.

    Every patient's turn comes once an hour. An alert that somebody closed is not raised again for
    the same due date before the item's interval has passed once more.
    """
    frozen_now = clock()
    return sum(_settle(patient_id, frozen_now) for patient_id in _whose_turn(frozen_now))


def _whose_turn(at: datetime) -> list[UUID]:
    dosed = TreatmentSession.objects.filter(
        dose_started_at__gte=at - LONGEST_WATCH, dose_started_at__lte=at
    ).order_by()
    calling: Any = Alert.objects.open().filter(code=DUE).order_by()
    found = {
        *dosed.values_list("patient_id", flat=True).distinct(),
        *calling.values_list("patient_id", flat=True),
    }
    return sorted(patient_id for patient_id in found if patient_id.int % TURNS == at.minute)


@transaction.atomic
def _settle(patient_id: UUID, at: datetime) -> int:
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    lines, last_dose = watched_lines(patient, at)
    calling = _calling(patient)
    due = {line.item: line for line in lines if line.is_due}
    for item in calling - set(due):
        close_by_itself(patient_id=patient_id, code=DUE, value=item, outcome="not_needed", at=at)
        audit.record(audit.Tag.WATCH_OVER, by=None, at=at, patient=patient)
    raised = 0
    for item in sorted(set(due) - calling):
        raised += _call_about(patient, due[item], last_dose, at)
    return raised


def _call_about(patient: Patient, line: Line, last_dose: datetime | None, at: datetime) -> bool:
    """Afterwards an alert about this item, which is due, stands; False where none is asked for."""
    if not is_under_treatment(line.standing.watch, last_dose, at) or _dealt_with(patient, line, at):
        return False
    alert = raise_alert(
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
        level="low",
        code=DUE,
        value=line.item,
        at=at,
    )
    audit.record(audit.Tag.WATCH_DUE, by=None, at=at, patient=patient, row=alert)
    return True


def _calling(patient: Patient) -> set[str]:
    """The items with an open alert."""
    rows: Any = Alert.objects.open().filter(patient=patient, code=DUE)
    return set(rows.values_list("value", flat=True))


def _is_due(patient: Patient, item: str, at: datetime) -> bool:
    return any(line.item == item and line.is_due for line in watched_lines(patient, at)[0])


def _dealt_with(patient: Patient, line: Line, at: datetime) -> bool:
    """Whether somebody closed the alert about this due date, less than an interval ago.

    One that the record closed by itself does not count: the look behind it was struck since, or
    its score taken back, or it would not be due.
    """
    due_at = line.standing.due_at
    assert due_at is not None, "only what is due is asked about"
    since = max(due_at, at - interval(line.standing.watch))
    rows = Alert.objects.filter(patient=patient, code=DUE, value=line.item)
    by_hand = AlertEvent.objects.filter(alert__in=rows, kind="closed", by__isnull=False)
    return by_hand.filter(alert__raised_at__gte=since).exists()
