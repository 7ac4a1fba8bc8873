"""The devices of the clinic: the lead sees them and retires one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.access import device_cookie
from sessions_app.actions.devices import retire_device
from sessions_app.models import Device
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, WRITE, StaffRequest, page_for


@page_for(Deed.MANAGE_CLINIC, READ)
def device_list(request: StaffRequest) -> HttpResponse:
    """Every device that somebody of the clinic signed in on."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    rows = visible_to(request.user, Device, Deed.MANAGE_CLINIC)
    context = {
        "devices": rows.select_related("created_by", "retired_by"),
        "own": device_cookie.known(request),
    }
    return render(request, "clinic/devices.html", context)


@page_for(Deed.MANAGE_CLINIC, WRITE)
def device_retire(request: StaffRequest, device_id: UUID) -> HttpResponse:
    """Afterwards it is signed out, and asks for a password."""
    device = load(Device, request.user, device_id, Deed.MANAGE_CLINIC)
    retire_device(by=request.user, device=device)
    messages.success(request, _("%(device)s is retired.") % {"device": device.name})
    return redirect("clinic:devices")
