"""What has happened about an alert, in the order of time: deeds of people, and every message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from sessions_app.alerting.message_state import State, next_try, rows_of, state_of
from sessions_app.models import Alert, AlertEvent, Delivery, Message
from sessions_app.templatetags.words import clock, daytime

# (whom, result) of a logged call. `who` is the person who called.
CALLS: dict[tuple[str, str], Promise] = {
    ("patient", "reached"): _("%(who)s called the patient and reached them."),
    ("patient", "left_message"): _("%(who)s called the patient and left a message."),
    ("patient", "no_answer"): _("%(who)s called the patient. No answer."),
    ("safety_contact", "reached"): _("%(who)s called the safety contact and reached them."),
    ("safety_contact", "left_message"): _("%(who)s called the safety contact and left a message."),
    ("safety_contact", "no_answer"): _("%(who)s called the safety contact. No answer."),
    ("other", "reached"): _("%(who)s called and reached somebody."),
    ("other", "left_message"): _("%(who)s called and left a message."),
    ("other", "no_answer"): _("%(who)s called. No answer."),
}
# What became of a message. `what` is "Text message" or "E-mail", `who` its reader.
STATES: dict[State, Promise] = {
    "waiting": _("%(what)s to %(who)s: waits to be sent."),
    "under_way": _("%(what)s to %(who)s: on its way."),
    "unknown": _("%(what)s to %(who)s: unknown whether it arrived. It is sent again."),
    "sent": _("%(what)s to %(who)s: sent %(at)s, not opened yet."),
    "opened": _("%(what)s to %(who)s: opened %(at)s."),
    "failed": _("%(what)s to %(who)s: failed. %(why)s"),
}
GIVEN_UP = _("%(what)s to %(who)s: unknown whether it arrived. It is not sent again.")
# The front desk reads a message on a phone that nobody is signed in on.
SENT_TO_DESK = _("%(what)s to %(who)s: sent %(at)s.")
CHANNELS: dict[str, Promise] = {"sms": _("Text message"), "email": _("E-mail")}
GAPS: dict[str, Promise] = {
    "nobody_on_call": _("Nobody is on call, so nobody on call was told."),
    "no_lead": _("There is no clinic lead to tell."),
}
NO_ADDRESS = _("%(who)s was not told: no mobile number and no e-mail address is on record.")
FAULTS: dict[str, Promise] = {
    "alert_closed": _("The alert was closed before."),
    "channel_off": _("Sending is not set up."),
    "no_connection": _("The gateway did not answer."),
}


@dataclass(frozen=True)
class Told:
    """One line of the log. `is_fault`: a message that nobody can be sure of; `note`: as typed."""

    at: datetime
    words: str
    note: str = ""
    is_fault: bool = False

    @property
    def when(self) -> str:
        """The clock time today, else with the day."""
        is_today = timezone.localdate(self.at) == timezone.localdate()
        return clock(self.at) if is_today else daytime(self.at)


def story(alert: Alert, events: Iterable[AlertEvent], now: datetime) -> list[Told]:
    """Everything about the alert, the oldest first."""
    messages = alert.messages.select_related("recipient").prefetch_related("deliveries")
    lines = [Told(alert.raised_at, _now("Raised by the record."))]
    lines += [_deed(event) for event in events]
    lines += [message_line(message, now) for message in messages]
    return sorted(lines, key=lambda line: line.at)


def _deed(event: AlertEvent) -> Told:
    who = event.by.full_name if event.by else ""
    facts = {"who": who, "outcome": event.get_outcome_display()}
    if event.kind == "closed":
        words = _now("%(who)s closed it: %(outcome)s.") if who else _now("Closed: %(outcome)s.")
    elif event.kind == "called":
        plain = _("%(who)s logged a call.")
        words = str(CALLS.get((event.called or "other", event.call_result), plain))
    elif event.kind == "handed_over" and event.owner is not None:
        facts["owner"] = event.owner.full_name
        words = _now("%(who)s handed it over to %(owner)s.")
    elif event.kind == "seen":
        words = _now("%(who)s stood at the chair.")
    else:
        words = _now("%(who)s took it.")
    return Told(event.at, words % facts, event.note)


def message_line(message: Message, now: datetime) -> Told:
    """One message with all that is known about it."""
    state, rows = state_of(message, now), rows_of(message)
    first = rows[0].at if rows else message.planned_at
    ended = next((row for row in reversed(rows) if row.kind == state), None)
    gap = GAPS.get(ended.detail) if ended else None
    if gap is not None:
        return Told(first, str(gap), is_fault=True)
    is_desk = message.recipient is None
    facts = {
        "what": CHANNELS.get(message.channel, _("Message")),
        "who": message.recipient.full_name if message.recipient else _now("Front desk"),
        "at": clock(ended.at) if ended else "",
        "why": _why(ended),
    }
    words = SENT_TO_DESK if is_desk and state == "sent" else STATES[state]
    if state == "unknown" and next_try(message) is None:
        words = GIVEN_UP
    if ended is not None and ended.detail == "no_address":
        words = NO_ADDRESS
    return Told(first, str(words) % facts, is_fault=state in ("unknown", "failed"))


def _why(row: Delivery | None) -> str:
    if row is None:
        return ""
    return str(FAULTS.get(row.detail, "")) or _now("The gateway refused it (%(code)s).") % {
        "code": row.detail or "–"
    }
