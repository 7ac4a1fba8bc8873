"""Which ladder holds at a clinic, and the ladder of one alert with what was done about it."""

from __future__ import annotations

from sessions_app.alerting.rota import LOOK_AHEAD
from sessions_app.clock import utc
from sessions_app.help_lines import opening_spans
from sessions_app.models import Alert, Clinic, EscalationVersion
from sessions_app.rules.escalation import SHIPPED, Escalation, Happened, Step, ladder
from sessions_app.rules.escalation_rails import MINUTES


def escalation_of(clinic: Clinic) -> Escalation:
    """The clinic's own minutes, or the shipped ones: before any version, or when it went back."""
    newest = EscalationVersion.objects.filter(clinic=clinic).order_by("-number").first()
    return as_escalation(newest) if newest is not None else SHIPPED


def as_escalation(row: EscalationVersion) -> Escalation:
    """The minutes that the version holds."""
    minutes = {name: getattr(row, name) for name in MINUTES}
    return Escalation(version=f"clinic-escalation-{row.number}", source=row.reason, **minutes)


def is_chair_alarm(alert: Alert) -> bool:
    """Whether it was raised in a session: the nurse who stands there has it."""
    return alert.session_id is not None and alert.check_in_id is None


def steps_of(alert: Alert, settings: Escalation | None = None) -> list[Step]:
    """The alert's whole ladder as things stand. Prefetch `events` for many alerts."""
    happened = [Happened(row.kind, row.at, row.call_result) for row in alert.events.all()]
    clinic = alert.clinic
    raised_at = utc(alert.raised_at)
    spans = (
        opening_spans(clinic, raised_at, raised_at + LOOK_AHEAD) if alert.level == "medium" else []
    )
    return ladder(
        alert.level,
        raised_at,
        happened,
        settings or escalation_of(clinic),
        at_chair=is_chair_alarm(alert),
        open_spans=spans,
    )
