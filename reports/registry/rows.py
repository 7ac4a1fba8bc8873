"""One row for each session of the analysis: what resampling patients and the models ask for.

A row has numbers, codes and the day of the dose, about 250 bytes. Patients keep the random keys of
the export, whose order is the order in which they are drawn: the same whatever the partitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from reports.mood_change import WINDOWS_H
from reports.relief_report import Observed

EPISODE = (
    *("route", "dose_mg", "weight_kg", "session_no", "status"),
    *("onset_lo", "onset_hi", "onset_event", "loss_lo", "loss_hi", "relief_lo", "relief_hi"),
    *("relief_event", "relief_reason", "relief_right", "relief_mid"),
)
WORDS = ("route", "status", "relief_reason")
COURSE = ("lo", "hi", "right", "mid", "event")


@dataclass(frozen=True)
class Part:
    """The rows of one partition. `keys`: its patients, ascending; `table.patient_id` is a place
    there. The table's other columns are those of `all_rows`.
    """

    keys: npt.NDArray[np.object_]
    table: pd.DataFrame


@dataclass(frozen=True)
class Rows:
    """The rows of any number of partitions."""

    parts: tuple[Part, ...]


def rows_of(
    episodes: pd.DataFrame,
    start: pd.Series[pd.Timestamp],
    zone: str,
    clinic_id: str,
    changes: pd.DataFrame,
    through: Observed | None,
) -> Rows:
    """The rows of one partition, in the order of `episodes` (`episodes.derive`, all or some).

    `start`: of each episode's session. `changes`: `changes_after`. `through`: relief through later
    sessions, one row per response of `episodes`, None where it is not defined.
    """
    keys, place = np.unique(
        [f"{patient} {clinic_id}" for patient in episodes["patient_id"]], return_inverse=True
    )
    own = changes.set_index("session_id").reindex(episodes["session_id"])
    day = start.dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None).dt.normalize()
    table = episodes[list(EPISODE)].reset_index(drop=True)
    table = table.assign(
        patient_id=place.astype(np.int32),
        day=day.to_numpy("datetime64[s]"),
        **{name: _words(table[name]) for name in WORDS},
        **{f"change_{hours}": own[str(hours)].to_numpy(np.float64) for hours in WINDOWS_H},
    )
    responded = (table["status"] == "response").to_numpy(bool)
    for name in () if through is None else COURSE:
        values = np.full(len(table), np.nan)
        values[responded] = getattr(through, name)
        table[f"course_{name}"] = values
    return Rows((Part(keys.astype(object), table),))


def _words(column: pd.Series[str]) -> pd.Categorical[Any]:
    """The column as codes, its categories of one type also where there are none."""
    values = column.astype(object).where(column.notna() & (column != ""), None)
    return pd.Categorical(values, pd.Index(sorted(set(values.dropna())), dtype=object))


def merged_rows(parts: Sequence[Rows]) -> Rows:
    """The rows behind all of them, not yet in order."""
    return Rows(tuple(part for each in parts for part in each.parts))


def all_rows(rows: Rows) -> pd.DataFrame:
    """The frame of `episodes.derive`, without what no estimate asks for, and three things more.

    `patient_id` is a number in the order of the keys; rows are by patient, and of a patient in the
    order of the sessions. `day`: of the dose, at the clinic. `change_2` to `change_672`: points of
    `changes_after`. `course_lo` to `course_event`: relief through later sessions, if defined.
    """
    _, place = np.unique(
        np.concatenate([part.keys for part in rows.parts]).astype(str), return_inverse=True
    )
    first = np.cumsum([0, *(len(part.keys) for part in rows.parts)])
    patient = np.concatenate(
        [
            place[first[number] + part.table["patient_id"].to_numpy()]
            for number, part in enumerate(rows.parts)
        ]
    )
    order = np.argsort(patient, kind="stable")
    columns: dict[str, Any] = {
        name: union_categoricals([part.table[name] for part in rows.parts])
        if name in WORDS
        else pd.concat([part.table[name] for part in rows.parts], ignore_index=True)
        for name in rows.parts[0].table.columns
    }
    columns["patient_id"] = patient
    return pd.DataFrame(columns).take(order).reset_index(drop=True)


def through_of(table: pd.DataFrame) -> Observed | None:
    """Relief through later sessions, one row per response of `all_rows`; None if not defined."""
    if "course_lo" not in table:
        return None
    own = table[table["status"] == "response"]
    lo, hi, right, mid = (own[f"course_{name}"].to_numpy(np.float64) for name in COURSE[:4])
    return Observed(
        patient_id=own["patient_id"].to_numpy(np.int64),
        route=own["route"].astype(object).to_numpy(object),
        is_first=own["session_no"].to_numpy() == 1,
        event=own["course_event"].to_numpy() == 1,
        lo=lo,
        hi=hi,
        right=right,
        mid=mid,
    )


def changes_of(table: pd.DataFrame) -> pd.DataFrame:
    """`changes_after` of the rows with a score before the dose, with the index of `table`."""
    own = table[table["status"] != "no_predose"]
    names = {f"change_{hours}": str(hours) for hours in WINDOWS_H}
    return own[["patient_id", *names]].rename(columns=names)
