"""Reading and checking the two CSV files of the `relief` command, without Django.

Every problem is found before anything is computed, and each one knows its file, its line and a
code; the command turns codes into sentences.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from reports.frame_columns import CHECK_IN_COLUMNS, SESSION_COLUMNS
from reports.response_rule import ResponseRule

DECIMAL = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
TOO_FINE = re.compile(r"[.,]\d{7,}")
DATE_AND_TIME = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d", re.ASCII)
BROKEN_BYTES = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file: `code` says what, `value` shows it, line 1 is the header."""

    file: str
    line: int
    code: str
    value: str = ""
    limit: str = ""


@dataclass
class ReliefFiles:
    """What the two files hold, or why they cannot be used."""

    sessions: pd.DataFrame
    check_ins: pd.DataFrame
    blank_scores: int
    instruments: tuple[str, ...]
    problems: list[Problem]


@dataclass
class _Reader:
    """One file being read; rows with a problem are left out and the problem is kept."""

    name: str
    problems: list[Problem] = field(default_factory=list)
    line: int = 1

    def refuse(self, code: str, value: str = "", limit: str = "") -> None:
        self.problems.append(Problem(self.name, self.line, code, value, limit))

    def rows(self, path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
        """Each row as text by column name; blank lines are passed over."""
        try:
            text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        except OSError as error:
            self.line = 1
            self.refuse("cannot_read", error.strerror or type(error).__name__)
            return
        lines = self._lines(text)
        names = next(lines, None)
        if self.problems:
            return
        if names is None:
            self.line = 1
            self.refuse("no_header", limit=",".join(columns))
            return
        if not self._header_ok(names, columns):
            return
        for cells in lines:
            if len(cells) != len(names):
                self.refuse("wrong_number_of_fields", str(len(cells)), str(len(names)))
            elif any(BROKEN_BYTES.search(cell) for cell in cells):
                self.refuse("not_utf8")
            elif any("\0" in cell for cell in cells):
                self.refuse("null_byte")
            else:
                yield dict(zip(names, cells, strict=True))

    def _lines(self, text: str) -> Iterator[list[str]]:
        """Rows that are not blank; `line` is then the line on which the row begins."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        done = 0
        while True:
            self.line = done + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                self.refuse("unreadable_row")
                done = max(reader.line_num, self.line)
                continue
            if cells is None:
                return
            done = reader.line_num
            if any(cell.strip() for cell in cells[:1]) or len(cells) > 1:
                yield cells

    def _header_ok(self, names: Sequence[str], columns: Sequence[str]) -> bool:
        before = len(self.problems)
        for name in dict.fromkeys(names):
            if name not in columns:
                shown = BROKEN_BYTES.sub("�", name)
                self.refuse("unknown_column", shown, ",".join(columns))
            elif list(names).count(name) > 1:
                self.refuse("repeated_column", name)
        for name in columns:
            if name not in names:
                self.refuse("missing_column", name)
        return len(self.problems) == before

    def text(self, row: dict[str, str], name: str) -> str | None:
        """The cell as written; a blank one is refused."""
        if not row[name].strip():
            self.refuse("blank", name)
            return None
        return row[name]

    def time(self, row: dict[str, str], name: str) -> datetime | None:
        """An aware time in UTC, to the microsecond."""
        if self.text(row, name) is None:
            return None
        given = row[name].strip()
        try:
            value = datetime.fromisoformat(given)
            if value.utcoffset() is None:
                self.refuse("naive_time", given)
                return None
            utc = value.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse("not_a_time", given)
            return None
        if TOO_FINE.search(given):
            self.refuse("finer_than_a_microsecond", given)
            return None
        if not DATE_AND_TIME.match(given):
            self.refuse("not_a_time", given)
            return None
        return utc

    def number(self, row: dict[str, str], name: str) -> Decimal | None:
        """A decimal with a point."""
        given = row[name].strip()
        if not DECIMAL.fullmatch(given):
            self.refuse("not_a_number", given, name)
            return None
        return Decimal(given)

    def quantity(self, row: dict[str, str], name: str) -> float | None:
        """A quantity that may be left blank and is never negative."""
        if not row[name].strip():
            return None
        value = self.number(row, name)
        if value is not None and value < 0:
            self.refuse("negative", row[name].strip(), name)
        return None if value is None else float(value)


def read_relief_files(sessions: Path, check_ins: Path, rule: ResponseRule) -> ReliefFiles:
    """Both files read and checked whole; `problems` is empty when they can be used.

    Frames: those of `episodes.derive`, scores as Decimal, check-ins of the instrument only.
    `instruments` names every instrument met, for the case that the asked one is not among them.
    """
    session_file = _Reader(str(sessions))
    session_rows = list(_sessions(session_file, sessions))
    check_in_file = _Reader(str(check_ins))
    check_in_rows, blank, met = _check_ins(check_in_file, check_ins, rule)
    return ReliefFiles(
        sessions=_frame(session_rows, SESSION_COLUMNS, "session_start"),
        check_ins=_frame(check_in_rows, CHECK_IN_COLUMNS, "taken_at"),
        blank_scores=blank,
        instruments=met,
        problems=session_file.problems + check_in_file.problems,
    )


def _frame(rows: list[tuple[Any, ...]], columns: Sequence[str], time: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
    frame[time] = pd.to_datetime(frame[time], utc=True).dt.as_unit("us")
    return frame


def _sessions(reader: _Reader, path: Path) -> Iterator[tuple[Any, ...]]:
    first_seen: dict[tuple[str, str], int] = {}
    for row in reader.rows(path, SESSION_COLUMNS):
        patient, session = reader.text(row, "patient_id"), reader.text(row, "session_id")
        start = reader.time(row, "session_start")
        dose, weight = reader.quantity(row, "dose_mg"), reader.quantity(row, "weight_kg")
        if patient is not None and session is not None:
            line = first_seen.setdefault((patient, session), reader.line)
            if line != reader.line:
                reader.refuse("repeated_session", session, str(line))
        yield patient, session, start, row["route"].strip() or None, dose, weight


def _check_ins(
    reader: _Reader, path: Path, rule: ResponseRule
) -> tuple[list[tuple[Any, ...]], int, tuple[str, ...]]:
    kept: list[tuple[Any, ...]] = []
    met: dict[str, None] = {}
    blank = 0
    for row in reader.rows(path, CHECK_IN_COLUMNS):
        instrument = reader.text(row, "instrument")
        if instrument is not None:
            met[instrument] = None
        asked = instrument == rule.instrument
        if asked and not row["score"].strip():
            blank += 1
            continue
        patient, taken = reader.text(row, "patient_id"), reader.time(row, "taken_at")
        if asked:
            kept.append((patient, taken, instrument, _score(reader, row, rule)))
    return kept, blank, tuple(met)


def _score(reader: _Reader, row: dict[str, str], rule: ResponseRule) -> Decimal | None:
    score = reader.number(row, "score")
    if score is None:
        return None
    top = rule.score_max
    if score < rule.score_min or (top is not None and score > top):
        limit = f"{rule.score_min}–{top}" if top is not None else f"≥ {rule.score_min}"
        reader.refuse("outside_the_scale", str(score), limit)
    return score
