"""kill -9 of the server while eight clients write: is anything lost, is anything there twice?

    .venv/bin/python -m benchmarks.crash [sqlite|postgres|both] [KILLS]

Eight clients record vital readings through the API, each as fast as it is answered. Again and
again, at a random instant, every process of the server is killed at once and a new server is
started. A client that got no answer sends the same reading again with the same key until it is
told that it was saved. In the end each reading that was acknowledged must stand exactly once, with
its own numbers and one audit line, and nothing else may stand.

With `--new-keys` the clients make a new key whenever they send again. Then readings are doubled:
that the benchmark says so shows that it can see.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from benchmarks.seeds import Seeds
from benchmarks.served import environment, free_port, run, serve
from benchmarks.tablet import Tablet
from tools import postgres

CLIENTS = 8
WORKERS = 2
BETWEEN_KILLS_S = (0.05, 0.6)
SETTLE_S = 60
BROKEN = (OSError, http.client.HTTPException)


class Saved(NamedTuple):
    """What a client was told, and what it had sent: which numbers, in which session."""

    row: str
    session: str
    systolic: int
    diastolic: int


class Client(threading.Thread):
    """Sends one reading after the other, and each until it is acknowledged."""

    def __init__(self, port: int, cookie: str, session: str, new_keys: bool) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.session, self.new_keys = port, cookie, session, new_keys
        self.saved: list[Saved] = []
        self.resent = 0
        self.refused: Counter[int] = Counter()
        self.is_over = threading.Event()

    def run(self) -> None:
        tablet = Tablet(self.port, self.cookie, timeout=10)
        while not self.is_over.is_set():
            systolic, diastolic = random.randint(100, 150), random.randint(60, 90)
            self.saved.append(self.until_saved(tablet, systolic, diastolic))
        tablet.close()

    def until_saved(self, tablet: Tablet, systolic: int, diastolic: int) -> Saved:
        path = f"/api/v1/sessions/{self.session}/readings/"
        body = {"systolic": systolic, "diastolic": diastolic, "write_key": str(uuid4())}
        while True:
            try:
                status, said = tablet.post_json(path, body)
            except BROKEN:
                tablet.close()
                time.sleep(0.02)
            else:
                if status == 201:
                    return Saved(json.loads(said)["id"], self.session, systolic, diastolic)
                self.refused[status] += 1
                time.sleep(0.2)
            self.resent += 1
            if self.new_keys:
                body["write_key"] = str(uuid4())


def stands(env: dict[str, str]) -> dict[str, object]:
    """What the database holds after all: see `main_count`."""
    found: dict[str, object] = json.loads(run(env, "-m", "benchmarks.crash", "count"))
    return found


def main_count() -> None:
    """Prints every reading that a client made, with its audit lines, and SQLite's own check."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connection

    from sessions_app.models import AuditEvent, VitalReading, WriteReceipt

    receipts = set(WriteReceipt.objects.values_list("row_id", flat=True))
    rows = VitalReading.objects.filter(pk__in=receipts)
    check = "ok"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            check = cursor.fetchone()[0]
    print(
        json.dumps(
            {
                "readings": [
                    [str(row.pk), str(row.session_id), row.systolic, row.diastolic] for row in rows
                ],
                "audited": list(
                    AuditEvent.objects.filter(tag="vital:record").values_list("row", flat=True)
                ),
                "receipts": len(receipts),
                "check": check,
            }
        )
    )


@contextmanager
def database(engine: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a server with an empty database of that engine."""
    if engine == "sqlite":
        yield environment(folder)
    else:
        with postgres.server() as url:
            yield environment(folder, DATABASE_URL=url)


def crash(engine: str, kills: int, new_keys: bool) -> bool:
    """Whether everything was kept once; prints what was found."""
    with (
        tempfile.TemporaryDirectory(prefix="afterglow-") as folder,
        database(engine, Path(folder)) as env,
    ):
        seeds = Seeds(**json.loads(run(env, "-m", "benchmarks.seeds", "ours", str(CLIENTS))))
        port = free_port()
        clients = [
            Client(port, seeds.nurses[n], seeds.sessions[n], new_keys) for n in range(CLIENTS)
        ]
        for number in range(kills + 1):
            with serve(env, workers=WORKERS, port=port) as server:
                for client in clients if number == 0 else ():
                    client.start()
                if number == kills:
                    finish(clients)
                    break
                time.sleep(random.uniform(*BETWEEN_KILLS_S))
                server.kill()
            say(f"{engine}: {number + 1} of {kills} kills, {acknowledged(clients)} acknowledged")
        return judge(engine, kills, clients, stands(env))


def finish(clients: list[Client]) -> None:
    """Everybody gets the answer to what was sent last."""
    time.sleep(1)
    for client in clients:
        client.is_over.set()
    for client in clients:
        client.join(SETTLE_S)
        if client.is_alive():
            raise SystemExit(f"A client is still waiting after {SETTLE_S} s: {client.refused}")


def judge(engine: str, kills: int, clients: list[Client], found: dict[str, object]) -> bool:
    told = [saved for client in clients for saved in client.saved]
    kept = [Saved(*row) for row in found["readings"]]  # type: ignore[attr-defined]
    audited = Counter(found["audited"])  # type: ignore[call-overload]
    lost = len(set(told) - set(kept))
    doubled = len(kept) - len(set(told) & set(kept))
    unaudited = sum(audited[f"vitalreading:{row.row}"] != 1 for row in kept)
    refused = sum((client.refused for client in clients), Counter())
    say("")
    print(
        f"{engine}: {kills} kills, {len(told)} acknowledged writes,"
        f" {sum(client.resent for client in clients)} sent again, answers that were no 201:"
        f" {dict(refused) or 'none'}\n"
        f"{engine}: lost {lost}, doubled {doubled}, without their one audit line {unaudited},"
        f" integrity {found['check']}"
    )
    once = len(set(told)) == len(told) == found["receipts"]
    return not (lost or doubled or unaudited) and once and found["check"] == "ok"


def acknowledged(clients: list[Client]) -> int:
    return sum(len(client.saved) for client in clients)


def say(text: str) -> None:
    """One line of progress, over the last one where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", nargs="?", default="both")
    parser.add_argument("kills", nargs="?", type=int, default=50)
    parser.add_argument("--new-keys", action="store_true")
    asked = parser.parse_args()
    if asked.engine == "count":
        main_count()
        return 0
    engines = ("sqlite", "postgres") if asked.engine == "both" else (asked.engine,)
    kept = [crash(engine, asked.kills, asked.new_keys) for engine in engines]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
