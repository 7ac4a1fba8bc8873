"""`manage.py send_due`: reminders, calls about alerts and what else is due; run it every minute."""

from __future__ import annotations

import os
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from sessions_app.jobs import run_all


class Command(BaseCommand):
    help = "Plan and send what is due: calls about alerts, reminders, links."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--loop", type=int, metavar="SECONDS", help="run again and again, so far apart"
        )
        parser.add_argument(
            "--with-parent",
            type=int,
            metavar="PID",
            help="end when the program of this number, which began it, has ended",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pause: int | None = options["loop"]
        if pause is None:
            failed = run_all(done=self._say)
            if failed:
                raise CommandError(f"These ended in a fault: {', '.join(failed)}. See the log.")
            return
        if not 1 <= pause <= 3600:
            raise CommandError(f"--loop is {pause}. Write a number of seconds from 1 to 3600.")
        parent: int | None = options["with_parent"]
        stop = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stop.set())
        # Who began this may have held a Ctrl-C back until it is understood here.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        while not stop.is_set() and not _is_gone(parent):
            close_old_connections()
            run_all(done=self._say if parent is None else lambda name, count: None)
            self._wait(pause, stop, parent)

    def _wait(self, pause: int, stop: threading.Event, parent: int | None) -> None:
        """Until the next run; shorter when it was stopped or its parent is gone."""
        until = time.monotonic() + pause
        while time.monotonic() < until and not stop.wait(min(1.0, pause)):
            if _is_gone(parent):
                stop.set()

    def _say(self, name: str, count: int) -> None:
        if count:
            self.stdout.write(f"{name}: {count}")
            self.stdout.flush()


def _is_gone(parent: int | None) -> bool:
    """Whether the process that began this one has ended: another one is then its parent."""
    return parent is not None and os.getppid() != parent
