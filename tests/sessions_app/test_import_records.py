"""History from files: whole or not at all, once however often, and calling nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sessions_app.chairside.session_state import resolved_at
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInRequest,
    Clinic,
    DoseEvent,
    InstrumentScore,
    Patient,
    RecordVersion,
    SideEffect,
    SideEffectChange,
    SignOff,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
)
from tests.conftest import make_patient
from tests.sessions_app import import_samples as sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lena")]

CLINICAL = (
    Patient,
    TreatmentCourse,
    TreatmentSession,
    CheckIn,
    InstrumentScore,
    VitalReading,
    SideEffect,
    SideEffectChange,
    AuditEvent,
)


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in CLINICAL}


def refused(capsys: pytest.CaptureFixture[str], *names: str, options: tuple[str, ...] = ()) -> str:
    """What stands on stderr of an import that must stop with exit code 2 and write nothing."""
    before = counts()
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        sample.run(*names, options=options)
    assert stopped.value.code == 2
    assert counts() == before
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_the_four_files_stand_in_the_record_marked_as_imported(
    tmp_path: Path, northside: Clinic, lena: Staff
) -> None:
    sample.run(*sample.write(tmp_path, vitals=sample.VITALS, effects=sample.EFFECTS))
    seven = Patient.objects.get(clinic=northside, number="007")
    assert (seven.full_name, seven.birth_date) == ("007 Imported", date(1979, 3, 14))
    assert seven.time_zone == northside.time_zone
    first = seven.sessions.get(external_id="S1")
    assert (first.origin, first.drug, first.route) == ("import", "ketamine", "iv")
    assert first.dose_started_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert first.documented_end_at == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert (first.documented_dose_mg, first.weight_kg) == (Decimal("40"), Decimal("80"))
    assert (first.opened_by, first.prescription) == (lena, None)
    nasal = TreatmentSession.objects.get(patient__number="8")
    assert (nasal.drug, nasal.course.indication) == ("esketamine", "chronic_pain")
    assert nasal.dose_started_at == datetime(2026, 3, 3, 8, tzinfo=UTC)
    course = TreatmentCourse.objects.get(patient=seven)
    assert (course.started_on, course.ended_on) == (date(2026, 3, 2), date(2026, 3, 5))
    high = VitalReading.objects.get(session=first, systolic=240)
    assert (high.diastolic, high.spo2, high.temperature_c) == (118, 85, None)
    dissociation = SideEffect.objects.get(session=first, code="dissociation")
    assert (dissociation.grade, dissociation.action) == ("moderate", "paused")
    assert resolved_at(dissociation) == datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
    assert SideEffect.objects.get(code="other").other_text == "itching ears"


def test_scores_are_kept_under_the_codes_of_the_instruments(tmp_path: Path) -> None:
    sample.run(*sample.write(tmp_path))
    kept = InstrumentScore.objects.filter(patient__number="007").order_by("taken_at", "instrument")
    assert [(s.instrument, s.instrument_version, s.score) for s in kept] == [
        ("phq9", "1", Decimal(20)),
        ("phq9", "1", Decimal(14)),
        ("mood_0_10", "1", Decimal(7)),
        ("phq9", "1", Decimal(9)),
        ("madrs", "1", Decimal("12.5")),
    ]
    # The mood and the PHQ-9 of one instant were one check-in.
    assert CheckIn.objects.filter(origin="import").count() == 5
    assert set(kept.values_list("check_in__started_at", flat=True)) == {s.taken_at for s in kept}


def test_the_past_calls_nobody_and_asks_for_nothing(tmp_path: Path) -> None:
    sample.run(*sample.write(tmp_path, vitals=sample.VITALS, effects=sample.EFFECTS))
    for model in (Alert, CheckInRequest, SignOff, DoseEvent):
        assert model._default_manager.count() == 0, model


def test_the_same_files_again_add_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = sample.write(tmp_path, vitals=sample.VITALS, effects=sample.EFFECTS)
    sample.run(*names)
    before = counts()
    versions = list(RecordVersion.objects.order_by("patient_id").values_list("version", flat=True))
    capsys.readouterr()
    sample.run(*names)
    assert counts() == before
    again = list(RecordVersion.objects.order_by("patient_id").values_list("version", flat=True))
    assert again == versions
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in lines[:4]] == [
        "0 rows added, 3 already there",
        "0 rows added, 6 already there, 1 without a score left out",
        "0 rows added, 2 already there",
        "0 rows added, 2 already there",
    ]


def test_a_longer_file_adds_its_new_rows_to_the_same_course(tmp_path: Path) -> None:
    sample.run(*sample.write(tmp_path))
    later = "007,S3,2026-03-09T09:00:00Z,iv,40,80,,depression,,"
    sample.run(*sample.write(tmp_path, [sample.FULL_HEADER, later]))
    course = TreatmentCourse.objects.get(patient__number="007")
    assert course.sessions.count() == course.planned_sessions == 3
    assert (course.started_on, course.ended_on) == (date(2026, 3, 2), date(2026, 3, 9))
    assert course.history.count() == 2


def test_what_was_derived_from_a_patient_is_older_after_an_import(tmp_path: Path) -> None:
    versions = RecordVersion.objects.filter(patient__number="007").values_list("version", flat=True)
    names = sample.write(tmp_path, None, sample.CHECK_INS[:1], sample.VITALS, sample.EFFECTS)
    sample.run(*names)
    # Added, then one session file, one of readings, one of side effects.
    assert versions.get() == 4
    sample.run(*sample.write(tmp_path))
    assert versions.get() == 5
    later = "007,S3,2026-03-09T09:00:00Z,iv,40,80,,depression,,"
    sample.run(*sample.write(tmp_path, [sample.FULL_HEADER, later]))
    assert versions.get() == 6


@pytest.mark.parametrize("born", ["1850-01-01", "2999-01-01"])
def test_a_birth_date_that_nobody_alive_has(
    born: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = f"9,S1,2026-03-02T09:00:00Z,iv,40,80,,depression,{born},"
    names = sample.write(tmp_path, [sample.FULL_HEADER, row], sample.CHECK_INS[:1])
    (line,) = refused(capsys, *names).splitlines()
    assert line.startswith(f"{names[0]}:2: birth_date: {born}")


def test_one_reading_twice_in_a_file_counts_once_and_never_with_two_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = [*sample.VITALS, sample.VITALS[-1]]
    sample.run(*sample.write(tmp_path, vitals=twice))
    assert VitalReading.objects.count() == 2
    other = [sample.VITAL_HEADER, "007,S1,2026-03-02T10:00Z,130,80,98,,"]
    names = sample.write(tmp_path, vitals=[*other, other[1].replace("98", "97")])
    (line,) = refused(capsys, *names).splitlines()
    assert line.startswith(f"{names[2]}:3: spo2: ") and "(98)" in line


@pytest.mark.parametrize(
    ("row", "column", "facts"),
    [
        ("007,S1,2026-03-02T09:01:00Z,iv,40,80", "session_start", "2026-03-02T09:00:00Z"),
        ("007,S1,2026-03-02T09:00:00Z,im,40,80", "route", "(iv)"),
        ("007,S1,2026-03-02T09:00:00Z,iv,41,80", "dose_mg", "(40.00)"),
        ("007,S1,2026-03-02T09:00:00Z,iv,40,", "weight_kg", "(80.0)"),
    ],
)
def test_the_same_session_with_another_fact_is_named(
    row: str, column: str, facts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.run(*sample.write(tmp_path))
    ended = ",,depression,1979-03-14,2026-03-02T11:00:00Z"
    names = sample.write(tmp_path, [sample.FULL_HEADER, row + ended])
    (line,) = refused(capsys, *names).splitlines()
    assert line.startswith(f"{names[0]}:2: {column}: ") and "S1" in line and facts in line


def test_another_score_at_the_same_instant_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.run(*sample.write(tmp_path))
    names = sample.write(tmp_path, None, [*sample.CHECK_INS, "007,2026-03-02T09:00Z,PHQ-9,19"])
    (line,) = refused(capsys, *names).splitlines()
    assert line.startswith(f"{names[1]}:9: score: ") and "(20)" in line


def test_two_scores_of_one_instant_in_one_file_are_both_kept_as_relief_reads_them(
    tmp_path: Path,
) -> None:
    rows = ["8,2026-03-04T09:00Z,PHQ-9,5", "8,2026-03-04T09:00Z,PHQ-9,9"]
    names = sample.write(tmp_path, None, [sample.CHECK_IN_HEADER, *rows, rows[0]])
    sample.run(*names)
    sample.run(*names)
    assert sorted(InstrumentScore.objects.values_list("score", flat=True)) == [5, 9]


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        ({"vitals": ["007,S1,2026-03-02T09:40Z,241,118,85,,"]}, "vitals.csv:2: systolic: "),
        ({"vitals": ["007,S9,2026-03-02T09:40Z,120,80,98,,"]}, "vitals.csv:2: session_id: "),
        ({"vitals": ["8,S2,2026-03-05T09:40Z,120,80,98,,"]}, "vitals.csv:2: session_id: "),
        ({"vitals": ["007,S1,2026-03-05T09:40Z,120,80,98,,"]}, "vitals.csv:2: taken_at: "),
        (
            {"effects": ["007,S1,2026-03-02T09:20Z,other,severe,,itching ears,"]},
            "effects.csv:2: grade: ",
        ),
        ({"effects": ["8,S1,2026-03-03T08:20Z,site_pain,mild,,,"]}, "effects.csv:2: code: "),
    ],
)
def test_an_entry_that_does_not_fit_the_record_is_named(
    lines: dict[str, list[str]], start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.run(*sample.write(tmp_path, vitals=sample.VITALS, effects=sample.EFFECTS))
    headers = {"vitals": sample.VITAL_HEADER, "effects": sample.EFFECT_HEADER}
    files = {kind: [headers[kind], *rows] for kind, rows in lines.items()}
    names = sample.write(tmp_path, **files)  # type: ignore[arg-type]
    kind = next(iter(files))
    options = (f"--{kind}", names[2])
    (line,) = refused(capsys, *names[:2], options=options).splitlines()
    assert line.startswith(f"{tmp_path}/{start}"), line


def test_a_problem_in_the_last_file_leaves_nothing_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [sample.VITAL_HEADER, "007,S1,2026-03-02T09:40Z,900,80,98,,"]
    names = sample.write(tmp_path, vitals=bad)
    (line,) = refused(capsys, *names).splitlines()
    assert line == (
        f"{names[2]}:2: systolic: 900 cannot be true (30–300); correct it or leave it blank"
    )
    # One that only the record can find: the sessions were written by then.
    bad = [sample.VITAL_HEADER, "007,S9,2026-03-02T09:40Z,120,80,98,,"]
    assert "S9" in refused(capsys, *sample.write(tmp_path, vitals=bad))


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = counts()
    sample.run(*sample.write(tmp_path), options=("--dry-run",))
    out = capsys.readouterr().out
    assert "3 rows added, 0 already there, 2 new patients" in out and "dry run" in out
    assert counts() == before


def test_nothing_is_guessed_of_the_two_plain_files_of_relief(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = [sample.SESSION_HEADER, "007,S1,2026-03-02T09:00:00Z,intranasal,56,80"]
    names = sample.write(tmp_path, plain, [sample.CHECK_IN_HEADER])
    error = refused(capsys, *names)
    assert "give --indication for all rows" in error and "give --drug for all rows" in error
    told = ("--indication", "depression", "--drug", "esketamine")
    assert "give --birth-dates-unknown" in refused(capsys, *names, options=told)
    sample.run(*names, options=(*told, "--birth-dates-unknown"))
    session = TreatmentSession.objects.get()
    assert (session.drug, session.course.indication) == ("esketamine", "depression")
    assert session.patient.birth_date == date(1900, 1, 1)


def test_a_known_patient_is_found_by_number_and_not_changed(
    tmp_path: Path, northside: Clinic
) -> None:
    known = make_patient(northside, "007", "Maya", "Vale")
    sample.run(*sample.write(tmp_path))
    known.refresh_from_db()
    assert known.full_name == "Maya Vale"
    assert known.sessions.count() == 2


def test_a_number_with_another_birth_date_may_be_another_person(
    tmp_path: Path, northside: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    make_patient(northside, "8", "Ada", "Quill")
    names = sample.write(tmp_path)
    (line,) = refused(capsys, *names).splitlines()
    assert line.startswith(f"{names[0]}:4: birth_date: ") and "(1979-03-14)" in line


def test_another_clinics_patient_with_the_same_number_is_left_alone(
    tmp_path: Path, elsewhere: Clinic
) -> None:
    other = make_patient(elsewhere, "007", "Olga", "Stranger")
    sample.run(*sample.write(tmp_path))
    assert other.sessions.count() == 0
    assert set(TreatmentSession.objects.values_list("clinic__name", flat=True)) == {"Northside"}


def test_every_session_and_every_file_of_check_ins_leaves_one_audit_line(
    tmp_path: Path, lena: Staff
) -> None:
    sample.run(*sample.write(tmp_path, vitals=sample.VITALS, effects=sample.EFFECTS))
    tags = list(AuditEvent.objects.order_by("tag").values_list("tag", flat=True))
    assert tags == [
        "check-in:import",
        "effect:import",
        "patient:create",
        "patient:create",
        "session:import",
        "session:import",
        "session:import",
        "vital:import",
    ]
    assert set(AuditEvent.objects.values_list("by", flat=True)) == {lena.pk}


@pytest.mark.usefixtures("remy", "otto")
@pytest.mark.parametrize(
    ("clinic", "options", "words"),
    [
        ("Nowhere", (), "There is no clinic “Nowhere”; write one of these: Elsewhere, Northside"),
        ("Northside", ("--by", "remy"), "give --by USERNAME"),
        ("Northside", ("--by", "otto"), "give --by USERNAME"),
        ("Elsewhere", (), "give --by USERNAME"),
    ],
)
def test_an_import_needs_a_clinic_and_somebody_who_works_there(
    clinic: str,
    options: tuple[str, ...],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        sample.run(*sample.write(tmp_path), clinic=clinic, options=options)
    assert words in capsys.readouterr().err


def test_progress_is_quiet_without_a_terminal_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.run(*sample.write(tmp_path))
    assert capsys.readouterr().err == ""
    sample.run(*sample.write(tmp_path), options=("--progress",))
    assert "sessions.csv" in capsys.readouterr().err
