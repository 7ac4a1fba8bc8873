"""The charts of the outcomes page by name; the two curves are drawn here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from reports.dashboards.outcome_group_words import (
    drawn_groups,
    group_series,
    in_order,
    panel_label,
    small_words,
)
from reports.dashboards.outcome_trend_charts import mood_svg, quarters_svg, sessions_svg
from reports.dashboards.outcomes import KEPT_SECONDS, Outcomes
from reports.dashboards.ranges import span_words
from reports.dashboards.words import too_few

CURVES = ("onset", "relief")
TRENDS: Mapping[str, Callable[[Outcomes], str]] = {
    "mood": mood_svg,
    "sessions": sessions_svg,
    "quarters": quarters_svg,
}
CHARTS = (*CURVES, *TRENDS)


def ordered_groups(outcome: Outcomes, curve: str) -> list[tuple[str, dict[str, Any]]]:
    """Groups of one curve ("onset" or "relief"), in the order in which they stand."""
    block = outcome.numbers[curve]
    return [] if block["suppressed"] else in_order(outcome, block["groups"])


def draws_onset(outcome: Outcomes) -> bool:
    """Whether onset may be drawn: not for an instrument that looks back over days."""
    return outcome.recall_days == 0


def chart_svg(outcome: Outcomes, name: str) -> str:
    """One of CHARTS as SVG, kept until the data or the language change. "" when not to be drawn."""
    if not outcome.is_shown or (name == "onset" and not draws_onset(outcome)):
        return ""
    if not has_numbers(outcome, name):
        return ""
    key = f"{outcome.fingerprint}-{name}-{get_language()}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = _draw(outcome, name) if name in CURVES else TRENDS[name](outcome)
        cache.set(key, svg, KEPT_SECONDS)
    return svg


def groups_of(outcome: Outcomes, name: str) -> dict[str, Any]:
    """The groups that one of CHARTS compares; all sessions alone where it compares none."""
    if name == "sessions":
        block = outcome.numbers["by_session"]
        is_one = outcome.filter.compare == "sessions"
        return {"": block["all"]} if is_one else dict(block["groups"])
    if name == "quarters":
        return {"": outcome.numbers["by_quarter"]}
    block = outcome.numbers[name]
    return {} if block["suppressed"] else dict(block["groups"])


def has_numbers(outcome: Outcomes, name: str) -> bool:
    """Whether the chart has any number that may be shown."""
    return bool(drawn_groups(outcome, groups_of(outcome, name)))


def left_out_words(outcome: Outcomes) -> dict[str, str]:
    """For each of CHARTS which of its groups have too few patients; "" when none."""
    found = {}
    for name in CHARTS:
        groups = groups_of(outcome, name)
        found[name] = "" if "" in groups else small_words(outcome, groups)
    return found


def _draw(outcome: Outcomes, curve: str) -> str:
    from reports.charts import CurveInput, onset_figure, relief_figure

    def group_input(name: str, group: Mapping[str, Any]) -> CurveInput:
        return CurveInput(
            label=panel_label(outcome, name),
            km=_without_bounds(group["right"]),
            npmle=group["turnbull"],
            n_patients=group["patients"],
            n_sessions=group["sessions"],
            series=group_series(outcome, name),
            note=_note(group),
            bars=tuple((hours, low, high) for hours, low, high in group["bars"]),
        )

    drawn = drawn_groups(outcome, groups_of(outcome, curve))
    titles = {"onset": _("How soon relief starts"), "relief": _("How long relief lasts")}
    draw = onset_figure if curve == "onset" else relief_figure
    return draw(
        {name: group_input(name, group) for name, group in drawn},
        labels=_labels(outcome.minimum),
        prefix=f"{curve}-chart",
        title=titles[curve],
        desc=description(outcome, curve),
        min_patients=outcome.minimum,
    )


def _without_bounds(right: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a curve whose own bounds would take each session for another patient."""
    return {**right, **dict.fromkeys(("lower", "upper"), [None] * len(right["time"]))}


def _note(group: Mapping[str, Any]) -> str:
    lo, hi = group["turnbull"]["median_bracket"]
    # Patients, for the counts under the curve are sessions.
    return _("%(n)s patients · median\u00a0%(median)s") % {
        "n": group["patients"],
        "median": span_words(lo, hi),
    }


def description(outcome: Outcomes, curve: str) -> str:
    """The finding in a sentence, for those who do not see the chart."""
    block = outcome.numbers[curve]
    lo, hi = block["turnbull"]["median_bracket"]
    words = {
        "onset": _("All groups together: median time to relief %(median)s, in %(patients)s."),
        "relief": _("All groups together: median length of relief %(median)s, in %(patients)s."),
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
        "below_minimum": too_few(minimum),
    }
