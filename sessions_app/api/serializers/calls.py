"""The rota, the steps of an alert, and the long-term watch."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.alerting.escalation_of import as_escalation
from sessions_app.api.door import Instant, WriteShape
from sessions_app.api.serializers.protocols import WatchOut
from sessions_app.rules.escalation_rails import MINUTES
from sessions_app.rules.long_term_watch import ITEMS


class ShiftOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    staff = serializers.UUIDField(source="staff_id")
    starts_at = Instant()
    ends_at = Instant()
    cancelled_at = Instant(allow_null=True)


class ShiftIn(WriteShape):
    staff = serializers.UUIDField()
    starts_at = Instant()
    ends_at = Instant()
    weeks = serializers.IntegerField(
        default=1, help_text="At the same times of the clinic's clock in so many weeks."
    )


class RotaOut(serializers.Serializer[Any]):
    """`gaps`: when in the next four weeks the clinic is closed and nobody reachable is on call."""

    on_call = serializers.ListField(child=serializers.UUIDField())
    unreachable = serializers.ListField(child=serializers.UUIDField())
    gaps = serializers.ListField(child=serializers.ListField(child=Instant()))


class EscalationOut(serializers.Serializer[Any]):
    """The minutes of every step, and which version they are."""

    def get_fields(self) -> dict[str, serializers.Field]:
        minutes = {name: serializers.IntegerField() for name in MINUTES}
        return {"version": serializers.CharField(), "source": serializers.CharField(), **minutes}


class EscalationVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    shipped = serializers.CharField()
    reason = serializers.CharField()
    changed_by = serializers.UUIDField(source="changed_by_id")
    changed_at = Instant()
    escalation = serializers.SerializerMethodField()

    def get_escalation(self, row: Any) -> EscalationOut:
        out: Any = EscalationOut(as_escalation(row))
        return out.data  # type: ignore[no-any-return]


class EscalationIn(WriteShape):
    """A change: what is not named keeps what holds now. `version` is the one it starts from."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            **super().get_fields(),
            "version": serializers.CharField(max_length=60),
            "reason": serializers.CharField(allow_blank=True),
            "reset_to_shipped": serializers.BooleanField(default=False),
            **{name: serializers.IntegerField(required=False) for name in MINUTES},
        }


class WatchLineOut(serializers.Serializer[Any]):
    """Where one item stands. `due_at` null: only a number of doses decides, or none was given."""

    watch = WatchOut(source="standing.watch")
    last_at = Instant(source="standing.last_at", allow_null=True)
    due_at = Instant(source="standing.due_at", allow_null=True)
    doses_since = serializers.IntegerField(source="standing.doses_since")
    doses_left = serializers.IntegerField(source="standing.doses_left", allow_null=True)
    is_due = serializers.BooleanField()


class GivenOut(serializers.Serializer[Any]):
    """`mg` sums the doses whose amount is recorded; `unknown` counts the others."""

    drug = serializers.CharField()
    doses = serializers.IntegerField()
    mg = serializers.DecimalField(max_digits=9, decimal_places=2)
    unknown = serializers.IntegerField()


class WatchStateOut(serializers.Serializer[Any]):
    """`route`: the route whose protocol is asked; empty when nothing is watched yet."""

    route = serializers.CharField()
    lines = WatchLineOut(many=True)
    given = GivenOut(many=True)


class WatchStrikeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    look = serializers.UUIDField(source="look_id")
    reason = serializers.CharField()
    struck_by = serializers.UUIDField(source="struck_by_id")
    struck_at = Instant()


class WatchStrikeIn(WriteShape):
    reason = serializers.CharField(allow_blank=True)


class WatchCheckOut(serializers.Serializer[Any]):
    """A look as it was written down. `strike` not null: it counts no more."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    item = serializers.CharField()
    checked_at = Instant()
    result = serializers.CharField()
    score = serializers.DecimalField(
        source="score.score", max_digits=6, decimal_places=2, allow_null=True, default=None
    )
    recorded_by = serializers.UUIDField(source="recorded_by_id")
    recorded_at = Instant()
    strike = WatchStrikeOut(allow_null=True)


class WatchCheckIn(WriteShape):
    item = serializers.ChoiceField(choices=list(ITEMS))
    result = serializers.CharField(allow_blank=True, default="")
    score = serializers.DecimalField(
        max_digits=6, decimal_places=2, allow_null=True, default=None, help_text="Of the scale."
    )
    checked_at = Instant(required=False, allow_null=True, default=None, help_text="Null: now.")
