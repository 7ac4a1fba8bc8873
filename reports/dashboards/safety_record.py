"""Rows → columns: what was recorded of the chosen sessions, on the clock of each dose.

`at` is a row of `sessions`; hours count from the start of the dose of that session. What was
struck is left out. Thirteen queries, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from reports import frames
from reports.dashboards.safety_filter import SafetyFilter
from sessions_app.dose_given import FIRST_DOSE_KINDS
from sessions_app.effects import GRADES
from sessions_app.ends import NOT_A_TREATMENT
from sessions_app.models import (
    DoseEvent,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    SignOff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.models.base import Entry
from sessions_app.models.sessions import SessionQuerySet

if TYPE_CHECKING:
    import pandas as pd

HOUR = timedelta(hours=1)
CHUNK = 10_000
NOT_SIGNED = "not_signed"
IMPORTED = "import"

SESSION_COLUMNS = (
    *("session_id", "patient_id", "patient", "start", "session_no", "route", "drug", "dose_mg"),
    *("origin", "protocol_id", "infusion_minutes", "end", "end_h", "is_signed_again"),
    *("dose_end_h", "last_h"),
)
READING_COLUMNS = ("at", "hour", "systolic", "diastolic", "is_late")
EFFECT_COLUMNS = ("at", "code", "onset_h", "resolved_h", "grade", "is_serious", "last_h")
NONE_COLUMNS = ("at", "hour")
LATE_H = Entry.LATE_AFTER / HOUR


@dataclass(frozen=True)
class Record:
    """One row a session, a reading, a side effect, a "none observed".

    sessions      patient: a number for each patient. end: an end's code, "not_signed" or "import".
                  end_h: when it was signed, NaN where that is no time of leaving (not signed, or
                  signed again after a correction). dose_end_h: the stop of an infusion, else the
                  last amount; NaN where none is known. last_h: the last entry of any kind.
    effects       grade: the worst, 0 mild to 2 severe; resolved_h: NaN while it was not noted;
                  last_h: its own last entry.
    treatments    every treatment of the clinic, chosen or not: patient_id, session_id, start.
    left_out      sessions that are no treatment, by reason.
    """

    sessions: pd.DataFrame
    readings: pd.DataFrame
    effects: pd.DataFrame
    none_observed: pd.DataFrame
    treatments: pd.DataFrame
    left_out: dict[str, int]


def record_of(allowed: QuerySet[TreatmentSession], chosen: SafetyFilter, zone: str) -> Record:
    """The record of the sessions of `allowed` that `chosen` asks for."""
    import pandas as pd

    numbered = _numbered(allowed)
    wanted = chosen.of(allowed, zone)
    facts = _facts(wanted)
    ends = _ends(wanted)
    sessions = facts.merge(numbered, on="session_id", how="inner").sort_values(
        ["start", "session_id"], ignore_index=True
    )
    left_out = _left_out(set(facts["session_id"]) - set(sessions["session_id"]), ends)
    sessions["patient"] = pd.factorize(sessions["patient_id"])[0]
    place = {UUID(key): at for at, key in enumerate(sessions["session_id"])}
    starts = [start.to_pydatetime() for start in sessions["start"]]
    readings = _readings(wanted, place, starts)
    effects = _effects(wanted, place, starts)
    none_observed = _none_observed(wanted, place, starts)
    _add_ends(sessions, ends, starts)
    sessions["dose_end_h"] = _dose_ends(wanted, place, starts)
    last = pd.concat(
        [
            readings[["at", "hour"]],
            none_observed,
            effects[["at", "last_h"]].rename(columns={"last_h": "hour"}),
        ]
    )
    sessions["last_h"] = last.groupby("at")["hour"].max().reindex(sessions.index)
    chosen_columns = sessions[list(SESSION_COLUMNS)]
    return Record(chosen_columns, readings, effects, none_observed, numbered, left_out)


def _numbered(allowed: QuerySet[TreatmentSession]) -> pd.DataFrame:
    """Every treatment of the clinic with its number within the patient, whatever the filter."""
    frame, _left_out = frames.counted_sessions(cast(SessionQuerySet, allowed))
    frame = frame.sort_values(["patient_id", "session_start", "session_id"])
    frame["session_no"] = frame.groupby("patient_id").cumcount() + 1
    renamed = frame.rename(columns={"session_start": "start"})
    return renamed[["session_id", "patient_id", "start", "session_no", "dose_mg"]]


def _facts(wanted: QuerySet[TreatmentSession]) -> pd.DataFrame:
    columns = ("pk", "route", "drug", "origin", "protocol_id", "infusion_minutes")
    found = wanted.order_by().values_list(*columns, "documented_end_at")
    rows = [(str(pk), *rest) for pk, *rest in found]
    return _frame(rows, ("session_id", *columns[1:], "documented_end_at"))


def _ends(wanted: QuerySet[TreatmentSession]) -> dict[str, tuple[str, datetime, bool]]:
    """By session: the end that stands, when it was signed, and whether it was signed before."""
    found: dict[str, tuple[str, datetime, bool]] = {}
    rows = SignOff.objects.filter(session__in=wanted.order_by().values("pk")).order_by("signed_at")
    again: set[str] = set()
    for session, end, at, void in rows.values_list("session_id", "end", "signed_at", "void__id"):
        key = str(session)
        if void is not None:
            again.add(key)
        else:
            found[key] = (end, at, False)
    return {key: (end, at, key in again) for key, (end, at, _again) in found.items()}


def _left_out(keys: set[str], ends: dict[str, tuple[str, datetime, bool]]) -> dict[str, int]:
    why = {"no_dose": 0, "not_started": 0, "wrong_patient": 0}
    for key in keys:
        end = ends[key][0] if key in ends else ""
        why[end if end in NOT_A_TREATMENT else "no_dose"] += 1
    return why


def _add_ends(
    sessions: pd.DataFrame,
    ends: dict[str, tuple[str, datetime, bool]],
    starts: list[datetime],
) -> None:
    codes, hours, again = [], [], []
    columns = ("session_id", "origin", "documented_end_at")
    rows = zip(*(sessions[name] for name in columns), starts, strict=True)
    for key, origin, documented, start in rows:
        end, signed_at, is_again = ends.get(key, (NOT_SIGNED, None, False))
        left_at = signed_at
        if origin == "import":
            end, left_at = IMPORTED, documented if isinstance(documented, datetime) else None
        codes.append(end)
        again.append(is_again)
        known = left_at is not None and not is_again
        hours.append((left_at - start) / HOUR if known and left_at is not None else None)
    sessions["end"], sessions["is_signed_again"] = codes, again
    sessions["end_h"] = _floats(hours, sessions)


def _dose_ends(
    wanted: QuerySet[TreatmentSession], place: dict[UUID, int], starts: list[datetime]
) -> list[float | None]:
    """The stop of an infusion, or the last amount where nothing ran."""
    rows: Any = DoseEvent.objects.standing().filter(session__in=wanted.order_by().values("pk"))
    found = (
        rows.order_by()
        .values("session_id")
        .annotate(
            stop=Min("taken_at", filter=Q(kind="stop")),
            ran=Count("id", filter=Q(kind="start")),
            last=Max("taken_at", filter=Q(kind__in=FIRST_DOSE_KINDS)),
        )
    )
    hours: list[float | None] = [None] * len(starts)
    for row in found:
        at = place.get(row["session_id"])
        end = row["stop"] if row["ran"] else row["last"]
        if at is not None and end is not None:
            hours[at] = (end - starts[at]) / HOUR
    return hours


def _readings(
    wanted: QuerySet[TreatmentSession], place: dict[UUID, int], starts: list[datetime]
) -> pd.DataFrame:
    rows: Any = VitalReading.objects.standing()
    columns = ("session_id", "taken_at", "recorded_at", "systolic", "diastolic")
    found = _of(rows, wanted, (*columns, "is_late_entry", "replaces_id"))

    def lines() -> Iterator[tuple[Any, ...]]:
        for session, taken, recorded, systolic, diastolic, late, replaces in found:
            at = place.get(session)
            if at is not None:
                slow = replaces is None and recorded - taken > Entry.LATE_AFTER
                yield at, (taken - starts[at]) / HOUR, systolic, diastolic, late or slow

    kinds = {"at": "int64", "hour": "float64", "systolic": "float64", "diastolic": "float64"}
    return _frame(lines(), READING_COLUMNS).astype({**kinds, "is_late": "bool"})


def _effects(
    wanted: QuerySet[TreatmentSession], place: dict[UUID, int], starts: list[datetime]
) -> pd.DataFrame:
    """Imported resolutions of an open effect and changes of grade are in the changes."""
    changed: Any = SideEffectChange.objects.standing()
    columns = ("effect_id", "kind", "grade", "taken_at", "is_serious")
    changes: dict[UUID, list[tuple[str, str, datetime, bool]]] = {}
    picked = changed.filter(effect__session__in=wanted.order_by().values("pk"))
    for effect, *change in picked.order_by("taken_at", "id").values_list(*columns):
        changes.setdefault(effect, []).append(cast(tuple[str, str, datetime, bool], tuple(change)))
    rows: Any = SideEffect.objects.standing()
    found = _of(rows, wanted, ("session_id", "pk", "code", "taken_at", "grade", "is_serious"))

    def lines() -> Iterator[tuple[Any, ...]]:
        for session, key, code, taken, grade, serious in found:
            at = place.get(session)
            if at is None:
                continue
            own = changes.get(key, [])
            ends = [when for kind, _grade, when, _serious in own if kind == "resolved"]
            grades = [grade, *(new for _kind, new, _when, _serious in own if new)]
            last = max([taken, *(when for _kind, _grade, when, _serious in own)])
            yield (
                at,
                code,
                (taken - starts[at]) / HOUR,
                (ends[0] - starts[at]) / HOUR if ends else None,
                max(GRADES.index(one) for one in grades),
                serious or any(one for *_rest, one in own),
                (last - starts[at]) / HOUR,
            )

    kinds = {"at": "int64", "onset_h": "float64", "resolved_h": "float64", "last_h": "float64"}
    return _frame(lines(), EFFECT_COLUMNS).astype({**kinds, "grade": "int64", "is_serious": "bool"})


def _none_observed(
    wanted: QuerySet[TreatmentSession], place: dict[UUID, int], starts: list[datetime]
) -> pd.DataFrame:
    rows: Any = NoneObserved.objects.standing()
    found = _of(rows, wanted, ("session_id", "taken_at"))
    lines = (
        (place[session], (taken - starts[place[session]]) / HOUR)
        for session, taken in found
        if session in place
    )
    return _frame(lines, NONE_COLUMNS).astype({"at": "int64", "hour": "float64"})


def _of(
    rows: Any, wanted: QuerySet[TreatmentSession], columns: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """Those of the chosen sessions, in order of time."""
    of_them = rows.filter(session__in=wanted.order_by().values("pk")).order_by("taken_at", "id")
    found: Iterator[tuple[Any, ...]] = of_them.values_list(*columns).iterator(chunk_size=CHUNK)
    return found


def _frame(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def _floats(values: list[float | None], like: pd.DataFrame) -> pd.Series[float]:
    import pandas as pd

    return pd.Series(values, index=like.index, dtype="float64")
