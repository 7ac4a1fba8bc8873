"""Alerts and what was done about them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.api.door import Instant, WriteShape
from sessions_app.models import AlertEvent


class AlertsQuery(serializers.Serializer[Any]):
    open = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="true: nobody closed it yet"
    )


class AlertRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    level = serializers.CharField()
    code = serializers.CharField()
    value = serializers.CharField()
    limit = serializers.CharField()
    raised_at = Instant()
    patient = serializers.UUIDField(source="patient_id")
    session = serializers.UUIDField(source="session_id", allow_null=True)
    reading = serializers.UUIDField(source="reading_id", allow_null=True)
    effect = serializers.UUIDField(source="effect_id", allow_null=True)
    check_in = serializers.UUIDField(source="check_in_id", allow_null=True)
    check_in_request = serializers.UUIDField(source="request_id", allow_null=True)
    is_closed = serializers.BooleanField()
    owner = serializers.UUIDField(source="owner_id", allow_null=True)


class AlertEventOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    alert = serializers.UUIDField(source="alert_id")
    kind = serializers.CharField()
    owner = serializers.UUIDField(source="owner_id", allow_null=True)
    outcome = serializers.CharField()
    result = serializers.CharField(source="call_result", help_text="Of a call; else empty")
    called = serializers.CharField(help_text="Whom; empty when it was no call, or not said")
    note = serializers.CharField()
    by = serializers.UUIDField(source="by_id", allow_null=True)
    at = Instant()


class AlertOut(AlertRow):
    events = AlertEventOut(many=True)


class NoteIn(WriteShape):
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class CallIn(NoteIn):
    """Without a result the note must say what came of it."""

    result = serializers.ChoiceField(
        choices=AlertEvent.CALL_RESULTS, required=False, allow_blank=True, default=""
    )
    called = serializers.ChoiceField(
        choices=AlertEvent.CALLED, required=False, allow_blank=True, default=""
    )


class HandOverIn(NoteIn):
    to = serializers.UUIDField(help_text="A colleague, by id")


class CloseIn(NoteIn):
    outcome = serializers.ChoiceField(
        choices=AlertEvent.OUTCOMES, help_text="Which of them, depends on what the alert is about"
    )
