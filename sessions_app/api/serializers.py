"""The API's shapes. Rules are in the actions; a write serializer only checks types."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app import limits
from sessions_app.models import VitalReading


class EntryIn(serializers.Serializer[Any]):
    """What every chairside write has. `taken_at` null means now; a future time becomes now."""

    write_key = serializers.UUIDField()
    taken_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class VitalReadingIn(EntryIn):
    systolic = serializers.IntegerField(required=False, allow_null=True)
    diastolic = serializers.IntegerField(required=False, allow_null=True)
    heart_rate = serializers.IntegerField(required=False, allow_null=True)
    spo2 = serializers.IntegerField(required=False, allow_null=True)
    respiratory_rate = serializers.IntegerField(required=False, allow_null=True)
    temperature_c = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True
    )
    etco2 = serializers.IntegerField(required=False, allow_null=True)
    moaas = serializers.IntegerField(required=False, allow_null=True)
    pain = serializers.IntegerField(required=False, allow_null=True)
    oxygen_l_min = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True
    )
    position = serializers.CharField(required=False, allow_blank=True, default="")
    blank_reason = serializers.CharField(required=False, allow_blank=True, default="")

    def entry(self) -> dict[str, Any]:
        """The validated body in the words of `record_vital_reading`."""
        given = dict(self.validated_data)
        values = {sign: given.pop(sign, None) for sign in limits.SIGNS}
        return {**given, "values": values}


class EntryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    taken_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.UUIDField(source="recorded_by_id", allow_null=True)
    is_late_entry = serializers.BooleanField()
    is_struck = serializers.SerializerMethodField()

    def get_is_struck(self, row: Any) -> bool:
        return getattr(row, "strike", None) is not None


class VitalReadingOut(EntryOut):
    systolic = serializers.IntegerField(allow_null=True)
    diastolic = serializers.IntegerField(allow_null=True)
    heart_rate = serializers.IntegerField(allow_null=True)
    spo2 = serializers.IntegerField(allow_null=True)
    respiratory_rate = serializers.IntegerField(allow_null=True)
    temperature_c = serializers.DecimalField(max_digits=3, decimal_places=1, allow_null=True)
    etco2 = serializers.IntegerField(allow_null=True)
    moaas = serializers.IntegerField(allow_null=True)
    pain = serializers.IntegerField(allow_null=True)
    oxygen_l_min = serializers.DecimalField(max_digits=4, decimal_places=1, allow_null=True)
    position = serializers.CharField()
    blank_reason = serializers.CharField()
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    alerts = serializers.SerializerMethodField()

    def get_alerts(self, row: VitalReading) -> list[dict[str, str]]:
        return [
            {"level": alert.level, "code": alert.code, "limit": alert.limit}
            for alert in row.alerts.all()
        ]
