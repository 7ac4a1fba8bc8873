"""When a patient is asked: the check-ins of each dose, planned and re-planned."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.models import CheckInLink, CheckInRequest, Patient, Staff, TreatmentSession
from sessions_app.protocol_of import protocol_of
from sessions_app.rules.check_in_windows import PRE_WINDOW, Window

PLANNED_FIELDS = ["due_at", "opens_at", "closes_at", "cancelled_at", "session"]


@transaction.atomic
def plan_check_ins(
    *, session: TreatmentSession, by: Staff | None, clock: record.Clock = record.now
) -> list[CheckInRequest]:
    """Afterwards the patient is asked at every window of this dose, and nothing twice.

    No two windows of a patient are open at once: what is due after a later dose is not asked for,
    and what is due before it closes with it. Requests that nobody answered and that a dose
    overtakes are cancelled. Called again it adds nothing; when the start of the dose was corrected,
    it moves what is not answered yet, also of the dose before, and cancels what belongs to no dose
    after all. Returns what is asked for, by time.
    """
    frozen_now = clock()
    Patient.objects.select_for_update().get(pk=session.patient_id)
    new, changed = _planned(session, frozen_now)
    before = _dose_before(session)
    if before is not None:
        changed += _planned(before, frozen_now)[1]
    if session.dose_started_at is not None:
        for request in _overtaken(session, before):
            changed += _cancelled(request, frozen_now)
        changed += _asked_on_arrival(session, session.dose_started_at)
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


def _planned(
    session: TreatmentSession, at: datetime
) -> tuple[list[CheckInRequest], list[CheckInRequest]]:
    """What the session's dose still lacks, and what it asks for otherwise than its dose and the
    next one say, both as they should be.
    """
    t0 = session.dose_started_at
    until = _next_dose(session, t0) if t0 else None
    asked = session.check_in_requests.select_related("check_in")
    known = {request.slot: request for request in asked}
    new: list[CheckInRequest] = []
    changed: list[CheckInRequest] = []
    for window in protocol_of(session).windows_for(session.course.indication):
        request = known.get(window.slot)
        if t0 is None or (until is not None and t0 + window.due >= until):
            changed += _cancelled(request, at)
        elif request is None:
            new.append(_placed(_request(session, window), window, t0, until))
        elif not _is_answered(request):
            changed += _moved(request, window, t0, until)
        if request is not None and _is_answered(request):
            # Answered at its own time; until its window closes an answer may be changed.
            changed += _moved(request, window, request.due_at - window.due, until)
    return new, changed


def _next_dose(session: TreatmentSession, t0: datetime) -> datetime | None:
    later = _other_doses(session).filter(dose_started_at__gt=t0)
    return later.order_by("dose_started_at").values_list("dose_started_at", flat=True).first()


def _dose_before(session: TreatmentSession) -> TreatmentSession | None:
    """The dose whose check-ins this one ends; of a session without a dose, the patient's last."""
    doses = _other_doses(session).order_by("dose_started_at", "id")
    if session.dose_started_at is not None:
        doses = doses.filter(dose_started_at__lt=session.dose_started_at)
    return doses.last()


def _other_doses(session: TreatmentSession) -> QuerySet[TreatmentSession]:
    theirs = TreatmentSession.objects.really_theirs().filter(
        patient_id=session.patient_id, dose_started_at__isnull=False
    )
    return theirs.exclude(pk=session.pk)


def _overtaken(
    session: TreatmentSession, before: TreatmentSession | None
) -> QuerySet[CheckInRequest]:
    """What doses before the last one still ask for."""
    earlier = CheckInRequest.objects.filter(
        patient_id=session.patient_id,
        session__dose_started_at__lt=session.dose_started_at,
        due_at__gte=session.dose_started_at,
    )
    done = [session.pk] if before is None else [session.pk, before.pk]
    return earlier.exclude(session__in=done).select_related("check_in")


def _asked_on_arrival(session: TreatmentSession, t0: datetime) -> list[CheckInRequest]:
    """What was asked before this dose belongs to it, and closes with it."""
    rows = CheckInRequest.objects.filter(
        patient_id=session.patient_id,
        session=None,
        slot=PRE_WINDOW.slot,
        cancelled_at=None,
        opens_at__lt=t0,
        closes_at__gt=t0,
    )
    found = list(rows)
    for request in found:
        request.session, request.closes_at = session, t0
    return found


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


def _moved(
    request: CheckInRequest, window: Window, t0: datetime, until: datetime | None
) -> list[CheckInRequest]:
    """The request, placed where it belongs; nothing when it stands there."""
    before = [getattr(request, name) for name in PLANNED_FIELDS]
    _placed(request, window, t0, until)
    return [] if before == [getattr(request, name) for name in PLANNED_FIELDS] else [request]


def _placed(
    request: CheckInRequest, window: Window, t0: datetime, until: datetime | None
) -> CheckInRequest:
    """Open as the window says after `t0`, but not past the next dose, `until`."""
    request.due_at = t0 + window.due
    request.opens_at = t0 + window.opens
    request.closes_at = t0 + window.closes
    if until is not None and request.opens_at < until:
        request.closes_at = min(request.closes_at, until)
    request.cancelled_at = None
    return request
