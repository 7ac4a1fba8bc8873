"""What happens next about an open alert if nobody does anything, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from sessions_app.alerting.escalation_of import escalation_of, steps_of
from sessions_app.alerting.rota import is_desk_reachable, is_reachable, leads_of, on_call_at
from sessions_app.models import Alert, AlertEvent, Staff
from sessions_app.rules.escalation import Escalation, Happened, Step, next_step, quiet_until
from sessions_app.templatetags.words import clock, daytime


def coming(alert: Alert, events: Sequence[AlertEvent], now: datetime) -> list[str]:
    """Sentences, the soonest first: when to call again, until when it is quiet, who is told when.

    A low alert calls nobody. Only what is true now is said: a step that would reach nobody says so.
    """
    if alert.level == "low":
        return []
    settings = escalation_of(alert.clinic)
    said = [call_again(events, settings, now), _quiet(alert, events, settings, now)]
    step = next_step(steps_of(alert, settings), now)
    owner = next((event.owner for event in reversed(events) if event.owner), None)
    said.append(_step(alert, step, owner, now) if step else _("Nobody else is told by itself."))
    return [words for words in said if words]


def call_again(events: Sequence[AlertEvent], settings: Escalation, now: datetime) -> str:
    """After a call that nobody answered, and nothing since: when to try again."""
    calls = [event for event in events if event.kind == "called"]
    if not calls or calls[-1].call_result != "no_answer":
        return ""
    again = calls[-1].at + timedelta(minutes=settings.rearm_no_answer_min)
    return (
        _("Call again now.") if again <= now else _("Call again at %(at)s.") % {"at": clock(again)}
    )


def _quiet(alert: Alert, events: Sequence[AlertEvent], settings: Escalation, now: datetime) -> str:
    if alert.level != "high":
        return ""
    happened = [Happened(event.kind, event.at, event.call_result) for event in events]
    until = quiet_until(happened, settings, now)
    return _("Nobody else is told until %(at)s.") % {"at": clock(until)} if until else ""


def _step(alert: Alert, step: Step, owner: Staff | None, now: datetime) -> str:
    clinic, facts = alert.clinic, {"at": _when(step.due_at, now), "who": ""}
    if step.name == "lead":
        facts["who"] = _names(leads_of(clinic))
        found = _("Clinic lead %(who)s is told at %(at)s.")
        return (found if facts["who"] else _("No clinic lead can be reached at %(at)s.")) % facts
    on_call = on_call_at(clinic, step.due_at)
    if step.name == "on_call":
        facts["who"] = _names(on_call)
        found = _("On call, %(who)s is told at %(at)s.")
        missing = _("At %(at)s nobody is on call who can be reached.")
        return (found if facts["who"] else missing) % facts
    if alert.level == "high":
        facts["who"] = _names([owner] if owner and owner.is_active else on_call)
    if not is_desk_reachable(clinic):
        missing = _("At %(at)s the front desk cannot be reached: no number is set.")
        return (_("%(who)s is told at %(at)s.") if facts["who"] else missing) % facts
    if facts["who"]:
        return _("The front desk and %(who)s are told at %(at)s.") % facts
    return _("The front desk is told at %(at)s.") % facts


def _names(people: Iterable[Staff]) -> str:
    """Those whom a message can reach."""
    return ", ".join(person.full_name for person in people if is_reachable(person))


def _when(at: datetime, now: datetime) -> str:
    return clock(at) if at - now < timedelta(hours=12) else daytime(at)
