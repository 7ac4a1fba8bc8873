"""Intervals by resampling patients for analyses too large to resample while somebody waits.

`manage.py refresh_episodes` computes them ahead for the pages' first filters; a page puts them
beside its own numbers and says when they were computed. A large analysis that nobody computed
ahead has none, and says so.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from reports.dashboards.filters import OutcomeFilter
from reports.derived import fingerprint
from reports.models import DerivedIntervals

# 200 replicates of some thousand sessions take seconds.
MOST_SESSIONS = 5_000
NAMES = frozenset({"interval_by_patient", "bars", "median_by_patient"})
TREND_NAMES = frozenset({"lower", "upper"})
TRENDS = ("by_session", "by_quarter")
Place = list[str | int]


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


def keep_intervals(clinic_id: UUID, chosen: OutcomeFilter, numbers: dict[str, Any]) -> None:
    """Writes down the intervals of an analysis that was computed with all replicates."""
    DerivedIntervals.objects.update_or_create(
        clinic_id=clinic_id,
        query=chosen.query(),
        defaults={
            "rule": fingerprint(chosen.rule()),
            "computed_at": timezone.now(),
            "values": intervals_in(numbers),
        },
    )


def put_intervals(clinic_id: UUID, chosen: OutcomeFilter, numbers: dict[str, Any]) -> None:
    """Puts the kept intervals in their places, and `intervals_as_of`: when, or None for none."""
    kept = DerivedIntervals.objects.filter(
        clinic_id=clinic_id, query=chosen.query(), rule=fingerprint(chosen.rule())
    ).first()
    numbers["intervals_as_of"] = None if kept is None else kept.computed_at.isoformat()
    for place, value in [] if kept is None else kept.values:
        *way, last = place
        block: Any = numbers
        for step in way:
            block = block[step] if _has(block, step) else {"suppressed": True}
        if isinstance(block, dict) and not block.get("suppressed"):
            block[last] = value


def _has(block: Any, step: str | int) -> bool:
    if isinstance(block, dict):
        return step in block
    return isinstance(block, list) and isinstance(step, int) and step < len(block)
