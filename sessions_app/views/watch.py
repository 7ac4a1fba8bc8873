"""The long-term watch of one patient: what is due, what was found, a new look, a struck one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import watch as deeds
from sessions_app.alerting.watch_state import watch_of
from sessions_app.forms.rota import WatchCheckForm
from sessions_app.forms.session import StrikeForm
from sessions_app.models import Patient, WatchCheck
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.rules.long_term_watch import ITEMS
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.words.watch_words import ITEM_HINTS, item_words


@page_for(Deed.SEE_PATIENTS, READ)
def watch(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What is due and when, every look, and what was given in all."""
    patient = load(Patient, request.user, patient_id)
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    seen, may_check = watch_of(patient, timezone.now()), may(request.user, Deed.HANDLE_CHECK_INS)
    watched = {line.item for line in seen.lines}
    others = [(item, item_words(item)) for item in ITEMS if may_check and item not in watched]
    context = {"patient": patient, "watch": seen, "may_check": may_check, "others": others}
    return render(request, "clinic/watch.html", context)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def watch_check(request: StaffRequest, patient_id: UUID, item: str) -> HttpResponse:
    """Write down that somebody looked, and what was found."""
    if item not in ITEMS:
        raise Http404
    patient = load(Patient, request.user, patient_id)
    form, status = WatchCheckForm(item=item), 200
    if request.method == "POST":
        form = WatchCheckForm(request.POST, item=item)
        tried = attempt(
            form,
            lambda: deeds.record_watch_check(by=request.user, patient=patient, **form.check()),
        )
        if tried.is_done:
            messages.success(request, _("%(item)s: saved.") % {"item": item_words(item)})
            return redirect("clinic:watch", patient_id=patient.pk)
        status = tried.status
    else:
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    context = {
        "form": form,
        "patient": patient,
        "item": item_words(item),
        "hint": ITEM_HINTS[item],
    }
    return render(request, "clinic/watch_check.html", context, status=status)


@page_for(Deed.HANDLE_CHECK_INS, FORM)
def watch_strike(request: StaffRequest, look_id: UUID) -> HttpResponse:
    """Cross out a look that should never have been written, with the reason."""
    row = load(WatchCheck, request.user, look_id, related=("patient", "score"))
    form, status = StrikeForm(), 200
    if request.method == "POST":
        form = StrikeForm(request.POST)
        tried = attempt(
            form, lambda: deeds.strike_watch_check(by=request.user, look=row, **form.cleaned_data)
        )
        if tried.is_done:
            words = _("%(item)s: the look is struck. It stays in the list.")
            messages.success(request, words % {"item": item_words(row.item)})
            return redirect("clinic:watch", patient_id=row.patient_id)
        status = tried.status
    else:
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=row.patient)
    looks = watch_of(row.patient, timezone.now()).looks
    look = next(each for each in looks if each.check_id == row.pk)
    context = {"form": form, "patient": row.patient, "look": look}
    return render(request, "clinic/watch_strike.html", context, status=status)
