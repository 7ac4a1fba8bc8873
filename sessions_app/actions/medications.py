"""Other medicines given during a session."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.details import missing, not_a_choice, raise_all, stripped, too_long
from sessions_app.actions.receipts import claim
from sessions_app.errors import RuleError
from sessions_app.models import MedicationGiven, Staff, TreatmentSession
from sessions_app.rules import medications

NEEDED = ("drug", "amount", "unit", "route", "reason", "ordered_by")


@dataclass(frozen=True)
class Medicine:
    """What was given. `drug` is a code of medications.py, or "other" with `other_text`."""

    drug: str
    amount: Decimal | None
    unit: str
    route: str
    reason: str
    ordered_by: str
    other_text: str = ""
    lot: str = ""


@transaction.atomic
def record_medication(
    *,
    by: Staff,
    session: TreatmentSession,
    medicine: Medicine,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    replaces: MedicationGiven | None = None,
    clock: record.Clock = record.now,
) -> MedicationGiven:
    """Afterwards the record says what was given at `taken_at` (None: now), why and on whose order.

    What is missing, unknown or not above zero is refused; no dose is judged.
    """
    frozen_now = clock()
    session = record.locked(session)
    given = stripped(asdict(medicine))
    body = {**given, "session": session, "taken_at": taken_at, "replaces": replaces}
    claimed = claim(
        write_key,
        deed=audit.Tag.MEDICATION_RECORD,
        by=by,
        body=body,
        at=frozen_now,
        model=MedicationGiven,
    )
    if claimed.is_repeat:
        return MedicationGiven.objects.get(pk=claimed.row_id)
    _refuse_impossible(given)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    row = MedicationGiven.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        recorded_by=by,
        **stamp.columns(),
        replaces=replaces,
        **given,
    )
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.MEDICATION_RECORD, by=by, at=frozen_now, session=session, row=row)
    return row


def _refuse_impossible(given: dict[str, Any]) -> None:
    needed = [*NEEDED, "other_text"] if given["drug"] == medications.OTHER else NEEDED
    raise_all(
        missing(given, *needed),
        not_a_choice("drug", given["drug"], (*medications.MEDICATIONS, medications.OTHER)),
        not_a_choice("unit", given["unit"], medications.UNITS),
        not_a_choice("route", given["route"], medications.ROUTES),
        _amount_fault(given["amount"]),
        too_long(MedicationGiven, given),
    )


def _amount_fault(amount: Decimal | None) -> list[RuleError]:
    if amount is None or 0 < amount <= medications.LARGEST_AMOUNT:
        return []
    if amount <= 0:
        return [RuleError("amount", "implausible_low", "> 0", amount)]
    return [RuleError("amount", "implausible_high", f"≤ {medications.LARGEST_AMOUNT}", amount)]
