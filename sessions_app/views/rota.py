"""The lead's pages of who is called: the rota, and the steps of an alert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import ladder as ladder_deeds
from sessions_app.actions import rota as deeds
from sessions_app.alerting import rota
from sessions_app.alerting.escalation_of import as_escalation, escalation_of
from sessions_app.alerting.notifiers import notifier_of
from sessions_app.clock import local
from sessions_app.forms.clinic import ConfirmForm
from sessions_app.forms.rota import EscalationForm, ShiftForm
from sessions_app.models import Clinic, EscalationVersion, OnCallShift
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.rules.escalation import SHIPPED
from sessions_app.rules.escalation_rails import escalation_changes
from sessions_app.views.attempt import Attempt, attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for
from sessions_app.views.settings_pages import (
    is_stale,
    reset_page,
    saved,
    told_changes,
    told_versions,
)

SHOWN = timedelta(weeks=4)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One line of a week: a shift, or a stretch (`shift` None) in which nobody would be called.

    `is_now`: it holds at this moment. `is_reachable`: a message can reach who is on call.
    """

    start: datetime
    end: datetime
    shift: OnCallShift | None
    is_now: bool
    is_reachable: bool = True


@dataclass(frozen=True)
class Week:
    """The lines that begin in the seven days from `first` on, in order of time."""

    first: date
    last: date
    lines: list[Line]


@page_for(Deed.MANAGE_CLINIC, FORM)
def rota_page(request: StaffRequest) -> HttpResponse:
    """The next four weeks with their gaps; a post adds somebody."""
    clinic, now = request.user.clinic, timezone.now()
    form, status = ShiftForm(by=request.user, initial=_proposed(clinic, now)), 200
    if request.method == "POST":
        form = ShiftForm(request.POST, by=request.user)
        tried = attempt(form, lambda: deeds.add_shifts(by=request.user, **form.shift()))
        if tried.is_done:
            words = _("%(name)s is on the rota.")
            messages.success(request, words % {"name": tried.row.staff.full_name})
            return redirect("clinic:rota")
        status = tried.status
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    gaps = rota.rota_gaps(clinic, now, now + SHOWN)
    context = {
        "form": form,
        "weeks": list(_weeks(clinic, now, gaps)),
        "gaps": len(gaps),
        "on_call": rota.on_call_at(clinic, now),
        "unreachable": rota.unreachable(clinic, now),
        "is_desk_reachable": rota.is_desk_reachable(clinic),
        "can_send": any(notifier_of(channel) for channel in ("sms", "email")),
        "is_sending": rota.is_sending(now),
    }
    return render(request, "clinic/rota.html", context, status=status)


def _proposed(clinic: Clinic, now: datetime) -> dict[str, object]:
    """From closing time today to opening time tomorrow: what a rota lacks first."""
    today = local(now, clinic.time_zone).date()
    return {
        "from_day": today,
        "from_time": f"{clinic.closes_at:%H:%M}",
        "to_day": today + timedelta(days=1),
        "to_time": f"{clinic.opens_at:%H:%M}",
        "weeks": 1,
    }


def _weeks(clinic: Clinic, now: datetime, gaps: list[tuple[datetime, datetime]]) -> Iterator[Week]:
    shifts = OnCallShift.objects.filter(
        clinic=clinic, cancelled_at=None, ends_at__gt=now, starts_at__lt=now + SHOWN
    ).select_related("staff")
    lines = [
        Line(
            shift.starts_at,
            shift.ends_at,
            shift,
            shift.starts_at <= now,
            shift.staff.is_active and rota.is_reachable(shift.staff),
        )
        for shift in shifts
    ]
    lines += [Line(start, end, None, start <= now) for start, end in gaps]
    lines.sort(key=lambda line: (max(line.start, now), line.end))
    first = local(now, clinic.time_zone).date()
    days = [local(max(line.start, now), clinic.time_zone).date() for line in lines]
    for number in range(SHOWN // WEEK):
        begins, ends = first + WEEK * number, first + WEEK * (number + 1)
        own = [line for line, day in zip(lines, days, strict=True) if begins <= day < ends]
        yield Week(begins, ends - timedelta(days=1), own)


@page_for(Deed.MANAGE_CLINIC, FORM)
def shift_cancel(request: StaffRequest, shift_id: UUID) -> HttpResponse:
    """Ask, then take somebody off the rota."""
    shift = load(OnCallShift, request.user, shift_id, Deed.MANAGE_CLINIC, related=("staff",))
    form, status = ConfirmForm(), 200
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        tried = attempt(
            form,
            lambda: deeds.cancel_shift(
                by=request.user, shift=shift, write_key=form.cleaned_data["write_key"]
            ),
        )
        if tried.is_done:
            messages.success(request, _("The shift is cancelled. Nobody is called under it."))
            return redirect("clinic:rota")
        status = tried.status
    context = {"form": form, "shift": shift, "runs": shift.starts_at <= timezone.now()}
    return render(request, "clinic/rota_cancel.html", context, status=status)


@page_for(Deed.MANAGE_CLINIC, FORM)
def escalation(request: StaffRequest) -> HttpResponse:
    """Read and change after how long the next person is called."""
    held = escalation_of(request.user.clinic)
    clashes: list[str] = []
    form, status = EscalationForm(escalation=held), 200
    if request.method == "POST":
        form = EscalationForm(request.POST, escalation=held)
        tried = attempt(
            form,
            lambda: ladder_deeds.change_escalation(
                by=request.user, wanted=form.wanted(), **form.stamp()
            ),
        )
        if tried.is_done:
            return _saved(request, tried)
        if is_stale(request, form, tried, held.version):
            clashes = told_changes(escalation_changes(held, form.wanted()))
        status = tried.status
    context = {"form": form, "held": held, "clashes": clashes}
    return render(request, "clinic/escalation.html", context, status=status)


def _saved(request: StaffRequest, tried: Attempt) -> HttpResponse:
    words = _("Saved as version %(number)s. Every step that is still to come follows it.")
    return saved(request, words, tried.row.number, "clinic:escalation_history")


@page_for(Deed.MANAGE_CLINIC, FORM)
def escalation_reset(request: StaffRequest) -> HttpResponse:
    """Ask for a reason, then go back to the shipped minutes."""
    held = escalation_of(request.user.clinic)
    context = {
        "title": _("Back to the shipped steps of an alert"),
        "changes": told_changes(escalation_changes(held, SHIPPED)),
        "back": "clinic:escalation",
        "here": "escalation",
        "holds": _("It becomes a new version, and the present one stays in the history."),
    }
    return reset_page(
        request,
        held.version,
        ladder_deeds.reset_escalation,
        lambda tried: _saved(request, tried),
        context,
    )


@page_for(Deed.MANAGE_CLINIC, READ)
def escalation_history(request: StaffRequest) -> HttpResponse:
    """Every version of the steps, newest first, with who, when, why and what."""
    rows = visible_to(request.user, EscalationVersion, Deed.MANAGE_CLINIC)
    rows = rows.select_related("changed_by").order_by("number")
    context = {
        "title": _("History of the steps of an alert"),
        "told": told_versions(rows, SHIPPED, as_escalation, escalation_changes),
        "back": "clinic:escalation",
        "here": "escalation",
    }
    return render(request, "clinic/protocol_history.html", context)
