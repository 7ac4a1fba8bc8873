"""Response episodes: what each session did to one instrument's score, and how long it lasted.

A change is seen only at a check-in, so every onset and every loss is an interval: it happened
after the last check-in that did not show it and at or before the first one that did. The
definitions are written out, with worked numbers, in docs/response-episodes.md.

Inside, times are whole microseconds of UTC and severities are ranks (`episode_arrays`); a session
owns a slice of the sorted check-ins, so every rule is a few passes over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.episode_arrays import (
    US_PER_DAY,
    Bools,
    CheckInArrays,
    Ints,
    Levels,
    Prepared,
    Series,
    SessionArrays,
    Visits,
    days,
    prepared_blocks,
)
from reports.episode_inputs import prepare
from reports.follow_up import Follow, Marks, at_or_zero, confirmed, follow_up
from reports.response_rule import KNOWN_INSTRUMENTS, ResponseRule, RuleError

__all__ = [
    "KNOWN_INSTRUMENTS",
    "ResponseRule",
    "RuleError",
    "derive",
    "derive_arrays",
    "derive_counted",
]

Floats: TypeAlias = npt.NDArray[np.float64]
US_PER_HOUR = 3_600_000_000
BLOCK = 32_000

STATUSES = (
    "no_predose",
    "baseline_too_low",
    "no_followup",
    "carried",
    "response",
    "no_response",
)
CARRIED, RESPONSE, NO_RESPONSE = 3, 4, 5
REASONS = ("next_session", "end_of_followup", "unconfirmed")
UNCONFIRMED = 2
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
    found = episodes_of(read, judge(read, rule), rule)
    quality = Quality(
        read.series.exact_copies, read.series.conflicting_scores, found.recall_overlap
    )
    return episode_frame(found, sessions), quality


def pre_dose(visits: Visits, series: Series, rule: ResponseRule) -> Ints:
    """Rank of the last score in [start - window, start] of each session; -1 without one."""
    last = visits.seen - 1
    found = last >= visits.own_first
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
    source = Marks(eligible).next_at(visits.course_first)
    ok = (source <= np.arange(len(pre))) & (pre >= 0)
    base = np.full(len(pre), -1, np.int64)
    base[ok] = pre[source[ok]]
    return base


def rank_limits(table: Ints, base: Ints) -> Ints:
    """The rank limit that belongs to each baseline; 0 where there is no baseline."""
    return np.append(table, 0)[base]


@dataclass(frozen=True)
class Onset:
    """Microseconds since the dose, and the position of the check-in that showed the response."""

    seen: Bools
    position: Ints
    lo: Ints
    hi: Ints


def find_onset(follow: Follow, responds: Bools, horizon_end: Ints, rule: ResponseRule) -> Onset:
    """The first confirmed response within the horizon, or the time up to which there was none.

    `horizon_end`: the position after each session's last check-in within the horizon.
    """
    hit = Marks(confirmed(responds, follow, rule.confirm_onset)).next_at(follow.first)
    seen = hit < horizon_end
    # A response at the very end that nothing confirmed or refuted says neither yes nor no.
    open_run = np.maximum(Marks(~responds).last_before(follow.end) + 1, follow.first)
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
    first = Marks(confirmed(lost, follow, rule.confirm_loss)).next_at(since)
    seen = first < follow.end
    last_ok = Marks(~lost).last_before(follow.end)
    lo = at_or_zero(follow, np.where(seen, first - 1, last_ok), follow.first)
    hi = at_or_zero(follow, np.where(seen, first, -1), follow.first)
    return Loss(seen, ~seen & (last_ok < follow.end - 1), lo, hi)


@dataclass(frozen=True)
class Judged:
    """Follow-up, ranks of pre-dose score and baseline, onset and status of each session.

    `status` is a place in STATUSES. `horizon_end`: the position after the last check-in within
    the onset horizon.
    """

    follow: Follow
    pre: Ints
    base: Ints
    horizon_end: Ints
    onset: Onset
    status: npt.NDArray[np.int8]


def judge(read: Prepared, rule: ResponseRule) -> Judged:
    """The status of every session, the first that applies of those in the definitions."""
    follow = follow_up(read.visits, read.series)
    pre = pre_dose(read.visits, read.series, rule)
    base = baselines(pre, read.visits, read.levels, rule)
    limit = rank_limits(read.levels.response, base)
    early = Marks(follow.t <= days(rule.onset_horizon_days))
    horizon_end = follow.first + early.count(follow.first, follow.end)
    onset = find_onset(follow, follow.rank < follow.spread(limit), horizon_end, rule)
    carried = (pre >= 0) & (pre < limit) & (rule.baseline_mode == "course")
    asked = np.where(carried, follow.end, horizon_end) > follow.first
    cases = [pre < 0, base < 0, ~asked, carried, onset.seen]
    status = np.select(cases, np.arange(5, dtype=np.int8), np.int8(NO_RESPONSE))
    return Judged(follow, pre, base, horizon_end, onset, status)


@dataclass(frozen=True)
class EpisodeArrays:
    """One episode per session, by patient, start and tie; times are float hours, NaN = missing.

    `row`: the place of the session in what was given. `status`: a place in STATUSES. `reason`:
    a place in REASONS, -1 for none. `onset_event` and `relief_event` mean something only where
    `at_risk` and `in_relief`, `remission` where `has_remission`. Scores are severities.
    """

    row: Ints
    patient: Ints
    session_no: Ints
    course_no: Ints
    session_no_in_course: Ints
    pre_score: Floats
    baseline: Floats
    status: npt.NDArray[np.int8]
    at_risk: Bools
    in_relief: Bools
    has_remission: Bools
    remission: Bools
    onset_lo: Floats
    onset_hi: Floats
    onset_event: Bools
    loss_lo: Floats
    loss_hi: Floats
    relief_lo: Floats
    relief_hi: Floats
    relief_event: Bools
    reason: npt.NDArray[np.int8]
    relief_right: Floats
    relief_mid: Floats
    recall_overlap: int


def derive_arrays(
    sessions: SessionArrays, check_ins: CheckInArrays, rule: ResponseRule
) -> EpisodeArrays:
    """The episodes of `derive` without text, for as many sessions as memory holds."""
    parts = [
        episodes_of(part, judge(part, rule), rule)
        for part in prepared_blocks(sessions, check_ins, rule, size=BLOCK)
    ]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name, value in vars(parts[0]).items()
        if isinstance(value, np.ndarray)
    }
    return EpisodeArrays(**joined, recall_overlap=sum(part.recall_overlap for part in parts))


def episodes_of(read: Prepared, found: Judged, rule: ResponseRule) -> EpisodeArrays:
    """What each session did, from its status on."""
    visits, levels = read.visits, read.levels
    follow, onset, status = found.follow, found.onset, found.status
    responded, was_carried = status == RESPONSE, status == CARRIED
    at_risk = responded | (status == NO_RESPONSE)
    limit = rank_limits(levels.lost, found.base)
    since = np.where(responded, onset.position, follow.first)
    loss = find_loss(follow, follow.rank >= follow.spread(limit), since, rule)
    remitted = Marks(follow.rank < levels.in_remission).count(follow.first, found.horizon_end) > 0
    in_relief = responded | was_carried
    fell = in_relief & loss.seen
    start_lo, start_hi = np.where(responded, onset.lo, 0), np.where(responded, onset.hi, 0)
    middle = np.where(fell, loss.lo + loss.hi, 2 * loss.lo) - (start_lo + start_hi)
    reason = np.where(loss.unconfirmed, UNCONFIRMED, np.where(visits.has_later, 0, 1))
    score = np.array([float(value) for value in levels.values] + [np.nan])
    return EpisodeArrays(
        row=visits.row,
        patient=visits.patient,
        session_no=visits.session_no,
        course_no=visits.course_no,
        session_no_in_course=visits.no_in_course,
        pre_score=score[found.pre],
        baseline=score[found.base],
        status=status,
        at_risk=at_risk,
        in_relief=in_relief,
        has_remission=at_risk & (rule.remission_cut is not None),
        remission=remitted,
        onset_lo=_hours(onset.lo, at_risk),
        onset_hi=_hours(onset.hi, responded),
        onset_event=responded,
        loss_lo=_hours(loss.lo, in_relief),
        loss_hi=_hours(loss.hi, fell),
        relief_lo=_hours(loss.lo - start_hi, in_relief),
        relief_hi=_hours(loss.hi - start_lo, fell),
        relief_event=fell,
        reason=np.where(in_relief & ~fell, reason, -1).astype(np.int8),
        relief_right=_hours(np.where(fell, loss.hi, loss.lo) - start_hi, in_relief),
        relief_mid=_hours(middle, in_relief, 2 * US_PER_HOUR),
        recall_overlap=int((responded & (onset.hi < rule.recall_days * US_PER_DAY)).sum()),
    )


def episode_frame(found: EpisodeArrays, sessions: pd.DataFrame) -> pd.DataFrame:
    """The episodes with the columns of their sessions, EPISODE_COLUMNS."""
    rows = sessions.iloc[found.row]
    return pd.DataFrame(
        {
            "patient_id": rows["patient_id"].astype(str).to_numpy(),
            "session_id": rows["session_id"].astype(str).to_numpy(),
            "route": rows["route"].astype(object).to_numpy(),
            "dose_mg": pd.to_numeric(rows["dose_mg"]).to_numpy(np.float64),
            "weight_kg": pd.to_numeric(rows["weight_kg"]).to_numpy(np.float64),
            **{name: getattr(found, name) for name in _AS_THEY_ARE},
            "status": np.array(STATUSES, object)[found.status],
            "response": _yes_no(found.onset_event, found.at_risk),
            "remission": _yes_no(found.remission, found.has_remission),
            "onset_event": _yes_no(found.onset_event, found.at_risk),
            "relief_event": _yes_no(found.relief_event, found.in_relief),
            "relief_reason": np.array([*REASONS, None], object)[found.reason],
        },
        columns=list(EPISODE_COLUMNS),
    )


_AS_THEY_ARE = (
    *("session_no", "course_no", "session_no_in_course", "pre_score", "baseline"),
    *("onset_lo", "onset_hi", "loss_lo", "loss_hi"),
    *("relief_lo", "relief_hi", "relief_right", "relief_mid"),
)


def _hours(us: Ints, where: Bools, unit: int = US_PER_HOUR) -> Floats:
    return np.where(where, us / unit, np.nan)


def _yes_no(value: Bools, where: Bools) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(value & where, ~where)
