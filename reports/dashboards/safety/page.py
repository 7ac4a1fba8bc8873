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
from reports.dashboards.words import LEFT_OUT_WORDS


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


def counted(patients: int, sessions: int) -> str:
    """ "278 patients, 1735 sessions"."""
    people = ngettext("%(n)s patient", "%(n)s patients", patients) % {"n": patients}
    doses = ngettext("%(n)s session", "%(n)s sessions", sessions) % {"n": sessions}
    return f"{people}, {doses}"


def tiles(found: Safety) -> list[dict[str, str]]:
    """The six numbers at the top, each with how sure it is or what it is of."""
    numbers, few = found.numbers, tables.too_few(found)
    made = [_share_tile(numbers["effects"]["all"], _("of sessions with a side effect"), few)]
    pressure = numbers["pressure"]["all"]
    if pressure["suppressed"]:
        made.append(_tile("–", _("systolic rise, mean of the sessions' peaks"), few))
        made.append(_tile("–", _("of sessions reached 180 or 110 mmHg"), few))
    else:
        rise = pressure["mean_of_peaks"]["systolic_rise"]
        value = _("%(n)s mmHg") % {"n": mmhg(rise["mean"], signed=True)}
        made.append(_tile(value, _("systolic rise, mean of the sessions' peaks"), _mean_note(rise)))
        severe = pressure["severe"]["sessions"]
        label = _("of sessions reached 180 or 110 mmHg")
        made.append(_tile(share_words(severe["share"]), label, _note(severe)))
    made.append(_readings_tile(numbers["readings"]["all"], few))
    made.append(_home_tile(numbers["going_home"]["all"], few))
    high = numbers["alerts"]["by_level"].get("high")
    label = _("until a high alert is taken, median")
    if high is not None and not high["suppressed"]:
        note = _("%(share)s within 5 min") % {
            "share": share_words(high["taken_within_5_min"]["share"])
        }
        made.append(_tile(time_words(high["median_h"]), label, note))
    else:
        made.append(_tile("–", label, few if high else _("none was raised")))
    return made


def _tile(value: str, label: str, note: str) -> dict[str, str]:
    return {"value": value, "label": label, "note": note}


def _note(block: Mapping[str, Any]) -> str:
    return _("95 %% interval %(span)s") % {"span": interval_words(block)}


def _mean_note(block: Mapping[str, Any]) -> str:
    if block["lower"] is None:
        return ""
    span = f"{mmhg(block['lower'], signed=True)} – {mmhg(block['upper'], signed=True)}"
    return _("95 %% interval %(span)s") % {"span": span}


def _share_tile(block: Mapping[str, Any], label: str, few: str) -> dict[str, str]:
    if block["suppressed"]:
        return _tile("–", label, few)
    any_effect = block["effects"]["any"]["sessions"]
    return _tile(share_words(any_effect["share"]), label, _note(any_effect))


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
