"""Scores that staff enter: a total or its items. A correction is a row that replaces another."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.answer_alerts import alert_about, alert_about_total
from sessions_app.actions.answers import standing_answers, write_answers
from sessions_app.actions.receipts import claim
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.instruments import Instrument, Score
from sessions_app.instruments.base import Answers
from sessions_app.instruments_of import instrument_at, instruments_of
from sessions_app.models import CheckIn, InstrumentScore, Patient, Staff

Total = int | Decimal
ITEM = "item_"
LONGEST_REASON = 200


@transaction.atomic
def record_score(
    *,
    by: Staff,
    patient: Patient,
    instrument: str,
    write_key: UUID | None,
    total: Total | None = None,
    answers: Answers | None = None,
    taken_at: datetime | None = None,
    clock: record.Clock = record.now,
) -> CheckIn:
    """Afterwards the score stands, with a call to somebody where its answers ask for one.

    `total` alone, or `answers` by item, which are kept and scored by the rule of the scale. With
    too many items open nothing is kept, unless an answer is a red flag: that one is kept and calls,
    without a score. `taken_at` is when the person was rated, never later than now; None is now.
    """
    frozen_now = clock()
    Patient.objects.select_for_update().get(pk=patient.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.SCORE_RECORD,
        by=by,
        body={**_body(total, answers, taken_at), "patient": patient, "instrument": instrument},
        at=frozen_now,
        model=CheckIn,
    )
    if claimed.is_repeat:
        return CheckIn.objects.get(pk=claimed.row_id)
    scale = _scale(patient.clinic_id, instrument)
    at = _refuse_time(taken_at, frozen_now)
    given, scored = _scored(scale, total, answers)
    check_in = CheckIn.objects.create(
        id=claimed.row_id,
        clinic_id=patient.clinic_id,
        patient=patient,
        origin="staff",
        started_at=at,
        entered_by=by,
    )
    _keep(check_in, scale, given, scored, at, frozen_now, None)
    record.raise_version(patient.pk)
    audit.record(audit.Tag.SCORE_RECORD, by=by, at=frozen_now, patient=patient, row=check_in)
    return check_in


@transaction.atomic
def correct_score(
    *,
    by: Staff,
    score: InstrumentScore,
    write_key: UUID | None,
    total: Total | None = None,
    answers: Answers | None = None,
    taken_at: datetime | None = None,
    clock: record.Clock = record.now,
) -> InstrumentScore:
    """Afterwards a new row stands in place of `score`, which is kept; its alerts stay.

    Only what staff entered by itself can be corrected: a patient's own answers are theirs, and
    paper belongs to its window. What was entered by items is corrected by items. `taken_at` None
    leaves the time as it was.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=score.patient_id)
    claimed = claim(
        write_key,
        deed=audit.Tag.SCORE_CORRECT,
        by=by,
        body={**_body(total, answers, taken_at), "score": score},
        at=frozen_now,
        model=InstrumentScore,
    )
    if claimed.is_repeat:
        return InstrumentScore.objects.get(replaces=score)
    check_in = _refuse_correction(score)
    scale = instrument_at(score.clinic_id, score.instrument, score.instrument_version)
    if scale is None:
        raise refuse("instrument", "unknown_choice", value=score.instrument)
    if answers is None and len(scale.items) > 1 and standing_answers(check_in, scale.code):
        raise refuse("total", "corrected_by_items")
    at = score.taken_at if taken_at is None else _refuse_time(taken_at, frozen_now)
    given, scored = _scored(scale, total, answers)
    if scored.value is None:
        raise _open_items(scale, given)
    before = (score.score, score.taken_at)
    if before == (Decimal(scored.value), at) and given == standing_answers(check_in, scale.code):
        raise refuse("", "nothing_changed")
    new = _keep(check_in, scale, given, scored, at, frozen_now, score)
    record.raise_version(patient.pk)
    audit.record(audit.Tag.SCORE_CORRECT, by=by, at=frozen_now, patient=patient, row=score)
    assert new is not None
    return new


