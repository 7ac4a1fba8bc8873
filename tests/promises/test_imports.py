"""Who may import whom: the contracts hold, and each of them notices when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def contract(name: str) -> dict[str, list[str]]:
    contracts = TOOLS["importlinter"]["contracts"]
    return next(each for each in contracts if each["id"] == name)


def test_the_import_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("sessions_app/rules/limits.py", "import django.db", "plain-rules"),
        ("reports/episodes.py", "import rest_framework", "plain-rules"),
        ("reports/survival/__init__.py", "import sessions_app.models", "plain-rules"),
        ("sessions_app/audit.py", "import reports", "one-way"),
        ("reports/frames.py", "import sessions_app.actions", "reports-never-write"),
        ("sessions_app/audit.py", "import sessions_app.actions", "inside-sessions-app"),
        ("sessions_app/actions/__init__.py", "import sessions_app.views", "inside-sessions-app"),
        ("reports/frames.py", "import reports.charts", "inside-reports"),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path: Path, file: str, line: str, broken: str) -> None:
    for package in ("config", "reports", "sessions_app"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as source:
        source.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert f"{contract(broken)['name']} BROKEN" in " ".join(done.stdout.split())


def test_every_plain_rule_file_is_typed_strictly() -> None:
    """The charts are the one exception: matplotlib's own types are loose."""
    strict = next(
        override["module"]
        for override in TOOLS["mypy"]["overrides"]
        if override.get("disallow_untyped_defs")
    )
    plain = set(contract("plain-rules")["source_modules"]) - {"reports.charts"}
    # A pattern such as `a.b.*` means a.b and all below it.
    patterns = [each.removesuffix(".*") for each in strict]
    assert [module for module in sorted(plain) if module not in patterns] == []
