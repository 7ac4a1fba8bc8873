"""From two frames to sorted arrays: sessions, check-ins and exact severity limits.

Scores are compared exactly: they are read as decimals and compared as fractions, because the
binary product (1 - 0.9) * 10 is smaller than 1. Times are whole microseconds of UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from reports.response_rule import ResponseRule

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

US_PER_DAY = 24 * 3_600_000_000


@dataclass(frozen=True)
class Levels:
    """The distinct severities, ascending, and for each one taken as baseline its two limits.

    A severity is handled as its rank. It responds when rank < response[baseline rank] and is
    lost when rank >= lost[baseline rank].
    """

    values: list[Fraction]
    response: Ints
    lost: Ints
    above_min: int
    in_remission: int


@dataclass(frozen=True)
class Series:
    """Sorted check-ins, one per patient and instant, the worst score where several were given."""

    patient: Ints
    key: Ints
    at: Ints
    rank: Ints
    exact_copies: int
    conflicting_scores: int


@dataclass(frozen=True)
class Visits:
    """Sessions sorted by patient, start and session id; positions in the frame in `row`."""

    row: Ints
    patient: Ints
    key: Ints
    start: Ints
    session_no: Ints
    course_no: Ints
    no_in_course: Ints
    course_first: Ints
    has_later: Bools


@dataclass(frozen=True)
class Prepared:
    """Everything the rules need; `sessions` are the given rows that are not after `as_of`."""

    sessions: pd.DataFrame
    visits: Visits
    series: Series
    levels: Levels


def prepare(sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule) -> Prepared:
    """Sessions, and check-ins of the instrument and of known patients, sorted."""
    starts = microseconds(sessions["session_start"])
    own = check_ins[(check_ins["instrument"] == rule.instrument) & check_ins["score"].notna()]
    taken = microseconds(own["taken_at"])
    if rule.as_of is not None:
        limit = int(microseconds(pd.Series([rule.as_of]))[0])
        sessions, starts = sessions[starts <= limit], starts[starts <= limit]
        own, taken = own[taken <= limit], taken[taken <= limit]
    codes, names = pd.factorize(sessions["patient_id"].astype(str), sort=True)
    patients = np.asarray(codes, np.int64)
    of_check_in = np.asarray(pd.Index(names).get_indexer(own["patient_id"].astype(str)), np.int64)
    known = of_check_in >= 0
    of_check_in, taken = of_check_in[known], taken[known]
    levels, rank = levels_of(own["score"][known], rule)
    session_key, check_in_key = packed_keys(patients, starts, of_check_in, taken)
    return Prepared(
        sessions,
        order_visits(sessions, patients, starts, session_key, rule),
        order_check_ins(of_check_in, check_in_key, taken, rank),
        levels,
    )


def microseconds(times: pd.Series) -> Ints:
    """Aware times as whole microseconds since 1970 in UTC; naive or missing ones raise."""
    if len(times) == 0:
        return np.empty(0, np.int64)
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        if pd.api.types.is_datetime64_dtype(times.dtype):
            raise ValueError("naive time: every time needs an offset from UTC")
        if any(value.utcoffset() is None for value in times):
            raise ValueError("naive time: every time needs an offset from UTC")
        times = pd.to_datetime(times, utc=True)
    if times.isna().any():
        raise ValueError("missing time")
    utc = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return np.asarray(utc.astype("datetime64[us]"), "datetime64[us]").astype(np.int64)


def levels_of(scores: pd.Series, rule: ResponseRule) -> tuple[Levels, Ints]:
    """The distinct severities with their limits, and the rank of each score."""
    codes, uniques = pd.factorize(scores)
    severities = [rule.severity(exact(value)) for value in uniques]
    values = sorted(set(severities))
    place = {value: i for i, value in enumerate(values)}
    ranks = np.array([place[value] for value in severities], np.int64)
    keep = 1 - Fraction(rule.response_frac)
    keep_lost = 1 - Fraction(rule.lost_frac)
    cut = rule.remission_cut
    levels = Levels(
        values=values,
        response=np.array([bisect_right(values, b * keep) for b in values], np.int64),
        lost=np.array([bisect_right(values, b * keep_lost) for b in values], np.int64),
        above_min=bisect_right(values, Fraction(rule.baseline_min)),
        in_remission=0 if cut is None else bisect_right(values, Fraction(cut)),
    )
    return levels, ranks[codes] if len(ranks) else np.empty(0, np.int64)


def exact(value: Any) -> Fraction:
    """The number as it was written: a float counts as its shortest decimal."""
    if isinstance(value, (float, np.floating)):
        return Fraction(Decimal(repr(float(value))))
    return Fraction(Decimal(str(value)))


def packed_keys(patient_a: Ints, time_a: Ints, patient_b: Ints, time_b: Ints) -> tuple[Ints, Ints]:
    """One sortable integer for (patient, time), comparable between the two tables."""
    if len(time_a) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    times = np.concatenate([time_a, time_b])
    low, high = int(times.min()), int(times.max())
    span = high - low + 1
    if (int(patient_a.max()) + 1) * span >= 2**62:
        # Too many patients over too long a time for one integer: ranks of times are enough.
        distinct, dense = np.unique(times, return_inverse=True)
        times, low, span = dense.astype(np.int64), 0, len(distinct)
    offset = times - low
    n = len(time_a)
    return patient_a * span + offset[:n], patient_b * span + offset[n:]


def order_visits(
    sessions: pd.DataFrame, patients: Ints, starts: Ints, keys: Ints, rule: ResponseRule
) -> Visits:
    """Sessions in order with their numbers within the patient and within the course."""
    ids, _ = pd.factorize(sessions["session_id"].astype(str), sort=True)
    row = np.lexsort((ids, keys)).astype(np.int64)
    patient, start, key = patients[row], starts[row], keys[row]
    index = np.arange(len(row), dtype=np.int64)
    new_patient = np.ones(len(row), bool)
    new_patient[1:] = patient[1:] != patient[:-1]
    new_course = new_patient.copy()
    new_course[1:] |= np.diff(start) > days(rule.course_gap_days)
    patient_first = np.maximum.accumulate(np.where(new_patient, index, 0))
    course_first = np.maximum.accumulate(np.where(new_course, index, 0))
    courses = np.cumsum(new_course)
    has_later = np.zeros(len(row), bool)
    has_later[:-1] = ~new_patient[1:]
    return Visits(
        row=row,
        patient=patient,
        key=key,
        start=start,
        session_no=index - patient_first + 1,
        course_no=courses - courses[patient_first] + 1 if len(row) else courses,
        no_in_course=index - course_first + 1,
        course_first=course_first,
        has_later=has_later,
    )


def order_check_ins(patient: Ints, key: Ints, at: Ints, rank: Ints) -> Series:
    """Check-ins sorted by key; several at one instant become the worst one."""
    order = np.argsort(key, kind="stable")
    patient, key, at, rank = patient[order], key[order], at[order], rank[order]
    if len(key) == 0:
        return Series(patient, key, at, rank, 0, 0)
    first = np.ones(len(key), bool)
    first[1:] = key[1:] != key[:-1]
    heads = np.flatnonzero(first)
    worst = np.maximum.reduceat(rank, heads)
    conflicts = int((np.minimum.reduceat(rank, heads) != worst).sum())
    repeated = np.zeros(len(key), bool)
    repeated[1:] = ~first[1:]
    repeated[:-1] |= ~first[1:]
    distinct = np.unique(np.column_stack([key[repeated], rank[repeated]]), axis=0)
    copies = int(repeated.sum()) - len(distinct)
    return Series(patient[heads], key[heads], at[heads], worst, copies, conflicts)


def days(value: Decimal) -> int:
    """Days as whole microseconds, rounded down."""
    return int(Fraction(value) * US_PER_DAY)
