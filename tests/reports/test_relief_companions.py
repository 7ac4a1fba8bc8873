"""Censoring by reason and the two bounds, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from reports.relief_companions import (
    censoring,
    check_in_gaps,
    competing_outcomes,
    median_gap_days,
    retreatment_bounds,
)
from reports.survival import kaplan_meier
from tests.reports.frames import DOSE, check_ins_frame, sessions_frame


def episodes(*rows: tuple[float, str | None], status: str = "response") -> pd.DataFrame:
    """Right-point relief and its reason (None where the loss was seen)."""
    frame = pd.DataFrame(rows, columns=["relief_right", "relief_reason"])
    frame["relief_reason"] = frame["relief_reason"].astype(object)
    event = frame["relief_reason"].isna()
    return frame.assign(
        patient_id=[str(i) for i in range(len(frame))],
        session_no=1,
        route="iv",
        status=status,
        relief_event=event,
        relief_lo=frame["relief_right"] - 1,
        relief_hi=frame["relief_right"].where(event),
        relief_mid=frame["relief_right"],
    )


def test_censorings_are_counted_by_reason_over_responses_only() -> None:
    rows = episodes((10, None), (20, "next_session"), (30, "unconfirmed"), (40, "next_session"))
    carried = episodes((50, "end_of_followup"), status="carried")
    found = censoring(pd.concat([rows, carried], ignore_index=True))
    assert (found.n, found.lost) == (4, 1)
    assert found.by_reason == {"next_session": 2, "end_of_followup": 0, "unconfirmed": 1}


def test_the_bounds_by_hand() -> None:
    rows = episodes((100, None), (200, "next_session"), (400, "end_of_followup"))
    found = retreatment_bounds(rows, 400)
    assert found is not None
    # Worst: S is 1, 2/3 from 100, 1/3 from 200. Best: 1, then 2/3 from 100 on.
    assert found.worst_rmst == pytest.approx(100 + 200 / 3 + 200 / 3)
    assert found.best_rmst == pytest.approx(100 + 2 * 300 / 3)
    assert (found.worst_median, found.best_median) == (200, None)
    assert found.differ_a_lot
    assert not retreatment_bounds(episodes((100, None), (200, None)), 400).differ_a_lot
    assert retreatment_bounds(rows[:0], 400) is None


def test_in_the_best_case_who_was_dosed_again_stays_among_those_in_relief() -> None:
    found = retreatment_bounds(episodes((100, "next_session"), (200, None)), 400)
    assert found is not None
    # Of two the one is lost at 200. Censored at 100, the other would leave the last one alone.
    assert (found.best_rmst, found.best_median) == (pytest.approx(200 + 200 / 2), 300)
    assert (found.worst_rmst, found.worst_median) == (pytest.approx(100 + 100 / 2), 150)


def test_gaps_are_between_sessions_of_one_patient() -> None:
    day = pd.Timedelta(days=1)
    starts = [("maya", "1", DOSE), ("maya", "3", DOSE + 21 * day), ("maya", "2", DOSE + 7 * day)]
    assert median_gap_days(sessions_frame([*starts, ("otis", "1", DOSE + 2 * day)])) == 10.5
    assert median_gap_days(sessions_frame(starts[:1])) is None
    assert median_gap_days(sessions_frame([])) is None


def test_gaps_between_check_ins_are_those_of_patients_with_sessions() -> None:
    hour = pd.Timedelta(hours=1)
    rows = [("maya", DOSE + h * hour, 5) for h in (0, 2, 24, 72)] + [("nobody", DOSE, 5)]
    found = check_in_gaps(check_ins_frame(rows), {"maya"})
    # Gaps of 2, 22 and 48 hours; nine tenths lie 1.8 of 2 steps along.
    assert (found.n, found.median_h) == (4, 22)
    assert found.long_h == pytest.approx(22 + 0.8 * 26)
    assert check_in_gaps(check_ins_frame(rows), {"nobody"}).median_h is None
    assert check_in_gaps(check_ins_frame([]), {"maya"}).n == 0


def test_shares_that_lost_relief_and_that_were_dosed_again_by_hand() -> None:
    rows = episodes((100, None), (100, "next_session"), (200, None), (300, "end_of_followup"))
    early, late, beyond = competing_outcomes(rows, [99, 200, 301])
    assert (early.lost, early.dosed_again) == (0, 0)
    assert (late.lost, late.dosed_again) == (pytest.approx(0.5), pytest.approx(0.25))
    assert (beyond.lost, beyond.dosed_again) == (None, None)
    over = competing_outcomes(rows[:3], [999])[0]
    assert over.lost + over.dosed_again == pytest.approx(1)
    assert competing_outcomes(rows[:0], [10])[0].lost is None


@pytest.mark.parametrize("seed", range(10))
def test_the_shares_are_those_of_statsmodels_and_leave_what_survives(seed: int) -> None:
    """R: survfit(Surv(time, factor(cause)) ~ 1) gives the same as its pstate."""
    draw = np.random.default_rng(seed)
    times = draw.integers(1, 20, 40).astype(float)
    cause = draw.integers(0, 3, 40)
    cause[np.argmax(times)] = 0  # statsmodels has no error once nobody is left
    times[np.argmax(times)] += 1
    reasons = np.array(["end_of_followup", None, "next_session"], dtype=object)[cause]
    at_hours = sorted(set(times.tolist()))
    found = competing_outcomes(episodes(*zip(times, reasons, strict=True)), at_hours)
    oracle = CumIncidenceRight(times, cause)
    lost, again = ([getattr(one, name) for one in found] for name in ("lost", "dosed_again"))
    assert (lost, again) == (
        pytest.approx(oracle.cinc[0].tolist(), abs=1e-12),
        pytest.approx(oracle.cinc[1].tolist(), abs=1e-12),
    )
    whole = kaplan_meier(times, cause > 0, tau=1e9)
    assert [1 - a - b for a, b in zip(lost, again, strict=True)] == pytest.approx(whole["surv"])
    # One minus the curve that takes being dosed again for chance would say more were lost.
    alone = kaplan_meier(times, cause == 1, tau=1e9)
    assert lost[-1] < 1 - alone["surv"][-1]
