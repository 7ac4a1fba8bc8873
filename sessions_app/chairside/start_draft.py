"""The draft of a start: what was typed for one patient at one chair today, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sessions_app.chairside.start_gate import PRESSURES, PROVEN, EarlierPressure
from sessions_app.clock import local
from sessions_app.models import Chair, Patient, StartAnswer, TreatmentSession
from sessions_app.rules.protocols import START_CHECKS

SIGNS = (*PRESSURES, "heart_rate", "spo2", "respiratory_rate", "moaas")
ASKED = tuple(check.code for check in START_CHECKS if check.code not in PROVEN)
OVERRULED = tuple(check.code for check in START_CHECKS if check.overridable)
# A PIN and a password are never kept in a draft.
NAMES = (
    *ASKED,
    *SIGNS,
    "prescription",
    "weight_kg",
    "weight_confirmed",
    "second_person",
    "prescriber",
    *(f"override_reason_{code}" for code in OVERRULED),
    *(f"override_by_{code}" for code in OVERRULED),
)
EARLIER = "earlier_"  # and a number: "146/92 2026-11-20T10:22:00+00:00", from the server itself


@dataclass(frozen=True)
class StartDraft:
    """`values`: name → text as it stands; `written_at`: since when it stands so."""

    values: Mapping[str, str] = field(default_factory=dict)
    written_at: Mapping[str, datetime] = field(default_factory=dict)
    earlier: tuple[EarlierPressure, ...] = ()
    saved_at: datetime | None = None

    def since(self, given: Mapping[str, str]) -> dict[str, datetime]:
        """When each of the given texts was first written down; what differs is left out."""
        return {
            name: self.written_at[name]
            for name, text in given.items()
            if text and self.values.get(name) == text
        }


def draft_of(patient: Patient, chair: Chair, at: datetime) -> StartDraft:
    """The draft as it stands. It ends when a session of the patient opens, or with the day: what
    was asked yesterday is not asked today.
    """
    rows = StartAnswer.objects.filter(patient=patient, chair=chair)
    rows = rows.filter(saved_at__gte=midnight(at, chair.clinic.time_zone))
    opened = TreatmentSession.objects.filter(patient=patient, origin="live")
    last = opened.order_by("-opened_at").values_list("opened_at", flat=True).first()
    if last is not None:
        rows = rows.filter(saved_at__gt=last)
    return _folded(rows.order_by("saved_at", "id"))


def midnight(at: datetime, zone: str) -> datetime:
    """When the clinic's day of `at` began."""
    return local(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _folded(rows: Iterable[StartAnswer]) -> StartDraft:
    values: dict[str, str] = {}
    written_at: dict[str, datetime] = {}
    saved_at = None
    for row in rows:
        values[row.name], written_at[row.name], saved_at = row.text, row.saved_at, row.saved_at
    earlier = sorted(
        (_pressure(text) for name, text in values.items() if name.startswith(EARLIER)),
        key=lambda pressure: pressure.taken_at,
    )
    return StartDraft(values, written_at, tuple(earlier), saved_at)


def _pressure(text: str) -> EarlierPressure:
    pair, at = text.split()
    systolic, diastolic = pair.split("/")
    return EarlierPressure(datetime.fromisoformat(at), int(systolic), int(diastolic))


def as_text(pressure: EarlierPressure) -> str:
    """The pressure as the draft keeps it."""
    return f"{pressure.systolic}/{pressure.diastolic} {pressure.taken_at.isoformat()}"
