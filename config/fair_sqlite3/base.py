"""The database engine `config.fair_sqlite3`: whoever writes takes a turn first (see turns.py)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from config.fair_sqlite3.turns import IS_AVAILABLE, TurnNeverCame, Turns

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class CursorInTurn(base.SQLiteCursorWrapper):
    """A statement that writes outside a transaction is one by itself, and waits for its turn too:
    otherwise the queue would hand the file on over its head.
    """

    turn: Any = contextlib.nullcontext

    def execute(self, query: Any, params: Any = None) -> Any:
        if query.startswith(WRITES) and not self.connection.in_transaction:
            with self.turn():
                return super().execute(query, params)
        return super().execute(query, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite; each transaction draws a number before BEGIN IMMEDIATE.

    Where the kernel has no locks of open files (not Linux) and for a database in memory, it is
    Django's SQLite and nothing else.
    """

    _turns: Turns | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        found = super().get_new_connection(conn_params)
        if IS_AVAILABLE and not self.is_in_memory_db():
            # Only the order is lost where no file can be made beside the database.
            with contextlib.suppress(OSError):
                self._turns = Turns(
                    str(conn_params["database"]), float(conn_params.get("timeout", 5))
                )
        return found

    def create_cursor(self, name: Any = None) -> Any:
        cursor = self.connection.cursor(factory=CursorInTurn)
        cursor.turn = self._turn
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self._take()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_back()
            raise

    def _commit(self) -> Any:
        done = super()._commit()  # type: ignore[misc]
        self._give_back()  # not before it succeeded: a failed commit is rolled back first
        return done

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_back()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            if self._turns is not None:
                self._turns.close()
                self._turns = None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        self._take()
        try:
            yield
        finally:
            self._give_back()

    def _take(self) -> None:
        if self._turns is None:
            return
        try:
            self._turns.take()
        except TurnNeverCame as late:
            # What SQLite itself says to a writer that waited too long.
            raise OperationalError("database is locked") from late

    def _give_back(self) -> None:
        if self._turns is not None:
            self._turns.give_back()
