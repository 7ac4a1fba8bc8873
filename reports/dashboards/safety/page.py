"""The safety page in words: tiles, tables and notes from the numbers of one analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.safety import tables
from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.safety.overview import Safety
from reports.dashboards.safety.words import (
    END_LABELS,
    count_words,
    interval_words,
    mmhg,
    share_words,
    time_words,
)
from reports.dashboards.words import LEFT_OUT_WORDS, counted, too_few


def safety_page(found: Safety) -> dict[str, Any]:
    """What the template of the safety page needs, in words."""
    page: dict[str, Any] = {
        "safety": found,
        "query": found.filter.query(),
        "is_unfiltered": found.filter == SafetyFilter(),
    }
    if not found.is_shown:
        return page
    numbers = found.numbers
    return {
        **page,
        "counted": counted(numbers["patients"], numbers["sessions"]),
        "tiles": tiles(found),
        "effects": tables.effects_table(found),
        "by_group": {
            name: [tables.effects_by(found, name, unit) for unit in ("sessions", "patients")]
            for name in ("by_route", "by_session")
        },
        "times": tables.times_table(found),
        "pressure": tables.pressure_table(found),
        "bins": tables.bins_table(found),
        "curves": tables.curve_tables(found),
        "levels": tables.level_table(found),
        "pressure_by_session": tables.pressure_by_session(found),
        "severe": tables.severe_table(found),
        "readings": tables.readings_table(found),
        "going_home": tables.going_home_table(found),
        "alerts": tables.alerts_table(found),
        "given": tables.given_table(found),
        "ends": end_lines(numbers["ends"], END_LABELS),
        "left_out": end_lines(found.left_out, LEFT_OUT_WORDS),
        "told": told_words(numbers["effects"]),
        "signed_again": numbers["going_home"]["signed_again"],
        "in_error": numbers["alerts"]["in_error"],
    }


def tiles(found: Safety) -> list[dict[str, str]]:
    """The six numbers at the top, each with how sure it is or what it is of."""
    numbers, few = found.numbers, too_few(found.minimum)
    return [
        _effects_tile(numbers["effects"]["all"], few),
        *_pressure_tiles(numbers["pressure"]["all"], few),
        _readings_tile(numbers["readings"]["all"], few),
        _home_tile(numbers["going_home"]["all"], few),
        _alerts_tile(numbers["alerts"]["by_level"].get("high"), few),
    ]


def _tile(value: str, label: str, note: str) -> dict[str, str]:
    return {"value": value, "label": label, "note": note}


def _note(block: Mapping[str, Any]) -> str:
    return _("95 %% interval %(span)s") % {"span": interval_words(block)}


def _mean_note(block: Mapping[str, Any]) -> str:
    if block["lower"] is None:
        return ""
    span = f"{mmhg(block['lower'], signed=True)} – {mmhg(block['upper'], signed=True)}"
    return _("95 %% interval %(span)s") % {"span": span}


def _effects_tile(block: Mapping[str, Any], few: str) -> dict[str, str]:
    label = _("of sessions with a side effect")
    if block["suppressed"]:
        return _tile("–", label, few)
    any_effect = block["effects"]["any"]["sessions"]
    return _tile(share_words(any_effect["share"]), label, _note(any_effect))


def _pressure_tiles(block: Mapping[str, Any], few: str) -> list[dict[str, str]]:
    rise_label = _("systolic rise, mean of the sessions' peaks")
    severe_label = _("of sessions reached 180 or 110 mmHg")
    if block["suppressed"]:
        return [_tile("–", rise_label, few), _tile("–", severe_label, few)]
    rise, severe = block["mean_of_peaks"]["systolic_rise"], block["severe"]["sessions"]
    value = _("%(n)s mmHg") % {"n": mmhg(rise["mean"], signed=True)}
    return [
        _tile(value, rise_label, _mean_note(rise)),
        _tile(share_words(severe["share"]), severe_label, _note(severe)),
    ]


def _readings_tile(block: Mapping[str, Any], few: str) -> dict[str, str]:
    label = _("of readings due were on time")
    if block["suppressed"]:
        return _tile("–", label, few)
    if not block["due"]:
        return _tile("–", label, _("none was due"))
    note = count_words({"n": block["on_time"], "of": block["due"]})
    return _tile(share_words(block["on_time"] / block["due"]), label, note)


def _home_tile(block: Mapping[str, Any], few: str) -> dict[str, str]:
    label = _("from the end of the dose to the signature, median")
    if block["suppressed"]:
        return _tile("–", label, few)
    short = block["watch_short"]
    note = _("%(n)s of %(of)s watches were short") % {"n": short["n"], "of": short["of"]}
    return _tile(time_words(block["dose_end_to_signed_h"]["median"]), label, note)


def _alerts_tile(block: Mapping[str, Any] | None, few: str) -> dict[str, str]:
    """Of the high alerts; None when none was raised."""
    label = _("until a high alert is taken, median")
    if block is None or block["suppressed"]:
        return _tile("–", label, few if block else _("none was raised"))
    in_time = share_words(block["taken_within_5_min"]["share"])
    note = _("%(share)s within 5 min") % {"share": in_time}
    return _tile(time_words(block["median_h"]), label, note)


def end_lines(values: Mapping[str, int], words: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Counts with their words, in the order of the words."""
    return [(str(label), values[name]) for name, label in words.items() if name in values]


def told_words(effects: Mapping[str, Any]) -> str:
    """What the shares are of, and what is missing."""
    facts = {name: effects[name] for name in ("told", "sessions", "none_observed", "missing")}
    words = _(
        "%(told)s of %(sessions)s sessions say something about side effects after the dose, "
        "%(none_observed)s of them that none was observed. Missing: %(missing)s. A missing one is "
        "not counted as free of side effects."
    )
    told = words % facts
    before = effects["before_the_dose"]
    if before:
        told += " " + ngettext(
            "%(n)s side effect was there before the dose and is not counted.",
            "%(n)s side effects were there before the dose and are not counted.",
            before,
        ) % {"n": before}
    return told
