"""Resampling groups of patients: the patients' own interval when each is a group."""

from __future__ import annotations

import numpy as np

from reports.survival import bootstrap_by_patient
from reports.survival.group_bootstrap import intervals_by_group
from reports.survival.merge import counted, merged


def rows(seed: int, n: int = 80) -> tuple[np.ndarray, ...]:
    """Patient, hours and whether it was seen; several rows of a patient are alike."""
    dice = np.random.default_rng(seed)
    patient = dice.integers(0, 25, n)
    times = 24.0 * (1 + patient % 5) + dice.integers(0, 4, n)
    return patient.astype(float), times, (dice.random(n) < 0.7).astype(float)


def test_one_patient_a_group_is_the_bootstrap_by_patient() -> None:
    patient, times, events = rows(1)
    hi = np.where(events == 1, times, np.inf)
    # The patients sort alike as numbers and as text, so that the same ones are drawn.
    names = [f"{int(each):02d}" for each in patient]
    expected = bootstrap_by_patient(
        names, times, events == 1, times - 1, hi, tau=100, seed=3, replicates=60
    )
    table = counted(patient, times, events)
    found = intervals_by_group(table, tau=100, at_hours=(48.0,), seed=3, replicates=60)
    assert expected is not None
    assert found is not None
    assert found.median == expected.median
    assert found.rmst == expected.rmst
    assert found.groups == len(set(names))
    assert 0 < found.shares[0].lower < found.shares[0].upper < 1


def test_partitions_change_no_digit_and_one_group_has_no_interval() -> None:
    patient, times, events = rows(2)
    parts = [patient % 3 == k for k in (2, 0, 1)]
    table = merged(counted(patient[p], times[p], events[p]) for p in parts)
    one = intervals_by_group(table, tau=100, at_hours=(24.0,), seed=1, replicates=20)
    whole = counted(patient, times, events)
    assert one == intervals_by_group(whole, tau=100, at_hours=(24.0,), seed=1, replicates=20)
    alone = counted(np.zeros(5), times[:5], events[:5])
    assert intervals_by_group(alone, tau=100, at_hours=(), seed=1, replicates=5) is None


def test_a_patient_with_many_sessions_does_not_count_as_many_patients() -> None:
    patient, times, events = rows(4, n=40)
    many = tuple(np.tile(column, 30) for column in (patient, times, events))
    found = [
        intervals_by_group(counted(*each), tau=100, at_hours=(72.0,), seed=5, replicates=40)
        for each in ((patient, times, events), many)
    ]
    assert found[0] is not None
    assert found[0] == found[1]
