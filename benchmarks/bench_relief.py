"""How fast arrays become episodes and curves, on one core, with ratios from the same run.

    .venv/bin/python -m benchmarks.bench_relief [SESSIONS]

(1) a million sessions of eight check-ins each, in any order and to the microsecond, become episodes
and both Kaplan-Meier curves with interval, median and restricted mean, and Turnbull's estimates
beside them; (2) the same for a tenth of them; (3) a tenth of them by `groupby.apply` of the same
rules in plain Python, whose episodes must be equal, and from there ten times as long for all; (4)
Kaplan-Meier of a million durations beside lifelines, which gets an environment of its own and must
give the same curve.
Times are CPU seconds of the best of three runs, but for the slow groupby, which runs once.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.episode_arrays import CheckInArrays, SessionArrays
from reports.episodes import RESPONSE, STATUSES, EpisodeArrays, derive_arrays
from reports.response_rule import ResponseRule
from reports.survival import fit_npmle
from reports.survival.kaplan_meier import (
    event_table,
    fit_curve,
    half_time,
    log_log_band,
    restricted_mean,
)
from reports.survival.turnbull import median_bracket
from tests.reference.naive_episodes import Options, naive_episodes

SESSIONS_EACH = 6
AFTER_HOURS = np.array([-1, 2, 24, 72, 168, 336, 504, 672.0])
HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RULE = ResponseRule.for_instrument("PHQ-9")
PROMISED_SECONDS, PROMISED_RATIO, PROMISED_GROWTH, PROMISED_LIFELINES = 2.5, 25, 11, 4
LIFELINES = "lifelines~=0.30"
OTHER = """
import sys, time
import numpy as np
from lifelines import KaplanMeierFitter
folder = sys.argv[1]
times, events = np.load(folder + "/times.npy"), np.load(folder + "/events.npy")
taken = []
for _ in range(3):
    began = time.process_time()
    fitted = KaplanMeierFitter().fit(times, events)
    fitted.median_survival_time_
    taken.append(time.process_time() - began)
np.save(folder + "/curve.npy", fitted.survival_function_.reset_index().to_numpy())
print(min(taken))
"""


def invented(sessions: int) -> tuple[SessionArrays, Any]:
    """Sessions and their check-ins (patient, microseconds, score), shuffled; always the same."""
    draw = np.random.default_rng(7)
    number = np.arange(sessions)
    patient = number // SESSIONS_EACH
    gap = draw.choice([7, 14, 28, 35], sessions) * 24.0
    gone = np.cumsum(gap) - gap
    within = gone - gone[patient * SESSIONS_EACH]
    first = draw.uniform(0, 365 * 24, patient[-1] + 1)
    start = ((within + first[patient]) * HOUR_US).astype(np.int64) + 1_600_000_000_000_000
    row = np.repeat(number, len(AFTER_HOURS))
    after = np.tile(AFTER_HOURS, sessions)
    shift = (after + draw.uniform(-0.2, 0.2, len(row))) * HOUR_US
    score = np.where(after < 0, draw.integers(14, 26, len(row)), draw.integers(3, 15, len(row)))
    order = draw.permutation(len(row))
    at = start[row] + shift.astype(np.int64)
    return SessionArrays(patient, start, number), (patient[row][order], at[order], score[order])


def episodes_of(sessions: SessionArrays, check_ins: Any) -> EpisodeArrays:
    """Scores counted, rows put in order, every rule applied."""
    return derive_arrays(sessions, CheckInArrays.of_scaled(*check_ins, unit=Fraction(1)), RULE)


def curve(right: Any, event: Any, tau: float) -> list[float]:
    """Kaplan-Meier with its interval at every time: median with its bounds, restricted mean."""
    fitted = fit_curve(event_table(right, event))
    bands = log_log_band(fitted)
    medians = [half_time(fitted.table.time, level) for level in (fitted.surv, *bands)]
    return [*medians, *restricted_mean(fitted, tau)]


def intervals(found: EpisodeArrays) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """(lo, hi] of onset for all at risk, and of relief for all that responded."""
    asked, kept = found.at_risk, found.status == RESPONSE
    onset_hi = np.where(found.onset_event, found.onset_hi, np.inf)[asked]
    relief_hi = np.where(found.relief_event, found.relief_hi, np.inf)[kept]
    return (found.onset_lo[asked], onset_hi), (found.relief_lo[kept], relief_hi)


def both_curves(found: EpisodeArrays) -> list[Any]:
    """Onset and relief as the clinic saw them, each with its interval."""
    (lo, hi), _ = intervals(found)
    kept = found.status == RESPONSE
    fell = np.isfinite(hi)
    onset = curve(np.where(fell, hi, lo), fell, 336.0)
    return [onset, curve(found.relief_right[kept], found.relief_event[kept], 672.0)]


def both_turnbull(found: EpisodeArrays) -> list[Any]:
    """Turnbull's median of onset and relief, every time to the microsecond."""
    return [median_bracket(fit_npmle(lo, hi)) for lo, hi in intervals(found)]


