"""The draft of a start: kept as it is typed, and an answer that cannot wait calls at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.receipts import claim
from sessions_app.chairside.start_draft import (
    EARLIER,
    NAMES,
    StartDraft,
    as_text,
    draft_of,
    midnight,
)
from sessions_app.chairside.start_gate import PRESSURES, EarlierPressure
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.models import Alert, Chair, Patient, Staff, StartAnswer, TreatmentSession
from sessions_app.rules.alert_rules import ASKED_BEFORE_DOSE
from sessions_app.rules.limits import refusals

TEXT_AT_MOST = 300  # the column's length; every field of the form is shorter
SUICIDAL = "suicidal_thoughts"


@transaction.atomic
def save_start_draft(
    *,
    by: Staff,
    patient: Patient,
    chair: Chair,
    values: Mapping[str, str],
    measured_again: bool = False,
    earlier_seen: int | None = None,
    write_key: UUID | None = None,
    clock: record.Clock = record.now,
) -> StartDraft:
    """Afterwards the draft has these texts, by the names of start_draft.NAMES; a change is a row.

    With `measured_again` the pressure that stands is kept as an earlier one and asked for anew.
    `earlier_seen` is how many earlier ones the page showed: where another tap, or another tablet,
    put one aside since, nothing changes, and no pressure is put aside twice.
    Yes to thoughts of suicide raises its alert here, whether a session follows or not. Saving the
    same again changes nothing and leaves no line. A repeat of the `write_key` changes nothing
    either: it answers with the draft as it stands now.
    """
    frozen_now = clock()
    # Two tablets fill the same draft: the second waits, and sees what the first one wrote.
    Chair.objects.select_for_update().get(pk=chair.pk)
    body = {
        "patient": patient,
        "chair": chair,
        "values": values,
        "measured_again": measured_again,
    }
    deed = audit.Tag.START_DRAFT
    claimed = claim(write_key, deed=deed, by=by, body=body, at=frozen_now, model=StartAnswer)
    if claimed.is_repeat:
        return draft_of(patient, chair, frozen_now)
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        raise RuleBroken(*(RuleError(name, "unknown_choice", value=name) for name in unknown))
    held = draft_of(patient, chair, frozen_now)
    if measured_again and earlier_seen is not None and len(held.earlier) > earlier_seen:
        return held
    texts = {name: text.strip()[:TEXT_AT_MOST] for name, text in values.items()}
    if measured_again:
        texts |= _put_aside(held, texts, frozen_now)
    changed = {
        name: text
        for name, text in texts.items()
        if text != held.values.get(name, "") or (text and name not in held.values)
    }
    if not changed:
        return held
    StartAnswer.objects.bulk_create(
        StartAnswer(
            clinic_id=chair.clinic_id,
            patient=patient,
            chair=chair,
            name=name,
            text=text,
            saved_by=by,
            saved_at=frozen_now,
        )
        for name, text in changed.items()
    )
    if changed.get(SUICIDAL) == "yes":
        call_prescriber(patient, chair, frozen_now)
    audit.record(deed, by=by, at=frozen_now, patient=patient, row=chair)
    return draft_of(patient, chair, frozen_now)


def _put_aside(held: StartDraft, texts: Mapping[str, str], at: datetime) -> dict[str, str]:
    """The pressure as an earlier one, and the two fields empty again."""
    given = {name: texts.get(name, held.values.get(name, "")) for name in PRESSURES}
    numbers = {name: int(text) if text.isdecimal() else None for name, text in given.items()}
    errors = [RuleError(name, "required") for name, value in numbers.items() if value is None]
    found = [] if errors else refusals(numbers)
    if errors or found:
        raise RuleBroken(*errors, *(RuleError(f.field, f.code, f.limit, f.value) for f in found))
    written = held.since(given)
    taken_at = max((written.get(name, at) for name in PRESSURES), default=at)
    systolic, diastolic = (int(given[name]) for name in PRESSURES)
    earlier = EarlierPressure(taken_at, systolic, diastolic)
    number = len(held.earlier) + 1
    return {**dict.fromkeys(PRESSURES, ""), f"{EARLIER}{number}": as_text(earlier)}


def call_prescriber(
    patient: Patient, chair: Chair, at: datetime, session: TreatmentSession | None = None
) -> Alert | None:
    """Afterwards an alert of today says that the patient has thoughts of suicide; one is enough."""
    today = Alert.objects.open().filter(patient=patient, code=ASKED_BEFORE_DOSE)
    if today.filter(raised_at__gte=midnight(at, chair.clinic.time_zone)).exists():
        return None
    return raise_alert(
        clinic_id=chair.clinic_id,
        patient_id=patient.pk,
        session=session,
        level="high",
        code=ASKED_BEFORE_DOSE,
        at=at,
    )
