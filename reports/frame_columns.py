"""The columns of the two frames that every analysis begins with, whoever made the frames."""

from __future__ import annotations

# One row a session. session_start: an instant in UTC, to the microsecond. dose_mg: milligrams in
# all; weight_kg: on the day. Route, dose and weight are null where nothing is known.
SESSION_COLUMNS = (
    "patient_id",
    "session_id",
    "session_start",
    "route",
    "dose_mg",
    "weight_kg",
)
# One row a score. taken_at: an instant in UTC; score: a decimal, never a binary fraction.
CHECK_IN_COLUMNS = ("patient_id", "taken_at", "instrument", "score")
