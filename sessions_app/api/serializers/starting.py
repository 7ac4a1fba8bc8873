"""The draft of a start, as it is sent and as it stands."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.actions.start_drafts import TEXT_AT_MOST
from sessions_app.api.door import Instant, Shape, WriteShape
from sessions_app.chairside.start_draft import EARLIER, NAMES, StartDraft


class DraftTextsIn(Shape):
    """Any of the gate's fields as typed, "" for empty. No PIN and no password is part of it."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: serializers.CharField(required=False, allow_blank=True, max_length=TEXT_AT_MOST)
            for name in NAMES
        }


class StartDraftIn(WriteShape):
    values = DraftTextsIn()
    measured_again = serializers.BooleanField(
        default=False, help_text="Keep the pressure as an earlier one, and ask for it anew"
    )


class EarlierPressureOut(serializers.Serializer[Any]):
    taken_at = Instant()
    systolic = serializers.IntegerField()
    diastolic = serializers.IntegerField()


class StartDraftOut(serializers.Serializer[Any]):
    """`written_at`: since when each text stands as it does. `earlier`: too high to start."""

    values = serializers.DictField(child=serializers.CharField(allow_blank=True))
    written_at = serializers.DictField(child=Instant())
    earlier = EarlierPressureOut(many=True)
    saved_at = Instant(allow_null=True)

    def to_representation(self, instance: StartDraft) -> dict[str, Any]:
        out = super().to_representation(instance)
        for part in ("values", "written_at"):
            texts = out[part].items()
            out[part] = {name: text for name, text in texts if not name.startswith(EARLIER)}
        return out
