"""The live session page and what is entered on it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sessions_app import audit
from sessions_app.actions.readings import record_vital_reading
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.forms import VitalReadingForm
from sessions_app.models import TreatmentSession
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.views.gate import StaffRequest, page_for


@page_for(Deed.SEE_PATIENTS)
def session_page(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session's record, and the forms to add to it."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return _page(request, session)


@require_POST
@page_for(Deed.RUN_SESSION)
def add_reading(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one reading. What was typed stays on the page when it is refused."""
    session = load(TreatmentSession, request.user, session_id)
    form = VitalReadingForm(request.POST)
    if form.is_valid():
        try:
            record_vital_reading(by=request.user, session=session, **form.entry())
            return redirect("care:session", session_id=session.pk)
        except RuleBroken as broken:
            form.add_broken_rules(broken)
        except AlreadySaved as earlier:
            form.add_already_saved(earlier)
            return _page(request, session, form, status=409)
    return _page(request, session, form, status=422)


def _page(
    request: StaffRequest,
    session: TreatmentSession,
    form: VitalReadingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "session": session,
        "form": form or VitalReadingForm(),
        "readings": session.readings.standing().prefetch_related("alerts"),
    }
    return render(request, "care/session.html", context, status=status)
