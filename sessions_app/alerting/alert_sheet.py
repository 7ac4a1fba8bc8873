"""All that the page of one alert shows, read at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from sessions_app.alerting.alert_coming import coming
from sessions_app.alerting.alert_story import Told, story
from sessions_app.alerting.inbox import chair_of, running_sessions
from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.chairside.session_state import number_of
from sessions_app.checkins.mood_course import mood_course
from sessions_app.help_lines import lines_to_call
from sessions_app.models import Alert, AlertEvent, CheckIn, HelpLine, Staff, TreatmentSession
from sessions_app.rules.alert_rules import Call, Kind, kind_of, needs_welfare_check
from sessions_app.rules.check_in_windows import MOOD
from sessions_app.words.alert_words import alert_limit, alert_title
from sessions_app.words.check_in_words import Said, score_words, slot_words, what_was_said

SHOWN_ANSWERS = 3


@dataclass(frozen=True)
class Treated:
    """The session that the alert belongs to: its number for the patient, what was given so far."""

    session: TreatmentSession
    number: int | None
    dose_mg: Decimal | None


@dataclass(frozen=True)
class AlertSheet:
    """`at_chair`: the running session whose nurse sees to it. `coming`: what happens next.
    `emergency`: whom to ask for a welfare check, empty while none is needed. `said_first`: the
    answers that called somebody, then the nearest others, three in all; `said_more` the rest.
    """

    alert: Alert
    kind: Kind
    title: str
    limit: str
    owner: Staff | None
    closed: AlertEvent | None
    at_chair: TreatmentSession | None
    treated: Treated | None
    age: int | None
    slot: str
    said_first: list[Said]
    said_more: list[Said]
    scores: list[str]
    mood: str
    coming: list[str]
    needs_welfare_check: bool
    emergency: list[HelpLine]
    story: list[Told]


def alert_sheet(alert: Alert, now: datetime) -> AlertSheet:
    """The alert as it stands at `now`."""
    events = list(alert.events.select_related("by", "owner"))
    closed = next((event for event in events if event.kind == "closed"), None)
    owners = [event.owner for event in events if event.owner is not None]
    check_in = alert.check_in
    asked = check_in.request if check_in else alert.request
    calls = [Call(event.call_result) for event in events if event.kind == "called"]
    said = what_was_said(check_in) if check_in else []
    is_lost = closed is None and needs_welfare_check(alert.code, calls)
    return AlertSheet(
        alert=alert,
        kind=kind_of(alert.code),
        title=alert_title(alert),
        limit=alert_limit(alert),
        owner=owners[-1] if owners else None,
        closed=closed,
        at_chair=None if closed else chair_of(alert, running_sessions([alert])),
        treated=_treated(alert.session or (asked.session if asked else None), now),
        age=alert.patient.age_on(timezone.localdate(now)),
        slot=slot_words(asked.slot) if asked else "",
        said_first=said[:SHOWN_ANSWERS],
        said_more=said[SHOWN_ANSWERS:],
        scores=_scores(check_in) if check_in else [],
        mood=mood_course(check_in) if check_in else "",
        coming=[] if closed else coming(alert, events, now),
        needs_welfare_check=is_lost,
        emergency=_emergency(alert) if is_lost else [],
        story=story(alert, events, now),
    )


def _scores(check_in: CheckIn) -> list[str]:
    """The totals of questionnaires; the mood has a line of its own."""
    rows = check_in.scores.standing().exclude(instrument=MOOD)  # type: ignore[attr-defined]
    return [score_words(score) for score in rows]


def _treated(session: TreatmentSession | None, now: datetime) -> Treated | None:
    if session is None or session.dose_started_at is None:
        return None
    return Treated(session, number_of(session), dose_given_mg(session, until=now))


def _emergency(alert: Alert) -> list[HelpLine]:
    lines = lines_to_call(alert.clinic, alert.clinic.language)
    return [line for line in lines if line.kind == "emergency"]
