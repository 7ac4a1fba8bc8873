"""The onset and relief curves of one analysis as SVG texts, where enough patients stand behind."""

from __future__ import annotations

from typing import Any

import pandas as pd
from django.conf import settings
from django.utils.translation import gettext as _

from reports.charts import CurveInput, onset_figure, relief_figure
from reports.episodes import EPISODE_COLUMNS
from reports.relief_report import (
    ONSET_BARS_H,
    RELIEF_BARS_H,
    observed_onset,
    observed_relief,
)
from reports.relief_summary import hours
from reports.survival import survival_by_patient


def draw_curves(result: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """SVG by name ("onset", "relief"), and a sentence for each curve that is refused."""
    drawn: dict[str, str] = {}
    refused: list[str] = []
    episodes = pd.DataFrame(result["episodes"], columns=EPISODE_COLUMNS)
    chosen = {
        "onset": (observed_onset(episodes), onset_figure, ONSET_BARS_H),
        "relief": (observed_relief(episodes), relief_figure, RELIEF_BARS_H),
    }
    titles = {"onset": _("Time to response"), "relief": _("Time in response")}
    for name, (seen, draw, bars_h) in chosen.items():
        if seen.n_patients < settings.MINIMUM_PATIENTS_DRAWN:
            refused.append(
                _("%(name)s.svg is not drawn: %(n)s patients, and at least %(least)s are needed.")
                % {"name": name, "n": seen.n_patients, "least": settings.MINIMUM_PATIENTS_DRAWN}
            )
            continue
        bars = survival_by_patient(
            list(seen.patient_id), seen.lo, seen.hi, bars_h, seed=result["parameters"]["seed"]
        )
        group = CurveInput(
            label=_("All sessions"),
            km=result[name]["right"],
            npmle=result[name]["turnbull"],
            n_patients=seen.n_patients,
            n_sessions=len(seen.lo),
            series="iv",
            bars=tuple(bars or ()),
        )
        drawn[name] = draw(
            {"all": group},
            labels=_labels(),
            prefix=name,
            title=titles[name],
            desc=_("Median when the clinic saw it: %(median)s. %(n)s sessions.")
            % {"median": hours(result[name]["right"]["median"]), "n": len(seen.lo)},
            min_patients=settings.MINIMUM_PATIENTS_DRAWN,
        )
    return drawn, refused


def _labels() -> dict[str, str]:
    return {
        "at_risk": _("At risk"),
        "events": _("Events"),
        "hours": _("h"),
        "days": _("d"),
        "percent": "{n} %",
        "counts": _("{patients} patients, {sessions} sessions"),
        "below_minimum": _("Too few patients to draw"),
    }
