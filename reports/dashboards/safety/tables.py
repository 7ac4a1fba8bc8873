"""The tables of the safety page: every number that a chart shows, and those that none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboards.safety.overview import Safety
from reports.dashboards.safety.words import (
    DASH,
    amount,
    between_words,
    count_words,
    effect_label,
    mmhg,
    pair,
    share_words,
    spread_words,
    time_words,
    with_interval,
)
from reports.dashboards.words import BAND_LABELS, DRUG_SHORT, group_words, too_few
from sessions_app.models import Alert


@dataclass(frozen=True)
class Table:
    """`head` names the columns; each line begins with what it is about. `small`: which groups have
    too few patients for a line, as a sentence.
    """

    caption: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    small: str = ""


def route_label(found: Safety, route: str) -> str:
    return group_words(route, found.drugs_by_route.get(route, []))


def shown_groups(
    found: Safety, block: Mapping[str, Any]
) -> tuple[list[tuple[str, Mapping[str, Any]]], str]:
    """All and each route that has enough patients, the largest first; and the others named."""
    routes = block["by_route"]
    order = sorted(routes, key=lambda route: (-routes[route].get("patients", 0), route))
    named = [(_("All"), block["all"]), *((route_label(found, r), routes[r]) for r in order)]
    shown = [(label, one) for label, one in named if not one["suppressed"]]
    return shown, small_words(found, [label for label, one in named if one["suppressed"]])


def small_words(found: Safety, names: Iterable[str]) -> str:
    """The groups that have too few patients, in a sentence; "" when none has."""
    facts = {"n": found.minimum, "groups": ", ".join(names)}
    if not facts["groups"]:
        return ""
    return _("Fewer than %(n)s patients, not shown: %(groups)s.") % facts


def effects_table(found: Safety) -> Table | None:
    """Each effect: in how many sessions, in how many patients."""
    block = found.numbers["effects"]["all"]
    if block["suppressed"]:
        return None
    lines = [
        (
            effect_label(code),
            count_words(effect["sessions"]),
            with_interval(effect["sessions"]),
            count_words(effect["patients"]),
            with_interval(effect["patients"]),
            str(effect["severe_sessions"]),
            str(effect["serious_sessions"]),
        )
        for code, effect in block["effects"].items()
    ]
    head = (
        *(_("Side effect"), _("Sessions"), _("Share (95 % interval)"), _("Patients")),
        *(_("Share (95 % interval)"), _("Sessions, severe"), _("Sessions, serious")),
    )
    return Table(_("How often"), head, tuple(lines))


def effects_by(found: Safety, name: str, unit: str) -> Table | None:
    """The share of `unit` ("sessions" or "patients") with each effect, a column a group.

    Groups with too few patients have no column, and are named below.
    """
    effects = found.numbers["effects"]
    shown = {key: group for key, group in effects[name].items() if not group["suppressed"]}
    small = [group_label(found, name, key) for key in effects[name] if key not in shown]
    if effects["all"]["suppressed"] or not shown:
        return None
    if name == "by_route":
        order = sorted(shown, key=lambda key: (-shown[key]["patients"], key))
        shown = {key: shown[key] for key in order}
    lines = []
    for code in effects["all"]["effects"]:
        words = (with_interval(group["effects"][code][unit]) for group in shown.values())
        lines.append((effect_label(code), *words))
    heads = {
        "sessions": _("%(group)s, %(n)s sessions"),
        "patients": _("%(group)s, %(n)s patients"),
    }
    head = [
        heads[unit] % {"group": group_label(found, name, key), "n": group[unit]}
        for key, group in shown.items()
    ]
    captions = {"sessions": _("Of sessions"), "patients": _("Of patients")}
    side_effect = _("Side effect")
    return Table(captions[unit], (side_effect, *head), tuple(lines), small_words(found, small))


def group_label(found: Safety, name: str, key: str) -> str:
    """What a route or a band of session numbers is called."""
    return route_label(found, key) if name == "by_route" else str(BAND_LABELS[key])


def times_table(found: Safety) -> Table:
    """When each effect began after the dose, and how long it lasted."""
    lines, small = [], []
    for code in ordered_times(found):
        block = found.numbers["effects"]["times"][code]
        if block["suppressed"]:
            small.append(effect_label(code))
            continue
        lasted = block["lasted_h"]
        lines.append(
            (
                effect_label(code),
                time_words(block["onset_h"]["median"]),
                spread_words(block["onset_h"]),
                time_words(lasted["median"]),
                between_words(lasted["median_lower"], lasted["median_upper"]),
                between_words(lasted["q1"], lasted["q3"]),
                count_words({"n": lasted["seen_to_end"], "of": lasted["episodes"]}),
            )
        )
    head = (
        *(_("Side effect"), _("Begins, median"), _("Middle half"), _("Lasts, median")),
        *(_("95 % interval"), _("Middle half"), _("Seen to its end")),
    )
    return Table(_("After the dose"), head, tuple(lines), small_words(found, small))


def ordered_times(found: Safety) -> list[str]:
    """The effects in the order of their frequency."""
    times, whole = found.numbers["effects"]["times"], found.numbers["effects"]["all"]
    order = list(whole.get("effects", times))
    return sorted(times, key=lambda code: order.index(code) if code in order else len(order))


def pressure_table(found: Safety) -> Table:
    """The two ways beside each other, by route."""
    lines = []
    shown, small = shown_groups(found, found.numbers["pressure"])
    for label, block in shown:
        peaks, top = block["mean_of_peaks"], block.get("peak_of_mean_curve")
        rise = peaks["systolic_rise"]
        lines.append(
            (
                label,
                pair(rise["mean"], peaks["diastolic_rise"]["mean"], signed=True),
                DASH if rise["sd"] is None else mmhg(rise["sd"]),
                time_words(peaks["peak_h"]["median"]),
                pair(top["systolic_rise"], top["diastolic_rise"], signed=True) if top else DASH,
                time_words(top["hour"]) if top else DASH,
            )
        )
    head = (
        *(_("Group"), _("Mean of the peaks, mmHg"), _("SD"), _("at, median")),
        *(_("Peak of the mean curve, mmHg"), _("at")),
    )
    return Table(_("Rise to the peak, two ways"), head, tuple(lines), small)


def level_table(found: Safety) -> Table:
    """The same two ways without subtracting what was there before the dose."""
    lines = []
    shown, small = shown_groups(found, found.numbers["pressure"])
    for label, block in shown:
        peaks, top = block["mean_of_peaks"], block.get("peak_of_mean_curve")
        lines.append(
            (
                label,
                str(block["sessions"]),
                str(peaks["sessions_with_a_rise"]),
                pair(peaks["systolic"]["mean"], peaks["diastolic"]["mean"]),
                pair(top["systolic"], top["diastolic"]) if top else DASH,
            )
        )
    head = (
        *(_("Group"), _("Sessions"), _("with a value before the dose")),
        *(_("Mean of the peaks, mmHg"), _("Peak of the mean curve, mmHg")),
    )
    return Table(_("Height of the peak, two ways"), head, tuple(lines), small)


def severe_table(found: Safety) -> Table:
    """How many sessions and patients reached 180 systolic or 110 diastolic."""
    lines = []
    shown, small = shown_groups(found, found.numbers["pressure"])
    for label, block in shown:
        cells = []
        for name in ("sessions", "patients"):
            cells += [count_words(block["severe"][name]), with_interval(block["severe"][name])]
        lines.append((label, *cells))
    share = _("Share (95 % interval)")
    head = (_("Group"), _("Sessions"), share, _("Patients"), share)
    return Table(_("Severe hypertension: 180 systolic or 110 diastolic"), head, tuple(lines), small)


def pressure_by_session(found: Safety) -> Table:
    """The rise to the peak and severe hypertension, a line for each band of session numbers."""
    bands = found.numbers["pressure"]["by_session"]
    lines = []
    for name, block in bands.items():
        if block["suppressed"]:
            continue
        rise = block["mean_of_peaks"]["systolic_rise"]
        lines.append(
            (
                str(BAND_LABELS[name]),
                str(block["sessions"]),
                pair(rise["mean"], block["mean_of_peaks"]["diastolic_rise"]["mean"], signed=True),
                DASH if rise["sd"] is None else mmhg(rise["sd"]),
                count_words(block["severe"]["sessions"]),
                with_interval(block["severe"]["sessions"]),
            )
        )
    small = [str(BAND_LABELS[name]) for name, block in bands.items() if block["suppressed"]]
    head = (
        *(_("Session"), _("Sessions"), _("Rise, mean of the peaks, mmHg"), _("SD")),
        *(_("Severe hypertension"), _("Share (95 % interval)")),
    )
    caption = _("Blood pressure by session number")
    return Table(caption, head, tuple(lines), small_words(found, small))


def readings_table(found: Safety) -> Table:
    """Due, taken, on time."""
    lines = []
    shown, small = shown_groups(found, found.numbers["readings"])
    for label, block in shown:
        due = block["due"]
        taken, on_time = (_part(block[name], due) for name in ("taken", "on_time"))
        lines.append((label, str(due), taken, on_time, _part(block["late"], block["readings"])))
    head = (_("Group"), _("Due"), _("Taken"), _("On time"), _("Readings entered late"))
    return Table(_("Readings"), head, tuple(lines), small)


def _part(n: int, of: int) -> str:
    return f"{n} ({share_words(n / of)})" if of else str(n)


def going_home_table(found: Safety) -> Table:
    """From the end of the dose to the signature, and watches that were short."""
    lines = []
    shown, small = shown_groups(found, found.numbers["going_home"])
    for label, block in shown:
        took = block["dose_end_to_signed_h"]
        short = block["watch_short"]
        lines.append(
            (
                label,
                str(block["sessions"]),
                time_words(took["median"]) if took["n"] else DASH,
                spread_words(took),
                count_words(short),
                with_interval(short),
            )
        )
    head = (
        *(_("Group"), _("Sessions"), _("Dose end to signature, median"), _("Middle half")),
        *(_("Watch shorter than the minimum"), _("Share (95 % interval)")),
    )
    return Table(_("Going home"), head, tuple(lines), small)


def alerts_table(found: Safety) -> Table:
    """By level: how many, and how long until somebody took them."""
    levels = dict(Alert.LEVELS)
    lines, small = [], []
    for level, block in found.numbers["alerts"]["by_level"].items():
        label = str(levels[level])
        if block["suppressed"]:
            small.append(label)
            continue
        taken = {"n": block["taken"], "of": block["alerts"]}
        lines.append(
            (
                label,
                str(block["alerts"]),
                count_words(taken),
                time_words(block["median_h"]),
                between_words(block["median_lower_h"], block["median_upper_h"]),
                with_interval(block["taken_within_5_min"]),
            )
        )
    head = (
        *(_("Level"), _("Alerts"), _("Taken by somebody"), _("Until taken, median")),
        *(_("95 % interval"), _("Taken within 5 min")),
    )
    return Table(_("Alerts"), head, tuple(lines), small_words(found, small))


def given_table(found: Safety) -> Table:
    """Sessions and milligrams of a patient, by drug."""
    lines, small = [], []
    for drug, block in found.numbers["given"].items():
        label = str(DRUG_SHORT.get(drug, drug))
        if block["suppressed"]:
            small.append(label)
            continue
        mg = block["mg"]
        sums = [too_few(found.minimum), DASH] if mg["suppressed"] else _percentiles(mg)
        unknown = str(block["patients_without_a_sum"])
        cells = (str(block["patients"]), *_percentiles(block["sessions"]), *sums, unknown)
        lines.append((label, *cells))
    tenth = _("10 % below – 10 % above")
    head = (
        *(_("Drug"), _("Patients"), _("Sessions each, median"), tenth),
        *(_("Total mg each, median"), tenth, _("Patients with a dose not known")),
    )
    caption = _("Sessions and total dose of a patient")
    return Table(caption, head, tuple(lines), small_words(found, small))


def _percentiles(block: Mapping[str, Any]) -> list[str]:
    return [amount(block["median"]), f"{amount(block['p10'])} – {amount(block['p90'])}"]


def curve_tables(found: Safety) -> list[Table]:
    """The mean curve of each route that has enough patients: what its line shows."""
    head = (_("After the dose"), _("Mean rise"), _("Mean, mmHg"), _("Sessions"))
    tables = []
    for route, block in found.numbers["pressure"]["by_route"].items():
        lines = [
            (
                time_words(point["hour"]),
                pair(point["systolic_rise"], point["diastolic_rise"], signed=True),
                pair(point["systolic"], point["diastolic"]),
                str(point["sessions"]),
            )
            for point in block.get("mean_curve", ())
        ]
        if lines:
            tables.append(Table(route_label(found, route), head, tuple(lines)))
    return tables


def bins_table(found: Safety) -> Table:
    """How many sessions had their highest systolic value in each step: what the strips show."""
    shown, small = shown_groups(found, found.numbers["pressure"])
    by_group = [
        {step["from_mmhg"]: step["sessions"] for step in b["systolic_bins"]} for _l, b in shown
    ]
    steps = sorted({step for own in by_group for step in own})
    lines = [
        (f"{step}{DASH}{step + 4}", *(str(own.get(step, 0)) for own in by_group)) for step in steps
    ]
    head = (_("Highest systolic, mmHg"), *(label for label, _block in shown))
    return Table(_("Sessions by their highest value"), head, tuple(lines), small)


def severe_words(found: Safety) -> str:
    """The finding of the strips in a sentence."""
    block = found.numbers["pressure"]["all"]
    severe = block["severe"]["sessions"]
    return _("Mean of the peaks %(mean)s mmHg; %(count)s sessions reached 180 or 110.") % {
        "mean": mmhg(block["mean_of_peaks"]["systolic"]["mean"]),
        "count": count_words(severe),
    }
