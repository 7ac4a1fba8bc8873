"""Who I am; chairs, patients, appointments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions.appointments import (
    book_appointment,
    cancel_appointment,
    move_appointment,
)
from sessions_app.actions.intake import add_patient, update_patient
from sessions_app.actions.progress import set_progress_pin
from sessions_app.api.door import ApiView, WriteShape, choose, created, shown
from sessions_app.api.serializers import people as shapes
from sessions_app.errors import refuse
from sessions_app.models import Appointment, Chair, Patient, TreatmentSession
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class Me(ApiView):
    """The member of staff whose token or log-in this is."""

    deeds = {"GET": Deed.OWN_ACCOUNT}

    @extend_schema(responses=shapes.StaffOut)
    def get(self, request: Request) -> Response:
        return shown(request.user, shapes.StaffOut)


class Chairs(ApiView):
    """The chairs in use, in order, each with the session that runs in it."""

    deeds = {"GET": Deed.SEE_CHAIRS}

    @extend_schema(responses=shapes.ChairOut(many=True))
    def get(self, request: Request) -> Response:
        running = TreatmentSession.objects.open().filter(chair=OuterRef("pk")).values("pk")
        rows = visible_to(request.user, Chair, Deed.SEE_CHAIRS).filter(is_active=True)
        return self.audited_list(rows.annotate(open_session=Subquery(running[:1])), shapes.ChairOut)


class Patients(ApiView):
    """Patients by name or number; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.EDIT_PATIENT}

    @extend_schema(parameters=[shapes.PatientsQuery], responses=shapes.PatientRow(many=True))
    def get(self, request: Request) -> Response:
        rows = visible_to(request.user, Patient)
        for word in self.query(shapes.PatientsQuery)["search"].split():
            rows = rows.filter(
                Q(number__icontains=word)
                | Q(given_name__icontains=word)
                | Q(family_name__icontains=word)
            )
        return self.audited_list(rows, shapes.PatientRow)

    @extend_schema(request=shapes.PatientIn, responses={201: shapes.PatientOut})
    def post(self, request: Request) -> Response:
        body = self.checked(shapes.PatientIn)
        key = body.pop("write_key")
        patient = add_patient(by=request.user, values=body, write_key=key)
        return created(patient, shapes.PatientOut)


class OnePatient(ApiView):
    """One patient; PATCH changes some fields of the version that was read."""

    deeds = {"GET": Deed.SEE_PATIENTS, "PATCH": Deed.EDIT_PATIENT}

    @extend_schema(responses=shapes.PatientOut)
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return shown(patient, shapes.PatientOut)

    @extend_schema(request=shapes.PatientChangeIn, responses=shapes.PatientOut)
    def patch(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(shapes.PatientChangeIn)
        changed = update_patient(
            by=request.user,
            patient=patient,
            write_key=body.pop("write_key"),
            seen_version=body.pop("version"),
            values=body,
        )
        return shown(changed, shapes.PatientOut)


class ProgressPin(ApiView):
    """The PIN in front of a patient's own progress; the answer never holds it."""

    deeds = {"POST": Deed.EDIT_PATIENT}

    @extend_schema(request=shapes.ProgressPinIn, responses=shapes.PatientOut)
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(shapes.ProgressPinIn)
        pin = body.pop("progress_pin")
        return shown(
            set_progress_pin(by=request.user, patient=patient, pin=pin, **body), shapes.PatientOut
        )


class Appointments(ApiView):
    """The appointments of one day at the clinic, cancelled ones included; POST books one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.BOOK}

    @extend_schema(parameters=[shapes.DayQuery], responses=shapes.AppointmentOut(many=True))
    def get(self, request: Request) -> Response:
        day = self.query(shapes.DayQuery).get("day") or timezone.localdate()
        begins, ends = bounds(day)
        rows = visible_to(request.user, Appointment)
        rows = rows.filter(starts_at__gte=begins, starts_at__lt=ends)
        return self.audited_list(rows, shapes.AppointmentOut)

    @extend_schema(request=shapes.AppointmentIn, responses={201: shapes.AppointmentOut})
    def post(self, request: Request) -> Response:
        body = self.checked(shapes.AppointmentIn)
        body["patient"] = choose(Patient, request.user, body["patient"], "patient")
        row = book_appointment(by=request.user, **_with_chair(request, body))
        return created(row, shapes.AppointmentOut)


class AppointmentMove(ApiView):
    """Another time or chair; the former one is kept."""

    deeds = {"POST": Deed.BOOK}

    @extend_schema(request=shapes.AppointmentMoveIn, responses=shapes.AppointmentOut)
    def post(self, request: Request, appointment_id: UUID) -> Response:
        row = load(Appointment, request.user, appointment_id)
        body = _with_chair(request, self.checked(shapes.AppointmentMoveIn))
        moved = move_appointment(by=request.user, appointment=row, **body)
        return shown(moved, shapes.AppointmentOut)


class AppointmentCancel(ApiView):
    """Nobody is expected any more; the appointment stays in the list as cancelled."""

    deeds = {"POST": Deed.BOOK}

    @extend_schema(request=WriteShape, responses=shapes.AppointmentOut)
    def post(self, request: Request, appointment_id: UUID) -> Response:
        row = load(Appointment, request.user, appointment_id)
        key = self.checked(WriteShape)["write_key"]
        gone = cancel_appointment(by=request.user, appointment=row, write_key=key)
        return shown(gone, shapes.AppointmentOut)


def _with_chair(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    if body["chair"] is not None:
        body["chair"] = choose(Chair, request.user, body["chair"], "chair")
    return body


def bounds(day: date) -> tuple[datetime, datetime]:
    """Where a day begins and ends on the clinic's own clock; the end is the next day's begin."""
    try:
        begins = timezone.make_aware(datetime.combine(day, time.min))
        return begins, timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    except OverflowError:
        raise refuse("day", "unknown_choice", value=day) from None
