"""What may stand in a log line: never a check-in token, a query string, or a value."""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

_TOKEN = re.compile(r"/c/[^/\s]+")
_QUERY = re.compile(r"\?[^\s\"']*")
Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class NoTokens(logging.Filter):
    """Afterwards the record's message holds no path token and no query string."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg = _QUERY.sub("?…", _TOKEN.sub("/c/…", message))
        record.args = ()
        return True


class PlacesOnly(logging.Formatter):
    """A fault is told by its kinds and places in the code. What it says itself is left out: a
    database quotes the row that it refuses, and with it a name or a value.
    """

    def formatException(self, ei: Fault) -> str:  # noqa: N802 (logging's own name)
        lines, fault, seen = [], ei[1], set[int]()
        while fault is not None and id(fault) not in seen:
            seen.add(id(fault))
            kind = type(fault)
            lines.append(f"{kind.__module__}.{kind.__qualname__}")
            lines += [line.rstrip("\n") for line in traceback.format_tb(fault.__traceback__)]
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\n".join(lines)
