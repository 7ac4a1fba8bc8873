"""Every parameter of a ResponseRule in words: printed under each figure that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from reports.dashboards.words import instrument_words, percent


class Definition(NamedTuple):
    """One parameter: its name in files and JSON, its label and its value in words."""

    name: str
    label: str
    value: str


def definitions(parameters: Mapping[str, Any], instrument: str) -> list[Definition]:
    """All parameters, in the order of the rule."""
    labels = _labels()
    return [
        Definition(name, labels.get(name, name), _value(name, value, parameters, instrument))
        for name, value in parameters.items()
    ]


def _labels() -> dict[str, str]:
    return {
        "instrument": _("Measured by"),
        "score_min": _("Lowest score"),
        "score_max": _("Highest score"),
        "higher_is_better": _("Higher is better"),
        "recall_days": _("Looks back, days"),
        "remission_cut": _("Remission at or below"),
        "response_frac": _("Relief means"),
        "loss_frac": _("Relief is lost when better by less than"),
        "confirm_onset": _("Check-ins in a row that show relief"),
        "confirm_loss": _("Check-ins in a row that show its loss"),
        "baseline_mode": _("Compared with"),
        "baseline_window_days": _("Oldest score before a dose, days"),
        "baseline_min": _("Severity at the start above"),
        "course_gap_days": _("A new course begins after, days"),
        "onset_horizon_days": _("Onset is looked for up to day"),
        "as_of": _("Data up to"),
    }


def _value(name: str, value: Any, parameters: Mapping[str, Any], instrument: str) -> str:
    if name == "instrument":
        return instrument_words(instrument)
    if name == "baseline_mode":
        modes = {
            "course": _("the score before the first dose of the course"),
            "session": _("the last score before the dose"),
        }
        return modes[value]
    if name == "response_frac":
        return _response(value, parameters)
    if name == "loss_frac":
        return percent(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return _("now") if name == "as_of" else _("none")
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _response(value: float, parameters: Mapping[str, Any]) -> str:
    better = _("%(percent)s better than at the start") % {"percent": percent(value)}
    if parameters["higher_is_better"] and value == 0.5:
        return _("%(better)s: halfway from the start to the best") % {"better": better}
    return better
