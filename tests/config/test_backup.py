"""A backup is whole, is never written over another one, and can be read again."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sessions_app.models import Patient


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_the_rows(maya: Patient, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    if connection.vendor == "postgresql" and shutil.which("pg_dump") is None:
        with pytest.raises(CommandError, match="pg_dump is not installed"):
            call_command("backup", target)
        return
    try:
        call_command("backup", target)
    except CommandError as refused:
        # An older pg_dump than the server says so itself, and leaves nothing behind.
        assert "version mismatch" in str(refused)
        assert not list(tmp_path.iterdir())
        return
    assert target.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    if connection.vendor == "sqlite":
        rows = sqlite3.connect(target).execute("SELECT number FROM sessions_app_patient")
        assert rows.fetchall() == [(maya.number,)]
    else:
        assert target.read_bytes().startswith(b"PGDMP")


@pytest.mark.django_db
def test_an_earlier_backup_is_not_written_over(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("yesterday")
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", target)
    assert target.read_text() == "yesterday"


@pytest.mark.django_db
def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("backup", tmp_path / "nowhere" / "copy")
