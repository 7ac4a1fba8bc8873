"""The clinic's patients, searched by name or number."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from reports.dashboards import patient_list
from reports.forms.patients import PatientSearch
from sessions_app import audit
from sessions_app.permissions import may
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for

PATIENTS_A_PAGE = 50


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
