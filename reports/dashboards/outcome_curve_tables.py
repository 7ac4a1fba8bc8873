"""The numbers behind the two curves of the outcomes page, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboards.outcome_charts import description, ordered_groups
from reports.dashboards.outcome_group_words import group_label
from reports.dashboards.outcomes import HOURS_PER_DAY, Outcomes
from reports.dashboards.ranges import lower_words, span_words, upper_words, weeks_words
from reports.dashboards.words import percent


@dataclass(frozen=True)
class PointLine:
    """One line of the table behind a curve."""

    when: str
    value: str
    interval: str
    n_risk: int
    n_event: int


@dataclass(frozen=True)
class GroupTable:
    """The numbers of one group; `lines` is empty when it has too few patients.

    `more`: sentences about it.
    """

    name: str
    is_shown: bool
    patients: int = 0
    sessions: int = 0
    median: str = ""
    right_median: str = ""
    more: tuple[str, ...] = ()
    intervals: tuple[tuple[str, str], ...] = ()
    lines: tuple[PointLine, ...] = ()


def curve_table(found: Outcomes, curve: str) -> dict[str, Any]:
    """The numbers that stand behind one chart, for all sessions and for each group."""
    block = found.numbers[curve]
    if block["suppressed"]:
        return {"is_shown": False}
    words = weeks_words if curve == "onset" and found.recall_days else span_words
    whole = group_table(_("All"), block, words, rises=curve == "onset")
    tables = [replace(whole, more=(*whole.more, midpoint_words(block, words)))]
    for key, group in ordered_groups(found, curve):
        name = group_label(found, key)
        if group["suppressed"]:
            tables.append(GroupTable(name, is_shown=False))
        else:
            tables.append(group_table(name, group, words, rises=curve == "onset"))
    if curve == "onset":
        told = [] if found.recall_days else [description(found, curve), *share_words(block)]
    else:
        told = [description(found, curve), mean_words(block["right"], block)]
    return {"is_shown": True, "tables": tables, "text": " ".join(told)}


def share_words(block: Mapping[str, Any]) -> list[str]:
    """The share seen in relief by 24 h, 7 and 14 days, as far as anybody was followed."""
    said = []
    for share in block["shares"]:
        if share["seen"] is None:
            continue
        facts = {"time": upper_words(share["hours"]), "share": percent(share["seen"])}
        if share["lower"] is None or share["upper"] is None:
            said.append(_("%(time)s %(share)s") % facts)
        else:
            facts |= {"low": round(share["lower"] * 100), "high": percent(share["upper"])}
            said.append(_("%(time)s %(share)s (%(low)s–%(high)s)") % facts)
    return [_("Seen in relief by %(list)s.") % {"list": ", ".join(said)}] if said else []


def mean_words(right: Mapping[str, Any], whole: Mapping[str, Any] | None = None) -> str:
    """The restricted mean: what to compare where medians are not reached."""
    if right["rmst"] is None:
        return ""
    facts = {"mean": days_of(right["rmst"]), "tau": lower_words(right["tau"])}
    ends = None if whole is None else whole["interval_by_patient"]
    if ends is None or None in ends["rmst"]:
        return _("Mean relief within the first %(tau)s: %(mean)s d.") % facts
    facts |= {"low": days_of(ends["rmst"][0]), "high": days_of(ends["rmst"][1])}
    words = _(
        "Mean relief within the first %(tau)s: %(mean)s d (95 %% interval %(low)s–%(high)s d)."
    )
    return words % facts


def midpoint_words(block: Mapping[str, Any], words: Any) -> str:
    """The median if each change had come in the middle of its interval."""
    median = block["midpoint"]["median"]
    found = _("not reached") if median is None else words(0.0, median)
    return _("At the middle of each interval: %(median)s.") % {"median": found}


def days_of(hours: float) -> str:
    """Days to a tenth, "12" and "6.5"."""
    return f"{hours / HOURS_PER_DAY:.1f}".removesuffix(".0")


def group_table(name: str, block: Mapping[str, Any], words: Any, *, rises: bool) -> GroupTable:
    """One group in words; a rising curve shows the share that had the change."""
    right, npmle = block["right"], block["turnbull"]

    def share(survival: float | None) -> str:
        return percent(None if survival is None else 1 - survival if rises else survival)

    lines: dict[str, PointLine] = {}
    for i, time in enumerate(right["time"]):
        ends = [right["lower"][i], right["upper"][i]]
        low, high = reversed(ends) if rises else ends
        span = "–" if low is None or high is None else f"{share(low)} – {share(high)}"
        # Times that read the same are one line: who was followed at its start, what it ends with.
        when = words(0.0, time)
        before = lines.get(when)
        lines[when] = PointLine(
            when=when,
            value=share(right["surv"][i]),
            interval=span,
            n_risk=right["n_risk"][i] if before is None else before.n_risk,
            n_event=right["n_event"][i] + (0 if before is None else before.n_event),
        )
    steps = zip(npmle["intervals"], npmle["surv_after"], strict=True)
    intervals = {words(lo, hi): share(after) for (lo, hi), after in steps}
    median = right["median"]
    return GroupTable(
        name=name,
        is_shown=True,
        patients=block["patients"],
        sessions=block["sessions"],
        median=words(*npmle["median_bracket"]),
        right_median=_("not reached") if median is None else words(0.0, median),
        more=() if rises else (mean_words(right),),
        intervals=tuple(intervals.items()),
        lines=tuple(lines.values()),
    )
