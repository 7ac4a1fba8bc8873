"""The reports at the API's door: the objects of the pages, as JSON with the same numbers."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.dashboards import outcomes, timeline
from reports.dashboards.filters import own_outcomes
from reports.forms.outcomes import OutcomeForm
from sessions_app import audit
from sessions_app.models import Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed

FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR, required=False)
    for name in (
        "from",
        "to",
        "indication",
        "drug",
        "route",
        "dose",
        "sessions",
        "age",
        "episodes",
        "compare",
        "instrument",
        "response",
        "loss",
        "baseline",
        "confirm_onset",
        "confirm",
        "fresh",
    )
]


def broken(form: OutcomeForm) -> dict[str, list[ErrorDetail]]:
    """The form's errors in the shape of the API, with their codes."""
    return {
        field: [
            ErrorDetail(message, error.code or "invalid")
            for error in errors
            for message in error.messages
        ]
        for field, errors in form.errors.as_data().items()
    }


class OutcomesView(APIView):
    """Onset and relief of the clinic's sessions; groups below the minimum hold no number."""

    deed = Deed.SEE_OUTCOMES

    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT, operation_id="outcomes")
    def get(self, request: Request) -> Response:
        own = own_outcomes(request.user.clinic_id)
        form = OutcomeForm(request.query_params, own=own)
        if not form.is_valid():
            raise ValidationError(broken(form))
        audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user)
        return Response(outcomes(request.user, form.chosen()).as_json())


class OutcomeRows(APIView):
    """The rows behind the outcomes as Parquet, with the points drawn and a data dictionary."""

    deed = Deed.EXPORT_ROWS

    @extend_schema(
        parameters=FILTERS,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
        operation_id="outcome_rows",
    )
    def get(self, request: Request) -> HttpResponse:
        from reports.exports.outcome_rows import outcome_rows_zip

        own = own_outcomes(request.user.clinic_id)
        form = OutcomeForm(request.query_params, own=own)
        if not form.is_valid():
            raise ValidationError(broken(form))
        made = outcome_rows_zip(request.user, form.chosen(), timezone.now())
        audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.zip")
        return HttpResponse(made, content_type="application/zip")


class PatientEpisodes(APIView):
    """What each session of one patient did, with the definitions used."""

    deed = Deed.SEE_TIMELINE

    @extend_schema(responses=OpenApiTypes.OBJECT, operation_id="patient_episodes")
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id, Deed.SEE_TIMELINE)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return Response(timeline(request.user, patient).as_json())
