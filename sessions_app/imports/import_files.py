"""Reading the CSV files that a clinic brings, cell by cell, without Django.

The rules are those of the `relief` command, so that one pair of files serves both: UTF-8 with or
without a byte order mark, times in ISO 8601 with their offset, ids as text (007 stays 007),
decimals with a point, columns in any order, other columns refused. Every problem is kept with its
file, line, column and a code; import_problems.py has the words.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from sessions_app.rules.limits import Refusal, refusals

DECIMAL = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
TOO_FINE = re.compile(r"[.,]\d{7,}")
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DATE_AND_TIME = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d", re.ASCII)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # design: ketamine came into clinics in 1970
BROKEN_BYTES = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file. Line 1 is the header; `column` is "" for a whole row.

    `code` says what is wrong, `value` what stands there, `limit` what would be right.
    """

    file: str
    line: int
    column: str
    code: str
    value: str = ""
    limit: str = ""


@dataclass
class Reader:
    """One file being read. A cell that cannot be used becomes None and a problem.

    No time may lie after `latest` (aware) or before EARLIEST.
    """

    name: str
    latest: datetime
    problems: list[Problem] = field(default_factory=list)
    line: int = 1
    rounded: int = 0

    def refuse(self, column: str, code: str, value: str = "", limit: str = "") -> None:
        """Keeps a problem of the line that is being read."""
        shown = BROKEN_BYTES.sub("\ufffd", value)
        self.problems.append(Problem(self.name, self.line, column, code, shown, limit))

    def rows(
        self, path: Path, required: Sequence[str], optional: Sequence[str]
    ) -> Iterator[dict[str, str]]:
        """Each row as text by column name; an optional column that is not there is blank."""
        try:
            text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        except OSError as error:
            self.refuse("", "cannot_read", error.strerror or type(error).__name__)
            return
        lines = self._lines(text)
        names = next(lines, None)
        if self.problems:
            return
        if names is None:
            self.line = 1
            self.refuse("", "no_header", limit=",".join(required))
            return
        if not self._header_ok(names, required, optional):
            return
        absent = dict.fromkeys((name for name in optional if name not in names), "")
        for cells in lines:
            if len(cells) != len(names):
                self.refuse("", "wrong_number_of_fields", str(len(cells)), str(len(names)))
            elif self._cells_ok(names, cells):
                yield dict(zip(names, cells, strict=True)) | absent

    def _lines(self, text: str) -> Iterator[list[str]]:
        """Rows that are not blank; `line` is then the line on which the row begins."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        done = 0
        while True:
            self.line = done + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                self.refuse("", "unreadable_row")
                done = max(reader.line_num, self.line)
                continue
            if cells is None:
                return
            done = reader.line_num
            if any(cell.strip() for cell in cells[:1]) or len(cells) > 1:
                yield cells

    def _header_ok(
        self, names: Sequence[str], required: Sequence[str], optional: Sequence[str]
    ) -> bool:
        before = len(self.problems)
        known = (*required, *optional)
        for name in dict.fromkeys(names):
            if name not in known:
                self.refuse(name, "unknown_column", name, ",".join(known))
            elif list(names).count(name) > 1:
                self.refuse(name, "repeated_column", name)
        for name in required:
            if name not in names:
                self.refuse(name, "missing_column", name)
        return len(self.problems) == before

    def _cells_ok(self, names: Sequence[str], cells: Sequence[str]) -> bool:
        before = len(self.problems)
        for name, cell in zip(names, cells, strict=True):
            if BROKEN_BYTES.search(cell):
                self.refuse(name, "not_utf8")
            elif "\0" in cell:
                self.refuse(name, "null_byte")
        return len(self.problems) == before

    def identifier(self, row: dict[str, str], name: str, longest: int) -> str | None:
        """The cell as written, of 1 to `longest` characters without blanks around it."""
        given = row[name]
        if not given.strip():
            self.refuse(name, "blank")
            return None
        if given != given.strip():
            self.refuse(name, "blanks_around", given)
            return None
        return self.text(row, name, longest)

    def text(self, row: dict[str, str], name: str, longest: int) -> str | None:
        """The cell without blanks around it, "" when there is nothing in it."""
        given = row[name].strip()
        if len(given) > longest:
            self.refuse(name, "too_long", given, str(longest))
            return None
        return given

    def choice(self, row: dict[str, str], name: str, choices: Collection[str]) -> str | None:
        """One of `choices`; capitals do not matter and a blank may stand for an underscore."""
        given = row[name].strip()
        found = "_".join(given.casefold().split())
        if found in choices:
            return found
        self.refuse(name, "unknown_choice" if given else "blank", given, ", ".join(choices))
        return None

    def time(self, row: dict[str, str], name: str) -> datetime | None:
        """An aware time in UTC, to the microsecond."""
        given = row[name].strip()
        if not given:
            self.refuse(name, "blank")
            return None
        try:
            value = datetime.fromisoformat(given)
            if value.utcoffset() is None:
                self.refuse(name, "naive_time", given)
                return None
            at = value.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(name, "not_a_time", given)
            return None
        if TOO_FINE.search(given):
            self.refuse(name, "finer_than_a_microsecond", given)
        elif not DATE_AND_TIME.match(given):
            self.refuse(name, "not_a_time", given)
        elif at > self.latest:
            self.refuse(name, "in_the_future", given, f"{self.latest:%Y-%m-%dT%H:%MZ}")
        elif at < EARLIEST:
            self.refuse(name, "too_long_ago", given, f"{EARLIEST:%Y-%m-%d}")
        else:
            return at
        return None

    def optional_time(self, row: dict[str, str], name: str) -> datetime | None:
        return self.time(row, name) if row[name].strip() else None

    def day(self, row: dict[str, str], name: str) -> date | None:
        """A calendar day, or None where the cell is blank."""
        given = row[name].strip()
        if not given:
            return None
        try:
            if DAY.fullmatch(given):
                return date.fromisoformat(given)
        except ValueError:
            pass
        self.refuse(name, "not_a_day", given)
        return None

    def number(self, row: dict[str, str], name: str) -> Decimal | None:
        """A decimal with a point, or None where the cell is blank."""
        given = row[name].strip()
        if not given:
            return None
        if not DECIMAL.fullmatch(given):
            self.refuse(name, "not_a_number", given)
            return None
        return Decimal(given)

    def plausible(
        self, row: dict[str, str], name: str, limit: str, step: Decimal
    ) -> Decimal | None:
        """A number inside `PLAUSIBLE[limit]`, rounded half up to `step`; roundings are counted."""
        value = self.number(row, name)
        if value is None:
            return None
        for found in refusals({limit: value}):
            self.refuse_implausible(name, found)
            return None
        kept = value.quantize(step, ROUND_HALF_UP)
        self.rounded += kept != value
        return kept

    def refuse_implausible(self, column: str, found: Refusal) -> None:
        """Keeps what `limits.refusals` said about a cell."""
        self.refuse(
            column, found.code, "" if found.value is None else str(found.value), found.limit
        )
