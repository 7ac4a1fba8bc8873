"""An invented clinic as the two files of the relief command."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from tests.reports.frames import DOSE

SESSION_HEADER = "patient_id,session_id,session_start,route,dose_mg,weight_kg"
CHECK_IN_HEADER = "patient_id,taken_at,instrument,score"
WORKED_SESSIONS = [SESSION_HEADER, "007,S1,2026-03-02T09:00:00Z,iv,40,80"]
WORKED_CHECK_INS = [
    CHECK_IN_HEADER,
    "007,2026-03-02T09:00:00Z,PHQ-9,20",
    "007,2026-03-02T11:00:00Z,PHQ-9,14",
    "007,2026-03-03T10:00:00+01:00,PHQ-9,9",
    "007,2026-03-05T09:00:00Z,PHQ-9,8",
    "007,2026-03-09T09:00:00Z,PHQ-9,12",
    "007,2026-03-16T09:00:00Z,PHQ-9,13",
]


def write(folder: Path, sessions: list[str], check_ins: list[str]) -> tuple[str, str]:
    """Both files, and their names as the command wants them."""
    paths = folder / "sessions.csv", folder / "checkins.csv"
    for path, lines in zip(paths, (sessions, check_ins), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(paths[0]), str(paths[1])


def a_clinic(patients: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Lines of both files: one to four sessions each, by two routes, irregular check-ins."""
    draw = random.Random(seed)
    sessions, check_ins = [SESSION_HEADER], [CHECK_IN_HEADER]
    for number in range(patients):
        start = DOSE + timedelta(hours=draw.uniform(0, 900))
        for visit in range(draw.randint(1, 4)):
            route = draw.choice(["iv", "nasal"])
            sessions.append(f"{number:03d},S{visit},{start.isoformat()},{route},40,80")
            check_ins.append(f"{number:03d},{start.isoformat()},PHQ-9,{draw.randint(15, 25)}")
            for hours in (2, 24, 72, 168, 330, 500):
                at = start + timedelta(hours=hours * draw.uniform(0.9, 1.1))
                score = draw.choice([3, 6, 9, 13, 19])
                check_ins.append(f"{number:03d},{at.isoformat()},PHQ-9,{score}")
            start += timedelta(days=draw.choice([14, 21, 40]))
    return sessions, check_ins
