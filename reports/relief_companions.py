"""What stands beside the relief curve: why episodes were censored and how much that matters.

Patients are booked again when relief fades, or at a fixed interval while they are well, so being
censored by the next session is not independent of relief.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.episode_inputs import Bools, microseconds
from reports.episodes import REASONS, Floats
from reports.relief_report import Observed, observed_relief
from reports.survival.kaplan_meier import event_table, fit_curve, half_time, restricted_mean

HOURS = 3_600_000_000
DIFFER_A_LOT = 0.25


@dataclass(frozen=True)
class Censoring:
    """Relief episodes, how many ended with a loss that was seen, and the others by reason."""

    n: int
    lost: int
    by_reason: dict[str, int]


@dataclass(frozen=True)
class Bounds:
    """Relief if every next session had come at a loss (worst), or long before one (best).

    Medians in hours, None where not reached; restricted means up to `tau` hours.
    """

    tau: float
    worst_median: float | None
    best_median: float | None
    worst_rmst: float
    best_rmst: float

    @property
    def differ_a_lot(self) -> bool:
        """More than a quarter of the worst restricted mean lies between the two."""
        return self.best_rmst - self.worst_rmst > DIFFER_A_LOT * self.worst_rmst


def censoring(episodes: pd.DataFrame) -> Censoring:
    """Counts over the sessions with a response."""
    reasons = episodes.loc[episodes["status"] == "response", "relief_reason"]
    found = reasons.value_counts()
    return Censoring(
        n=len(reasons),
        lost=int(reasons.isna().sum()),
        by_reason={reason: int(found.get(reason, 0)) for reason in REASONS},
    )


def retreatment_bounds(episodes: pd.DataFrame, tau: float) -> Bounds | None:
    """Both bounds of the right-point curve over `tau` hours; None without any response.

    The best case keeps every episode censored by a next session in response to the end of that
    axis. Beyond the last observed time both curves are held level.
    """
    ends = relief_ends(episodes)
    return bounds_of(ends, tau) if len(ends.right) else None


@dataclass(frozen=True)
class ReliefEnds:
    """How each relief ended: right-point hours since onset, a loss that was seen, a next session.

    `weight` counts a row several times; None is once each.
    """

    right: Floats
    lost: Bools
    rebooked: Bools
    weight: Floats | None = None


def relief_ends(episodes: pd.DataFrame) -> ReliefEnds:
    """One row per response."""
    return relief_ends_of(observed_relief(episodes), episodes)


def relief_ends_of(seen: Observed, episodes: pd.DataFrame) -> ReliefEnds:
    """The same where `observed_relief` of these episodes is there already."""
    reasons = episodes.loc[episodes["status"] == "response", "relief_reason"]
    return ReliefEnds(seen.right, seen.event, (reasons == "next_session").to_numpy(bool))


def bounds_of(ends: ReliefEnds, tau: float) -> Bounds:
    """The bounds of `retreatment_bounds`, for at least one response."""
    worst = fit_curve(event_table(ends.right, ends.lost | ends.rebooked, ends.weight))
    kept = np.where(ends.rebooked, np.maximum(ends.right, tau), ends.right)
    best = fit_curve(event_table(kept, ends.lost, ends.weight))
    worst_median, best_median = (half_time(curve.table.time, curve.surv) for curve in (worst, best))
    return Bounds(
        tau=tau,
        worst_median=None if np.isnan(worst_median) else worst_median,
        best_median=None if np.isnan(best_median) else best_median,
        worst_rmst=restricted_mean(worst, tau)[0],
        best_rmst=restricted_mean(best, tau)[0],
    )


@dataclass(frozen=True)
class Outcomes:
    """By `hours` after onset: shares that had lost relief, and that were dosed again before that.

    None where nobody was followed so long.
    """

    hours: float
    lost: float | None
    dosed_again: float | None


def competing_outcomes(episodes: pd.DataFrame, at_hours: Sequence[float]) -> list[Outcomes]:
    """Aalen-Johansen shares of loss and of a next session, right-point times.

    This describes the clinic's calendar together with the drug: being dosed again ends the wait.
    """
    return competing_of(relief_ends(episodes), at_hours)


def competing_of(ends: ReliefEnds, at_hours: Sequence[float]) -> list[Outcomes]:
    """The shares of `competing_outcomes`."""
    table = event_table(ends.right, ends.lost | ends.rebooked, ends.weight)
    lost = event_table(ends.right, ends.lost, ends.weight).n_event
    some = len(ends.right) > 0
    before = np.concatenate([[1.0], fit_curve(table).surv[:-1]]) if some else table.time
    step = before / np.maximum(table.n_risk, 1)
    shares = np.cumsum(step * lost), np.cumsum(step * (table.n_event - lost))
    found = []
    for limit in at_hours:
        past = int(np.searchsorted(table.time, limit, side="right"))
        is_over = past > 0 and table.n_event[past - 1] == table.n_risk[past - 1]
        if past == len(table.time) and not is_over and limit not in table.time:
            found.append(Outcomes(limit, None, None))
            continue
        lost_by, again_by = (float(share[past - 1]) if past else 0.0 for share in shares)
        found.append(Outcomes(limit, lost_by, again_by))
    return found


def median_gap_days(sessions: pd.DataFrame) -> float | None:
    """Median days between one session of a patient and the next; None without any gap."""
    gaps = _gaps_h(sessions, "session_start")
    return None if gaps.empty else float(gaps.median()) / 24


@dataclass(frozen=True)
class CheckInGaps:
    """How many check-ins there are, and the hours from one of a patient to the next: half of the
    gaps are at most `median_h`, nine of ten at most `long_h`. None without any gap.
    """

    n: int
    median_h: float | None
    long_h: float | None


def check_in_gaps(check_ins: pd.DataFrame, patients: Collection[str]) -> CheckInGaps:
    """The gaps of these patients; people answer when it is bad or when they are asked."""
    own = check_ins[check_ins["patient_id"].astype(str).isin(patients)]
    gaps = _gaps_h(own, "taken_at")
    if gaps.empty:
        return CheckInGaps(len(own), None, None)
    return CheckInGaps(len(own), float(gaps.median()), float(gaps.quantile(0.9)))


def _gaps_h(rows: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Hours between one row of a patient and the next, in no order."""
    if len(rows) == 0:
        return pd.Series([], dtype=np.float64)
    at = np.asarray(microseconds(rows[column]))
    ids = rows["patient_id"]
    patient = ids.to_numpy() if ids.dtype.kind == "i" else pd.factorize(ids)[0]
    is_later = (patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & (at[1:] >= at[:-1]))
    if not is_later.all():
        order = np.lexsort((at, patient))
        at, patient = at[order], patient[order]
    return pd.Series(np.diff(at)[patient[1:] == patient[:-1]] / HOURS)
