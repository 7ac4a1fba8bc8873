"""Charts for templates: `{% load charts %}`, then `{% flowsheet session %}`.

A chart that cannot be drawn is replaced by a sentence: the numbers always stand beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import wraps

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sessions_app.checkins.progress import MyProgress
from sessions_app.models import TreatmentSession
from sessions_app.words.progress_words import ProgressWords

register = template.Library()
log = logging.getLogger(__name__)


def or_sentence(draw: Callable[..., str]) -> Callable[..., SafeString]:
    """The drawing as safe markup; a sentence instead, and a log line, when drawing fails."""

    @wraps(draw)
    def drawn(*args: object, **kwargs: object) -> SafeString:
        try:
            # Every text in it went through the XML writer of reports.charts.
            return mark_safe(draw(*args, **kwargs))  # nosec B308 B703
        except Exception:
            log.exception("a chart could not be drawn")
            words = _("The chart could not be drawn. The numbers are below.")
            return format_html('<p class="notice">{}</p>', words)

    return drawn


@register.simple_tag
@or_sentence
def flowsheet(session: TreatmentSession) -> str:
    """Vital signs, dose and side effects of a session on one clock."""
    from reports.dashboards.flowsheet import flowsheet_svg

    return flowsheet_svg(session, timezone.now())


@register.simple_tag
@or_sentence
def sparkline(points: Sequence[float | None], limit: float | None = None, label: str = "") -> str:
    """A line the size of a word; None in `points` leaves a gap."""
    from reports.charts import sparkline as draw

    return draw(points, limit, label=label)


@register.simple_tag
@or_sentence
def progress_chart(mine: MyProgress, words: ProgressWords) -> str:
    """A patient's own course: every answer, the usual value of each week, treatment days."""
    from reports.dashboards.progress import progress_svg

    return progress_svg(mine, words)
