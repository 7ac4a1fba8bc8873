"""What people read for the codes of `effects.py`: side effects, grades, actions, changes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EFFECT_WORDS: dict[str, Promise] = {
    "dissociation": _("Dissociation"),
    "nausea": _("Nausea"),
    "dizziness": _("Dizziness"),
    "sedation": _("Sedation"),
    "anxiety": _("Anxiety"),
    "headache": _("Headache"),
    "derealisation": _("World feels unreal"),
    "depersonalisation": _("Outside one's own body"),
    "somnolence": _("Sleepiness"),
    "lethargy": _("Lethargy"),
    "vertigo": _("Spinning"),
    "vomiting": _("Vomiting"),
    "blood_pressure_increased": _("Blood pressure up"),
    "tachycardia": _("Fast heartbeat"),
    "numbness": _("Numbness"),
    "tingling": _("Tingling"),
    "odd_taste": _("Odd taste"),
    "blurred_vision": _("Blurred vision"),
    "double_vision": _("Double vision"),
    "panic": _("Panic"),
    "dysphoria": _("Low or uneasy mood"),
    "euphoria": _("Elated mood"),
    "feeling_drunk": _("Feeling drunk"),
    "confusion": _("Confusion"),
    "hallucination": _("Hallucination"),
    "emergence_reaction": _("Emergence reaction"),
    "respiratory_depression": _("Slow or weak breathing"),
    "low_oxygen": _("Low oxygen"),
    "apnoea": _("Breathing stopped"),
    "loss_of_consciousness": _("Loss of consciousness"),
    "syncope": _("Fainting"),
    "seizure": _("Seizure"),
    "chest_pain": _("Chest pain"),
    "suicidal_ideation": _("Suicidal thoughts"),
    "hypomania": _("Hypomania"),
    "mania": _("Mania"),
    "psychosis": _("Psychosis"),
    "site_pain": _("Pain at the site"),
    "extravasation": _("Drug outside the vein"),
    "dysuria": _("Painful urination"),
    "urinary_frequency": _("Frequent urination"),
    "urinary_urgency": _("Urgent urination"),
    "haematuria": _("Blood in the urine"),
    "pelvic_pain": _("Pelvic pain"),
    "memory_trouble": _("Memory trouble"),
    "craving": _("Craving"),
    "vivid_dreams": _("Vivid dreams"),
    "insomnia": _("Poor sleep"),
}
GRADE_WORDS: dict[str, Promise] = {
    "mild": _("mild"),
    "moderate": _("moderate"),
    "severe": _("severe"),
}
CHANGE_WORDS = {"worse": _("worse"), "better": _("better"), "resolved": _("resolved")}
ACTION_WORDS = {
    "none": _("nothing"),
    "paused": _("dose paused"),
    "rate_reduced": _("rate lowered"),
    "stopped": _("dose stopped"),
    "drug_given": _("a drug was given"),
}
CRITERION_WORDS = {
    "death": _("death"),
    "life_threatening": _("life-threatening"),
    "hospitalisation": _("hospital stay"),
    "disability": _("lasting harm"),
    "other_important": _("another important medical event"),
}


def effect_words(code: str, other_text: str = "") -> str:
    """The side effect in words; what was typed for "other"; the code itself if nobody knows it."""
    return other_text or str(EFFECT_WORDS.get(code, code))
