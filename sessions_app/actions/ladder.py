"""The clinic's own steps of an alert: each change is a whole new version, with its reason."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.intake import lock_clinic
from sessions_app.actions.protocols import refuse_version, version_columns
from sessions_app.actions.receipts import claim
from sessions_app.alerting.escalation_of import escalation_of
from sessions_app.models import EscalationVersion, Staff
from sessions_app.rules.escalation import SHIPPED, Escalation
from sessions_app.rules.escalation_rails import MINUTES, escalation_changes, escalation_faults


@transaction.atomic
def change_escalation(
    *,
    by: Staff,
    wanted: Escalation,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> EscalationVersion:
    """Afterwards every step that is still to come follows the minutes of `wanted`.

    `seen_version` is the version that the change was made from: somebody else's in between is
    named and not overwritten. A number outside what a clinic may set, steps out of order and a
    change of nothing are refused.
    """
    return _new_version(by, wanted, reason, seen_version, write_key, clock, shipped="")


@transaction.atomic
def reset_escalation(
    *,
    by: Staff,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> EscalationVersion:
    """Afterwards a new version holds the shipped minutes."""
    return _new_version(
        by, SHIPPED, reason, seen_version, write_key, clock, shipped=SHIPPED.version
    )


def _new_version(
    by: Staff,
    wanted: Escalation,
    reason: str,
    seen_version: str,
    write_key: UUID | None,
    clock: record.Clock,
    *,
    shipped: str,
) -> EscalationVersion:
    frozen_now = clock()
    clinic = lock_clinic(by)
    minutes = {name: getattr(wanted, name) for name in MINUTES}
    claimed = claim(
        write_key,
        deed=audit.Tag.ESCALATION_CHANGE,
        by=by,
        body={**minutes, "reason": reason, "shipped": shipped},
        at=frozen_now,
        model=EscalationVersion,
    )
    if claimed.is_repeat:
        return EscalationVersion.objects.get(pk=claimed.row_id)
    rows = EscalationVersion.objects.filter(clinic=clinic)
    held = escalation_of(clinic)
    changed = escalation_changes(held, wanted)
    refuse_version(rows, held.version, seen_version, reason, escalation_faults(wanted), changed)
    version = EscalationVersion.objects.create(
        **version_columns(rows.count(), claimed.row_id, by, reason, frozen_now, shipped), **minutes
    )
    audit.record(
        audit.Tag.ESCALATION_CHANGE, by=by, at=frozen_now, row=version, reason=version.reason
    )
    return version
