"""How much each patient got: a dose that is not known is no zero."""

from __future__ import annotations

import pandas as pd
import pytest

from reports.dashboards.safety.given import given
from reports.dashboards.safety.record import Record

NOTHING = pd.DataFrame()


def record(*rows: tuple[int, str, float | None]) -> Record:
    """A record whose sessions are of (patient, drug, milligrams)."""
    sessions = pd.DataFrame(rows, columns=["patient", "drug", "dose_mg"])
    return Record(
        sessions.astype({"dose_mg": float}), NOTHING, NOTHING, NOTHING, NOTHING, {}, is_large=False
    )


def test_a_patient_with_an_unknown_dose_has_no_sum_and_is_counted() -> None:
    found = given(
        record(
            *[(1, "ketamine", 40.0), (1, "ketamine", None)],
            *[(2, "ketamine", 30.0), (2, "ketamine", 35.0), (3, "ketamine", 50.0)],
        ),
        minimum=2,
    )["ketamine"]
    assert found["patients"] == 3
    assert found["patients_without_a_sum"] == 1
    assert found["mg"]["n"] == 2
    assert found["mg"]["median"] == pytest.approx(57.5)  # of 65 and 50; 40 alone is no sum


def test_too_few_sums_are_not_shown_although_the_patients_are_enough() -> None:
    rows = [(1, "ketamine", None), (2, "ketamine", 30.0), (3, "ketamine", 50.0)]
    found = given(record(*rows), minimum=3)["ketamine"]
    assert found["sessions"]["n"] == 3
    assert found["mg"] == {"suppressed": True}


def test_milligrams_of_two_drugs_are_never_added() -> None:
    rows = [(1, "esketamine", 56.0), (1, "ketamine", 40.0), (2, "esketamine", 84.0)]
    found = given(record(*rows), minimum=1)
    assert found["esketamine"]["mg"]["median"] == pytest.approx(70.0)
    assert found["ketamine"]["mg"]["median"] == pytest.approx(40.0)
