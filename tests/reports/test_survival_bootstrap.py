"""The patient bootstrap: it resamples patients, not sessions."""

from __future__ import annotations

import numpy as np

from reports.survival import bootstrap_by_patient
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


def test_a_single_patient_has_no_interval() -> None:
    assert spread(["maya"] * 21) is None
