"""What the sessions of an outcomes page cost in blood pressure and side effects, as one tile.

The numbers are those of the safety page with the same filter, to which the tile leads.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.dashboards.intervals_ahead import MOST_SESSIONS
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.safety.overview import safety
from reports.dashboards.safety.words import interval_words, share_words
from sessions_app.models import Staff
from sessions_app.permissions import may
from sessions_app.roles import Deed


@dataclass(frozen=True)
class SafetyTile:
    """One number with what it is; `note` says how sure it is.

    `link` are the words that lead to the safety page, `query` is what that page is asked.
    """

    value: str
    label: str
    note: str
    link: str
    query: str


def safety_tile(user: Staff, found: Outcomes) -> SafetyTile | None:
    """The share of sessions that reached 180 or 110 mmHg, and of those with a side effect.

    None for somebody who may not see the safety page, and where there is nothing to show. Without
    a number where the safety page cannot choose the same sessions, or would keep people waiting.
    """
    if not found.is_shown or not may(user, Deed.SEE_SAFETY):
        return None
    asked = found.filter
    chosen = SafetyFilter(asked.date_from, asked.date_to, asked.indication, asked.drug, asked.route)
    if asked.dose or asked.sessions or asked.age or asked.first_only:
        return _without_number(chosen, _("not told by dose, session number or age"))
    if found.numbers["sessions"] > MOST_SESSIONS:
        return _without_number(chosen, _("computed on the safety page"))
    numbers = safety(user, chosen).numbers
    if numbers["suppressed"] or numbers["pressure"]["all"]["suppressed"]:
        return _without_number(chosen, _("n < %(n)s, not shown") % {"n": found.minimum})
    severe = numbers["pressure"]["all"]["severe"]["sessions"]
    effects = numbers["effects"]["all"]
    link = _("Safety of these sessions")
    if not effects["suppressed"]:
        share = share_words(effects["effects"]["any"]["sessions"]["share"])
        link = _("Safety: a side effect in %(share)s") % {"share": share}
    note = _("95 %% interval %(span)s") % {"span": interval_words(severe)}
    return SafetyTile(share_words(severe["share"]), _label(), note, link, chosen.query())


def _without_number(chosen: SafetyFilter, why: str) -> SafetyTile:
    return SafetyTile("–", _label(), why, _("Safety of these sessions"), chosen.query())


def _label() -> str:
    return _("of sessions reached 180 or 110 mmHg")