def best_of(work: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """CPU seconds of the shortest run, and what the last one returned."""
    taken, result = [], None
    for _ in range(runs):
        result = None
        began = time.process_time()
        result = work()
        taken.append(time.process_time() - began)
    return min(taken), result


def ours(sessions: int) -> tuple[float, float, EpisodeArrays]:
    """Seconds for the episodes and for the curves of both; and the episodes."""
    arrays = invented(sessions)
    episodes, found = best_of(lambda: episodes_of(*arrays))
    curves, _ = best_of(lambda: both_curves(found))
    return episodes, curves, found


def by_groups(sessions: int) -> tuple[float, list[dict[str, Any]]]:
    """Seconds and episodes of `groupby.apply`, the definitions as loops for each patient."""
    visits, (patient, at, score) = invented(sessions)
    starts = [EPOCH + timedelta(microseconds=int(us)) for us in visits.start]
    names = [str(i) for i in range(sessions)]
    own = pd.DataFrame({"patient": visits.patient, "id": names, "start": starts}, dtype=object)
    times = [EPOCH + timedelta(microseconds=int(us)) for us in at]
    scores = [Decimal(int(one)) for one in score]
    answers = pd.DataFrame({"patient": patient, "at": times, "score": scores}, dtype=object)
    options = Options(cut=RULE.remission_cut)

    def work() -> list[dict[str, Any]]:
        given = answers.groupby("patient")[["at", "score"]].apply(
            lambda part: list(zip(part["at"], part["score"], strict=True))
        )
        found = own.groupby("patient")[["id", "start"]].apply(
            lambda part: naive_episodes(
                [("p", one, start) for one, start in zip(part["id"], part["start"], strict=True)],
                [("p", when, value) for when, value in given[part.name]],
                options,
            )
        )
        return [episode for episodes in found for episode in episodes]

    return best_of(work, runs=1)


def compare(found: EpisodeArrays, expected: list[dict[str, Any]]) -> None:
    """Stops unless each episode of the groups is that of the arrays."""
    names = ("onset_lo", "onset_hi", "loss_lo", "loss_hi", "relief_lo", "relief_hi", "relief_mid")
    for i, want in enumerate(expected):
        same = want["session_id"] == str(found.row[i])
        same &= want["status"] == STATUSES[found.status[i]]
        for name in names:
            value, here = want[name], float(getattr(found, name)[i])
            same &= np.isnan(here) if value is None else abs(here - value) < 1e-9
        if not same:
            raise AssertionError(f"session {found.row[i]} differs: {want}")


def beside_lifelines(times: Any, events: Any, python: Path) -> tuple[float, float, float]:
    """Seconds of ours and of lifelines, and the largest difference between the curves."""
    mine, fitted = best_of(lambda: _with_median(times, events))
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "times.npy", times)
        np.save(Path(folder) / "events.npy", events)
        done = subprocess.run(
            [python, "-W", "ignore", "-c", OTHER, folder],
            capture_output=True,
            text=True,
            check=True,
        )
        their_time, their_curve = np.load(Path(folder) / "curve.npy")[1:].T
    if not np.array_equal(their_time, fitted.table.time):
        raise AssertionError("lifelines has other times")
    return mine, float(done.stdout), float(np.abs(their_curve - fitted.surv).max())


def _with_median(times: Any, events: Any) -> Any:
    fitted = fit_curve(event_table(times, events))
    log_log_band(fitted)
    half_time(fitted.table.time, fitted.surv)
    return fitted


def environment_of_lifelines(folder: Path) -> Path | None:
    """The Python of a fresh environment with lifelines; None where it cannot be installed."""
    python = folder / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        subprocess.run(
            ["python3", "-m", "pip", "-qq", "--python", str(python), "install", LIFELINES],
            check=True,
            timeout=600,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        print(f"lifelines could not be installed ({type(fault).__name__}): not compared")
        return None
    return python


def said(what: str, value: float, limit: float, *, least: bool = False) -> None:
    """One line with a promise and whether it was kept."""
    kept = value >= limit if least else value <= limit
    word = "at least" if least else "at most"
    print(f"{what}: {value:.2f}, promised {word} {limit:g}: {'kept' if kept else 'NOT KEPT'}")


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    small, small_curves, small_found = ours(sessions // 10)
    large, curves, found = ours(sessions)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{sessions:,} sessions, {len(AFTER_HOURS) * sessions:,} check-ins, peak {peak:.1f} GB")
    print(f"episodes {large:.2f} s, both curves with their intervals {curves:.2f} s")
    said("seconds for both", large + curves, PROMISED_SECONDS)
    growth = (large + curves) / (small + small_curves)
    said("growth from a tenth of the sessions", growth, PROMISED_GROWTH)
    npmle, _ = best_of(lambda: both_turnbull(found), runs=2)
    print(f"Turnbull's estimates of both, to the microsecond: {npmle:.2f} s")
    slow, expected = by_groups(sessions // 10)
    compare(small_found, expected)
    print(f"groupby.apply of {sessions // 10:,} sessions {slow:.1f} s, ours {small:.3f} s, equal")
    print(f"  for all of them, extrapolated tenfold: {slow * 10:.0f} s")
    said("times as fast as groupby.apply, episodes", 10 * slow / large, PROMISED_RATIO, least=True)
    with tempfile.TemporaryDirectory() as name:
        python = environment_of_lifelines(Path(name))
        if python is None:
            return
        draw = np.random.default_rng(3)
        events = draw.random(sessions) < 0.7
        whole = np.ceil(draw.weibull(1.2, sessions) * 300 * 60) / 60
        for what, times in (
            ("every duration once", draw.permutation(sessions) * 0.01 + 0.01),
            ("durations in whole minutes", whole),
        ):
            mine, theirs, off = beside_lifelines(times, events, python)
            print(f"Kaplan-Meier of {sessions:,}, {what}: {mine:.3f} s, lifelines {theirs:.3f} s")
            said("  times as fast", theirs / mine, PROMISED_LIFELINES, least=True)
            said("  largest difference in units of 1e-12", off * 1e12, 1)


if __name__ == "__main__":
    main()
