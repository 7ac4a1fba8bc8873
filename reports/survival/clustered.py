"""The Kaplan-Meier share at one time with an interval that knows which sessions share a patient.

The standard error is the infinitesimal jackknife, summed by patient: how far log S(t) would move
if a patient counted a little more. In R: summary(survfit(Surv(time, event) ~ 1, cluster = patient,
conf.type = "log-log"), times = t).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.survival.kaplan_meier import Curve, EventTable, event_table, fit_curve
from reports.survival.times import (
    SAME_TIME_H,
    Z_95,
    Bools,
    Floats,
    Ints,
    distinct_times,
    patient_codes,
)


def share_at(
    patients: Sequence[str] | Ints, times: Floats, events: Bools, hours: float
) -> tuple[float, float | None, float | None]:
    """S at `hours` and its 95 % bounds, log-log: [1, 1] at S = 1, None at S = 0.

    `times` in hours, one entry per session; the caller sees to it that somebody was followed that
    long.
    """
    return shares_at(patients, times, events, [hours])[0]


def shares_at(
    patients: Sequence[str] | Ints, times: Floats, events: Bools, at_hours: Sequence[float]
) -> list[tuple[float, float | None, float | None]]:
    """What `share_at` gives at each of the hours, the curve estimated once."""
    return shares_of(patients, times, events, at_hours, fit_curve(event_table(times, events)))


def shares_of(
    patients: Sequence[str] | Ints,
    times: Floats,
    events: Bools,
    at_hours: Sequence[float],
    curve: Curve,
) -> list[tuple[float, float | None, float | None]]:
    """The same where the Kaplan-Meier curve of these sessions has been estimated already."""
    table, surv = curve.table, curve.surv
    place = distinct_times(times)[1]
    code = patient_codes(patients)
    found: list[tuple[float, float | None, float | None]] = []
    for hours in at_hours:
        past = int(np.searchsorted(table.time, hours + SAME_TIME_H, side="right"))
        share = float(surv[past - 1]) if past else 1.0
        if share in (0.0, 1.0):
            bound = share or None
            found.append((share, bound, bound))
            continue
        moved = _log_moves(table, place, events, past)
        error = float(np.sqrt((np.bincount(code, moved) ** 2).sum()))
        width = Z_95 * error / -np.log(share)
        found.append((share, float(share ** np.exp(width)), float(share ** np.exp(-width))))
    return found


def _log_moves(table: EventTable, place: Ints, events: Bools, past: int) -> Floats:
    """What each session adds to log S at the first `past` distinct times, by its weight.

    `place`: each session's time in the table. With d events among n at risk: -event / (n - d) at
    the own time, and d / (n (n - d)) at every time at which the session was at risk.
    """
    n, d = table.n_risk[:past], table.n_event[:past]
    while_at_risk = np.concatenate([[0.0], np.cumsum(d / (n * (n - d)))])
    moved: Floats = while_at_risk[np.minimum(place + 1, past)]
    own = events & (place < past)
    moved[own] -= 1 / (n - d)[place[own]]
    return moved
