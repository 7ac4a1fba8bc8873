"""Other medicines and ratings of dissociation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.actions.medications import Medicine
from sessions_app.api.serializers.entries import EntryIn, EntryOut
from sessions_app.rules import dissociation, medications


class MedicationIn(EntryIn):
    """`drug` is one of the generic names, or "other" with the name in `other_text`."""

    drug = serializers.ChoiceField(choices=[*medications.MEDICATIONS, medications.OTHER])
    other_text = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    amount = serializers.DecimalField(max_digits=8, decimal_places=3)
    unit = serializers.ChoiceField(choices=list(medications.UNITS))
    route = serializers.ChoiceField(choices=list(medications.ROUTES))
    reason = serializers.CharField(max_length=200, help_text="Why it was given.")
    ordered_by = serializers.CharField(max_length=120)
    lot = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class MedicationCorrectionIn(MedicationIn):
    """The whole row as it should have been. `taken_at` null keeps its time."""

    correction = serializers.CharField(max_length=200, help_text="What was wrong.")


def medication_entry(given: dict[str, Any]) -> dict[str, Any]:
    """A validated body in the words of `record_medication`."""
    entry = {name: given.pop(name) for name in ("write_key", "taken_at", "client_clock")}
    return {**entry, "medicine": Medicine(**given)}


class MedicationOut(EntryOut):
    drug = serializers.CharField()
    other_text = serializers.CharField()
    amount = serializers.DecimalField(max_digits=8, decimal_places=3)
    unit = serializers.CharField()
    route = serializers.CharField()
    reason = serializers.CharField()
    ordered_by = serializers.CharField()
    lot = serializers.CharField()
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)


class RatingIn(EntryIn):
    """`score` is a whole number on `scale`; left out, the scale is the clinic's own choice."""

    scale = serializers.ChoiceField(choices=list(dissociation.SCALES), required=False)
    score = serializers.IntegerField()


class RatingOut(EntryOut):
    scale = serializers.CharField()
    score = serializers.IntegerField()
