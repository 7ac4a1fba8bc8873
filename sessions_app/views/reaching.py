"""Reaching a patient who has not answered: send the link, end it, call, stop and start messages."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import reminders
from sessions_app.actions.check_in_links import revoke_links
from sessions_app.alerting.message_state import state_of
from sessions_app.alerting.sending import PAGE_WAIT_S, deliver
from sessions_app.forms.entry import KeyedForm
from sessions_app.forms.reaching import CallForm, SendForm
from sessions_app.models import CheckInRequest, Message, Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, WRITE, StaffRequest, page_for
from sessions_app.views.links import form_page, who_has_not_answered
from sessions_app.words.delivery_words import became_of


@page_for(Deed.HANDLE_CHECK_INS, WRITE)
def send(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """One tap sends the link by the patient's channel, and says what became of it."""
    asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
    form = SendForm(request.POST)
    is_discharge = request.POST.get("back") == "discharge" and asked.session_id is not None
    tried = attempt(
        form,
        lambda: reminders.ask_to_send(
            by=request.user, request=asked, write_key=form.cleaned_data["write_key"]
        ),
    )
    if not tried.is_done:
        refused = [str(message) for errors in form.errors.values() for message in errors]
        if not is_discharge:
            return who_has_not_answered(request, refused, tried.status)
        for words in refused:
            messages.error(request, words)
        return redirect("care:discharge", session_id=asked.session_id)
    deliver(tried.row, timeout=PAGE_WAIT_S)
    _say(request, tried.row)
    if is_discharge:
        return redirect("care:discharge", session_id=asked.session_id)
    return redirect("care:checkin_links")


def _say(request: StaffRequest, message: Message) -> None:
    """What became of it, on the next page."""
    now = timezone.now()
    message = Message.objects.prefetch_related("deliveries").get(pk=message.pk)
    facts = {"who": message.patient.initials, "what": became_of(message, now)}
    has_left = state_of(message, now) in ("sent", "opened")
    say = messages.success if has_left else messages.error
    say(request, _("Link to %(who)s: %(what)s.") % facts)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def end_links(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """A page that asks first; then no link and no code of this check-in opens it."""
    asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
    form = KeyedForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        tried = attempt(
            form, lambda: revoke_links(by=request.user, request=asked, **form.cleaned_data)
        )
        if tried.is_done:
            messages.success(request, _("No link of this check-in works any more."))
            return redirect("care:checkin_links")
        status = tried.status
    return form_page(request, "care/link_end.html", asked, form, status)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def call(request: StaffRequest, request_id: UUID) -> HttpResponse:
    """The number to call, and how the call went."""
    asked = load(CheckInRequest, request.user, request_id, Deed.HANDLE_CHECK_INS)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=asked.patient, row=asked)
        return form_page(request, "care/link_call.html", asked, CallForm())
    form = CallForm(request.POST)
    tried = attempt(
        form,
        lambda: reminders.log_check_in_call(by=request.user, request=asked, **form.entry()),
    )
    if tried.is_done:
        return redirect("care:checkin_links")
    return form_page(request, "care/link_call.html", asked, form, tried.status)


@page_for(Deed.EDIT_PATIENT, WRITE)
def stop(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The patient said to stop: at once, whatever is planned."""
    words = _("Nothing more is sent to this patient.")
    return _switch(request, patient_id, reminders.stop_reminders, words)


@page_for(Deed.EDIT_PATIENT, WRITE)
def start(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """The patient asked for messages again."""
    words = _("Messages go out again, as chosen in the details.")
    return _switch(request, patient_id, reminders.start_reminders, words)


def _switch(
    request: StaffRequest, patient_id: UUID, deed: Callable[..., Patient], words: str
) -> HttpResponse:
    """Do `deed` and say `words` on the patient's details; refused, nothing is said."""
    patient = load(Patient, request.user, patient_id)
    form = KeyedForm(request.POST)
    tried = attempt(form, lambda: deed(by=request.user, patient=patient, **form.cleaned_data))
    if tried.is_done:
        messages.success(request, words)
    return redirect("clinic:patient_edit", patient_id=patient.pk)
