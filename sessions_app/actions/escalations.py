"""Plans the calls about open alerts: whom the ladder names, at the step that is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.messages import plan_call
from sessions_app.alerting.escalation_of import escalation_of, steps_of
from sessions_app.alerting.notifiers import channel_for
from sessions_app.alerting.rota import leads_of, on_call_at
from sessions_app.models import Alert, Clinic, Message, Staff
from sessions_app.rules.escalation import Escalation, Step, due_steps


class Called(NamedTuple):
    """Somebody whom a step names: `person` None for the front desk, or for nobody at all."""

    person: Staff | None
    phone: str
    email: str
    gap: str = ""


def plan_escalations(*, clock: record.Clock = record.now) -> int:
    """Afterwards every step due about an open alert has its messages; how many are new.

    A step is planned whole in one transaction that holds the alert, so neither a second runner
    nor a kill leaves it in part or twice.
    """
    made, frozen_now = 0, clock()
    for clinic in Clinic.objects.all():
        settings = escalation_of(clinic)
        rows = Alert.objects.open().filter(clinic=clinic, level__in=["high", "medium"])
        for alert in rows.select_related("clinic").prefetch_related("events", "messages"):
            if _missing(alert, settings, frozen_now):
                made += _plan(alert.pk, settings, frozen_now)
    return made


@transaction.atomic
def _plan(alert_id: UUID, settings: Escalation, at: datetime) -> int:
    alert = Alert.objects.select_for_update(of=("self",)).select_related(
        "clinic", "patient", "session"
    )
    held = alert.get(pk=alert_id)
    return sum(_call(held, step, at) for step in _missing(held, settings, at))


def _missing(alert: Alert, settings: Escalation, at: datetime) -> list[Step]:
    """Steps that are due and have no message yet."""
    planned = {(message.step, message.round) for message in alert.messages.all()}
    due = due_steps(steps_of(alert, settings), at)
    return [step for step in due if (step.name, step.round) not in planned]


def _call(alert: Alert, step: Step, at: datetime) -> int:
    """The step's messages, and one line that it was taken; how many are new."""
    made = sum(_message(alert, step, called, at) for called in _whom(alert, step, at))
    audit.record(
        audit.Tag.ALERT_PAGE,
        by=None,
        at=at,
        patient=alert.patient,
        session=alert.session,
        row=alert,
        reason=f"{step.name} {step.round}",
    )
    return made


def _message(alert: Alert, step: Step, called: Called, at: datetime) -> bool:
    channel, address = channel_for(called.phone, called.email)
    who = called.person.pk if called.person else "desk"
    message = Message(
        clinic_id=alert.clinic_id,
        kind="escalation",
        channel=channel,
        address=address,
        key=f"alert:{alert.pk}:{step.round}:{step.name}:{who}",
        alert=alert,
        recipient=called.person,
        step=step.name,
        round=step.round,
        due_at=step.due_at,
        planned_at=at,
    )
    return plan_call(message, gap=called.gap)


def _whom(alert: Alert, step: Step, at: datetime) -> list[Called]:
    clinic = alert.clinic
    if step.name == "lead":
        return _people(leads_of(clinic)) or [Called(None, "", "", "no_lead")]
    owner = _owner(alert)
    if step.name == "handed_over" and owner is not None:
        return _people([owner])
    if step.name in ("on_call", "handed_over"):
        return _people(on_call_at(clinic, at)) or [Called(None, "", "", "nobody_on_call")]
    desk = Called(None, clinic.desk_phone, clinic.desk_email)
    if alert.level == "medium":
        return [desk]
    return [desk, *_people([owner] if owner else on_call_at(clinic, at))]


def _owner(alert: Alert) -> Staff | None:
    """Who took it or was handed it last, while they work here."""
    owned = alert.events.filter(kind__in=["taken", "handed_over"], owner__is_active=True)
    event = owned.select_related("owner").order_by("-at", "-id").first()
    return event.owner if event else None


def _people(staff: Iterable[Staff]) -> list[Called]:
    return [Called(person, person.phone, person.email) for person in staff]
