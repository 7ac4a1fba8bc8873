"""Alerts: the list, one with its log, and what people do about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import audit
from sessions_app.actions.alerts import (
    close_alert,
    hand_over_alert,
    log_call,
    see_alert,
    take_alert,
)
from sessions_app.api.door import ApiView, WriteShape, choose, created, shown
from sessions_app.api.serializers import alerts as shapes
from sessions_app.models import Alert, Staff
from sessions_app.permissions import load, visible_to
from sessions_app.roles import Deed


class Alerts(ApiView):
    """The clinic's alerts, newest first."""

    deeds = {"GET": Deed.SEE_ALERTS}

    @extend_schema(parameters=[shapes.AlertsQuery], responses=shapes.AlertRow(many=True))
    def get(self, request: Request) -> Response:
        is_open = self.query(shapes.AlertsQuery)["open"]
        rows: Any = visible_to(request.user, Alert, Deed.SEE_ALERTS)
        rows = rows.with_state().order_by("-raised_at", "-id")
        if is_open is not None:
            rows = rows.filter(is_closed=not is_open)
        return self.audited_list(rows, shapes.AlertRow)


class OneAlert(ApiView):
    """One alert with the log of what was done. Looking does not take it."""

    deeds = {"GET": Deed.SEE_ALERTS}

    @extend_schema(responses=shapes.AlertOut)
    def get(self, request: Request, alert_id: UUID) -> Response:
        load(Alert, request.user, alert_id, Deed.SEE_ALERTS)
        alert = Alert.objects.with_state().prefetch_related("events").get(pk=alert_id)
        audit.record(audit.Tag.PATIENT_LOOK, by=request.user, patient=alert.patient, row=alert)
        return shown(alert, shapes.AlertOut)


class AlertDeed(ApiView):
    """What every deed on an alert needs."""

    deeds = {"POST": Deed.HANDLE_ALERTS}

    def alert(self, alert_id: UUID) -> Alert:
        return load(Alert, self.request.user, alert_id, Deed.SEE_ALERTS)


class AlertTake(AlertDeed):
    """I look after it."""

    @extend_schema(request=WriteShape, responses={201: shapes.AlertEventOut})
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = self.alert(alert_id)
        row = take_alert(by=request.user, alert=alert, **self.checked(WriteShape))
        return created(row, shapes.AlertEventOut)


class AlertHandOver(AlertDeed):
    """A colleague looks after it."""

    @extend_schema(request=shapes.HandOverIn, responses={201: shapes.AlertEventOut})
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = self.alert(alert_id)
        body = self.checked(shapes.HandOverIn)
        body["to"] = choose(Staff, request.user, body["to"], "owner", is_active=True)
        row = hand_over_alert(by=request.user, alert=alert, **body)
        return created(row, shapes.AlertEventOut)


class AlertSee(AlertDeed):
    """I stood at the chair. It ends now, or with the next value in range."""

    @extend_schema(request=WriteShape, responses={201: shapes.AlertEventOut})
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = self.alert(alert_id)
        row = see_alert(by=request.user, alert=alert, **self.checked(WriteShape))
        return created(row, shapes.AlertEventOut)


class AlertCalls(AlertDeed):
    """Somebody was called, and what came of it."""

    @extend_schema(request=shapes.CallIn, responses={201: shapes.AlertEventOut})
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = self.alert(alert_id)
        row = log_call(by=request.user, alert=alert, **self.checked(shapes.CallIn))
        return created(row, shapes.AlertEventOut)


class AlertClose(AlertDeed):
    """It is over, with an outcome."""

    @extend_schema(request=shapes.CloseIn, responses={201: shapes.AlertEventOut})
    def post(self, request: Request, alert_id: UUID) -> Response:
        alert = self.alert(alert_id)
        row = close_alert(by=request.user, alert=alert, **self.checked(shapes.CloseIn))
        return created(row, shapes.AlertEventOut)
