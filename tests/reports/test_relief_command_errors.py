"""Bad input of the relief command: every problem once, with its line; exit code 2; no output."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reports.relief_files import Problem
from reports.relief_problems import FILE_SENTENCES, problem_line
from tests.reports.relief_clinic import (
    CHECK_IN_HEADER,
    SESSION_HEADER,
    WORKED_CHECK_INS,
    WORKED_SESSIONS,
    a_clinic,
    write,
)

SESSION = "007,S1,2026-03-02T09:00:00Z,iv,40,80"


def refused(
    names: tuple[str, str], folder: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> list[str]:
    """The lines on stderr of a run that must stop with exit code 2 and write nothing."""
    before = sorted(folder.iterdir())
    with pytest.raises(SystemExit) as stopped:
        call_command(
            "relief",
            *names,
            *("--instrument", "PHQ-9", *options),
            *("--json", str(folder / "out.json"), "--svg", str(folder / "svg")),
        )
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == "" and sorted(folder.iterdir()) == before
    return captured.err.splitlines()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("007,S1,2026-03-02T09:00:00,iv,40,80", "has no offset from UTC; add Z"),
        ("007,S1,2026-03-02,iv,40,80", "has no offset from UTC; add Z"),
        ("007,S1,yesterday,iv,40,80", "not a date and time; write it as"),
        ("007,S1,2026-02-30T09:00Z,iv,40,80", "not a date and time"),
        ("007,S1,0001-01-01T00:00+14:00,iv,40,80", "not a date and time"),
        ("007,S1,2026-03-02T09:00:00.1234567Z,iv,40,80", "finer than a microsecond; keep"),
        (",S1,2026-03-02T09:00Z,iv,40,80", "patient_id is blank; fill it in"),
        ("007, ,2026-03-02T09:00Z,iv,40,80", "session_id is blank"),
        ("007,S1,,iv,40,80", "session_start is blank"),
        ("007,S1,2026-03-02T09:00Z,iv,forty,80", "dose_mg “forty” is not a number; write"),
        ("007,S1,2026-03-02T09:00Z,iv,40,8e1", "weight_kg “8e1” is not a number"),
        ("007,S1,2026-03-02T09:00Z,iv,nan,80", "dose_mg “nan” is not a number"),
        ("007,S1,2026-03-02T09:00Z,iv,40,-80", "weight_kg “-80” is below zero; correct it"),
        ("007,S1,2026-03-02T09:00Z,iv,40", "has 5 fields and the header has 6; add or remove"),
        ("007,S1,2026-03-02T09:00Z,iv,40,80,", "has 7 fields and the header has 6"),
        ('007,S1,2026-03-02T09:00Z,"i"v,40,80', "cannot be read as CSV; check its double"),
        ("007,S1,2026-03-02T09:00Z,i\0v,40,80", "null byte; save the file again"),
    ],
)
def test_a_bad_session_row(
    row: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, [SESSION_HEADER, row], WORKED_CHECK_INS)
    (line,) = refused(names, tmp_path, capsys)
    assert line.startswith(f"{names[0]}:2: ") and words in line and "; " in line


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("007,2026-03-02T09:00Z,PHQ-9,28", "score 28 is outside the scale (0–27); correct it"),
        ("007,2026-03-02T09:00Z,PHQ-9,-1", "score -1 is outside the scale"),
        ("007,2026-03-02T09:00Z,PHQ-9,27.001", "outside the scale"),
        ('007,2026-03-02T09:00Z,PHQ-9,"9,5"', "score “9,5” is not a number; write digits"),
        ("007,2026-03-02T09:00Z,PHQ-9,nine", "score “nine” is not a number"),
        ("007,2026-03-02T09:00,PHQ-9,9", "has no offset"),
        ("007,2026-03-02T09:00,GAD-7,x", "has no offset"),
        (",2026-03-02T09:00Z,PHQ-9,9", "patient_id is blank"),
        ("007,2026-03-02T09:00Z,,9", "instrument is blank"),
    ],
)
def test_a_bad_check_in_row(
    row: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, WORKED_SESSIONS, [CHECK_IN_HEADER, row])
    (line,) = refused(names, tmp_path, capsys)
    assert line.startswith(f"{names[1]}:2: ") and words in line


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (CHECK_IN_HEADER + ",note", ["unknown column “note”; remove it"]),
        ("patient_id,taken_at,instrument", ["column “score” is missing; add it"]),
        ("patient_id,taken_at,instrument,score,score", ["“score” appears twice; keep one"]),
        ("patient,taken_at,instrument,score", ["unknown column “patient”", "“patient_id” is"]),
        ("", ["there is no header; the first line must be patient_id,taken_at"]),
    ],
)
def test_a_bad_header(
    header: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, WORKED_SESSIONS, [header])
    lines = refused(names, tmp_path, capsys)
    assert len(lines) == len(words)
    for line, expected in zip(lines, words, strict=True):
        assert line.startswith(f"{names[1]}:1: ") and expected in line


def test_every_problem_of_both_files_is_listed_in_one_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions = [SESSION_HEADER, SESSION, SESSION, '007,"S\n2",nope,iv,40,80', "007,S3,,iv,x,80"]
    check_ins = [*WORKED_CHECK_INS, '1,2026-03-02T09:00Z,"PH"Q,1', "1,2026-03-02T09:00,PHQ-9,99"]
    names = write(tmp_path, sessions, check_ins)
    lines = refused(names, tmp_path, capsys)
    places = [line.removeprefix(str(tmp_path)).split(": ")[0] for line in lines]
    assert places == [
        *("/sessions.csv:3", "/sessions.csv:4", "/sessions.csv:6", "/sessions.csv:6"),
        *("/checkins.csv:8", "/checkins.csv:9", "/checkins.csv:9"),
    ]
    assert "session_id “S1” is already on line 2" in lines[0]


def test_the_same_session_id_of_two_patients_is_no_problem(tmp_path: Path) -> None:
    names = write(tmp_path, [*WORKED_SESSIONS, SESSION.replace("007", "7")], WORKED_CHECK_INS)
    call_command("relief", *names, "--instrument", "PHQ-9", "--json", str(tmp_path / "o.json"))


def test_bytes_that_are_not_utf8_are_found_on_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    with Path(names[0]).open("ab") as file:
        file.write("José,S1,2026-03-02T09:00Z,iv,40,80\n".encode("latin-1"))
    (line,) = refused(names, tmp_path, capsys)
    assert line.startswith(f"{names[0]}:3: the row is not UTF-8; save the file")


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    (line,) = refused((names[0], str(tmp_path / "none.csv")), tmp_path, capsys)
    assert "none.csv:1: the file cannot be read" in line and "; check the path" in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--loss-frac", "0.6"), "--loss-frac is above the response fraction; give"),
        (("--response-frac", "0"), "--response-frac must be above 0"),
        (("--confirm-loss", "0"), "--confirm-loss must be 1 or more"),
        (("--confirm-onset", "0"), "--confirm-onset must be 1 or more"),
        (("--as-of", "2026-03-02"), "--as-of has no offset from UTC; add Z"),
        (("--instrument", "joy", "--higher-is-better"), "needs its maximum; add --score-max"),
        (("--score-max", "0"), "--score-max must be above"),
        (("--onset-horizon-days", "0"), "--onset-horizon-days must be above 0"),
        (("--course-gap-days", "-1"), "--course-gap-days must be 0 or more"),
        (("--baseline-window-days", "-1"), "--baseline-window-days must be 0 or more"),
        (("--instrument", ""), "--instrument is empty"),
        (("--loss-frac", "-1"), "--loss-frac must be from 0 to 1"),
    ],
)
def test_an_option_that_cannot_be_used(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    (line,) = refused(names, tmp_path, capsys, *options)
    assert words in line


@pytest.mark.parametrize(
    "option",
    [
        ("--response-frac", "half"),
        ("--tau-hours", "0"),
        ("--tau-hours", "inf"),
        ("--seed", "-1"),
        ("--as-of", "soon"),
        ("--baseline-mode", "patient"),
    ],
)
def test_an_option_that_cannot_be_read(option: tuple[str, str], tmp_path: Path) -> None:
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    with pytest.raises(CommandError, match=option[0]):
        call_command("relief", *names, "--instrument", "PHQ-9", *option)


def test_a_place_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path, WORKED_SESSIONS, WORKED_CHECK_INS)
    target = tmp_path / "no" / "out.json"
    with pytest.raises(SystemExit) as stopped:
        call_command("relief", *names, "--instrument", "PHQ-9", "--json", str(target))
    assert stopped.value.code == 2
    assert f"{target} cannot be written" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 2


def test_figures_that_were_ready_are_not_left_half_written(tmp_path: Path) -> None:
    names = write(tmp_path, *a_clinic(25))
    figures, target = tmp_path / "figures", tmp_path / "no" / "out.json"
    with pytest.raises(SystemExit):
        call_command(
            "relief",
            *names,
            *("--instrument", "PHQ-9", "--svg", str(figures), "--json", str(target)),
        )
    assert list(figures.iterdir()) == []


def test_every_kind_of_problem_has_a_sentence_that_says_what_to_do() -> None:
    for code in FILE_SENTENCES:
        line = problem_line(Problem("f.csv", 3, code, "a\nb", "c"))
        assert line.startswith("f.csv:3: ") and "\n" not in line
        assert ";" in line
