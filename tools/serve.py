"""Build or renew the demo clinic, then serve it with granian on this machine only.

Beside the server runs what a clinic's timer runs every minute: messages that are due are printed
here instead of being sent.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
DUE_EVERY_S = 60
# Granian, which a Ctrl-C ends without a word until it listens to one itself.
GRANIAN = """\
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
from granian.cli import entrypoint
entrypoint()
"""


def port_problem(port: int) -> str | None:
    """A sentence with the next step when the port cannot be served, else None."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this, a server stopped a moment ago would count as a taken port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            reason = "may not be opened by this user"
        except OSError:
            reason = "is taken by another program (perhaps another demo)"
        else:
            return None
    other = port + 1 if 1024 <= port < 65535 else 8001
    return (
        f"Port {port} {reason}.\n"
        f"Next: stop that program, or choose another port: make demo PORT={other}"
    )


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; choose one from 1024 to 65535")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=_port, default=8000)
    port: int = parser.parse_args().port

    # Asked before the clinic is built, so that nobody waits for nothing.
    if problem := port_problem(port):
        print(problem, file=sys.stderr)
        return 1
    os.environ["PORT"] = str(port)  # in the links that are printed
    # Ctrl-C ends the command that runs, in its own words, and then this one by its return code.
    signal.signal(signal.SIGINT, lambda *_: None)
    for command in (["demo"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
    # Granian shares a port with a second server without a word, so ask once more.
    if problem := port_problem(port):
        print(problem, file=sys.stderr)
        return 1

    os.chdir(ROOT)
    serve(port)


def serve(port: int) -> NoReturn:
    """This process is the server from here on, and beside it runs what sends messages."""
    # Python answers a Ctrl-C with a traceback: it waits until what begins now has its own answer.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    print(f"\nServing at http://{HOST}:{port}/ (Ctrl-C stops it).", flush=True)
    begin_sending()
    options = [
        *("--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "1"),
        # A browser keeps its connection open, and the worker would wait for it after Ctrl-C.
        *("--workers-kill-timeout", "1"),
        # The URLs above stay the last thing on the screen unless something is wrong.
        *("--log-level", "warning"),
        "config.wsgi:application",
    ]
    os.execv(sys.executable, [sys.executable, "-c", GRANIAN, *options])


def begin_sending() -> subprocess.Popen[bytes]:
    """The process that sends what is due: it ends with this one, however this one ends."""
    due = ["manage.py", "send_due", "--loop", str(DUE_EVERY_S), "--with-parent", str(os.getpid())]
    return subprocess.Popen([sys.executable, *due], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
