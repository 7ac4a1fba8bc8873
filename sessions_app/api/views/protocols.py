"""The clinic's protocols and alert limits: what holds now, every version, and a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app.actions import protocols as deeds
from sessions_app.api.door import ApiView, created, shown
from sessions_app.api.serializers import protocols as shapes
from sessions_app.models import AlertLimitVersion, ProtocolVersion
from sessions_app.permissions import load, visible_to
from sessions_app.protocol_of import PARTS, alert_limits_in_force, protocol_in_force
from sessions_app.roles import Deed
from sessions_app.rules.dosing import ROUTES
from sessions_app.rules.guard_rails import thresholds

ROUTE = OpenApiParameter("route", enum=ROUTES)
READ_AND_CHANGE = {"GET": Deed.SEE_CHAIRS, "POST": Deed.MANAGE_CLINIC}


class ProtocolInForce(ApiView):
    """What a session of this route that begins now runs under: the clinic's own, or what ships."""

    deeds = {"GET": Deed.SEE_CHAIRS}

    @extend_schema(responses=shapes.ProtocolOut)
    def get(self, request: Request, route: str) -> Response:
        if route not in ROUTES:
            raise NotFound
        return shown(protocol_in_force(request.user.clinic_id, route), shapes.ProtocolOut)


class ProtocolVersions(ApiView):
    """The clinic's versions, by route and newest first; POST adds one."""

    deeds = READ_AND_CHANGE

    @extend_schema(parameters=[ROUTE], responses=shapes.ProtocolVersionOut(many=True))
    def get(self, request: Request) -> Response:
        rows = visible_to(request.user, ProtocolVersion, Deed.SEE_CHAIRS).prefetch_related(*PARTS)
        route = request.query_params.get("route")
        return self.page(rows.filter(route=route) if route else rows, shapes.ProtocolVersionOut)

    @extend_schema(request=shapes.ProtocolIn, responses={201: shapes.ProtocolVersionOut})
    def post(self, request: Request) -> Response:
        given = self.checked(shapes.ProtocolIn)
        stamp = _stamp(given)
        if given["reset_to_shipped"]:
            row = deeds.reset_protocol(by=request.user, route=given["route"], **stamp)
        else:
            held = protocol_in_force(request.user.clinic_id, given["route"])
            wanted = replace(held, **shapes.changed(given))
            row = deeds.change_protocol(by=request.user, protocol=wanted, **stamp)
        return created(row, shapes.ProtocolVersionOut)


def _stamp(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "reason": given["reason"],
        "seen_version": given["version"],
        "write_key": given["write_key"],
    }


class OneProtocolVersion(ApiView):
    """One version, whole."""

    deeds = {"GET": Deed.SEE_CHAIRS}

    @extend_schema(responses=shapes.ProtocolVersionOut)
    def get(self, request: Request, protocol_id: UUID) -> Response:
        row = load(ProtocolVersion, request.user, protocol_id, Deed.SEE_CHAIRS)
        return shown(row, shapes.ProtocolVersionOut)


class AlertLimitsInForce(ApiView):
    """The limits that a session beginning now runs under."""

    deeds = {"GET": Deed.SEE_CHAIRS}

    @extend_schema(responses=shapes.AlertLimitsOut)
    def get(self, request: Request) -> Response:
        return shown(alert_limits_in_force(request.user.clinic_id), shapes.AlertLimitsOut)


class AlertLimitVersions(ApiView):
    """The clinic's versions of the alert limits, newest first; POST adds one."""

    deeds = READ_AND_CHANGE

    @extend_schema(responses=shapes.AlertLimitVersionOut(many=True))
    def get(self, request: Request) -> Response:
        rows = visible_to(request.user, AlertLimitVersion, Deed.SEE_CHAIRS)
        return self.page(rows.prefetch_related("lines"), shapes.AlertLimitVersionOut)

    @extend_schema(request=shapes.AlertLimitsIn, responses={201: shapes.AlertLimitVersionOut})
    def post(self, request: Request) -> Response:
        given = self.checked(shapes.AlertLimitsIn)
        stamp = _stamp(given)
        if given["reset_to_shipped"]:
            row = deeds.reset_alert_limits(by=request.user, **stamp)
        else:
            held = thresholds(alert_limits_in_force(request.user.clinic_id))
            values = held | given.get("thresholds", {})
            row = deeds.change_alert_limits(by=request.user, values=values, **stamp)
        return created(row, shapes.AlertLimitVersionOut)


class OneAlertLimitVersion(ApiView):
    """One version of the alert limits, whole."""

    deeds = {"GET": Deed.SEE_CHAIRS}

    @extend_schema(responses=shapes.AlertLimitVersionOut)
    def get(self, request: Request, limits_id: UUID) -> Response:
        row = load(AlertLimitVersion, request.user, limits_id, Deed.SEE_CHAIRS)
        return shown(row, shapes.AlertLimitVersionOut)
