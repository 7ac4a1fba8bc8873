"""Builds patients on every core: each process works through the actions on its own copy of the
SQLite file, and the rows are then brought together. Django must be set up in the caller.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

Task = tuple[Any, ...]
LEFT_OUT = ("failedsignin",)


def cores() -> int:
    """How many processes are worth starting: one a core this process may use, at most four."""
    if hasattr(os, "sched_getaffinity"):
        return min(4, len(os.sched_getaffinity(0)))
    return min(4, os.cpu_count() or 1)


def can_build() -> bool:
    """A database file, outside a transaction, and more than one core."""
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite" and Path(name).is_file()
    return is_file and not connection.in_atomic_block and cores() > 1


def build_on_every_core(
    work: Callable[..., None], tasks: list[Task], done: Callable[[int], None]
) -> None:
    """Afterwards `work(*task)` has run for every task and all rows stand in this database.

    Stopped on the way, nothing of it stands: the copies are thrown away.
    """
    source = Path(str(connection.settings_dict["NAME"]))
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        context = get_context("spawn")
        places = context.Queue()
        copies = [Path(folder) / str(number) / source.name for number in range(cores())]
        for copy in copies:
            _copy(source, copy)
            places.put(str(copy.parent))
        last_versions = {table: _last_version(table) for table in _version_tables()}
        with ProcessPoolExecutor(
            len(copies), mp_context=context, initializer=_set_up, initargs=(places,)
        ) as pool:
            try:
                for future in as_completed([pool.submit(work, *task) for task in tasks]):
                    future.result()
                    done(1)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        for copy in copies:
            _bring_in(copy, last_versions)


def _set_up(places: Any) -> None:
    """A worker's start: Django on a copy of its own. A process knows no other database."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    os.environ["AFTERGLOW_DATA_DIR"] = places.get()
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir()
    original, copy = sqlite3.connect(source), sqlite3.connect(target)
    original.backup(copy)
    copy.close()
    original.close()


def _tables() -> list[Any]:
    models = apps.get_app_config("sessions_app").get_models()
    return [model for model in models if model._meta.model_name not in LEFT_OUT]


def _version_tables() -> list[str]:
    return [model._meta.db_table for model in _tables() if _is_version(model)]


def _is_version(model: Any) -> bool:
    return bool(model._meta.pk.name == "history_id")


def _last_version(table: str) -> int:
    with connection.cursor() as cursor:
        # Names of tables and columns come from the models, never from a person.
        cursor.execute(f'SELECT COALESCE(MAX(history_id), 0) FROM "{table}"')  # nosec B608
        return int(cursor.fetchone()[0])


@contextmanager
def _attached(copy: Path) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS part", [str(copy)])
        try:
            yield
        finally:
            cursor.execute("DETACH DATABASE part")


def _bring_in(copy: Path, last_versions: dict[str, int]) -> None:
    """Insert what the copy has and this database has not; former versions are numbered anew."""
    with _attached(copy), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        for model in _tables():
            table = model._meta.db_table
            names = [field.column for field in model._meta.concrete_fields]
            is_new = "1"
            if _is_version(model):
                names.remove("history_id")
                is_new = f"history_id > {last_versions[table]}"
            columns = ", ".join(f'"{name}"' for name in names)
            cursor.execute(
                f'INSERT OR IGNORE INTO main."{table}" ({columns}) '  # nosec B608
                f'SELECT {columns} FROM part."{table}" WHERE {is_new}'
            )
