"""From the frames of the analysis to the columns that are kept, and back without a difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reports.episode_inputs import microseconds
from reports.episodes import EPISODE_COLUMNS, REASONS, derive
from reports.mood_change import WINDOWS_H, changes_after
from reports.relief_report import Observed
from reports.response_rule import ResponseRule
from reports.treatment_policy import whole_course_relief

FACTS = ("drug", "indication", "origin")
CHANGES = tuple(f"change_{hours}" for hours in WINDOWS_H)
COURSE = ("course_lo", "course_hi", "course_right", "course_mid")
KINDS: dict[str, Any] = {
    **dict.fromkeys(("patient_id", "session_id"), "key"),
    "start_us": "int",
    **dict.fromkeys((*FACTS, "route", "status", "relief_reason"), "word"),
    **dict.fromkeys(("session_no", "course_no", "session_no_in_course"), "int"),
    "remission": "bool",
    **dict.fromkeys(("dose_mg", "weight_kg", "pre_score", "baseline", "onset_lo"), "float"),
    **dict.fromkeys(("onset_hi", "loss_lo", "loss_hi", "relief_lo", "relief_hi"), "float"),
    **dict.fromkeys(("relief_right", "relief_mid", *CHANGES, *COURSE), "float"),
}
# What the analysis of a clinic reads: patients and words as numbers, no name of a session.
WORDS = (*FACTS, "route", "status", "relief_reason")
LEFT_UNREAD = ("session_id", "course_no", "session_no_in_course", "remission", "baseline")
NUMBERED: dict[str, Any] = {
    "id": "int",
    **{name: kind for name, kind in KINDS.items() if name not in LEFT_UNREAD},
    **dict.fromkeys(("patient_id", *WORDS), "code"),
}


def derived_rows(
    sessions: pd.DataFrame, facts: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> pd.DataFrame:
    """One row per session with the columns of KINDS, None where nothing is defined."""
    rows = derive(sessions, check_ins, rule)
    through = whole_course_relief(sessions, check_ins, rule)
    assert through is not None, "kept episodes have one baseline for the course"
    responded = (rows["status"] == "response").to_numpy(bool)
    for name in COURSE:
        values = np.full(len(rows), np.nan)
        values[responded] = getattr(through, name.removeprefix("course_"))
        rows[name] = np.where(np.isinf(values), np.nan, values)
    changes = changes_after(sessions, check_ins, rule)
    starts = sessions[["session_id"]].assign(start_us=microseconds(sessions["session_start"]))
    renamed = changes.rename(columns={str(hours): f"change_{hours}" for hours in WINDOWS_H})
    for more in (starts, facts, renamed):
        rows = rows.merge(more, on="session_id", how="left")
    plain = rows[list(KINDS)].astype(object)
    plain = plain.where(plain.notna(), None)
    plain["relief_reason"] = plain["relief_reason"].map(lambda reason: reason or "")
    return plain


def in_order(
    rows: pd.DataFrame, names: Callable[[pd.DataFrame], Sequence[str]] | None = None
) -> pd.DataFrame:
    """By patient_id, start and session_id, as `derive` gives them.

    `names` gives the session_id of rows without one; it is asked for those that begin together.
    """
    patient, start = _rank(rows["patient_id"]), rows["start_us"].to_numpy()
    is_later = start[1:] > start[:-1]
    if ((patient[1:] > patient[:-1]) | ((patient[1:] == patient[:-1]) & is_later)).all():
        return rows
    by_start = np.empty(len(start), np.int64)
    by_start[np.argsort(start)] = np.arange(len(start))
    order = np.argsort(patient * len(start) + by_start)
    before, after = order[:-1], order[1:]
    alike = np.flatnonzero((patient[before] == patient[after]) & (start[before] == start[after]))
    if len(alike):
        places = np.union1d(alike, alike + 1)
        own = order[places]
        some = rows.iloc[own]
        ids, _ = pd.factorize(
            np.asarray(some["session_id"] if names is None else names(some)), sort=True
        )
        order[places] = own[np.lexsort((ids, start[own], patient[own]))]
    if (order[1:] > order[:-1]).all():
        return rows
    return rows.take(order).reset_index(drop=True)


def _rank(patients: pd.Series[Any]) -> Any:
    """A number for each row, in the order of the patients' ids."""
    if isinstance(patients.dtype, pd.CategoricalDtype):
        return _plain(patients)
    codes, names = pd.factorize(patients)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(np.asarray(names, object))] = np.arange(len(names))
    return rank[codes]


