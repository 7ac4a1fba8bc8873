"""One partition of patients in, tables of counts out; tables of partitions add up exactly.

These are the functions of the pages: episodes are derived and observed by the same code. What a
partition hands on is the number of patients and sessions, how often each time and interval was
seen and, unless counts alone are asked for, the rows of `rows`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.episode_inputs import Bools, Ints, microseconds
from reports.episodes import Floats, derive_counted
from reports.mood_change import changes_after
from reports.registry.layout import Partition, bucket_of, read_partition
from reports.registry.rows import Rows, merged_rows, rows_of
from reports.relief_companions import relief_ends
from reports.relief_report import Observed, observed_onset, observed_relief
from reports.response_rule import ResponseRule
from reports.survival.merge import Counts, count_events, count_intervals, counted, merged
from reports.treatment_policy import whole_course_relief

WIDE_GAP_H = 168.0
GROUPS = 1_000
OTHER, LOST, REBOOKED = 0.0, 1.0, 2.0

Key = TypeVar("Key")


@dataclass(frozen=True)
class Asked:
    """What every partition is asked. Blank means all; days are days at the clinic.

    `session_numbers`: first and last number of a patient's sessions; None is open. With
    `counts_only` no row leaves a partition.
    """

    rule: ResponseRule
    indication: str = ""
    drug: str = ""
    route: str = ""
    date_from: date | None = None
    date_to: date | None = None
    session_numbers: tuple[int, int | None] = (1, None)
    counts_only: bool = False


@dataclass(frozen=True)
class Cell:
    """Sessions of one route, first or later ones: right-point and middle times, intervals."""

    right: Counts
    mid: Counts
    interval: Counts


@dataclass(frozen=True)
class CurveCounts:
    """One curve. `patients`: how many have exactly these routes. `cells`: by (route, is first).

    A route that is not known is "". `by_group`: (group of patients, right-point hours, 1 if seen),
    None where patients themselves can be drawn.
    """

    patients: Counter[tuple[str, ...]]
    cells: dict[tuple[str, bool], Cell]
    by_group: Counts | None


@dataclass(frozen=True)
class Tables:
    """What one partition, or all of them together, knows. Every part but `rows` is a count.

    `status`, `reasons`, `quality`: counts by name.
    `whole_course`: relief through later sessions; None where baselines are per session.
    `relief_ends`: (hours, OTHER | LOST | REBOOKED). `gaps_us`: microseconds between two sessions of
    a patient. `intervals`: those of a change that was seen; `wide` of them are over seven days.
    """

    patients: int
    sessions: int
    imported: int
    status: Counter[str]
    reasons: Counter[str]
    quality: Counter[str]
    onset: CurveCounts
    relief: CurveCounts
    relief_with_carried: CurveCounts
    whole_course: CurveCounts | None
    relief_ends: Counts
    gaps_us: Counts
    intervals: int
    wide: int
    rows: Rows | None


def tables_of(partition: Partition, asked: Asked) -> Tables:
    """The tables of one partition, from its files. Raises RegistryError for damaged ones."""
    sessions, check_ins = read_partition(partition, asked.rule.instrument)
    return count_partition(sessions, check_ins, asked, partition.zone, partition.clinic_id)


def count_partition(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, asked: Asked, zone: str, clinic_id: str = ""
) -> Tables:
    """The tables of whole patients; the frames are those of `layout.read_partition`.

    Episodes are derived from every session first: the next dose ends a follow-up and the first
    one sets the baseline, whether or not the filter asks for them.
    """
    if asked.rule.as_of is not None:
        sessions = sessions[sessions["session_start"] <= asked.rule.as_of]
    derived, quality = derive_counted(sessions, check_ins, asked.rule)
    row = pd.Index(sessions["session_id"].astype(object)).get_indexer(
        derived["session_id"].astype(object)
    )
    chosen = _wanted(sessions, asked, zone)[row] & _numbered(derived, asked)
    episodes, own = derived[chosen], row[chosen]
    patient, _ = pd.factorize(sessions["patient_id"])
    is_theirs = np.isin(patient, patient[own])
    onset_width = (episodes["onset_hi"] - episodes["onset_lo"]).dropna()
    loss_width = (episodes["loss_hi"] - episodes["loss_lo"]).dropna()
    responses = episodes[episodes["status"] == "response"]
    through = _through(sessions, check_ins, asked.rule, derived, chosen)
    by_group = asked.counts_only
    return Tables(
        patients=len(np.unique(patient[own])),
        sessions=len(episodes),
        imported=int((sessions["origin"].to_numpy(object)[own] == "import").sum()),
        status=Counter(episodes["status"]),
        reasons=Counter(responses["relief_reason"].dropna()),
        quality=Counter(vars(quality)),
        onset=curve_counts(observed_onset(episodes), by_group),
        relief=curve_counts(observed_relief(episodes), by_group),
        relief_with_carried=curve_counts(observed_relief(episodes, with_carried=True), by_group),
        whole_course=None if through is None else curve_counts(through, by_group),
        relief_ends=_ends(episodes),
        gaps_us=counted(_gaps(sessions[is_theirs], patient[is_theirs])),
        intervals=len(onset_width) + len(loss_width),
        wide=int((onset_width > WIDE_GAP_H).sum() + (loss_width > WIDE_GAP_H).sum()),
        rows=None
        if asked.counts_only
        else rows_of(
            episodes,
            sessions["session_start"].iloc[own],
            zone,
            clinic_id,
            changes_after(sessions, check_ins, asked.rule),
            through,
        ),
    )


def curve_counts(seen: Observed, with_groups: bool) -> CurveCounts:
    """The counts behind one curve, also by groups of patients if asked."""
    route = np.array([str(name or "") for name in seen.route], object)
    names = sorted(set(route))
    cells = {}
    for name in names:
        for is_first in (True, False):
            part = seen.of((route == name) & (seen.is_first == is_first))
            if len(part.lo):
                cells[name, is_first] = Cell(
                    right=count_events(part.right, part.event),
                    mid=count_events(part.mid, part.event),
                    interval=count_intervals(part.lo, part.hi),
                )
    by_group = None
    if with_groups:
        by_group = counted(_groups(seen.patient_id), seen.right, seen.event.astype(np.float64))
    return CurveCounts(_by_routes(seen.patient_id, route, names), cells, by_group)


def _groups(patient_id: npt.NDArray[np.object_]) -> Floats:
    """The group of each row's patient: the same in every partition and on every machine."""
    patient, names = pd.factorize(patient_id)
    group = np.array([bucket_of(str(name), GROUPS) for name in names], np.float64)
    return group[patient]


