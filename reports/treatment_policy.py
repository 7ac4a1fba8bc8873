"""Relief under the whole course: later sessions are part of the treatment, not its end.

The companion of the primary relief curve. An episode begins with a response, goes on through the
patient's later sessions of the course, and ends with the first loss (confirmed, if the rule asks)
measured from the same baseline. It is censored at the course's last check-in still in response.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from reports.episode_arrays import Ints, Visits
from reports.episode_inputs import prepare
from reports.episodes import RESPONSE, US_PER_HOUR, find_loss, judge, rank_limits
from reports.relief_report import Observed
from reports.response_rule import ResponseRule


def whole_course_relief(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> Observed | None:
    """Times in hours since onset, one row per response; None where baselines are per session."""
    if rule.baseline_mode != "course":
        return None
    read = prepare(sessions, check_ins, rule)
    found = judge(read, rule)
    visits, follow = read.visits, found.follow
    course_end = last_of_course(visits)
    course_base = np.maximum.reduceat(found.base, _heads(visits)) if len(found.base) else found.base
    base = course_base[np.cumsum(visits.course_first == np.arange(len(found.base))) - 1]
    # Times since 1970 go on through the sessions; times since each dose would start again.
    through = replace(follow, t=read.series.at, end=follow.end[course_end])
    limit = rank_limits(read.levels.lost, base)
    lost = follow.rank >= follow.spread(limit)
    responded = found.status == RESPONSE
    since = np.where(responded, found.onset.position, follow.first)
    loss = find_loss(through, lost, since, rule)
    own = responded
    onset_lo = (found.onset.lo + visits.start)[own]
    onset_hi = (found.onset.hi + visits.start)[own]
    seen, lo, hi = loss.seen[own], loss.lo[own], loss.hi[own]
    rows = read.sessions.iloc[visits.row[own]]
    middle = np.where(seen, lo + hi, 2 * lo) - (onset_lo + onset_hi)
    return Observed(
        patient_id=rows["patient_id"].astype(str).to_numpy(object),
        route=rows["route"].to_numpy(object),
        is_first=visits.session_no[own] == 1,
        event=seen,
        lo=(lo - onset_hi) / US_PER_HOUR,
        hi=np.where(seen, (hi - onset_lo) / US_PER_HOUR, np.inf),
        right=(np.where(seen, hi, lo) - onset_hi) / US_PER_HOUR,
        mid=middle / (2 * US_PER_HOUR),
    )


def _heads(visits: Visits) -> Ints:
    """Positions of the first session of each course."""
    return np.unique(visits.course_first)


def last_of_course(visits: Visits) -> Ints:
    """For each session the position of the last session of its course."""
    heads = _heads(visits)
    ends = np.append(heads[1:], len(visits.course_first)) - 1
    return ends[np.searchsorted(heads, visits.course_first)]
