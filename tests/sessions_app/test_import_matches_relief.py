"""An imported clinic gives the numbers that the `relief` command gives for its files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from reports.episodes import derive
from reports.frames import check_ins_frame, sessions_frame
from reports.relief_files import read_relief_files
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule
from sessions_app.imports.import_rows import SCORE_ONLY
from sessions_app.models import Clinic, InstrumentScore, Patient, TreatmentSession
from tests.reports.relief_clinic import a_clinic
from tests.sessions_app import import_samples as sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lena")]


def test_the_imported_clinic_has_the_episodes_of_the_relief_command(
    tmp_path: Path, northside: Clinic
) -> None:
    sessions, check_ins = a_clinic(30)
    nasal = [line.replace(",nasal,", ",intranasal,") for line in sessions]
    names = sample.write(tmp_path, nasal, check_ins)
    told = ("--indication", "depression", "--drug", "ketamine", "--birth-dates-unknown")
    sample.run(*names, options=told)
    rule = ResponseRule.for_instrument("PHQ-9")
    files = read_relief_files(Path(names[0]), Path(names[1]), rule)
    by_file = derive(files.sessions, files.check_ins, rule)
    own = TreatmentSession.objects.filter(clinic=northside)
    scores = InstrumentScore.objects.filter(clinic=northside)
    by_record = derive(sessions_frame(own), check_ins_frame(scores), rule)
    numbers = {str(pk): number for pk, number in Patient.objects.values_list("pk", "number")}
    ids = {str(pk): external for pk, external in own.values_list("pk", "external_id")}
    for frame, patient, session in ((by_file, {}, {}), (by_record, numbers, ids)):
        frame["patient_id"] = frame["patient_id"].map(lambda key, m=patient: m.get(key, key))
        frame["session_id"] = frame["session_id"].map(lambda key, m=session: m.get(key, key))
    order = ["patient_id", "session_id"]
    left, right = (frame.sort_values(order).astype(str) for frame in (by_file, by_record))
    assert len(left) > 40
    assert left.to_dict("records") == right.to_dict("records")


def test_a_night_when_the_clocks_change_keeps_its_hours(tmp_path: Path) -> None:
    """In Berlin 02:30 came twice on 25 October 2026: the offset says which one it was."""
    sessions = [
        sample.FULL_HEADER,
        "1,S1,2026-10-25T02:30:00+02:00,iv,40,80,,depression,1979-03-14,2026-10-25T02:45:00+01:00",
    ]
    twice = ["1,2026-10-25T02:30:00+02:00,PHQ-9,20", "1,2026-10-25T02:30:00+01:00,PHQ-9,9"]
    sample.run(*sample.write(tmp_path, sessions, [sample.CHECK_IN_HEADER, *twice]))
    session = TreatmentSession.objects.get()
    assert session.documented_end_at is not None and session.dose_started_at is not None
    assert session.documented_end_at - session.dose_started_at == timedelta(minutes=75)
    first, second = InstrumentScore.objects.values_list("taken_at", flat=True).order_by("taken_at")
    assert second - first == timedelta(hours=1)


def test_the_scales_are_those_of_the_relief_command() -> None:
    for name, (low, high) in SCORE_ONLY.items():
        facts = KNOWN_INSTRUMENTS[name]
        assert (facts.score_min, facts.score_max) == (low, high)
