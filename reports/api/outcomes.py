"""The outcomes at the API's door: the object of the page as JSON, and the rows behind it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.api.filters import parameters, wrong
from reports.dashboards import outcomes
from reports.dashboards.filters import OutcomeFilter, own_outcomes
from reports.forms.outcomes import OutcomeForm
from sessions_app import audit
from sessions_app.roles import Deed

FILTERS = parameters(OutcomeForm)


def asked_for(request: Request) -> OutcomeFilter:
    """The analysis that the address asks for; a wrong one is refused."""
    form = OutcomeForm(request.query_params, own=own_outcomes(request.user.clinic_id))
    if not form.is_valid():
        raise wrong(form)
    return form.chosen()


class OutcomesView(APIView):
    """Onset and relief of the clinic's sessions; groups below the minimum hold no number."""

    deed = Deed.SEE_OUTCOMES

    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT, operation_id="outcomes")
    def get(self, request: Request) -> Response:
        chosen = asked_for(request)
        audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user)
        return Response(outcomes(request.user, chosen).as_json())


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

        chosen = asked_for(request)
        made = outcome_rows_zip(request.user, chosen, timezone.now())
        audit.record(audit.Tag.EXPORT, by=request.user, reason="outcomes.zip")
        return HttpResponse(made, content_type="application/zip")
