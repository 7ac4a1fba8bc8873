"""What is asked before a course: the union of published checklists, in neutral words elsewhere.

No answer locks anything: a physician decides. `against` is the answer that speaks against a
course, "yes" or "no"; "unknown" is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ANSWERS = ("yes", "no", "unknown")


@dataclass(frozen=True)
class Criterion:
    code: str
    against: Literal["yes", "no"]
    source: str


LABEL = "esketamine US label: contraindications and warnings"
CONSENSUS = "consensus statements on ketamine for depression, 2017 to 2021"
PAIN = "consensus guideline on ketamine for chronic pain, 2018"

CRITERIA = (
    Criterion("adult", "no", CONSENSUS),
    Criterion("adequate_trials", "no", CONSENSUS),
    Criterion("bp_controlled", "no", LABEL),
    Criterion("aneurysm_or_avm", "yes", LABEL),
    Criterion("intracerebral_haemorrhage", "yes", LABEL),
    Criterion("hypersensitivity", "yes", LABEL),
    Criterion("unstable_heart_disease", "yes", PAIN),
    Criterion("raised_pressure", "yes", CONSENSUS),
    Criterion("psychosis_or_mania", "yes", PAIN),
    Criterion("pregnancy_or_lactation", "yes", LABEL),
    Criterion("substance_use", "yes", PAIN),
    Criterion("severe_liver_disease", "yes", PAIN),
    Criterion("bladder_symptoms", "yes", LABEL),
    Criterion("sleep_apnoea", "yes", CONSENSUS),
    Criterion("interacting_medicines", "yes", LABEL),
)
CODES = tuple(criterion.code for criterion in CRITERIA)


def speaks_against(code: str, answer: str) -> bool:
    """Whether this answer speaks against a course. An unknown code raises KeyError."""
    return {criterion.code: criterion.against for criterion in CRITERIA}[code] == answer