def episodes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `derive`."""
    reason = rows["relief_reason"].to_numpy(object, copy=True)
    reason[reason == ""] = None
    made = {**_events_of(rows), "relief_reason": reason}
    columns = {name: made.get(name, rows.get(name)) for name in EPISODE_COLUMNS}
    return pd.DataFrame(columns, columns=list(EPISODE_COLUMNS))


def numbered_episodes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What an analysis needs of that frame, from rows read as NUMBERED; columns are shared."""
    made = {
        **_events_of(rows),
        "patient_id": _plain(rows["patient_id"]),
        "relief_reason": rows["relief_reason"].cat.set_categories(list(REASONS)),
    }
    names = [name for name in EPISODE_COLUMNS if name in made or name in rows]
    return pd.DataFrame({name: made.get(name, rows.get(name)) for name in names}, copy=False)


def numbered_sessions_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Sessions with their facts, from rows read as NUMBERED; `id` is the key of the kept row."""
    columns = {
        "patient_id": _plain(rows["patient_id"]),
        "session_start": _starts_of(rows),
        **{name: rows[name] for name in ("id", "route", "dose_mg", "weight_kg", *FACTS)},
    }
    return pd.DataFrame(columns, copy=False)


def _events_of(rows: pd.DataFrame) -> dict[str, Any]:
    responded = (rows["status"] == "response").to_numpy(bool)
    at_risk = responded | (rows["status"] == "no_response").to_numpy(bool)
    in_relief = responded | (rows["status"] == "carried").to_numpy(bool)
    return {
        "response": _yes_no(responded, at_risk),
        "onset_event": _yes_no(responded, at_risk),
        "relief_event": _yes_no(rows["loss_hi"].notna().to_numpy(bool), in_relief),
    }


def _yes_no(value: Any, where: Any) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(value & where, ~where)


def sessions_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `frames.sessions_frame`, by patient."""
    names = ["patient_id", "session_id", "session_start", "route", "dose_mg", "weight_kg"]
    return rows.assign(session_start=_starts_of(rows))[names]


def _starts_of(rows: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(rows["start_us"].to_numpy().view("M8[us]"), rows.index).dt.tz_localize("UTC")


def changes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `changes_after`: sessions with a score before the dose."""
    names = [name for name in ("session_id", *CHANGES) if name in rows]
    with_pre = rows.loc[rows["pre_score"].notna(), names]
    return with_pre.rename(columns={name: name.removeprefix("change_") for name in CHANGES})


def through_of(rows: pd.DataFrame) -> Observed:
    """What `whole_course_relief` gives, one row per response."""
    names = ["patient_id", "route", "session_no", *COURSE]
    own = rows.loc[(rows["status"] == "response").to_numpy(bool), names]
    lo, hi, right, mid = (own[name].to_numpy(float) for name in COURSE)
    return Observed(
        patient_id=_plain(own["patient_id"]),
        route=_plain(own["route"]),
        is_first=own["session_no"].to_numpy() == 1,
        event=~np.isnan(hi),
        lo=lo,
        hi=np.where(np.isnan(hi), np.inf, hi),
        right=right,
        mid=mid,
    )


def _plain(column: pd.Series[Any]) -> Any:
    """Texts, or the number of each category."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64)
    return column.to_numpy(object)
