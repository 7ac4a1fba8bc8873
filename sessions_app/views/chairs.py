"""The chair board, the nurse's home, and the alarms that every other staff page asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from sessions_app import audit
from sessions_app.access import tablet
from sessions_app.chairside.alarms import alerts_for, strip
from sessions_app.chairside.board import chair_board, tabs
from sessions_app.permissions import may
from sessions_app.protocol_of import alert_limits_in_force
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for, polled


@page_for(Deed.SEE_CHAIRS, READ)
def chairs(request: StaffRequest) -> HttpResponse:
    """Every chair at a glance. Opening the board is one look; its refreshes are none."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    return _render(request, "care/chairs.html")


@polled
@page_for(Deed.SEE_CHAIRS, READ)
def chairs_watch(request: StaffRequest) -> HttpResponse:
    """The same page for a browser without scripts, which asks for it again every 30 s."""
    return _render(request, "care/chairs.html")


@polled
@page_for(Deed.SEE_CHAIRS, READ)
def chairs_fragment(request: StaffRequest) -> HttpResponse:
    """The moving part of the board, polled. It leaves no audit line."""
    return _render(request, "care/_board.html")


@polled
@page_for(Deed.SEE_CHAIRS, READ)
def alarms(request: StaffRequest) -> HttpResponse:
    """The strip for any other page, polled; for a session's page (`active`: the chair's key) with
    the chairs of its header, and without its own alarm (`besides`: the session's key).
    """
    now = timezone.now()
    active, besides = _key(request, "active"), _key(request, "besides")
    if active is None and besides is None:
        return render(
            request,
            "care/_alarms.html",
            {"alarms": strip(alerts_for(request.user.clinic_id), now), "place": "page"},
        )
    board = chair_board(request.user.clinic, now)
    context = {
        "alarms": strip(board.alerts, now, besides=besides),
        "place": "bar",
        "tabs": tabs(board, active, can_run=may(request.user, Deed.RUN_SESSION)),
    }
    return render(request, "care/_alarms.html", context)


def _key(request: StaffRequest, name: str) -> UUID | None:
    """A key from the address; None where there is none that can be read."""
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _render(request: StaffRequest, template: str) -> HttpResponse:
    board = chair_board(request.user.clinic, timezone.now())
    context: dict[str, Any] = {
        "board": board,
        "alarms": board.alarms,
        "place": "board",
        "poll_url": reverse("care:chairs_fragment"),
        "limits_version": alert_limits_in_force(request.user.clinic_id).version,
        "shows_names": tablet.of(request).names == "on",
        "can_run": may(request.user, Deed.RUN_SESSION),
        "can_manage": may(request.user, Deed.MANAGE_CLINIC),
    }
    return render(request, template, context)
