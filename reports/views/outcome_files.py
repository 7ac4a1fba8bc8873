"""The outcomes as files. Each one leaves one audit line; a wrong filter is answered 422."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone

from reports import dashboards
from reports.dashboards import outcome_charts
from reports.exports.csv import outcomes_csv
from reports.exports.figures import FORMATS, figure_file
from reports.views.outcomes import asked_for
from reports.views.sending import CSV, attached
from sessions_app import audit
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for


@page_for(Deed.EXPORT_ROWS, READ)
def outcome_rows(request: StaffRequest) -> HttpResponse:
    """Sessions, answers, episodes and the points drawn as Parquet in one zip."""
    from reports.exports.outcome_rows import outcome_rows_zip

    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    made = outcome_rows_zip(request.user, chosen, timezone.now())
    audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.zip")
    return attached(made, "application/zip", "outcomes.zip")


@page_for(Deed.SEE_OUTCOMES, READ)
def chart(request: StaffRequest, curve: str, form: str) -> HttpResponse:
    """One figure of the page as SVG or PNG; 404 where none is drawn."""
    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    if form not in FORMATS or curve not in outcome_charts.CHARTS:
        raise Http404
    svg = outcome_charts.chart_svg(dashboards.outcomes(request.user, chosen), curve)
    if not svg:
        raise Http404
    audit.record(audit.Tag.EXPORT, by=request.user, reason=f"{curve}.{form}")
    return attached(figure_file(svg, form), FORMATS[form], f"{curve}.{form}")


@page_for(Deed.SEE_OUTCOMES, READ)
def outcomes_csv_file(request: StaffRequest) -> HttpResponse:
    """The points drawn, the definitions and the filter of the outcomes page as CSV."""
    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    found = dashboards.outcomes(request.user, chosen)
    audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.csv")
    return attached(outcomes_csv(found), CSV, "outcomes.csv")


@page_for(Deed.SEE_OUTCOMES, READ)
def outcomes_pdf_file(request: StaffRequest) -> HttpResponse:
    """The outcomes page as a tagged PDF."""
    from reports.exports.outcomes_pdf import outcomes_pdf

    chosen = asked_for(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    found = dashboards.outcomes(request.user, chosen)
    made = outcomes_pdf(found, request.user.clinic.name, timezone.now())
    audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.pdf")
    return attached(made, "application/pdf", "outcomes.pdf")
