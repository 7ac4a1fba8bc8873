"""What a patient's own answers say, compared with nobody else's: numbers and days, no words.

Days are those of the time zone that is active, which is the patient's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from django.utils import timezone

from sessions_app.alerting.message_holds import patient_hold, quiet_until, request_hold
from sessions_app.alerting.notifiers import notifier_of
from sessions_app.clock import local
from sessions_app.instruments_of import instruments_of
from sessions_app.models import (
    Alert,
    CheckInRequest,
    InstrumentScore,
    Patient,
    TreatmentSession,
)
from sessions_app.rules.check_in_windows import MOOD, PAIN

DRAWN_FROM = 3  # check-ins: fewer make no curve
LOW, LOW_ANSWERS = 2, 3  # so many last answers at or below LOW: help stands first
WEEK = timedelta(days=7)
LISTED = 5


@dataclass(frozen=True)
class Asked:
    """One answered check-in. `at` is local; `pain` None where it was not asked or skipped."""

    at: datetime
    mood: Decimal
    pain: Decimal | None


@dataclass(frozen=True)
class MyProgress:
    """Everything that the page of one's own progress shows.

    `answered`: oldest first. `first_week`: the usual (median) mood of the seven days from the
    first answer; `this_week`: of the seven days up to `today`; `last_week`: of the seven before.
    None where nobody answered. `next_one`: the check-in that is open and not answered, or comes
    next. `reminder_at`: when a message about it will go out, None when none will or it has.
    """

    answered: tuple[Asked, ...]
    treatments: tuple[date, ...]
    today: date
    first_week: Decimal | None
    last_week: Decimal | None
    this_week: Decimal | None
    has_risk_alert: bool
    next_one: CheckInRequest | None
    reminder_at: datetime | None

    @property
    def is_drawn(self) -> bool:
        return len(self.answered) >= DRAWN_FROM

    @property
    def first_day(self) -> date | None:
        return self.answered[0].at.date() if self.answered else None

    @property
    def is_first_week(self) -> bool:
        """All of it is one week: there is nothing to compare yet."""
        return self.first_day is not None and self.today - self.first_day < WEEK

    @property
    def is_lower(self) -> bool:
        """This week's usual mood is below last week's."""
        if self.this_week is None or self.last_week is None:
            return False
        return self.this_week < self.last_week

    @property
    def needs_help(self) -> bool:
        """The last three answers are all very low, or an answer that calls somebody is open."""
        last = self.answered[-LOW_ANSWERS:]
        is_low = len(last) == LOW_ANSWERS and all(one.mood <= LOW for one in last)
        return is_low or self.has_risk_alert

    @property
    def latest(self) -> tuple[Asked, ...]:
        """The last check-ins, newest first."""
        return tuple(reversed(self.answered[-LISTED:]))


def progress_of(patient: Patient, now: datetime) -> MyProgress:
    """The patient's own course up to `now`: standing scores only, struck sessions left out."""
    answered = _answered(patient, now)
    today = timezone.localdate(now)
    days = [(one.at.date(), one.mood) for one in answered]
    first = days[0][0] if days else today
    next_one = _next_one(patient, now)
    return MyProgress(
        answered=answered,
        treatments=_treatments(patient, now),
        today=today,
        first_week=usual(days, first, first + WEEK),
        last_week=usual(days, today - 2 * WEEK + timedelta(days=1), today - WEEK + timedelta(1)),
        this_week=usual(days, today - WEEK + timedelta(days=1), today + timedelta(days=1)),
        has_risk_alert=_has_risk_alert(patient),
        next_one=next_one,
        reminder_at=None if next_one is None else _reminder_at(next_one, now),
    )


def usual(days: list[tuple[date, Decimal]], begins: date, ends: date) -> Decimal | None:
    """The median of the answers from `begins` up to, not including, `ends`; None without any."""
    values = [value for day, value in days if begins <= day < ends]
    return median(values) if values else None


def _answered(patient: Patient, now: datetime) -> tuple[Asked, ...]:
    scores = InstrumentScore.objects.standing().filter(patient=patient, taken_at__lte=now)
    pains = {one.check_in_id: one.score for one in scores.filter(instrument=PAIN)}
    moods = scores.filter(instrument=MOOD).order_by("taken_at", "id")
    zone = timezone.get_current_timezone_name()
    return tuple(
        Asked(local(one.taken_at, zone), one.score, pains.get(one.check_in_id))
        for one in moods
        if one.score is not None  # else it was taken back
    )


def _treatments(patient: Patient, now: datetime) -> tuple[date, ...]:
    theirs = TreatmentSession.objects.really_theirs().filter(
        patient=patient, dose_started_at__lte=now
    )
    starts = theirs.order_by("dose_started_at").values_list("dose_started_at", flat=True)
    return tuple(timezone.localdate(at) for at in starts if at is not None)


def _has_risk_alert(patient: Patient) -> bool:
    instruments = instruments_of(patient.clinic).values()
    risks = {code for one in instruments for code in one.alert_codes}
    return Alert.objects.open().filter(patient=patient, code__in=risks).exists()


def _next_one(patient: Patient, now: datetime) -> CheckInRequest | None:
    coming = CheckInRequest.objects.filter(
        patient=patient, cancelled_at=None, check_in=None, closes_at__gt=now
    )
    return coming.select_related("patient", "clinic").order_by("opens_at").first()


def _reminder_at(asked: CheckInRequest, now: datetime) -> datetime | None:
    """Only what is true: a channel was chosen and works, and nothing holds the message."""
    patient, due_at = asked.patient, asked.due_at
    if due_at <= now or notifier_of(patient.reminder_channel) is None:
        return None
    if patient_hold(patient) or request_hold(asked, due_at):
        return None
    at = quiet_until(asked, due_at)
    return at if at < asked.closes_at else None
