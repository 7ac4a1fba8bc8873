"""How long `manage.py relief` takes, and its episode step against a plain loop.

    .venv/bin/python -m benchmarks.bench_relief_command 100000

makes that many invented sessions, each with up to eight check-ins, and prints (1) time and peak
memory of the whole command on one core: two files read and checked, episodes, estimates with their
intervals, JSON written; (2) the time of the episode step alone on 10,000 sessions, beside
`groupby` with the loops of tests/reference/naive_episodes.py, whose results must be equal.
Times are CPU seconds, which a busy machine stretches less than wall seconds.
"""

from __future__ import annotations

import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.episodes import ResponseRule, derive
from reports.relief_files import read_relief_files
from reports.relief_report import records
from tests.reference.naive_episodes import Options, naive_episodes

ROOT = Path(__file__).resolve().parent.parent
SESSIONS_EACH = 6
AFTER_HOURS = np.array([-1, 2, 24, 72, 168, 336, 504, 672.0])
COMPARED = 10_000
REPEATS = 3


def seconds_of(hours: Any) -> Any:
    """Hours as numpy's whole seconds."""
    return np.round(hours * 3600).astype("timedelta64[s]")


def utc_text(times: Any) -> Any:
    """ISO 8601 with the Z of UTC."""
    return np.datetime_as_string(times, timezone="UTC")


def write_files(folder: Path, sessions: int) -> int:
    """Write sessions.csv and checkins.csv, always the same; returns the number of check-ins."""
    draw = np.random.default_rng(7)
    number = np.arange(sessions)
    patient = pd.Series(number // SESSIONS_EACH).map("P{:07d}".format)
    gap = draw.choice([7, 14, 28, 35], sessions) * 24.0
    within = pd.Series(gap).groupby(patient).cumsum() - gap
    start = np.datetime64("2024-01-01T09:00:00") + seconds_of(within.to_numpy())
    pd.DataFrame(
        {
            "patient_id": patient,
            "session_id": pd.Series(number).map("S{:08d}".format),
            "session_start": utc_text(start),
            "route": draw.choice(["iv", "nasal"], sessions),
            "dose_mg": "40",
            "weight_kg": "80",
        }
    ).to_csv(folder / "sessions.csv", index=False)

    row = np.repeat(number, len(AFTER_HOURS))
    after = np.tile(AFTER_HOURS, sessions)
    # Four of five are answered, none after the next dose.
    kept = (draw.random(len(row)) < 0.8) & (after < gap[row] - 2)
    row, after = row[kept], after[kept]
    at = start[row] + seconds_of(after + draw.uniform(-0.2, 0.2, len(row)))
    before, better = draw.integers(14, 26, len(row)), draw.integers(3, 15, len(row))
    pd.DataFrame(
        {
            "patient_id": patient.to_numpy()[row],
            "taken_at": utc_text(at),
            "instrument": "PHQ-9",
            "score": np.where(after < 0, before, better),
        }
    ).to_csv(folder / "checkins.csv", index=False)
    return len(row)


def time_command(folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of the command, on one core."""
    subprocess.run(
        [
            *(sys.executable, "manage.py", "relief"),
            *(str(folder / "sessions.csv"), str(folder / "checkins.csv")),
            *("--instrument", "PHQ-9", "--json", str(folder / "out.json")),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


def loop_episodes(sessions: pd.DataFrame, check_ins: pd.DataFrame) -> list[dict[str, Any]]:
    """The episodes by one group of rows after the other, in plain Python."""
    answers = dict(iter(check_ins.groupby("patient_id")))
    found: list[dict[str, Any]] = []
    for who, part in sessions.groupby("patient_id"):
        own = list(part[["patient_id", "session_id", "session_start"]].itertuples(False, None))
        held = answers.get(who)
        given = [] if held is None else held[["patient_id", "taken_at", "score"]]
        rows = [] if held is None else list(given.itertuples(False, None))
        found += naive_episodes(own, [(p, at, Decimal(str(y))) for p, at, y in rows], Options())
    return found


def best_of(work: Any) -> tuple[float, Any]:
    """The shortest of a few runs, and what the last one returned."""
    times, result = [], None
    for _ in range(REPEATS):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return min(times), result


def compare(folder: Path) -> tuple[float, float]:
    """Seconds of the episode step and of the loop on the same frames; equal results or an error."""
    rule = ResponseRule.for_instrument("PHQ-9")
    files = read_relief_files(folder / "sessions.csv", folder / "checkins.csv", rule)
    ours, episodes = best_of(lambda: derive(files.sessions, files.check_ins, rule))
    theirs, expected = best_of(lambda: loop_episodes(files.sessions, files.check_ins))
    for want, got in zip(expected, records(episodes), strict=True):
        for name in ("session_id", "status", "onset_lo", "onset_hi", "relief_lo", "relief_hi"):
            a, b = want[name], got[name]
            is_same = math.isclose(a, b, abs_tol=1e-9) if isinstance(a, float) else a == b
            if not is_same:
                raise AssertionError(f"{want['session_id']} {name}: {a} and {b}")
    return ours, theirs


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_ins = write_files(folder, sessions)
        cpu, peak = time_command(folder)
        print(f"{sessions:,} sessions, {check_ins:,} check-ins: {cpu:.1f} s, peak {peak:,.0f} MB")
        write_files(folder, min(sessions, COMPARED))
        ours, theirs = compare(folder)
        print(f"episodes of {min(sessions, COMPARED):,} sessions: {ours:.3f} s")
        print(f"the same in plain loops: {theirs:.2f} s, {theirs / ours:.0f} times as long")


if __name__ == "__main__":
    main()
