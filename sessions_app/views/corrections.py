"""Corrections: an entry is struck or entered again; the old one stays to be seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.corrections import (
    correct_dose_event,
    correct_reading,
    open_alerts_of,
    strike_entry,
)
from sessions_app.actions.retiming import retime_effect
from sessions_app.chairside.alarms import alert_text
from sessions_app.chairside.live_pad import effect_said
from sessions_app.chairside.session_entries import entry_rows
from sessions_app.chairside.session_sheet import band
from sessions_app.forms.entry import VitalReadingForm
from sessions_app.forms.session import (
    DoseCorrectionForm,
    ReadingCorrectionForm,
    StrikeForm,
    local_text,
)
from sessions_app.forms.timing import TimeForm
from sessions_app.models import (
    DissociationRating,
    DoseEvent,
    MedicationGiven,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    TreatmentSession,
    VitalReading,
)
from sessions_app.permissions import load
from sessions_app.roles import Deed
from sessions_app.templatetags.care_words import entry_words
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.views.live import Said, saved

KINDS: dict[str, tuple[type[Any], str]] = {
    "reading": (VitalReading, "session"),
    "dose": (DoseEvent, "session"),
    "effect": (SideEffect, "session"),
    "change": (SideEffectChange, "effect__session"),
    "none": (NoneObserved, "session"),
    "medication": (MedicationGiven, "session"),
    "rating": (DissociationRating, "session"),
}


@page_for(Deed.RUN_SESSION, FORM)
def reading_correct(request: StaffRequest, session_id: UUID, reading_id: UUID) -> HttpResponse:
    """The reading again, filled in, with the reason."""
    session = load(TreatmentSession, request.user, session_id)
    reading = load(VitalReading, request.user, reading_id, session=session)
    if request.method != "POST":
        return correction_page(
            request,
            session,
            _("Correct a reading"),
            ReadingCorrectionForm(initial=VitalReadingForm.of(reading)),
            reading,
        )
    form = ReadingCorrectionForm(request.POST)
    done = attempt(
        form,
        lambda: correct_reading(
            by=request.user, reading=reading, **kept_time(form.entry(), reading.taken_at)
        ),
    )
    if done.is_done:
        return saved(request, session)
    return correction_page(request, session, _("Correct a reading"), form, reading, done.status)


@page_for(Deed.RUN_SESSION, FORM)
def dose_correct(request: StaffRequest, session_id: UUID, event_id: UUID) -> HttpResponse:
    """The dose event again, filled in, with the reason."""
    session = load(TreatmentSession, request.user, session_id)
    event = load(DoseEvent, request.user, event_id, session=session)
    if request.method != "POST":
        form = DoseCorrectionForm(initial=DoseCorrectionForm.of(event))
        return correction_page(request, session, _("Correct the dose"), form, event)
    form = DoseCorrectionForm(request.POST)
    done = attempt(
        form,
        lambda: correct_dose_event(
            by=request.user, event=event, **kept_time(form.entry(), event.taken_at)
        ),
    )
    if done.is_done:
        return saved(request, session)
    return correction_page(request, session, _("Correct the dose"), form, event, done.status)


@page_for(Deed.RUN_SESSION, FORM)
def strike(request: StaffRequest, session_id: UUID, kind: str, entry_id: UUID) -> HttpResponse:
    """Take one entry out of the record, with the reason."""
    session = load(TreatmentSession, request.user, session_id)
    if kind not in KINDS:
        raise Http404
    model, path = KINDS[kind]
    entry = load(model, request.user, entry_id, **{path: session})
    title = _("Strike an entry")
    if request.method != "POST":
        return correction_page(request, session, title, StrikeForm(), entry)
    form = StrikeForm(request.POST)
    alarms = [alert_text(alert) for alert in open_alerts_of(session, entry)]
    done = attempt(form, lambda: strike_entry(by=request.user, entry=entry, **form.cleaned_data))
    if done.is_done:
        return saved(request, session, Said(_struck_text(entry, alarms)))
    return correction_page(request, session, title, form, entry, done.status)


def _struck_text(entry: Any, alarms: list[str]) -> str:
    """What was taken out, and which alarms went with it."""
    text = _("Struck: %(entry)s.") % {"entry": entry_words(entry)}
    if not alarms:
        return text
    closed = _("The alarm was closed as entered in error: %(alarms)s.")
    return f"{text} {closed % {'alarms': ', '.join(dict.fromkeys(alarms))}}"


@page_for(Deed.RUN_SESSION, FORM)
def effect_time(request: StaffRequest, session_id: UUID, effect_id: UUID) -> HttpResponse:
    """A side effect with another onset."""
    session = load(TreatmentSession, request.user, session_id)
    effect = load(SideEffect, request.user, effect_id, session=session)
    return _retimed(request, session, effect)


@page_for(Deed.RUN_SESSION, FORM)
def change_time(request: StaffRequest, session_id: UUID, change_id: UUID) -> HttpResponse:
    """Worse, better or resolved at another time."""
    session = load(TreatmentSession, request.user, session_id)
    change = load(SideEffectChange, request.user, change_id, effect__session=session)
    return _retimed(request, session, change)


def _retimed(
    request: StaffRequest, session: TreatmentSession, entry: SideEffect | SideEffectChange
) -> HttpResponse:
    title = _("Change the time")
    if request.method != "POST":
        return correction_page(request, session, title, TimeForm.of(entry), entry)
    form = TimeForm(request.POST)
    done = attempt(form, lambda: retime_effect(by=request.user, entry=entry, **form.entry()))
    if done.is_done:
        return saved(request, session, Said(effect_said(done.row)))
    return correction_page(request, session, title, form, entry, done.status)


@page_for(Deed.SEE_PATIENTS, READ)
def session_table(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Every entry of the session, struck ones too, with who and when."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    now = timezone.now()
    context = {
        "session": session,
        "band": band(session, now),
        "entries": entry_rows(session),
        "now": now,
    }
    return render(request, "care/session_table.html", context)


def kept_time(entry: dict[str, Any], kept: datetime) -> dict[str, Any]:
    """The form shows minutes: a time that was left alone keeps its seconds."""
    typed = entry["taken_at"]
    same = typed is not None and local_text(typed) == local_text(kept)
    return {**entry, "taken_at": None if same else typed}


def correction_page(
    request: StaffRequest,
    session: TreatmentSession,
    title: str,
    form: Any,
    entry: Any,
    status: int = 200,
) -> HttpResponse:
    if session.is_imported:
        return redirect("care:session", session_id=session.pk)
    if request.method != "POST":
        audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    context = {
        "session": session,
        "band": band(session, timezone.now()),
        "title": title,
        "form": form,
        "entry": entry,
    }
    return render(request, "care/correct.html", context, status=status)
