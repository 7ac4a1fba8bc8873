"""What became of a message, read from its deliveries: sent, failed, unknown; and when to try again.

A link or a reminder goes out at most once: when a try only started, nobody knows whether the
message arrived, and it is not sent again by itself. A call about an alert goes out at least once:
it is tried again under the same key until a try is known to have been sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings

from sessions_app.models import Delivery, Message

State = Literal["waiting", "under_way", "unknown", "sent", "failed", "opened"]

# Nothing had left the house, so another try cannot double anything.
NOT_SENT = frozenset({"no_connection", "channel_off", "http_408", "http_425", "http_429"})
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15))  # the last one repeats
TRIES = 5  # of a link or a reminder that is known not to have left
GIVE_UP_AFTER = timedelta(hours=24)  # a call about an alert, from its first try


def rows_of(message: Message) -> list[Delivery]:
    """The message's deliveries in the order in which they were written."""
    return sorted(message.deliveries.all(), key=lambda row: (row.at, row.pk))


def state_of(message: Message, at: datetime) -> State:
    """What is known about the message at that instant.

    under_way: a try started and may still end. unknown: it never said how it ended.
    """
    rows = rows_of(message)
    kinds = {row.kind for row in rows}
    if "opened" in kinds:
        return "opened"
    if "sent" in kinds:
        return "sent"
    if not rows:
        return "waiting"
    last = _last_try(rows)
    if any(row.kind == "failed" for row in last):
        return "failed"
    return "under_way" if at < _lost_at(last) else "unknown"


def next_try(message: Message) -> tuple[int, datetime] | None:
    """The number of the next try by itself and the earliest instant for it; None: no more."""
    rows = rows_of(message)
    if not rows:
        return 1, message.due_at
    if any(row.kind in ("sent", "opened") for row in rows):
        return None
    last = _last_try(rows)
    number = last[0].attempt
    ended = next((row for row in last if row.kind == "failed"), None)
    is_call = message.kind == "escalation"
    if ended is not None and not is_not_sent(ended):
        return None  # for good
    if ended is None and not is_call:
        return None  # unknown: it may have arrived
    if not is_call and number >= TRIES:
        return None
    again = last[0].at + WAITS[min(number, len(WAITS)) - 1]
    if ended is None:
        again = max(again, _lost_at(last))
    return None if again > rows[0].at + GIVE_UP_AFTER else (number + 1, again)


def is_not_sent(row: Delivery) -> bool:
    """Whether a failed try is known to have left nothing outside, and may be tried again."""
    return row.detail in NOT_SENT or row.detail.startswith("smtp_4")


def _last_try(rows: Sequence[Delivery]) -> list[Delivery]:
    number = max(row.attempt for row in rows)
    return [row for row in rows if row.attempt == number]


def _lost_at(last: Sequence[Delivery]) -> datetime:
    return last[0].at + settings.DELIVERY_LOST_AFTER
