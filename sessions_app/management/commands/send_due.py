"""`manage.py send_due`: reminders, calls about alerts and what else is due; run it every minute."""

from __future__ import annotations

import signal
import threading
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

    def handle(self, *args: Any, **options: Any) -> None:
        pause: int | None = options["loop"]
        if pause is None:
            failed = run_all(done=self._say)
            if failed:
                raise CommandError(f"These ended in a fault: {', '.join(failed)}. See the log.")
            return
        if not 1 <= pause <= 3600:
            raise CommandError(f"--loop is {pause}. Write a number of seconds from 1 to 3600.")
        stop = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stop.set())
        while not stop.is_set():
            close_old_connections()
            run_all(done=self._say)
            stop.wait(pause)

    def _say(self, name: str, count: int) -> None:
        if count:
            self.stdout.write(f"{name}: {count}")
            self.stdout.flush()
