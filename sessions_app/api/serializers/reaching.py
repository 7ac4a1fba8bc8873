"""What is sent to patients about their check-ins, and the calls to those who did not answer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from sessions_app.alerting.message_state import state_of
from sessions_app.api.door import Instant, WriteShape
from sessions_app.models import Message


class MessageOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    channel = serializers.CharField()
    due_at = Instant()
    planned_at = Instant()
    state = serializers.SerializerMethodField(
        help_text="waiting, under_way, unknown, sent, failed or opened"
    )

    def get_state(self, row: Message) -> str:
        return state_of(row, timezone.now())


class CheckInCallIn(WriteShape):
    result = serializers.CharField(help_text="reached, left_message or no_answer")
    note = serializers.CharField(required=False, allow_blank=True, default="")


class CheckInCallOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id")
    result = serializers.CharField()
    note = serializers.CharField()
    by = serializers.UUIDField(source="by_id")
    at = Instant()
