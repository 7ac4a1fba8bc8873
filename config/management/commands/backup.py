"""`manage.py backup FILE`: a consistent copy of the database while people go on working."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    help = (
        "Copy the database to FILE while the server runs. SQLite: a database file, to be put "
        "back in place of the old one. PostgreSQL: a pg_dump archive for pg_restore."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; an existing one is refused")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if file.exists():
            raise CommandError(f"{file} exists. Name a new file, for example with today's date.")
        if not file.resolve().parent.is_dir():
            raise CommandError(f"{file.resolve().parent} is not a folder. Make it first.")
        part = file.with_name(file.name + ".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        try:
            if connection.vendor == "sqlite":
                _copy_sqlite(part)
            else:
                _dump_postgresql(part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"Wrote {file}, {file.stat().st_size / 1e6:.1f} MB.")


def _copy_sqlite(target: Path) -> None:
    source = sqlite3.connect(str(connection.settings_dict["NAME"]))
    copy = sqlite3.connect(target)
    with copy:
        source.backup(copy)
    state = copy.execute("PRAGMA integrity_check").fetchone()[0]
    copy.close()
    source.close()
    if state != "ok":
        raise CommandError(f"The copy is damaged: {state}. Look at the disk, then try again.")


def _dump_postgresql(target: Path) -> None:
    pg_dump = shutil.which("pg_dump")
    if pg_dump is None:
        raise CommandError("pg_dump is not installed. On Debian: apt install postgresql-client")
    facts = connection.settings_dict
    command = [pg_dump, "--format=custom", f"--file={target}", "--no-password"]
    for option, key in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        if facts[key]:
            command.append(f"{option}={facts[key]}")
    done = subprocess.run(
        [*command, f"--dbname={facts['NAME']}"],
        env={**os.environ, "PGPASSWORD": str(facts["PASSWORD"] or "")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(f"pg_dump failed: {done.stderr.strip()}")
