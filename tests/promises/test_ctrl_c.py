"""Ctrl-C, as a terminal sends it to everything that runs there, ends the demo without a traceback,
also while its programs are still loading; and what sends messages never outlives the server.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG_S = 120  # a busy machine loads Django in many seconds
SENDER_ALONE = f"""
import time
from tools import serve
def no_server(*given):
    print("begun", flush=True)
    time.sleep({LONG_S})
serve.os.execv = no_server
serve.serve(8000)
"""
SERVER_ALONE = """
import sys
from tools import serve
serve.begin_sending = lambda: print("begun", flush=True)
serve.serve(int(sys.argv[1]))
"""

pytestmark = pytest.mark.any_engine


@contextmanager
def begun(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program as a group of its own, once it has printed "begun"."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        while process.stdout.readline() not in ("begun\n", ""):
            pass
        yield process
    finally:
        for_all(process, signal.SIGKILL)
        process.communicate()


def for_all(process: subprocess.Popen[str], sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # nothing of the group is left
        os.killpg(process.pid, sign)


def test_the_sender_hears_ctrl_c_while_it_loads() -> None:
    with begun(SENDER_ALONE) as server:
        time.sleep(0.3)  # a program that Python has not begun yet ends without a word anyway
        for_all(server, signal.SIGINT)
        server.kill()
        printed, _ = server.communicate(timeout=LONG_S)  # to the end of the last that prints there
    assert "KeyboardInterrupt" not in printed


def test_the_sender_ends_although_it_never_saw_its_server_alive() -> None:
    with begun(SENDER_ALONE) as server:
        server.kill()  # while the sender is still loading
        server.communicate(timeout=LONG_S)
    assert server.returncode == -signal.SIGKILL


def test_the_server_hears_ctrl_c_while_it_loads() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with begun(SERVER_ALONE, port) as server:
        for_all(server, signal.SIGINT)  # one is enough, however early it comes
        printed, _ = server.communicate(timeout=LONG_S)
    assert server.returncode in (0, -signal.SIGINT)
    assert "KeyboardInterrupt" not in printed
