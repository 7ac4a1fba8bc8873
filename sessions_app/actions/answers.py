"""Answers to check-ins: each one kept, a dangerous one calls somebody in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, UUIDField

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import close_by_itself
from sessions_app.actions.answer_alerts import alert_about, alert_about_total
from sessions_app.actions.receipts import claim
from sessions_app.chairside import statements
from sessions_app.errors import refuse
from sessions_app.instruments import Instrument
from sessions_app.instruments.base import Answers
from sessions_app.instruments_of import instrument_at, instruments_of
from sessions_app.models import (
    CheckIn,
    CheckInRequest,
    InstrumentScore,
    ItemAnswer,
    Patient,
    Staff,
)
from sessions_app.ready import Given, Ready
from sessions_app.rules.check_in_windows import PHONE_STAYS

_LOCKED = Ready(
    lambda: (
        CheckInRequest.objects.select_for_update(of=("self",))
        .select_related("patient", "session")
        .filter(pk=Given(0, UUIDField()))
        .order_by()
    )
)
_CHECK_IN = Ready(
    lambda: CheckIn.objects.filter(request=Given(0, UUIDField())).order_by("started_at")[:1]
)
_STANDING = Ready(
    lambda: (
        ItemAnswer.objects.filter(check_in=Given(0, UUIDField()), instrument=Given(1, CharField()))
        .order_by("answered_at", "id")
        .values_list("item", "value")
    )
)
_SCORED = Ready(
    lambda: InstrumentScore.objects.filter(
        check_in=Given(0, UUIDField()), instrument=Given(1, CharField()), replaced_by=None
    ).order_by("taken_at", "id")[:1]
)


@transaction.atomic
def answer_item(
    *,
    request: CheckInRequest,
    instrument: str,
    item: str,
    value: int | None,
    language: str,
    write_key: UUID | None,
    answered_at: datetime | None = None,
    clock: record.Clock = record.now,
) -> ItemAnswer:
    """Afterwards the patient's answer stands, with its score and its alert: all or none.

    `value` None: the question was skipped, or an answer taken back, which is missing and never
    zero. An answer may be changed, by another row, until the window closes. The score is written
    once every item was answered or skipped, and taken back with an answer that it needs.
    `answered_at`: when a phone without a signal kept the answer; not after now, which is what
    None means. While the window is open it is read as within it; one that lies in the window is
    taken until `PHONE_STAYS` after it closed. An alert is raised now.
    """
    frozen_now = clock()
    request = _locked(request)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_ANSWER,
        by=None,
        body={"request": request, "instrument": instrument, "item": item, "value": value},
        at=frozen_now,
        model=ItemAnswer,
    )
    if claimed.is_repeat:
        return ItemAnswer.objects.get(pk=claimed.row_id)
    asked = _asked(request, instrument)
    _refuse_closed(request, _given_or_arrived(request, answered_at, frozen_now))
    _refuse_unknown(asked, {item: value})
    at = min(max(answered_at or frozen_now, request.opens_at), frozen_now)
    check_in = _begun(request, at, frozen_now)
    row = statements.insert(
        ItemAnswer(
            id=claimed.row_id,
            clinic_id=request.clinic_id,
            check_in=check_in,
            instrument=asked.code,
            instrument_version=asked.version,
            item=item,
            value=value,
            language=language,
            answered_at=at,
        )
    )
    _write_score(check_in, asked, at)
    alert_about(check_in, asked, {item: value}, at=frozen_now)
    record.raise_version(request.patient_id)
    audit.record(
        audit.Tag.CHECK_IN_ANSWER,
        by=None,
        at=frozen_now,
        patient=request.patient,
        session=request.session,
        row=row,
    )
    return row


@transaction.atomic
def enter_check_in(
    *,
    by: Staff,
    patient: Patient,
    write_key: UUID | None,
    answers: Mapping[str, Answers] | None = None,
    scores: Mapping[str, int | Decimal] | None = None,
    taken_at: datetime | None = None,
    language: str = "en",
    request: CheckInRequest | None = None,
    clock: record.Clock = record.now,
) -> CheckIn:
    """Afterwards what the patient wrote on paper, or said, stands as a check-in of its own.

    `answers`: instrument → item → value; an item that is left out was skipped. `scores`: the
    total alone. `taken_at` is when the patient answered, at the latest now; with a `request` it
    lies in its window. A check-in that the patient began on the phone is not overwritten.
    """
    frozen_now = clock()
    answers, scores = answers or {}, scores or {}
    Patient.objects.select_for_update().get(pk=patient.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_ENTER,
        by=by,
        body={
            "patient": patient,
            "request": request,
            "answers": answers,
            "scores": scores,
            "taken_at": taken_at,
        },
        at=frozen_now,
        model=CheckIn,
    )
    if claimed.is_repeat:
        return CheckIn.objects.get(pk=claimed.row_id)
    at = min(taken_at or frozen_now, frozen_now)
    known = instruments_of(patient.clinic_id)
    _refuse_entry(patient, known, answers, scores, request, at)
    check_in = CheckIn.objects.create(
        id=claimed.row_id,
        clinic_id=patient.clinic_id,
        patient=patient,
        request=request,
        origin="staff",
        started_at=at,
        entered_by=by,
    )
    _came_after_all(check_in, frozen_now)
    for code, given in answers.items():
        _enter_answers(check_in, known[code], given, language, at, frozen_now)
    for code, total in scores.items():
        _create_score(check_in, known[code], Decimal(total), False, at)
        alert_about_total(check_in, known[code], total, at=frozen_now)
    record.raise_version(patient.pk)
    audit.record(
        audit.Tag.CHECK_IN_ENTER,
        by=by,
        at=frozen_now,
        patient=patient,
        session=request.session if request else None,
        row=check_in,
    )
    return check_in


def standing_answers(check_in: CheckIn, instrument: str) -> dict[str, int | None]:
    """The newest answer to each item that was answered or skipped."""
    return dict(_STANDING.rows(check_in.pk, instrument))


def _locked(request: CheckInRequest) -> CheckInRequest:
    """The newest state with the patient and the session, held until the transaction ends."""
    found = _LOCKED.first(request.pk)
    if found is None:
        raise CheckInRequest.DoesNotExist
    return found


def _begun(request: CheckInRequest, at: datetime, frozen_now: datetime) -> CheckIn:
    """The check-in that the patient began before, or begins with this answer."""
    known = _CHECK_IN.first(request.pk)
    if known is not None:
        return known
    check_in = statements.insert(
        CheckIn(
            clinic_id=request.clinic_id,
            patient_id=request.patient_id,
            request=request,
            origin="link",
            started_at=at,
        )
    )
    _came_after_all(check_in, frozen_now)
    return check_in


def _asked(request: CheckInRequest, instrument: str) -> Instrument:
    if instrument not in request.instruments:
        raise refuse(
            "instrument", "unknown_choice", limit=", ".join(request.instruments), value=instrument
        )
    known = instrument_at(request.clinic_id, instrument)
    if known is None:
        raise refuse("instrument", "unknown_choice", value=instrument)
    return known


def _refuse_closed(request: CheckInRequest, at: datetime) -> None:
    if request.cancelled_at is not None:
        raise refuse("request", "check_in_cancelled")
    if at < request.opens_at:
        raise refuse("request", "check_in_not_open", limit=record.clock_text(request.opens_at))
    if at >= request.closes_at:
        raise refuse("request", "check_in_closed", limit=record.clock_text(request.closes_at))


def _given_or_arrived(
    request: CheckInRequest, answered_at: datetime | None, frozen_now: datetime
) -> datetime:
    """The instant that must lie in the window: when the answer was given, if a phone without a
    signal kept it until the window was closed; else when it arrived.
    """
    is_kept = request.closes_at <= frozen_now < request.closes_at + PHONE_STAYS
    return answered_at if answered_at is not None and is_kept else frozen_now


def _refuse_unknown(instrument: Instrument, answers: Answers) -> None:
    items = {item.code: item for item in (*instrument.items, *instrument.extra_items)}
    for code, value in answers.items():
        if code not in items:
            raise refuse("item", "unknown_choice", limit=", ".join(items), value=code)
        if value is not None and value not in items[code].options:
            limit = f"{items[code].minimum}–{items[code].maximum}"
            raise refuse("value", "unknown_choice", limit=limit, value=value)


def _refuse_entry(
    patient: Patient,
    known: Mapping[str, Instrument],
    answers: Mapping[str, Answers],
    scores: Mapping[str, int | Decimal],
    request: CheckInRequest | None,
    at: datetime,
) -> None:
    if not scores and not any(v is not None for given in answers.values() for v in given.values()):
        raise refuse("value", "nothing_entered")
    for code in (*answers, *scores):
        if code not in known:
            raise refuse("instrument", "unknown_choice", limit=", ".join(known), value=code)
    for code, given in answers.items():
        _refuse_unknown(known[code], given)
    for code, total in scores.items():
        if not known[code].has_score:
            raise refuse("instrument", "unknown_choice", value=code)
        low, high = known[code].score_min, known[code].score_max
        if not low <= total <= high:
            raise refuse("value", "unknown_choice", limit=f"{low}–{high}", value=total)
    if request is None:
        return
    if request.patient_id != patient.pk:
        raise refuse("request", "unknown_choice", value=request.slot)
    if CheckIn.objects.filter(request=request).exists():
        raise refuse("request", "check_in_answered")
    for code in (*answers, *scores):
        _asked(request, code)
    _refuse_closed(request, at)


def _enter_answers(
    check_in: CheckIn,
    instrument: Instrument,
    given: Answers,
    language: str,
    at: datetime,
    frozen_now: datetime,
) -> None:
    complete = {item.code: given.get(item.code) for item in instrument.items}
    complete |= {code: value for code, value in given.items() if code not in complete}
    write_answers(check_in, instrument, complete, at, language)
    _write_score(check_in, instrument, at)
    alert_about(check_in, instrument, complete, at=frozen_now)


def write_answers(
    check_in: CheckIn, instrument: Instrument, given: Answers, at: datetime, language: str = ""
) -> None:
    """Afterwards each answer is kept beside all earlier ones, as read in `language`."""
    ItemAnswer.objects.bulk_create(
        ItemAnswer(
            clinic_id=check_in.clinic_id,
            check_in=check_in,
            instrument=instrument.code,
            instrument_version=instrument.version,
            item=code,
            value=value,
            language=language,
            answered_at=at,
        )
        for code, value in given.items()
    )


def _write_score(check_in: CheckIn, instrument: Instrument, at: datetime) -> None:
    """A score once all items are answered or skipped; a new one when an answer changes it; none
    any more when an answer that it needs was taken back.
    """
    if not instrument.has_score:
        return
    standing = standing_answers(check_in, instrument.code)
    if not all(item.code in standing for item in instrument.items):
        return
    scored = instrument.score(standing)
    value = None if scored.value is None else Decimal(scored.value)
    before = _SCORED.first(check_in.pk, instrument.code)
    if before is None and value is None:
        return
    if before and (before.score, before.is_prorated) == (value, scored.is_prorated):
        return
    _create_score(check_in, instrument, value, scored.is_prorated, at, before)


def _create_score(
    check_in: CheckIn,
    instrument: Instrument,
    value: Decimal | None,
    is_prorated: bool,
    at: datetime,
    before: InstrumentScore | None = None,
) -> None:
    statements.insert(
        InstrumentScore(
            clinic_id=check_in.clinic_id,
            patient_id=check_in.patient_id,
            check_in=check_in,
            instrument=instrument.code,
            instrument_version=instrument.version,
            taken_at=at,
            score=value,
            is_prorated=is_prorated,
            replaces=before,
        )
    )


def _came_after_all(check_in: CheckIn, at: datetime) -> None:
    """Nobody need call about the check-ins that were missed before this one."""
    close_by_itself(
        patient_id=check_in.patient_id, code="check_in_missed", outcome="not_needed", at=at
    )
