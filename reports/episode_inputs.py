"""From two frames to arrays: patients, times and exact scores as numbers.

Scores are compared exactly: they are read as decimals and compared as fractions, because the
binary product (1 - 0.9) * 10 is smaller than 1. Times are whole microseconds of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from reports.episode_arrays import (
    Bools,
    CheckInArrays,
    Ints,
    Prepared,
    SessionArrays,
    prepare_arrays,
)
from reports.response_rule import ResponseRule

__all__ = ["Bools", "Ints", "PreparedFrames", "arrays_of", "exact", "microseconds", "prepare"]


@dataclass(frozen=True)
class PreparedFrames(Prepared):
    """Everything the rules need; `sessions` are all the given rows."""

    sessions: pd.DataFrame


def prepare(sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule) -> PreparedFrames:
    """Sessions, and check-ins of the instrument and of known patients, sorted."""
    read = prepare_arrays(*arrays_of(sessions, check_ins, rule), rule)
    return PreparedFrames(read.visits, read.series, read.levels, sessions)


def arrays_of(
    sessions: pd.DataFrame, check_ins: pd.DataFrame, rule: ResponseRule
) -> tuple[SessionArrays, CheckInArrays]:
    """The frames of `episodes.derive` as numbers; naive or missing times raise ValueError."""
    own = check_ins[(check_ins["instrument"] == rule.instrument) & check_ins["score"].notna()]
    codes, names = pd.factorize(sessions["patient_id"].astype(str), sort=True)
    ties, _ = pd.factorize(sessions["session_id"].astype(str), sort=True)
    of_check_in = pd.Index(names).get_indexer(own["patient_id"].astype(str))
    score_codes, scores = pd.factorize(own["score"])
    return (
        SessionArrays(
            np.asarray(codes, np.int64),
            microseconds(sessions["session_start"]),
            np.asarray(ties, np.int64),
        ),
        CheckInArrays(
            np.asarray(of_check_in, np.int64),
            microseconds(own["taken_at"]),
            np.asarray(score_codes, np.int64),
            [exact(value) for value in scores],
        ),
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


def exact(value: Any) -> Fraction:
    """The number as it was written: a float counts as its shortest decimal."""
    if isinstance(value, (float, np.floating)):
        return Fraction(Decimal(repr(float(value))))
    return Fraction(Decimal(str(value)))
