"""What the safety page is asked for. The address of the page is the analysis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from sessions_app.models import TreatmentSession


@dataclass(frozen=True)
class SafetyFilter:
    """Which sessions are looked at. Blank means all; the days are clinic days of the dose."""

    date_from: date | None = None
    date_to: date | None = None
    indication: str = ""
    drug: str = ""
    route: str = ""

    def values(self) -> dict[str, str]:
        """The filter as the form names it, blanks left out."""
        values = {
            "from": "" if self.date_from is None else self.date_from.isoformat(),
            "to": "" if self.date_to is None else self.date_to.isoformat(),
            "indication": self.indication,
            "drug": self.drug,
            "route": self.route,
        }
        return {name: value for name, value in values.items() if value}

    def query(self) -> str:
        """The query string that asks for the same analysis again."""
        return urlencode(self.values())

    def of(self, sessions: QuerySet[TreatmentSession], zone: str) -> QuerySet[TreatmentSession]:
        """The sessions that it chooses; one without a dose has the day on which it was opened."""
        found = sessions.annotate(begun_at=Coalesce(F("dose_started_at"), F("opened_at")))
        if self.date_from is not None:
            found = found.filter(begun_at__gte=_midnight(self.date_from, zone))
        if self.date_to is not None:
            found = found.filter(begun_at__lt=_midnight(self.date_to + timedelta(days=1), zone))
        if self.indication:
            found = found.filter(course__indication=self.indication)
        if self.drug:
            found = found.filter(drug=self.drug)
        if self.route:
            found = found.filter(route=self.route)
        return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
