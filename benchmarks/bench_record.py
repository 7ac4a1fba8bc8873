"""What recording one vital reading costs the server, against the barest way to keep one.

    .venv/bin/python -m benchmarks.bench_record [REQUESTS] [ROUNDS]

Three servers of the same kind (granian, one worker, SQLite in WAL with synchronous=FULL) get the
same numbers over one kept-alive connection, in turns, several rounds:

* bare: `benchmarks.bare`, a project as `startproject` writes it with DRF's `CreateAPIView` and
  `ModelSerializer` (thirteen columns, one foreign key), session log-in and CSRF check. It inserts
  one row and has no other duty.
* API: POST /api/v1/sessions/…/readings/ with all duties: the role, the clinic's own session, the
  lock, the write key, the plausible ranges, the signature, the alert limits, the reading, the
  record's version and the audit line, in one transaction. The same log-in and CSRF check.
* page: the same deed through the page's form, answered with the redirect to the session.

CPU is user and system time of the server's whole process group. The last line is the ratio of the
medians and whether it keeps the promise (at most 2); the exit code says it too.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from benchmarks.seeds import Seeds
from benchmarks.served import Server, environment, run, serve
from benchmarks.tablet import Tablet

AT_MOST = 2.0
WARM = 50
# So many that the readings of one session stay about as few as in a real one.
CHAIRS = "300"
CALM = {
    "systolic": 128,
    "diastolic": 82,
    "heart_rate": 74,
    "spo2": 98,
    "respiratory_rate": 14,
    "moaas": 5,
    "position": "reclined",
}

Post = Callable[[], int]


def doors(stack: ExitStack, folder: Path) -> dict[str, tuple[Server, Post]]:
    """The three servers with what is posted to each."""
    env = environment(folder)
    seeds = {
        which: Seeds(**json.loads(run(env, "-m", "benchmarks.seeds", which, CHAIRS)))
        for which in ("bare", "ours")
    }
    bare = stack.enter_context(serve(env, "benchmarks.bare.wsgi:application"))
    ours = stack.enter_context(serve(env))
    yardstick = Tablet(bare.port, seeds["bare"].nurses[0])
    tablet = Tablet(ours.port, seeds["ours"].nurses[0])
    turn = {"n": 0}

    def session(which: str) -> str:
        turn["n"] += 1
        return seeds[which].sessions[turn["n"] % len(seeds[which].sessions)]

    def post_bare() -> int:
        return yardstick.post_json("/readings/", {**CALM, "session": session("bare")}).status

    def post_api() -> int:
        path = f"/api/v1/sessions/{session('ours')}/readings/"
        return tablet.post_json(path, {**CALM, "write_key": str(uuid4())}).status

    def post_page() -> int:
        path = f"/s/{session('ours')}/readings/"
        # `asked`: the page's script asks about a large change before it sends.
        return tablet.post_form(path, {**CALM, "asked": "1", "write_key": str(uuid4())}).status

    return {"bare": (bare, post_bare), "API": (ours, post_api), "page": (ours, post_page)}


def cpu_ms(server: Server, post: Post, requests: int) -> float:
    """CPU milliseconds of the server for one request, over so many."""
    before = server.cpu_s()
    for _each in range(requests):
        status = post()
        if status not in (201, 302):
            raise SystemExit(f"a reading was answered {status}")
    return (server.cpu_s() - before) * 1000 / requests


def main() -> int:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="afterglow-") as folder, ExitStack() as stack:
        found = doors(stack, Path(folder))
        for server, post in found.values():
            cpu_ms(server, post, WARM)
        costs: dict[str, list[float]] = {name: [] for name in found}
        for _round in range(rounds):
            for name, (server, post) in found.items():
                costs[name].append(cpu_ms(server, post, requests))
    yardstick = statistics.median(costs["bare"])
    print(f"{'door':<6}{'median':>8}{'least':>8}{'most':>8}  CPU ms a reading{'ratio':>8}")
    worst = 0.0
    for name, taken in costs.items():
        ratio = statistics.median(taken) / yardstick
        worst = max(worst, ratio)
        print(
            f"{name:<6}{statistics.median(taken):>8.2f}{min(taken):>8.2f}{max(taken):>8.2f}"
            f"{'':<18}{ratio:>8.2f}"
        )
    print(f"{worst:.2f} times a bare create; promised: at most {AT_MOST:.0f}")
    return 0 if worst <= AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
