"""Charts in pages: one that fails costs its picture, never the page."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.utils.safestring import SafeString, mark_safe

log = logging.getLogger(__name__)


def drawn(draw: Callable[[], str]) -> SafeString | None:
    """The chart, "" when there is none to draw, None when drawing failed: the table stands in."""
    try:
        # Every text in it went through the XML writer of reports.charts.
        return mark_safe(draw())  # nosec B308 B703
    except Exception:
        log.exception("a chart could not be drawn")
        return None
