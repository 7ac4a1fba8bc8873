"""Every number of the safety overview, computed a second time with plain loops over the rows.

Nothing here is shared with the program but how to read a row: what stands, when an effect was
resolved, which readings were due.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import mean, median, quantiles, stdev
from typing import Any

import pytest
from django.utils import timezone

from reports.dashboards.safety.filter import SafetyFilter
from reports.dashboards.safety.overview import numbers_of
from reports.dashboards.safety.record import record_of
from sessions_app.chairside.dose_given import dose_given_mg, infusion_end, standing_events
from sessions_app.chairside.session_state import (
    planned_due_minutes,
    readings_on_time,
    resolved_at,
    standing_effects,
    standing_readings,
    standing_sign_off,
    worst_grade,
)
from sessions_app.models import Alert, Clinic, Staff, TreatmentSession
from sessions_app.protocol_of import protocol_of
from tests.reference.naive_safety import (
    Sessions,
    crossing,
    effects_after,
    is_told,
    last_entry_min,
    left_min,
    minutes,
    people,
    pressures,
    survival,
    treatments,
    wilson,
)
from tests.reports.safety_clinic import safety_clinic

MINIMUM = 4
BANDS = {"1": (1, 1), "2-4": (2, 4), "5-8": (5, 8), "9-": (9, 999)}


def same_share(found: dict[str, Any], n: int, of: int) -> None:
    assert (found["n"], found["of"]) == (n, of)
    if of:
        assert (found["lower"], found["upper"]) == pytest.approx(wilson(n, of), abs=1e-9)


@pytest.fixture(params=range(3))
def made(request: pytest.FixtureRequest, northside: Clinic, nia: Staff) -> Any:
    return _made(northside, nia, request.param)


def _made(clinic: Clinic, by: Staff, seed: int) -> Any:
    safety_clinic(clinic, by, seed=seed)
    now = timezone.now()
    record = record_of(
        clinic.pk, TreatmentSession.objects.filter(clinic=clinic), SafetyFilter(), "UTC"
    )
    return treatments(clinic), numbers_of(record, clinic, now, MINIMUM), now


def check_everything(sessions: Sessions, numbers: dict[str, Any], now: datetime) -> None:
    assert (numbers["patients"], numbers["sessions"]) == (people(sessions), len(sessions))
    check_effects(sessions, numbers["effects"])
    check_times(sessions, numbers["effects"]["times"])
    check_pressure(sessions, numbers["pressure"])
    check_watch(sessions, numbers, now)
    check_alerts(sessions, numbers["alerts"], now)
    check_given(sessions, numbers["given"])


def check_effects(sessions: Sessions, block: dict[str, Any]) -> None:
    told = [session for session in sessions if is_told(session)]
    assert (block["told"], block["missing"]) == (len(told), len(sessions) - len(told))
    assert block["none_observed"] == sum(not effects_after(session) for session in told)
    every = sum(len(standing_effects(s)) for s in sessions)
    assert block["before_the_dose"] == every - sum(len(effects_after(s)) for s in sessions)
    check_shares(told, told, block["all"])
    for route, group in block["by_route"].items():
        check_shares(told, [s for s in told if s.route == route], group)
    for name, group in block["by_session"].items():
        low, high = BANDS[name]
        inside: Any = [s for s in told if low <= s.number <= high]  # type: ignore[attr-defined]
        check_shares(told, inside, group)


def check_shares(told: Sessions, mine: Sessions, block: dict[str, Any]) -> None:
    if people(mine) < MINIMUM:
        assert block == {"suppressed": True}
        return
    codes = {row.code for session in told for row in effects_after(session)}
    assert set(block["effects"]) == {"any", *codes}
    order = [one["sessions"]["n"] for one in block["effects"].values()][1:]
    assert order == sorted(order, reverse=True)
    for code, found in block["effects"].items():
        wanted = None if code == "any" else code
        having = [session for session in mine if effects_after(session, wanted)]
        same_share(found["sessions"], len(having), len(mine))
        same_share(found["patients"], people(having), people(mine))
        severe = [
            s for s in having if any(worst_grade(r) == "severe" for r in effects_after(s, wanted))
        ]
        assert found["severe_sessions"] == len(severe)
        serious = [s for s in having if any(r.is_serious for r in effects_after(s, wanted))]
        assert found["serious_sessions"] == len(serious)


def check_times(sessions: Sessions, times: dict[str, Any]) -> None:
    for code, block in times.items():
        having = [session for session in sessions if effects_after(session, code)]
        if people(having) < MINIMUM:
            assert block == {"suppressed": True}
            continue
        onsets = [min(minutes(s, r.taken_at) for r in effects_after(s, code)) / 60 for s in having]
        assert block["onset_h"]["median"] == pytest.approx(median(onsets))
        quarters = quantiles(onsets, n=4, method="inclusive")
        assert (block["onset_h"]["q1"], block["onset_h"]["q3"]) == pytest.approx(
            (quarters[0], quarters[2])
        )
        lasted = []
        for session in having:
            for row in effects_after(session, code):
                end, left = resolved_at(row), left_min(session)
                last = last_entry_min(session) if left is None else left
                stop = last if end is None else minutes(session, end)
                length = max(stop - minutes(session, row.taken_at), 0.0)
                lasted.append((round(length / 60, 9), end is not None))
        found, steps = block["lasted_h"], survival(lasted)
        assert (found["episodes"], found["seen_to_end"]) == (
            len(lasted),
            sum(seen for _t, seen in lasted),
        )
        for name, level in (("q1", 0.75), ("median", 0.5), ("q3", 0.25)):
            expected = crossing(steps, level)
            assert found[name] == (None if expected is None else pytest.approx(expected, abs=1e-6))


def check_pressure(sessions: Sessions, block: dict[str, Any]) -> None:
    measured = [s for s in sessions if pressures(s, "systolic")[0]]
    check_peaks(measured, block["all"])
    for name, group in block["by_session"].items():
        low, high = BANDS[name]
        check_peaks([s for s in measured if low <= s.number <= high], group)  # type: ignore[attr-defined]
    for route, group in block["by_route"].items():
        mine = [s for s in measured if s.route == route]
        check_peaks(mine, group)
        if not group["suppressed"]:
            check_curve(mine, group)


def check_peaks(measured: Sessions, block: dict[str, Any]) -> None:
    if people(measured) < MINIMUM:
        assert block == {"suppressed": True}
        return
    assert (block["patients"], block["sessions"]) == (people(measured), len(measured))
    for sign in ("systolic", "diastolic"):
        peaks = [max(pressures(s, sign)[0]) for s in measured]
        rises = [
            max(after) - before
            for after, before in (pressures(s, sign) for s in measured)
            if before is not None
        ]
        means = block["mean_of_peaks"]
        assert means[sign]["mean"] == pytest.approx(mean(peaks))
        assert means[f"{sign}_rise"]["mean"] == pytest.approx(mean(rises))
        assert means[f"{sign}_rise"]["sd"] == pytest.approx(stdev(rises))
    severe = [
        s
        for s in measured
        if max(pressures(s, "systolic")[0]) >= 180 or max(pressures(s, "diastolic")[0]) >= 110
    ]
    same_share(block["severe"]["sessions"], len(severe), len(measured))
    same_share(block["severe"]["patients"], people(severe), people(measured))
    assert sum(step["sessions"] for step in block["systolic_bins"]) == len(measured)


def check_curve(measured: Sessions, block: dict[str, Any]) -> None:
    mine = [
        s for s in measured if pressures(s, "systolic")[1] is not None and planned_due_minutes(s)
    ]
    assert block["sessions_in_curve"] == len(mine)
    slots: dict[int, dict[Any, tuple[float, float]]] = defaultdict(dict)
    for session in mine:
        before = pressures(session, "systolic")[1]
        assert before is not None
        for row in standing_readings(session):
            minute = minutes(session, row.taken_at)
            if row.systolic is None or minute <= 0:
                continue
            due = min(planned_due_minutes(session), key=lambda d: abs(d - minute))  # noqa: B023
            away = abs(due - minute)
            if due and away <= 5 and away < slots[due].get(session, (9.0, 0.0))[0]:
                slots[due][session] = (away, row.systolic - before)
    expected = {
        due: mean(rise for _away, rise in found.values())
        for due, found in slots.items()
        if people(list(found)) >= MINIMUM and len(found) >= len(mine) / 2
    }
    points = {round(p["hour"] * 60): p["systolic_rise"] for p in block["mean_curve"]}
    assert points == pytest.approx(expected)
    top = block["peak_of_mean_curve"]
    assert (top is None) == (not expected)
    if top is not None:
        assert top["systolic_rise"] == pytest.approx(max(expected.values()))
        # The mean of the peaks is never below the peak of the mean of the same sessions.
        assert top["sessions"] <= len(mine)


def check_watch(sessions: Sessions, numbers: dict[str, Any], now: datetime) -> None:
    live = [s for s in sessions if not s.is_imported]
    due = on_time = 0
    for session in live:
        left = left_min(session)
        assert session.dose_started_at is not None
        until = now if left is None else session.dose_started_at + timedelta(minutes=left)
        met, asked = readings_on_time(session, until)
        due, on_time = due + asked, on_time + met
    whole = numbers["readings"]["all"]
    assert (whole["due"], whole["on_time"]) == (due, on_time)
    assert due >= whole["taken"] >= on_time
    rows = [row for session in live for row in standing_readings(session)]
    assert whole["readings"] == len(rows)
    assert whole["late"] == sum(row.is_entered_late for row in rows)
    ends = [standing_sign_off(s) for s in sessions]
    for name in ("discharged", "transferred", "left_against_advice"):
        assert numbers["ends"][name] == sum(e is not None and e.end == name for e in ends)
    assert numbers["ends"]["import"] == len(sessions) - len(live)
    check_home([s for s in live if (e := standing_sign_off(s)) and e.end == "discharged"], numbers)


def check_home(home: Sessions, numbers: dict[str, Any]) -> None:
    again = [s for s in home if len(s.sign_offs.all()) > 1]
    assert numbers["going_home"]["signed_again"] == len(again)
    took, short = [], 0
    timed = [s for s in home if s not in again]
    for session in timed:
        events = standing_events(session)
        end = infusion_end(events) or events[-1].taken_at
        left = left_min(session)
        assert left is not None
        took.append((left - minutes(session, end)) / 60)
        short += left < protocol_of(session).minimum_watch_min(minutes(session, end))
    block = numbers["going_home"]["all"]
    if people(timed) < MINIMUM:
        assert block == {"suppressed": True}
        return
    assert block["sessions"] == len(timed)
    assert block["dose_end_to_signed_h"]["median"] == pytest.approx(median(took))
    same_share(block["watch_short"], short, len(timed))


def check_alerts(sessions: Sessions, block: dict[str, Any], now: datetime) -> None:
    waits: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    whose: dict[str, set[Any]] = defaultdict(set)
    errors = 0
    for row in Alert.objects.prefetch_related("events"):
        before = [
            s
            for s in sessions
            if s.patient_id == row.patient_id and s.dose_started_at <= row.raised_at  # type: ignore[operator]
        ]
        if row.session not in sessions if row.session else not before:
            continue
        events = sorted(row.events.all(), key=lambda event: event.at)
        if any(event.outcome == "entered_in_error" for event in events):
            errors += 1
            continue
        seen = bool(events) and events[0].by is not None
        end = events[0].at if events else now
        waits[row.level].append((round((end - row.raised_at) / timedelta(hours=1), 9), seen))
        whose[row.level].add(row.patient_id)
    assert block["in_error"] == errors
    assert set(block["by_level"]) == set(waits)
    for level, found in block["by_level"].items():
        if len(whose[level]) < MINIMUM:
            assert found == {"suppressed": True}
            continue
        assert (found["alerts"], found["taken"]) == (
            len(waits[level]),
            sum(seen for _t, seen in waits[level]),
        )
        expected = crossing(survival(waits[level]), 0.5)
        assert found["median_h"] == (
            None if expected is None else pytest.approx(expected, abs=1e-6)
        )


def check_given(sessions: Sessions, block: dict[str, Any]) -> None:
    for drug, found in block.items():
        doses: dict[Any, list[Decimal | None]] = defaultdict(list)
        for session in sessions:
            if session.drug == drug:
                doses[session.patient_id].append(dose_given_mg(session))
        if len(doses) < MINIMUM:
            assert found == {"suppressed": True}
            continue
        assert found["patients"] == len(doses)
        assert found["sessions"]["median"] == median(len(own) for own in doses.values())
        sums = [float(sum(own)) for own in doses.values() if None not in own]  # type: ignore[arg-type]
        assert found["patients_without_a_sum"] == len(doses) - len(sums)
        if len(sums) >= MINIMUM:
            assert found["mg"]["median"] == pytest.approx(median(sums))


def test_the_numbers_are_those_of_plain_loops(made: Any) -> None:
    check_everything(*made)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 60))
def test_the_numbers_of_many_clinics_are_those_of_plain_loops(
    northside: Clinic, nia: Staff, seed: int
) -> None:
    check_everything(*_made(northside, nia, seed))
