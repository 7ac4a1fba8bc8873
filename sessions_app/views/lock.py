"""The locked screen: who may open it, what it still shows, and what was typed under it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from sessions_app import audit
from sessions_app.access import device_cookie, log_in, throttle
from sessions_app.actions import devices
from sessions_app.actions.staff import confirm_pin
from sessions_app.chairside.board import chair_board
from sessions_app.errors import RuleBroken
from sessions_app.forms.account import UnlockForm
from sessions_app.models import Device, Staff
from sessions_app.roles import Deed
from sessions_app.views.account import PERSON_HEADER
from sessions_app.views.addresses import next_page
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, open_to_all, page_for, polled

TRIES = 5
KEPT = "kept-"  # before the name of a field that was typed when the lock fell
NEVER_KEPT = ("csrfmiddlewaretoken", "pin", "password", "second_pin", "prescriber_pin")


@page_for(Deed.OWN_ACCOUNT, WRITE)
def still_here(request: StaffRequest) -> HttpResponse:
    """A finger or a key was felt on the page: the only script that keeps a log-in open."""
    log_in.touch(request.session)
    return HttpResponse(status=204)


@page_for(Deed.OWN_ACCOUNT, WRITE)
def lock_now(request: StaffRequest) -> HttpResponse:
    """Afterwards the screen is locked and still shows alarms."""
    log_in.lock(request.session)
    if log_in.is_from_a_script(request):
        return HttpResponse(status=204)
    return redirect(f"{reverse('lock')}?{urlencode({'next': next_page(request)})}")


@polled
@open_to_all(READ)
def lock_chairs(request: HttpRequest) -> HttpResponse:
    """Which chairs call, by number and level: for a device of the clinic, whoever is at it."""
    device = device_cookie.known(request)
    if device is None:
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Device"})
    return render(request, "account/_locked_chairs.html", _chairs(device))


@polled
@open_to_all(READ)
def lock_panel(request: HttpRequest) -> HttpResponse:
    """What opens over the page: the PIN, or the password when a PIN is not enough."""
    return render(request, "account/_lock_panel.html", _panel(request))


@sensitive_post_parameters("pin")
@open_to_all(FORM)
def lock(request: HttpRequest) -> HttpResponse:
    """The locked screen as a page of its own. The right PIN goes on where it was left."""
    if not isinstance(request.user, Staff):
        return redirect(f"{reverse('login')}?{urlencode({'next': next_page(request)})}")
    if request.method != "POST":
        if not log_in.is_locked(request.session):
            return redirect(next_page(request))
        return _page(request, UnlockForm(locked=request.user))
    device = _own_device(request)
    if device is None:
        return _password_again(request, _("This device is not known. Sign in with your password."))
    form = UnlockForm(request.POST, locked=request.user)
    tried = attempt(form, lambda: _right_pin(form, device))
    if tried.is_done:
        _open(request, tried.row, device)
        return _go_on(request, tried.row)
    if throttle.check(_subject(device), tries=TRIES):
        return _password_again(request, _("Five wrong PINs. Sign in with your password."))
    return _page(request, form, tried.status)


def with_what_was_typed(request: HttpRequest) -> HttpResponse:
    """The locked screen instead of a deed: what was typed waits under it."""
    assert isinstance(request.user, Staff)
    return _page(request, UnlockForm(locked=request.user), 401, kept=_typed(request))


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The deed that the lock held up: its address and its fields, without any secret."""
    pairs = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NEVER_KEPT
        for value in values
    ]
    return {"path": request.get_full_path(), "pairs": pairs}


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    """The same, read back from the lock's own form; None when nothing was held up."""
    path = request.POST.get("kept_path", "")
    if not path:
        return None
    asked = QueryDict(mutable=True)
    asked["next"] = path
    if next_page(request, asked) != path:  # another host
        return None
    pairs = [
        (name.removeprefix(KEPT), value)
        for name, values in request.POST.lists()
        if name.startswith(KEPT)
        for value in values
    ]
    return {"path": path, "pairs": pairs}


def _right_pin(form: UnlockForm, device: Device) -> Staff:
    """The person whose PIN it is; else RuleBroken, and the try counts for the device too."""
    person: Staff = form.cleaned_data["person"]
    try:
        confirm_pin(person=person, pin=form.cleaned_data["pin"])
    except RuleBroken:
        throttle.failed(_subject(device))
        raise
    throttle.cleared(_subject(device))
    return person


def _open(request: HttpRequest, person: Staff, device: Device) -> None:
    with transaction.atomic():
        if person == request.user:
            log_in.reopen(request.session)
        else:
            log_in.begin(request, person, device.pk)
        devices.record_unlock(by=person, device=device)


def _go_on(request: HttpRequest, person: Staff) -> HttpResponse:
    if log_in.is_from_a_script(request):
        return HttpResponse(status=204, headers={PERSON_HEADER: str(person.pk)})
    kept = _kept(request)
    if kept is not None:
        return render(request, "account/go_on.html", {"kept": kept})
    return redirect(next_page(request))


def _password_again(request: HttpRequest, why: str) -> HttpResponse:
    assert isinstance(request.user, Staff)
    with transaction.atomic():
        audit.record(audit.Tag.SIGN_OUT, by=request.user)
        logout(request)
    if log_in.is_from_a_script(request):
        return render(
            request, "account/_lock_panel.html", _panel(request) | {"why": why}, None, 401
        )
    messages.error(request, why)
    return redirect(f"{reverse('login')}?{urlencode({'next': next_page(request)})}")


def _own_device(request: HttpRequest) -> Device | None:
    """The device that this log-in began on, if it is the one that asks and still belongs here."""
    device = device_cookie.known(request)
    if device is None or str(device.pk) != request.session.get(log_in.DEVICE):
        return None
    return device


def _subject(device: Device) -> str:
    return f"unlock:{device.pk}"


def _page(
    request: HttpRequest,
    form: UnlockForm,
    status: int = 200,
    kept: dict[str, Any] | None = None,
) -> HttpResponse:
    if log_in.is_from_a_script(request):
        return render(
            request, "account/_lock_panel.html", _panel(request) | {"form": form}, None, status
        )
    device = device_cookie.known(request)
    context = {
        "form": form,
        "next_page": next_page(request),
        "kept": kept or _kept(request),
        **(_chairs(device) if device else {}),
    }
    return render(request, "account/lock.html", context, status=status)


def _panel(request: HttpRequest) -> dict[str, Any]:
    """PIN, when the log-in still lives on a known device; password otherwise."""
    if isinstance(request.user, Staff) and request.user.pin and _own_device(request):
        return {"form": UnlockForm(locked=request.user), "is_pin": True}
    return {"is_pin": False}


def _chairs(device: Device) -> dict[str, Any]:
    """Numbers and levels, and nothing that says who sits there or what was measured."""
    board = chair_board(device.clinic, timezone.now())
    return {
        "chairs": [{"number": card.chair.name, "level": card.level} for card in board.cards],
        "other_alarms": len([alert for alert in board.alerts if not alert.session_id]),
    }
