"""The safety overview: what the sessions brought with them, and how they were watched."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.shortcuts import render

from reports.dashboards.safety import SafetyFilter, safety
from reports.dashboards.safety.charts import FIGURES, figure_svg
from reports.dashboards.safety.page import safety_page
from reports.exports.safety_csv import safety_csv
from reports.forms.safety import SafetyForm
from reports.views.drawing import drawn
from reports.views.sending import CSV, attached
from sessions_app import audit
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for


def asked_for(request: StaffRequest) -> SafetyFilter | HttpResponse:
    """The analysis that the address asks for, or the page that names what is wrong, 422."""
    form = SafetyForm(request.GET)
    if form.is_valid():
        return form.chosen()
    return render(request, "review/safety.html", {"form": form}, status=422)


@page_for(Deed.SEE_SAFETY, READ)
def safety_overview(request: StaffRequest) -> HttpResponse:
    """Side effects, blood pressure, readings, going home, alerts. A wrong filter is named."""
    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    found = safety(request.user, chosen)
    audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user, reason="safety")
    context = {
        "form": SafetyForm(found.filter.values()),
        **safety_page(found),
        "charts": {name: drawn(partial(figure_svg, found, name)) for name in FIGURES},
    }
    return render(request, "review/safety.html", context)


@page_for(Deed.SEE_SAFETY, READ)
def safety_file(request: StaffRequest) -> HttpResponse:
    """The same numbers, the definitions and the filter as CSV; a wrong filter is answered 422."""
    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    found = safety(request.user, chosen)
    audit.record(audit.Tag.EXPORT, by=request.user, reason="safety.csv")
    return attached(safety_csv(found), CSV, "safety.csv")
