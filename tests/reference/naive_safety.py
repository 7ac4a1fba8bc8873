"""What the safety overview counts, read from the rows one by one: the second, naive version.

Only how a row is read is shared with the program: what stands, and when an effect was resolved.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from math import sqrt
from typing import Any

from sessions_app.chairside.dose_given import standing_events
from sessions_app.chairside.session_state import (
    standing_changes,
    standing_effects,
    standing_readings,
    standing_sign_off,
    with_record,
    with_signature,
)
from sessions_app.clock import elapsed_min
from sessions_app.models import Clinic, TreatmentSession

Sessions = list[TreatmentSession]


def treatments(clinic: Clinic) -> Sessions:
    """The sessions that count, with `number`, in order of time."""
    numbers: dict[Any, int] = defaultdict(int)
    found = []
    rows = TreatmentSession.objects.filter(clinic=clinic).prefetch_related("sign_offs")
    for session in with_record(with_signature(rows.order_by("dose_started_at", "pk"))):
        session.nothing = list(session.none_observed.standing())  # type: ignore[attr-defined]
        sign_off = standing_sign_off(session)
        if sign_off is not None and sign_off.end in ("wrong_patient", "not_started"):
            continue
        if session.dose_started_at is None:
            continue
        if not session.is_imported and not standing_events(session):
            continue
        numbers[session.patient_id] += 1
        session.number = numbers[session.patient_id]  # type: ignore[attr-defined]
        found.append(session)
    return found


def minutes(session: TreatmentSession, when: datetime) -> float:
    assert session.dose_started_at is not None
    return elapsed_min(session.dose_started_at, when)


def people(sessions: Sessions) -> int:
    return len({session.patient_id for session in sessions})


def left_min(session: TreatmentSession) -> float | None:
    """When the patient left; None where that is not known."""
    if session.is_imported:
        end = session.documented_end_at
        return None if end is None else minutes(session, end)
    sign_off = standing_sign_off(session)
    if sign_off is None or len(session.sign_offs.all()) > 1:
        return None
    return minutes(session, sign_off.signed_at)


def effects_after(session: TreatmentSession, code: str | None = None) -> list[Any]:
    return [
        row
        for row in standing_effects(session)
        if minutes(session, row.taken_at) >= 0 and code in (None, row.code)
    ]


def is_told(session: TreatmentSession) -> bool:
    none: list[Any] = session.nothing  # type: ignore[attr-defined]
    return bool(effects_after(session)) or any(minutes(session, r.taken_at) >= 0 for r in none)


def wilson(n: int, of: int) -> tuple[float, float]:
    """The roots of (p - n/of)^2 = z^2 p (1 - p) / of, the definition of the score interval."""
    z2 = 1.959963984540054**2
    a, b, c = 1 + z2 / of, -(2 * n / of + z2 / of), (n / of) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def survival(times: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Kaplan-Meier by hand: (hours, S) at each time."""
    steps, alive = [], 1.0
    for moment in sorted({t for t, _seen in times}):
        at_risk = sum(t >= moment for t, _seen in times)
        fell = sum(t == moment and seen for t, seen in times)
        alive *= 1 - fell / at_risk
        steps.append((moment, alive))
    return steps


def crossing(steps: list[tuple[float, float]], level: float) -> float | None:
    """The first time at or below the level; where it lies there, the middle of the flat."""
    for at, (moment, alive) in enumerate(steps):
        if alive < level - 1e-9:
            return moment
        if level == 0.5 and alive <= level + 1e-9:
            end = next((t for t, s in steps[at:] if s < level - 1e-9), steps[-1][0])
            return (moment + end) / 2
        if alive <= level + 1e-9:
            return moment
    return None


def last_entry_min(session: TreatmentSession) -> float:
    rows = [*standing_readings(session), *session.nothing]  # type: ignore[attr-defined]
    for one in standing_effects(session):
        rows += [one, *standing_changes(one)]
    return max(minutes(session, row.taken_at) for row in rows)


def pressures(session: TreatmentSession, sign: str) -> tuple[list[float], float | None]:
    """After the dose, and the last before it."""
    after, before = [], None
    for row in standing_readings(session):
        value = getattr(row, sign)
        if value is None:
            continue
        if minutes(session, row.taken_at) > 0:
            after.append(float(value))
        else:
            before = float(value)
    return after, before
