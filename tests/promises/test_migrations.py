"""Migrations: none missing, named by what they do, one line, and the way back works."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

ROOT = Path(__file__).resolve().parents[2]
OWN = ("sessions_app", "reports")


def files() -> list[Path]:
    return [file for app in OWN for file in sorted((ROOT / app / "migrations").glob("[0-9]*.py"))]


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations() -> None:
    said = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=said)
    assert "No changes" in said.getvalue()


def test_each_migration_is_named_by_what_it_does() -> None:
    assert files()
    automatic = [
        file.name for file in files() if re.search(r"_auto_|_alter_|_initial\.", file.name)
    ]
    assert automatic == []


@pytest.mark.django_db
def test_the_migrations_of_an_app_are_one_line() -> None:
    graph = MigrationExecutor(connection).loader.graph
    for app in OWN:
        assert len(graph.leaf_nodes(app)) <= 1, app


@pytest.mark.django_db
def test_every_step_has_a_way_back() -> None:
    loader = MigrationExecutor(connection).loader
    for (app, name), migration in loader.disk_migrations.items():
        if app in OWN:
            stuck = [type(step).__name__ for step in migration.operations if not step.reversible]
            assert stuck == [], f"{app}.{name}"
