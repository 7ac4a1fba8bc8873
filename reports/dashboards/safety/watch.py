"""How the sessions were watched and ended: readings on time, going home, other ends.

Due minutes and the minimum watch are those of the protocol that each session began under. Float
hours. Imported sessions have no protocol and stand in none of these but the ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from reports.dashboards.safety.rates import Block, below_minimum, share_of_cases, spread_of
from reports.dashboards.safety.record import IMPORTED, NOT_SIGNED, Record
from sessions_app.chairside.session_state import READING_GRACE_MIN, SHORTEST_INFUSION_MIN
from sessions_app.rules.ends import ENDS, NOT_A_TREATMENT
from sessions_app.rules.protocols import Protocol

STAGES = ("due", "taken", "on_time")
ROUNDING_MIN = 1e-6


def readings_on_time(record: Record, as_of_h: Any, minimum: int) -> Block:
    """By route: readings due by the protocol, taken before the next was due, and on time.

    Due is what lies before the signature, or before now in a session that nobody signed
    (`as_of_h`, one value a session). On time: within five minutes of its minute; that of minute 0
    as long before as the protocol lets a value stand for the start. `late`: entered after the
    signature, or more than ten minutes after it was taken.
    """
    until = record.sessions["end_h"].to_numpy(dtype=float)
    until = np.where(np.isnan(until), np.asarray(as_of_h, float), until)
    totals: dict[str, np.ndarray[Any, Any]] = {}
    counted: dict[str, set[int]] = {}
    for places, due, protocol in record.schedules:
        found = _stages(record.readings, places, due, protocol, until)
        name = protocol.route
        totals[name] = totals.get(name, np.zeros(len(STAGES), int)) + found
        counted.setdefault(name, set()).update(places if due else ())
    blocks: Block = {}
    for name in sorted(totals):
        mine = record.sessions.loc[sorted(counted[name])]
        blocks[name] = _funnel(totals[name], mine, record, minimum)
    whole = record.sessions.loc[sorted(set().union(*counted.values()))]
    everything = sum(totals.values(), np.zeros(len(STAGES), int))
    return {"all": _funnel(everything, whole, record, minimum), "by_route": blocks}


def _funnel(found: Any, sessions: pd.DataFrame, record: Record, minimum: int) -> Block:
    patients = sessions["patient"].nunique()
    if patients < minimum:
        return below_minimum()
    mine = record.readings[record.readings["at"].isin(sessions.index)]
    return {
        "suppressed": False,
        "patients": int(patients),
        "sessions": len(sessions),
        **{name: int(n) for name, n in zip(STAGES, found, strict=True)},
        "readings": len(mine),
        "late": int(mine["is_late"].sum()),
    }


def _stages(
    readings: pd.DataFrame, places: list[int], due: list[int], protocol: Protocol, until: Any
) -> Any:
    mine = readings[readings["at"].isin(places)]
    at, minute = mine["at"].to_numpy(), mine["hour"].to_numpy() * 60
    own = np.zeros(len(until), bool)
    own[places] = True
    counts = np.zeros(len(STAGES), int)
    for k, moment in enumerate(due):
        asked = own & (until * 60 >= moment - ROUNDING_MIN)
        early = protocol.reading_max_age_min if moment == 0 else READING_GRACE_MIN
        following = due[k + 1] - READING_GRACE_MIN if k + 1 < len(due) else np.inf
        came = minute >= moment - early - ROUNDING_MIN
        within = came & (minute <= moment + READING_GRACE_MIN + ROUNDING_MIN)
        taken = within | (came & (minute < following))
        counts += [asked.sum(), _met(asked, at[taken]), _met(asked, at[within])]
    return counts


def _met(asked: Any, at: Any) -> int:
    """How many of the sessions asked have one of the readings."""
    has_one = np.zeros(len(asked), bool)
    has_one[at] = True
    return int((asked & has_one).sum())


def going_home(record: Record, minimum: int) -> Block:
    """By route: hours from the end of the dose to the signature, and watches that were short.

    Only sessions whose patient went home; one that was signed again after a correction has no
    time of leaving, and is counted as such.
    """
    home = record.sessions[record.sessions["end"] == "discharged"]
    timed = home[home["end_h"].notna() & home["dose_end_h"].notna()]
    watch = np.full(len(record.sessions), np.nan)
    for places, _due, protocol in record.schedules:
        ends = record.sessions.loc[places, "dose_end_h"] * 60
        shortest = ends.clip(lower=SHORTEST_INFUSION_MIN)
        watch[places] = [
            np.nan if protocol.is_infusion and np.isnan(end) else protocol.minimum_watch_min(end)
            for end in shortest
        ]
    timed = timed.assign(watch_h=watch[timed.index.to_numpy()] / 60)
    routes = sorted(set(home["route"]))
    return {
        "all": _leaving(timed, minimum),
        "by_route": {r: _leaving(timed[timed["route"] == r], minimum) for r in routes},
        "signed_again": int(home["is_signed_again"].sum()),
    }


def _leaving(timed: pd.DataFrame, minimum: int) -> Block:
    patients = timed["patient"].nunique()
    if patients < minimum:
        return below_minimum()
    known = timed.dropna(subset=["watch_h"])
    short = (known["end_h"] < known["watch_h"] - ROUNDING_MIN / 60).to_numpy(bool)
    return {
        "suppressed": False,
        "patients": int(patients),
        "sessions": len(timed),
        "dose_end_to_signed_h": spread_of((timed["end_h"] - timed["dose_end_h"]).to_numpy()),
        "watch_short": share_of_cases(short, known["patient"].to_numpy(np.int64)),
    }


def ends_of(record: Record) -> Block:
    """How many treatments ended in each way; the keys are the ends, "not_signed" and "import"."""
    found = record.sessions["end"].value_counts()
    names = [*(end for end in ENDS if end not in NOT_A_TREATMENT), NOT_SIGNED, IMPORTED]
    return {name: int(found.get(name, 0)) for name in names}
