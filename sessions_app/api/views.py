"""The second door to the actions. Each view names its deed; each load is already a permission."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions.readings import record_vital_reading
from sessions_app.api import serializers
from sessions_app.models import TreatmentSession, VitalReading
from sessions_app.permissions import load
from sessions_app.roles import Deed


class VitalReadings(generics.ListAPIView):
    """A session's readings, struck ones included; POST adds one."""

    deeds = {"GET": Deed.SEE_PATIENTS, "POST": Deed.RUN_SESSION, "OPTIONS": Deed.SEE_PATIENTS}
    serializer_class = serializers.VitalReadingOut

    def get_queryset(self) -> QuerySet[VitalReading]:
        if getattr(self, "swagger_fake_view", False):
            return VitalReading.objects.none()
        session = load(TreatmentSession, self.request.user, self.kwargs["session_id"])
        return session.readings.select_related("strike").prefetch_related("alerts")

    @extend_schema(
        request=serializers.VitalReadingIn, responses={201: serializers.VitalReadingOut}
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        session = load(TreatmentSession, request.user, session_id)
        body = serializers.VitalReadingIn(data=request.data)
        body.is_valid(raise_exception=True)
        reading = record_vital_reading(by=request.user, session=session, **body.entry())
        out: Any = serializers.VitalReadingOut(reading)
        return Response(out.data, status=status.HTTP_201_CREATED)
