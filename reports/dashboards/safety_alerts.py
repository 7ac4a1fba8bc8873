"""Alerts of the chosen sessions by level, and how long each waited for somebody.

An alert without a session, such as one from a check-in, belongs to the patient's last treatment
that began before it. It is taken with the first thing that a person did about it. One that
the record closed by itself, or that nobody has taken, is censored there; one about an entry made
in error is counted apart. Float hours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd

from reports.dashboards.safety_rates import Block, share_changed_by
from reports.dashboards.safety_record import CHUNK, Record
from reports.survival import kaplan_meier
from sessions_app.alert_rules import IN_ERROR
from sessions_app.models import Alert, AlertEvent

SUPPRESSED: dict[str, Any] = {"suppressed": True}
LEVELS = ("high", "medium", "low")
TARGET_H = 5 / 60  # design: somebody has it within five minutes
TAU_H = 24.0
ALERT_COLUMNS = ("patient", "level", "is_at_chair", "waited_h", "is_taken")


def alerts_of(clinic_id: UUID, record: Record, until: datetime, minimum: int) -> Block:
    """By level: how many, how many were taken, and the waiting time as Kaplan-Meier."""
    rows, in_error = alert_rows(clinic_id, record, until)
    blocks: Block = {}
    for level in LEVELS:
        mine = rows[rows["level"] == level]
        if len(mine):
            blocks[level] = _waiting(mine, minimum)
    return {"in_error": in_error, "by_level": blocks}


def alert_rows(clinic_id: UUID, record: Record, until: datetime) -> tuple[pd.DataFrame, int]:
    """One row an alert raised by `until`; and how many more were about an entry made in error."""
    columns = ("pk", "patient_id", "session_id", "level", "raised_at")
    found = Alert.objects.filter(clinic_id=clinic_id, raised_at__lte=until).order_by("raised_at")
    alerts = pd.DataFrame(found.values_list(*columns), columns=list(columns), dtype=object)
    alerts["raised_at"] = pd.to_datetime(alerts["raised_at"], utc=True).dt.as_unit("us")
    alerts["at"] = _places(alerts, record)
    alerts = alerts[alerts["at"] >= 0]
    first, closed, in_error = _events(clinic_id, until)
    is_slip = alerts["pk"].isin(in_error)
    alerts = alerts[~is_slip]
    ends = [first.get(key) or closed.get(key) or until for key in alerts["pk"]]
    waited = pd.to_datetime(pd.Series(ends, index=alerts.index, dtype=object), utc=True)
    patient = record.sessions["patient"].to_numpy()[alerts["at"].to_numpy(np.int64)]
    return pd.DataFrame(
        {
            "patient": patient,
            "level": alerts["level"],
            "is_at_chair": alerts["session_id"].notna(),
            "waited_h": (waited - alerts["raised_at"]).dt.total_seconds() / 3600,
            "is_taken": [key in first for key in alerts["pk"]],
        }
    ), int(is_slip.sum())


def _places(alerts: pd.DataFrame, record: Record) -> pd.Series[int]:
    """The chosen session of each alert; -1 where it belongs to none."""
    treatments = record.treatments.rename(columns={"session_id": "last"}).astype(
        {"patient_id": object}
    )
    whose = alerts["patient_id"].map(str).astype(object)
    later = pd.merge_asof(
        alerts[["raised_at"]].assign(patient_id=whose),
        treatments.sort_values("start")[["patient_id", "start", "last"]],
        left_on="raised_at",
        right_on="start",
        by="patient_id",
    )
    keys = alerts["session_id"].map(str).astype(object).where(alerts["session_id"].notna())
    keys = keys.fillna(pd.Series(later["last"].to_numpy(), index=alerts.index))
    place = pd.Series(record.sessions.index, index=record.sessions["session_id"])
    return keys.map(place).fillna(-1).astype("int64")


def _events(
    clinic_id: UUID, until: datetime
) -> tuple[dict[UUID, datetime], dict[UUID, datetime], set[UUID]]:
    """By alert: the first thing that a person did, when the record closed it, those in error."""
    first: dict[UUID, datetime] = {}
    closed: dict[UUID, datetime] = {}
    in_error: set[UUID] = set()
    rows = AlertEvent.objects.filter(clinic_id=clinic_id, at__lte=until).order_by("at", "id")
    for alert, by, outcome, at in rows.values_list("alert_id", "by_id", "outcome", "at").iterator(
        chunk_size=CHUNK
    ):
        if outcome == IN_ERROR:
            in_error.add(alert)
        elif by is not None:
            first.setdefault(alert, at)
        elif alert not in first:
            closed.setdefault(alert, at)
    return first, closed, in_error


def _waiting(rows: pd.DataFrame, minimum: int) -> Block:
    patients = rows["patient"].nunique()
    if patients < minimum:
        return dict(SUPPRESSED)
    estimate = kaplan_meier(
        rows["waited_h"].to_numpy(float), rows["is_taken"].to_numpy(bool), tau=TAU_H
    )
    return {
        "suppressed": False,
        "patients": int(patients),
        "alerts": len(rows),
        "at_the_chair": int(rows["is_at_chair"].sum()),
        "taken": int(rows["is_taken"].sum()),
        **{f"{name}_h": estimate[name] for name in ("median", "median_lower", "median_upper")},
        "taken_within_5_min": share_changed_by(estimate, TARGET_H),
    }
