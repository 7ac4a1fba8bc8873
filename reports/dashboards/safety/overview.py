"""Safety of a clinic's sessions: one object for the page, the JSON and the CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.utils import timezone

from reports.dashboards.safety.filter import SafetyFilter
from sessions_app.models import Alert, AlertEvent, Clinic, RecordVersion, Staff, TreatmentSession
from sessions_app.permissions import visible_to
from sessions_app.roles import Deed

if TYPE_CHECKING:
    from reports.dashboards.safety.record import Record

# A reading can become due without any change of a record.
KEPT_SECONDS = 900


@dataclass(frozen=True)
class Safety:
    """One analysis. `numbers` is `numbers_of`, times in float hours.

    `left_out`: sessions that are no treatment, by reason; empty when the whole selection is below
    `minimum` patients, like the numbers. `drugs_by_route`: what was given by each route.
    """

    filter: SafetyFilter
    numbers: dict[str, Any]
    left_out: dict[str, int]
    drugs_by_route: dict[str, list[str]]
    minimum: int
    data_as_of: datetime
    fingerprint: str

    @property
    def is_shown(self) -> bool:
        """Whether there are enough patients to show anything."""
        return not self.numbers["suppressed"]

    def as_json(self) -> dict[str, Any]:
        """The whole object in the types that JSON has."""
        return {
            "filter": self.filter.values(),
            "data_as_of": self.data_as_of.isoformat(),
            "minimum_patients": self.minimum,
            "definitions": definitions(),
            **self.numbers,
            "left_out": self.left_out,
        }


def definitions() -> dict[str, Any]:
    """The limits that the numbers were made with, by the names that the files use."""
    from reports.dashboards.safety import alerts, pressure
    from sessions_app.chairside.session_state import READING_GRACE_MIN

    return {
        "interval": "95 % Wilson",
        "severe_systolic_mmhg": pressure.SEVERE_SYSTOLIC,
        "severe_diastolic_mmhg": pressure.SEVERE_DIASTOLIC,
        "reading_on_time_within_min": READING_GRACE_MIN,
        "least_share_measured_in_mean_curve": pressure.LEAST_MEASURED,
        "alert_target_min": round(alerts.TARGET_H * 60),
    }


def safety(user: Staff, chosen: SafetyFilter) -> Safety:
    """The analysis of the person's own clinic. Repeated looks at unchanged data compute nothing."""
    clinic = user.clinic
    allowed = visible_to(user, TreatmentSession, Deed.SEE_SAFETY)
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    words = f"{clinic.pk}|{chosen.query()}|{_versions(clinic)}|{minimum}"
    key = f"safety-{sha256(words.encode()).hexdigest()}"
    found: Safety | None = cache.get(key)
    if found is None:
        found = compute(allowed, clinic, chosen, key)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _versions(clinic: Clinic) -> str:
    """Another text as soon as a record, an alert or what was done about one has changed."""
    records = RecordVersion.objects.filter(patient__clinic=clinic).aggregate(sum=Sum("version"))
    newest = [
        model.objects.filter(clinic=clinic).order_by("-pk").values_list("pk", flat=True).first()
        for model in (Alert, AlertEvent)
    ]
    return f"{records['sum'] or 0}|{newest[0]}|{newest[1]}"


def compute(
    allowed: QuerySet[TreatmentSession], clinic: Clinic, chosen: SafetyFilter, fingerprint: str
) -> Safety:
    """The analysis from the rows, a fixed number of queries whatever their number."""
    from reports.dashboards.safety.record import record_of

    now = timezone.now()
    record = record_of(clinic.pk, allowed, chosen, clinic.time_zone)
    minimum = settings.MINIMUM_PATIENTS_DRAWN
    numbers = numbers_of(record, clinic, now, minimum)
    shown = not numbers["suppressed"]
    drugs = record.sessions.groupby("route")["drug"].agg(lambda drug: sorted(set(drug)))
    return Safety(
        filter=chosen,
        numbers=numbers,
        left_out=record.left_out if shown else {},
        drugs_by_route={str(route): list(names) for route, names in drugs.items()} if shown else {},
        minimum=minimum,
        data_as_of=now,
        fingerprint=fingerprint,
    )


def numbers_of(record: Record, clinic: Clinic, now: datetime, minimum: int) -> dict[str, Any]:
    """Every number of the page; below `minimum` patients only that it is suppressed."""
    from reports.dashboards.safety import given, watch
    from reports.dashboards.safety.alerts import alerts_of
    from reports.dashboards.safety.effects import effects_of
    from reports.dashboards.safety.pressure import pressure_of
    from reports.dashboards.safety.rates import below_minimum
    from reports.dashboards.safety.record import US_PER_HOUR

    sessions = record.sessions
    patients = int(sessions["patient"].nunique())
    if patients < minimum:
        return below_minimum()
    age_h = (now.timestamp() * 1e6 - sessions["start"].to_numpy()) / US_PER_HOUR
    return {
        "suppressed": False,
        "patients": patients,
        "sessions": len(sessions),
        "effects": effects_of(record, minimum),
        "pressure": pressure_of(record, minimum),
        "readings": watch.readings_on_time(record, age_h, minimum),
        "going_home": watch.going_home(record, minimum),
        "ends": watch.ends_of(record),
        "alerts": alerts_of(clinic.pk, record, now, minimum),
        "given": given.given(record, minimum),
    }
