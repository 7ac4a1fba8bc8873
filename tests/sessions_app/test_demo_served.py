"""The demo as a stranger meets it: one command, every page for every role, Ctrl-C, and again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sessions_app.demo.clinics import PASSWORD
from tools.walk_demo import MUST, browser, get, walk

ROOT = Path(__file__).resolve().parents[2]
SERVING = "Serving at"
STOPPED = (0, 130, -signal.SIGINT)
LONG_S = 300  # a busy machine builds and loads slowly

pytestmark = pytest.mark.soak


class Served:
    """`tools/serve.py` on a free port, with the smallest demo in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        left_out = ("DATABASE_URL", "AFTERGLOW_TEST", "DJANGO_SETTINGS_MODULE")
        self.environ = {name: value for name, value in os.environ.items() if name not in left_out}
        self.environ |= {
            "AFTERGLOW_DEMO": "1",
            "AFTERGLOW_DATA_DIR": str(folder),
            "PORT": str(self.port),
        }
        self.printed = folder / "printed"
        self.site = f"http://127.0.0.1:{self.port}"

    def build(self) -> None:
        command = [sys.executable, "manage.py", "demo", "--patients", "12"]
        subprocess.run(command, cwd=ROOT, env=self.environ, check=True, capture_output=True)

    def start(self) -> None:
        """Afterwards the first page answers."""
        self.launch()
        self.until(self.is_answered)

    def launch(self) -> None:
        """Afterwards it says that it serves, which its programs are still loading for."""
        with self.printed.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "tools/serve.py", "--port", str(self.port)],
                cwd=ROOT,
                env=self.environ,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.until(lambda: SERVING in self.printed.read_text())

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG_S
        while not is_so():
            assert self.process.poll() is None, self.printed.read_text()
            assert time.monotonic() < end, self.printed.read_text()
            time.sleep(0.1)

    def is_answered(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> int:
        """Ctrl-C, as a terminal sends it to everything that runs there."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=LONG_S)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    demo = Served(tmp_path_factory.mktemp("served"))
    demo.build()
    demo.start()
    yield demo
    if demo.process.poll() is None:
        demo.stop()


@pytest.mark.parametrize("person", sorted(MUST))
def test_every_page_that_a_role_is_shown_answers_200(served: Served, person: str) -> None:
    found = walk(served.site, person, PASSWORD)
    assert found.failures == []
    # A clinic of twelve draws no curve, so it offers no file of one.
    assert set(found.missing) <= {"/outcomes.csv"}


def test_the_printed_link_opens_a_check_in(served: Served) -> None:
    link = re.search(r"http\S+/c/\S+", served.printed.read_text())
    assert link is not None
    status, page, _ = get(browser(), link[0])
    assert status == 200
    assert "<form" in page


def test_ctrl_c_ends_it_and_the_second_start_keeps_everything(served: Served) -> None:
    assert served.stop() in STOPPED
    assert "Traceback" not in served.printed.read_text()
    served.start()
    assert "kept as it is" in served.printed.read_text()
    assert get(browser(), f"{served.site}/login/")[0] == 200


def test_ctrl_c_while_it_loads_leaves_no_traceback(served: Served) -> None:
    served.stop()
    served.launch()
    assert served.stop() in STOPPED
    assert "Traceback" not in served.printed.read_text()
    served.start()
