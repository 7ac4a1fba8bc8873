"""The two curves of the outcomes page, and the groups in the order in which they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reports.dashboards.outcomes import KEPT_SECONDS, Outcomes
from reports.dashboards.ranges import span_words
from reports.dashboards.words import SERIES, group_words

MOST_DRAWN = 4


def ordered_groups(outcome: Outcomes, curve: str) -> list[tuple[str, dict[str, Any]]]:
    """Routes of one curve ("onset" or "relief"), the one with most patients first."""
    block = outcome.numbers[curve]
    if block["suppressed"]:
        return []
    return sorted(
        block["by_route"].items(), key=lambda item: (-item[1].get("patients", 0), item[0])
    )


def draws_onset(outcome: Outcomes) -> bool:
    """Whether onset may be drawn: not for an instrument that looks back over days."""
    return outcome.recall_days == 0


def curve_svg(outcome: Outcomes, curve: str) -> str:
    """One chart as SVG, kept until the data or the language change. "" when not to be drawn."""
    if not outcome.is_shown or outcome.numbers[curve]["suppressed"]:
        return ""
    if curve == "onset" and not draws_onset(outcome):
        return ""
    key = f"{outcome.fingerprint}-{curve}-{get_language()}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = _draw(outcome, curve)
        cache.set(key, svg, KEPT_SECONDS)
    return svg


def _draw(outcome: Outcomes, curve: str) -> str:
    from reports.charts import CurveInput, onset_figure, relief_figure

    def group_input(route: str, group: Mapping[str, Any]) -> CurveInput:
        shown = not group["suppressed"]
        return CurveInput(
            label=group_words(route, outcome.drugs_by_route.get(route, [])),
            km=group["right"] if shown else None,
            npmle=group["turnbull"] if shown else None,
            n_patients=group.get("patients", 0),
            n_sessions=group.get("sessions", 0),
            series=SERIES.get(route, route),
            note=_note(group) if shown else "",
            bars=tuple((hours, low, high) for hours, low, high in group["bars"]) if shown else (),
        )

    drawn = ordered_groups(outcome, curve)[:MOST_DRAWN]
    titles = {"onset": _("How soon relief starts"), "relief": _("How long relief lasts")}
    draw = onset_figure if curve == "onset" else relief_figure
    return draw(
        {route: group_input(route, group) for route, group in drawn},
        labels=_labels(outcome.minimum),
        prefix=f"{curve}-chart",
        title=titles[curve],
        desc=description(outcome, curve),
        min_patients=outcome.minimum,
    )


def _note(group: Mapping[str, Any]) -> str:
    lo, hi = group["turnbull"]["median_bracket"]
    return _("n = %(n)s · median %(median)s") % {
        "n": group["patients"],
        "median": span_words(lo, hi),
    }


def description(outcome: Outcomes, curve: str) -> str:
    """The finding in a sentence, for those who do not see the chart."""
    block = outcome.numbers[curve]
    lo, hi = block["turnbull"]["median_bracket"]
    words = {
        "onset": _("Median time to relief %(median)s, in %(patients)s."),
        "relief": _("Median length of relief %(median)s, in %(patients)s."),
    }
    patients = ngettext("%(n)s patient", "%(n)s patients", block["patients"])
    return words[curve] % {
        "median": span_words(lo, hi),
        "patients": patients % {"n": block["patients"]},
    }


def _labels(minimum: int) -> dict[str, str]:
    return {
        "at_risk": _("At risk"),
        "events": _("Events"),
        "hours": _("h"),
        "days": _("d"),
        "percent": _("{n} %"),
        "counts": _("{patients} patients, {sessions} sessions"),
        "below_minimum": _("n < %(n)s, not shown") % {"n": minimum},
    }
