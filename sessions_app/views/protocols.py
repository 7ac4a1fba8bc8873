"""The lead's pages for protocols and alert limits: what holds, a change with a reason, history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sessions_app.actions import protocols as deeds
from sessions_app.forms.protocols import AlertLimitsForm, ProtocolForm
from sessions_app.instruments_of import instruments_of
from sessions_app.models import AlertLimitVersion, Clinic, ProtocolVersion
from sessions_app.models.courses import ROUTES
from sessions_app.permissions import visible_to
from sessions_app.protocol_of import (
    PARTS,
    alert_limits_in_force,
    as_alert_limits,
    as_protocol,
    protocol_in_force,
)
from sessions_app.roles import Deed
from sessions_app.rules.guard_rails import Change, limit_changes, protocol_changes
from sessions_app.rules.limits import DEFAULT_ALERTS
from sessions_app.rules.protocols import SHIPPED
from sessions_app.views.attempt import Attempt, attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.views.settings_pages import (
    is_stale,
    reset_page,
    saved,
    told_changes,
    told_versions,
)

ROUTE_WORDS = dict(ROUTES)


@dataclass(frozen=True)
class Held:
    """One set of settings as the overview lists it. `newest` is None for what ships."""

    name: str | Promise
    route: str
    newest: ProtocolVersion | AlertLimitVersion | None
    differs: int


@page_for(Deed.MANAGE_CLINIC, READ)
def protocols(request: StaffRequest) -> HttpResponse:
    """Every route and the alert limits: since when the clinic has its own, and whose they are."""
    clinic = request.user.clinic
    newest: dict[str, ProtocolVersion] = {}
    for row in _versions(request, ProtocolVersion).order_by("number"):
        newest[row.route] = row
    rows = [
        Held(words, route, newest.get(route), len(_differs(clinic, route)))
        for route, words in ROUTE_WORDS.items()
    ]
    own = _versions(request, AlertLimitVersion).first()
    differs = limit_changes(DEFAULT_ALERTS, alert_limits_in_force(clinic.pk))
    limits = Held(_("Alert limits"), "", own, len(differs))
    return render(request, "clinic/protocols.html", {"routes": rows, "limits": limits})


def _differs(clinic: Clinic, route: str) -> list[Change]:
    return protocol_changes(SHIPPED[route], protocol_in_force(clinic.pk, route))


def _versions(request: StaffRequest, model: Any) -> Any:
    return visible_to(request.user, model, Deed.MANAGE_CLINIC).select_related("changed_by")


def _known(route: str) -> str:
    """The route's words, or 404."""
    if route not in SHIPPED:
        raise Http404
    return str(ROUTE_WORDS[route])


@page_for(Deed.MANAGE_CLINIC, FORM)
def protocol(request: StaffRequest, route: str) -> HttpResponse:
    """Read and change the protocol of one route."""
    words = _known(route)
    held = protocol_in_force(request.user.clinic_id, route)
    known = instruments_of(request.user.clinic_id)
    clashes: list[str] = []
    if request.method == "POST":
        form = ProtocolForm(request.POST, protocol=held, instruments=known)
        tried = attempt(
            form,
            lambda: deeds.change_protocol(by=request.user, protocol=form.wanted(), **form.stamp()),
        )
        if tried.is_done:
            return _saved(request, tried, "clinic:protocol_history", route)
        if is_stale(request, form, tried, held.version):
            clashes = told_changes(protocol_changes(held, form.wanted()))
        status = tried.status
    else:
        form, status = ProtocolForm(protocol=held, instruments=known), 200
    context = {"form": form, "protocol": held, "route_words": words, "clashes": clashes}
    return render(request, "clinic/protocol.html", context, status=status)


def _saved(request: StaffRequest, tried: Attempt, page: str, *args: str) -> HttpResponse:
    words = _("Saved as version %(number)s. It holds for sessions that begin from now on.")
    return saved(request, words, tried.row.number, page, *args)


@page_for(Deed.MANAGE_CLINIC, FORM)
def protocol_reset(request: StaffRequest, route: str) -> HttpResponse:
    """Ask for a reason, then go back to what ships: a new version like any other."""
    words = _known(route)
    held = protocol_in_force(request.user.clinic_id, route)
    context = {
        "route": route,
        "title": _("Back to the shipped protocol: %(route)s") % {"route": words},
        "changes": told_changes(protocol_changes(held, SHIPPED[route])),
    }
    return reset_page(
        request,
        held.version,
        partial(deeds.reset_protocol, route=route),
        lambda tried: _saved(request, tried, "clinic:protocol_history", route),
        context,
    )


@page_for(Deed.MANAGE_CLINIC, READ)
def protocol_history(request: StaffRequest, route: str) -> HttpResponse:
    """Every version of the route, newest first, with who, when, why and what."""
    words = _known(route)
    rows = _versions(request, ProtocolVersion).filter(route=route).order_by("number")
    told = told_versions(
        rows.prefetch_related(*PARTS), SHIPPED[route], as_protocol, protocol_changes
    )
    context = {
        "title": _("History of the protocol: %(route)s") % {"route": words},
        "told": told,
        "route": route,
    }
    return render(request, "clinic/protocol_history.html", context)


@page_for(Deed.MANAGE_CLINIC, FORM)
def alert_limits(request: StaffRequest) -> HttpResponse:
    """Read and change the clinic's alert limits."""
    held = alert_limits_in_force(request.user.clinic_id)
    form, status = AlertLimitsForm(alert_limits=held), 200
    if request.method == "POST":
        form = AlertLimitsForm(request.POST, alert_limits=held)
        tried = attempt(
            form,
            lambda: deeds.change_alert_limits(
                by=request.user, values=form.values(), **form.stamp()
            ),
        )
        if tried.is_done:
            return _saved(request, tried, "clinic:alert_limits_history")
        is_stale(request, form, tried, held.version)
        status = tried.status
    context = {"form": form, "alert_limits": held}
    return render(request, "clinic/alert_limits.html", context, status=status)


@page_for(Deed.MANAGE_CLINIC, FORM)
def alert_limits_reset(request: StaffRequest) -> HttpResponse:
    """Ask for a reason, then go back to the shipped table."""
    held = alert_limits_in_force(request.user.clinic_id)
    context = {
        "title": _("Back to the shipped alert limits"),
        "changes": told_changes(limit_changes(held, DEFAULT_ALERTS)),
    }
    return reset_page(
        request,
        held.version,
        deeds.reset_alert_limits,
        lambda tried: _saved(request, tried, "clinic:alert_limits_history"),
        context,
    )


@page_for(Deed.MANAGE_CLINIC, READ)
def alert_limits_history(request: StaffRequest) -> HttpResponse:
    """Every version of the alert limits, newest first, with who, when, why and what."""
    rows = _versions(request, AlertLimitVersion).order_by("number").prefetch_related("lines")
    told = told_versions(rows, DEFAULT_ALERTS, as_alert_limits, limit_changes)
    context = {"title": _("History of the alert limits"), "told": told}
    return render(request, "clinic/protocol_history.html", context)