@transaction.atomic
def withdraw_score(
    *,
    by: Staff,
    score: InstrumentScore,
    reason: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> InstrumentScore:
    """Afterwards there is no such score: it was entered in error, such as on the wrong patient.

    The row is kept, replaced by one without a value; its alerts stay until somebody closes them.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=score.patient_id)
    claimed = claim(
        write_key,
        deed=audit.Tag.SCORE_WITHDRAW,
        by=by,
        body={"score": score, "reason": reason},
        at=frozen_now,
        model=InstrumentScore,
    )
    if claimed.is_repeat:
        return InstrumentScore.objects.get(replaces=score)
    check_in = _refuse_correction(score)
    if not reason.strip():
        raise refuse("reason", "required")
    if len(reason.strip()) > LONGEST_REASON:
        raise refuse("reason", "too_long", limit=str(LONGEST_REASON))
    row = _write(check_in, score.instrument, score.instrument_version, None, score.taken_at, score)
    record.raise_version(patient.pk)
    audit.record(
        audit.Tag.SCORE_WITHDRAW,
        by=by,
        at=frozen_now,
        patient=patient,
        row=score,
        reason=reason.strip(),
    )
    return row


def may_be_corrected(score: InstrumentScore) -> bool:
    """Whether staff entered this score by itself, and nothing stands in its place yet."""
    check_in = score.check_in
    is_own = check_in.origin == "staff" and check_in.request_id is None
    return is_own and score.score is not None and not hasattr(score, "replaced_by")


def _body(
    total: Total | None, answers: Answers | None, taken_at: datetime | None
) -> dict[str, object]:
    return {"total": total, "answers": answers, "taken_at": taken_at}


def _scale(clinic_id: UUID, code: str) -> Instrument:
    known = {key: each for key, each in instruments_of(clinic_id).items() if each.has_score}
    if code not in known:
        raise refuse("instrument", "unknown_choice", limit=", ".join(known), value=code)
    return known[code]


def _refuse_time(taken_at: datetime | None, frozen_now: datetime) -> datetime:
    """The time, or a refusal when it has not come yet (two right clocks differ a little)."""
    if taken_at is not None and taken_at > frozen_now + record.DRIFT:
        limit, value = record.clock_text(frozen_now), record.clock_text(taken_at)
        raise refuse("taken_at", "not_yet", limit=limit, value=value)
    return min(taken_at or frozen_now, frozen_now)


def _refuse_correction(score: InstrumentScore) -> CheckIn:
    # Read anew, under the patient's lock: somebody may have corrected it meanwhile.
    fresh = InstrumentScore.objects.select_related("check_in", "replaced_by").get(pk=score.pk)
    if hasattr(fresh, "replaced_by"):
        raise refuse("", "score_replaced")
    if not may_be_corrected(fresh):
        raise refuse("", "not_entered_by_staff")
    return fresh.check_in


def _scored(
    scale: Instrument, total: Total | None, answers: Answers | None
) -> tuple[dict[str, int | None], Score]:
    """What was answered and its score. A scale of one item is its answer, however it came."""
    given = dict(answers or {})
    if total is not None and any(value is not None for value in given.values()):
        raise refuse("total", "total_or_items")
    if total is not None:
        _refuse_total(scale, total)
        if len(scale.items) > 1 or not scale.items:
            return {}, Score(total, False, 0)
        given = {scale.items[0].code: int(total)}
    _refuse_items(scale, given)
    if all(value is None for value in given.values()):
        raise refuse("total", "nothing_entered")
    given = {item.code: given.get(item.code) for item in (*scale.items, *scale.extra_items)}
    scored = scale.score(given)
    if scored.value is None and not scale.red_flags(given):
        raise _open_items(scale, given)
    return given, scored


def _refuse_total(scale: Instrument, total: Total) -> None:
    limit = f"{scale.score_min}–{scale.score_max}"
    value = Decimal(total)
    if not value.is_finite() or not scale.score_min <= value <= scale.score_max:
        raise refuse("total", "off_scale", limit=limit, value=total)
    if value != value.quantize(scale.score_step):
        code = "not_whole" if scale.score_step == 1 else "too_fine"
        raise refuse("total", code, limit=limit, value=total)


def _refuse_items(scale: Instrument, given: Answers) -> None:
    items = {item.code: item for item in (*scale.items, *scale.extra_items)}
    errors = []
    for code, value in given.items():
        if code not in items:
            errors.append(RuleError(f"{ITEM}{code}", "no_such_item", ", ".join(items), code))
        elif value is not None and (isinstance(value, bool) or value not in items[code].options):
            limit = f"{items[code].minimum}–{items[code].maximum}"
            errors.append(RuleError(f"{ITEM}{code}", "off_scale", limit, value))
    if errors:
        raise RuleBroken(*errors)


def _open_items(scale: Instrument, given: Answers) -> RuleBroken:
    left = [item.code.removeprefix("q") for item in scale.items if given.get(item.code) is None]
    return refuse("", "items_open", value=", ".join(left))


def _keep(
    check_in: CheckIn,
    scale: Instrument,
    given: Answers,
    scored: Score,
    at: datetime,
    frozen_now: datetime,
    before: InstrumentScore | None,
) -> InstrumentScore | None:
    write_answers(check_in, scale, given, frozen_now)
    row = None
    if scored.value is not None:
        row = _write(check_in, scale.code, scale.version, scored, at, before)
    if given:
        alert_about(check_in, scale, given, at=frozen_now)
    elif scored.value is not None:
        alert_about_total(check_in, scale, scored.value, at=frozen_now)
    return row


def _write(
    check_in: CheckIn,
    code: str,
    version: str,
    scored: Score | None,
    at: datetime,
    before: InstrumentScore | None,
) -> InstrumentScore:
    value = None if scored is None or scored.value is None else Decimal(scored.value)
    return InstrumentScore.objects.create(
        clinic_id=check_in.clinic_id,
        patient_id=check_in.patient_id,
        check_in=check_in,
        instrument=code,
        instrument_version=version,
        taken_at=at,
        score=value,
        is_prorated=scored is not None and scored.is_prorated,
        replaces=before,
    )
