"""What runs every minute without anybody asking, in order. Each job is safe when two runners do it
at once and when it is killed anywhere: it does again what it left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from sessions_app.actions import record
from sessions_app.actions.escalations import plan_escalations
from sessions_app.actions.reminders import note_missed, plan_reminders
from sessions_app.actions.watch import note_due_watch
from sessions_app.alerting.sending import deliver_due
from sessions_app.models import LastRun

log = logging.getLogger(__name__)


class Job(Protocol):
    def __call__(self, *, clock: record.Clock) -> int: ...


# Calls about alerts are planned before anything else, and sent before anything else.
JOBS: tuple[Job, ...] = (plan_escalations, plan_reminders, note_missed, note_due_watch, deliver_due)


def run_all(
    clock: record.Clock = record.now, done: Callable[[str, int], None] = lambda name, count: None
) -> list[str]:
    """Afterwards each job has run once; the names of those that ended in a fault.

    A fault in one job does not keep the others from running. `done` hears each name and count.
    """
    failed = []
    for job in JOBS:
        name = getattr(job, "__name__", str(job))
        try:
            done(name, job(clock=clock))
            LastRun.objects.update_or_create(job=name, defaults={"ended_at": clock()})
        except Exception:
            log.exception("the job %s ended in a fault", name)
            failed.append(name)
    return failed
