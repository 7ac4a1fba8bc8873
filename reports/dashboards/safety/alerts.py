"""Alerts of the chosen sessions by level, and how long each waited for somebody.

An alert without a session, such as one from a check-in, belongs to the patient's last treatment
that began before it. It is taken with the first thing that a person did about it. One that
the record closed by itself, or that nobody has taken, is censored there; one about an entry made
in error is counted apart. Float hours.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import numpy as np
import pandas as pd
from django.db.models import Q

from reports.columns import Kind, read_columns
from reports.dashboards.safety.rates import Block, below_minimum, share_changed_by
from reports.dashboards.safety.record import (
    US_PER_HOUR,
    Record,
    microseconds,
    plain,
    with_keys,
)
from reports.survival import kaplan_meier
from sessions_app.models import Alert, AlertEvent
from sessions_app.rules.alert_rules import IN_ERROR

LEVELS = ("high", "medium", "low")
TARGET_H = 5 / 60  # design: somebody has it within five minutes
TAU_H = 24.0


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
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("alert_key", "patient_key", "session_key", "raised_at"), "key"),
        "level": "word",
    }
    raised = Alert.objects.filter(clinic_id=clinic_id, raised_at__lte=until).order_by()
    keys = {"alert_key": "pk", "patient_key": "patient_id", "session_key": "session_id"}
    alerts = read_columns(with_keys(raised, **keys), kinds, through_adbc=record.is_large)
    alerts = alerts.assign(
        raised_us=microseconds(alerts["raised_at"]).astype(np.int64),
        **{name: plain(alerts[name]) for name in keys},
    ).sort_values("raised_us", kind="stable", ignore_index=True)
    alerts["at"] = _places(alerts, record)
    alerts = alerts[alerts["at"] >= 0]
    told = _events(clinic_id, until, record.is_large).reindex(alerts["alert_key"])
    is_slip = told["in_error"].eq(1).to_numpy()
    alerts, told = alerts[~is_slip], told[~is_slip]
    now_us = until.timestamp() * 1e6
    ends = told["taken"].fillna(told["closed"]).fillna(now_us).to_numpy()
    rows = pd.DataFrame(
        {
            "patient": record.sessions["patient"].to_numpy()[alerts["at"].to_numpy(np.int64)],
            "level": alerts["level"].to_numpy(object),
            "is_at_chair": alerts["session_key"].notna().to_numpy(),
            "waited_h": (ends - alerts["raised_us"].to_numpy()) / US_PER_HOUR,
            "is_taken": told["taken"].notna().to_numpy(),
        }
    )
    return rows, int(is_slip.sum())


def _places(alerts: pd.DataFrame, record: Record) -> pd.Series[int]:
    """The chosen session of each alert; -1 where it belongs to none."""
    treatments = record.treatments.rename(
        columns={"session_id": "last", "patient_id": "patient_key"}
    )
    later = pd.merge_asof(
        alerts[["raised_us", "patient_key"]],
        treatments.sort_values("start")[["patient_key", "start", "last"]],
        left_on="raised_us",
        right_on="start",
        by="patient_key",
    )
    keys = alerts["session_key"].fillna(later["last"])
    place = pd.Series(record.sessions.index, index=record.sessions["session_id"])
    return keys.map(place).fillna(-1).astype("int64")


def _events(clinic_id: UUID, until: datetime, is_large: bool) -> pd.DataFrame:
    """By alert: the first thing that a person did, when the record closed it, in error or not."""
    kinds: dict[str, Kind] = {
        **dict.fromkeys(("alert_key", "at"), "key"),
        "outcome": "word",
        "by_person": "bool",
    }
    done = AlertEvent.objects.filter(clinic_id=clinic_id, at__lte=until)
    marked = done.annotate(by_person=Q(by__isnull=False)).order_by()
    keyed = with_keys(marked, alert_key="alert_id")
    rows = read_columns(keyed, kinds, through_adbc=is_large)
    at, by_person = microseconds(rows["at"]), rows["by_person"].to_numpy(bool)
    in_error = (rows["outcome"] == IN_ERROR).to_numpy(bool)
    told = pd.DataFrame(
        {
            "alert": plain(rows["alert_key"]),
            "taken": np.where(by_person & ~in_error, at, np.nan),
            "closed": np.where(by_person, np.nan, at),
            "in_error": in_error.astype(np.float64),
        }
    )
    return told.groupby("alert").agg({"taken": "min", "closed": "min", "in_error": "max"})


def _waiting(rows: pd.DataFrame, minimum: int) -> Block:
    patients = rows["patient"].nunique()
    if patients < minimum:
        return below_minimum()
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
