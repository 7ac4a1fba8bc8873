"""One patient's episodes at the API's door."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.dashboards import timeline
from sessions_app import audit
from sessions_app.models import Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed


class PatientEpisodes(APIView):
    """What each session of one patient did, with the definitions used."""

    deed = Deed.SEE_TIMELINE

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="patient_episodes")
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id, Deed.SEE_TIMELINE)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return Response(timeline(request.user, patient).as_json())
