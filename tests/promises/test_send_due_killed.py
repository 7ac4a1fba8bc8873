"""`kill -9` of two runners again and again while they call and remind through a real gateway."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sessions_app.alerting.message_state import state_of
from sessions_app.models import CheckInRequest, Clinic, Message, Staff
from tests.conftest import make_patient
from tests.sessions_app.calling_people import high_alert, on_call, reachable
from tests.sessions_app.check_in_people import make_help_lines

ROOT = Path(__file__).resolve().parents[2]
PATIENTS = 150
CALLS = 6 * PATIENTS  # the desk and who is on call, twice; who is on call; the lead
KILLS = 40
TOOK_AND_FAILED = 25  # one request in so many is taken and then answered with 500
LOST_S = 60

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]


class Gateway(BaseHTTPRequestHandler):
    taken, lock = Counter[str](), Lock()

    def do_POST(self) -> None:  # noqa: N802 (the server's own name)
        key = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["key"]
        with self.lock:
            self.taken[key] += 1
            number = sum(self.taken.values())
        time.sleep(0.01)
        self.send_response(500 if number % TOOK_AND_FAILED == 0 else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def gateway() -> Iterator[ThreadingHTTPServer]:
    Gateway.taken.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def database_url() -> str:
    """Where the tests' own database is, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user = f"{found['USER']}:{found['PASSWORD']}@" if found["USER"] else ""
    return f"postgres://{user}{found['HOST']}:{found['PORT']}/{found['NAME']}"


def runner(gateway: ThreadingHTTPServer, folder: Path) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "AFTERGLOW_TEST": "1",
        "DATABASE_URL": database_url(),
        "AFTERGLOW_SMS_URL": f"http://127.0.0.1:{gateway.server_port}/",
        "AFTERGLOW_SMS_TOKEN": "t",
        "AFTERGLOW_DELIVERY_LOST_SECONDS": str(LOST_S),
    }
    command = [sys.executable, "manage.py", "send_due", "--loop", "1"]
    with (folder / "runners.log").open("ab") as out:
        return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)


@pytest.fixture
def much_to_do(northside: Clinic, nia: Staff, dr_patel: Staff, lena: Staff) -> None:
    """Each of many patients is due a reminder, and has a cry for help that nobody took."""
    now = timezone.now()
    northside.quiet_from = northside.quiet_until = now.time()  # never quiet
    reachable(northside, nia, dr_patel, lena)
    make_help_lines(northside)
    on_call(dr_patel, now - timedelta(days=1), hours=72)
    for number in range(PATIENTS):
        patient = make_patient(northside, f"N-{number}", "Maya", f"Vale {number}")
        patient.reminder_channel = "sms"
        patient.save()
        CheckInRequest.objects.create(
            clinic=northside,
            patient=patient,
            slot="24h",
            due_at=now - timedelta(minutes=1),
            opens_at=now - timedelta(hours=6),
            closes_at=now + timedelta(hours=12),
            instruments=["mood_0_10"],
        )
        high_alert(patient, now - timedelta(minutes=21))


def wait_for(more: int) -> None:
    """Until so many more messages reached the gateway, and a moment at any point of the next."""
    wanted, until = sum(Gateway.taken.values()) + more, time.monotonic() + 60
    while sum(Gateway.taken.values()) < wanted and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.05))


def all_called() -> bool:
    calls = Message.objects.filter(kind="escalation", round=0)
    return calls.filter(deliveries__kind="sent").count() >= CALLS and ended()


def ended() -> bool:
    """Whether every reminder was tried: what began is sent or lost."""
    return Message.objects.filter(kind="reminder", deliveries__isnull=False).count() >= PATIENTS


@pytest.mark.usefixtures("much_to_do")
def test_no_kill_doubles_a_reminder_or_loses_a_call(
    gateway: ThreadingHTTPServer, tmp_path: Path
) -> None:
    rng = random.Random(7)
    running = [runner(gateway, tmp_path), runner(gateway, tmp_path)]
    try:
        for kill in range(KILLS):
            wait_for(rng.randint(1, 30))
            running[kill % 2].kill()
            running[kill % 2].wait()
            running[kill % 2] = runner(gateway, tmp_path)
        until = time.monotonic() + 5 * LOST_S
        while not all_called() and time.monotonic() < until:
            time.sleep(1)
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert "Traceback" not in (tmp_path / "runners.log").read_text()
    now = timezone.now() + timedelta(seconds=LOST_S)
    reminders = Message.objects.filter(kind="reminder").prefetch_related("deliveries")
    calls = Message.objects.filter(kind="escalation", round=0).prefetch_related("deliveries")
    assert len(reminders) == PATIENTS
    assert len(calls) == CALLS
    assert max(Gateway.taken[message.key] for message in reminders) == 1
    lost = [message for message in reminders if not Gateway.taken[message.key]]
    assert {state_of(message, now) for message in lost} <= {"unknown"}
    assert {state_of(message, now) for message in reminders} == {"sent", "unknown"}
    assert min(Gateway.taken[message.key] for message in calls) >= 1
    assert {state_of(message, now) for message in calls} == {"sent"}
    assert max(Gateway.taken[message.key] for message in calls) > 1, "kills and faults did hit"
