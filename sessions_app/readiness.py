"""What a clinic still lacks before it can treat, and what has been left lying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sessions_app.help_lines import URGENT_KINDS
from sessions_app.models import Alert, Chair, Clinic, HelpLine, Patient, Staff, TreatmentSession
from sessions_app.roles import Role

LEFT_UNSIGNED = timedelta(days=1)
LEFT_OPEN = timedelta(days=1)


def missing(clinic: Clinic) -> list[str]:
    """Codes of what is missing, in the order to do it; empty when the clinic is ready."""
    active = Staff.objects.filter(clinic=clinic, is_active=True)
    roles = set(active.values_list("role", flat=True))
    lines = HelpLine.objects.filter(clinic=clinic, retired_at=None)
    tested = set(lines.exclude(tested_at=None).values_list("language", "kind"))
    languages = {clinic.language, *_spoken(clinic)}
    facts = {
        "chairs": Chair.objects.filter(clinic=clinic, is_active=True).exists(),
        "physician": Role.PHYSICIAN in roles,
        "nurse": Role.NURSE in roles,
        "pins": not active.filter(pin="", role__in=[Role.NURSE, Role.PHYSICIAN]).exists(),
        "urgent_line": all(
            any((language, kind) in tested for kind in URGENT_KINDS) for language in languages
        ),
        "clinic_line": all((language, "clinic") in tested for language in languages),
        "untested_lines": not lines.filter(tested_at=None).exists(),
        "patients": Patient.objects.filter(clinic=clinic).exists(),
    }
    return [code for code, is_there in facts.items() if not is_there]


def _spoken(clinic: Clinic) -> set[str]:
    """The languages in which the clinic's patients are asked."""
    patients = Patient.objects.filter(clinic=clinic).order_by()
    return set(patients.values_list("language", flat=True).distinct())


def unsigned_sessions(clinic: Clinic, now: datetime) -> Sequence[TreatmentSession]:
    """Sessions opened more than a day ago that nobody signed, oldest first."""
    waiting = TreatmentSession.objects.open().filter(
        clinic=clinic, opened_at__lt=now - LEFT_UNSIGNED
    )
    return list(waiting.select_related("patient", "opened_by").order_by("opened_at"))


def old_alerts(clinic: Clinic, now: datetime) -> int:
    """How many alerts are open for more than a day."""
    return Alert.objects.open().filter(clinic=clinic, raised_at__lt=now - LEFT_OPEN).count()
