"""When a patient is asked: the check-ins of each dose, planned and re-planned."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from sessions_app import audit, protocols
from sessions_app.actions import record
from sessions_app.models import CheckInLink, CheckInRequest, Patient, Staff, TreatmentSession


@transaction.atomic
def plan_check_ins(
    *, session: TreatmentSession, by: Staff | None, clock: record.Clock = record.now
) -> list[CheckInRequest]:
    """Afterwards the patient is asked at every window of this dose, and nothing twice.

    Requests of earlier doses that nobody answered and that open after this dose are cancelled;
    windows of this dose that open after a later one are not asked for. Called again it adds
    nothing; when the start of the dose was corrected, it moves what is not answered yet, and
    cancels it when there was no dose after all. Returns what is asked for, by time.
    """
    frozen_now = clock()
    Patient.objects.select_for_update().get(pk=session.patient_id)
    t0 = session.dose_started_at
    until = _next_dose(session, t0) if t0 else None
    planned = {request.slot: request for request in session.check_in_requests.all()}
    changed = 0
    for window in protocols.windows_for(session.course.indication):
        request = planned.get(window.slot)
        if t0 is None or (until is not None and t0 + window.opens >= until):
            changed += _cancel(request, frozen_now)
        else:
            changed += _place(request, session, window, t0)
    if t0 is not None:
        changed += sum(_cancel(request, frozen_now) for request in _overtaken(session, t0))
    if changed:
        audit.record(audit.Tag.CHECK_IN_PLAN, by=by, at=frozen_now, session=session, row=session)
    return list(session.check_in_requests.filter(cancelled_at=None).order_by("due_at"))


def _next_dose(session: TreatmentSession, t0: datetime) -> datetime | None:
    later = TreatmentSession.objects.filter(
        patient_id=session.patient_id, dose_started_at__gt=t0
    ).exclude(pk=session.pk)
    return later.order_by("dose_started_at").values_list("dose_started_at", flat=True).first()


def _overtaken(session: TreatmentSession, t0: datetime) -> QuerySet[CheckInRequest]:
    return CheckInRequest.objects.filter(
        patient_id=session.patient_id,
        session__dose_started_at__lt=t0,
        opens_at__gte=t0,
    ).exclude(session=session)


def _cancel(request: CheckInRequest | None, at: datetime) -> int:
    """1 when the request was cancelled now; one that was answered stays as it is."""
    if request is None or request.cancelled_at is not None or hasattr(request, "check_in"):
        return 0
    request.cancelled_at = at
    request.save()
    return 1


def _place(
    request: CheckInRequest | None,
    session: TreatmentSession,
    window: protocols.Window,
    t0: datetime,
) -> int:
    """1 when the request was made, moved or asked for again, else 0."""
    if request is None:
        request = CheckInRequest(
            clinic_id=session.clinic_id,
            patient_id=session.patient_id,
            session=session,
            slot=window.slot,
            instruments=list(window.instruments),
        )
    elif hasattr(request, "check_in") or (
        request.due_at == t0 + window.due and request.cancelled_at is None
    ):
        return 0
    request.due_at, request.opens_at, request.closes_at = (
        t0 + window.due,
        t0 + window.opens,
        t0 + window.closes,
    )
    request.cancelled_at = None
    request.save()
    CheckInLink.objects.filter(request=request, revoked_at=None).update(
        expires_at=request.closes_at
    )
    return 1
