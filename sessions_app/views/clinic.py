"""The lead's pages: what is missing, details, chairs, help lines and the audit list."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit, readiness
from sessions_app.actions import clinic as deeds
from sessions_app.alerting import rota
from sessions_app.checkins.overdue import overdue_count
from sessions_app.forms.clinic import (
    AuditFilterForm,
    ChairEditForm,
    ChairForm,
    ClinicForm,
    ConfirmForm,
    HelpLineForm,
)
from sessions_app.forms.entry import KeyedForm
from sessions_app.models import AuditEvent, Chair, HelpLine
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, READ, WRITE, StaffRequest, page_for

AUDIT_PAGE = 50


@page_for(Deed.MANAGE_CLINIC, READ)
def home(request: StaffRequest) -> HttpResponse:
    """What the clinic still lacks, and what has been left lying."""
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    context = {
        "missing": readiness.missing(request.user.clinic),
        "unsigned": readiness.unsigned_sessions(request.user.clinic, timezone.now()),
        "overdue": readiness.old_alerts(request.user.clinic, timezone.now()),
        "gaps": rota.rota_gaps(
            request.user.clinic, timezone.now(), timezone.now() + rota.LOOK_AHEAD
        ),
        "silent": overdue_count(request.user.clinic, timezone.now()),
    }
    return render(request, "clinic/home.html", context)


@page_for(Deed.MANAGE_CLINIC, FORM)
def details(request: StaffRequest) -> HttpResponse:
    """Name, zone, language, phone and opening hours."""
    clinic = request.user.clinic
    if request.method == "POST":
        form = ClinicForm(request.POST)
        tried = attempt(
            form, lambda: deeds.update_clinic(by=request.user, clinic=clinic, values=form.values())
        )
        if tried.is_done:
            messages.success(request, _("The clinic's details are saved."))
            return redirect("clinic:home")
        return _form_page(request, form, _("Clinic details"), status=tried.status)
    initial = {name: getattr(clinic, name) for name in deeds.CLINIC_FIELDS}
    form = ClinicForm(initial=initial | {"open_days": list(clinic.open_days)})
    return _form_page(request, form, _("Clinic details"))


@page_for(Deed.MANAGE_CLINIC, FORM)
def chairs(request: StaffRequest) -> HttpResponse:
    """The chairs in their order; a post adds one."""
    rows = visible_to(request.user, Chair, Deed.MANAGE_CLINIC)
    last = rows.last()
    form = ChairForm(initial={"position": last.position + 1 if last else 1})
    status = 200
    if request.method == "POST":
        form = ChairForm(request.POST)
        tried = attempt(form, lambda: deeds.save_chair(by=request.user, **form.cleaned_data))
        if tried.is_done:
            messages.success(request, _("Chair %(name)s is added.") % {"name": tried.row.name})
            return redirect("clinic:chairs")
        status = tried.status
    context = {"chairs": rows, "form": form}
    return render(request, "clinic/chairs.html", context, status=status)


@page_for(Deed.MANAGE_CLINIC, FORM)
def chair_edit(request: StaffRequest, chair_id: UUID) -> HttpResponse:
    """Rename a chair, move it in the order, take it out of use."""
    chair = load(Chair, request.user, chair_id, Deed.MANAGE_CLINIC)
    title = _("Chair %(name)s") % {"name": chair.name}
    if request.method == "POST":
        form = ChairEditForm(request.POST)
        tried = attempt(
            form, lambda: deeds.save_chair(by=request.user, chair=chair, **form.cleaned_data)
        )
        if tried.is_done:
            messages.success(request, _("The chair is saved."))
            return redirect("clinic:chairs")
        return _form_page(request, form, title, back="clinic:chairs", status=tried.status)
    initial = {"name": chair.name, "position": chair.position, "is_active": chair.is_active}
    return _form_page(request, ChairEditForm(initial=initial), title, back="clinic:chairs")


@page_for(Deed.MANAGE_CLINIC, READ)
def help_lines(request: StaffRequest) -> HttpResponse:
    """The numbers patients may call, per language, and which of them were test-called."""
    lines = visible_to(request.user, HelpLine, Deed.MANAGE_CLINIC).select_related("tested_by")
    context = {
        "lines": lines.filter(retired_at=None).order_by("language", "position", "kind"),
        "retired": lines.exclude(retired_at=None),
        "form": ConfirmForm(),
    }
    return render(request, "clinic/help_lines.html", context)


@page_for(Deed.MANAGE_CLINIC, FORM)
def help_line_add(request: StaffRequest) -> HttpResponse:
    return _help_line(request, None, _("Add a help line"))


@page_for(Deed.MANAGE_CLINIC, FORM)
def help_line_edit(request: StaffRequest, line_id: UUID) -> HttpResponse:
    line = load(HelpLine, request.user, line_id, Deed.MANAGE_CLINIC, retired_at=None)
    return _help_line(request, line, _("Change a help line"))


def _help_line(request: StaffRequest, line: HelpLine | None, title: str) -> HttpResponse:
    back = "clinic:help_lines"
    if request.method == "POST":
        form = HelpLineForm(request.POST)
        tried = attempt(
            form,
            lambda: deeds.save_help_line(
                by=request.user,
                line=line,
                values=form.values(),
                write_key=form.cleaned_data["write_key"],
            ),
        )
        if tried.is_done:
            messages.success(request, _("The line is saved. Call it, then say that it works."))
            return redirect(back)
        return _form_page(request, form, title, back=back, status=tried.status)
    initial = {"language": request.user.clinic.language}
    if line is not None:
        initial = {name: getattr(line, name) for name in deeds.HELP_LINE_FIELDS}
    return _form_page(request, HelpLineForm(initial=initial), title, back=back)


@page_for(Deed.MANAGE_CLINIC, WRITE)
def help_line_tested(request: StaffRequest, line_id: UUID) -> HttpResponse:
    """The lead called the number just now, and it works."""
    line = load(HelpLine, request.user, line_id, Deed.MANAGE_CLINIC)
    form = ConfirmForm(request.POST)
    number = request.POST.get("number", "")
    tried = attempt(
        form, lambda: deeds.mark_help_line_tested(by=request.user, line=line, number=number)
    )
    if tried.is_done:
        messages.success(request, _("%(label)s is marked as tested.") % {"label": line.label})
    for error in form.non_field_errors():
        messages.error(request, error)
    return redirect("clinic:help_lines")


@page_for(Deed.MANAGE_CLINIC, FORM)
def help_line_retire(request: StaffRequest, line_id: UUID) -> HttpResponse:
    """Ask, then take a line away from the patients' pages."""
    line = load(HelpLine, request.user, line_id, Deed.MANAGE_CLINIC)
    if request.method == "POST":
        deeds.retire_help_line(by=request.user, line=line)
        messages.success(request, _("%(label)s is retired.") % {"label": line.label})
        return redirect("clinic:help_lines")
    context = {
        "title": _("Retire %(label)s?") % {"label": line.label},
        "text": _("Patients will no longer see %(number)s.") % {"number": line.number},
        "button": _("Retire the line"),
        "back": "clinic:help_lines",
    }
    return render(request, "clinic/confirm.html", context)


