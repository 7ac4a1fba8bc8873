"""The research export: what it holds, and the export itself."""

from __future__ import annotations

from random import SystemRandom

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reports.views.sending import attached
from sessions_app import audit
from sessions_app.roles import Deed
from sessions_app.views.gate import FORM, StaffRequest, page_for


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
