"""Nine o'clock: ten thousand patients answer within a minute, and a nurse goes on saving.

    .venv/bin/python -m benchmarks.bench_burst [PATIENTS] [SECONDS] [sqlite|postgres]

One real server with two workers, as docs/running-it.md sets it up, on SQLite with synchronous=FULL;
or on the PostgreSQL of the tests, which waits for no disk. Each patient comes at a random instant
of the minute over a connection of their own, opens the page that their link leads to and sends one
answer; the link's own redirect was followed before. Whoever gets no answer or a 5xx sends the same
again, with the same key, up to five times. Meanwhile a nurse saves a reading twice a second, as the
page's script sends it, at forty chairs in turn; before the burst she does so alone.

Kept: no acknowledged answer is lost, none is doubled, every patient is answered, and the nurse's
p99 stays at most 3 times her idle p99. Times count from when a request was due. Times are of this
machine, which runs the patients too. The exit code says if the promises hold.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count as count_up
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from benchmarks.bench_chairs import FRAGMENT, Tally, reading
from benchmarks.crash import database
from benchmarks.served import HOST, Server, run, serve
from benchmarks.tablet import CSRF, Tablet

PATIENTS, SECONDS, CHAIRS = 10_000, 60.0, 40
WORKERS = 2
NURSE_EVERY_S, IDLE_S, RATIO_AT_MOST = 0.5, 30.0, 3
WARMING = 12
TRIES, AGAIN_AFTER_S, WAIT_S = 5, 1.0, 30.0
SLOT, ANSWER = "24h", "6"
ENGINES = {
    "sqlite": "SQLite, synchronous=FULL",
    "postgres": "the PostgreSQL of the tests, which waits for no disk",
}
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
KEY = re.compile(rb'name="write_key" value="([0-9a-f-]+)"')


@dataclass
class Visits:
    """What the patients saw. `saved`: keys whose answer was acknowledged."""

    pages: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    errors: Counter[str] = field(default_factory=Counter)
    unserved: int = 0
    cpu_s: float = 0.0  # of the patients themselves, who share the machine with the server


def seed(patients: int) -> dict[str, Any]:
    """The tables, the running sessions of the nurse, and an open check-in for each patient."""
    from django.utils import timezone

    from benchmarks.seeds import ours
    from sessions_app.models import CheckInRequest, Clinic, HelpLine, Patient, RecordVersion

    made = ours(CHAIRS)
    clinic, now = Clinic.objects.get(), timezone.now()
    for kind in ("emergency", "crisis", "clinic"):
        HelpLine.objects.create(
            clinic=clinic, kind=kind, label=kind, number="000", hours="always", tested_at=now
        )
    people = [
        Patient(
            clinic=clinic,
            number=f"B-{number}",
            given_name="Ada",
            family_name=f"Moor{number}",
            birth_date="1980-01-01",
            time_zone="UTC",
        )
        for number in range(patients)
    ]
    Patient.objects.bulk_create(people, batch_size=500)
    RecordVersion.objects.bulk_create([RecordVersion(patient=one) for one in people], 500)
    window = {"opens_at": now - timedelta(hours=6), "closes_at": now + timedelta(hours=12)}
    asked = [
        CheckInRequest(
            clinic=clinic,
            patient=one,
            slot=SLOT,
            due_at=now,
            instruments=["mood_0_10"],
            **window,
        )
        for one in people
    ]
    CheckInRequest.objects.bulk_create(asked, batch_size=500)
    return {"nurse": made.nurses[0], "sessions": made.sessions, "phones": _phones(asked)}


def _phones(asked: list[Any]) -> list[str]:
    """The cookie that each link left on its phone."""
    from django.core import signing
    from django.utils import timezone

    from sessions_app.access.tokens import token_hash
    from sessions_app.checkins.check_in_cookie import PURPOSE
    from sessions_app.models import CheckInLink, new_key

    links = [
        CheckInLink(
            id=new_key(),
            clinic_id=one.clinic_id,
            request=one,
            token_hash=token_hash(str(uuid4())),
            minted_at=timezone.now(),
            expires_at=one.closes_at,
        )
        for one in asked
    ]
    CheckInLink.objects.bulk_create(links, batch_size=500)
    return [signing.dumps(str(link.pk), salt=PURPOSE) for link in links]


def count() -> dict[str, int]:
    """What the database holds of the burst."""
    from django.db.models import Count

    from sessions_app.models import AuditEvent, CheckIn, ItemAnswer

    doubled = CheckIn.objects.annotate(rows=Count("answers")).filter(rows__gt=1)
    return {
        "check_ins": CheckIn.objects.count(),
        "answers": ItemAnswer.objects.count(),
        "doubled": doubled.count(),
        "audited": AuditEvent.objects.filter(tag="check-in:answer").count(),
    }


async def burst(port: int, phones: list[str], seconds: float) -> Visits:
    """Everybody comes once, at random instants of `seconds`."""
    visits = Visits()
    began = time.monotonic()
    coming = sorted((began + random.uniform(0, seconds), phone) for phone in phones)
    tasks = []
    for due, phone in coming:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        tasks.append(asyncio.create_task(_visit(port, phone, due, visits)))
    await asyncio.gather(*tasks)
    return visits


class Phone:
    """One patient's browser: a connection that it keeps, and opens anew after a fault."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.cookies = f"check_in={cookie}; csrftoken={CSRF}"
        self.line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, body: bytes) -> tuple[int, bytes]:
        """The status and the page. OSError or EOFError without an answer, TimeoutError too late."""
        try:
            return await asyncio.wait_for(self._asked(method, body), WAIT_S)
        except (OSError, EOFError, TimeoutError):
            self.close()
            raise

    async def _asked(self, method: str, body: bytes) -> tuple[int, bytes]:
        if self.line is None:
            self.line = await asyncio.open_connection(HOST, self.port)
        reader, writer = self.line
        head = (
            f"{method} /c/{SLOT}/1/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: {self.cookies}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(answer)
        page = await reader.readexactly(int(length[1])) if length else b""
        return int(answer.split(b" ", 2)[1]), page

    def close(self) -> None:
        if self.line is not None:
            self.line[1].close()
            self.line = None


async def _visit(port: int, cookie: str, due: float, visits: Visits) -> None:
    phone = Phone(port, cookie)
    try:
        await _check_in(phone, due, visits)
    finally:
        phone.close()


async def _check_in(phone: Phone, due: float, visits: Visits) -> None:
    status, page = await _until_served(phone, "GET", b"", visits)
    found = KEY.search(page)
    if status != 200 or found is None:
        visits.unserved += 1
        return
    visits.pages.append(time.monotonic() - due)
    key = found[1].decode()
    body = {"csrfmiddlewaretoken": CSRF, "write_key": key, "value": ANSWER}
    sent = time.monotonic()
    status, _page = await _until_served(phone, "POST", urlencode(body).encode(), visits)
    if status not in (200, 302):
        visits.unserved += 1
        return
    visits.answers.append(time.monotonic() - sent)
    visits.saved.add(key)


async def _until_served(
    phone: Phone, method: str, body: bytes, visits: Visits
) -> tuple[int, bytes]:
    """The answer, asked for again when there was none or the server could not give one."""
    status, page = 0, b""
    for number in range(TRIES):
        if number:
            await asyncio.sleep(AGAIN_AFTER_S * number)
        try:
            status, page = await phone.ask(method, body)
        except (OSError, EOFError, TimeoutError) as fault:
            visits.errors[type(fault).__name__] += 1
            continue
        if status < 500:
            return status, page
        visits.errors[str(status)] += 1
    return status, page


def readings_of(seeds: dict[str, Any], number: int) -> str:
    """Where the nurse saves her `number`th reading: the chairs in turn."""
    return f"/s/{seeds['sessions'][number % CHAIRS]}/readings/"


def warm_up(server: Server, seeds: dict[str, Any]) -> None:
    """Each worker's first reading loads what it needs, and would make the nurse's idle p99."""
    for number in range(WARMING):
        tablet = Tablet(server.port, seeds["nurse"])  # its connection goes to either worker
        tablet.post_form(readings_of(seeds, number), reading(), **FRAGMENT)
        tablet.close()


def _saved(tablet: Tablet, path: str) -> int:
    return tablet.post_form(path, reading(), **FRAGMENT).status


def nurse(server: Server, seeds: dict[str, Any], tally: Tally, stop: threading.Event) -> None:
    """One reading every half second by the clock, until `stop`."""
    tablet = Tablet(server.port, seeds["nurse"])
    due = time.monotonic()
    for number in count_up():
        if stop.is_set():
            break
        path = readings_of(seeds, number)
        time.sleep(max(0.0, due - time.monotonic()))
        tally.count(due, partial(_saved, tablet, path))
        due += NURSE_EVERY_S
    tablet.close()


@contextmanager
def saving(server: Server, seeds: dict[str, Any], tally: Tally) -> Iterator[None]:
    """She saves while the block runs; her last answer has come when it ends."""
    stop = threading.Event()
    hand = threading.Thread(target=nurse, args=(server, seeds, tally, stop))
    hand.start()
    try:
        yield
    finally:
        stop.set()
        hand.join()


def percentile(seconds: list[float], percent: int) -> float:
    """In milliseconds; 0 when there is none."""
    ordered = sorted(seconds) or [0.0]
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] * 1000


