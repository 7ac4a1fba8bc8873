"""The figures of the safety page from its numbers. The tables beside them say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports.dashboards.safety.overview import KEPT_SECONDS, Safety, definitions
from reports.dashboards.safety.tables import (
    ordered_times,
    route_label,
    severe_words,
)
from reports.dashboards.safety.words import (
    ANY,
    effect_label,
    mmhg,
    share_words,
    time_words,
)
from reports.dashboards.words import SERIES

FIGURES = ("shares", "clock", "strips", "rise", "funnel")


def figure_svg(found: Safety, name: str) -> str:
    """One of FIGURES as SVG, kept until data or language change; "" when there is none to draw."""
    if not found.is_shown:
        return ""
    key = f"{found.fingerprint}-{name}-{get_language()}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = _DRAW[name](found)
        cache.set(key, svg, KEPT_SECONDS)
    return svg


def _shares(found: Safety) -> str:
    from reports.charts.safety_shares import Share, ShareRow, shares_figure

    block = found.numbers["effects"]["all"]
    if block["suppressed"]:
        return ""

    def share(numbers: Mapping[str, Any]) -> Share:
        words = share_words(numbers["share"])
        return Share(numbers["share"], numbers["lower"], numbers["upper"], words)

    effects = block["effects"]
    rows = [
        ShareRow(effect_label(code), share(one["sessions"]), share(one["patients"]))
        for code, one in effects.items()
    ]
    first = next((code for code in effects if code != ANY), None)
    desc = _("Any side effect in %(share)s of sessions.") % {"share": rows[0].sessions.words}
    if first is not None:
        told = {
            "effect": effect_label(first),
            "share": share_words(effects[first]["sessions"]["share"]),
        }
        desc += " " + _("The most frequent: %(effect)s, %(share)s.") % told
    return shares_figure(
        rows,
        labels={
            "sessions": _("of sessions"),
            "patients": _("of patients"),
            "percent": _("{n} %"),
        },
        prefix="shares-chart",
        title=_("How often side effects were recorded"),
        desc=desc,
    )


def _clock(found: Safety) -> str:
    from reports.charts.safety_clock import ClockRow, clock_figure

    times = found.numbers["effects"]["times"]
    codes = [code for code in ordered_times(found) if not times[code]["suppressed"]]
    if not codes:
        return ""
    rows = []
    for code in codes:
        onset, lasts = times[code]["onset_h"], times[code]["lasted_h"]["median"]
        rows.append(
            ClockRow(
                effect_label(code),
                onset=onset["median"] * 60,
                onset_q1=onset["q1"] * 60,
                onset_q3=onset["q3"] * 60,
                lasts=None if lasts is None else lasts * 60,
                words=_("lasts %(time)s") % {"time": time_words(lasts)},
            )
        )
    told = [
        _("%(effect)s begins after %(onset)s and lasts %(length)s.")
        % {
            "effect": effect_label(code),
            "onset": time_words(times[code]["onset_h"]["median"]),
            "length": time_words(times[code]["lasted_h"]["median"]),
        }
        for code in codes[:3]
    ]
    return clock_figure(
        rows,
        labels={
            "after_dose": _("minutes after the dose began"),
            "minutes": _("min"),
        },
        prefix="clock-chart",
        title=_("When side effects begin and how long they last, medians"),
        desc=" ".join(told),
    )


def _strips(found: Safety) -> str:
    from reports.charts.safety_pressure import Strip, strips_figure

    routes = shown_routes(found.numbers["pressure"])
    if not routes:
        return ""
    strips = [
        Strip(
            *_named(found, route),
            block["sessions"],
            tuple((step["from_mmhg"], step["sessions"]) for step in block["systolic_bins"]),
        )
        for route, block in routes
    ]
    return strips_figure(
        strips,
        limit=definitions()["severe_systolic_mmhg"],
        labels={
            "mmhg": _("highest systolic after the dose, mmHg"),
            "limit": _("180: severe"),
            "dots": _("a dot is up to {n} sessions"),
            "one_dot": _("a dot is a session"),
            "sessions": _("sessions"),
        },
        prefix="strips-chart",
        title=_("Highest systolic blood pressure of each session"),
        desc=severe_words(found),
    )


def _rise(found: Safety) -> str:
    from reports.charts.safety_pressure import RiseInput, rise_figure

    inputs, told = [], []
    for route, block in shown_routes(found.numbers["pressure"]):
        if block["mean_of_peaks"]["systolic_rise"]["mean"] is None:
            continue
        rise = block["mean_of_peaks"]["systolic_rise"]
        points = tuple((p["hour"] * 60, p["systolic_rise"]) for p in block["mean_curve"])
        means = (rise["mean"], rise["lower"], rise["upper"])
        label, series = _named(found, route)
        inputs.append(RiseInput(label, series, points, *means))
        top = block["peak_of_mean_curve"]
        told.append(
            _("%(group)s: mean of the peaks %(peaks)s, peak of the mean curve %(curve)s mmHg.")
            % {
                "group": label,
                "peaks": mmhg(rise["mean"], signed=True),
                "curve": mmhg(top["systolic_rise"] if top else None, signed=True),
            }
        )
    if not inputs:
        return ""
    return rise_figure(
        inputs,
        labels={
            "rise": _("systolic, mmHg over the value before the dose"),
            "minutes": _("min"),
            "mean_curve": _("mean curve, with its peak"),
            "mean_of_peaks": _("mean of the peaks"),
        },
        prefix="rise-chart",
        title=_("Rise of the systolic pressure, told in two ways"),
        desc=" ".join(told),
    )


def _funnel(found: Safety) -> str:
    from reports.charts.safety_funnel import FunnelRow, funnel_figure

    readings = found.numbers["readings"]
    if readings["all"]["suppressed"] or not readings["all"]["due"]:
        return ""
    rows = [
        FunnelRow(label, series, *(block[name] for name in ("due", "taken", "on_time")))
        for label, series, block in [
            (_("All"), "neutral", readings["all"]),
            *((*_named(found, route), block) for route, block in shown_routes(readings)),
        ]
        if block["due"]
    ]
    whole = readings["all"]
    return funnel_figure(
        rows,
        labels={
            "due": _("due"),
            "taken": _("measured"),
            "on_time": _("on time"),
            "part": _("{n} · {percent} %"),
        },
        prefix="funnel-chart",
        title=_("Readings due, taken and on time"),
        desc=_("%(on_time)s of %(due)s readings due were on time.")
        % {"on_time": whole["on_time"], "due": whole["due"]},
    )


def shown_routes(block: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The routes that have enough patients, the one with most first."""
    shown = [(route, one) for route, one in block["by_route"].items() if not one["suppressed"]]
    return sorted(shown, key=lambda one: (-one[1]["patients"], one[0]))


def _named(found: Safety, route: str) -> tuple[str, str]:
    """What a route is called, and the series that its colour belongs to."""
    return route_label(found, route), SERIES.get(route, route)


_DRAW: dict[str, Callable[[Safety], str]] = {
    "shares": _shares,
    "clock": _clock,
    "strips": _strips,
    "rise": _rise,
    "funnel": _funnel,
}
