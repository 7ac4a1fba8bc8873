"""What counts cannot give, from the rows of all partitions: the functions of the outcomes page.

Patients are resampled as the page does, the models are those of the command `relief`. A model with
fewer patients than the minimum is `{"suppressed": True}`; a route with fewer is no term of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from reports.dashboards import outcome_numbers, outcome_trends
from reports.dashboards.outcome_numbers import SUPPRESSED
from reports.registry.rows import changes_of, through_of
from reports.relief_models import models_of
from reports.relief_report import (
    ONSET_BARS_H,
    RELIEF_BARS_H,
    TAU_ONSET_H,
    TAU_RELIEF_H,
    Observed,
    observed_onset,
    observed_relief,
)
from reports.response_rule import ResponseRule

HOURS_PER_DAY = 24


def curves_by_patient(
    rows: pd.DataFrame, minimum: int, replicates: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The curves of the page with intervals by resampling patients; `rows` is `all_rows`."""
    onset, relief = observed_onset(rows), observed_relief(rows)
    carried = observed_relief(rows, with_carried=True)
    for name, seen, tau, bars in (
        ("onset", onset, TAU_ONSET_H, ONSET_BARS_H),
        ("relief", relief, TAU_RELIEF_H, RELIEF_BARS_H),
        ("relief_with_carried", carried, TAU_RELIEF_H, RELIEF_BARS_H),
    ):
        yield name, outcome_numbers.curve_block(seen, tau, bars, minimum, replicates)
    yield "kept", outcome_numbers.kept_block(rows, minimum, replicates)
    yield (
        "whole_course",
        outcome_numbers.whole_course_block(through_of(rows), rows, rows, minimum, replicates),
    )


def trends_by_patient(
    rows: pd.DataFrame, rule: ResponseRule, minimum: int, replicates: int
) -> Iterator[tuple[str, Any]]:
    """Mood after a dose, and relief by session and by calendar quarter, by route as on the page."""
    group = rows["route"]
    changes = changes_of(rows)
    yield (
        "mood",
        outcome_trends.mood_block(
            changes, group[changes.index], minimum, rule.recall_days * HOURS_PER_DAY
        ),
    )
    yield "by_session", outcome_trends.by_session(rows, group, minimum, replicates)
    yield (
        "by_quarter",
        outcome_trends.by_quarter(
            rows,
            outcome_trends.quarters(rows["day"]),
            minimum,
            replicates,
            looks_back=rule.recall_days > 0,
        ),
    )


def models_by_patient(rows: pd.DataFrame, minimum: int, seed: int) -> dict[str, Any]:
    """{"onset": {...}, "relief": {...}}: `models_of`, without the routes of too few patients."""
    at_risk, responded = rows["onset_event"].notna(), rows["status"] == "response"
    return {
        "onset": _models(rows[at_risk], observed_onset(rows), minimum, seed),
        "relief": _models(rows[responded], observed_relief(rows), minimum, seed),
    }


def _models(rows: pd.DataFrame, seen: Observed, minimum: int, seed: int) -> dict[str, Any]:
    if seen.n_patients < minimum:
        return dict(SUPPRESSED)
    route = rows["route"].astype(object)
    people = rows.groupby(route)["patient_id"].nunique()
    named = route.where(route.map(people) >= minimum, None)
    known = Observed(**{**vars(seen), "route": named.to_numpy(object)})
    found = models_of(rows.assign(route=named), known, seed)
    if found["cox"]["patients"] < minimum:
        return dict(SUPPRESSED)
    return {"suppressed": False, **found}
