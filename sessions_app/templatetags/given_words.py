"""Words for other medicines, ratings and the state of the dose, for templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.translation import gettext

from sessions_app.clock import elapsed_min
from sessions_app.dose_sheet import DosePanel, state_words
from sessions_app.medication_words import medication_line, rating_line
from sessions_app.models import DissociationRating, MedicationGiven

register = template.Library()


@register.filter
def given_text(row: MedicationGiven | DissociationRating) -> str:
    """One medicine or one rating in a line."""
    if isinstance(row, MedicationGiven):
        return medication_line(row)
    return rating_line(row)


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
