"""Mood after a dose, relief by session number and relief by quarter, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reports.dashboards.outcome_group_words import (
    drawn_groups,
    group_label,
    group_series,
    panel_label,
)
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.ranges import upper_words
from reports.dashboards.words import BAND_SHORT, instrument_words, too_few

if TYPE_CHECKING:
    from reports.charts import BandsInput

HOURS_PER_DAY = 24


def mood_svg(outcome: Outcomes) -> str:
    """Mean change from just before the dose, one line for each group."""
    from reports.charts import MoodInput, mood_figure

    def line(name: str, group: Mapping[str, Any]) -> MoodInput:
        return MoodInput(
            label=group_label(outcome, name),
            points=tuple(
                (point["hours"], point["mean"], point["lower"], point["upper"])
                for point in group["points"]
                if not point["suppressed"]
            ),
            n_patients=group["patients"],
            series=group_series(outcome, name),
        )

    drawn = drawn_groups(outcome, outcome.numbers["mood"]["groups"])
    return mood_figure(
        {name: line(name, group) for name, group in drawn},
        labels={
            "units": _("points better than before the dose (mean, 95 % interval)"),
            "hours": _("h"),
            "days": _("d"),
            "below_minimum": too_few(outcome.minimum),
        },
        prefix="mood-chart",
        title=_("Answers after a session"),
        desc=mood_words(outcome),
        min_patients=outcome.minimum,
    )


def mood_words(outcome: Outcomes) -> str:
    """The largest mean change of all sessions together, in a sentence."""
    found = outcome.numbers["mood"]
    known = [point for point in found["points"] if not point["suppressed"]]
    if not known:
        return _("Too few answers at any time after the dose.")
    best = max(known, key=lambda point: float(point["mean"]))
    return _(
        "%(scale)s: on average %(change)s points better %(time)s after the dose, in all groups."
    ) % {
        "scale": instrument_words(outcome.filter.instrument_label),
        "change": signed(best["mean"]),
        "time": upper_words(best["hours"]),
    }


def signed(value: float) -> str:
    """ "+1.4", "−0.3", "0"."""
    rounded = round(value, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0"


def sessions_svg(outcome: Outcomes) -> str:
    """Median relief in each band of session numbers, a panel for each group."""
    found = outcome.numbers["by_session"]
    if outcome.filter.compare == "sessions":
        rows = _rows(found["all"], [str(BAND_SHORT[row["band"]]) for row in found["all"]])
        panels = {"all": _bands(_("All"), rows, "group-1")}
    else:
        panels = {
            name: _bands(
                panel_label(outcome, name),
                _rows(rows, [str(BAND_SHORT[row["band"]]) for row in rows]),
                group_series(outcome, name),
            )
            for name, rows in drawn_groups(outcome, found["groups"])
        }
    title = _("Relief by session number")
    return _dots(outcome, panels, "sessions-chart", title, _relief_words(found["all"], "band"))


def quarters_svg(outcome: Outcomes) -> str:
    """Median relief of the sessions of each quarter, all groups together."""
    found = outcome.numbers["by_quarter"]
    rows = _rows(found, [row["quarter"] for row in found])
    panels = {"all": _bands(_("All"), rows, "group-1")}
    title = _("Relief over time")
    return _dots(outcome, panels, "quarters-chart", title, _relief_words(found, "quarter"))


def _rows(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[Any, ...]:
    from reports.charts import BandEstimate

    return tuple(
        BandEstimate(
            band=name,
            n_patients=row.get("patients", 0),
            n_sessions=row.get("sessions", 0),
            median_h=row.get("median"),
            lower_h=row.get("lower"),
            upper_h=row.get("upper"),
        )
        for name, row in zip(names, found, strict=True)
    )


def _bands(label: str, rows: tuple[Any, ...], series: str) -> BandsInput:
    from reports.charts import BandsInput

    return BandsInput(label=label, rows=rows, series=series)


def _dots(
    outcome: Outcomes, panels: Mapping[str, BandsInput], prefix: str, title: str, desc: str
) -> str:
    from reports.charts import sessions_figure

    return sessions_figure(
        panels,
        labels={
            "days": _("d"),
            "sessions": _("sessions"),
            "not_reached": _("not reached"),
            "below_minimum": too_few(outcome.minimum),
        },
        prefix=prefix,
        title=title,
        desc=desc,
        min_patients=outcome.minimum,
    )


def _relief_words(found: Sequence[Mapping[str, Any]], key: str) -> str:
    """Each median in a sentence, for those who do not see the chart."""
    said = []
    for row in found:
        name = str(BAND_SHORT[row[key]]) if key == "band" else row[key]
        if not row["suppressed"]:
            median = row["median"]
            words = _("not reached") if median is None else upper_words(median)
            said.append(_("%(name)s: %(median)s") % {"name": name, "median": words})
    return _("Median length of relief: %(list)s.") % {"list": "; ".join(said)}
