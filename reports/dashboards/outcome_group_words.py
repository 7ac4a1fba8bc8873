"""The groups of one analysis: their names, their looks, and the order in which they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboards.filters import SESSION_BANDS
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.words import BAND_LABELS, DOSE_SHORT, DOSE_WORDS, SERIES, group_words
from sessions_app.models.courses import INDICATIONS

MOST_DRAWN = 4
# What is no route keeps this order, and with it its look.
FIXED: Mapping[str, tuple[str, ...]] = {
    "dose": tuple(DOSE_WORDS),
    "sessions": tuple(SESSION_BANDS),
    "indication": tuple(name for name, _words in INDICATIONS),
}


def group_label(outcome: Outcomes, name: str) -> str:
    """The group in words."""
    if outcome.filter.compare == "dose":
        return str(DOSE_WORDS[name])
    if outcome.filter.compare == "sessions":
        return str(BAND_LABELS[name])
    if outcome.filter.compare == "indication":
        return str(dict(INDICATIONS).get(name, name))
    return group_words(name, outcome.drugs_by_route.get(name, []))


def panel_label(outcome: Outcomes, name: str) -> str:
    """The group in the few words that fit over a panel."""
    short = DOSE_SHORT if outcome.filter.compare == "dose" else {}
    return str(short[name]) if name in short else group_label(outcome, name)


def group_series(outcome: Outcomes, name: str) -> str:
    """The key of the group's look in the charts, the same on every chart."""
    fixed = FIXED.get(outcome.filter.compare)
    if fixed is None:
        return SERIES.get(name, name)
    return f"group-{fixed.index(name) % MOST_DRAWN + 1}" if name in fixed else "neutral"


def in_order(outcome: Outcomes, groups: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Routes with most patients in the curves first, the others in their own order."""
    fixed = FIXED.get(outcome.filter.compare)
    if fixed is not None:
        known = {name: place for place, name in enumerate(fixed)}
        return sorted(groups.items(), key=lambda item: (known.get(item[0], len(known)), item[0]))
    block = outcome.numbers["onset"]
    sizes = {} if block["suppressed"] else block["groups"]

    def size(name: str) -> int:
        return int(sizes.get(name, {}).get("patients", 0))

    return sorted(groups.items(), key=lambda item: (-size(item[0]), item[0]))


def drawn_groups(outcome: Outcomes, groups: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The first groups that have enough patients: one of too few takes no room on a chart."""
    return [item for item in in_order(outcome, groups) if has_numbers(item[1])][:MOST_DRAWN]


def has_numbers(group: Any) -> bool:
    """Whether anything of a group may be shown: a block of numbers, or the rows of its bands."""
    rows = group if isinstance(group, list) else [group]
    return any(not row["suppressed"] for row in rows)


def small_words(outcome: Outcomes, groups: Mapping[str, Any]) -> str:
    """Which groups a chart leaves out for want of patients; empty when none."""
    small = [name for name, own in in_order(outcome, groups) if not has_numbers(own)]
    names = ", ".join(group_label(outcome, name) for name in small)
    facts = {"n": outcome.minimum, "groups": names}
    return _("Fewer than %(n)s patients, not shown: %(groups)s.") % facts if small else ""
