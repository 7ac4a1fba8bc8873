"""A queue in front of one SQLite file, shared by every thread of every process.

SQLite lets one writer in at a time, and who finds it busy sleeps and tries again: whoever happens
to wake first is next, and somebody may wait a hundred times as long as the others. Here each writer
draws a number and waits for all smaller ones.

The numbers are kept in a small file beside the database. Byte n of that file is never written: an
exclusive lock on it says that the writer with number n waits or writes. The locks belong to an open
file (Linux "open file description locks"), so the kernel lets go of them when their process ends,
however it ends: nobody waits for the dead, and nothing needs repair.

Only the order depends on this. That two writers never mix is still SQLite's own lock: a number
drawn twice, or a turn taken too early, costs a wait and no row.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import time

IS_AVAILABLE = hasattr(fcntl, "F_OFD_SETLK")
COUNTER = struct.Struct("<q")
# struct flock of 64-bit Linux: type, whence, start, length, pid (always 0 here).
RANGE = struct.Struct("hhqqi4x")
DRAWING = 2**62  # the byte that is locked while a number is drawn
# The wait before looking again, for each writer ahead; a write takes one to four milliseconds.
LOOK_AGAIN_S = 0.0004
LONGEST_NAP_S = 0.01


class TurnNeverCame(Exception):
    """Somebody ahead held on to the database for longer than this writer may wait."""


class Turns:
    """One writer's place in the queue. Not shared between threads: each connection has its own."""

    def __init__(self, database: str, timeout_s: float) -> None:
        """`database` is the path of its file. OSError where no file can be made beside it."""
        self.timeout_s = timeout_s
        self.is_mine = False
        self._file: int | None = os.open(f"{database}-turns", os.O_RDWR | os.O_CREAT, 0o600)
        # As SQLite does with its own files: whoever may write the database may take a turn, also
        # after a command that ran as root.
        kept = os.stat(database)
        if os.fstat(self._file).st_uid == os.geteuid():
            os.fchmod(self._file, stat.S_IMODE(kept.st_mode))
        if os.geteuid() == 0:
            os.fchown(self._file, kept.st_uid, kept.st_gid)

    def __del__(self) -> None:
        self.close()  # a thread may end without closing its connection

    def take(self) -> None:
        """Afterwards it is this writer's turn, until `give_back`. Raises TurnNeverCame."""
        if self.is_mine:
            return
        until = time.monotonic() + self.timeout_s
        try:
            number = self._draw(until)
            while not self._lock(fcntl.F_RDLCK, 0, number):
                # The nearer the turn, the sooner the next look.
                ahead = max(1, number - self._serving())
                nap(min(ahead * LOOK_AGAIN_S, LONGEST_NAP_S), until)
            self._say_served(number)
        except BaseException:
            self.give_back()
            raise
        self.is_mine = True

    def give_back(self) -> None:
        """Afterwards the next writer goes on. Without a turn nothing happens."""
        self.is_mine = False
        self._lock(fcntl.F_UNLCK, 0, 0)

    def close(self) -> None:
        """Afterwards nobody waits for this writer, and it takes no more turns."""
        file, self._file, self.is_mine = self._file, None, False
        if file is not None:
            os.close(file)

    def _draw(self, until: float) -> int:
        """A number that nobody else has, greater than all drawn before, and its byte locked."""
        while not self._lock(fcntl.F_WRLCK, DRAWING, 1):
            nap(LOOK_AGAIN_S / 4, until)
        number = self._read(0) + 1
        self._write(0, number)
        self._lock(fcntl.F_WRLCK, number, 1)
        self._lock(fcntl.F_UNLCK, DRAWING, 1)
        return number

    def _serving(self) -> int:
        return self._read(COUNTER.size)

    def _say_served(self, number: int) -> None:
        self._write(COUNTER.size, number)

    def _read(self, at: int) -> int:
        """The number kept there; 0 in a new file, or where a power cut left nonsense."""
        kept = os.pread(self._fd, COUNTER.size, at)
        number = int(COUNTER.unpack(kept)[0]) if len(kept) == COUNTER.size else 0
        return number if 0 <= number < DRAWING - 1 else 0

    def _write(self, at: int, number: int) -> None:
        os.pwrite(self._fd, COUNTER.pack(number), at)

    @property
    def _fd(self) -> int:
        if self._file is None:
            raise ValueError("this place in the queue was closed")
        return self._file

    def _lock(self, kind: int, start: int, length: int) -> bool:
        """Lock or unlock bytes; length 0 is up to the end of all files. False: somebody has one."""
        try:
            fcntl.fcntl(
                self._fd, fcntl.F_OFD_SETLK, RANGE.pack(kind, os.SEEK_SET, start, length, 0)
            )
        except BlockingIOError:
            return False
        return True


def nap(seconds: float, until: float) -> None:
    if time.monotonic() >= until:
        raise TurnNeverCame
    time.sleep(seconds)
