"""From the frames of the analysis to the columns that are kept, and back without a difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.episode_inputs import microseconds
from reports.episodes import EPISODE_COLUMNS, derive
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


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """By patient_id, start and session_id, as `derive` gives them."""
    codes, names = pd.factorize(rows["patient_id"])
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(np.asarray(names, object))] = np.arange(len(names))
    patient, start = rank[codes], rows["start_us"].to_numpy()
    order = np.lexsort((start, patient))
    before, after = order[:-1], order[1:]
    alike = np.flatnonzero((patient[before] == patient[after]) & (start[before] == start[after]))
    if len(alike):
        places = np.union1d(alike, alike + 1)
        own = order[places]
        ids, _ = pd.factorize(rows["session_id"].iloc[own], sort=True)
        order[places] = own[np.lexsort((ids, start[own], patient[own]))]
    if (order[1:] > order[:-1]).all():
        return rows
    return rows.take(order).reset_index(drop=True)


def episodes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `derive`."""
    status = rows["status"].to_numpy(object)
    responded = status == "response"
    at_risk = responded | (status == "no_response")
    in_relief = responded | (status == "carried")
    reason = rows["relief_reason"].to_numpy(object, copy=True)
    reason[reason == ""] = None
    made = {
        "response": _yes_no(responded, at_risk),
        "onset_event": _yes_no(responded, at_risk),
        "relief_event": _yes_no(rows["loss_hi"].notna().to_numpy(bool), in_relief),
        "relief_reason": reason,
    }
    columns = {name: made.get(name, rows.get(name)) for name in EPISODE_COLUMNS}
    return pd.DataFrame(columns, columns=list(EPISODE_COLUMNS))


def _yes_no(value: Any, where: Any) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(value & where, ~where)


def sessions_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `frames.sessions_frame`, by patient."""
    start = pd.to_datetime(rows["start_us"], unit="us", utc=True).dt.as_unit("us")
    names = ["patient_id", "session_id", "session_start", "route", "dose_mg", "weight_kg"]
    return rows.assign(session_start=start)[names]


def changes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The frame of `changes_after`: sessions with a score before the dose."""
    with_pre = rows.loc[rows["pre_score"].notna(), ["session_id", *CHANGES]]
    return with_pre.rename(columns={name: name.removeprefix("change_") for name in CHANGES})


def through_of(rows: pd.DataFrame) -> Observed:
    """What `whole_course_relief` gives, one row per response."""
    own = rows[(rows["status"] == "response").to_numpy(bool)]
    lo, hi, right, mid = (own[name].to_numpy(float) for name in COURSE)
    return Observed(
        patient_id=own["patient_id"].to_numpy(object),
        route=own["route"].to_numpy(object),
        is_first=own["session_no"].to_numpy() == 1,
        event=~np.isnan(hi),
        lo=lo,
        hi=np.where(np.isnan(hi), np.inf, hi),
        right=right,
        mid=mid,
    )
