"""What a stranger types first works, or says in a sentence what to do next."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import chromium, postgres
from tools.check_deploy import production_environment
from tools.serve import port_problem

ROOT = Path(__file__).resolve().parents[2]


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"setup", "demo", "demo-reset", "test", "check", "soak", "lock"} <= set(targets)
    for target in targets:
        assert re.search(rf"^  {target} +[A-Z]\w+", listed, re.MULTILINE), target


def test_a_taken_port_is_told_with_the_way_to_choose_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = port_problem(port)
    assert told is not None
    assert f"Port {port} is taken" in told
    assert re.search(r"make demo PORT=\d+$", told)
    assert port_problem(port) is None


def test_the_port_is_asked_for_before_the_clinic_is_built(tmp_path: Path) -> None:
    """Nothing but the sentence is printed, in less time than a start of Django."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, ROOT / "tools" / "serve.py", "--port", port],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Port {port} is taken")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout with the set-up script alone, and a PATH without any Python."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", tmp_path / "tools")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cmp", "awk", "rm", "cp"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    return tmp_path


def set_up(folder: Path, **python: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up where `python3` is the given shell script, if one is given."""
    for name, script in python.items():
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    return subprocess.run(
        [shell, "tools/setup.sh", "prod"],
        cwd=folder,
        env={"PATH": str(folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_python_is_told_with_the_next_step(bare: Path) -> None:
    done = set_up(bare)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer. No python3 was found." in done.stderr
    assert "Next: install Python 3.11" in done.stderr


def test_a_too_old_python_is_told_with_its_version(bare: Path) -> None:
    old = 'case "$2" in *"sys.exit"*) exit 1;; *) echo "python3 here is 3.9.";; esac'
    done = set_up(bare, python3=old)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer. python3 here is 3.9." in done.stderr


def test_a_missing_pip_is_told_with_the_next_step(bare: Path) -> None:
    done = set_up(bare, python3='[ "$1" = -c ]')
    assert done.returncode == 1
    assert "has no pip." in done.stderr
    assert "Next: install it" in done.stderr


def test_a_too_old_pip_is_told_with_the_next_step(bare: Path) -> None:
    real = sys.executable
    old = f'if [ "$1" = -m ]; then echo "pip 21.3.1 from somewhere"; else exec {real} "$@"; fi'
    done = set_up(bare, python3=old)
    assert done.returncode == 1
    assert "pip 21.3.1 is too old" in done.stderr
    assert "install --upgrade pip" in done.stderr


@pytest.mark.parametrize("url", ["", "sqlite:////tmp/a.sqlite3"])
def test_only_a_postgresql_address_from_outside_replaces_the_server_of_the_tests(url: str) -> None:
    assert postgres.from_outside({"DATABASE_URL": url}) is None
    given = "postgres://me@db.example.org/afterglow"
    assert postgres.from_outside({"DATABASE_URL": given}) == given


def test_a_missing_browser_is_told_loudly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert "BROWSER TESTS ARE SKIPPED" in chromium.report()
    program = tmp_path / "chromium"
    program.write_text("")
    program.chmod(0o755)
    assert chromium.report() == f"Browser tests: with {program}"


def test_the_deployment_check_runs_without_the_settings_of_a_test_or_a_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AFTERGLOW_DEMO", "1")
    environ = production_environment("/data")
    assert "AFTERGLOW_TEST" not in environ and "AFTERGLOW_DEMO" not in environ
    assert os.environ["AFTERGLOW_DEMO"] == "1"
    assert len(environ["AFTERGLOW_SECRET_KEY"]) >= 50


def install_from(folder: Path, lock: str) -> None:
    """Pretend that a working .venv was made from this lock."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    program = folder / ".venv" / "bin" / "python"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    shutil.copy(folder / lock, folder / ".venv" / "installed.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_an_environment_made_from_either_lock_is_left_alone(bare: Path, lock: str) -> None:
    shutil.copy(ROOT / "requirements-dev.lock", bare)
    install_from(bare, lock)
    done = set_up(bare)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_environment_made_from_an_older_lock_is_renewed(bare: Path) -> None:
    install_from(bare, "requirements.lock")
    with (bare / "requirements.lock").open("a") as lock:
        lock.write("# newer\n")
    done = set_up(bare)
    assert "needs Python 3.11" in done.stderr  # it set out to install


@pytest.mark.parametrize("target", ["demo", "demo-reset"])
def test_the_demo_never_sees_the_database_of_a_real_clinic(target: str) -> None:
    recipe = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    commands = [line for line in recipe.splitlines() if "python " in line]
    assert commands
    for command in commands:
        assert "-u DATABASE_URL -u AFTERGLOW_DATA_DIR" in command
        assert "AFTERGLOW_DEMO=1" in command
