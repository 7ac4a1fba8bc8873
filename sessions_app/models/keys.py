"""Row keys: safe to show to a client, ordered by time."""

from __future__ import annotations

import os
import threading
import time
import uuid

STEPS_A_MS = 4096  # 12 bits below the millisecond
# A clock that is set back further than this is believed; within it the order of making holds.
SET_BACK = 1000 * STEPS_A_MS

_making = threading.Lock()
_last = 0


def new_key() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, 12 bits below them, 62 random.

    Of two keys made by one process the later one is the greater, also within an instant: what
    was written at the same time is read in the order in which it was written.
    """
    stamp = _later(time.time_ns() * STEPS_A_MS // 1_000_000)
    high = (stamp // STEPS_A_MS) << 16 | 0x7 << 12 | stamp % STEPS_A_MS
    low = 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=high << 64 | low)


def _later(stamp: int) -> int:
    """The stamp, or the next one after the last key's when the clock did not move on since."""
    global _last
    with _making:
        if 0 <= _last - stamp < SET_BACK:
            stamp = _last + 1
        _last = stamp
    return stamp
