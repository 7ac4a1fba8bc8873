"""What check-in tests stand on: tested numbers to call, and requests with their windows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import CheckInRequest, Clinic, HelpLine, Staff, TreatmentSession
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


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)
