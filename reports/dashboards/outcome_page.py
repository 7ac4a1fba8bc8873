"""The outcomes page in words: tiles, tables and definitions from the numbers of one analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.definitions import Definition, definitions
from reports.dashboards.filters import OutcomeFilter
from reports.dashboards.outcome_charts import draws_onset, left_out_words
from reports.dashboards.outcome_curve_tables import curve_table
from reports.dashboards.outcome_group_words import MOST_DRAWN, has_numbers
from reports.dashboards.outcome_trend_words import (
    kept_words,
    mood_tables,
    quarter_tables,
    session_tables,
    trend_words,
    whole_course_words,
)
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.ranges import lower_words, span_words, upper_words, weeks_words
from reports.dashboards.words import (
    COMPARE_WORDS,
    LEFT_OUT_WORDS,
    REASON_WORDS,
    STATUS_WORDS,
    counted,
    instrument_words,
    percent,
    too_few,
)


@dataclass(frozen=True)
class Tile:
    """One number with what it is; `note` says how sure it is."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Count:
    """One line of a table of counts; `share` is of the whole."""

    label: str
    n: int
    share: str = ""


def outcome_page(found: Outcomes) -> dict[str, Any]:
    """What the template of the outcomes page needs, in words."""
    page: dict[str, Any] = {
        "outcome": found,
        "query": found.filter.query(),
        "fresh_query": replace(found.filter, fresh=True).query(),
        "instrument": instrument_words(found.filter.instrument_label),
        "definitions": definition_lines(found),
        "is_unfiltered": found.filter.analysis() == OutcomeFilter(),
        "onset_in_weeks": not draws_onset(found),
    }
    if not found.is_shown:
        return page
    numbers = found.numbers
    return {
        **page,
        "counted": counted(numbers["patients"], numbers["sessions"]),
        "tiles": tiles(found),
        "onset": curve_table(found, "onset"),
        "relief": curve_table(found, "relief"),
        "statuses": counts(numbers["counts"], STATUS_WORDS, numbers["sessions"]),
        "censoring": censoring_lines(numbers["censoring"]),
        "left_out": counts(found.left_out, LEFT_OUT_WORDS),
        "missing": missing_words(found),
        "imported": imported_words(found),
        "gaps": gap_words(numbers["gaps"]),
        "is_uncertain": numbers["censoring"].get("differ_a_lot", False),
        "competing": competing_lines(numbers["censoring"]),
        "bounds": bound_words(numbers["censoring"]),
        "small": left_out_words(found),
        **trend_parts(found),
    }


def trend_parts(found: Outcomes) -> dict[str, Any]:
    """What stands below the two curves."""
    return {
        "compared": COMPARE_WORDS[found.filter.compare],
        "mood": mood_tables(found),
        "mood_head": (
            _("After"),
            _("Mean change"),
            _("95 % interval"),
            _("Patients"),
            _("Sessions"),
        ),
        "by_session": session_tables(found),
        "by_quarter": quarter_tables(found),
        "relief_head": ("", _("Median"), _("95 % interval"), _("Patients"), _("Sessions")),
        "ends_head": _("Ends seen"),
        "quarter_head": _("Seen in relief by 7 days"),
        "trend": trend_words(found),
        "whole_course": whole_course_words(found),
        "kept": kept_words(found),
        "replicates": found.numbers["replicates"],
        **intervals_ahead_of(found),
        "quality": quality_words(found),
        "ungrouped": ungrouped_words(found),
        "undrawn": undrawn_words(found),
    }


def tiles(found: Outcomes) -> list[Tile]:
    """Onset, shares with relief, length of relief, answers; each with its interval."""
    onset, relief = found.numbers["onset"], found.numbers["relief"]
    few = too_few(found.minimum)
    words = weeks_words if found.recall_days else span_words
    result: list[Tile] = []
    if onset["suppressed"]:
        result.append(Tile("–", _("median time to relief"), few))
    else:
        lo, hi = onset["turnbull"]["median_bracket"]
        note = _interval(onset, words)
        result.append(Tile(words(lo, hi), _("median time to relief"), note))
        result += [_share_tile(share, found) for share in onset["shares"][:2]]
    if relief["suppressed"]:
        result.append(Tile("–", _("median length of relief"), few))
    else:
        lo, hi = relief["turnbull"]["median_bracket"]
        note = _interval(relief, span_words)
        result.append(Tile(span_words(lo, hi), _("median length of relief"), note))
    if found.check_ins["asked"]:
        share = found.check_ins["answered"] / found.check_ins["asked"]
        note = _("%(answered)s of %(asked)s") % found.check_ins
        result.append(Tile(percent(share), _("of check-ins answered"), note))
    return result


def intervals_ahead_of(found: Outcomes) -> dict[str, Any]:
    """`are_ahead`: whether the analysis is too large to resample at once; `intervals_at`: when."""
    at = found.numbers.get("intervals_as_of")
    return {
        "are_ahead": "intervals_as_of" in found.numbers,
        "intervals_at": None if at is None else datetime.fromisoformat(at),
    }


def _interval(block: Mapping[str, Any], words: Any) -> str:
    bounds = block["interval_by_patient"]
    if bounds is None:
        return ""
    low, high = bounds["turnbull_median"]
    if low is None:
        return _("95 % interval: not reached")
    return _("95 %% interval %(span)s") % {"span": words(low, high)}


