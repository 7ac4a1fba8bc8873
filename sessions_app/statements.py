"""The few statements of every chairside deed, written once instead of built anew each time.

The ORM builds the text of a statement from its parts for every call. For one reading with all its
duties that was two thirds of the server's work, so what each deed repeats is sent from here: the
text is made once for each table from its model, and each value passes through its field as ever.
Everything else goes through the ORM. The names in these texts come from the models alone, never
from a request.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from sessions_app import limits
from sessions_app.models import (
    APPEND_ONLY,
    Alert,
    AlertEvent,
    EntryStrike,
    RecordVersion,
    SignOff,
    SignOffVoid,
    TreatmentSession,
    VitalReading,
)

Row = TypeVar("Row", bound=Model)


def insert(row: Row) -> Row:
    """Afterwards the new `row` of an append-only table stands.

    As `save()`, except that no signal is sent: nothing listens to an append-only table.
    """
    _insert(row, "")
    return row


def insert_unless_there(row: Model) -> bool:
    """Afterwards a row with this key stands: this one (True), or the one that was there (False).

    PostgreSQL waits for a rival's transaction that inserts the same key; SQLite has one writer.
    """
    return _insert(row, " ON CONFLICT DO NOTHING") == 1


def _insert(row: Model, tail: str) -> int:
    sql, fields = _insertion(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql + tail, values)
        row._state.adding, row._state.db = False, connection.alias
        return int(cursor.rowcount)


@lru_cache
def _insertion(model: type[Model]) -> tuple[str, list[Field[Any, Any]]]:
    if model not in APPEND_ONLY:
        raise TypeError(f"{model.__name__} keeps former versions; save it through the ORM")
    fields = list(model._meta.concrete_fields)
    names = ", ".join(_quoted(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_table(model)} ({names}) VALUES ({marks})", fields  # nosec B608


def raise_version(patient_id: UUID) -> None:
    """Afterwards the version of the patient's record is one higher, or 1."""
    key = RecordVersion._meta.pk
    with connection.cursor() as cursor:
        cursor.execute(_raising(), [key.get_db_prep_save(patient_id, connection)])


@lru_cache
def _raising() -> str:
    table, key = _table(RecordVersion), _quoted(RecordVersion._meta.pk.column)
    return (
        f"INSERT INTO {table} ({key}, version) VALUES (%s, 1)"  # nosec B608
        f" ON CONFLICT ({key}) DO UPDATE SET version = {table}.version + 1"
    )


def session_and_signature(pk: UUID) -> tuple[TreatmentSession, datetime | None]:
    """The session as it stands now, and when it was signed if nobody voided that; DoesNotExist."""
    sql, read = _session()
    with connection.cursor() as cursor:
        cursor.execute(sql, [TreatmentSession._meta.pk.get_db_prep_value(pk, connection)])
        found = cursor.fetchone()
    if found is None:
        raise TreatmentSession.DoesNotExist
    *values, signed_at = read(found)
    names = [field.attname for field in TreatmentSession._meta.concrete_fields]
    return TreatmentSession.from_db(connection.alias, names, values), signed_at


@lru_cache
def _session() -> tuple[str, Callable[[tuple[Any, ...]], list[Any]]]:
    session, signed, void = (_table(model) for model in (TreatmentSession, SignOff, SignOffVoid))
    fields = [*TreatmentSession._meta.concrete_fields, SignOff._meta.get_field("signed_at")]
    columns = ", ".join(f"s.{_quoted(field.column)}" for field in fields[:-1])
    newest = (
        f"SELECT o.signed_at FROM {signed} o WHERE o.session_id = s.id"  # nosec B608
        f" AND NOT EXISTS (SELECT 1 FROM {void} v WHERE v.sign_off_id = o.id)"
        " ORDER BY o.signed_at DESC LIMIT 1"
    )
    return f"SELECT {columns}, ({newest}) FROM {session} s WHERE s.id = %s", _reader(fields)  # nosec B608


def signs_until(session_id: UUID, at: datetime) -> list[dict[str, int | Decimal | None]]:
    """What the readings up to `at` that nobody struck say, in time order; by limits.SIGNS."""
    sql, read = _signs()
    taken_at = VitalReading._meta.get_field("taken_at")
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                TreatmentSession._meta.pk.get_db_prep_value(session_id, connection),
                taken_at.get_db_prep_value(at, connection),
            ],
        )
        return [dict(zip(limits.SIGNS, read(row), strict=True)) for row in cursor.fetchall()]


@lru_cache
def _signs() -> tuple[str, Callable[[tuple[Any, ...]], list[Any]]]:
    fields: list[Any] = [VitalReading._meta.get_field(sign) for sign in limits.SIGNS]
    columns = ", ".join(f"r.{_quoted(field.column)}" for field in fields)
    sql = (
        f"SELECT {columns} FROM {_table(VitalReading)} r"  # nosec B608
        " WHERE r.session_id = %s AND r.taken_at <= %s"
        f" AND NOT EXISTS (SELECT 1 FROM {_table(EntryStrike)} k WHERE k.reading_id = r.id)"
        " ORDER BY r.taken_at, r.id"
    )
    return sql, _reader(fields)


def has_open_alert(session_id: UUID) -> bool:
    """Whether anything that was raised in the session still calls somebody."""
    alert, event = _table(Alert), _table(AlertEvent)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {alert} a WHERE a.session_id = %s AND NOT EXISTS"  # nosec B608
            f" (SELECT 1 FROM {event} e WHERE e.alert_id = a.id AND e.kind = 'closed') LIMIT 1",
            [TreatmentSession._meta.pk.get_db_prep_value(session_id, connection)],
        )
        return cursor.fetchone() is not None


def _reader(fields: list[Any]) -> Callable[[tuple[Any, ...]], list[Any]]:
    """What the database gave as Python values, as the ORM reads these fields."""
    converters = []
    for place, field in enumerate(fields):
        column = field.get_col(field.model._meta.db_table)
        steps = connection.ops.get_db_converters(column) + field.get_db_converters(connection)
        converters += [(place, column, step) for step in steps]

    def read(row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for place, column, step in converters:
            values[place] = step(values[place], column, connection)
        return values

    return read


def _table(model: type[Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str | None) -> str:
    return str(connection.ops.quote_name(str(name)))
