"""What each column of an import may hold: every problem once, with its line, column and limit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sessions_app.imports.import_problems import SENTENCES, problem_line
from sessions_app.imports.import_rows import (
    COLUMNS,
    DRUGS,
    INDICATIONS,
    ROUTES,
    Defaults,
    ImportFile,
    Kind,
    read_import_file,
)
from sessions_app.models import courses
from tests.sessions_app import import_samples as sample

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOLD = Defaults(indication="depression", drug="ketamine")
SESSION = "007,S1,2026-03-02T09:00:00Z,iv,40,80"


def read(
    folder: Path, kind: Kind, *lines: str, defaults: Defaults = TOLD, encoding: str = "utf-8"
) -> ImportFile:
    path = folder / f"{kind}.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return read_import_file(kind, path, defaults=defaults, now=NOW, name=f"{kind}.csv")


def words(file: ImportFile) -> list[str]:
    return [problem_line(problem) for problem in file.problems]


@pytest.mark.parametrize(
    ("row", "start", "said"),
    [
        (",S1,2026-03-02T09:00Z,iv,40,80", "patient_id: ", "fill it in"),
        ("007 ,S1,2026-03-02T09:00Z,iv,40,80", "patient_id: ", "a blank before or after"),
        ("7" * 31 + ",S1,2026-03-02T09:00Z,iv,40,80", "patient_id: ", "(30)"),
        ("007, ,2026-03-02T09:00Z,iv,40,80", "session_id: ", "fill it in"),
        ("007,S1,,iv,40,80", "session_start: ", "fill it in"),
        ("007,S1,2026-03-02T09:00:00,iv,40,80", "session_start: ", "has no offset from UTC"),
        ("007,S1,2026-03-02,iv,40,80", "session_start: ", "has no offset from UTC"),
        ("007,S1,2026-02-30T09:00Z,iv,40,80", "session_start: ", "not a date and time"),
        ("007,S1,0001-01-01T00:00+14:00,iv,40,80", "session_start: ", "not a date and time"),
        ("007,S1,2026-03-02T09:00:00.1234567Z,iv,40,80", "session_start: ", "six digits"),
        ("007,S1,2026-11-20T12:00:01Z,iv,40,80", "session_start: ", "is in the future"),
        ("007,S1,1969-12-31T00:00Z,iv,40,80", "session_start: ", "(1970-01-01)"),
        ("007,S1,2026-03-02T09:00Z,drip,40,80", "route: ", "(iv, im, sc, intranasal, oral"),
        ("007,S1,2026-03-02T09:00Z,,40,80", "route: ", "fill it in"),
        ("007,S1,2026-03-02T09:00Z,iv,forty,80", "dose_mg: ", "“forty” is not a number"),
        ('007,S1,2026-03-02T09:00Z,iv,"40,5",80', "dose_mg: ", "with a point"),
        ("007,S1,2026-03-02T09:00Z,iv,0,80", "dose_mg: ", "0 cannot be true (1–1000)"),
        ("007,S1,2026-03-02T09:00Z,iv,1001,80", "dose_mg: ", "1001 cannot be true (1–1000)"),
        ("007,S1,2026-03-02T09:00Z,iv,nan,80", "dose_mg: ", "not a number"),
        ("007,S1,2026-03-02T09:00Z,iv,40,-80", "weight_kg: ", "(25–350)"),
        ("007,S1,2026-03-02T09:00Z,iv,40,8e1", "weight_kg: ", "not a number"),
        ("007,S1,2026-03-02T09:00Z,iv,40", "", "the row has 5 fields"),
        ('007,S1,2026-03-02T09:00Z,"i"v,40,80', "", "check its double quotes"),
        ("007,S1,2026-03-02T09:00Z,i\0v,40,80", "route: ", "null byte"),
    ],
)
def test_a_bad_session_row(row: str, start: str, said: str, tmp_path: Path) -> None:
    (line,) = words(read(tmp_path, "sessions", sample.SESSION_HEADER, row))
    assert line.startswith(f"sessions.csv:2: {start}") and said in line and "; " in line


@pytest.mark.parametrize(
    ("more", "start", "said"),
    [
        ("morphine,depression,,", "drug: ", "(ketamine, esketamine)"),
        ("esketamine,depression,,", "drug: ", "by nose only (intranasal)"),
        (",grief,,", "indication: ", "(depression, chronic_pain)"),
        (",depression,14.03.1979,", "birth_date: ", "write it as 1979-03-14"),
        (",depression,1979-02-29,", "birth_date: ", "not a date"),
        (",depression,,2026-03-02T08:59Z", "ended_at: ", "before the start"),
        (",depression,,2026-03-03T09:01Z", "ended_at: ", "hours after it (24)"),
        (",depression,,2026-03-02", "ended_at: ", "no offset"),
    ],
)
def test_a_bad_optional_column(more: str, start: str, said: str, tmp_path: Path) -> None:
    (line,) = words(read(tmp_path, "sessions", sample.FULL_HEADER, f"{SESSION},{more}"))
    assert line.startswith(f"sessions.csv:2: {start}") and said in line


def test_nothing_is_guessed_but_what_the_route_decides(tmp_path: Path) -> None:
    nasal = SESSION.replace("iv", "intranasal").replace("S1", "S2")
    file = read(tmp_path, "sessions", sample.SESSION_HEADER, SESSION, nasal, defaults=Defaults())
    assert [(p.line, p.column, p.code) for p in file.problems] == [
        (2, "indication", "not_given"),
        (3, "drug", "not_given"),
        (3, "indication", "not_given"),
    ]


def test_two_rows_of_one_session_and_two_birth_dates_of_one_patient(tmp_path: Path) -> None:
    first = f"{SESSION},,,1979-03-14,"
    file = read(
        tmp_path,
        "sessions",
        sample.FULL_HEADER,
        first,
        first.replace("S1", "S2").replace("1979", "1980"),
        first,
    )
    assert [(p.line, p.code, p.limit) for p in file.problems] == [
        (3, "other_birth_date", "1979-03-14"),
        (4, "repeated_session", "2"),
    ]


@pytest.mark.parametrize(
    ("row", "start", "said"),
    [
        ("007,2026-03-02T09:00Z,PHQ-9,28", "score: ", "outside the scale (0–27)"),
        ("007,2026-03-02T09:00Z,PHQ-9,-1", "score: ", "outside the scale"),
        ("007,2026-03-02T09:00Z,WHO-5,101", "score: ", "(0–100)"),
        ("007,2026-03-02T09:00Z,own scale,10000", "score: ", "(0–9999.99)"),
        ('007,2026-03-02T09:00Z,PHQ-9,"9,5"', "score: ", "not a number"),
        ("007,2026-03-02T09:00Z,PEG,3.333", "score: ", "so many decimals"),
        ("007,2026-03-02T09:00Z,phq9,9", "instrument: ", "another spelling (PHQ-9)"),
        ("007,2026-03-02T09:00Z,Mood 0-10,9", "instrument: ", "(mood_0_10)"),
        ("007,2026-03-02T09:00Z, ,9", "instrument: ", "fill it in"),
        ("007,2026-03-02T09:00,PHQ-9,9", "taken_at: ", "has no offset"),
        (",2026-03-02T09:00Z,PHQ-9,9", "patient_id: ", "fill it in"),
    ],
)
def test_a_bad_check_in_row(row: str, start: str, said: str, tmp_path: Path) -> None:
    (line,) = words(read(tmp_path, "checkins", sample.CHECK_IN_HEADER, row))
    assert line.startswith(f"checkins.csv:2: {start}") and said in line


@pytest.mark.parametrize(
    ("values", "start", "said"),
    [
        ("900,82,98,36.8,", "systolic: ", "900 cannot be true (30–300)"),
        ("120.5,82,98,36.8,", "systolic: ", "not a whole number (30–300)"),
        ("120,120,98,36.8,", "diastolic: ", "not below the systolic pressure (< 120)"),
        ("120,80,98,98.6,", "temperature_c: ", "Fahrenheit (25–45)"),
        ("120,80,98,36.85,", "temperature_c: ", "(1); round it to so many decimals"),
        ("120,80,98,9" + "9" * 29 + ",", "temperature_c: ", "cannot be true"),
        (",,,,reclined", "", "no sign was measured"),
        ("120,80,98,,asleep", "position: ", "(sitting, reclined, lying, standing)"),
    ],
)
def test_a_reading_that_cannot_be_true(values: str, start: str, said: str, tmp_path: Path) -> None:
    row = f"007,S1,2026-03-02T09:40Z,{values}"
    (line,) = words(read(tmp_path, "vitals", sample.VITAL_HEADER, row))
    assert line.startswith(f"vitals.csv:2: {start}") and said in line


def test_a_dangerous_reading_is_kept(tmp_path: Path) -> None:
    header = "patient_id,session_id,taken_at,systolic,respiratory_rate"
    file = read(tmp_path, "vitals", header, "007,S1,2026-03-02T09:40Z,240,0")
    assert file.problems == []
    assert file.vitals[0].values == {"systolic": 240, "respiratory_rate": 0}


@pytest.mark.parametrize(
    ("rest", "start", "said"),
    [
        ("dizzy,mild,,,", "code: ", "“dizzy” is not known"),
        ("nausea,awful,,,", "grade: ", "(mild, moderate, severe)"),
        ("nausea,mild,2026-03-02T09:00Z,,", "resolved_at: ", "before the onset"),
        ("other,mild,,,", "other_text: ", "fill it in"),
        ("nausea,mild,,queasy,", "other_text: ", "write the code other"),
        ("other,mild,," + "x" * 81 + ",", "other_text: ", "(80)"),
        ("nausea,mild,,,prayed", "action: ", "(none, paused, rate_reduced, stopped, drug_given)"),
    ],
)
def test_a_bad_effect_row(rest: str, start: str, said: str, tmp_path: Path) -> None:
    row = f"007,S1,2026-03-02T09:10Z,{rest}"
    (line,) = words(read(tmp_path, "effects", sample.EFFECT_HEADER, row))
    assert line.startswith(f"effects.csv:2: {start}") and said in line


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (f"{sample.SESSION_HEADER},colour", "colour: the column is not known"),
        (f"{sample.SESSION_HEADER},route", "route: the column appears twice; keep one"),
        (sample.SESSION_HEADER.removesuffix(",weight_kg"), "weight_kg: the column is missing"),
    ],
)
def test_a_bad_header_is_the_one_problem(header: str, said: str, tmp_path: Path) -> None:
    (line,) = words(read(tmp_path, "sessions", header, "1,2,3"))
    assert line.startswith("sessions.csv:1: ") and said in line


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    (line,) = words(read(tmp_path, "checkins", ""))
    assert line == (
        "checkins.csv:1: there is no header (patient_id,taken_at,instrument,score); "
        "write these columns on the first line"
    )


def test_every_problem_of_a_file_is_listed(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "sessions",
        sample.SESSION_HEADER,
        ",S1,soon,iv,0,80",
        SESSION,
        "007,S2,2026-03-02T09:00Z,drip,40,999",
    )
    assert [(p.line, p.column) for p in file.problems] == [
        (2, "patient_id"),
        (2, "session_start"),
        (2, "dose_mg"),
        (4, "route"),
        (4, "weight_kg"),
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = read_import_file("vitals", tmp_path / "no.csv", defaults=TOLD, now=NOW, name="no.csv")
    (line,) = words(file)
    assert line.startswith("no.csv:1: the file cannot be read: ")


def test_a_cell_in_another_encoding(tmp_path: Path) -> None:
    row = "Jürgen,S1,2026-03-02T09:00Z,iv,40,80"
    (line,) = words(read(tmp_path, "sessions", sample.SESSION_HEADER, row, encoding="latin-1"))
    assert line.startswith("sessions.csv:2: patient_id: the text is not UTF-8")


def test_columns_in_any_order_a_byte_order_mark_and_ids_as_text(tmp_path: Path) -> None:
    header = ",".join(reversed(sample.SESSION_HEADER.split(",")))
    row = ",".join(reversed(SESSION.split(",")))
    file = read(tmp_path, "sessions", header, row, "", encoding="utf-8-sig")
    (session,) = file.sessions
    assert (session.patient_id, session.session_id, session.line) == ("007", "S1", 2)


def test_blank_scores_doses_and_weights_stay_unknown_and_finer_ones_are_rounded(
    tmp_path: Path,
) -> None:
    file = read(
        tmp_path,
        "sessions",
        sample.SESSION_HEADER,
        "007,S1,2026-03-02T09:00Z,iv,,",
        "007,S2,2026-03-05T09:00Z,iv,40.125,80.25",
    )
    assert [(s.dose_mg, s.weight_kg) for s in file.sessions] == [
        (None, None),
        (Decimal("40.13"), Decimal("80.3")),
    ]
    assert file.rounded == 2
    row = "007,2026-03-02T09:00Z,PHQ-9,"
    check_ins = read(tmp_path, "checkins", sample.CHECK_IN_HEADER, row)
    assert (check_ins.check_ins, check_ins.blank_scores, check_ins.problems) == ([], 1, [])


def test_a_value_from_a_file_cannot_break_the_line(tmp_path: Path) -> None:
    row = '"00\n7 ",S1,2026-03-02T09:00Z,iv,40,80'
    (line,) = words(read(tmp_path, "sessions", sample.SESSION_HEADER, row))
    assert "\n" not in line and "\x1b" not in line


def test_the_choices_are_those_of_the_record() -> None:
    for plain, choices in (
        (ROUTES, courses.ROUTES),
        (DRUGS, courses.DRUGS),
        (INDICATIONS, courses.INDICATIONS),
    ):
        assert list(plain) == [code for code, _ in choices]


def test_no_sentence_is_without_a_use() -> None:
    root = Path(__file__).resolve().parents[2] / "sessions_app"
    files = [root / "imports" / "import_files.py", root / "imports" / "import_rows.py"]
    files += sorted((root / "actions").glob("import*.py"))
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    from_limits = {
        *("implausible_low", "implausible_high", "not_an_integer", "looks_like_fahrenheit"),
        *("diastolic_not_below_systolic", "nothing_entered", "in_the_future", "too_long_ago"),
    }
    unused = [code for code in SENTENCES if f'"{code}"' not in source and code not in from_limits]
    assert unused == []


def test_the_columns_of_relief_are_the_required_ones() -> None:
    assert ",".join(COLUMNS["sessions"][0]) == sample.SESSION_HEADER
    assert ",".join(COLUMNS["checkins"][0]) == sample.CHECK_IN_HEADER
