"""The chair board: the nurse's home."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from sessions_app import audit, limits
from sessions_app.board import SPARKLINE_LIMIT, chair_board
from sessions_app.permissions import may
from sessions_app.roles import Deed
from sessions_app.views.gate import READ, StaffRequest, page_for


@page_for(Deed.SEE_CHAIRS, READ)
def chairs(request: StaffRequest) -> HttpResponse:
    """Every chair at a glance. Opening the board is one look; its refreshes are none."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    return _render(request, "care/chairs.html")


@page_for(Deed.SEE_CHAIRS, READ)
def chairs_fragment(request: StaffRequest) -> HttpResponse:
    """The moving part of the board, polled. It leaves no audit line."""
    return _render(request, "care/_board.html")


def _render(request: StaffRequest, template: str) -> HttpResponse:
    board = chair_board(request.user.clinic, timezone.now())
    context = {
        "board": board,
        "alarms": board.alarms,
        "limits_version": limits.LIMITS_VERSION,
        "sparkline_limit": SPARKLINE_LIMIT,
        "can_run": may(request.user, Deed.RUN_SESSION),
        "can_manage": may(request.user, Deed.MANAGE_CLINIC),
    }
    return render(request, template, context)
