"""Scores that staff enter, and the clinic's questionnaires."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.api.door import Instant, WriteShape


class ItemOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    minimum = serializers.IntegerField()
    maximum = serializers.IntegerField()
    loinc = serializers.CharField()


class BandOut(serializers.Serializer[Any]):
    low = serializers.DecimalField(max_digits=6, decimal_places=2)
    high = serializers.DecimalField(max_digits=6, decimal_places=2)
    code = serializers.CharField()


class InstrumentOut(serializers.Serializer[Any]):
    """`is_asked`: patients answer it; else staff enter it. `version` "clinic-2" is one's own."""

    code = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    is_asked = serializers.BooleanField()
    is_outcome = serializers.BooleanField()
    has_score = serializers.BooleanField()
    score_min = serializers.IntegerField()
    score_max = serializers.IntegerField()
    higher_is_better = serializers.BooleanField()
    recall_days = serializers.IntegerField()
    remission_cut = serializers.IntegerField(allow_null=True)
    max_missing = serializers.IntegerField()
    licence = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    languages = serializers.ListField(child=serializers.CharField())
    items = ItemOut(many=True)
    bands = BandOut(many=True)


class InstrumentIn(WriteShape):
    content = serializers.CharField(
        trim_whitespace=False, help_text="The definition file, JSON or TOML, as text."
    )


class OwnInstrumentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    number = serializers.IntegerField()
    is_retired = serializers.BooleanField()
    definition = serializers.JSONField()
    loaded_by = serializers.UUIDField(source="loaded_by_id")
    loaded_at = Instant()


class ScoreCorrectionIn(WriteShape):
    """The total, or the number of each item (null: open). Without a time it stays as it was."""

    total = serializers.DecimalField(
        max_digits=12, decimal_places=6, required=False, allow_null=True, default=None
    )
    answers = serializers.DictField(
        child=serializers.IntegerField(min_value=-1000, max_value=1000, allow_null=True),
        required=False,
        allow_null=True,
        default=None,
    )
    taken_at = Instant(required=False, allow_null=True, default=None)


class ScoreEntryIn(ScoreCorrectionIn):
    """The same for a new one: without a time it was rated now."""

    instrument = serializers.CharField(max_length=30)


class WithdrawalIn(WriteShape):
    reason = serializers.CharField(allow_blank=True)
