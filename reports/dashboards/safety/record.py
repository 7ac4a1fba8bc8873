"""Rows → columns: what was recorded of the chosen sessions, on the clock of each dose.

`at` is a row of `sessions`; hours count from the start of the dose of that session. What was
struck is left out. A fixed number of queries, and no Python object per row of a large registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, cast
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from reports import derived
from reports.columns import Kind, read_columns
from reports.dashboards.filters import relief_name
from reports.dashboards.safety.filter import SafetyFilter
from reports.models import DerivedEpisode
from reports.response_rule import ResponseRule
from sessions_app.chairside.dose_given import FIRST_DOSE_KINDS
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
from sessions_app.protocol_of import protocol_of
from sessions_app.rules.effects import GRADES
from sessions_app.rules.ends import NOT_A_TREATMENT
from sessions_app.rules.protocols import Protocol

Floats: TypeAlias = npt.NDArray[np.float64]

US_PER_HOUR = 3_600_000_000
LATE_US = Entry.LATE_AFTER.total_seconds() * 1e6
NOT_SIGNED = "not_signed"
IMPORTED = "import"
# Every instrument's kept rows number the same treatments; these are asked for most.
KEPT_FOR = "mood_0_10"
# From so many sessions on, a second connection that reads whole columns is worth its opening.
MANY = 5_000

SESSION_COLUMNS = (
    *("session_id", "patient_id", "patient", "start", "session_no", "route", "drug", "dose_mg"),
    *("origin", "protocol_id", "infusion_minutes", "end", "end_h", "is_signed_again"),
    *("dose_end_h", "last_h"),
)


@dataclass(frozen=True)
class Record:
    """One row a session, a reading, a side effect, a "none observed".

    sessions      patient: a number for each patient. start: microseconds since 1970. end: an end's
                  code, "not_signed" or "import". end_h: when it was signed, NaN where that is no
                  time of leaving (not signed, or signed again after a correction). dose_end_h: the
                  stop of an infusion, else the last amount; NaN where none is known. last_h: the
                  last entry of any kind.
    readings      at, hour, systolic, diastolic, is_late; in order of time.
    effects       at, code, onset_h, resolved_h (NaN while it was not noted), grade: the worst,
                  0 mild to 2 severe, is_serious, last_h: its own last entry.
    none_observed at, hour.
    treatments    every treatment of the clinic, chosen or not: patient_id, session_id, start.
    left_out      sessions that are no treatment, by reason.
    is_large      whether whole columns are read through a second connection.
    """

    sessions: pd.DataFrame
    readings: pd.DataFrame
    effects: pd.DataFrame
    none_observed: pd.DataFrame
    treatments: pd.DataFrame
    left_out: dict[str, int]
    is_large: bool

    @cached_property
    def schedules(self) -> list[tuple[list[int], list[int], Protocol]]:
        """The live sessions that share a schedule: their places, its due minutes, the protocol.

        An infusion whose length is not known has no due minutes.
        """
        live = self.sessions[self.sessions["origin"] == "live"]
        found = []
        plan = ["route", "protocol_id", "infusion_minutes"]
        for plans, rows in live.groupby(plan, dropna=False, sort=False):
            route, key, length = cast(tuple[str, Any, Any], plans)
            known = None if pd.isna(key) else UUID(str(key))
            protocol = protocol_of(TreatmentSession(route=route, protocol_id=known))
            minutes = None if pd.isna(length) else int(length)
            has_due = not protocol.is_infusion or bool(minutes)
            due = protocol.due_minutes(minutes) if has_due else []
            found.append(([int(at) for at in rows.index], due, protocol))
        return found


def record_of(
    clinic_id: UUID, allowed: QuerySet[TreatmentSession], chosen: SafetyFilter, zone: str
) -> Record:
    """The record of the sessions of `allowed`, all of one clinic, that `chosen` asks for."""
    found = chosen.of(allowed, zone)
    n = found.count()
    is_large = n >= MANY
    wanted = _Chosen(found, is_large, is_most=is_large and allowed.count() <= 2 * n)
    treatments = _treatments(clinic_id, wanted)
    facts, ends = _facts(wanted), _ends(wanted)
    sessions = facts.merge(treatments, on="session_id", how="inner").sort_values(
        ["start", "session_id"], ignore_index=True
    )
    sessions["patient"] = pd.factorize(sessions["patient_id"])[0]
    left_out = _left_out(facts.loc[~facts["session_id"].isin(sessions["session_id"])], ends)
    clock = _Clock(sessions)
    readings, effects = _readings(wanted, clock), _effects(wanted, clock)
    none_observed = _none_observed(wanted, clock)
    sessions = _with_ends(sessions, ends)
    sessions["dose_end_h"] = _dose_ends(wanted, clock)
    entries = [
        readings[["at", "hour"]],
        none_observed,
        effects[["at", "last_h"]].rename(columns={"last_h": "hour"}),
    ]
    last = pd.concat(entries).groupby("at")["hour"].max()
    sessions["last_h"] = last.reindex(sessions.index)
    columns = sessions[list(SESSION_COLUMNS)]
    large = wanted.through_adbc
    return Record(columns, readings, effects, none_observed, treatments, left_out, large)


class _Clock:
    """The place of each chosen session, and the hours from its dose."""

    def __init__(self, sessions: pd.DataFrame) -> None:
        self.places = pd.Index(sessions["session_id"])
        self.start = sessions["start"].to_numpy(np.int64)

    def chosen(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of the chosen sessions, with `at` instead of `session_key`."""
        codes, keys = pd.factorize(rows["session_key"])
        at = self.places.get_indexer(pd.Index(plain(pd.Series(keys))))[codes]
        return rows.assign(at=at).drop(columns="session_key")[at >= 0].reset_index(drop=True)

    def hours(self, at: pd.Series[int], moments: pd.Series[str]) -> Floats:
        """From the dose to the moments, NaN where there is none."""
        return (microseconds(moments) - self.start[at.to_numpy(np.int64)]) / US_PER_HOUR


