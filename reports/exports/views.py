"""The doors to what leaves as a file. Each export leaves one audit line."""

from __future__ import annotations

from random import SystemRandom

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reports import dashboards
from reports.dashboards import outcome_charts
from reports.dashboards.filters import OutcomeFilter, own_outcomes
from reports.exports.figures import FORMATS, figure_file
from reports.forms.outcomes import OutcomeForm
from sessions_app import audit
from sessions_app.roles import Deed
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for


def asked_for(request: StaffRequest) -> OutcomeFilter | HttpResponse:
    """The analysis that the address asks for, or the page that names what is wrong, 422."""
    form = OutcomeForm(request.GET, own=own_outcomes(request.user.clinic_id))
    if not form.is_valid():
        return render(request, "review/outcomes.html", {"form": form}, status=422)
    return form.chosen()


def attached(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file that the browser saves under `name`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)


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


@page_for(Deed.EXPORT_RESEARCH, FORM)
def research_page(request: StaffRequest) -> HttpResponse:
    """What the research export holds; asked for, the export itself, with new ids each time."""
    from reports.exports.archive import zip_of
    from reports.exports.research import TooFewPatients, research
    from reports.exports.research_files import research_files

    context = {"minimum": settings.MINIMUM_PATIENTS_DRAWN}
    if request.method != "POST":
        return render(request, "review/research.html", context)
    try:
        found = research(request.user.clinic, SystemRandom())
    except TooFewPatients:
        return render(request, "review/research.html", {**context, "too_few": True}, status=422)
    made = zip_of(research_files(found), timezone.now())
    audit.record(audit.Tag.EXPORT, by=request.user, reason="research-export.zip")
    return attached(made, "application/zip", "research-export.zip")
