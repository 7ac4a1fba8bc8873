"""The few statements of every chairside deed, made once instead of built anew each time.

The ORM builds the text of a statement from its parts for every call. For one reading with all its
duties that was two thirds of the server's work, so what each deed repeats is sent from here. What
is read is a ready query; the text of what is written is made once for each table from its model,
and each value passes through its field as ever. Everything else goes through the ORM. The names in
these texts come from the models alone, never from a request.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Exists, Field, Model, OuterRef, UUIDField

from sessions_app.models import (
    APPEND_ONLY,
    Alert,
    AlertEvent,
    RecordVersion,
    SignOff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.ready import Given, Ready
from sessions_app.rules import limits

Row = TypeVar("Row", bound=Model)

_COLUMNS = [field.attname for field in TreatmentSession._meta.concrete_fields]
_SESSION = Ready(
    lambda: (
        TreatmentSession.objects.filter(pk=Given(0, UUIDField()))
        .annotate(
            newest_signature=SignOff.objects.standing()
            .filter(session=OuterRef("pk"))
            .order_by("-signed_at")
            .values("signed_at")[:1]
        )
        .order_by()
        .values_list(*_COLUMNS, "newest_signature")
    )
)
_SIGNS = Ready(
    lambda: (
        VitalReading.objects.standing()
        .filter(session=Given(0, UUIDField()), taken_at__lte=Given(1, DateTimeField()))
        .order_by("taken_at", "id")
        .values_list(*limits.SIGNS)
    )
)
_OPEN_ALERT = Ready(
    lambda: (
        Alert.objects.filter(
            ~Exists(AlertEvent.objects.filter(alert=OuterRef("pk"), kind="closed")),
            session=Given(0, UUIDField()),
        )
        .order_by()
        .values_list("pk")[:1]
    )
)


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
    found = _SESSION.first(pk)
    if found is None:
        raise TreatmentSession.DoesNotExist
    *values, signed_at = found
    return TreatmentSession.from_db(connection.alias, _COLUMNS, values), signed_at


def signs_until(session_id: UUID, at: datetime) -> list[dict[str, int | Decimal | None]]:
    """What the readings up to `at` that nobody struck say, in time order; by limits.SIGNS."""
    return [dict(zip(limits.SIGNS, row, strict=True)) for row in _SIGNS.rows(session_id, at)]


def has_open_alert(session_id: UUID) -> bool:
    """Whether anything that was raised in the session still calls somebody."""
    return _OPEN_ALERT.first(session_id) is not None


def _table(model: type[Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str | None) -> str:
    return str(connection.ops.quote_name(str(name)))
