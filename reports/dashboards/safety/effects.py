"""Side effects of the chosen sessions: how many had each, when it began and how long it lasted.

A session counts when somebody wrote something about side effects after its dose: an effect, or
"none observed". A session without either is missing, not free of effects. An effect that was there
before the dose is not counted. Times are float hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.dashboards.filters import SESSION_BANDS
from reports.dashboards.safety.rates import (
    Block,
    below_minimum,
    share,
    share_of_cases,
    spread_of,
    time_when,
)
from reports.dashboards.safety.record import Record
from reports.dashboards.safety.words import ANY
from reports.survival import kaplan_meier

SEVERE = 2
TAU_H = 24.0


def effects_of(record: Record, minimum: int) -> Block:
    """Shares in all sessions, by route and by session number, and the times of each effect."""
    sessions, found = record.sessions, after_the_dose(record)
    is_told = np.zeros(len(sessions), bool)
    is_told[found["at"].to_numpy()] = True
    none = record.none_observed
    is_told[none.loc[none["hour"] >= 0, "at"].to_numpy()] = True
    has_one = np.zeros(len(sessions), bool)
    has_one[found["at"].to_numpy()] = True
    routes = sorted(set(sessions["route"]))
    bands = {name: in_band(sessions["session_no"], name) for name in SESSION_BANDS}
    return {
        "sessions": len(sessions),
        "told": int(is_told.sum()),
        "missing": int((~is_told).sum()),
        "none_observed": int((is_told & ~has_one).sum()),
        "before_the_dose": int(len(record.effects) - len(found)),
        "all": shares(sessions, found, is_told, minimum),
        "by_route": {
            route: shares(sessions, found, is_told & (sessions["route"] == route), minimum)
            for route in routes
        },
        "by_session": {
            name: shares(sessions, found, is_told & inside, minimum)
            for name, inside in bands.items()
            if inside.any()
        },
        "times": times(record, found, minimum),
    }


def after_the_dose(record: Record) -> pd.DataFrame:
    """The effects that began at the dose or later."""
    return record.effects[record.effects["onset_h"] >= 0]


def in_band(numbers: pd.Series[int], name: str) -> pd.Series[bool]:
    """Whether each session number lies in the band."""
    low, high = SESSION_BANDS[name]
    return (numbers >= low) & (numbers <= (high or 10**9))


def shares(sessions: pd.DataFrame, found: pd.DataFrame, kept: Any, minimum: int) -> Block:
    """Each effect in the sessions of `kept`, most frequent first, "any" before all."""
    kept = np.asarray(kept, bool)
    patient = sessions["patient"].to_numpy()[kept]
    patients = len(np.unique(patient))
    if patients < minimum:
        return below_minimum()
    mine = found[kept[found["at"].to_numpy()]]
    by_code: dict[str, pd.DataFrame] = {ANY: mine}
    # One that nobody in this group had is 0 of so many, and has an interval too.
    by_code |= {code: mine[mine["code"] == code] for code in sorted(found["code"].unique())}
    blocks = {}
    for code, rows in by_code.items():
        hit = np.zeros(len(sessions), bool)
        hit[rows["at"].to_numpy()] = True
        hit = hit[kept]
        blocks[code] = {
            "sessions": share_of_cases(hit, patient),
            "patients": share(len(np.unique(patient[hit])), patients),
            "severe_sessions": rows.loc[rows["grade"] == SEVERE, "at"].nunique(),
            "serious_sessions": rows.loc[rows["is_serious"], "at"].nunique(),
        }
    order = sorted(blocks, key=lambda code: (code != ANY, -blocks[code]["sessions"]["n"], code))
    return {
        "suppressed": False,
        "patients": patients,
        "sessions": int(kept.sum()),
        "effects": {code: blocks[code] for code in order},
    }


def times(record: Record, found: pd.DataFrame, minimum: int) -> Block:
    """By effect: onset of its first episode in each session, and how long its episodes lasted.

    A duration ends when somebody noted that it was over; one that nobody saw end is censored when
    the patient left, or at the last entry where no time of leaving is known.
    """
    sessions = record.sessions
    patient = sessions["patient"].to_numpy()
    last = sessions["end_h"].fillna(sessions["last_h"]).to_numpy(dtype=float)
    blocks: Block = {}
    for code, rows in found.groupby("code", sort=True):
        at = rows["at"].to_numpy()
        patients = len(np.unique(patient[at]))
        if patients < minimum:
            blocks[str(code)] = below_minimum()
            continue
        first = rows.groupby("at")["onset_h"].min().to_numpy()
        ended = rows["resolved_h"].notna().to_numpy()
        end = np.where(ended, rows["resolved_h"].to_numpy(), last[at])
        # What was noted after the signature can begin after it too: nothing is known of it then.
        lasted = np.maximum(end - rows["onset_h"].to_numpy(), 0.0)
        estimate = kaplan_meier(lasted, ended, tau=TAU_H)
        blocks[str(code)] = {
            "suppressed": False,
            "patients": patients,
            "onset_h": spread_of(first),
            "lasted_h": {
                "episodes": len(rows),
                "seen_to_end": int(ended.sum()),
                "q1": time_when(estimate, 0.75),
                "q3": time_when(estimate, 0.25),
                **{name: estimate[name] for name in ("median", "median_lower", "median_upper")},
            },
        }
    return blocks
