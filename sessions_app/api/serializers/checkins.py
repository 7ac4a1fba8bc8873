"""Check-in requests, scores, and what was answered on paper."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.api.door import Instant, WriteShape
from sessions_app.models import CheckInRequest


class RequestsQuery(serializers.Serializer[Any]):
    patient = serializers.UUIDField(required=False)
    open = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="true: can be answered now"
    )


class CheckInRequestOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    session = serializers.UUIDField(source="session_id", allow_null=True)
    slot = serializers.CharField()
    due_at = Instant()
    opens_at = Instant()
    closes_at = Instant()
    instruments = serializers.ListField(child=serializers.CharField())
    cancelled_at = Instant(allow_null=True)
    is_begun = serializers.SerializerMethodField(help_text="The patient answered something.")

    def get_is_begun(self, row: CheckInRequest) -> bool:
        return hasattr(row, "check_in")


class ScoreOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    instrument = serializers.CharField()
    instrument_version = serializers.CharField()
    taken_at = Instant()
    score = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True)
    is_prorated = serializers.BooleanField()
    check_in = serializers.UUIDField(source="check_in_id")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    is_replaced = serializers.SerializerMethodField()

    def get_is_replaced(self, row: Any) -> bool:
        return hasattr(row, "replaced_by")


class PaperIn(WriteShape):
    """Answers by instrument and item (null: skipped), or totals by instrument."""

    taken_at = Instant(required=False, allow_null=True, default=None)
    request = serializers.UUIDField(required=False, allow_null=True, default=None)
    language = serializers.CharField(required=False, default="en", max_length=10)
    answers = serializers.DictField(
        child=serializers.DictField(
            child=serializers.IntegerField(min_value=-1000, max_value=1000, allow_null=True)
        ),
        required=False,
        default=dict,
    )
    scores = serializers.DictField(
        child=serializers.DecimalField(max_digits=6, decimal_places=2),
        required=False,
        default=dict,
    )


class CheckInOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    request = serializers.UUIDField(source="request_id", allow_null=True)
    origin = serializers.CharField()
    started_at = Instant()
    entered_by = serializers.UUIDField(source="entered_by_id", allow_null=True)
    scores = ScoreOut(many=True)
