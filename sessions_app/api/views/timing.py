"""A side effect, or its newest change, at another time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions.retiming import retime_effect
from sessions_app.api.door import ApiView, Instant, WriteShape, created
from sessions_app.api.serializers import entries as shapes
from sessions_app.models import SideEffect, SideEffectChange
from sessions_app.permissions import load
from sessions_app.roles import Deed


class TimeIn(WriteShape):
    taken_at = Instant()
    reason = serializers.CharField(max_length=200)


class EffectTime(ApiView):
    """Strikes the side effect and adds the same with its right onset."""

    deeds = {"POST": Deed.RUN_SESSION}

    @extend_schema(request=TimeIn, responses={201: shapes.SideEffectOut})
    def post(self, request: Request, effect_id: UUID) -> Response:
        effect = load(SideEffect, request.user, effect_id)
        body: dict[str, Any] = self.checked(TimeIn)
        return created(retime_effect(by=request.user, entry=effect, **body), shapes.SideEffectOut)


class ChangeTime(ApiView):
    """Strikes the newest change of a side effect and adds the same at its right time."""

    deeds = {"POST": Deed.RUN_SESSION}

    @extend_schema(request=TimeIn, responses={201: shapes.EffectChangeOut})
    def post(self, request: Request, change_id: UUID) -> Response:
        change = load(SideEffectChange, request.user, change_id)
        body: dict[str, Any] = self.checked(TimeIn)
        return created(retime_effect(by=request.user, entry=change, **body), shapes.EffectChangeOut)
