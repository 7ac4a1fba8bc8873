"""The alerts inbox: look, take, hand over, log a call, close. A look takes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from sessions_app import audit
from sessions_app.actions import alerts as deeds
from sessions_app.alert_words import alert_limit, alert_title
from sessions_app.check_in_words import score_words, slot_words, what_was_said
from sessions_app.forms.alerts import CallForm, CloseForm, HandOverForm, TakeForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.inbox import inbox, oldest_high
from sessions_app.models import Alert, Staff
from sessions_app.permissions import load, may
from sessions_app.readiness import unsigned_sessions
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import READ, WRITE, StaffRequest, page_for


@page_for(Deed.SEE_ALERTS, READ)
def alert_list(request: StaffRequest) -> HttpResponse:
    """All open alerts; the oldest high one stands open on arrival."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user, reason="alerts")
    first = oldest_high(request.user)
    if first is not None:
        _audit_look(request, first)
    return _page(request, first)


@page_for(Deed.SEE_ALERTS, READ)
def alert_page(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """One alert with what raised it, whom to call, and what was done."""
    alert = load(Alert, request.user, alert_id, Deed.SEE_ALERTS)
    _audit_look(request, alert)
    return _page(request, alert)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def take(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards it is theirs."""
    form = TakeForm(request.POST)
    return _do(request, alert_id, lambda alert: form, deeds.take_alert)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def hand_over(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards it is a colleague's."""

    def form(alert: Alert) -> KeyedForm:
        return HandOverForm(request.POST, alert=alert, by=request.user)

    def deed(*, owner: Staff, **facts: Any) -> object:
        return deeds.hand_over_alert(to=owner, **facts)

    return _do(request, alert_id, form, deed)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def call(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards the log says who was called and what came of it."""
    form = CallForm(request.POST)
    return _do(request, alert_id, lambda alert: form, deeds.log_call)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def close(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards it is closed, with its outcome."""
    form = CloseForm(request.POST)
    return _do(request, alert_id, lambda alert: form, deeds.close_alert)


def _do(
    request: StaffRequest,
    alert_id: UUID,
    make_form: Callable[[Alert], KeyedForm],
    deed: Callable[..., object],
) -> HttpResponse:
    alert = load(Alert, request.user, alert_id, Deed.HANDLE_ALERTS)
    form = make_form(alert)
    tried = attempt(form, lambda: deed(by=request.user, alert=alert, **form.cleaned_data))
    if tried.is_done:
        return redirect("alerts:one", alert_id=alert.pk)
    return _page(request, alert, form, status=tried.status)


def _page(
    request: StaffRequest, alert: Alert | None, form: KeyedForm | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "inbox": inbox(request.user, alert),
        "unsigned": unsigned_sessions(request.user.clinic, timezone.now()),
        "form": form,
    }
    if alert is not None:
        context |= _detail(request, alert, form)
    return render(request, "alerts/inbox.html", context, status=status)


def _detail(request: StaffRequest, alert: Alert, form: KeyedForm | None) -> dict[str, Any]:
    events = list(alert.events.select_related("by", "owner"))
    closed = next((event for event in events if event.kind == "closed"), None)
    owners = [event.owner for event in events if event.owner is not None]
    detail: dict[str, Any] = {
        "alert": alert,
        "title": alert_title(alert),
        "limit": alert_limit(alert),
        "events": events,
        "closed": closed,
        "owner": owners[-1] if owners else None,
        "may_act": closed is None and may(request.user, Deed.HANDLE_ALERTS),
        "said": what_was_said(alert.check_in) if alert.check_in else [],
        "scores": [],
    }
    if alert.check_in:
        scores = alert.check_in.scores.filter(replaced_by=None)
        detail["scores"] = [score_words(score) for score in scores]
        asked = alert.check_in.request
        detail["slot"] = slot_words(asked.slot) if asked else ""
    if detail["may_act"]:
        detail["forms"] = _forms(request, alert, form)
    return detail


def _forms(request: StaffRequest, alert: Alert, form: KeyedForm | None) -> dict[str, KeyedForm]:
    """The four forms, the refused one as it was typed."""
    blank = [TakeForm(), CallForm(), CloseForm(), HandOverForm(alert=alert, by=request.user)]
    forms = {str(one.prefix): one for one in blank}
    return forms | ({str(form.prefix): form} if form else {})


def _audit_look(request: StaffRequest, alert: Alert) -> None:
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=alert.patient, row=alert)
