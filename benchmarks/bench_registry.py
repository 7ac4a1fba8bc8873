"""How long `manage.py registry_report` takes over partitions, on each engine, with which memory.

    .venv/bin/python -m benchmarks.bench_registry 1000000 --engines serial processes:2 dask

makes that many invented sessions of two clinics, each with up to eight check-ins, as a registry
export, and reports them on each engine, each in a process of its own: wall seconds, CPU seconds and
the largest memory that one process took. Of all engines the counts must be equal and the estimates
must agree to 1e-12, or the benchmark fails: how many threads sum a long column moves its last
digits. `dask` starts a scheduler and two workers on this machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.registry.layout import bucket_name, clinic_folder, write_bucket, write_manifest

ROOT = Path(__file__).resolve().parent.parent
CLINICS = ("north", "south")
SESSIONS_EACH = 6
AFTER_HOURS = np.array([-1, 2, 24, 72, 168, 336, 504, 672.0])
ANSWERED = 0.8
PARTITION = 31_250  # sessions


def one_bucket(
    sessions: int, clinic: str, bucket: int, scores: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sessions and check-ins of whole patients, always the same; times to the second."""
    draw = np.random.default_rng([7, CLINICS.index(clinic), bucket])
    number = np.arange(sessions)
    patient = np.array([f"{clinic}-{bucket:04d}-{n:06d}" for n in number // SESSIONS_EACH])
    gap = draw.choice([7, 14, 28, 35], sessions) * 24.0
    within = pd.Series(gap).groupby(patient).cumsum().to_numpy() - gap
    start = np.datetime64("2024-01-01T09:00:00", "us") + _seconds(within)
    frame = pd.DataFrame(
        {
            "patient_id": patient,
            "session_id": [f"{name}-{n}" for name, n in zip(patient, number, strict=True)],
            "session_start": pd.DatetimeIndex(start).tz_localize("UTC"),
            "route": draw.choice(["iv", "im", "intranasal"], sessions),
            "dose_mg": 40.0,
            "weight_kg": 80.0,
            "drug": "ketamine",
            "indication": "depression",
            "origin": "live",
        }
    )
    hours = AFTER_HOURS + draw.uniform(0, 3, (sessions, len(AFTER_HOURS)))
    taken = start[:, None] + _seconds(hours)
    level = np.where(AFTER_HOURS < 0, 18, draw.integers(0, 27, hours.shape))
    kept = draw.random(hours.shape) < ANSWERED
    answers = pd.DataFrame(
        {
            "patient_id": np.repeat(patient, kept.sum(axis=1)),
            "taken_at": pd.DatetimeIndex(taken[kept]).tz_localize("UTC"),
            "instrument": "PHQ-9",
            "score": scores[level[kept]],
        }
    )
    return frame, answers


def _seconds(hours: np.ndarray) -> np.ndarray:
    return np.round(hours * 3600).astype("timedelta64[s]")


def write_registry(root: Path, sessions: int) -> tuple[int, int]:
    """The export of all clinics; returns the number of partitions and of check-ins."""
    from decimal import Decimal

    scores = np.array([Decimal(n) for n in range(28)], dtype=object)
    buckets = max(round(sessions / len(CLINICS) / PARTITION), 1)
    check_ins = 0
    for clinic in CLINICS:
        folder = clinic_folder(root, clinic)
        rows = {}
        for bucket in range(buckets):
            frames = one_bucket(sessions // len(CLINICS) // buckets, clinic, bucket, scores)
            name = bucket_name(bucket)
            rows[name] = write_bucket(folder / name, *frames)
            check_ins += rows[name]["check_ins"]
        facts = {"clinic_id": clinic, "time_zone": "UTC", "made_at": "2026-11-21T00:00:00+00:00"}
        write_manifest(folder, {**facts, "buckets": buckets, "rows": rows})
    return len(CLINICS) * buckets, check_ins


@contextmanager
def engine_address(engine: str) -> Iterator[str]:
    """The engine as the command names it; a cluster of this machine lives as long as the block."""
    if engine != "dask":
        yield engine
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"


def report(root: Path, engine: str, out: Path) -> str:
    """One run of the command; a line of figures."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "manage.py", "registry_report", str(root), "--quiet"]
    asked = ["--instrument", "PHQ-9", "--engine", engine, "--no-curves", "--json", str(out)]
    subprocess.run([*command, *asked], cwd=ROOT, check=True, env=os.environ)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    workers = " (the workers' CPU and memory not counted)" if engine.startswith("dask") else ""
    return (
        f"{wall:.1f} s wall, {cpu:.1f} s CPU, largest process so far "
        f"{after.ru_maxrss / 1e6:.2f} GB{workers}"
    )


def same(one: Any, two: Any) -> bool:
    """Equal, but for 1e-12 of a number that is no count."""
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[name], two[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(map(same, one, two))
    return one == two or isinstance(one, float) and math.isclose(one, two, rel_tol=1e-12)


def main() -> None:
    """Make the registry, report it on each engine, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", type=int)
    parser.add_argument("--engines", nargs="+", default=["serial", "processes:2"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "registry"
        partitions, check_ins = write_registry(root, given.sessions)
        size = sum(file.stat().st_size for file in root.rglob("*.parquet"))
        print(
            f"{given.sessions:,} sessions, {check_ins:,} check-ins, {partitions} partitions, "
            f"{size / 1e6:.0f} MB of Parquet"
        )
        found = []
        for engine in given.engines:
            out = Path(folder) / "out.json"
            with engine_address(engine) as address:
                print(f"{engine}: {report(root, address, out)}", flush=True)
            found.append(json.loads(out.read_text(encoding="utf-8")))
        if not all(same(found[0], other) for other in found[1:]):
            raise SystemExit("the engines differ")
        print("all engines found the same")


if __name__ == "__main__":
    main()