def main() -> int:
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    engine = sys.argv[3] if len(sys.argv) > 3 else "sqlite"
    idle, busy = Tally(), Tally()
    with (
        tempfile.TemporaryDirectory(prefix="afterglow-") as folder,
        database(engine, Path(folder)) as env,
    ):
        seeds = json.loads(run(env, "-m", "benchmarks.bench_burst", "seed", str(patients)))
        with serve(env, workers=WORKERS) as server:
            warm_up(server, seeds)
            with saving(server, seeds, idle):
                time.sleep(min(IDLE_S, seconds))
            when = f"{patients} patients within {seconds:.0f} s, {WORKERS} workers"
            print(f"{when}, on {ENGINES[engine]} ...", flush=True)
            before, began = server.cpu_s(), time.monotonic()
            with saving(server, seeds, busy):
                own = time.process_time()
                visits = asyncio.run(burst(server.port, seeds["phones"], seconds))
                visits.cpu_s = time.process_time() - own
                took = time.monotonic() - began
            used = server.cpu_s() - before
        kept = json.loads(run(env, "-m", "benchmarks.bench_burst", "count"))
    return tell(patients, took, used, visits, kept, idle, busy)


def tell(
    patients: int,
    took: float,
    used: float,
    visits: Visits,
    kept: dict[str, int],
    idle: Tally,
    busy: Tally,
) -> int:
    """The figures, then each promise with whether it held; 0 when all did."""
    for name, times in (("page", visits.pages), ("answer", visits.answers)):
        middle, late = percentile(times, 50), percentile(times, 99)
        print(f"  {name:<8}{len(times):>6} served  p50 {middle:>7.1f} ms  p99 {late:>7.1f} ms")
    print(f"  asked again: {dict(visits.errors) or 'nobody'}; served within {took:.0f} s")
    print(f"  the server used {used / took:.2f} cores, {used * 1000 / patients:.1f} ms a patient")
    print(f"  the patients and the nurse themselves: {visits.cpu_s / took:.2f} cores")
    for name, tally in (("alone", idle), ("meanwhile", busy)):
        print(
            f"  nurse {name}: {len(tally.seconds)} readings, p99 {tally.percentile(99):.1f} ms,"
            f" errors {dict(tally.errors) or 'none'}"
        )
    ratio = busy.percentile(99) / idle.percentile(99)
    promises = {
        f"{visits.unserved} patients without an answer": visits.unserved == 0,
        f"{len(visits.saved) - kept['answers']} answers lost": kept["answers"]
        == len(visits.saved)
        == kept["audited"],
        f"{kept['doubled']} answers doubled": kept["doubled"] == 0
        and kept["check_ins"] == kept["answers"],
        f"nurse's p99 {ratio:.1f} times her idle p99, at most {RATIO_AT_MOST}": (
            ratio <= RATIO_AT_MOST and not busy.errors and not idle.errors
        ),
    }
    for promise, holds in promises.items():
        print(f"{'kept' if holds else 'BROKEN':<7}{promise}")
    return 0 if all(promises.values()) else 1


def in_django(what: str) -> None:
    """Print the JSON of `seed` or `count`, in a process with the environment's database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    print(json.dumps(seed(int(sys.argv[2])) if what == "seed" else count()))


if __name__ == "__main__":
    if sys.argv[1:2] in (["seed"], ["count"]):
        in_django(sys.argv[1])
    else:
        sys.exit(main())
