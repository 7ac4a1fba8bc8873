"""Other medicines and ratings of dissociation, and the corrected dose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions.corrections import correct_dose_event, correct_medication
from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.api.door import ApiView, created
from sessions_app.api.serializers import entries as entry_shapes
from sessions_app.api.serializers import given as shapes
from sessions_app.api.views.entries import looked_at
from sessions_app.models import DoseEvent, MedicationGiven, TreatmentSession
from sessions_app.permissions import load
from sessions_app.roles import Deed


class Medications(ApiView):
    """Other medicines given in a session, struck ones included; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.MedicationOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).medications.select_related("strike")
        return self.page(rows, shapes.MedicationOut)

    @extend_schema(request=shapes.MedicationIn, responses={201: shapes.MedicationOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        entry = shapes.medication_entry(self.checked(shapes.MedicationIn))
        row = record_medication(by=request.user, session=session, **entry)
        return created(row, shapes.MedicationOut)


class MedicationCorrections(ApiView):
    """Strikes the medicine and adds the right one, which says what it replaces."""

    deeds = {"POST": Deed.RUN_SESSION}

    @extend_schema(request=shapes.MedicationCorrectionIn, responses={201: shapes.MedicationOut})
    def post(self, request: Request, medication_id: UUID) -> Response:
        row = load(MedicationGiven, request.user, medication_id)
        body = self.checked(shapes.MedicationCorrectionIn)
        reason = body.pop("correction")
        entry = shapes.medication_entry(body)
        right = correct_medication(by=request.user, medication=row, reason=reason, **entry)
        return created(right, shapes.MedicationOut)


class Ratings(ApiView):
    """Ratings of dissociation, struck ones included; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION}

    @extend_schema(responses=shapes.RatingOut(many=True))
    def get(self, request: Request, session_id: UUID) -> Response:
        rows = looked_at(request, session_id).ratings.select_related("strike")
        return self.page(rows, shapes.RatingOut)

    @extend_schema(request=shapes.RatingIn, responses={201: shapes.RatingOut})
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body: dict[str, Any] = {
            "scale": session.clinic.dissociation_scale,
            **self.checked(shapes.RatingIn),
        }
        row = record_rating(by=request.user, session=session, **body)
        return created(row, shapes.RatingOut)


class DoseCorrections(ApiView):
    """Strikes the dose event and adds the right one of the same kind."""

    deeds = {"POST": Deed.RUN_SESSION}

    @extend_schema(
        request=entry_shapes.DoseCorrectionIn, responses={201: entry_shapes.DoseEventOut}
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        event = load(DoseEvent, request.user, event_id)
        body = self.checked(entry_shapes.DoseCorrectionIn)
        row = correct_dose_event(by=request.user, event=event, **body)
        return created(row, entry_shapes.DoseEventOut)
