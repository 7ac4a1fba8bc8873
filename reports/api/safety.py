"""The safety overview at the API's door: the object of the page, as JSON with the same numbers."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.api.filters import parameters, wrong
from reports.dashboards.safety import safety
from reports.forms.safety import SafetyForm
from sessions_app import audit
from sessions_app.roles import Deed


class SafetyView(APIView):
    """Side effects, blood pressure, readings, going home, alerts and doses of the clinic's
    sessions; groups below the minimum hold no number.
    """

    deed = Deed.SEE_SAFETY

    @extend_schema(
        parameters=parameters(SafetyForm), responses=OpenApiTypes.OBJECT, operation_id="safety"
    )
    def get(self, request: Request) -> Response:
        form = SafetyForm(request.query_params)
        if not form.is_valid():
            raise wrong(form)
        audit.record(audit.Tag.OUTCOMES_LOOK, by=request.user, reason="safety")
        return Response(safety(request.user, form.chosen()).as_json())
