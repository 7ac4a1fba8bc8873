"""One's own progress: the PIN in front of it, and the line that each look leaves."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.crypto import salted_hmac

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.actions.staff import PIN
from sessions_app.checkins import progress_lock
from sessions_app.errors import refuse
from sessions_app.models import Patient, Staff


@transaction.atomic
def set_progress_pin(
    *,
    by: Staff,
    patient: Patient,
    pin: str,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> Patient:
    """Afterwards this PIN of 4 to 6 digits, kept as a hash, opens the patient's own progress and
    the year of birth does not; with "" it is the other way round. Wrong tries are forgotten, and
    a phone on which it was open is asked again.
    """
    frozen_now = clock()
    pin = pin.strip()
    if pin and not PIN.fullmatch(pin):
        raise refuse("progress_pin", "pin_shape")
    # A receipt holds a hash of what was sent; four digits need a keyed one.
    body = {"patient": patient, "pin": salted_hmac("progress.pin", pin).hexdigest()}
    claimed = claim(
        write_key,
        deed=audit.Tag.PROGRESS_PIN,
        by=by,
        body=body,
        at=frozen_now,
        model=Patient,
    )
    if claimed.is_repeat:
        return Patient.objects.get(pk=patient.pk)
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    patient.progress_pin = make_password(pin) if pin else ""
    details.save_secret(patient, "progress_pin")
    progress_lock.forget_tries(patient)
    audit.record(audit.Tag.PROGRESS_PIN, by=by, at=frozen_now, patient=patient, row=patient)
    return patient
