"""Analyses too large to compute while somebody waits: computed ahead, kept with their date.

`manage.py refresh_episodes` keeps the whole analysis of the pages' first filters. A page shows it
for as long as it is of this day; computed anew, it still takes the intervals by resampling from
what is kept, and says when these were computed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.utils import timezone

from reports.dashboards.filters import OutcomeFilter
from reports.models import DerivedIntervals
from sessions_app.models import Clinic

# The few replicates of a page, on some thousand sessions, take seconds.
MOST_SESSIONS = 5_000
# A night's run and the two hours by which the next may be late.
MOST_AGE = timedelta(hours=26)
NAMES = frozenset({"interval_by_patient", "bars", "median_by_patient"})
TREND_NAMES = frozenset({"lower", "upper"})
TRENDS = ("by_session", "by_quarter")
Place = list[str | int]


def mark(clinic: Clinic, chosen: OutcomeFilter) -> str:
    """Another one as soon as the software, a definition, the minimum or the time zone changes."""
    made_by = (
        settings.VERSION,
        settings.MINIMUM_PATIENTS_DRAWN,
        clinic.time_zone,
        "" if chosen.own is None else chosen.own.version,
        sorted(chosen.rule().parameters().items()),
    )
    return sha256(repr(made_by).encode()).hexdigest()[:16]


def keep(clinic: Clinic, chosen: OutcomeFilter, at: datetime, analysis: dict[str, Any]) -> None:
    """Writes down an analysis of the record as it stood at `at`, with all replicates.

    `analysis`, in the types that JSON has, holds `numbers` among others.
    """
    DerivedIntervals.objects.update_or_create(
        clinic=clinic,
        query=chosen.analysis().query(),
        defaults={"rule": mark(clinic, chosen), "computed_at": at, "values": analysis},
    )


def kept(clinic: Clinic, chosen: OutcomeFilter) -> DerivedIntervals | None:
    """What is kept of the analysis, of any age."""
    return DerivedIntervals.objects.filter(
        clinic=clinic, query=chosen.analysis().query(), rule=mark(clinic, chosen)
    ).first()


def kept_today(clinic: Clinic, chosen: OutcomeFilter) -> DerivedIntervals | None:
    """What is kept of the analysis, unless it is too old to be shown."""
    found = kept(clinic, chosen)
    is_old = found is not None and timezone.now() - found.computed_at > MOST_AGE
    return None if is_old else found


def put_intervals(clinic: Clinic, chosen: OutcomeFilter, numbers: dict[str, Any]) -> None:
    """Puts the kept intervals in their places, with how often they drew patients, and
    `intervals_as_of`: when, or None for none.
    """
    found = kept(clinic, chosen)
    numbers["replicates"] = 0 if found is None else found.values["numbers"]["replicates"]
    numbers["intervals_as_of"] = None if found is None else found.computed_at.isoformat()
    for place, value in [] if found is None else intervals_in(found.values["numbers"]):
        *way, last = place
        block: Any = numbers
        for step in way:
            block = block[step] if _has(block, step) else {"suppressed": True}
        if isinstance(block, dict) and not block.get("suppressed"):
            block[last] = value


def intervals_in(numbers: dict[str, Any]) -> list[tuple[Place, Any]]:
    """Every interval by resampling, with its place in the numbers."""
    found: list[tuple[Place, Any]] = []
    for name, block in numbers.items():
        if isinstance(block, (dict, list)):
            _collect(block, [name], NAMES | (TREND_NAMES if name in TRENDS else set()), found)
    return found


def _collect(
    value: Any, place: Place, names: frozenset[str], found: list[tuple[Place, Any]]
) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if key in names:
            found.append(([*place, key], inner))
        elif isinstance(inner, (dict, list)) and key != "seen_by_7_days" and not _is_plain(inner):
            _collect(inner, [*place, key], names, found)


def _is_plain(value: Any) -> bool:
    """A list of numbers, of which a curve has many."""
    return isinstance(value, list) and not (value and isinstance(value[0], dict))


def _has(block: Any, step: str | int) -> bool:
    if isinstance(block, dict):
        return step in block
    return isinstance(block, list) and isinstance(step, int) and step < len(block)
