"""Sends what is due: claimed first, then out of the house, then written down.

Killed between two of these steps, a message is either not sent, or unknown and shown as such; it
is never silently lost and, when it must not arrive twice, never sent again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sessions_app.actions import record
from sessions_app.actions.messages import Try, end_try, start_try
from sessions_app.alerting.message_state import next_try
from sessions_app.alerting.notifiers import NotSent, Refused, Unknown, notifier_of
from sessions_app.models import Alert, Clinic, Delivery, Message
from sessions_app.rules.quiet_hours import is_quiet
from sessions_app.words.message_words import words_of

log = logging.getLogger(__name__)
WAIT_S = 10.0  # for a gateway's answer
PAGE_WAIT_S = 5.0  # the same while somebody waits: longer than this it is "nobody can say"
LOOK_BACK = timedelta(days=2)  # a link or a reminder older than this is of no use
RUN_FOR_S = 50.0  # then the next run begins, which calls about newer alerts first
FAULTS = 3  # of one channel in one run; then its other messages wait for the next run
ORDER = {"escalation": 0, "link": 1, "reminder": 2}


def deliver(
    message: Message, *, clock: record.Clock = record.now, timeout: float = WAIT_S
) -> Delivery:
    """Try to send it now, unless a try is under way or none is left; its newest delivery.

    "sent" and "failed" are known. "started": unknown, no answer came within `timeout` seconds.
    Call it outside any transaction: the claim is committed before anything leaves.
    """
    attempt = start_try(message=message, clock=clock)
    if attempt is not None:
        _send(attempt, clock, timeout)
    newest = message.deliveries.order_by("-at", "-id").first()
    assert newest is not None  # a try, or why there is none
    return newest


def deliver_due(*, clock: record.Clock = record.now) -> int:
    """Try to send everything that is due, calls about alerts first; how many tries were made.

    Safe when two runners do it at once: each try is claimed by one of them.
    """
    tries, faults, ends = 0, Counter[str](), time.monotonic() + RUN_FOR_S
    for message in _due(clock()):
        if faults[message.channel] >= FAULTS or time.monotonic() > ends:
            continue
        attempt = start_try(message=message, clock=clock)
        if attempt is None:
            continue
        tries += 1
        if not _send(attempt, clock, WAIT_S):
            faults[message.channel] += 1
    return tries


def _due(at: datetime) -> Iterator[Message]:
    """Messages whose next try is due at that instant, the most urgent first."""
    rows = [row for clinic in Clinic.objects.all() for row in _candidates(clinic, at)]
    rows.sort(key=lambda row: (ORDER[row.kind], row.due_at, row.pk))
    for row in rows:
        coming = next_try(row)
        if coming is not None and coming[1] <= at and not _sleeps(row, at):
            yield row


def _candidates(clinic: Clinic, at: datetime) -> list[Message]:
    unsent = (
        Message.objects.exclude(deliveries__kind__in=["sent", "opened"])
        .select_related("clinic", "patient")
        .prefetch_related("deliveries")
    )
    young = unsent.filter(clinic=clinic, due_at__lte=at, due_at__gte=at - LOOK_BACK)
    # As a list and alone: the database then starts from these few, not from all that was ever sent.
    open_alerts = list(Alert.objects.open().filter(clinic=clinic).values_list("pk", flat=True))
    return [*young, *unsent.filter(alert__in=open_alerts, due_at__lt=at - LOOK_BACK)]


def _sleeps(message: Message, at: datetime) -> bool:
    """Whether a late reminder waits for the morning. Asked again by the claim; here it keeps a
    night's waiting reminders from costing a claim each, every minute.
    """
    patient, clinic = message.patient, message.clinic
    if message.kind != "reminder" or patient is None:
        return False
    return is_quiet(at, patient.time_zone, clinic.quiet_from, clinic.quiet_until)


def _send(attempt: Try, clock: record.Clock, timeout: float) -> bool:
    """Whether the channel answered. What became of the try is written down, unless unknown."""
    message = attempt.message
    notifier = notifier_of(message.channel)
    if notifier is None:
        end_try(attempt=attempt, kind="failed", detail="channel_off", clock=clock)
        return True
    try:
        words = words_of(message, attempt.token)
        number = notifier.send(
            message.address, words.subject, words.text, key=message.key, timeout=timeout
        )
    except Refused as fault:
        end_try(attempt=attempt, kind="failed", detail=str(fault), clock=clock)
        return True
    except NotSent as fault:
        end_try(attempt=attempt, kind="failed", detail=str(fault), clock=clock)
        return False
    except Unknown:
        log.warning("nobody knows whether message %s went out", message.pk)
        return False
    except Exception:
        # A fault of ours or of a library: the other messages must still go out.
        log.exception("message %s: the try ended in a fault", message.pk)
        return False
    end_try(attempt=attempt, kind="sent", detail=number, clock=clock)
    return True
