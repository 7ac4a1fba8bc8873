"""The database itself refuses to change or remove what was recorded, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from sessions_app import triggers
from sessions_app.models import APPEND_ONLY, Staff, TreatmentSession
from tests.promises.rows import fill

MUTABLE = {
    # Changed in place, with every former version kept or nothing clinical in them.
    "ApiToken",
    "Appointment",
    "Chair",
    "CheckInLink",
    "CheckInRequest",
    "Clinic",
    "Device",
    "FailedSignIn",
    "HelpLine",
    "LastRun",
    "OnCallShift",
    "Patient",
    "Prescription",
    "RecordVersion",
    "Staff",
    "TreatmentCourse",
    "TreatmentSession",
}


def laid() -> dict[str, set[str]]:
    """Table → its triggers, as the database itself lists them."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND n.nspname = current_schema()"
        )
    else:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for table, name in cursor.fetchall():
            found.setdefault(table, set()).add(name)
    return found


def wanted() -> dict[str, set[str]]:
    tables = [model._meta.db_table for model in APPEND_ONLY]
    return {table: {f"{table}_no_update", f"{table}_no_delete"} for table in tables}


def statements(model: Any, pk: Any) -> list[tuple[str, list[Any]]]:
    table, key = model._meta.db_table, model._meta.pk.column
    value = model._meta.pk.get_db_prep_value(pk, connection)
    same = next(field.column for field in model._meta.concrete_fields if field.column != key)
    quoted = f'"{table}"'
    return [
        (f'UPDATE {quoted} SET "{same}" = "{same}" WHERE "{key}" = %s', [value]),
        (f'UPDATE {quoted} SET "{same}" = "{same}"', []),
        (f'DELETE FROM {quoted} WHERE "{key}" = %s', [value]),
        (f"DELETE FROM {quoted}", []),
    ]


@pytest.mark.django_db
def test_every_table_is_append_only_or_said_to_be_mutable() -> None:
    from django.apps import apps

    models = apps.get_app_config("sessions_app").get_models()
    names = {model.__name__ for model in models if not model.__name__.startswith("Historical")}
    assert names == {model.__name__ for model in APPEND_ONLY} | MUTABLE


@pytest.mark.django_db
def test_each_append_only_table_has_exactly_its_two_triggers() -> None:
    assert laid() == wanted()


@pytest.mark.usefixtures("at_chair")
def test_raw_sql_can_neither_change_nor_remove_a_row(session: TreatmentSession, nia: Staff) -> None:
    rows = fill(session, nia)
    assert all(rows.values()), "a row in every table"
    for model in APPEND_ONLY:
        row = rows[model.__name__]
        before = model._default_manager.count()
        for sql, values in statements(model, row.pk):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql, values)
        assert model._default_manager.count() == before
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model._default_manager.filter(pk=row.pk)._raw_delete(using="default")


@pytest.fixture
def migrated_back(transactional_db: None) -> Iterator[None]:
    """Whatever the test did to the tables, the newest migrations stand again afterwards."""
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.soak
@pytest.mark.usefixtures("migrated_back")
def test_the_triggers_stand_after_migrating_from_nothing_and_from_one_step_back() -> None:
    names = [name for app, name in _leaves() if app == "sessions_app"]
    first = MigrationExecutor(connection).loader.graph.forwards_plan(("sessions_app", names[0]))
    steps = [name for app, name in first if app == "sessions_app"]
    triggers.remove()
    assert laid() == {}
    for step in ("zero", *steps):
        call_command("migrate", "sessions_app", step, verbosity=0)
        existing = set(connection.introspection.table_names())
        assert laid() == {table: two for table, two in wanted().items() if table in existing}
    assert laid() == wanted()


@pytest.mark.usefixtures("migrated_back")
def test_a_rebuilt_table_has_its_triggers_again() -> None:
    """SQLite rebuilds a table to alter it, and the triggers are gone with the old one."""
    from sessions_app.models import VitalReading

    table = VitalReading._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_field(
            VitalReading,
            _longer("position", 10),
            _longer("position", 11),
        )
        editor.alter_field(VitalReading, _longer("position", 11), _longer("position", 10))
    if connection.vendor == "sqlite":
        assert table not in laid(), "this engine drops them, which is why they are laid again"
    call_command("migrate", verbosity=0)
    assert laid() == wanted()


def _longer(name: str, length: int) -> Any:
    from sessions_app.models import VitalReading

    field = VitalReading._meta.get_field(name).clone()
    field.max_length = length
    field.set_attributes_from_name(name)
    field.model = VitalReading
    return field


def _leaves() -> list[tuple[str, str]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())
