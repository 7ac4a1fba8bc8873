"""Every entry of a session in one list, for the table and for paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.clock import elapsed_min
from sessions_app.models import SideEffectChange, TreatmentSession

PEOPLE = ("recorded_by", "strike__struck_by")


@dataclass(frozen=True)
class EntryRow:
    """One entry of any kind, for the table and for paper."""

    entry: Any
    what: str
    minute: float | None
    strike: Any
    is_replacement: bool
    is_entered_late: bool


def entry_rows(session: TreatmentSession) -> list[EntryRow]:
    """Every entry of the session by the time it was taken, struck ones too."""
    changes = SideEffectChange.objects.filter(effect__session=session)
    found: list[tuple[str, Any]] = [
        *((_("Reading"), row) for row in session.readings.select_related(*PEOPLE)),
        *((_("Dose"), row) for row in session.dose_events.select_related(*PEOPLE)),
        *((_("Side effect"), row) for row in session.effects.select_related(*PEOPLE)),
        *((_("Side effect"), row) for row in changes.select_related("effect", *PEOPLE)),
        *((_("Side effect"), row) for row in session.none_observed.select_related(*PEOPLE)),
        *((_("Medicine"), row) for row in session.medications.select_related(*PEOPLE)),
        *((_("Rating"), row) for row in session.ratings.select_related(*PEOPLE)),
    ]
    t0 = session.dose_started_at
    rows = [
        EntryRow(
            entry,
            what,
            None if t0 is None else elapsed_min(t0, entry.taken_at),
            getattr(entry, "strike", None),
            getattr(entry, "replaces_id", None) is not None,
            entry.is_entered_late and not session.is_imported,
        )
        for what, entry in found
    ]
    return sorted(rows, key=lambda row: (row.entry.taken_at, row.entry.pk))
