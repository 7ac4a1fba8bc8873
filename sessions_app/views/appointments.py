"""A day's list, and the booking, moving and cancelling of appointments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions import appointments as deeds
from sessions_app.forms.clinic import ConfirmForm
from sessions_app.forms.intake import AppointmentForm
from sessions_app.models import Appointment, TreatmentSession
from sessions_app.permissions import load, may, visible_to
from sessions_app.roles import Deed
from sessions_app.views.attempt import Attempt, attempt
from sessions_app.views.gate import FORM, READ, StaffRequest, page_for

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


class Line(NamedTuple):
    """One appointment of the day. `state`: booked, in_chair, signed or cancelled."""

    appointment: Appointment
    session: TreatmentSession | None
    state: str


@page_for(Deed.SEE_PATIENTS, READ)
def today(request: StaffRequest) -> HttpResponse:
    """Who is expected on one day, today unless the address says otherwise."""
    day = _day_of(request)
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    context = {
        "day": day,
        "is_today": day == timezone.localdate(),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "lines": _lines(request, day),
        "may_book": may(request.user, Deed.BOOK),
    }
    return render(request, "clinic/today.html", context)


def _day_of(request: StaffRequest) -> date:
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    if day is None or not FIRST_DAY < day < LAST_DAY:
        return timezone.localdate()
    return day


def _lines(request: StaffRequest, day: date) -> list[Line]:
    begins = timezone.make_aware(datetime.combine(day, time.min))
    ends = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    rows = list(
        visible_to(request.user, Appointment)
        .filter(starts_at__gte=begins, starts_at__lt=ends)
        .select_related("patient", "chair")
        .order_by("starts_at", "id")
    )
    sessions = TreatmentSession.objects.with_state().filter(appointment__in=rows)
    by_appointment = {session.appointment_id: session for session in sessions}
    return [_line(row, by_appointment.get(row.pk)) for row in rows]


def _line(row: Appointment, session: TreatmentSession | None) -> Line:
    if session is not None:
        signed = session.is_signed  # type: ignore[attr-defined]
        return Line(row, session, "signed" if signed else "in_chair")
    return Line(row, None, "cancelled" if row.cancelled_at else "booked")


@page_for(Deed.BOOK, FORM)
def appointment_add(request: StaffRequest) -> HttpResponse:
    """Book somebody. `?patient=` and `?day=` fill in what is known."""
    title = _("Book an appointment")
    if request.method != "POST":
        initial = {"patient": request.GET.get("patient"), "day": _day_of(request)}
        return _form_page(request, AppointmentForm(by=request.user, initial=initial), title)
    form = AppointmentForm(request.POST, by=request.user)
    tried = attempt(
        form,
        lambda: deeds.book_appointment(
            by=request.user,
            patient=form.cleaned_data["patient"],
            write_key=form.cleaned_data["write_key"],
            **form.booking(),
        ),
    )
    return _answer(request, form, tried, title, _("The appointment is booked."))


@page_for(Deed.BOOK, FORM)
def appointment_edit(request: StaffRequest, appointment_id: UUID) -> HttpResponse:
    """Move an appointment to another time or chair."""
    row = load(Appointment, request.user, appointment_id)
    title = _("Move the appointment of %(name)s") % {"name": row.patient.full_name}
    form = _move_form(request, row)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=row.patient)
        return _form_page(request, form, title, row)
    tried = attempt(
        form,
        lambda: deeds.move_appointment(by=request.user, appointment=row, **form.booking()),
    )
    return _answer(request, form, tried, title, _("The appointment is moved."), row)


def _move_form(request: StaffRequest, row: Appointment) -> AppointmentForm:
    initial = {"chair": row.chair, **AppointmentForm.at_local(row.starts_at)}
    data = request.POST if request.method == "POST" else None
    form = AppointmentForm(data, by=request.user, initial=initial)
    del form.fields["patient"]
    return form


@page_for(Deed.BOOK, FORM)
def appointment_cancel(request: StaffRequest, appointment_id: UUID) -> HttpResponse:
    """Ask, then cancel. The appointment stays in its day's list."""
    row = load(Appointment, request.user, appointment_id)
    form, status = ConfirmForm(), 200
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        tried = attempt(form, lambda: deeds.cancel_appointment(by=request.user, appointment=row))
        if tried.is_done:
            messages.success(request, _("The appointment is cancelled."))
            return redirect(_day_url(row))
        status = tried.status
    when = timezone.localtime(row.starts_at)
    context = {
        "form": form,
        "title": _("Cancel this appointment?"),
        "text": f"{row.patient.full_name}, {when:%Y-%m-%d %H:%M}",
        "button": _("Cancel the appointment"),
        "return_url": _day_url(row),
    }
    return render(request, "clinic/confirm.html", context, status=status)


def _day_url(row: Appointment) -> str:
    return f"{reverse('care:today')}?day={timezone.localtime(row.starts_at):%Y-%m-%d}"


def _answer(
    request: StaffRequest,
    form: AppointmentForm,
    tried: Attempt,
    title: str,
    done: str,
    row: Appointment | None = None,
) -> HttpResponse:
    if tried.is_done:
        messages.success(request, done)
        return redirect(_day_url(tried.row))
    if "double_booked" in tried.codes:
        form.ask_to_confirm()
    return _form_page(request, form, title, row, status=tried.status)


def _form_page(
    request: StaffRequest,
    form: AppointmentForm,
    title: str,
    row: Appointment | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "return_url": _day_url(row) if row else reverse("care:today"),
        "versions": row.history.select_related("history_user", "chair") if row else [],
    }
    return render(request, "clinic/appointment.html", context, status=status)