def _by_routes(
    patient_id: npt.NDArray[np.object_], route: npt.NDArray[np.object_], names: list[str]
) -> Counter[tuple[str, ...]]:
    """How many patients have exactly these routes."""
    patient, patients = pd.factorize(patient_id)
    has = np.zeros((len(patients), len(names)), bool)
    for column, name in enumerate(names):
        has[patient[route == name], column] = True
    sets, n = np.unique(has, axis=0, return_counts=True)
    return Counter(
        {
            tuple(name for name, own in zip(names, row, strict=True) if own): int(count)
            for row, count in zip(sets, n, strict=True)
        }
    )


def merged_tables(parts: Sequence[Tables]) -> Tables:
    """The tables of all patients behind the given ones; at least one, in any order."""
    courses = [part.whole_course for part in parts]
    rows = [part.rows for part in parts]
    return Tables(
        patients=sum(part.patients for part in parts),
        sessions=sum(part.sessions for part in parts),
        imported=sum(part.imported for part in parts),
        status=_added(part.status for part in parts),
        reasons=_added(part.reasons for part in parts),
        quality=_added(part.quality for part in parts),
        onset=_merged_curve([part.onset for part in parts]),
        relief=_merged_curve([part.relief for part in parts]),
        relief_with_carried=_merged_curve([part.relief_with_carried for part in parts]),
        whole_course=None
        if None in courses
        else _merged_curve([course for course in courses if course is not None]),
        relief_ends=merged(part.relief_ends for part in parts),
        gaps_us=merged(part.gaps_us for part in parts),
        intervals=sum(part.intervals for part in parts),
        wide=sum(part.wide for part in parts),
        rows=None if None in rows else merged_rows([each for each in rows if each is not None]),
    )


def counter_of(asked: Asked) -> Callable[[Partition], Tables]:
    """`tables_of` for one question, in a form that other processes and machines can be sent."""
    return partial(_answer, asked=asked)


def _answer(partition: Partition, *, asked: Asked) -> Tables:
    return tables_of(partition, asked)


def _wanted(sessions: pd.DataFrame, asked: Asked, zone: str) -> Bools:
    """Which sessions the filter asks for, but for their number."""
    keep = np.ones(len(sessions), bool)
    for column in ("indication", "drug", "route"):
        value = getattr(asked, column)
        if value:
            keep &= (sessions[column] == value).to_numpy(bool)
    if asked.date_from is not None or asked.date_to is not None:
        day = sessions["session_start"].dt.tz_convert(ZoneInfo(zone)).dt.date
        keep &= (day >= (asked.date_from or date.min)).to_numpy(bool)
        keep &= (day <= (asked.date_to or date.max)).to_numpy(bool)
    return keep


def _numbered(episodes: pd.DataFrame, asked: Asked) -> Bools:
    low, high = asked.session_numbers
    number = episodes["session_no"].to_numpy(np.int64)
    return (number >= low) & (number <= (np.inf if high is None else high))


def _ends(episodes: pd.DataFrame) -> Counts:
    ends = relief_ends(episodes)
    kind = np.where(ends.lost, LOST, np.where(ends.rebooked, REBOOKED, OTHER))
    return counted(ends.right, kind)


def _through(
    sessions: pd.DataFrame,
    check_ins: pd.DataFrame,
    rule: ResponseRule,
    derived: pd.DataFrame,
    chosen: Bools,
) -> Observed | None:
    """Relief through later sessions of the chosen responses; None if it is not defined."""
    found = whole_course_relief(sessions, check_ins, rule)
    if found is None:
        return None
    return found.of(chosen[(derived["status"] == "response").to_numpy(bool)])


def _gaps(sessions: pd.DataFrame, patient: Ints) -> Floats:
    start = microseconds(sessions["session_start"])
    order = np.lexsort((start, patient))
    gap: Floats = np.diff(start[order]).astype(np.float64)
    within: Floats = gap[np.diff(patient[order]) == 0]
    return within


def _merged_curve(parts: Sequence[CurveCounts]) -> CurveCounts:
    cells: dict[tuple[str, bool], list[Cell]] = {}
    by_group = [part.by_group for part in parts]
    for part in parts:
        for key, cell in part.cells.items():
            cells.setdefault(key, []).append(cell)
    return CurveCounts(
        _added(part.patients for part in parts),
        {
            key: Cell(
                right=merged(cell.right for cell in own),
                mid=merged(cell.mid for cell in own),
                interval=merged(cell.interval for cell in own),
            )
            for key, own in sorted(cells.items())
        },
        None if None in by_group else merged(each for each in by_group if each is not None),
    )


def _added(counters: Iterable[Counter[Key]]) -> Counter[Key]:
    # Counter's own `+` drops what is counted zero times.
    whole: Counter[Key] = Counter()
    for each in counters:
        whole.update(each)
    return whole
