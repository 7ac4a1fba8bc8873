"""What people read for the long-term watch: its items, its intervals, and why one is due."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app.rules.long_term_watch import Watch

ITEM_WORDS: dict[str, Promise] = {
    "bladder": _("Bladder"),
    "cognition": _("Memory and thinking"),
    "craving": _("Craving"),
    "liver": _("Liver enzymes"),
}
# What to look at, and how the result is written down.
ITEM_HINTS: dict[str, Promise] = {
    "bladder": _("Pain, urgency, frequency or blood; the ICSI total (0 to 20), urinalysis."),
    "cognition": _("The test that you are trained in, with its name and its result."),
    "craving": _("How strong the wish for the drug is, from 0 (none) to 100; tolerance, own use."),
    "liver": _("ALT, AST, GGT and alkaline phosphatase, with their limits."),
}


def item_words(item: str) -> str:
    return str(ITEM_WORDS.get(item, item))


def interval_words(watch: Watch | None) -> str:
    """ "every 90 days or 12 doses", or "not watched"."""
    if watch is None:
        return _now("not watched")
    days = _count(watch.every_days, "days")
    doses = _count(watch.every_sessions, "doses")
    if days and doses:
        return _now("every %(days)s or %(doses)s") % {"days": days, "doses": doses}
    return _now("every %(interval)s") % {"interval": days or doses}


def _count(number: int | None, what: str) -> str:
    if number is None:
        return ""
    words = (
        ngettext("%(number)s day", "%(number)s days", number)
        if what == "days"
        else ngettext("%(number)s dose", "%(number)s doses", number)
    )
    return words % {"number": number}
