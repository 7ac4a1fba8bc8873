"""The database itself refuses to change or remove a row of an append-only table."""

from __future__ import annotations

from django.db import connections

from sessions_app.models import APPEND_ONLY

DEEDS = ("UPDATE", "DELETE")


def trigger_name(table: str, deed: str) -> str:
    return f"{table}_no_{deed.lower()}"


def install(using: str = "default") -> None:
    """Afterwards every append-only table that exists has its two triggers."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    tables = [model._meta.db_table for model in APPEND_ONLY if model._meta.db_table in existing]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION afterglow_append_only() RETURNS trigger AS $$ BEGIN "
                "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514'; "
                "END $$ LANGUAGE plpgsql"
            )
        for table in tables:
            for deed in DEEDS:
                cursor.execute(_create(connection.vendor, table, deed))


def remove(using: str = "default") -> None:
    """Lift the triggers. Only a test's flush may do this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for model in APPEND_ONLY:
            table = model._meta.db_table
            for deed in DEEDS:
                on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger_name(table, deed)}"{on_table}')


def _create(vendor: str, table: str, deed: str) -> str:
    name = trigger_name(table, deed)
    if vendor == "postgresql":
        return (
            f'CREATE OR REPLACE TRIGGER "{name}" BEFORE {deed} ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION afterglow_append_only()"
        )
    return (
        f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {deed} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
