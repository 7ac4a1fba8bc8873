"""Small frames for the tests of episodes and reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

DOSE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def sessions_frame(rows: list[tuple[str, str, datetime]], route: str = "iv") -> pd.DataFrame:
    """Sessions from (patient, session, start)."""
    frame = pd.DataFrame(rows, columns=["patient_id", "session_id", "session_start"], dtype=object)
    frame["session_start"] = pd.to_datetime(frame["session_start"], utc=True)
    return frame.assign(route=route, dose_mg=40.0, weight_kg=80.0)


def check_ins_frame(
    rows: list[tuple[str, datetime, Any]], instrument: str = "PHQ-9"
) -> pd.DataFrame:
    """Check-ins of one instrument from (patient, taken at, score)."""
    frame = pd.DataFrame(rows, columns=["patient_id", "taken_at", "score"], dtype=object)
    frame["taken_at"] = pd.to_datetime(frame["taken_at"], utc=True)
    return frame.assign(instrument=instrument)


def one_session(scores: dict[float, Any], instrument: str = "PHQ-9") -> tuple[Any, Any]:
    """Frames of Maya's single session, scores by hours since the dose."""
    rows = [("maya", DOSE + timedelta(hours=h), score) for h, score in scores.items()]
    return sessions_frame([("maya", "1", DOSE)]), check_ins_frame(rows, instrument)
