"""What only some invented patients go through: cries for help, slips, amendments, an old record."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sessions_app.actions.alerts import close_alert, log_call, take_alert
from sessions_app.actions.corrections import correct_reading
from sessions_app.actions.imports import import_file
from sessions_app.actions.signoff import amend_session
from sessions_app.demo.chairside import at
from sessions_app.demo.clinics import ClinicSpec, Team
from sessions_app.demo.course_of_illness import ROUTES, Illness
from sessions_app.imports.import_rows import Defaults, Kind, read_import_file
from sessions_app.models import Alert, Patient, TreatmentSession

# Places of the first clinic's first patients, which the demo shows today.
KEPT = range(6)
RUNNING, ALARM, READY, DUE_QUESTIONNAIRE, HISTORY, SILENT = KEPT
NOT_STARTED_SESSION = 2  # of SILENT
TRANSFERRED_SESSION = 3  # of HISTORY
AMENDED_SESSION = 1  # of HISTORY
IMPORTED_DAYS = (0, 3, 7, 35, 63)  # sessions of the old record ...
IMPORTED_DAYS_BEFORE = 430  # ... the first so long before the patient came to this clinic


def is_kept(spec: ClinicSpec, index: int, *cases: int) -> bool:
    """Whether the patient in place `index` of the clinic is one of `cases`."""
    return not spec.suffix and index in cases


def prepare(illness: Illness, index: int) -> None:
    """Afterwards a kept patient has the route that the demo shows; the first four answer and
    respond too.
    """
    illness.plan = ROUTES[1] if index == READY else ROUTES[0]
    if index <= DUE_QUESTIONNAIRE:
        illness.leaves_after = 0
        illness.responder = True
        illness.thinks_of_death = False


def answer_cries(team: Team, rng: random.Random, alerts: Iterable[Alert]) -> None:
    """Afterwards each cry for help was taken within minutes, called and closed; a fallen mood was
    talked over at the next visit.
    """
    physician = team.physician
    for alert in alerts:
        if alert.code == "mood_fall":
            close_alert(
                by=physician,
                alert=alert,
                outcome="followed_up",
                write_key=None,
                note="Talked over on the phone.",
                clock=at(alert.raised_at + timedelta(minutes=rng.randint(20, 300))),
            )
            continue
        taken = alert.raised_at + timedelta(minutes=rng.randint(2, 14))
        called = taken + timedelta(minutes=4)
        take_alert(by=physician, alert=alert, write_key=None, clock=at(taken))
        log_call(
            by=physician,
            alert=alert,
            result="reached",
            called="patient",
            note="Spoke for ten minutes.",
            write_key=None,
            clock=at(called),
        )
        close_alert(
            by=physician,
            alert=alert,
            outcome="spoke_plan" if alert.level == "high" else "spoke_safe",
            write_key=None,
            note="Safety plan read together; seen again this week.",
            clock=at(called + timedelta(minutes=12)),
        )


def slip_and_correct(team: Team, session: TreatmentSession) -> None:
    """Afterwards the last reading with a pressure is struck and entered right."""
    reading = session.readings.standing().order_by("taken_at").last()
    if reading is None or reading.systolic is None or reading.diastolic is None:
        return
    correct_reading(
        by=team.nurse,
        reading=reading,
        values={"systolic": reading.systolic + 4, "diastolic": reading.diastolic},
        reason="Misread the monitor",
        write_key=None,
        clock=at(reading.taken_at + timedelta(minutes=1)),
    )


def amend(team: Team, session: TreatmentSession, left: datetime) -> None:
    """Afterwards the signed session has an amendment, three hours after the patient left."""
    amend_session(
        by=team.nurse,
        session=session,
        text="The escort was the patient's sister.",
        reason="Name was missing",
        write_key=None,
        clock=at(left + timedelta(hours=3)),
    )


# --- the record of a former clinic, imported


def import_history(team: Team, patient: Patient, illness: Illness, came: datetime) -> None:
    """Afterwards the patient's years before this clinic stand in the record, from four files."""
    rows = _old_record(patient, illness, came)
    with TemporaryDirectory() as folder:
        for kind, (header, lines) in rows.items():
            path = Path(folder) / f"{kind}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([header, *lines])
            read = read_import_file(
                kind, path, defaults=Defaults("depression"), now=came, name=path.name
            )
            assert not read.problems, read.problems
            import_file(by=team.lead, file=read, clock=at(came))


def _old_record(
    patient: Patient, illness: Illness, came: datetime
) -> dict[Kind, tuple[Sequence[str], list[Sequence[object]]]]:
    rng, number = illness.rng, patient.number
    zone = ZoneInfo(patient.time_zone)
    first = came.astimezone(zone) - timedelta(days=IMPORTED_DAYS_BEFORE)
    sessions: list[Sequence[object]] = []
    scores: list[Sequence[object]] = []
    vitals: list[Sequence[object]] = []
    effects: list[Sequence[object]] = []
    dose = round(illness.weight_kg / 2, 2)
    for place, days in enumerate(IMPORTED_DAYS, start=1):
        name, start = f"OLD-{place}", first + timedelta(days=days)
        end = start + timedelta(minutes=95)
        sessions.append(
            [number, name, start.isoformat(), "iv", dose, illness.weight_kg, end.isoformat()]
        )
        for hours, level in ((-1, 0.0), (24, 0.8), (70, 0.7)):
            taken = (start + timedelta(hours=hours)).isoformat()
            scores.append([number, taken, "mood_0_10", illness.score("mood_0_10", level)])
            if hours < 0 and days % 7 == 0:
                scores.append([number, taken, "PHQ-9", illness.score("phq9", level)])
        for reading in illness.vitals([20, 40, 80]):
            taken = (start + timedelta(minutes=round(reading.minute))).isoformat()
            pressure = [reading.values[sign] for sign in ("systolic", "diastolic", "heart_rate")]
            vitals.append([number, name, taken, *pressure])
        onset, gone = (start + timedelta(minutes=m) for m in (12, rng.randint(50, 75)))
        effects.append([number, name, onset.isoformat(), "dissociation", "mild", gone.isoformat()])
    who = ("patient_id", "session_id")
    return {
        "sessions": (
            (*who, "session_start", "route", "dose_mg", "weight_kg", "ended_at"),
            sessions,
        ),
        "checkins": (("patient_id", "taken_at", "instrument", "score"), scores),
        "vitals": ((*who, "taken_at", "systolic", "diastolic", "heart_rate"), vitals),
        "effects": ((*who, "onset_at", "code", "grade", "resolved_at"), effects),
    }
