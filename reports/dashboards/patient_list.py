"""The list of patients: where each one stands, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from reports.frames import NOT_A_TREATMENT
from sessions_app.models import Alert, Appointment, Patient, Staff, TreatmentSession
from sessions_app.permissions import visible_to


@dataclass(frozen=True)
class PatientLine:
    """One patient: the running session, the last dose, the next appointment, open alerts."""

    patient: Patient
    running: TreatmentSession | None
    last_dose_at: datetime | None
    sessions: int
    next_at: datetime | None
    open_alerts: int
    has_high: bool


def search(user: Staff, words: str) -> Sequence[Patient]:
    """The clinic's patients whose name or number holds every word."""
    found = visible_to(user, Patient)
    for word in words.split():
        found = found.filter(
            Q(given_name__icontains=word)
            | Q(family_name__icontains=word)
            | Q(number__icontains=word)
        )
    return found  # type: ignore[return-value]


def patient_lines(user: Staff, patients: Sequence[Patient]) -> list[PatientLine]:
    """Four queries for one page of patients."""
    ids = [patient.pk for patient in patients]
    own = TreatmentSession.objects.filter(patient__in=ids)
    no_treatment = Q(sign_offs__end__in=NOT_A_TREATMENT, sign_offs__void__isnull=True)
    dosed = own.filter(dose_started_at__isnull=False).exclude(no_treatment).order_by()
    doses: dict[object, Any] = {
        row["patient"]: row
        for row in dosed.values("patient").annotate(last=Max("dose_started_at"), n=Count("pk"))
    }
    running = {session.patient_id: session for session in own.open().select_related("chair")}
    coming = Appointment.objects.filter(
        patient__in=ids, cancelled_at=None, starts_at__gte=timezone.now()
    ).order_by()
    following = dict(coming.values_list("patient").annotate(Min("starts_at")))
    levels: dict[object, list[str]] = {}
    alerts = visible_to(user, Alert).filter(patient__in=ids)
    for patient_id, level in alerts.open().values_list("patient_id", "level"):  # type: ignore[attr-defined]
        levels.setdefault(patient_id, []).append(level)
    return [
        PatientLine(
            patient=patient,
            running=running.get(patient.pk),
            last_dose_at=doses.get(patient.pk, {}).get("last"),
            sessions=doses.get(patient.pk, {}).get("n", 0),
            next_at=following.get(patient.pk),
            open_alerts=len(levels.get(patient.pk, ())),
            has_high="high" in levels.get(patient.pk, ()),
        )
        for patient in patients
    ]
