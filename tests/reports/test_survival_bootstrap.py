"""The patient bootstrap: it resamples patients, not sessions."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

from reports.survival import bootstrap_by_patient, survival_by_patient
from tests.reference import published

TIMES = np.array(published.SIX_MP_WEEKS, float)
EVENTS = np.array(published.SIX_MP_RELAPSED, bool)


def spread(patients: list[str], seed: int = 1, copies: int = 1):
    times, events = np.tile(TIMES, copies), np.tile(EVENTS, copies)
    return bootstrap_by_patient(
        patients,
        times,
        events,
        times - 1,
        np.where(events, times, np.inf),
        tau=30.0,
        seed=seed,
        replicates=200,
    )


def test_the_same_seed_gives_the_same_intervals_and_another_one_does_not() -> None:
    names = [str(i) for i in range(21)]
    assert spread(names) == spread(names)
    assert spread(names) != spread(names, seed=2)


def test_the_estimate_lies_inside_and_not_reached_is_infinite() -> None:
    found = spread([str(i) for i in range(21)])
    assert found.median.lower <= 23 <= found.median.upper == np.inf
    assert found.rmst.lower < 21 < found.rmst.upper


def test_ten_sessions_of_one_patient_do_not_look_like_ten_patients() -> None:
    names = [str(i) for i in range(21)]
    own = spread(names)
    ten_sessions_each = spread(names * 10, copies=10)
    ten_times_the_patients = spread([str(i) for i in range(210)], copies=10)

    def width(found) -> float:
        return found.rmst.upper - found.rmst.lower

    assert width(ten_sessions_each) == width(own)
    assert width(ten_times_the_patients) < width(own) / 2


def test_numbers_in_the_order_of_the_names_draw_the_same_patients() -> None:
    # As text, 10 comes before 2.
    numbers = np.arange(21)
    assert spread(numbers) == spread([chr(ord("a") + number) for number in numbers])


def test_patients_are_drawn_a_thousand_times_unless_asked_otherwise() -> None:
    assert signature(bootstrap_by_patient).parameters["replicates"].default == 1000


def test_a_single_patient_has_no_interval() -> None:
    assert spread(["maya"] * 21) is None


def test_the_band_of_the_interval_censored_curve_holds_the_curve() -> None:
    names = [str(i) for i in range(21)]
    hi = np.where(EVENTS, TIMES, np.inf)
    lo = TIMES - EVENTS
    band = survival_by_patient(names, lo, hi, [3.0, 6.0, 16.0], seed=1, replicates=300)
    assert band is not None
    (_, low_3, high_3), (_, low_6, high_6), (_, low_16, high_16) = band
    assert low_3 == high_3 == 1
    assert low_6 < 0.857 < high_6 and low_16 < 0.627 < high_16
    # The resampled spread is close to the errors that R prints, 0.0764 and 0.1141.
    assert high_6 - low_6 == pytest.approx(2 * 1.96 * 0.0764, rel=0.25)
    assert high_16 - low_16 == pytest.approx(2 * 1.96 * 0.1141, rel=0.25)
    assert survival_by_patient(["maya"] * 21, lo, hi, [3.0], seed=1) is None


def test_inside_an_innermost_interval_the_band_is_open_to_both_sides() -> None:
    names = ["1", "2", "3"]
    band = survival_by_patient(names, np.zeros(3), np.full(3, 8.0), [4.0], seed=1, replicates=20)
    assert band == [(4.0, 0.0, 1.0)]
