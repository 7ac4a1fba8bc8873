"""Side effects that can be charted with two taps. Codes are stable; words come from templates.

`meddra_pt` is the preferred term as generally known, an optional mapping for exports: no MedDRA or
SNOMED CT table ships, both are licensed. docs/clinical-rules.md lists what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GRADES = ("mild", "moderate", "severe")
CTCAE_GRADE: dict[str, int] = {"mild": 1, "moderate": 2, "severe": 3}  # 4 and 5 are serious events
ACTIONS = ("none", "paused", "rate_reduced", "stopped", "drug_given")
SERIOUS_CRITERIA = (
    "death",
    "life_threatening",
    "hospitalisation",
    "disability",
    "other_important",
)
CHANGE_KINDS = ("worse", "better", "resolved")

Group = Literal[
    "perception",
    "alertness",
    "stomach",
    "circulation",
    "senses",
    "head",
    "feelings",
    "breathing",
    "serious_event",
    "mind",
    "site",
    "bladder",
    "between_visits",
]

INJECTED = ("iv", "im", "sc")


@dataclass(frozen=True)
class Effect:
    """One charted effect.

    `routes` None: any route. `serious`: opens the serious-event path. `escalates`: a person is
    called whatever the grade. `common`: one of the six on the first row. `between_visits`: asked
    about weeks to months. `must_clear`: a patient who still has it, even mildly, may not leave.
    """

    code: str
    meddra_pt: str
    group: Group
    routes: tuple[str, ...] | None = None
    serious: bool = False
    escalates: bool = False
    common: bool = False
    between_visits: bool = False
    must_clear: bool = False


def _sae(code: str, meddra_pt: str, group: Group = "serious_event") -> Effect:
    return Effect(code, meddra_pt, group, serious=True, escalates=True, must_clear=True)


def _escalates(code: str, meddra_pt: str) -> Effect:
    return Effect(code, meddra_pt, "mind", escalates=True, must_clear=True)


def _between(code: str, meddra_pt: str, group: Group) -> Effect:
    return Effect(code, meddra_pt, group, between_visits=True)


ALL_EFFECTS = (
    Effect("dissociation", "Dissociation", "perception", common=True, must_clear=True),
    Effect("nausea", "Nausea", "stomach", common=True),
    Effect("dizziness", "Dizziness", "head", common=True),
    Effect("sedation", "Sedation", "alertness", common=True, must_clear=True),
    Effect("anxiety", "Anxiety", "feelings", common=True),
    Effect("headache", "Headache", "head", common=True),
    Effect(
        "derealisation", "Depersonalisation/derealisation disorder", "perception", must_clear=True
    ),
    Effect(
        "depersonalisation",
        "Depersonalisation/derealisation disorder",
        "perception",
        must_clear=True,
    ),
    Effect("somnolence", "Somnolence", "alertness"),
    Effect("lethargy", "Lethargy", "alertness"),
    Effect("vertigo", "Vertigo", "head"),
    Effect("vomiting", "Vomiting", "stomach"),
    Effect("blood_pressure_increased", "Blood pressure increased", "circulation"),
    Effect("tachycardia", "Tachycardia", "circulation"),
    Effect("numbness", "Hypoaesthesia", "senses"),
    Effect("tingling", "Paraesthesia", "senses"),
    Effect("odd_taste", "Dysgeusia", "senses"),
    Effect("blurred_vision", "Vision blurred", "senses"),
    Effect("double_vision", "Diplopia", "senses"),
    Effect("panic", "Panic attack", "feelings"),
    Effect("dysphoria", "Dysphoria", "feelings"),
    Effect("euphoria", "Euphoric mood", "feelings"),
    Effect("feeling_drunk", "Feeling drunk", "feelings"),
    Effect("confusion", "Confusional state", "perception", must_clear=True),
    Effect("hallucination", "Hallucination", "perception", must_clear=True),
    Effect("emergence_reaction", "Delirium", "perception", must_clear=True),
    _sae("respiratory_depression", "Respiratory depression", "breathing"),
    _sae("low_oxygen", "Oxygen saturation decreased", "breathing"),
    _sae("apnoea", "Apnoea", "breathing"),
    _sae("loss_of_consciousness", "Loss of consciousness"),
    _sae("syncope", "Syncope"),
    _sae("seizure", "Seizure"),
    _sae("chest_pain", "Chest pain"),
    _escalates("suicidal_ideation", "Suicidal ideation"),
    _escalates("hypomania", "Hypomania"),
    _escalates("mania", "Mania"),
    _escalates("psychosis", "Psychotic disorder"),
    Effect("site_pain", "Infusion site pain", "site", routes=INJECTED),
    Effect("extravasation", "Infusion site extravasation", "site", routes=INJECTED),
    _between("dysuria", "Dysuria", "bladder"),
    _between("urinary_frequency", "Pollakiuria", "bladder"),
    _between("urinary_urgency", "Micturition urgency", "bladder"),
    _between("haematuria", "Haematuria", "bladder"),
    _between("pelvic_pain", "Pelvic pain", "bladder"),
    _between("memory_trouble", "Memory impairment", "between_visits"),
    _between("craving", "Drug craving", "between_visits"),
    _between("vivid_dreams", "Abnormal dreams", "between_visits"),
    _between("insomnia", "Insomnia", "between_visits"),
)

EFFECTS: dict[str, Effect] = {effect.code: effect for effect in ALL_EFFECTS}

COMMON = tuple(effect.code for effect in ALL_EFFECTS if effect.common)


def effects_for(route: str) -> tuple[Effect, ...]:
    """What can be charted in the chair for this route, the six most used first."""
    return tuple(
        effect
        for effect in ALL_EFFECTS
        if not effect.between_visits and (effect.routes is None or route in effect.routes)
    )
