"""What patients were asked and what they scored; answers from paper."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions.answers import enter_check_in
from sessions_app.api.door import ApiView, choose, created
from sessions_app.api.serializers import checkins as shapes
from sessions_app.models import CheckInRequest, Patient
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class CheckInRequests(ApiView):
    """What patients are asked, by time; of one patient, or what can be answered now."""

    deeds = {"GET": Deed.SEE_PATIENTS}

    @extend_schema(parameters=[shapes.RequestsQuery], responses=shapes.CheckInRequestOut(many=True))
    def get(self, request: Request) -> Response:
        asked = self.query(shapes.RequestsQuery)
        rows = visible_to(request.user, CheckInRequest).select_related("check_in")
        if asked.get("patient"):
            rows = rows.filter(patient_id=asked["patient"])
        if asked["open"] is not None:
            now = timezone.now()
            opened = rows.filter(cancelled_at=None, opens_at__lte=now, closes_at__gt=now)
            rows = opened if asked["open"] else rows.exclude(pk__in=opened.values("pk"))
        return self.audited_list(rows.order_by("due_at", "id"), shapes.CheckInRequestOut)


class Scores(ApiView):
    """A patient's scores, replaced ones included; POST enters answers or totals from paper."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.HANDLE_CHECK_INS}

    @extend_schema(responses=shapes.ScoreOut(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return self.page(patient.scores.select_related("replaced_by"), shapes.ScoreOut)

    @extend_schema(request=shapes.PaperIn, responses={201: shapes.CheckInOut})
    def post(self, request: Request, patient_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        body = self.checked(shapes.PaperIn)
        if body["request"] is not None:
            body["request"] = choose(
                CheckInRequest, request.user, body["request"], "request", patient=patient
            )
        return created(enter_check_in(by=request.user, patient=patient, **body), shapes.CheckInOut)
