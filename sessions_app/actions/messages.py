"""Messages: planned once, claimed before they leave, and what became of each try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.check_in_links import mint_link
from sessions_app.alerting.message_holds import LATER, hold
from sessions_app.alerting.message_state import next_try, rows_of
from sessions_app.chairside import statements
from sessions_app.errors import RuleBroken
from sessions_app.models import Alert, Delivery, Message, Staff


@dataclass(frozen=True)
class Try:
    """A try that this process alone may make. `token` opens the check-in of a link or reminder."""

    message: Message
    number: int
    token: str


def plan_call(message: Message, *, gap: str = "") -> bool:
    """Afterwards the call about an alert stands; False: its key was taken before.

    Without an address it can never be sent, and says why: `gap`, such as "nobody_on_call".
    Called inside the deed that planned it.
    """
    if not statements.insert_unless_there(message):
        return False
    if not message.address:
        _write(message, 1, "failed", gap or "no_address", message.planned_at)
    return True


@transaction.atomic(durable=True)
def start_try(*, message: Message, clock: record.Clock = record.now) -> Try | None:
    """Afterwards the next try is this process's alone, and committed, before anything leaves.

    None: there is none to make. Somebody else makes it, it is not time yet, the message arrived,
    or what it was for is over; then its newest delivery says why.
    """
    frozen_now = clock()
    message = Message.objects.select_related(
        "clinic", "patient", "request__patient", "request__clinic", "alert__patient", "asked_by"
    ).get(pk=message.pk)
    coming = next_try(message)
    if coming is None or (coming[0] > 1 and frozen_now < coming[1]):
        return None
    number = coming[0]
    held = _hold(message, frozen_now)
    if held:
        if held != LATER:
            _write(message, number, "failed", held, frozen_now)
        return None
    if not _write(message, number, "started", "", frozen_now):
        return None
    token = ""
    if message.request is not None:
        try:
            _link, token = mint_link(
                by=message.asked_by, request=message.request, keep_older=True, clock=clock
            )
        except RuleBroken as broken:
            _write(message, number, "failed", broken.errors[0].code, frozen_now)
            return None
    audit.record(
        audit.Tag.MESSAGE_SEND,
        by=message.asked_by,
        clinic=message.clinic,
        at=frozen_now,
        patient=message.alert.patient if message.alert else message.patient,
        row=message,
    )
    return Try(message, number, token)


@transaction.atomic
def end_try(*, attempt: Try, kind: str, detail: str = "", clock: record.Clock = record.now) -> None:
    """Afterwards the try is known to have been "sent", or "failed" with a short code."""
    _write(attempt.message, attempt.number, kind, detail, clock())


@transaction.atomic
def note_opened(*, alert: Alert, by: Staff, clock: record.Clock = record.now) -> int:
    """Afterwards each call that went to `by` about the alert says when they first opened it.

    Call it when the alert's page is shown to somebody signed in. How many were new.
    """
    frozen_now, new = clock(), 0
    mine = Message.objects.filter(alert=alert, recipient=by).prefetch_related("deliveries")
    for message in mine:
        rows = rows_of(message)
        tried = [row.attempt for row in rows if row.kind in ("started", "sent")]
        if tried and not any(row.kind == "opened" for row in rows):
            new += _write(message, max(tried), "opened", "", frozen_now)
    return new


def _hold(message: Message, at: datetime) -> str:
    """Why it must not go out now: a short code, else nothing."""
    if message.alert is None:
        return hold(message, at)
    return "alert_closed" if message.alert.events.filter(kind="closed").exists() else ""


def _write(message: Message, number: int, kind: str, detail: str, at: datetime) -> bool:
    """Whether the row is new: of two processes one writes it."""
    return statements.insert_unless_there(
        Delivery(
            clinic_id=message.clinic_id,
            message=message,
            attempt=number,
            kind=kind,
            detail=detail[:120],
            at=at,
        )
    )
