"""The devices of a clinic: known from the first password on, retired by the lead."""

from __future__ import annotations

from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction

from sessions_app import audit
from sessions_app.access import log_in
from sessions_app.access.tokens import token_hash
from sessions_app.actions import record
from sessions_app.actions.receipts import claim
from sessions_app.models import Device, Staff


@transaction.atomic
def register_device(
    *, by: Staff, token: str, name: str, clock: record.Clock = record.now
) -> Device:
    """Afterwards the browser that holds `token` is a device of the person's clinic."""
    frozen_now = clock()
    device = Device.objects.create(
        clinic_id=by.clinic_id,
        token_hash=token_hash(token),
        name=name[: Device._meta.get_field("name").max_length],
        created_at=frozen_now,
        created_by=by,
    )
    audit.record(audit.Tag.DEVICE_CREATE, by=by, at=frozen_now, row=device)
    return device


@transaction.atomic
def retire_device(
    *, by: Staff, device: Device, write_key: UUID | None = None, clock: record.Clock = record.now
) -> Device:
    """Afterwards the device is a stranger: it is signed out, asks for no alarms, and no PIN opens
    it. Retiring twice changes nothing.
    """
    frozen_now = clock()
    device = Device.objects.select_for_update().get(pk=device.pk)
    body = {"device": device}
    tag = audit.Tag.DEVICE_RETIRE
    claimed = claim(write_key, deed=tag, by=by, body=body, at=frozen_now, model=Device)
    if claimed.is_repeat or device.retired_at is not None:
        return device
    device.retired_at, device.retired_by = frozen_now, by
    device.save(update_fields=["retired_at", "retired_by"])
    for row in Session.objects.filter(expire_date__gt=frozen_now).iterator():
        if row.get_decoded().get(log_in.DEVICE) == str(device.pk):
            row.delete()
    audit.record(tag, by=by, at=frozen_now, row=device)
    return device


@transaction.atomic
def record_unlock(*, by: Staff, device: Device, clock: record.Clock = record.now) -> None:
    """Afterwards the audit says who opened the locked screen by PIN."""
    audit.record(audit.Tag.UNLOCK, by=by, at=clock(), row=device)
