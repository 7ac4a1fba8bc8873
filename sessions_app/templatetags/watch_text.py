"""The long-term watch in templates: names, intervals, a result in one line."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.alerting.watch_state import Look
from sessions_app.instruments import REGISTRY
from sessions_app.rules.long_term_watch import ITEMS, Standing, Watch
from sessions_app.templatetags.words import number
from sessions_app.words.watch_words import interval_words, item_words

register = template.Library()


@register.filter
def watch_item(code: str) -> str:
    """The item's name."""
    return item_words(code)


@register.filter
def watch_interval(watch: Watch) -> str:
    """ "every 90 days or 12 doses"."""
    return interval_words(watch)


@register.filter
def watch_result(look: Look) -> str:
    """What was found: "ICSI 7; no blood". A score alone stands alone, and says when it is gone."""
    watched = ITEMS.get(look.item)  # a later version may know it no more
    scale = REGISTRY.get(watched.scale) if watched else None
    parts = []
    if look.score is not None:
        parts.append(f"{scale.name if scale else ''} {number(look.score)}".strip())
    if look.result:
        parts.append(look.result)
    return "; ".join(parts) or _("the score was taken back")


@register.filter
def watch_progress(standing: Standing) -> str:
    """How many doses came since the last look, and how many are left before the next one."""
    since = ngettext("%(number)s dose since", "%(number)s doses since", standing.doses_since) % {
        "number": standing.doses_since
    }
    if standing.last_at is None or standing.doses_left is None:
        return since
    return _("%(since)s, due after %(every)s") % {
        "since": since,
        "every": standing.watch.every_sessions,
    }
