"""Words for the state of the dose and its clocks, for templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.translation import gettext

from sessions_app.chairside.dose_sheet import DosePanel, state_words
from sessions_app.clock import elapsed_min

register = template.Library()


@register.filter
def dose_state(panel: DosePanel) -> str:
    """The state of the dose in a word or two."""
    return state_words(panel)


@register.filter
def minutes_after(at: datetime, now: datetime) -> str:
    """How many minutes from now, as the script that counts them down writes it."""
    return gettext("%(count)s min") % {"count": max(0, round(elapsed_min(now, at)))}


@register.filter
def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, for a clock that a script keeps."""
    return int(at.timestamp() * 1000)
