"""The start gate before there is a session: its draft, kept as it is typed."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions.start_drafts import save_start_draft
from sessions_app.api.door import ApiView, created, shown
from sessions_app.api.serializers import starting as shapes
from sessions_app.chairside.start_draft import draft_of
from sessions_app.models import Chair, Patient
from sessions_app.permissions import load
from sessions_app.roles import Deed


class StartDraftAt(ApiView):
    """Today's draft of one patient at one chair; POST changes the texts that are sent.

    Yes to thoughts of suicide calls the prescriber at once. A start takes from the draft when
    each answer and sign was written, and the pressures that were too high before.
    """

    deeds = {"GET": Deed.RUN_SESSION, "POST": Deed.RUN_SESSION}
    pagination_class = None

    @extend_schema(responses=shapes.StartDraftOut)
    def get(self, request: Request, patient_id: UUID, chair_id: UUID) -> Response:
        patient = load(Patient, request.user, patient_id)
        chair = load(Chair, request.user, chair_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=patient)
        return shown(draft_of(patient, chair, timezone.now()), shapes.StartDraftOut)

    @extend_schema(request=shapes.StartDraftIn, responses={201: shapes.StartDraftOut})
    def post(self, request: Request, patient_id: UUID, chair_id: UUID) -> Response:
        draft = save_start_draft(
            by=request.user,
            patient=load(Patient, request.user, patient_id),
            chair=load(Chair, request.user, chair_id),
            **self.checked(shapes.StartDraftIn),
        )
        return created(draft, shapes.StartDraftOut)
