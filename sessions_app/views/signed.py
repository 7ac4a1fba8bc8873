"""What can still be done to a signed record, and the paper that leaves with the patient."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.signoff import amend_session, void_sign_off
from sessions_app.chairside.session_record import session_record
from sessions_app.chairside.session_sheet import band
from sessions_app.chairside.session_state import standing_sign_off
from sessions_app.forms.discharge import VoidForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.session import AmendForm
from sessions_app.help_lines import lines_to_call
from sessions_app.models import TreatmentSession
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.words.check_in_words import asked_words, slot_words


@page_for(Deed.SIGN_SESSION, FORM)
def void(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Take the signature back, within a minute and with a reason."""
    session = load(TreatmentSession, request.user, session_id)
    sign_off = standing_sign_off(session)
    if sign_off is None:
        return redirect("care:discharge", session_id=session.pk)
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempt(
            form, lambda: void_sign_off(by=request.user, sign_off=sign_off, **form.cleaned_data)
        )
        if done.is_done:
            messages.success(request, _("The signature was taken back. The session is open."))
            return redirect("care:discharge", session_id=session.pk)
        return _small(request, session, _("Take the signature back"), form, done.status)
    return _small(request, session, _("Take the signature back"), form)


@page_for(Deed.SIGN_SESSION, FORM)
def amend(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Add a dated correction in words to a signed record."""
    session = load(TreatmentSession, request.user, session_id)
    form = AmendForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempt(
            form, lambda: amend_session(by=request.user, session=session, **form.cleaned_data)
        )
        if done.is_done:
            messages.success(request, _("The amendment was added."))
            return redirect("care:session", session_id=session.pk)
        return _small(request, session, _("Add an amendment"), form, done.status)
    return _small(request, session, _("Add an amendment"), form)


@page_for(Deed.SEE_PATIENTS, READ)
def session_print(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The whole record on paper: every value, time, person, strike, override and amendment."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    now = timezone.now()
    context = {
        "session": session,
        "band": band(session, now),
        "record": session_record(session, now),
    }
    return render(request, "care/session_print.html", context)


@page_for(Deed.SEE_PATIENTS, READ)
def leaflet(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """To print for the patient, in their language: what to avoid until tomorrow, whom to call, and
    the days of the check-ins for somebody without a phone. No name and no drug stands on it.
    """
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    patient = session.patient
    asked = session.check_in_requests.filter(cancelled_at=None).order_by("due_at")
    with translation.override(patient.language), timezone.override(patient.time_zone):
        context = {
            "session": session,
            "lines": lines_to_call(session.clinic, patient.language),
            "asked": [
                (one, slot_words(one.slot), asked_words(one.instruments, one.clinic_id))
                for one in asked
            ],
            "given_at": session.dose_started_at or session.opened_at,
        }
        return render(request, "care/leaflet.html", context)


def _small(
    request: StaffRequest, session: TreatmentSession, title: str, form: KeyedForm, status: int = 200
) -> HttpResponse:
    if request.method != "POST":
        audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    context = {
        "session": session,
        "band": band(session, timezone.now()),
        "title": title,
        "form": form,
    }
    return render(request, "care/correct.html", context, status=status)
