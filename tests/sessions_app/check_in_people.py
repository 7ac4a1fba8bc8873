"""What check-in tests stand on: tested numbers to call, and requests with their windows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sessions_app.actions.answers import answer_item
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import (
    CheckInRequest,
    Clinic,
    HelpLine,
    ItemAnswer,
    Staff,
    TreatmentSession,
)
from tests.conftest import START

NOT_REAL = "000 111"


def make_help_lines(clinic: Clinic, tested: datetime | None = START, language: str = "en") -> None:
    """One line of each kind. Their numbers lead nowhere."""
    for position, (kind, label, hours) in enumerate(
        [
            ("emergency", "Emergency", "Day and night"),
            ("crisis", "Crisis line", "Free, day and night"),
            ("clinic", "Northside clinic", "Monday to Friday"),
        ]
    ):
        HelpLine.objects.create(
            clinic=clinic,
            kind=kind,
            language=language,
            label=label,
            number=f"{NOT_REAL} {position}",
            hours=hours,
            position=position,
            tested_at=tested,
        )


def planned(session: TreatmentSession, by: Staff, slot: str) -> CheckInRequest:
    """The session's request of one slot, with all others planned too."""
    requests = plan_check_ins(session=session, by=by, clock=lambda: START)
    return next(request for request in requests if request.slot == slot)


def answer_at(
    at: datetime,
    request: CheckInRequest,
    value: int | None,
    instrument: str = "mood_0_10",
    item: str = "q1",
    *,
    given: datetime | None = None,
    key: UUID | None = None,
) -> ItemAnswer:
    """One answer that arrives then; `given` when a phone without a signal took it."""
    return answer_item(
        request=request,
        instrument=instrument,
        item=item,
        value=value,
        language="en",
        write_key=key or uuid4(),
        answered_at=given,
        clock=lambda: at,
    )


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)
