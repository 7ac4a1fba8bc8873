"""The list of side effects: stable codes, the six most used, and the ones that call a person."""

from __future__ import annotations

import re

import pytest

from sessions_app.rules import effects
from sessions_app.rules.effects import ALL_EFFECTS, COMMON, EFFECTS, effects_for

# Written out on purpose: a code in a stored row must never change its name.
CODES = [
    "dissociation",
    "nausea",
    "dizziness",
    "sedation",
    "anxiety",
    "headache",
    "derealisation",
    "depersonalisation",
    "somnolence",
    "lethargy",
    "vertigo",
    "vomiting",
    "blood_pressure_increased",
    "tachycardia",
    "numbness",
    "tingling",
    "odd_taste",
    "blurred_vision",
    "double_vision",
    "panic",
    "dysphoria",
    "euphoria",
    "feeling_drunk",
    "confusion",
    "hallucination",
    "emergence_reaction",
    "respiratory_depression",
    "low_oxygen",
    "apnoea",
    "loss_of_consciousness",
    "syncope",
    "seizure",
    "chest_pain",
    "suicidal_ideation",
    "hypomania",
    "mania",
    "psychosis",
    "site_pain",
    "extravasation",
    "dysuria",
    "urinary_frequency",
    "urinary_urgency",
    "haematuria",
    "pelvic_pain",
    "memory_trouble",
    "craving",
    "vivid_dreams",
    "insomnia",
]


def test_every_code_ever_shipped_is_still_there_and_unique():
    assert list(EFFECTS) == CODES
    assert len(ALL_EFFECTS) == len(EFFECTS)


def test_codes_are_snake_case_and_each_effect_names_its_preferred_term():
    for effect in ALL_EFFECTS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", effect.code)
        assert effect.meddra_pt[0].isupper()


def test_the_six_most_used_stand_first():
    assert COMMON == ("dissociation", "nausea", "dizziness", "sedation", "anxiety", "headache")
    assert tuple(effect.code for effect in effects_for("iv")[:6]) == COMMON


def test_the_serious_event_path_opens_for_breathing_consciousness_seizure_and_chest_pain():
    assert {effect.code for effect in ALL_EFFECTS if effect.serious} == {
        "respiratory_depression",
        "low_oxygen",
        "apnoea",
        "loss_of_consciousness",
        "syncope",
        "seizure",
        "chest_pain",
    }


def test_suicidality_mania_and_psychosis_call_a_person_without_being_a_serious_event():
    calls = {effect.code for effect in ALL_EFFECTS if effect.escalates and not effect.serious}
    assert calls == {"suicidal_ideation", "hypomania", "mania", "psychosis"}
    assert all(effect.escalates for effect in ALL_EFFECTS if effect.serious)


@pytest.mark.parametrize(("route", "offered"), [("iv", 1), ("im", 1), ("sc", 1), ("oral", 0)])
def test_pain_at_the_site_is_offered_only_where_a_needle_was(route, offered):
    codes = [effect.code for effect in effects_for(route)]
    assert codes.count("site_pain") == codes.count("extravasation") == offered


def test_bladder_and_memory_are_asked_between_visits_not_in_the_chair():
    in_chair = {effect.code for effect in effects_for("iv")}
    assert in_chair.isdisjoint({"dysuria", "haematuria", "memory_trouble", "craving", "insomnia"})
    assert EFFECTS["haematuria"].between_visits


def test_grades_actions_criteria_and_changes_are_the_agreed_words():
    assert effects.CTCAE_GRADE == {"mild": 1, "moderate": 2, "severe": 3}
    assert tuple(effects.CTCAE_GRADE) == effects.GRADES
    assert effects.ACTIONS == ("none", "paused", "rate_reduced", "stopped", "drug_given")
    assert effects.SERIOUS_CRITERIA == (
        "death",
        "life_threatening",
        "hospitalisation",
        "disability",
        "other_important",
    )
    assert effects.CHANGE_KINDS == ("worse", "better", "resolved")
