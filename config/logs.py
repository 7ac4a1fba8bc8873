"""What may stand in a log line: never a check-in token, never a query string."""

from __future__ import annotations

import logging
import re

_TOKEN = re.compile(r"/c/[^/\s]+")
_QUERY = re.compile(r"\?[^\s\"']*")


class NoTokens(logging.Filter):
    """Afterwards the record's message holds no path token and no query string."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg = _QUERY.sub("?…", _TOKEN.sub("/c/…", message))
        record.args = ()
        return True
