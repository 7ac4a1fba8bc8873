"""Follow-up: which check-ins belong to which session, and where in them something first holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.episode_arrays import Bools, Ints, Ranks, Series, Visits


@dataclass(frozen=True)
class Follow:
    """All check-ins in order; session k owns positions first[k] to end[k] - 1.

    `t`: microseconds since the dose; below 0 for what stands before a patient's first session,
    which belongs to none. `sizes`: check-ins before the first session, and up to each next one.
    """

    t: Ints
    rank: Ranks
    first: Ints
    end: Ints
    sizes: Ints

    def spread(self, values: Ints) -> Ints:
        """One value per session, repeated for each of the check-ins up to the next session."""
        return np.repeat(np.concatenate([values[:1], values]), self.sizes)

    @property
    def session(self) -> Ints:
        """For each check-in the session that owns it, where `t` is above 0."""
        return self.spread(np.arange(len(self.first)))


def follow_up(visits: Visits, series: Series) -> Follow:
    """Check-ins with 0 < t <= next start; of simultaneous sessions only the last owns any."""
    n = len(series.at)
    if len(visits.seen) == 0:
        none = np.empty(0, np.int64)
        return Follow(none, series.rank[:0], none, none, np.zeros(1, np.int64))
    end = np.minimum(np.append(visits.seen[1:], n), visits.own_end)
    sizes = np.diff(visits.seen, prepend=0, append=n)
    # Each session's own check-ins, then those of the next patient before their first session.
    own = np.stack([end - visits.seen, sizes[1:] - (end - visits.seen)], axis=1).ravel()
    never = np.iinfo(np.int64).max // 2
    origin = np.stack([visits.start, np.full(len(end), never)], axis=1).ravel()
    t = series.at - np.repeat(np.append(never, origin), np.append(sizes[0], own))
    return Follow(t, series.rank, visits.seen, end, sizes)


class Marks:
    """The true places of a mask, to be asked for the next or the last one from any place."""

    def __init__(self, mask: Bools) -> None:
        self.n = len(mask)
        self.places = np.flatnonzero(mask)
        self.before = np.zeros(self.n + 1, np.int32)
        np.cumsum(mask, out=self.before[1:])

    def next_at(self, start: Ints) -> Ints:
        """The first true place at or after each `start`, the length of the mask if none."""
        return np.append(self.places, self.n)[self.before[start]]

    def last_before(self, end: Ints) -> Ints:
        """The last true place before each `end`, -1 if none."""
        return np.append(self.places, -1)[self.before[end] - 1]

    def count(self, first: Ints, end: Ints) -> Ints:
        """How many places from `first` to `end` - 1 are true."""
        return (self.before[end] - self.before[first]).astype(np.int64)


def confirmed(mask: Bools, follow: Follow, times: int) -> Bools:
    """True where a run of at least `times` true check-ins of the same session begins or goes on."""
    if times == 1:
        return mask
    here = np.flatnonzero(mask)
    run_end = np.minimum(Marks(~mask).next_at(here), follow.spread(follow.end)[here])
    result = np.zeros(len(mask), bool)
    result[here] = run_end - here >= times
    return result


def at_or_zero(follow: Follow, position: Ints, first: Ints) -> Ints:
    """Time of the check-in at `position`; 0, the dose, where that lies before the follow-up."""
    times = np.zeros(len(position), np.int64)
    ok = position >= first
    times[ok] = follow.t[position[ok]]
    return times
