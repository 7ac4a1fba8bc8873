"""The outcomes page: how soon relief starts and how long it lasts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from reports import dashboards
from reports.dashboards import outcome_charts
from reports.dashboards.filters import OutcomeFilter, own_outcomes
from reports.dashboards.outcome_page import outcome_page
from reports.dashboards.outcome_safety import safety_tile
from reports.forms.outcomes import OutcomeForm
from reports.views.drawing import drawn
from sessions_app import audit
from sessions_app.permissions import may
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for


def asked(request: StaffRequest) -> OutcomeForm:
    """The filter that the address asks for, right or wrong."""
    return OutcomeForm(request.GET, own=own_outcomes(request.user.clinic_id))


def refused(request: StaffRequest, form: OutcomeForm) -> HttpResponse:
    """The page that names what is wrong with the filter, 422."""
    return render(request, "review/outcomes.html", {"form": form}, status=422)


def asked_for(request: StaffRequest) -> OutcomeFilter | HttpResponse:
    """The analysis that the address asks for, or the page that names what is wrong, 422."""
    form = asked(request)
    return form.chosen() if form.is_valid() else refused(request, form)


def outcome_chart(found: dashboards.Outcomes, name: str) -> SafeString | None:
    """One chart of the outcomes page; see `drawn`."""
    return drawn(lambda: outcome_charts.chart_svg(found, name))


@page_for(Deed.SEE_OUTCOMES, READ)
def outcomes_page(request: StaffRequest) -> HttpResponse:
    """How soon relief starts and how long it lasts. A wrong filter is named, the rest kept."""
    form = asked(request)
    if not form.is_valid():
        return refused(request, form)
    found = dashboards.outcomes(request.user, form.chosen())
    audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user)
    context = {
        "form": OutcomeForm.of(found.filter, form.own),
        **outcome_page(found),
        **{f"{name}_chart": outcome_chart(found, name) for name in outcome_charts.CHARTS},
        "safety_tile": safety_tile(request.user, found),
        "may_take_rows": may(request.user, Deed.EXPORT_ROWS),
    }
    return render(request, "review/outcomes.html", context)