def with_keys(rows: Any, **keys: str) -> Any:
    """The rows with keys as text under other names, because a column of keys is no text on every
    engine: `with_keys(rows, session_key="session_id")`.
    """
    return rows.annotate(**{name: Cast(key, TextField()) for name, key in keys.items()})


def plain(keys: pd.Series[str]) -> pd.Series[str]:
    """Keys as 32 hexadecimal digits: the engines write them with hyphens or without."""
    return keys.astype("str").str.replace("-", "", regex=False)


def microseconds(moments: pd.Series[str]) -> Floats:
    """Moments as the engines write them, in microseconds since 1970; NaN where there is none.

    A float holds every microsecond until the year 2255.
    """
    read_as = pd.to_datetime(moments, utc=True, format="ISO8601").dt.as_unit("us")
    known = read_as.notna().to_numpy()
    return np.where(known, read_as.astype("int64").to_numpy(np.float64), np.nan)


@dataclass(frozen=True)
class _Chosen:
    """The sessions asked for, and how their rows are read.

    `is_most`: a large part of a large clinic. A database that first lists a million sessions to
    look rows up in takes seconds for every kind of row; there each row looks up its session.
    """

    sessions: QuerySet[TreatmentSession]
    through_adbc: bool
    is_most: bool

    def of(self, rows: Any, path: str = "session") -> Any:
        """Those of the chosen sessions, each with the `session_key`."""
        if self.is_most:
            chosen = rows.filter(Exists(self.sessions.order_by().filter(pk=OuterRef(f"{path}_id"))))
        else:
            chosen = rows.filter(**{f"{path}__in": self.sessions.order_by().values("pk")})
        return with_keys(chosen.order_by(), session_key=f"{path}_id")

    def read(self, rows: Any, kinds: dict[str, Kind]) -> pd.DataFrame:
        return read_columns(rows, kinds, through_adbc=self.through_adbc)


