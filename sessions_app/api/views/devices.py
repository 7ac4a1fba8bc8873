"""The devices of the clinic: the list, and retiring one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions.devices import retire_device
from sessions_app.api.door import ApiView, Instant, WriteShape, shown
from sessions_app.models import Device
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class DeviceOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    created_at = Instant()
    created_by = serializers.UUIDField(source="created_by_id")
    retired_at = Instant(allow_null=True)
    retired_by = serializers.UUIDField(source="retired_by_id", allow_null=True)


class Devices(ApiView):
    """The browsers that somebody of the clinic signed in on, newest first."""

    deeds = {"GET": Deed.MANAGE_CLINIC}

    @extend_schema(responses=DeviceOut(many=True))
    def get(self, request: Request) -> Response:
        return self.audited_list(visible_to(request.user, Device, Deed.MANAGE_CLINIC), DeviceOut)


class DeviceRetire(ApiView):
    """It is signed out at once, and asks for a password. A second time changes nothing."""

    deeds = {"POST": Deed.MANAGE_CLINIC}

    @extend_schema(request=WriteShape, responses=DeviceOut)
    def post(self, request: Request, device_id: UUID) -> Response:
        device = load(Device, request.user, device_id, Deed.MANAGE_CLINIC)
        body = self.checked(WriteShape)
        return shown(retire_device(by=request.user, device=device, **body), DeviceOut)
