"""The live session page and what is entered on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit, effects
from sessions_app.actions.alerts import close_alert, take_alert
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import (
    change_side_effect,
    record_none_observed,
    record_side_effect,
)
from sessions_app.actions.readings import record_vital_reading
from sessions_app.board import chair_board, tabs
from sessions_app.effect_words import EFFECT_WORDS
from sessions_app.errors import RuleBroken
from sessions_app.forms.entry import KeyedForm, VitalReadingForm
from sessions_app.forms.session import DoseEventForm, EffectChangeForm, SideEffectForm, TimedForm
from sessions_app.models import Alert, DoseEvent, SideEffect, TreatmentSession, new_key
from sessions_app.permissions import load, may
from sessions_app.roles import Deed
from sessions_app.session_sheet import can_void, session_sheet
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import READ, WRITE, StaffRequest, page_for


@page_for(Deed.SEE_PATIENTS, READ)
def session_page(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session's record, and the forms to add to it."""
    session = load(TreatmentSession, request.user, session_id)
    audit.record(audit.Tag.SESSION_LOOK, by=request.user, session=session)
    return draw(request, session)


@page_for(Deed.RUN_SESSION, WRITE)
def add_reading(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one reading. What was typed stays on the page when it is refused."""
    session = load(TreatmentSession, request.user, session_id)
    form = VitalReadingForm(request.POST)
    done = attempt(
        form, lambda: record_vital_reading(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        return saved(request, session)
    return draw(request, session, done.status, reading=form)


@page_for(Deed.RUN_SESSION, WRITE)
def add_dose_event(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep one deed with the drug."""
    session = load(TreatmentSession, request.user, session_id)
    form = DoseEventForm(request.POST, auto_id="dose_%s")
    done = attempt(
        form, lambda: record_dose_event(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        return saved(request, session)
    return draw(request, session, done.status, dose=form)


@page_for(Deed.RUN_SESSION, WRITE)
def add_effect(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep a side effect: the effect, then how strong; onset is now."""
    session = load(TreatmentSession, request.user, session_id)
    form = SideEffectForm(request.POST, auto_id="effect_%s").offer(session.route)
    done = attempt(
        form, lambda: record_side_effect(by=request.user, session=session, **form.entry())
    )
    if done.is_done:
        return saved(request, session)
    return draw(request, session, done.status, effect=form)


@page_for(Deed.RUN_SESSION, WRITE)
def update_effect(request: StaffRequest, session_id: UUID, effect_id: UUID) -> HttpResponse:
    """Worse, better or resolved."""
    session = load(TreatmentSession, request.user, session_id)
    effect = load(SideEffect, request.user, effect_id, session=session)
    form = EffectChangeForm.of(effect.pk, request.POST)
    done = attempt(form, lambda: change_side_effect(by=request.user, effect=effect, **form.entry()))
    if done.is_done:
        return saved(request, session)
    return draw(request, session, done.status, change=form, changed=effect)


@page_for(Deed.RUN_SESSION, WRITE)
def none_observed(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """Keep the explicit answer that there is no side effect."""
    session = load(TreatmentSession, request.user, session_id)
    form = TimedForm(request.POST, auto_id="none_%s")
    done = attempt(
        form,
        lambda: record_none_observed(by=request.user, session=session, **form.cleaned_data),
    )
    if done.is_done:
        return saved(request, session)
    return draw(request, session, done.status, none=form)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def confirm_alert(request: StaffRequest, session_id: UUID, alert_id: UUID) -> HttpResponse:
    """ "Yes, it is right": the person at the chair owns every open alert of that reading."""
    session = load(TreatmentSession, request.user, session_id)
    alert = load(Alert, request.user, alert_id, session=session)
    found = Alert.objects.open().filter(session=session)
    same = found.filter(reading=alert.reading) if alert.reading else found.filter(pk=alert.pk)
    for row in same:
        if getattr(row, "owner_id", None) is None:
            _unless_closed(lambda row=row: take_alert(by=request.user, alert=row, write_key=None))
    return redirect("care:session", session_id=session.pk)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def finish_alert(request: StaffRequest, session_id: UUID, alert_id: UUID) -> HttpResponse:
    """ "Seen": the alert is closed by who stood at the chair."""
    session = load(TreatmentSession, request.user, session_id)
    alert = load(Alert, request.user, alert_id, session=session)
    _unless_closed(
        lambda: close_alert(by=request.user, alert=alert, outcome="seen_at_chair", write_key=None)
    )
    return redirect("care:session", session_id=session.pk)


def _unless_closed(deed: Any) -> None:
    """A colleague was faster: the page that follows shows what they did."""
    try:
        deed()
    except RuleBroken as broken:
        if any(error.code != "alert_closed" for error in broken.errors):
            raise


def saved(request: StaffRequest, session: TreatmentSession) -> HttpResponse:
    """Back to the session, naming the patient that it was saved for."""
    words = {
        "who": session.patient.initials,
        "chair": session.chair.name if session.chair else "–",
    }
    messages.success(request, _("Saved for %(who)s, chair %(chair)s.") % words)
    return redirect("care:session", session_id=session.pk)


def draw(
    request: StaffRequest,
    session: TreatmentSession,
    status: int = 200,
    changed: SideEffect | None = None,
    **refused: KeyedForm,
) -> HttpResponse:
    """The session's page; a refused form takes its place again with what was typed.

    `changed` is the side effect that a refused change was about.
    """
    now = timezone.now()
    sheet = session_sheet(session, now)
    board = chair_board(request.user.clinic, now)
    context = {
        "session": session,
        "sheet": sheet,
        "band": sheet.band,
        "can_write": sheet.is_open and may(request.user, Deed.RUN_SESSION),
        "can_amend": not sheet.is_open and may(request.user, Deed.SIGN_SESSION),
        "can_alert": may(request.user, Deed.HANDLE_ALERTS),
        "can_void": can_void(sheet.sign_off, request.user, now),
        "reading_form": refused.get("reading") or VitalReadingForm(),
        "dose_forms": _dose_forms(sheet.dose.kinds, refused.get("dose")),
        "effect_form": refused.get("effect")
        or SideEffectForm(auto_id="effect_%s").offer(session.route),
        "change_forms": {
            line.effect.pk: refused["change"]
            if line.effect == changed
            else EffectChangeForm.of(line.effect.pk)
            for line in sheet.open_effects
        },
        "common_effects": [
            {"code": code, "name": EFFECT_WORDS[code], "key": new_key()} for code in effects.COMMON
        ],
        "keys": [new_key() for _each in range(3)],
        "refused": refused,
        "form": next(iter(refused.values()), None),
        "tabs": tabs(board, session.chair_id, can_run=may(request.user, Deed.RUN_SESSION)),
        "alarms": [alarm for alarm in board.alarms if str(session.pk) not in alarm.url],
        "now": now,
    }
    return render(request, "care/session.html", context, status=status)


def _dose_forms(kinds: tuple[str, ...], refused: KeyedForm | None) -> list[dict[str, Any]]:
    """One small form for each thing that can be done with the drug now."""
    words = dict(DoseEvent.KINDS)
    asked = refused["kind"].value() if refused is not None else None
    if asked in words and asked not in kinds:  # a colleague was faster: say why it is refused
        kinds = (*kinds, asked)
    forms = []
    for kind in kinds:
        is_refused = refused is not None and refused["kind"].value() == kind
        form = (
            refused if is_refused else DoseEventForm(auto_id=f"{kind}_%s", initial={"kind": kind})
        )
        forms.append({"kind": kind, "name": words[kind], "form": form, "is_open": is_refused})
    return forms
