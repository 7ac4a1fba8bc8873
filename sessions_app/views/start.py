"""Starting a session: who, whether, how much, checked by two people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.actions.starting import gate_errors, last_weight_kg, planned_dose, start_session
from sessions_app.board import chair_board, tabs
from sessions_app.clock import clinic_day, local
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.forms.start import StartForm
from sessions_app.models import Appointment, Chair, Patient, Prescription, Staff, TreatmentSession
from sessions_app.permissions import load, visible_to
from sessions_app.roles import ALLOWED, Deed
from sessions_app.views.attempt import attempt
from sessions_app.views.gate import FORM, StaffRequest, page_for

FOUND_AT_MOST = 20


@page_for(Deed.RUN_SESSION, FORM)
def session_start(request: StaffRequest, chair_id: UUID) -> HttpResponse:
    """First who, then the gate: everything on one page, and nothing typed is lost."""
    chair = load(Chair, request.user, chair_id)
    chosen = request.POST.get("patient") or request.GET.get("patient")
    if not chosen:
        return _choose_patient(request, chair)
    try:
        patient = load(Patient, request.user, UUID(chosen))
    except ValueError:
        return redirect("care:session_start", chair_id=chair.pk)
    if request.method != "POST":
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
    return _gate(request, chair, patient)


def _choose_patient(request: StaffRequest, chair: Chair) -> HttpResponse:
    audit.record(audit.Tag.LIST_LOOK, by=request.user)
    sought = request.GET.get("q", "").strip()
    found: QuerySet[Patient] = visible_to(request.user, Patient).none()
    if sought:
        words = Q()
        for word in sought.split():
            words &= (
                Q(given_name__icontains=word)
                | Q(family_name__icontains=word)
                | Q(number__icontains=word)
            )
        found = visible_to(request.user, Patient).filter(words)
    context = {
        "chair": chair,
        "bookings": sorted(
            _todays_bookings(request.user),
            key=lambda row: (row.chair_id != chair.pk, row.starts_at),
        ),
        "sought": sought,
        "found": found[:FOUND_AT_MOST],
        "found_at_most": FOUND_AT_MOST,
    }
    return render(request, "care/start_choose.html", context)


def _todays_bookings(user: Staff) -> list[Appointment]:
    """Today's appointments without a session."""
    now = timezone.now()
    midnight = local(now, user.clinic.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = visible_to(user, Appointment).filter(
        cancelled_at=None,
        sessions__isnull=True,
        starts_at__gte=midnight,
        starts_at__lt=midnight + timedelta(days=1),
    )
    return list(rows.select_related("patient", "chair"))


def _gate(request: StaffRequest, chair: Chair, patient: Patient) -> HttpResponse:
    prescriptions = _valid_prescriptions(request.user, patient)
    data = request.POST if request.method == "POST" else None
    colleagues = visible_to(request.user, Staff).filter(
        is_active=True, role__in=ALLOWED[Deed.RUN_SESSION]
    )
    form = StartForm(
        data, prescriptions=prescriptions, colleagues=colleagues.exclude(pk=request.user.pk)
    )
    dose, status = None, 200
    if data is not None:
        is_readable, dose = form.is_valid(), _dose(form)
        if "start" not in data:
            # "Work out the dose" asks for nothing: gaps are no errors yet.
            form.errors.clear()
        elif not is_readable:
            form.add_broken_rules(RuleBroken(*_gaps(form), *_gate_errors(form, chair)))
            status = 422
        else:
            done = attempt(form, lambda: _start(request, chair, patient, form))
            if done.is_done:
                words = {"who": patient.initials, "chair": chair.name}
                messages.success(request, _("Started for %(who)s, chair %(chair)s.") % words)
                return redirect("care:session", session_id=done.row.pk)
            status = done.status
    context = _context(request, chair, patient, form, prescriptions)
    return render(request, "care/start.html", {**context, "dose": dose}, status=status)


def _start(
    request: StaffRequest, chair: Chair, patient: Patient, form: StartForm
) -> TreatmentSession:
    """The deed; what it cannot even begin without is named together with its refusals."""
    clean = form.cleaned_data
    if gaps := _gaps(form):
        raise RuleBroken(*gaps, *_gate_errors(form, chair))
    waiting = [row for row in _todays_bookings(request.user) if row.patient_id == patient.pk]
    return start_session(
        by=request.user,
        prescription=clean["prescription"],
        chair=chair,
        gate=form.gate(),
        second_person=clean["second_person"],
        second_pin=clean["second_pin"],
        write_key=clean["write_key"],
        appointment=waiting[0] if waiting else None,
    )


def _gaps(form: StartForm) -> list[RuleError]:
    needed = ("prescription", "second_person")
    return [RuleError(name, "required") for name in needed if not form.cleaned_data.get(name)]


def _gate_errors(form: StartForm, chair: Chair) -> list[RuleError]:
    order = form.cleaned_data.get("prescription")
    return gate_errors(order, chair, form.gate(), timezone.now()) if order else []


def _valid_prescriptions(user: Staff, patient: Patient) -> list[Prescription]:
    today = clinic_day(timezone.now(), user.clinic.time_zone)
    rows = visible_to(user, Prescription).filter(
        course__patient=patient,
        course__ended_on=None,
        ended_at=None,
        valid_from__lte=today,
        valid_until__gte=today,
    )
    return list(rows.select_related("course", "prescribed_by"))


def _context(
    request: StaffRequest,
    chair: Chair,
    patient: Patient,
    form: StartForm,
    prescriptions: list[Prescription],
) -> dict[str, Any]:
    now = timezone.now()
    today = clinic_day(now, request.user.clinic.time_zone)
    board = chair_board(request.user.clinic, now)
    return {
        "chair": chair,
        "patient": patient,
        "form": form,
        "prescriptions": prescriptions,
        "expired": _last_prescription(request.user, patient) if not prescriptions else None,
        "consent_until": [(order, _consent_is_valid(order, today)) for order in prescriptions],
        "last_weight_kg": last_weight_kg(patient.pk),
        "band": {
            "chair": chair.name,
            "initials": patient.initials,
            "patient_number": patient.number,
            "birth_date": patient.birth_date,
            "age": patient.age_on(today),
            "allergies": patient.allergies or _("not asked"),
            "escort": patient.escort_name,
        },
        "tabs": tabs(board, chair.pk, can_run=True),
        "alarms": board.alarms,
        "now": now,
    }


def _last_prescription(user: Staff, patient: Patient) -> Prescription | None:
    rows = visible_to(user, Prescription).filter(course__patient=patient)
    return rows.select_related("prescribed_by").order_by("-prescribed_at").first()


def _consent_is_valid(order: Prescription, today: Any) -> bool:
    signed, until = order.course.consent_signed_on, order.course.consent_valid_until
    return signed is not None and (until is None or until >= today)


def _dose(form: StartForm) -> dict[str, Any] | None:
    """The dose as a sum, once a prescription and a weight are known."""
    clean = getattr(form, "cleaned_data", {})
    order, weight = clean.get("prescription"), clean.get("weight_kg")
    if order is None or weight is None or not weight > 0:
        return None
    return {"order": order, "weight_kg": weight, "sum": planned_dose(order, weight)}
