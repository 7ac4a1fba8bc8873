"""How much better people were at set times after a dose than just before it.

Each answer after the dose and before the next session belongs to the window of the time it was
asked for; of several in one window the one nearest to that time counts. An answer that was not
given is not there: nothing is carried forward.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.episode_inputs import Ints, prepare
from reports.episodes import US_PER_HOUR, judge
from reports.response_rule import ResponseRule

# Hours after the dose: the time asked for, and the window in which an answer belongs to it.
WINDOWS_H: dict[int, tuple[float, float]] = {
    2: (1, 6),
    24: (18, 36),
    72: (60, 96),
    168: (144, 192),
    336: (300, 372),
    504: (468, 540),
    672: (636, 708),
}


def changes_after(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> pd.DataFrame:
    """One row per session with a score before the dose: session_id and a column for each window.

    Points by which severity is lower than before the dose, positive = better; NaN where nobody
    answered. The frames are those of `episodes.derive`.
    """
    read = prepare(sessions, check_ins, rule)
    found = judge(read, rule)
    severity = np.array([float(value) for value in read.levels.values] + [np.nan])
    before, follow = severity[found.pre], found.follow
    session, place = _answers(follow.first, follow.end)
    hours, points = follow.t[place] / US_PER_HOUR, severity[follow.rank[place]]
    columns = {}
    for asked, (low, high) in WINDOWS_H.items():
        inside = np.flatnonzero((hours >= low) & (hours <= high))
        by_distance = inside[np.lexsort((np.abs(hours[inside] - asked), session[inside]))]
        own, nearest = np.unique(session[by_distance], return_index=True)
        change = np.full(len(before), np.nan)
        change[own] = before[own] - points[by_distance[nearest]]
        columns[str(asked)] = change
    names = read.sessions["session_id"].astype(str).to_numpy(object)[read.visits.row]
    return pd.DataFrame({"session_id": names, **columns})[found.pre >= 0]


def _answers(first: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The session and the place of every answer that belongs to a session."""
    counts = np.maximum(end - first, 0)
    session = np.repeat(np.arange(len(first)), counts)
    skipped = first - (np.cumsum(counts) - counts)
    return session, np.arange(len(session)) + skipped[session]
