"""Survival estimates from plain arrays: no Django, no database, nothing about people."""

from reports.survival.aft import aft
from reports.survival.bootstrap import (
    Interval,
    PatientIntervals,
    bootstrap_by_patient,
    survival_by_patient,
)
from reports.survival.cox import cox, within_between
from reports.survival.interval_score import interval_logrank
from reports.survival.kaplan_meier import kaplan_meier
from reports.survival.logrank import logrank, logrank_stratified
from reports.survival.turnbull import fit_npmle, median_bracket, turnbull

__all__ = [
    "Interval",
    "PatientIntervals",
    "aft",
    "bootstrap_by_patient",
    "cox",
    "fit_npmle",
    "interval_logrank",
    "kaplan_meier",
    "logrank",
    "logrank_stratified",
    "median_bracket",
    "survival_by_patient",
    "turnbull",
    "within_between",
]
