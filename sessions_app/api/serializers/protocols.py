"""Protocols and alert limits: what holds, each version, and a new one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from sessions_app.api.door import Instant, Shape, WriteShape
from sessions_app.protocol_of import as_alert_limits, as_protocol
from sessions_app.rules.check_in_windows import Window, whole_hours, window
from sessions_app.rules.dosing import ROUTES
from sessions_app.rules.guard_rails import SETTINGS, SHIPPED_LINES, thresholds
from sessions_app.rules.limits import AlertLimits
from sessions_app.rules.long_term_watch import Watch

FLAGS = ("asks_leaflet", "asks_escort")
HOURS_MAX = 9999


def _number(name: str, **options: Any) -> serializers.Field:
    if isinstance(SETTINGS[name].low, Decimal):
        return serializers.DecimalField(max_digits=5, decimal_places=3, **options)
    return serializers.IntegerField(**options)


class HoursField(serializers.IntegerField):
    """Whole hours after the start of the dose."""

    def to_representation(self, value: Any) -> int:
        return whole_hours(value)


class WindowOut(serializers.Serializer[Any]):
    slot = serializers.CharField()
    due_hours = HoursField(source="due")
    opens_hours = HoursField(source="opens")
    closes_hours = HoursField(source="closes")
    instruments = serializers.ListField(child=serializers.CharField())


class WindowIn(Shape):
    due_hours = serializers.IntegerField(min_value=0, max_value=HOURS_MAX)
    opens_hours = serializers.IntegerField(min_value=0, max_value=HOURS_MAX)
    closes_hours = serializers.IntegerField(min_value=0, max_value=HOURS_MAX)
    instruments = serializers.ListField(child=serializers.CharField(), max_length=10)

    def as_window(self, given: dict[str, Any]) -> Window:
        asked = tuple(dict.fromkeys(given["instruments"]))
        return window(given["due_hours"], given["opens_hours"], given["closes_hours"], asked)


class WatchOut(serializers.Serializer[Any]):
    """Due again after so many days or so many doses, whichever comes first; null: not by that."""

    item = serializers.CharField()
    every_days = serializers.IntegerField(allow_null=True)
    every_sessions = serializers.IntegerField(allow_null=True)


class WatchIn(Shape):
    item = serializers.CharField(max_length=30)
    every_days = serializers.IntegerField(allow_null=True, default=None)
    every_sessions = serializers.IntegerField(allow_null=True, default=None)


class ProtocolOut(serializers.Serializer[Any]):
    """A protocol whole: minutes, mmHg, %, mg/kg, devices of 28 mg. null: not set."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            "route": serializers.CharField(),
            "version": serializers.CharField(),
            "due": serializers.ListField(child=serializers.IntegerField()),
            **{name: _number(name, allow_null=True) for name in SETTINGS},
            **{name: serializers.BooleanField() for name in FLAGS},
            "windows": WindowOut(many=True),
            "watches": WatchOut(many=True),
        }


class ProtocolVersionOut(serializers.Serializer[Any]):
    """Who changed the protocol, when and why; `shipped` names the default it went back to."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    shipped = serializers.CharField()
    reason = serializers.CharField()
    changed_by = serializers.UUIDField(source="changed_by_id")
    changed_at = Instant()
    protocol = serializers.SerializerMethodField()

    def get_protocol(self, row: Any) -> ProtocolOut:
        out: Any = ProtocolOut(as_protocol(row))
        return out.data  # type: ignore[no-any-return]


class ProtocolIn(WriteShape):
    """A change: what is not named keeps what holds now. `version` is the one it starts from."""

    def get_fields(self) -> dict[str, serializers.Field]:
        due = serializers.ListField(
            child=serializers.IntegerField(min_value=0, max_value=HOURS_MAX),
            required=False,
            max_length=60,
        )
        return {
            **super().get_fields(),
            "route": serializers.ChoiceField(choices=ROUTES),
            "version": serializers.CharField(max_length=60),
            "reason": serializers.CharField(allow_blank=True),
            "reset_to_shipped": serializers.BooleanField(default=False),
            "due": due,
            **{name: _number(name, required=False, allow_null=True) for name in SETTINGS},
            **{name: serializers.BooleanField(required=False) for name in FLAGS},
            "windows": WindowIn(many=True, required=False),
            "watches": WatchIn(many=True, required=False),
        }


def changed(given: dict[str, Any]) -> dict[str, Any]:
    """The named settings of a change in the terms of a Protocol."""
    own = {name: given[name] for name in (*SETTINGS, *FLAGS) if name in given}
    if "due" in given:
        own["due"] = tuple(given["due"])
    if "windows" in given:
        own["windows"] = tuple(WindowIn().as_window(one) for one in given["windows"])
    if "watches" in given:
        own["watches"] = tuple(Watch(**one) for one in given["watches"])
    return own


def _threshold(**options: Any) -> serializers.Field:
    return serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True, **options)


class ThresholdsOut(serializers.Serializer[Any]):
    """Each line of the table by its name: sign, direction or rise, phase, level. null: no call."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: _threshold() for name in SHIPPED_LINES}


class AlertLimitsOut(serializers.Serializer[Any]):
    version = serializers.CharField()
    thresholds = serializers.SerializerMethodField()

    def get_thresholds(self, held: AlertLimits) -> ThresholdsOut:
        out: Any = ThresholdsOut(thresholds(held))
        return out.data  # type: ignore[no-any-return]


class AlertLimitVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    shipped = serializers.CharField()
    reason = serializers.CharField()
    changed_by = serializers.UUIDField(source="changed_by_id")
    changed_at = Instant()
    alert_limits = serializers.SerializerMethodField()

    def get_alert_limits(self, row: Any) -> AlertLimitsOut:
        out: Any = AlertLimitsOut(as_alert_limits(row))
        return out.data  # type: ignore[no-any-return]


class ThresholdsIn(Shape):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: _threshold(required=False) for name in SHIPPED_LINES}


class AlertLimitsIn(WriteShape):
    """A change: a line that is not named keeps its threshold, null leaves it out."""

    version = serializers.CharField(max_length=60)
    reason = serializers.CharField(allow_blank=True)
    reset_to_shipped = serializers.BooleanField(default=False)
    thresholds = ThresholdsIn(required=False)
