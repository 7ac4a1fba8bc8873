"""Medicines that are given beside the dose. Codes are generic names; anything else is in words.

The list saves typing and suggests nothing: there is no dose, no unit and no indication in it, and
no order of preference. docs/clinical-rules.md lists what stands here.
"""

from __future__ import annotations

from decimal import Decimal

OTHER = "other"

# Generic names of what publications on ketamine clinics mention for nausea, blood pressure,
# distress, pain and emergencies; by letter.
MEDICATIONS = (
    "aspirin",
    "atropine",
    "captopril",
    "clonidine",
    "dexamethasone",
    "diphenhydramine",
    "ephedrine",
    "epinephrine",
    "flumazenil",
    "glucose",
    "glycopyrronium",
    "hydralazine",
    "ibuprofen",
    "ketorolac",
    "labetalol",
    "lorazepam",
    "metoclopramide",
    "metoprolol",
    "midazolam",
    "naloxone",
    "nifedipine",
    "nitroglycerin",
    "ondansetron",
    "paracetamol",
    "prochlorperazine",
    "promethazine",
    "salbutamol",
    "sodium_chloride_0_9",
)
UNITS = ("mg", "mcg", "g", "ml", "units", "puffs", "tablets")
ROUTES = (
    "iv",
    "im",
    "sc",
    "oral",
    "sublingual",
    "intranasal",
    "inhaled",
    "rectal",
    "transdermal",
)
LARGEST_AMOUNT = Decimal("99999.999")  # what the column holds; doses differ too much for a range
