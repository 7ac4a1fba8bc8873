"""The four files of an invented clinic's history, and how a test imports them."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command

SESSION_HEADER = "patient_id,session_id,session_start,route,dose_mg,weight_kg"
FULL_HEADER = f"{SESSION_HEADER},drug,indication,birth_date,ended_at"
CHECK_IN_HEADER = "patient_id,taken_at,instrument,score"
VITAL_HEADER = "patient_id,session_id,taken_at,systolic,diastolic,spo2,temperature_c,position"
EFFECT_HEADER = "patient_id,session_id,onset_at,code,grade,resolved_at,other_text,action"

SESSIONS = [
    FULL_HEADER,
    "007,S1,2026-03-02T09:00:00Z,iv,40,80,,depression,1979-03-14,2026-03-02T11:00:00Z",
    "007,S2,2026-03-05T09:00:00Z,IV,40.5,80.2,,depression,1979-03-14,",
    "8,S1,2026-03-03T09:00:00+01:00,intranasal,56,,esketamine,Chronic pain,1965-07-01,",
]
CHECK_INS = [
    CHECK_IN_HEADER,
    "007,2026-03-02T09:00:00Z,PHQ-9,20",
    "007,2026-03-02T11:00:00Z,PHQ-9,14",
    "007,2026-03-03T10:00:00+01:00,PHQ-9,9",
    "007,2026-03-03T10:00:00+01:00,mood_0_10,7",
    "007,2026-03-04T09:00:00Z,MADRS,12.5",
    "8,2026-03-03T08:00:00Z,pain_0_10,8",
    "8,2026-03-04T08:00:00Z,pain_0_10,",
]
VITALS = [
    VITAL_HEADER,
    "007,S1,2026-03-02T08:55:00Z,128,82,98,36.8,reclined",
    "007,S1,2026-03-02T09:40:00Z,240,118,85,,",
]
EFFECTS = [
    EFFECT_HEADER,
    "007,S1,2026-03-02T09:10:00Z,dissociation,moderate,2026-03-02T10:20:00Z,,paused",
    "007,S1,2026-03-02T09:20:00Z,other,mild,,itching ears,",
]


def write(
    folder: Path,
    sessions: list[str] | None = None,
    check_ins: list[str] | None = None,
    vitals: list[str] | None = None,
    effects: list[str] | None = None,
) -> list[str]:
    """The files, and their names in the order of the command; None leaves out the last two."""
    given = {
        "sessions.csv": SESSIONS if sessions is None else sessions,
        "checkins.csv": CHECK_INS if check_ins is None else check_ins,
        "vitals.csv": vitals,
        "effects.csv": effects,
    }
    names = []
    for name, lines in given.items():
        if lines is not None:
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
            names.append(str(folder / name))
    return names


def run(*names: str, clinic: str = "Northside", options: tuple[str, ...] = ()) -> None:
    call_command("import_records", *names, "--clinic", clinic, *options)
