"""What a patient is asked on arrival, before the dose: the check-in of the slot "pre"."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import details, record
from sessions_app.actions.receipts import claim
from sessions_app.errors import refuse
from sessions_app.models import CheckInRequest, InstrumentScore, Patient, Staff, TreatmentCourse
from sessions_app.rules.check_in_windows import PRE_WINDOW, QUESTIONNAIRES, pre_dose_instruments


@transaction.atomic
def ask_on_arrival(
    *, by: Staff, patient: Patient, write_key: UUID | None, clock: record.Clock = record.now
) -> CheckInRequest:
    """Afterwards one check-in is open in which the patient says how they are before the dose.

    A check-in that is open and not answered is that one, with what it lacks added; any other that
    is open ends now, so that never two are. The new one closes at the dose, or after 12 hours.
    The long questionnaires are left out while the last ones are younger than their recall period.
    Refused without a course that goes on.
    """
    frozen_now = clock()
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_ARRIVAL,
        by=by,
        body={"patient": patient},
        at=frozen_now,
        model=CheckInRequest,
    )
    begun = CheckInRequest.objects.filter(
        patient=patient, cancelled_at=None, opens_at__lte=frozen_now
    ).order_by("opens_at")
    if claimed.is_repeat:
        return begun.filter(pk=claimed.row_id).first() or begun.latest("opens_at")
    course = TreatmentCourse.objects.filter(patient=patient, ended_on=None).first()
    if course is None:
        raise refuse("course", "required")
    codes = pre_dose_instruments(course.indication, _since_questionnaires(patient, frozen_now))
    is_open = begun.filter(closes_at__gt=frozen_now)
    asked = is_open.filter(check_in=None).last()
    for other in is_open.exclude(pk=asked.pk) if asked else is_open:
        details.save(other, {"closes_at": frozen_now}, by=by, at=frozen_now)
    if asked is None:
        asked = CheckInRequest(
            id=claimed.row_id,
            clinic_id=patient.clinic_id,
            patient=patient,
            slot=PRE_WINDOW.slot,
            due_at=frozen_now,
            opens_at=frozen_now,
            closes_at=frozen_now - PRE_WINDOW.opens,
        )
    lacking = [code for code in codes if code not in asked.instruments]
    asked.instruments = [*asked.instruments, *lacking]
    details.save(asked, {}, by=by, at=frozen_now)
    audit.record(audit.Tag.CHECK_IN_ARRIVAL, by=by, at=frozen_now, patient=patient, row=asked)
    return asked


def _since_questionnaires(patient: Patient, at: datetime) -> timedelta | None:
    """How long ago the patient last answered all of them; None: never."""
    last = []
    for code in QUESTIONNAIRES:
        scores = InstrumentScore.objects.standing().filter(patient=patient, instrument=code)
        last.append(scores.order_by("-taken_at").first())
    return max((at - one.taken_at if one else timedelta.max for one in last), default=None)
