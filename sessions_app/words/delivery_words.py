"""What became of a message, in words: for whoever sees who has not answered, and who was called."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.alerting.message_state import State, rows_of, state_of
from sessions_app.models import Message

STATES: dict[State, Promise] = {
    "waiting": _("waiting to be sent"),
    "under_way": _("being sent"),
    "unknown": _("nobody can say whether it arrived"),
    "sent": _("sent"),
    "failed": _("not sent"),
    "opened": _("opened"),
}
DETAILS: dict[str, Promise] = {
    "stopped": _("the patient stopped all messages"),
    "no_channel": _("the patient chose no messages"),
    "no_address": _("there is no number or address"),
    "address_changed": _("the number or address has changed since"),
    "answered": _("the patient answered before"),
    "cancelled": _("the check-in was cancelled"),
    "over": _("the check-in had closed"),
    "untested": _("no tested number to call in the patient's language"),
    "channel_off": _("this channel is not set up"),
    "no_connection": _("no connection to the gateway"),
    "nobody_on_call": _("nobody is on call"),
    "no_lead": _("there is no lead to call"),
    "alert_closed": _("the alert was closed before"),
}


def detail_words(detail: str) -> str:
    """Why a message was not sent. A gateway's own code is shown as it is."""
    return str(DETAILS.get(detail, detail))


def became_of(message: Message, at: datetime) -> str:
    """ "sent", "not sent: nobody is on call", "nobody can say whether it arrived"."""
    state = state_of(message, at)
    failed = [row for row in rows_of(message) if row.kind == "failed"]
    if state == "failed" and failed and failed[-1].detail:
        facts = {"state": STATES[state], "why": detail_words(failed[-1].detail)}
        return str(_("%(state)s: %(why)s") % facts)
    return str(STATES[state])
