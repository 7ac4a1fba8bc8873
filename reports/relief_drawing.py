"""The onset and relief curves of one analysis as SVG texts, where enough patients stand behind."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from reports.charts import CurveInput, onset_figure, relief_figure
from reports.relief_summary import hours


def draw_curves(result: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """SVG by name ("onset", "relief"), and a sentence for each curve that is refused."""
    drawn: dict[str, str] = {}
    refused: list[str] = []
    at_risk = ("response", "no_response")
    chosen = {"onset": (at_risk, onset_figure), "relief": (("response",), relief_figure)}
    titles = {"onset": _("Time to response"), "relief": _("Time in response")}
    for name, (statuses, draw) in chosen.items():
        rows = [episode for episode in result["episodes"] if episode["status"] in statuses]
        patients = len({episode["patient_id"] for episode in rows})
        if patients < settings.MINIMUM_PATIENTS_DRAWN:
            refused.append(
                _("%(name)s.svg is not drawn: %(n)s patients, and at least %(least)s are needed.")
                % {"name": name, "n": patients, "least": settings.MINIMUM_PATIENTS_DRAWN}
            )
            continue
        group = CurveInput(
            label=_("All sessions"),
            km=result[name]["right"],
            npmle=result[name]["turnbull"],
            n_patients=patients,
            n_sessions=len(rows),
            series="iv",
        )
        drawn[name] = draw(
            {"all": group},
            labels=_labels(),
            prefix=name,
            title=titles[name],
            desc=_("Median when the clinic saw it: %(median)s. %(n)s sessions.")
            % {"median": hours(result[name]["right"]["median"]), "n": len(rows)},
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