def _treatments(clinic_id: UUID, wanted: _Chosen) -> pd.DataFrame:
    """Every treatment of the clinic with its number within the patient, whatever the filter."""
    rule = ResponseRule.for_instrument(relief_name(KEPT_FOR))
    derived.refresh(clinic_id, rule)
    kept = DerivedEpisode.objects.filter(clinic_id=clinic_id, instrument=rule.instrument)
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("session_id", "patient_id"), "key"),
        **dict.fromkeys(("start_us", "session_no"), "int"),
        "dose_mg": "float",
    }
    rows = wanted.read(kept.order_by(), kinds).rename(columns={"start_us": "start"})
    return rows.assign(session_id=plain(rows["session_id"]), patient_id=plain(rows["patient_id"]))


def _facts(wanted: _Chosen) -> pd.DataFrame:
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("session_key", "protocol_key", "documented_end_at"), "key"),
        **dict.fromkeys(("route", "drug", "origin"), "word"),
        "infusion_minutes": "float",
    }
    found = with_keys(wanted.sessions.order_by(), session_key="pk", protocol_key="protocol_id")
    rows = wanted.read(found, kinds).rename(columns={"protocol_key": "protocol_id"})
    return rows.assign(session_id=plain(rows["session_key"])).drop(columns="session_key")


def _ends(wanted: _Chosen) -> pd.DataFrame:
    """By session: the end that stands, when it was signed, whether a signature was taken back."""
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("session_key", "signed_at"), "key"),
        "end": "word",
        "is_void": "bool",
    }
    signed = wanted.of(SignOff.objects.annotate(is_void=Q(void__isnull=False)))
    rows = wanted.read(signed.order_by("signed_at"), kinds)
    rows = rows.rename(columns={"session_key": "session_id"})
    rows = rows.assign(session_id=plain(rows["session_id"]), is_void=rows["is_void"].astype(bool))
    standing = rows[~rows["is_void"]].drop_duplicates("session_id", keep="last")
    again = standing["session_id"].isin(rows.loc[rows["is_void"], "session_id"])
    return standing.assign(is_signed_again=again).drop(columns="is_void")


def _left_out(others: pd.DataFrame, ends: pd.DataFrame) -> dict[str, int]:
    end = others.merge(ends[["session_id", "end"]], on="session_id", how="left")["end"]
    named = {reason: int((end == reason).sum()) for reason in NOT_A_TREATMENT}
    return {"no_dose": len(others) - sum(named.values()), **named}


def _with_ends(sessions: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """The sessions with `end`, `end_h` and `is_signed_again`."""
    rows = sessions.merge(ends, on="session_id", how="left")
    imported = (rows["origin"] == "import").to_numpy(bool)
    again = rows["is_signed_again"].eq(True).to_numpy(bool)
    signed, documented = microseconds(rows["signed_at"]), microseconds(rows["documented_end_at"])
    left = np.where(imported, documented, np.where(again, np.nan, signed))
    end = rows["end"].where(rows["end"].notna(), NOT_SIGNED).where(~imported, IMPORTED)
    hours = (left - rows["start"].to_numpy(np.int64)) / US_PER_HOUR
    return rows.assign(end=end, end_h=hours, is_signed_again=again & ~imported)


def _dose_ends(wanted: _Chosen, clock: _Clock) -> Floats:
    """The stop of an infusion, or the last amount where nothing ran."""
    rows: Any = DoseEvent.objects.standing()
    by_session = (
        wanted.of(rows)
        .values("session_key")
        .annotate(
            stop=Min("taken_at", filter=Q(kind="stop")),
            ran=Count("id", filter=Q(kind="start")),
            last=Max("taken_at", filter=Q(kind__in=FIRST_DOSE_KINDS)),
        )
    )
    kinds: dict[str, Kind] = {**dict.fromkeys(("session_key", "stop", "last"), "key"), "ran": "int"}
    found = clock.chosen(wanted.read(by_session, kinds))
    end = found["stop"].where(found["ran"] > 0, found["last"])
    hours = np.full(len(clock.start), np.nan)
    hours[found["at"].to_numpy(np.int64)] = clock.hours(found["at"], end)
    return hours


def _readings(wanted: _Chosen, clock: _Clock) -> pd.DataFrame:
    standing: Any = VitalReading.objects.standing()
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("session_key", "taken_at", "recorded_at"), "key"),
        **dict.fromkeys(("systolic", "diastolic"), "float"),
        **dict.fromkeys(("is_late_entry", "is_correction"), "bool"),
    }
    corrected = standing.annotate(is_correction=Q(replaces__isnull=False))
    rows = clock.chosen(wanted.read(wanted.of(corrected).order_by("taken_at", "id"), kinds))
    waited = microseconds(rows["recorded_at"]) - microseconds(rows["taken_at"])
    slow = ~rows["is_correction"].to_numpy(bool) & (waited > LATE_US)
    return pd.DataFrame(
        {
            "at": rows["at"],
            "hour": clock.hours(rows["at"], rows["taken_at"]),
            "systolic": rows["systolic"],
            "diastolic": rows["diastolic"],
            "is_late": rows["is_late_entry"].to_numpy(bool) | slow,
        }
    )


