"""Random clinics as the frames and folders of a registry, without a database."""

from __future__ import annotations

import math
import os
import random
import signal
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from reports.registry.layout import (
    Partition,
    bucket_name,
    bucket_of,
    clinic_folder,
    write_bucket,
    write_manifest,
)
from reports.registry.tables import Asked, Tables, tables_of
from reports.response_rule import ResponseRule
from tests.reports.frames import DOSE

ROUTES = ("iv", "im", "intranasal", "")
PHQ_9 = Asked(ResponseRule.for_instrument("PHQ-9"))


def registry_frames(patients: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One to four sessions each, answers on a grid of hours and, now and then, off it."""
    draw = random.Random(seed)
    sessions: list[tuple[Any, ...]] = []
    check_ins: list[tuple[Any, ...]] = []
    for number in range(patients):
        patient = f"{seed}-{number:04d}"
        start = DOSE + timedelta(hours=draw.randrange(900))
        for visit in range(draw.randint(1, 4)):
            facts = (draw.choice(ROUTES), 40.0, draw.choice([80.0, None]), "ketamine", "depression")
            sessions.append((patient, f"{patient}-{visit}", start, *facts, "live"))
            check_ins.append((patient, start, "PHQ-9", Decimal(draw.randint(15, 25))))
            for hours in (2, 24, 72, 168, 330, 500):
                at = start + timedelta(hours=hours, minutes=draw.choice([0, 0, 0, 7]))
                check_ins.append((patient, at, "PHQ-9", Decimal(draw.choice([3, 6, 9, 13, 19]))))
                check_ins.append((patient, at, "GAD-7", Decimal("7.10")))
            start += timedelta(days=draw.choice([14, 21, 40]))
    columns = ["patient_id", "session_id", "session_start", "route", "dose_mg", "weight_kg"]
    frame = pd.DataFrame(sessions, columns=[*columns, "drug", "indication", "origin"])
    answers = pd.DataFrame(check_ins, columns=["patient_id", "taken_at", "instrument", "score"])
    return frame, answers


def write_clinic(root: Path, clinic: str, frames: Any, buckets: int, **facts: Any) -> Path:
    """The frames as the export of one clinic."""
    sessions, check_ins = frames
    folder = clinic_folder(root, clinic)
    rows = {}
    for bucket in range(buckets):
        mine = {p for p in sessions["patient_id"].unique() if bucket_of(p, buckets) == bucket}
        rows[bucket_name(bucket)] = write_bucket(
            folder / bucket_name(bucket),
            sessions[sessions["patient_id"].isin(mine)],
            check_ins[check_ins["patient_id"].isin(mine)],
        )
    told = {"clinic_id": clinic, "time_zone": "UTC", "made_at": DOSE.isoformat()}
    write_manifest(folder, {**told, "buckets": buckets, "rows": rows, **facts})
    return folder


def close(one: Any, two: Any) -> bool:
    """Equal, floats to 1e-12."""
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(close(one[k], two[k]) for k in one)
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(map(close, one, two))
    return bool(one == two)


def answer(partition: Partition) -> Tables:
    """What a worker is asked."""
    return tables_of(partition, PHQ_9)


def die_in_the_first_try(partition: Partition) -> Tables:
    """The same, but the first worker that comes to the bucket 1 is killed there and then."""
    once = partition.folder.parents[1] / "died"
    if partition.folder.name == "bucket=0001" and not once.exists():
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(partition)


def always_die(partition: Partition) -> Tables:
    """A worker that is killed whatever it is given."""
    os.kill(os.getpid(), signal.SIGKILL)
    return answer(partition)