def _share_tile(share: Mapping[str, Any], found: Outcomes) -> Tile:
    days = share["hours"] / 24
    if found.recall_days and days < found.recall_days:
        # Looking back two weeks, nobody can say what was so a day after the dose.
        label = _("by 1 day") if days == 1 else _("by 7 days")
        return Tile(
            "–", label, _("not measurable: looks back %(n)s days") % {"n": found.recall_days}
        )
    label = _("seen in relief by 24 h") if days == 1 else _("seen in relief by 7 days")
    if share["seen"] is None:
        return Tile("–", label, _("not followed that long"))
    note = ""
    if share["lower"] is not None and share["upper"] is not None:
        note = _("95 %% interval %(low)s–%(high)s") % {
            "low": round(share["lower"] * 100),
            "high": percent(share["upper"]),
        }
    return Tile(percent(share["seen"]), label, note)


def counts(values: Mapping[str, int], words: Mapping[str, Any], whole: int = 0) -> list[Count]:
    """Counts with their words, in the order of the words; shares of `whole`."""
    return [
        Count(str(label), values[name], percent(values[name] / whole) if whole else "")
        for name, label in words.items()
        if name in values
    ]


def censoring_lines(block: Mapping[str, Any]) -> list[Count]:
    """How many ends of relief were seen, and why the others were not."""
    if block["suppressed"]:
        return []
    whole = block["sessions"]
    seen = Count(_("end of relief seen"), block["seen"], percent(block["seen"] / whole))
    return [seen, *counts(block, REASON_WORDS, whole)]


def bound_words(block: Mapping[str, Any]) -> str:
    """The median if every next session were a loss, and if it were none."""
    if block["suppressed"]:
        return ""

    def words(median: float | None) -> str:
        return _("not reached") if median is None else upper_words(median)

    return _(
        "median from %(worst)s (each next session counted as a loss) to %(best)s (as none)"
    ) % {
        "worst": words(block["worst_median"]),
        "best": words(block["best_median"]),
    }


def competing_lines(block: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """By when, the share that had lost relief, the share dosed again before that."""
    if block["suppressed"]:
        return []
    return [
        (lower_words(share["hours"]), percent(share["lost"]), percent(share["dosed_again"]))
        for share in block["competing"]
    ]


def missing_words(found: Outcomes) -> str:
    """How many check-ins were asked and answered."""
    asked, answered = found.check_ins["asked"], found.check_ins["answered"]
    if not asked:
        return _("No check-in of these sessions was due yet.")
    return _("%(answered)s of %(asked)s check-ins were answered. A missing one is never zero.") % {
        "answered": answered,
        "asked": asked,
    }


def quality_words(found: Outcomes) -> str:
    """What was noticed in the answers of the clinic; empty when nothing was."""
    words = []
    if found.check_ins["conflicting_scores"]:
        facts = {"n": found.check_ins["conflicting_scores"]}
        words.append(_("Two scores at one instant, the worse one used: %(n)s times.") % facts)
    if found.check_ins["recall_overlap"]:
        facts = {"n": found.check_ins["recall_overlap"]}
        words.append(_("Onset seen in an answer that looks back before the dose: %(n)s.") % facts)
    return " ".join(words)


def ungrouped_words(found: Outcomes) -> str:
    """How many sessions belong to no group; empty when all do."""
    n = found.numbers["ungrouped"]
    words = ngettext(
        "%(n)s session belongs to no group: its dose or weight is not known.",
        "%(n)s sessions belong to no group: their dose or weight is not known.",
        n,
    )
    return words % {"n": n} if n else ""


def undrawn_words(found: Outcomes) -> str:
    """That some groups are in the tables only; empty when all are drawn."""
    block = found.numbers["onset"]
    groups = {} if block["suppressed"] else block["groups"]
    if sum(map(has_numbers, groups.values())) <= MOST_DRAWN:
        return ""
    return _("The %(n)s largest groups are drawn; the tables have all.") % {"n": MOST_DRAWN}


def imported_words(found: Outcomes) -> str:
    """How many sessions were recorded elsewhere; empty when none was."""
    n, all_of_them = found.imported_sessions or 0, found.numbers["sessions"]
    words = ngettext(
        "%(n)s of %(all)s sessions was imported: it was recorded elsewhere.",
        "%(n)s of %(all)s sessions were imported: they were recorded elsewhere.",
        n,
    )
    return words % {"n": n, "all": all_of_them} if n else ""


def gap_words(gaps: Mapping[str, Any]) -> str:
    """How far apart sessions and check-ins were."""
    words = []
    if gaps["median_days_between_sessions"] is not None:
        days = round(gaps["median_days_between_sessions"], 1)
        words.append(_("Median gap between sessions %(days)s days.") % {"days": f"{days:g}"})
    if gaps["intervals"]:
        facts = {"wide": gaps["intervals_over_7_days"], "all": gaps["intervals"]}
        words.append(_("%(wide)s of %(all)s intervals are wider than 7 days.") % facts)
    return " ".join(words)


def definition_lines(found: Outcomes) -> list[Definition]:
    """Every parameter of the analysis, named."""
    return definitions(found.parameters, found.filter.instrument_label)
