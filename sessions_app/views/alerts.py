"""The alerts inbox: look, take, hand over, log a call, close. A look takes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from sessions_app import audit
from sessions_app.actions import alerts as deeds
from sessions_app.actions.messages import note_opened
from sessions_app.alerting.alert_sheet import alert_sheet
from sessions_app.alerting.inbox import Show, inbox, oldest_high
from sessions_app.alerting.rota import is_reachable, on_call_at
from sessions_app.forms.alerts import CallForm, CloseForm, HandOverForm, TakeForm
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import Alert, Staff
from sessions_app.permissions import load, may, visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import READ, WRITE, StaffRequest, page_for, polled


@page_for(Deed.SEE_ALERTS, READ)
def alert_list(request: StaffRequest) -> HttpResponse:
    """All open alerts; the oldest high one stands open on arrival."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user, reason="alerts")
    first = oldest_high(request.user) if _show(request) == "open" else None
    if first is not None:
        _audit_look(request, first)
    return _page(request, first)


@page_for(Deed.SEE_ALERTS, READ)
def alert_page(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """One alert with what raised it, whom to call, and what was done."""
    alert = load(Alert, request.user, alert_id, Deed.SEE_ALERTS)
    _audit_look(request, alert)
    return _page(request, alert, is_one=True)


@polled
@page_for(Deed.SEE_ALERTS, READ)
def live(request: StaffRequest) -> HttpResponse:
    """The list as it stands now and the moving parts of the alert on the page, polled. It leaves
    no audit line.
    """
    alert = _shown(request)
    context: dict[str, Any] = {"inbox": inbox(request.user, alert, _show(request))}
    if alert is not None:
        context["sheet"] = alert_sheet(alert, timezone.now())
    return render(request, "alerts/_live.html", context)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def take(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards it is theirs."""
    return _do(request, alert_id, lambda alert: TakeForm(request.POST), deeds.take_alert)


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
    return _do(request, alert_id, lambda alert: CallForm(request.POST, alert=alert), deeds.log_call)


@page_for(Deed.HANDLE_ALERTS, WRITE)
def close(request: StaffRequest, alert_id: UUID) -> HttpResponse:
    """Afterwards it is closed, with its outcome."""

    def form(alert: Alert) -> KeyedForm:
        return CloseForm(request.POST, alert=alert)

    return _do(request, alert_id, form, deeds.close_alert)


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
    return _page(request, alert, form, status=tried.status, is_one=True)


def _page(
    request: StaffRequest,
    alert: Alert | None,
    form: KeyedForm | None = None,
    *,
    status: int = 200,
    is_one: bool = False,
) -> HttpResponse:
    """`is_one`: the address names the alert, so a small screen shows it without the list."""
    now, show = timezone.now(), _show(request)
    asked = {"show": show, "alert": alert.pk if alert else ""}
    context: dict[str, Any] = {
        "inbox": inbox(request.user, alert, show),
        "form": form,
        "is_one": is_one,
        "poll_url": f"{reverse('alerts:live')}?{urlencode(asked)}",
        "told_by_text": [one for one in on_call_at(request.user.clinic, now) if is_reachable(one)],
    }
    if alert is not None:
        sheet = alert_sheet(alert, now)
        may_act = sheet.closed is None and may(request.user, Deed.HANDLE_ALERTS)
        context |= {"sheet": sheet, "may_act": may_act}
        if may_act:
            context["forms"] = _forms(request, alert, form)
    return render(request, "alerts/inbox.html", context, status=status)


def _show(request: StaffRequest) -> Show:
    asked = request.GET.get("show", "")
    return cast(Show, asked) if asked in get_args(Show) else "open"


def _shown(request: StaffRequest) -> Alert | None:
    """The alert that the polling page shows; None where it is none of this clinic's."""
    try:
        key = UUID(request.GET.get("alert", ""))
    except ValueError:
        return None
    return visible_to(request.user, Alert, Deed.SEE_ALERTS).filter(pk=key).first()


def _forms(request: StaffRequest, alert: Alert, form: KeyedForm | None) -> dict[str, KeyedForm]:
    """The four forms, the refused one as it was typed, and the one button of a welfare check."""
    blank = [
        TakeForm(),
        CallForm(alert=alert),
        CloseForm(alert=alert),
        HandOverForm(alert=alert, by=request.user),
    ]
    forms = {str(one.prefix): one for one in blank}
    forms["welfare"] = CloseForm(alert=alert, auto_id="welfare_%s")
    return forms | ({str(form.prefix): form} if form else {})


def _audit_look(request: StaffRequest, alert: Alert) -> None:
    audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=alert.patient, row=alert)
    note_opened(alert=alert, by=request.user)