@page_for(Deed.SEE_AUDIT, READ)
def audit_list(request: StaffRequest) -> HttpResponse:
    """Who did or looked at what, newest first."""
    clinic = request.user.clinic
    people = list(clinic.staff.all())
    form = AuditFilterForm(request.GET, people=people, tags=[tag.value for tag in audit.Tag])
    lines = AuditEvent.objects.filter(clinic=clinic).select_related("by", "patient")
    status = 200
    if form.is_valid():
        lines = _filtered(lines, form.cleaned_data)
    else:
        lines, status = lines.none(), 422
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    page = Paginator(lines, AUDIT_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page_obj": page, "query": query.urlencode()}
    return render(request, "clinic/audit.html", context, status=status)


def _filtered(lines: QuerySet[AuditEvent], wanted: dict[str, Any]) -> QuerySet[AuditEvent]:
    if wanted["by"]:
        lines = lines.filter(by_id=wanted["by"])
    if wanted["number"]:
        lines = lines.filter(patient__number__iexact=str(wanted["number"]).strip())
    if wanted["tag"]:
        lines = lines.filter(tag=wanted["tag"])
    if wanted["day"]:
        begins = timezone.make_aware(datetime.combine(wanted["day"], time.min))
        next_day = wanted["day"] + timedelta(days=1)
        ends = timezone.make_aware(datetime.combine(next_day, time.min))
        lines = lines.filter(at__gte=begins, at__lt=ends)
    return lines


def _form_page(
    request: StaffRequest,
    form: KeyedForm,
    title: str,
    *,
    back: str = "clinic:home",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "title": title, "back": back}
    return render(request, "clinic/form.html", context, status=status)
