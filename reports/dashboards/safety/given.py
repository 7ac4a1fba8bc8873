"""What each patient got in the chosen sessions: how many, and how many milligrams of which drug."""

from __future__ import annotations

import numpy as np

from reports.dashboards.safety.rates import Block, below_minimum, spread_of
from reports.dashboards.safety.record import Record


def given(record: Record, minimum: int) -> Block:
    """By drug: sessions and milligrams of a patient, as percentiles over patients.

    Milligrams of two drugs are never added. A patient with a session whose dose is not known has
    no sum, and is counted.
    """
    blocks: Block = {}
    for drug, rows in record.sessions.groupby("drug", sort=True):
        by_patient = rows.groupby("patient")
        if len(by_patient) < minimum:
            blocks[str(drug)] = below_minimum()
            continue
        is_whole = by_patient["dose_mg"].count() == by_patient.size()
        sums = by_patient["dose_mg"].sum()[is_whole]
        enough = int(is_whole.sum()) >= minimum
        blocks[str(drug)] = {
            "suppressed": False,
            "patients": len(by_patient),
            "sessions": spread_of(np.asarray(by_patient.size(), np.float64)),
            "mg": {"suppressed": False, **spread_of(sums.to_numpy(np.float64))}
            if enough
            else below_minimum(),
            "patients_without_a_sum": int((~is_whole).sum()),
        }
    return blocks
