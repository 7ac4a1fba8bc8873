"""Chairside entries: readings, dose events, side effects, strikes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.actions.corrections import TARGETS
from sessions_app.actions.effects import Serious
from sessions_app.api.door import Instant, Shape, WriteShape
from sessions_app.models import DoseEvent, EntryStrike, SideEffect, SideEffectChange
from sessions_app.rules import effects, limits


class EntryIn(WriteShape):
    """What every chairside write has. `taken_at` null means now; a future time becomes now, and
    the entry says so. `client_clock`: what the device's own clock showed when it was typed.
    """

    taken_at = Instant(required=False, allow_null=True, default=None)
    client_clock = Instant(required=False, allow_null=True, default=None)


class EntryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    taken_at = Instant()
    recorded_at = Instant()
    recorded_by = serializers.UUIDField(source="recorded_by_id", allow_null=True)
    is_late_entry = serializers.BooleanField()
    client_clock = Instant(allow_null=True)
    is_time_corrected = serializers.BooleanField()
    is_struck = serializers.SerializerMethodField()

    def get_is_struck(self, row: Any) -> bool:
        return getattr(row, "strike", None) is not None


class SignsIn(Shape):
    """Pressures and EtCO2 in mmHg, rates per minute, SpO2 in %, °C, oxygen in L/min."""

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


class VitalReadingIn(EntryIn, SignsIn):
    position = serializers.CharField(required=False, allow_blank=True, default="")
    blank_reason = serializers.CharField(required=False, allow_blank=True, default="")


class ReadingCorrectionIn(VitalReadingIn):
    """The whole reading as it should have been, and why. `taken_at` null keeps its time."""

    reason = serializers.CharField(max_length=200)


def reading_entry(given: dict[str, Any]) -> dict[str, Any]:
    """A validated body in the words of `record_vital_reading`."""
    values = {sign: given.pop(sign, None) for sign in limits.SIGNS}
    return {**given, "values": values}


class AlertBrief(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    level = serializers.CharField()
    code = serializers.CharField()
    limit = serializers.CharField()


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
    alerts = AlertBrief(many=True)


class DoseEventIn(EntryIn):
    kind = serializers.ChoiceField(choices=DoseEvent.KINDS)
    rate_ml_per_hour = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True, default=None
    )
    amount_mg = serializers.DecimalField(
        max_digits=7, decimal_places=2, required=False, allow_null=True, default=None
    )
    lot = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class DoseCorrectionIn(EntryIn):
    """The event of the same kind as it should have been. `taken_at` null keeps its time."""

    rate_ml_per_hour = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True, default=None
    )
    amount_mg = serializers.DecimalField(
        max_digits=7, decimal_places=2, required=False, allow_null=True, default=None
    )
    lot = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    reason = serializers.CharField(max_length=200, help_text="What was wrong.")


class DoseEventOut(EntryOut):
    kind = serializers.CharField()
    rate_ml_per_hour = serializers.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    amount_mg = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    lot = serializers.CharField()
    reason = serializers.CharField()
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)


class GradedIn(EntryIn):
    action = serializers.CharField(required=False, default="none", max_length=20)
    is_serious = serializers.BooleanField(required=False, default=False)
    serious_criterion = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=30
    )


def graded_entry(given: dict[str, Any]) -> dict[str, Any]:
    """A validated body in the words of the side-effect actions."""
    serious = Serious(given.pop("is_serious"), given.pop("serious_criterion"))
    return {**given, "serious": serious}


class SideEffectIn(GradedIn):
    code = serializers.ChoiceField(choices=[*effects.EFFECTS, "other"])
    grade = serializers.ChoiceField(choices=list(effects.GRADES))
    other_text = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class EffectChangeIn(GradedIn):
    kind = serializers.ChoiceField(choices=list(effects.CHANGE_KINDS))
    grade = serializers.CharField(required=False, allow_blank=True, default="", max_length=10)


class EffectChangeOut(EntryOut):
    effect = serializers.UUIDField(source="effect_id")
    kind = serializers.CharField()
    grade = serializers.CharField()
    action = serializers.CharField()
    is_serious = serializers.BooleanField()
    serious_criterion = serializers.CharField()


class SideEffectOut(EntryOut):
    code = serializers.CharField()
    other_text = serializers.CharField()
    grade = serializers.CharField(help_text="At its onset.")
    current_grade = serializers.SerializerMethodField()
    resolved_at = serializers.SerializerMethodField()
    action = serializers.CharField()
    is_serious = serializers.BooleanField()
    serious_criterion = serializers.CharField()
    note = serializers.CharField()
    changes = EffectChangeOut(many=True)

    def get_current_grade(self, row: SideEffect) -> str:
        grades = [change.grade for change in _standing(row) if change.grade]
        return grades[-1] if grades else row.grade

    def get_resolved_at(self, row: SideEffect) -> str | None:
        ends = [change.taken_at for change in _standing(row) if change.kind == "resolved"]
        return Instant().to_representation(ends[0]) if ends else None


def _standing(row: SideEffect) -> list[SideEffectChange]:
    """From the rows at hand, so that a list of effects asks the database once."""
    return [change for change in row.changes.all() if getattr(change, "strike", None) is None]


class NoneObservedOut(EntryOut):
    pass


class StrikeIn(WriteShape):
    entry_kind = serializers.ChoiceField(choices=list(EntryStrike.TARGETS))
    entry = serializers.UUIDField()
    reason = serializers.CharField(max_length=200)


class StrikeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    entry_kind = serializers.SerializerMethodField()
    entry = serializers.SerializerMethodField()
    reason = serializers.CharField()
    struck_by = serializers.UUIDField(source="struck_by_id")
    struck_at = Instant()

    def get_entry_kind(self, row: EntryStrike) -> str:
        return next(name for name in EntryStrike.TARGETS if getattr(row, f"{name}_id"))

    def get_entry(self, row: EntryStrike) -> str:
        return str(getattr(row, f"{self.get_entry_kind(row)}_id"))


MODELS = {target: model for model, target in TARGETS.items()}
