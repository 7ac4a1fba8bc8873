"""A real granian for a benchmark: its own data and port, its CPU counted, killed at the end."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")
READY_WITHIN_S = 60


def environment(data: Path, **more: str) -> dict[str, str]:
    """Afterglow in production as far as one machine without a certificate goes."""
    hidden = ("DATABASE_URL", "AFTERGLOW_DEMO", "AFTERGLOW_TEST", "DJANGO_SETTINGS_MODULE")
    own = {
        "AFTERGLOW_SECRET_KEY": secrets.token_urlsafe(48),
        "AFTERGLOW_ALLOWED_HOSTS": HOST,
        "AFTERGLOW_HTTPS": "false",
        "AFTERGLOW_DATA_DIR": str(data),
        "PYTHONPATH": str(ROOT),
    }
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, **own, **more}


def run(env: dict[str, str], *arguments: str) -> str:
    """What `python ARGUMENTS` prints in that environment; a failure ends the benchmark."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@dataclass
class Server:
    """A running server. `group` is its process group, supervisor and workers together."""

    port: int
    group: int

    def cpu_s(self) -> float:
        """Seconds of user and system time that the group has used so far."""
        return sum(_stat(pid)[1] for pid in self.pids())

    def pids(self) -> list[int]:
        alive = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [pid for pid in alive if _stat(pid)[0] == self.group]

    def kill(self) -> None:
        """kill -9 of everything at once: no handler runs, nothing is written any more."""
        os.killpg(self.group, signal.SIGKILL)


def _stat(pid: int) -> tuple[int, float]:
    """A process's group and CPU seconds; nothing for one that ended meanwhile."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0
    return int(fields[2]), (int(fields[11]) + int(fields[12])) / TICKS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    env: dict[str, str],
    application: str = "config.wsgi:application",
    workers: int = 1,
    port: int | None = None,
) -> Iterator[Server]:
    """Granian as `make demo` runs it, with so many workers; gone when the block ends."""
    port = port or free_port()
    command = [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "1"),
        *("--workers-kill-timeout", "1", "--log-level", "warning", application),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    server = Server(port, process.pid)
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        if process.poll() is None or server.pids():
            server.kill()
        process.wait()


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("The server ended at once; its words stand above.")
        try:
            with socket.create_connection((HOST, server.port), timeout=1) as line:
                line.sendall(b"GET /login/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if line.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"The server did not answer within {READY_WITHIN_S} seconds.")