def _effects(wanted: _Chosen, clock: _Clock) -> pd.DataFrame:
    """One row an effect, with what its changes say."""
    standing: Any = SideEffect.objects.standing()
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("effect_key", "session_key", "taken_at"), "key"),
        **dict.fromkeys(("code", "grade"), "word"),
        "is_serious": "bool",
    }
    rows = clock.chosen(wanted.read(with_keys(wanted.of(standing), effect_key="pk"), kinds))
    rows = rows.assign(onset=microseconds(rows["taken_at"]), grade=_grades(rows["grade"]))
    changed = _changes(wanted).reindex(plain(rows["effect_key"]))
    serious = rows["is_serious"].to_numpy(bool) | changed["is_serious"].eq(1).to_numpy(bool)
    start = clock.start[rows["at"].to_numpy(np.int64)]
    return pd.DataFrame(
        {
            "at": rows["at"],
            "code": rows["code"],
            "onset_h": (rows["onset"] - start) / US_PER_HOUR,
            "resolved_h": (changed["resolved"].to_numpy() - start) / US_PER_HOUR,
            "grade": np.fmax(rows["grade"], changed["grade"].to_numpy()).astype(np.int64),
            "is_serious": serious,
            "last_h": (np.fmax(rows["onset"], changed["last"].to_numpy()) - start) / US_PER_HOUR,
        }
    )


def _changes(wanted: _Chosen) -> pd.DataFrame:
    """By effect: when it was first noted as over, its worst grade, serious or not, the last."""
    standing: Any = SideEffectChange.objects.standing()
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("effect_key", "taken_at"), "key"),
        **dict.fromkeys(("kind", "grade"), "word"),
        "is_serious": "bool",
    }
    changes = with_keys(wanted.of(standing, "effect__session"), effect_key="effect_id")
    rows = wanted.read(changes, kinds)
    at = microseconds(rows["taken_at"])
    told = pd.DataFrame(
        {
            "effect": plain(rows["effect_key"]),
            "resolved": np.where(rows["kind"] == "resolved", at, np.nan),
            "grade": _grades(rows["grade"]),
            "is_serious": rows["is_serious"].to_numpy(bool).astype(np.float64),
            "last": at,
        }
    )
    how = {"resolved": "min", "grade": "max", "is_serious": "max", "last": "max"}
    return told.groupby("effect").agg(how)


def _grades(words: pd.Series[str]) -> Floats:
    """0 mild to 2 severe; NaN where a change says nothing of the grade."""
    places: dict[str, float] = {grade: float(place) for place, grade in enumerate(GRADES)}
    return np.asarray(words.map(places), np.float64)


def _none_observed(wanted: _Chosen, clock: _Clock) -> pd.DataFrame:
    standing: Any = NoneObserved.objects.standing()
    kinds: dict[str, Kind] = dict.fromkeys(("session_key", "taken_at"), "key")
    rows = clock.chosen(wanted.read(wanted.of(standing), kinds))
    return pd.DataFrame({"at": rows["at"], "hour": clock.hours(rows["at"], rows["taken_at"])})
