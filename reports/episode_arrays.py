"""Arrays in, arrays in order out: one sort puts each session between its patient's check-ins.

Patients are numbers, times whole microseconds of UTC, scores numbers of distinct exact values.
Nothing here knows text or frames, so a million sessions cost a sort and a few passes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from reports.response_rule import ResponseRule

Ints: TypeAlias = npt.NDArray[np.int64]
# As narrow as they fit: what is picked from memory in no order costs by its width.
Ranks: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Bools: TypeAlias = npt.NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_DAY = 24 * 3_600_000_000
KEY_BITS = 63
TABLE_SIZE = 1 << 20
CHUNK = 1 << 17


@dataclass(frozen=True)
class SessionArrays:
    """Sessions in any order: patient number, start, and `tie`, the order at the same start.

    Patient numbers follow the order wanted in the result, 0 to one less than there are patients.
    """

    patient: Ints
    start: Ints
    tie: Ints


@dataclass(frozen=True)
class CheckInArrays:
    """Check-ins in any order. The score of row i is `values[code[i]]`, exactly.

    A patient of -1 has no session: such rows are not used.
    """

    patient: Ints
    at: Ints
    code: Ranks
    values: list[Fraction]

    @classmethod
    def of_scaled(cls, patient: Ints, at: Ints, score: Ints, *, unit: Fraction) -> Self:
        """From whole numbers of `unit`: a score of 7.5 is 75 with a unit of one tenth."""
        low, high = (int(score.min()), int(score.max())) if len(score) else (0, -1)
        if high - low >= TABLE_SIZE:
            distinct, places = np.unique(score, return_inverse=True)
            code = places.astype(narrow(len(distinct)))
        else:
            given = np.zeros(high - low + 1, bool)
            for rows in chunks(len(score)):
                given[score[rows] - low] = True
            distinct = np.flatnonzero(given) + low
            table = np.cumsum(given).astype(narrow(len(distinct))) - 1
            code = np.empty(len(score), table.dtype)
            for rows in chunks(len(score)):
                code[rows] = table[score[rows] - low]
        return cls(patient, at, code, [int(value) * unit for value in distinct])


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

    at: Ints
    rank: Ranks
    exact_copies: int
    conflicting_scores: int


@dataclass(frozen=True)
class Visits:
    """Sessions sorted by patient, start and tie; `row` is the place in what was given.

    `seen`: how many check-ins of the sorted ones come at or before the start; the patient's own
    stand at positions own_first to own_end - 1.
    """

    row: Ints
    patient: Ints
    start: Ints
    seen: Ints
    own_first: Ints
    own_end: Ints
    session_no: Ints
    course_no: Ints
    no_in_course: Ints
    course_first: Ints
    has_later: Bools


@dataclass(frozen=True)
class Prepared:
    """Everything the rules need."""

    visits: Visits
    series: Series
    levels: Levels


def prepared_blocks(
    sessions: SessionArrays, check_ins: CheckInArrays, rule: ResponseRule, *, size: int
) -> Iterator[Prepared]:
    """`prepare_arrays` of about `size` sessions at a time: blocks of patients, in their order.

    What fits the processor's own memory is put in order and worked through faster than all at
    once. There are at most 128 blocks: of more than 128 times `size` sessions each is larger.
    """
    patients = int(sessions.patient.max()) + 1 if len(sessions.patient) else 0
    each = size * patients // max(1, len(sessions.patient))
    shift = max(each.bit_length() - 1, patients.bit_length() - 7, 0)
    blocks = -(-patients >> shift)
    if blocks <= 1:
        yield prepare_arrays(sessions, check_ins, rule)
        return
    row = np.arange(len(sessions.patient))
    visits = by_block([sessions.patient, sessions.start, sessions.tie, row], shift, blocks)
    answers = by_block([check_ins.patient, check_ins.at, check_ins.code], shift, blocks)
    for number, (visit, answer) in enumerate(zip(visits, answers, strict=True)):
        first = number << shift
        part = prepare_arrays(
            SessionArrays(visit[0] - first, visit[1], visit[2]),
            CheckInArrays(answer[0] - first, answer[1], answer[2], check_ins.values),
            rule,
        )
        own = part.visits
        yield replace(part, visits=replace(own, row=visit[3][own.row], patient=own.patient + first))


def by_block(
    columns: list[npt.NDArray[Any]], shift: int, blocks: int
) -> Iterator[list[npt.NDArray[Any]]]:
    """The rows of each block of 2 ** `shift` patients in the order given; -1 is in no block.

    The first column is the patient's number. A chunk of rows is divided at a time, so that no row
    is picked from far away in memory, and a block is then what the chunks hold of it.
    """
    divided = []
    for rows in chunks(len(columns[0])):
        # One byte is sorted by counting, in one pass; -1 becomes 255.
        block = (columns[0][rows] >> shift).astype(np.uint8)
        order = np.argsort(block, kind="stable")
        ends = np.cumsum(np.bincount(block, minlength=blocks)[:blocks]).tolist()
        divided.append(([0, *ends], [column[rows][order] for column in columns]))
    for number in range(blocks):
        yield [
            np.concatenate([own[place][ends[number] : ends[number + 1]] for ends, own in divided])
            for place in range(len(columns))
        ]


def prepare_arrays(
    sessions: SessionArrays, check_ins: CheckInArrays, rule: ResponseRule
) -> Prepared:
    """Sessions and check-ins in order; those after `as_of` and those of nobody are left out."""
    row: Ints | None = None
    used = check_ins.patient >= 0
    if rule.as_of is not None:
        limit = (rule.as_of - EPOCH) // timedelta(microseconds=1)
        row = np.flatnonzero(sessions.start <= limit)
        sessions = SessionArrays(sessions.patient[row], sessions.start[row], sessions.tie[row])
        used &= check_ins.at <= limit
    if not used.all():
        check_ins = CheckInArrays(
            check_ins.patient[used], check_ins.at[used], check_ins.code[used], check_ins.values
        )
    levels, ranks = levels_of(check_ins.values, rule)
    order = order_of(sessions, check_ins)
    n = len(check_ins.at)
    is_visit = order >= n
    place = np.flatnonzero(is_visit)
    visit_row = order[place] - n
    patients = int(sessions.patient.max()) + 1 if len(place) else 0
    before = np.zeros(patients + 1, np.int64)
    np.cumsum(np.bincount(check_ins.patient, minlength=patients)[:patients], out=before[1:])
    seen = place - np.arange(len(place))
    series, kept = series_of(check_ins, order[~is_visit], ranks)
    if kept is not None:
        before, seen = kept[before], kept[seen]
    visits = visits_of(sessions, visit_row, seen, before, rule)
    if row is not None:
        visits = replace(visits, row=row[visits.row])
    return Prepared(visits, series, levels)


def order_of(sessions: SessionArrays, check_ins: CheckInArrays) -> Ints:
    """Check-ins, then sessions (numbered on from them), by patient and time.

    At one instant check-ins come before sessions: they are what was known at the dose. Patient,
    time and number are packed in one integer, which sorts six times as fast as places; times are
    cut to what fits, and the few rows that look alike then are put in order by their exact times.
    """
    n_check_ins = len(check_ins.at)
    n = n_check_ins + len(sessions.start)
    if n == 0:
        return np.empty(0, np.int64)
    tables = [one for one in (check_ins.at, sessions.start) if len(one)]
    low, high = min(int(at.min()) for at in tables), max(int(at.max()) for at in tables)
    patients = max(int(one.max()) for one in (check_ins.patient, sessions.patient) if len(one))
    number_bits, time_bits = n.bit_length(), (high - low).bit_length()
    cut = max(0, time_bits + patients.bit_length() + number_bits - KEY_BITS)
    key = np.empty(n, np.int64)
    np.subtract(check_ins.at, low, out=key[:n_check_ins])
    np.subtract(sessions.start, low, out=key[n_check_ins:])
    key >>= cut
    key[:n_check_ins] |= check_ins.patient << (time_bits - cut)
    key[n_check_ins:] |= sessions.patient << (time_bits - cut)
    key <<= number_bits
    key |= np.arange(n)
    key.sort()
    order: Ints = key & ((1 << number_bits) - 1)
    key >>= number_bits
    alike = np.flatnonzero(key[1:] == key[:-1])
    if len(alike):
        places = np.union1d(alike, alike + 1)
        rows = order[places]
        visit = rows >= n_check_ins
        at, tie = np.empty(len(rows), np.int64), np.zeros(len(rows), np.int64)
        at[~visit] = check_ins.at[rows[~visit]]
        at[visit] = sessions.start[rows[visit] - n_check_ins]
        tie[visit] = sessions.tie[rows[visit] - n_check_ins] + 1
        order[places] = rows[np.lexsort((tie, at, key[places]))]
    return order


def series_of(check_ins: CheckInArrays, order: Ints, ranks: Ranks) -> tuple[Series, Ints | None]:
    """The sorted check-ins, and where several fell on one instant, how many stand before each."""
    at = check_ins.at[order]
    rank = (ranks[check_ins.code] if len(ranks) else ranks)[order]
    again = np.flatnonzero(at[1:] == at[:-1]) + 1
    again = again[check_ins.patient[order[again]] == check_ins.patient[order[again - 1]]]
    if len(again) == 0:
        return Series(at, rank, 0, 0), None
    first = np.ones(len(at), bool)
    first[again] = False
    heads = np.flatnonzero(first)
    worst = np.maximum.reduceat(rank, heads)
    conflicts = int((np.minimum.reduceat(rank, heads) != worst).sum())
    repeated = np.union1d(again, again - 1)
    group = np.cumsum(first)[repeated]
    distinct = np.unique(np.column_stack([group, rank[repeated]]), axis=0)
    kept = np.concatenate([[0], np.cumsum(first)])
    return Series(at[heads], worst, len(repeated) - len(distinct), conflicts), kept


def visits_of(
    sessions: SessionArrays, row: Ints, seen: Ints, before: Ints, rule: ResponseRule
) -> Visits:
    """The sessions at `row`, in that order, with their numbers in the patient and in the course."""
    patient, start = sessions.patient[row], sessions.start[row]
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
        start=start,
        seen=seen,
        own_first=before[patient],
        own_end=before[patient + 1],
        session_no=index - patient_first + 1,
        course_no=courses - courses[patient_first] + 1 if len(row) else courses,
        no_in_course=index - course_first + 1,
        course_first=course_first,
        has_later=has_later,
    )


def levels_of(scores: list[Fraction], rule: ResponseRule) -> tuple[Levels, Ranks]:
    """The distinct severities with their limits, and the rank of each of `scores`."""
    severities = [rule.severity(score) for score in scores]
    values = sorted(set(severities))
    place = {value: i for i, value in enumerate(values)}
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
    return levels, np.array([place[value] for value in severities], narrow(len(values) + 1))


def chunks(count: int) -> Iterator[slice]:
    """Rows 0 to `count` - 1 in parts that fit the processor's memory; one empty part of none."""
    for start in range(0, max(1, count), CHUNK):
        yield slice(start, start + CHUNK)


def narrow(count: int) -> type[np.signedinteger[Any]]:
    """The narrower of two types that holds the numbers from 0 to `count`."""
    return np.int16 if count < 1 << 15 else np.int32


def days(value: Decimal) -> int:
    """Days as whole microseconds, rounded down."""
    return int(Fraction(value) * US_PER_DAY)
