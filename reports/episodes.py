"""Response episodes: what each session did to one instrument's score, and how long it lasted.

A change is seen only at a check-in, so every onset and every loss is an interval: it happened
after the last check-in that did not show it and at or before the first one that did. The
definitions are written out, with worked numbers, in docs/response-episodes.md.

Inside, times are whole microseconds of UTC and severities are ranks (`episode_inputs`); a session
owns a slice of the sorted check-ins, so every rule is a few passes over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.episode_inputs import (
    US_PER_DAY,
    Bools,
    Ints,
    Levels,
    Prepared,
    Series,
    Visits,
    days,
    prepare,
)
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule, RuleError

__all__ = ["KNOWN_INSTRUMENTS", "ResponseRule", "RuleError", "derive", "derive_counted"]

Floats: TypeAlias = npt.NDArray[np.float64]

US_PER_HOUR = 3_600_000_000

STATUSES = (
    "no_predose",
    "baseline_too_low",
    "no_followup",
    "carried",
    "response",
    "no_response",
)
REASONS = ("next_session", "end_of_followup", "unconfirmed")
EPISODE_COLUMNS = (
    *("patient_id", "session_id", "route", "dose_mg", "weight_kg", "session_no", "course_no"),
    *("session_no_in_course", "pre_score", "baseline", "status", "response", "remission"),
    *("onset_lo", "onset_hi", "onset_event", "loss_lo", "loss_hi", "relief_lo", "relief_hi"),
    *("relief_event", "relief_reason", "relief_right", "relief_mid"),
)


@dataclass(frozen=True)
class Quality:
    """Counts of what was found in the check-ins on the way."""

    exact_copies: int
    conflicting_scores: int
    recall_overlap: int


def derive(sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule) -> pd.DataFrame:
    """One episode per session, sorted by patient_id, start and session_id.

    `sessions`: patient_id, session_id (text), session_start (aware), route, dose_mg, weight_kg.
    `check_ins`: patient_id, taken_at (aware), instrument, score (integer, Decimal or float; a
    missing one is no check-in). Rows of other instruments and of unknown patients are ignored.
    Times in the result are float hours, since the dose for `onset_*` and `loss_*`, since onset
    for `relief_*`; missing is NaN or None. Naive times raise ValueError.
    """
    return derive_counted(sessions, check_ins, rule)[0]


def derive_counted(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> tuple[pd.DataFrame, Quality]:
    """The episodes of `derive` and what was noticed in the check-ins."""
    read = prepare(sessions, check_ins, rule)
    frame, overlap = _episodes(read, judge(read, rule), rule)
    return frame, Quality(read.series.exact_copies, read.series.conflicting_scores, overlap)


@dataclass(frozen=True)
class Follow:
    """Check-ins after a dose, in order; session k owns positions first[k] to end[k] - 1."""

    session: Ints
    t: Ints
    rank: Ints
    first: Ints
    end: Ints


def follow_up(visits: Visits, series: Series) -> Follow:
    """Check-ins with 0 < t <= next start; of simultaneous sessions only the last owns any."""
    session = np.searchsorted(visits.key, series.key, side="left") - 1
    mine = session >= 0
    mine[mine] = visits.patient[session[mine]] == series.patient[mine]
    session = session[mine]
    numbers = np.arange(len(visits.row))
    return Follow(
        session=session,
        t=series.at[mine] - visits.start[session],
        rank=series.rank[mine],
        first=np.searchsorted(session, numbers, side="left"),
        end=np.searchsorted(session, numbers, side="right"),
    )


def pre_dose(visits: Visits, series: Series, rule: ResponseRule) -> Ints:
    """Rank of the last score in [start - window, start] of each session; -1 without one."""
    last = np.searchsorted(series.key, visits.key, side="right") - 1
    found = last >= 0
    found[found] = series.patient[last[found]] == visits.patient[found]
    age = visits.start[found] - series.at[last[found]]
    found[found] = age <= days(rule.baseline_window_days)
    rank = np.full(len(last), -1, np.int64)
    rank[found] = series.rank[last[found]]
    return rank


def baselines(pre: Ints, visits: Visits, levels: Levels, rule: ResponseRule) -> Ints:
    """Rank of the baseline of each session that has a pre-dose score; -1 without one."""
    eligible = (pre >= 0) & (pre >= levels.above_min)
    if rule.baseline_mode == "session":
        return np.where(eligible, pre, -1)
    source = next_true(eligible)[visits.course_first]
    ok = (source <= np.arange(len(pre))) & (pre >= 0)
    base = np.full(len(pre), -1, np.int64)
    base[ok] = pre[source[ok]]
    return base


def next_true(mask: Bools) -> Ints:
    """For each position the next true one at or after it, len(mask) if none; one entry more."""
    n = len(mask)
    place = np.append(np.where(mask, np.arange(n), n), n)
    return np.minimum.accumulate(place[::-1])[::-1].astype(np.int64)


def last_true(mask: Bools) -> Ints:
    """For each position the last true one at or before it, -1 if none; [-1] is for "before 0"."""
    place = np.append(np.where(mask, np.arange(len(mask)), -1), -1)
    place[:-1] = np.maximum.accumulate(place[:-1])
    return place.astype(np.int64)


def confirmed(mask: Bools, follow: Follow, times: int) -> Bools:
    """True where a run of at least `times` true check-ins of the same session begins or goes on."""
    here = np.arange(len(mask))
    run_end = np.minimum(next_true(~mask)[:-1], follow.end[follow.session])
    return mask & (run_end - here >= times)


def at_or_zero(follow: Follow, position: Ints, first: Ints) -> Ints:
    """Time of the check-in at `position`; 0, the dose, where that lies before the follow-up."""
    times = np.zeros(len(position), np.int64)
    ok = position >= first
    times[ok] = follow.t[position[ok]]
    return times


def rank_limits(table: Ints, base: Ints) -> Ints:
    """The rank limit that belongs to each baseline; 0 where there is no baseline."""
    limits = np.zeros(len(base), np.int64)
    limits[base >= 0] = table[base[base >= 0]]
    return limits


@dataclass(frozen=True)
class Onset:
    """Microseconds since the dose, and the position of the check-in that showed the response."""

    seen: Bools
    position: Ints
    lo: Ints
    hi: Ints


def find_onset(follow: Follow, responds: Bools, rule: ResponseRule) -> Onset:
    """The first confirmed response within the horizon, or the time up to which there was none."""
    inside = follow.t <= days(rule.onset_horizon_days)
    hits = confirmed(responds, follow, rule.confirm_onset) & inside
    hit = next_true(hits)[follow.first]
    seen = hit < follow.end
    horizon_end = np.minimum(next_true(~inside)[follow.first], follow.end)
    # A response at the very end that nothing confirmed or refuted says neither yes nor no.
    open_run = np.maximum(last_true(~responds)[follow.end - 1] + 1, follow.first)
    last_without = np.minimum(open_run, horizon_end) - 1
    lo = at_or_zero(follow, np.where(seen, hit - 1, last_without), follow.first)
    hi = at_or_zero(follow, np.where(seen, hit, -1), follow.first)
    return Onset(seen, hit, lo, hi)


@dataclass(frozen=True)
class Loss:
    """Microseconds since the dose; `hi` holds only where the loss was seen."""

    seen: Bools
    unconfirmed: Bools
    lo: Ints
    hi: Ints


def find_loss(follow: Follow, lost: Bools, since: Ints, rule: ResponseRule) -> Loss:
    """The first confirmed loss from position `since` on, or the last check-in still in response."""
    first = next_true(confirmed(lost, follow, rule.confirm_loss))[since]
    seen = first < follow.end
    last_ok = last_true(~lost)[follow.end - 1]
    lo = at_or_zero(follow, np.where(seen, first - 1, last_ok), follow.first)
    hi = at_or_zero(follow, np.where(seen, first, -1), follow.first)
    return Loss(seen, ~seen & (last_ok < follow.end - 1), lo, hi)


@dataclass(frozen=True)
class Judged:
    """Follow-up, ranks of pre-dose score and baseline, onset and status of each session."""

    follow: Follow
    pre: Ints
    base: Ints
    onset: Onset
    status: npt.NDArray[np.object_]


def judge(read: Prepared, rule: ResponseRule) -> Judged:
    """The status of every session, the first that applies of those in the definitions."""
    follow = follow_up(read.visits, read.series)
    pre = pre_dose(read.visits, read.series, rule)
    base = baselines(pre, read.visits, read.levels, rule)
    limit = rank_limits(read.levels.response, base)
    onset = find_onset(follow, follow.rank < limit[follow.session], rule)
    carried = (pre >= 0) & (pre < limit) & (rule.baseline_mode == "course")
    any_follow = follow.first < follow.end
    early = follow.t <= days(rule.onset_horizon_days)
    any_early = next_true(early)[follow.first] < follow.end
    cases = [pre < 0, base < 0, ~np.where(carried, any_follow, any_early), carried, onset.seen]
    status = np.select(cases, STATUSES[:5], STATUSES[5]).astype(object)
    return Judged(follow, pre, base, onset, status)


def _episodes(read: Prepared, found: Judged, rule: ResponseRule) -> tuple[pd.DataFrame, int]:
    visits, levels = read.visits, read.levels
    follow, onset, status = found.follow, found.onset, found.status
    responded, was_carried = status == "response", status == "carried"
    at_risk = responded | (status == "no_response")
    lost = follow.rank >= rank_limits(levels.lost, found.base)[follow.session]
    since = np.where(responded, onset.position, follow.first)
    loss = find_loss(follow, lost, since, rule)
    early = follow.t <= days(rule.onset_horizon_days)
    cut = early & (follow.rank < levels.in_remission)
    remission = next_true(cut)[follow.first] < follow.end

    in_relief = responded | was_carried
    fell = in_relief & loss.seen
    start_lo, start_hi = np.where(responded, onset.lo, 0), np.where(responded, onset.hi, 0)
    middle = np.where(fell, loss.lo + loss.hi, 2 * loss.lo) - (start_lo + start_hi)
    reason = np.where(visits.has_later, "next_session", "end_of_followup").astype(object)
    reason[loss.unconfirmed] = "unconfirmed"
    reason[~in_relief | fell] = None
    rows = read.sessions.iloc[visits.row]
    score = np.array([float(value) for value in levels.values] + [np.nan])
    frame = pd.DataFrame(
        {
            "patient_id": rows["patient_id"].astype(str).to_numpy(),
            "session_id": rows["session_id"].astype(str).to_numpy(),
            "route": rows["route"].astype(object).to_numpy(),
            "dose_mg": pd.to_numeric(rows["dose_mg"]).to_numpy(np.float64),
            "weight_kg": pd.to_numeric(rows["weight_kg"]).to_numpy(np.float64),
            "session_no": visits.session_no,
            "course_no": visits.course_no,
            "session_no_in_course": visits.no_in_course,
            "pre_score": score[found.pre],
            "baseline": score[found.base],
            "status": status,
            "response": _yes_no(responded, at_risk),
            "remission": _yes_no(remission, at_risk & (rule.remission_cut is not None)),
            "onset_lo": _hours(onset.lo, at_risk),
            "onset_hi": _hours(onset.hi, responded),
            "onset_event": _yes_no(responded, at_risk),
            "loss_lo": _hours(loss.lo, in_relief),
            "loss_hi": _hours(loss.hi, fell),
            "relief_lo": _hours(loss.lo - start_hi, in_relief),
            "relief_hi": _hours(loss.hi - start_lo, fell),
            "relief_event": _yes_no(fell, in_relief),
            "relief_reason": reason,
            "relief_right": _hours(np.where(fell, loss.hi, loss.lo) - start_hi, in_relief),
            "relief_mid": _hours(middle, in_relief, 2 * US_PER_HOUR),
        },
        columns=list(EPISODE_COLUMNS),
    )
    return frame, int((responded & (onset.hi < rule.recall_days * US_PER_DAY)).sum())


def _hours(us: Ints, where: Bools, unit: int = US_PER_HOUR) -> Floats:
    return np.where(where, us / unit, np.nan)


def _yes_no(value: Bools, where: Bools) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(value & where, ~where)
