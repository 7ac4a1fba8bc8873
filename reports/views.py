"""The reading pages: patients, one patient's course, outcomes. Each look leaves one line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from reports import dashboards
from reports.dashboards import outcome_charts, patient_list
from reports.dashboards.filters import own_outcomes
from reports.dashboards.outcome_page import outcome_page
from reports.exports.csv import outcomes_csv
from reports.exports.session_pdf import session_pdf
from reports.forms.outcomes import OutcomeForm
from reports.forms.patients import PatientSearch
from sessions_app import audit
from sessions_app.models import TreatmentSession
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for

PATIENTS_A_PAGE = 50
log = logging.getLogger(__name__)


def drawn(draw: Callable[[], str]) -> SafeString | None:
    """The chart, "" when there is none to draw, None when drawing failed: the table stands in."""
    try:
        # Every text in it went through the XML writer of reports.charts.
        return mark_safe(draw())  # nosec B308 B703
    except Exception:
        log.exception("a chart could not be drawn")
        return None


@page_for(Deed.SEE_PATIENTS, READ)
def patients(request: StaffRequest) -> HttpResponse:
    """The clinic's patients, searched by name or number, fifty a page."""
    form = PatientSearch(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    found = Paginator(patient_list.search(request.user, words), PATIENTS_A_PAGE)
    page = found.get_page(request.GET.get("page"))
    audit.record(audit.Tag.LIST_LOOK, by=request.user, reason="patients")
    context = {
        "form": form,
        "words": words,
        "page_obj": page,
        "query": urlencode({"q": words}) if words else "",
        "lines": patient_list.patient_lines(request.user, list(page.object_list)),
        "may_add": may(request.user, Deed.EDIT_PATIENT),
    }
    return render(request, "review/patients.html", context)


@page_for(Deed.SEE_PATIENTS, READ)
def session_record_file(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session's whole record as a tagged PDF; it leaves the line that its page leaves."""
    found = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=found)
    # The file's name ends up in folders and mails: the number, and no name.
    name = "".join(one if one.isascii() and one.isalnum() else "-" for one in found.patient.number)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    made = session_pdf(found, timezone.now())
    return HttpResponse(made, content_type="application/pdf", headers=headers)


def outcome_chart(found: dashboards.Outcomes, name: str) -> SafeString | None:
    """One chart of the outcomes page; see `drawn`."""
    return drawn(lambda: outcome_charts.chart_svg(found, name))


@page_for(Deed.SEE_OUTCOMES, READ)
def outcomes_page(request: StaffRequest) -> HttpResponse:
    """How soon relief starts and how long it lasts. A wrong filter is named, the rest kept."""
    own = own_outcomes(request.user.clinic_id)
    form = OutcomeForm(request.GET, own=own)
    if not form.is_valid():
        return render(request, "review/outcomes.html", {"form": form}, status=422)
    found = dashboards.outcomes(request.user, form.chosen())
    audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user)
    context = {
        "form": OutcomeForm.of(found.filter, own),
        **outcome_page(found),
        **{f"{name}_chart": outcome_chart(found, name) for name in outcome_charts.CHARTS},
        "may_take_rows": may(request.user, Deed.EXPORT_ROWS),
    }
    return render(request, "review/outcomes.html", context)


@page_for(Deed.SEE_OUTCOMES, READ)
def outcomes_file(request: StaffRequest) -> HttpResponse:
    """The points drawn, the definitions and the filter as CSV; a wrong filter is answered 422."""
    own = own_outcomes(request.user.clinic_id)
    form = OutcomeForm(request.GET, own=own)
    if not form.is_valid():
        return render(request, "review/outcomes.html", {"form": form}, status=422)
    found = dashboards.outcomes(request.user, form.chosen())
    audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.csv")
    headers = {"Content-Disposition": 'attachment; filename="outcomes.csv"'}
    return HttpResponse(
        outcomes_csv(found), content_type="text/csv; charset=utf-8", headers=headers
    )
