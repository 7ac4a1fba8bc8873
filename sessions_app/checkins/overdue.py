"""Who has not answered: since when, what was sent and what became of it, and who was called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from sessions_app.alerting.message_holds import patient_hold
from sessions_app.alerting.message_state import State, state_of
from sessions_app.models import (
    CheckIn,
    CheckInCall,
    CheckInLink,
    CheckInRequest,
    Clinic,
    Message,
    Patient,
)
from sessions_app.rules.check_in_windows import PRE_WINDOW
from sessions_app.words.check_in_words import slot_words
from sessions_app.words.delivery_words import became_of

LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True)
class Overdue:
    """One patient whose newest due check-ins are unanswered.

    `asked` is the window to act on: the open one, or else the last that closed. `since` is when
    the first of them was due. `hold` says why no message may go out ("" when it may).
    """

    patient: Patient
    asked: CheckInRequest
    slot: str
    since: datetime
    count: int
    is_open: bool
    has_link: bool
    hold: str
    message: Message | None
    state: State | None
    became: str
    call: CheckInCall | None


def overdue_requests(clinic: Clinic, at: datetime) -> QuerySet[CheckInRequest]:
    """Due and unanswered in the last 14 days, with no later answer of the same patient."""
    later = CheckIn.objects.filter(patient=OuterRef("patient"), started_at__gt=OuterRef("due_at"))
    rows = CheckInRequest.objects.filter(
        clinic=clinic,
        cancelled_at=None,
        check_in=None,
        due_at__lte=at,
        closes_at__gt=at - LOOK_BACK,
    )
    rows = rows.exclude(slot=PRE_WINDOW.slot, closes_at__lte=at)  # the dose came first
    return rows.filter(~Exists(later))


def overdue_count(clinic: Clinic, at: datetime) -> int:
    """How many patients have not answered."""
    rows = overdue_requests(clinic, at).order_by()
    return rows.values("patient").distinct().count()


def overdue(clinic: Clinic, at: datetime) -> list[list[CheckInRequest]]:
    """The overdue check-ins of each patient, by time; who can still answer first, then who has
    been silent for longest.
    """
    rows = overdue_requests(clinic, at).select_related("patient")
    by_patient: dict[UUID, list[CheckInRequest]] = {}
    for row in rows.order_by("due_at", "id"):
        by_patient.setdefault(row.patient_id, []).append(row)
    groups = list(by_patient.values())
    return sorted(groups, key=lambda asked: (asked[-1].closes_at <= at, asked[0].due_at))


def lines(groups: Iterable[list[CheckInRequest]], at: datetime) -> list[Overdue]:
    """The same as the page shows it, with the last message and the last call of each patient."""
    groups = list(groups)
    patients = [asked[0].patient_id for asked in groups]
    messages = {
        row.patient_id: row
        for row in Message.objects.filter(
            patient__in=patients, alert=None, planned_at__gt=at - LOOK_BACK
        )
        .order_by("planned_at", "id")
        .prefetch_related("deliveries")
    }
    calls = CheckInCall.objects.filter(request__patient__in=patients).select_related("by")
    called = {
        row.about: row  # type: ignore[attr-defined]
        for row in calls.annotate(about=F("request__patient")).order_by("at", "id")
    }
    living = CheckInLink.objects.filter(
        request__in=[asked[-1] for asked in groups], revoked_at=None, expires_at__gt=at
    )
    linked = set(living.values_list("request_id", flat=True))
    found = []
    for asked in groups:
        who, last = asked[0].patient_id, asked[-1]
        found.append(_line(asked, at, last.pk in linked, messages.get(who), called.get(who)))
    return found


def _line(
    asked: list[CheckInRequest],
    at: datetime,
    has_link: bool,
    message: Message | None,
    call: CheckInCall | None,
) -> Overdue:
    last = asked[-1]
    return Overdue(
        patient=last.patient,
        asked=last,
        slot=slot_words(last.slot),
        since=asked[0].due_at,
        count=len(asked),
        is_open=at < last.closes_at,
        has_link=has_link,
        hold=patient_hold(last.patient),
        message=message,
        state=state_of(message, at) if message else None,
        became=became_of(message, at) if message else "",
        call=call,
    )
