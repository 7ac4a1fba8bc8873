"""When a patient is asked: the check-ins of each dose, planned and re-planned."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.check_in_windows import Window
from sessions_app.models import CheckInLink, CheckInRequest, Patient, Staff, TreatmentSession
from sessions_app.protocol_of import protocol_of

PLANNED_FIELDS = ["due_at", "opens_at", "closes_at", "cancelled_at"]


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
    asked = session.check_in_requests.select_related("check_in")
    planned = {request.slot: request for request in asked}
    new, changed = [], []
    for window in protocol_of(session).windows_for(session.course.indication):
        request = planned.get(window.slot)
        if t0 is None or (until is not None and t0 + window.opens >= until):
            changed += _cancelled(request, frozen_now)
        elif request is None:
            new.append(_placed(_request(session, window), window, t0))
        elif not _stays(request, window, t0):
            changed.append(_placed(request, window, t0))
    if t0 is not None:
        for request in _overtaken(session, t0):
            changed += _cancelled(request, frozen_now)
    if new or changed:
        bulk_create_with_history(new, CheckInRequest, default_date=frozen_now)
        bulk_update_with_history(changed, CheckInRequest, PLANNED_FIELDS, default_date=frozen_now)
        links = CheckInLink.objects.filter(request__in=changed, revoked_at=None)
        for link in links.select_related("request"):
            link.expires_at = link.request.closes_at
            link.save(update_fields=["expires_at"])
        audit.record(audit.Tag.CHECK_IN_PLAN, by=by, at=frozen_now, session=session, row=session)
    return list(session.check_in_requests.filter(cancelled_at=None).order_by("due_at"))


def cancel_check_ins(*, session: TreatmentSession, at: datetime) -> None:
    """Afterwards nobody is asked about this session: it was recorded on the wrong patient."""
    for request in session.check_in_requests.all():
        for cancelled in _cancelled(request, at):
            cancelled.save(update_fields=["cancelled_at"])


def _next_dose(session: TreatmentSession, t0: datetime) -> datetime | None:
    later = (
        TreatmentSession.objects.really_theirs()
        .filter(patient_id=session.patient_id, dose_started_at__gt=t0)
        .exclude(pk=session.pk)
    )
    return later.order_by("dose_started_at").values_list("dose_started_at", flat=True).first()


def _overtaken(session: TreatmentSession, t0: datetime) -> QuerySet[CheckInRequest]:
    return (
        CheckInRequest.objects.filter(
            patient_id=session.patient_id,
            session__dose_started_at__lt=t0,
            opens_at__gte=t0,
        )
        .exclude(session=session)
        .select_related("check_in")
    )


def _request(session: TreatmentSession, window: Window) -> CheckInRequest:
    return CheckInRequest(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session=session,
        slot=window.slot,
        instruments=list(window.instruments),
    )


def _is_answered(request: CheckInRequest) -> bool:
    return hasattr(request, "check_in")


def _cancelled(request: CheckInRequest | None, at: datetime) -> list[CheckInRequest]:
    """The request, cancelled now; nothing when it was answered or cancelled before."""
    if request is None or request.cancelled_at is not None or _is_answered(request):
        return []
    request.cancelled_at = at
    return [request]


def _stays(request: CheckInRequest, window: Window, t0: datetime) -> bool:
    """Whether an earlier plan holds: it was answered, or it is asked at the right time."""
    is_right = request.due_at == t0 + window.due and request.cancelled_at is None
    return _is_answered(request) or is_right


def _placed(request: CheckInRequest, window: Window, t0: datetime) -> CheckInRequest:
    request.due_at = t0 + window.due
    request.opens_at = t0 + window.opens
    request.closes_at = t0 + window.closes
    request.cancelled_at = None
    return request
