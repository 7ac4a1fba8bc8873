"""A second, slow implementation of the episode rules, written from the definitions in prose.

It shares no line with reports/episodes.py: lists of tuples, loops, Decimal arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

ZERO = timedelta(0)
DERIVED = (
    *("response", "remission", "onset_lo", "onset_hi", "onset_event", "loss_lo", "loss_hi"),
    *("relief_lo", "relief_hi", "relief_event", "relief_reason", "relief_right", "relief_mid"),
)


@dataclass(frozen=True)
class Options:
    """The parameters, in the words of the definitions."""

    f: Decimal = Decimal("0.5")
    loss_f: Decimal = Decimal("0.5")
    confirm_onset: int = 1
    confirm_loss: int = 1
    course_mode: bool = True
    window: timedelta = timedelta(days=14)
    baseline_min: Decimal = Decimal(0)
    gap: timedelta = timedelta(days=90)
    horizon: timedelta = timedelta(days=14)
    cut: Decimal | None = None
    turn_at: Decimal | None = None
    as_of: datetime | None = None


def hours(value: timedelta) -> float:
    return value / timedelta(microseconds=1) / 3.6e9


def naive_episodes(
    sessions: list[tuple[str, str, datetime]],
    check_ins: list[tuple[str, datetime, Decimal]],
    o: Options,
) -> list[dict[str, Any]]:
    """Episodes sorted by patient, start and session id, the derived fields only."""
    if o.as_of is not None:
        sessions = [s for s in sessions if s[2] <= o.as_of]
        check_ins = [c for c in check_ins if c[1] <= o.as_of]
    found = []
    for patient in sorted({s[0] for s in sessions}):
        own = sorted((start, sid) for who, sid, start in sessions if who == patient)
        worst: dict[datetime, Decimal] = {}
        for who, at, score in check_ins:
            if who == patient:
                y = score if o.turn_at is None else o.turn_at - score
                worst[at] = max(worst.get(at, y), y)
        found += _patient(patient, own, sorted(worst.items()), o)
    return found


def _patient(
    patient: str,
    own: list[tuple[datetime, str]],
    scores: list[tuple[datetime, Decimal]],
    o: Options,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    course_no, no_in_course = 0, 0
    course_pres: list[Decimal | None] = []
    for k, (start, sid) in enumerate(own):
        if k == 0 or start - own[k - 1][0] > o.gap:
            course_no, no_in_course, course_pres = course_no + 1, 0, []
        no_in_course += 1
        pre = None
        for at, y in scores:
            if start - o.window <= at <= start:
                pre = y
        course_pres.append(pre)
        baseline = None
        if pre is not None:
            for candidate in course_pres if o.course_mode else [pre]:
                if candidate is not None and candidate > o.baseline_min:
                    baseline = candidate
                    break
        next_start = own[k + 1][0] if k + 1 < len(own) else None
        follow = [
            (at - start, y)
            for at, y in scores
            if at > start and (next_start is None or at <= next_start)
        ]
        row = {
            "patient_id": patient,
            "session_id": sid,
            "session_no": k + 1,
            "course_no": course_no,
            "session_no_in_course": no_in_course,
            "pre_score": None if pre is None else float(pre),
            "baseline": None if baseline is None else float(baseline),
        }
        row |= _response(pre, baseline, follow, next_start is not None, o)
        rows.append(row)
    return rows


def _response(
    pre: Decimal | None,
    baseline: Decimal | None,
    follow: list[tuple[timedelta, Decimal]],
    has_later: bool,
    o: Options,
) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(DERIVED)
    if pre is None:
        return row | {"status": "no_predose"}
    if baseline is None:
        return row | {"status": "baseline_too_low"}

    def responds(y: Decimal) -> bool:
        return y <= baseline * (1 - o.f)

    carried = o.course_mode and responds(pre)
    early = [point for point in follow if point[0] <= o.horizon]
    if not (follow if carried else early):
        return row | {"status": "no_followup"}
    if carried:
        return row | {"status": "carried"} | _relief(baseline, follow, 0, ZERO, ZERO, has_later, o)
    if o.cut is not None:
        row["remission"] = any(y <= o.cut for _, y in early)

    for i, (t, _) in enumerate(follow):
        run = follow[i : i + o.confirm_onset]
        if t <= o.horizon and len(run) == o.confirm_onset and all(responds(y) for _, y in run):
            lo = follow[i - 1][0] if i else ZERO
            row |= {"status": "response", "response": True, "onset_event": True}
            row |= {"onset_lo": hours(lo), "onset_hi": hours(t)}
            return row | _relief(baseline, follow, i, lo, t, has_later, o)

    kept = list(follow)
    while kept and responds(kept[-1][1]):
        kept.pop()
    times = [t for t, _ in kept if t <= o.horizon]
    row |= {"status": "no_response", "response": False, "onset_event": False}
    return row | {"onset_lo": hours(times[-1]) if times else 0.0}


def _relief(
    baseline: Decimal,
    follow: list[tuple[timedelta, Decimal]],
    begin: int,
    onset_lo: timedelta,
    onset_hi: timedelta,
    has_later: bool,
    o: Options,
) -> dict[str, Any]:
    def lost(y: Decimal) -> bool:
        return y > baseline * (1 - o.loss_f)

    mid_onset = (hours(onset_lo) + hours(onset_hi)) / 2
    for i in range(begin, len(follow)):
        run = follow[i : i + o.confirm_loss]
        if len(run) == o.confirm_loss and all(lost(y) for _, y in run):
            lo, hi = (follow[i - 1][0] if i else ZERO), follow[i][0]
            return {
                "loss_lo": hours(lo),
                "loss_hi": hours(hi),
                "relief_lo": hours(lo - onset_hi),
                "relief_hi": hours(hi - onset_lo),
                "relief_event": True,
                "relief_right": hours(hi - onset_hi),
                "relief_mid": (hours(lo) + hours(hi)) / 2 - mid_onset,
            }
    kept = list(follow[begin:])
    while kept and lost(kept[-1][1]):
        kept.pop()
    last_ok = kept[-1][0] if kept else ZERO
    reason = "next_session" if has_later else "end_of_followup"
    if len(kept) < len(follow[begin:]):
        reason = "unconfirmed"
    return {
        "loss_lo": hours(last_ok),
        "relief_lo": hours(last_ok - onset_hi),
        "relief_event": False,
        "relief_reason": reason,
        "relief_right": hours(last_ok - onset_hi),
        "relief_mid": hours(last_ok) - mid_onset,
    }
