"""What changes with time and with sessions, in words: tables, the trend, the whole course."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboards.outcome_group_words import group_label, in_order
from reports.dashboards.outcome_trend_charts import signed
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.ranges import span_words, upper_words
from reports.dashboards.words import BAND_LABELS, percent


@dataclass(frozen=True)
class TrendLine:
    """One line of a table; `value` and the rest are empty below the minimum."""

    name: str
    patients: str = ""
    sessions: str = ""
    value: str = ""
    interval: str = ""
    more: str = ""


@dataclass(frozen=True)
class TrendTable:
    """The numbers behind one panel of a chart."""

    name: str
    lines: tuple[TrendLine, ...]


def mood_tables(found: Outcomes) -> list[TrendTable]:
    """Mean change at each time, for all sessions and for each group."""
    block = found.numbers["mood"]
    if block["suppressed"]:
        return []
    named = [(group_label(found, name), own) for name, own in in_order(found, block["groups"])]
    return [TrendTable(name, _mood_lines(own)) for name, own in [(_("All"), block), *named]]


def _mood_lines(block: Mapping[str, Any]) -> tuple[TrendLine, ...]:
    if block["suppressed"]:
        return ()
    lines = []
    for point in block["points"]:
        name = upper_words(point["hours"])
        if point["suppressed"]:
            lines.append(TrendLine(name))
        else:
            span = f"{signed(point['lower'])} – {signed(point['upper'])}"
            counts = str(point["patients"]), str(point["sessions"])
            lines.append(TrendLine(name, *counts, value=signed(point["mean"]), interval=span))
    return tuple(lines)


def session_tables(found: Outcomes) -> list[TrendTable]:
    """Relief by session number, for all sessions and for each group, with the ends seen."""
    block = found.numbers["by_session"]

    def table(name: str, rows: Sequence[Mapping[str, Any]]) -> TrendTable:
        lines = _relief_lines(
            rows,
            lambda row: str(BAND_LABELS[row["band"]]),
            lambda row: str(row.get("events", "")),
            are_known=_are_known(found),
        )
        return TrendTable(name, lines)

    tables = [table(_("All"), block["all"])]
    if found.filter.compare != "sessions":
        for name, rows in in_order(found, block["groups"]):
            tables.append(table(group_label(found, name), rows))
    return tables


def quarter_tables(found: Outcomes) -> list[TrendTable]:
    """Relief of the sessions of each quarter, with the share seen in relief by 7 days."""
    rows = found.numbers["by_quarter"]

    def seen(row: Mapping[str, Any]) -> str:
        share = row.get("seen_by_7_days", {}).get("share")
        return "" if share is None else percent(share)

    lines = _relief_lines(rows, lambda row: str(row["quarter"]), seen, are_known=_are_known(found))
    return [TrendTable(_("All"), lines)]


def _relief_lines(
    rows: Sequence[Mapping[str, Any]],
    name_of: Callable[[Mapping[str, Any]], str],
    more_of: Callable[[Mapping[str, Any]], str],
    *,
    are_known: bool,
) -> tuple[TrendLine, ...]:
    lines = []
    for row in rows:
        more = more_of(row)
        if row["suppressed"]:
            lines.append(TrendLine(name_of(row), more=more))
            continue
        counts = str(row["patients"]), str(row["sessions"])
        value = _reached(row["median"])
        lines.append(TrendLine(name_of(row), *counts, value, _ends(row, are_known=are_known), more))
    return tuple(lines)


def _reached(hours: float | None) -> str:
    return _("not reached") if hours is None else upper_words(hours)


def _ends(row: Mapping[str, Any], *, are_known: bool) -> str:
    if row["lower"] is None:
        return _("not reached") if are_known else "–"
    return span_words(row["lower"], row["upper"])


def _are_known(found: Outcomes) -> bool:
    """Whether there are intervals by resampling; a large analysis may still wait for them."""
    return found.numbers.get("intervals_as_of", found.data_as_of) is not None


def trend_words(found: Outcomes) -> list[str]:
    """How fast relief ends, with each session more: within one patient, and between patients."""
    block = found.numbers["trend"]
    if block["suppressed"]:
        return []
    within, between = block["within"], block["between"]
    if within["terms"] is None:
        said = [_refused(within)]
    else:
        said = [_hazard(within["terms"][0], "within")]
    if between["terms"] is None:
        return said
    pairs = zip(between["terms"], ("split_within", "split_between"), strict=True)
    return [*said, *(_hazard(term, kind) for term, kind in pairs)]


def _hazard(term: Mapping[str, Any], kind: str) -> str:
    words = {
        "within": _(
            "Sessions of the same patient compared: with each session more, relief ended at "
            "%(ratio)s times the rate (95 %% interval %(low)s–%(high)s)."
        ),
        "split_within": _(
            "All patients together, distance from the patient's own mean session: %(ratio)s "
            "times the rate (%(low)s–%(high)s)."
        ),
        "split_between": _(
            "Patients with one session more on average: %(ratio)s times the rate "
            "(%(low)s–%(high)s)."
        ),
    }
    facts = {"ratio": "hazard_ratio", "low": "lower", "high": "upper"}
    return words[kind] % {name: f"{term[key]:.2f}" for name, key in facts.items()}


def _refused(model: Mapping[str, Any]) -> str:
    words = {
        "too_few_events_per_term": _("Not estimated: fewer than 10 losses of relief were seen."),
        "fewer_than_two_patients": _("Not estimated: fewer than two patients."),
        "a_term_does_not_vary": _("Not estimated: the session numbers do not vary."),
        "terms_say_the_same": _("Not estimated: the session numbers do not vary enough."),
        "no_maximum": _("Not estimated: too few patients have losses in several sessions."),
    }
    return words[model["why"]["terms"]]


def kept_words(found: Outcomes) -> str:
    """How long relief was kept that was there already at the dose; empty below the minimum."""
    block = found.numbers["kept"]
    if block["suppressed"]:
        return ""
    facts = {"median": _reached(block["right"]["median"]), "n": block["sessions"]}
    ends = block["median_by_patient"]
    if ends is None or ends[0] is None:
        words = _(
            "Relief still there at the dose was then kept: median %(median)s, %(n)s sessions."
        )
        return words % facts
    facts["span"] = span_words(*ends)
    words = _(
        "Relief still there at the dose was then kept: median %(median)s "
        "(95 %% interval %(span)s), %(n)s sessions."
    )
    return words % facts


def whole_course_words(found: Outcomes) -> str:
    """The length of relief when later sessions are part of the treatment."""
    block = found.numbers["whole_course"]
    if block["suppressed"]:
        if "reason" in block:
            return _("Relief over the whole course needs the start of the course as comparison.")
        return ""
    median, ends = block["right"]["median"], block["median_by_patient"]
    facts = {"median": _reached(median)}
    if ends is None or ends[0] is None:
        return _("With later sessions as part of the treatment: median %(median)s.") % facts
    facts["span"] = span_words(*ends)
    return (
        _(
            "With later sessions as part of the treatment: median %(median)s "
            "(95 %% interval %(span)s)."
        )
        % facts
    )
