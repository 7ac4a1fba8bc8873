"""An invented registry in an empty SQLite database: a clinic with as many sessions as asked for.

    AFTERGLOW_DEMO=1 AFTERGLOW_DATA_DIR=/tmp/registry python -m benchmarks.registry_rows 1000000

Six sessions a patient, recorded elsewhere, each with eight mood scores from one hour before the
dose to four weeks after it. The scores of a session hang on one check-in row, and no requests are
made: the rows that say what was asked are not measured. Always the same; all people are invented.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

SESSIONS_EACH = 6
AFTER_HOURS = np.array([-1, 2, 24, 72, 168, 336, 504, 672.0])
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHUNK = 6_000
ROUTES = (("iv", "ketamine"), ("im", "ketamine"), ("intranasal", "esketamine"))


def key(kind: int, number: int) -> str:
    """A key of our own making, as SQLite keeps it."""
    return UUID(int=(kind << 96) | number).hex


def moment(us: int) -> str:
    """Microseconds of UTC as SQLite keeps them."""
    return (EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%d %H:%M:%S.%f")


class Table:
    """Rows of one model: everything as in `like`, but for the columns given with each row."""

    def __init__(self, like: Any, *varying: str) -> None:
        from django.db import connection

        fields = like._meta.concrete_fields
        self.fixed = {
            field.column: field.get_db_prep_save(getattr(like, field.attname), connection)
            for field in fields
            if field.column not in varying
        }
        columns = [*self.fixed, *varying]
        marks = ", ".join("?" * len(columns))
        self.sql = f"INSERT INTO {like._meta.db_table} ({', '.join(columns)}) VALUES ({marks})"

    def insert(self, cursor: Any, rows: Iterator[tuple[Any, ...]]) -> None:
        same = tuple(self.fixed.values())
        cursor.executemany(self.sql, (same + row for row in rows))


def build(sessions: int) -> None:
    """Clinic, physician and all rows; the database has to be empty."""
    from django.core.management import call_command
    from django.db import connection

    from sessions_app.roles import Role
    from tests import conftest as people

    call_command("migrate", verbosity=0)
    clinic = people.make_clinic("Northside", "UTC")
    physician = people.make_staff(clinic, "physician", "Asha Patel", Role.PHYSICIAN)
    tables = _tables(clinic, physician)
    connection.ensure_connection()
    raw = connection.connection
    raw.execute("PRAGMA synchronous=OFF")
    raw.execute("PRAGMA cache_size=-400000")
    draw = np.random.default_rng(7)
    for first in range(0, sessions, CHUNK):
        raw.execute("BEGIN")
        _chunk(raw, tables, draw, np.arange(first, min(first + CHUNK, sessions)))
        raw.execute("COMMIT")


def _tables(clinic: Any, physician: Any) -> dict[str, Table]:
    """Patterns from rows as the tests make them, which are taken back again."""
    from django.db import transaction

    from sessions_app.models import CheckIn, InstrumentScore, RecordVersion
    from tests import conftest as people

    with transaction.atomic():
        patient = people.make_patient(clinic, "N-first", "Maya", "Okafor")
        course = people.make_course(patient)
        session = people.make_session(
            course, physician, EPOCH, origin="import", documented_dose_mg=40
        )
        transaction.set_rollback(True)
    check_in = CheckIn(clinic=clinic, patient=patient, origin="import", started_at=EPOCH)
    score = InstrumentScore(
        clinic=clinic,
        patient=patient,
        check_in=check_in,
        instrument="mood_0_10",
        instrument_version="1",
        taken_at=EPOCH,
        score=5,
    )
    return {
        "patient": Table(patient, "id", "number"),
        "version": Table(RecordVersion(patient=patient, version=1), "patient_id"),
        "course": Table(course, "id", "patient_id"),
        "session": Table(
            session,
            *("id", "patient_id", "course_id", "external_id", "drug", "route", "dose_started_at"),
        ),
        "check_in": Table(check_in, "id", "patient_id", "started_at"),
        "score": Table(score, "id", "patient_id", "check_in_id", "taken_at", "score"),
    }


def _chunk(raw: Any, tables: dict[str, Table], draw: Any, number: Any) -> None:
    patient = number // SESSIONS_EACH
    people = np.unique(patient)
    gap = draw.choice([7, 14, 28, 35], len(number)) * 24.0
    gone = np.cumsum(gap) - gap
    within = gone - gone[(patient - people[0]) * SESSIONS_EACH]
    first = draw.uniform(0, 365 * 24, len(people))[patient - people[0]]
    start = ((within + first) * 3_600_000_000).astype(np.int64) + 1_700_000_000_000_000
    tables["patient"].insert(raw, ((key(1, p), f"N-{p}") for p in people.tolist()))
    tables["version"].insert(raw, ((key(1, p),) for p in people.tolist()))
    tables["course"].insert(raw, ((key(2, p), key(1, p)) for p in people.tolist()))
    given = list(zip(number.tolist(), patient.tolist(), start.tolist(), strict=True))
    tables["session"].insert(
        raw,
        (
            (key(3, n), key(1, p), key(2, p), f"old-{n}", *ROUTES[p % 3][::-1], moment(at))
            for n, p, at in given
        ),
    )
    tables["check_in"].insert(raw, ((key(4, n), key(1, p), moment(at)) for n, p, at in given))
    times = start[:, None] + (AFTER_HOURS + draw.uniform(-0.2, 0.2, (len(number), 8))) * 3.6e9
    before = draw.integers(0, 4, (len(number), 1))
    after = draw.integers(2, 11, (len(number), 7))
    scores = np.concatenate([before, after], axis=1).tolist()
    rows = zip(given, times.astype(np.int64).tolist(), scores, strict=True)
    tables["score"].insert(
        raw,
        (
            (key(5, n * 8 + i), key(1, p), key(4, n), moment(at), score)
            for (n, p, _), ats, values in rows
            for i, (at, score) in enumerate(zip(ats, values, strict=True))
        ),
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    build(int(sys.argv[1]))
