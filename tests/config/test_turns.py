"""Writers of one SQLite file are served in the order in which they came, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from django.db import OperationalError, connection, transaction
from django.db.utils import ConnectionHandler

from config.fair_sqlite3 import turns
from config.fair_sqlite3.turns import TurnNeverCame, Turns

pytestmark = pytest.mark.skipif(not turns.IS_AVAILABLE, reason="needs Linux")
ROOT = Path(__file__).resolve().parents[2]
LONG_S = 120  # what is waited for ends a wait at once; a busy machine needs it
HOLD = """
import sys, time
from config.fair_sqlite3.turns import Turns
mine = Turns(sys.argv[1], 60)
if sys.argv[2] == "write":
    mine.take()
print("there", flush=True)
mine.take()
time.sleep(600)
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "clinic.sqlite3"
    path.touch(mode=0o640)
    return str(path)


@pytest.fixture
def other_process(file: str) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Somebody else who writes ("write") or waits for it ("wait") and would for ten minutes."""
    started = []

    def start(does: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, file, does]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def drawn(file: str) -> int:
    """How many numbers were drawn so far."""
    return int.from_bytes(Path(f"{file}-turns").read_bytes()[:8], "little")


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.002)


def test_sixteen_writers_go_in_the_order_in_which_they_came(file: str) -> None:
    order: list[int] = []

    def write(name: int) -> None:
        mine = Turns(file, 60)
        mine.take()
        order.append(name)
        time.sleep(0.003)
        mine.give_back()
        mine.close()

    first = Turns(file, 60)
    first.take()
    rivals = [Thread(target=write, args=(name,)) for name in range(16)]
    for number, rival in enumerate(rivals, 2):
        rival.start()
        until(lambda number=number: drawn(file) == number)
    first.give_back()
    for rival in rivals:
        rival.join()
    first.close()
    assert order == list(range(16))


def test_who_comes_back_at_once_does_not_pass_who_waits(file: str) -> None:
    first, second = Turns(file, 60), Turns(file, 60)
    first.take()
    waiting = Thread(target=second.take)
    waiting.start()
    until(lambda: drawn(file) == 2)
    first.give_back()
    impatient = Turns(file, 0.05)
    with pytest.raises(TurnNeverCame):
        impatient.take()
    waiting.join()
    assert second.is_mine
    second.give_back()
    impatient.take()
    for each in (first, second, impatient):
        each.close()


@pytest.mark.parametrize("does", ["write", "wait"])
def test_nobody_waits_for_a_process_that_was_killed(
    file: str, other_process: Callable[[str], subprocess.Popen[str]], does: str
) -> None:
    if does == "wait":
        holder = Turns(file, 60)
        holder.take()
        dying = subprocess.Popen([sys.executable, "-c", HOLD, file, "wait"], cwd=ROOT)
        until(lambda: drawn(file) == 2)
    else:
        holder = None
        dying = other_process("write")
    dying.send_signal(signal.SIGKILL)
    dying.wait()
    if holder is not None:
        holder.give_back()
        holder.close()
    mine = Turns(file, LONG_S)
    mine.take()
    mine.close()


def test_a_writer_that_does_not_finish_keeps_others_only_so_long(
    file: str, other_process: Callable[[str], subprocess.Popen[str]]
) -> None:
    other_process("write").send_signal(signal.SIGSTOP)
    mine = Turns(file, 0.2)
    with pytest.raises(TurnNeverCame):
        mine.take()
    assert not mine.is_mine
    mine.close()


def test_a_connection_forgotten_by_its_thread_gives_its_turn_back(file: str) -> None:
    forgotten = Turns(file, LONG_S)
    forgotten.take()
    del forgotten
    mine = Turns(file, LONG_S)
    mine.take()
    mine.close()


def test_nonsense_in_the_file_costs_the_order_and_no_writer(file: str) -> None:
    Path(f"{file}-turns").write_bytes(b"\xff" * 11)
    mine, other = Turns(file, LONG_S), Turns(file, LONG_S)
    for each in (mine, other, mine):
        each.take()
        each.give_back()
    mine.close()
    other.close()


def test_whoever_may_write_the_database_may_take_a_turn(file: str) -> None:
    previous = os.umask(0o077)
    try:
        Turns(file, 1).close()
    finally:
        os.umask(previous)
    assert Path(f"{file}-turns").stat().st_mode == Path(file).stat().st_mode


@pytest.fixture
def database(db: None, tmp_path: Path) -> Iterator[ConnectionHandler]:
    """A database of its own with one table, opened as the settings open it, impatient."""
    path = tmp_path / "own.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE t (a INTEGER)")
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.3}
    handler = ConnectionHandler(
        {"default": {"ENGINE": "config.fair_sqlite3", "NAME": path, "OPTIONS": options}}
    )
    yield handler
    handler.close_all()


def insert(database: ConnectionHandler) -> None:
    with database["default"].cursor() as cursor:
        cursor.execute("INSERT INTO t (a) VALUES (%s)", [1])


@pytest.mark.parametrize("in_transaction", [True, False], ids=["transaction", "lone statement"])
def test_a_write_waits_for_its_turn_and_says_that_the_database_is_busy(
    database: ConnectionHandler, in_transaction: bool
) -> None:
    own = database["default"]
    own.ensure_connection()
    ahead = Turns(str(own.settings_dict["NAME"]), 1)
    ahead.take()
    with pytest.raises(OperationalError, match="locked"):
        own.set_autocommit(not in_transaction, force_begin_transaction_with_broken_autocommit=True)
        insert(database)
    ahead.give_back()
    insert(database)
    ahead.take()  # a write by itself gave its turn back
    ahead.close()


@pytest.mark.parametrize("how", ["commit", "rollback", "close"])
def test_the_end_of_a_transaction_gives_the_turn_back(
    database: ConnectionHandler, how: str
) -> None:
    own = database["default"]
    own.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    insert(database)
    waiting = Turns(str(own.settings_dict["NAME"]), 0.05)
    with pytest.raises(TurnNeverCame):
        waiting.take()
    getattr(own, how)()
    waiting.take()
    waiting.close()


def test_a_reader_takes_no_turn(database: ConnectionHandler) -> None:
    own = database["default"]
    own.ensure_connection()
    ahead = Turns(str(own.settings_dict["NAME"]), 1)
    ahead.take()
    with own.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (0,)
    ahead.close()


@pytest.mark.django_db(transaction=True)
def test_the_settings_use_it_for_sqlite_and_for_nothing_else() -> None:
    engine = connection.settings_dict["ENGINE"]
    if connection.vendor != "sqlite":
        assert engine == "django.db.backends.postgresql"
        return
    assert engine == "config.fair_sqlite3"
    with transaction.atomic():
        ahead = Turns(str(connection.settings_dict["NAME"]), 0.05)
        with pytest.raises(TurnNeverCame):
            ahead.take()
    ahead.take()
    ahead.close()
