"""The safety overview at the API's door: the object of the page, as JSON with the same numbers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.dashboards.safety import safety
from reports.forms.safety import SafetyForm
from sessions_app import audit
from sessions_app.roles import Deed

FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR, required=False)
    for name in ("from", "to", "indication", "drug", "route")
]


class SafetyView(APIView):
    """Side effects, blood pressure, readings, going home, alerts and doses of the clinic's
    sessions; groups below the minimum hold no number.
    """

    deed = Deed.SEE_SAFETY

    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT, operation_id="safety")
    def get(self, request: Request) -> Response:
        form = SafetyForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(
                {
                    field: [
                        ErrorDetail(message, error.code or "invalid")
                        for error in errors
                        for message in error.messages
                    ]
                    for field, errors in form.errors.as_data().items()
                }
            )
        user: Any = request.user
        audit.record(audit.Tag.OUTCOMES_LOOK, by=user, reason="safety")
        return Response(safety(user, form.chosen()).as_json())
