"""What people read for the codes of `medications.py`. Look-alike names have their capitals.

The capitals follow the lists of look-alike names with tall-man letters of FDA and ISMP.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import DissociationRating, MedicationGiven
from sessions_app.rules.dissociation import SCALES
from sessions_app.templatetags.words import number

MEDICATION_WORDS: dict[str, Promise] = {
    "aspirin": _("Aspirin"),
    "atropine": _("Atropine"),
    "captopril": _("Captopril"),
    "clonidine": _("Clonidine"),
    "dexamethasone": _("Dexamethasone"),
    "diphenhydramine": _("diphenhydrAMINE"),
    "ephedrine": _("ePHEDrine"),
    "epinephrine": _("EPINEPHrine (adrenaline)"),
    "flumazenil": _("Flumazenil"),
    "glucose": _("Glucose"),
    "glycopyrronium": _("Glycopyrronium"),
    "hydralazine": _("hydrALAZINE"),
    "ibuprofen": _("Ibuprofen"),
    "ketorolac": _("ketOROLAC"),
    "labetalol": _("Labetalol"),
    "lorazepam": _("LORazepam"),
    "metoclopramide": _("Metoclopramide"),
    "metoprolol": _("Metoprolol"),
    "midazolam": _("Midazolam"),
    "naloxone": _("Naloxone"),
    "nifedipine": _("NIFEdipine"),
    "nitroglycerin": _("Nitroglycerin"),
    "ondansetron": _("Ondansetron"),
    "paracetamol": _("Paracetamol (acetaminophen)"),
    "prochlorperazine": _("Prochlorperazine"),
    "promethazine": _("Promethazine"),
    "salbutamol": _("Salbutamol (albuterol)"),
    "sodium_chloride_0_9": _("Sodium chloride 0.9 %"),
}
UNIT_WORDS: dict[str, Promise | str] = {
    "mg": "mg",
    "mcg": "mcg",
    "g": "g",
    "ml": "mL",
    "units": _("units"),
    "puffs": _("puffs"),
    "tablets": _("tablets"),
}
MEDICATION_ROUTE_WORDS: dict[str, Promise] = {
    "iv": _("into a vein"),
    "im": _("into a muscle"),
    "sc": _("under the skin"),
    "oral": _("swallowed"),
    "sublingual": _("under the tongue"),
    "intranasal": _("nasal"),
    "inhaled": _("inhaled"),
    "rectal": _("rectal"),
    "transdermal": _("on the skin"),
}
SCALE_WORDS: dict[str, Promise] = {
    "clinic_0_4": _("Clinic's rating 0–4"),
    "cadss": _("CADSS total 0–92"),
    "cadss_6": _("CADSS-6 total 0–24"),
}
CLINIC_RATING_WORDS: dict[int, Promise] = {
    0: _("none"),
    1: _("slight"),
    2: _("mild"),
    3: _("marked"),
    4: _("extreme"),
}


def medication_words(code: str, other_text: str = "") -> str:
    """The medicine's name; what was typed for "other"; the code itself if nobody knows it."""
    return other_text or str(MEDICATION_WORDS.get(code, code))


def amount_words(amount: Decimal, unit: str) -> str:
    """4 mg, 0.5 mg, never 4.0 mg; the space does not break."""
    return number(amount, str(UNIT_WORDS.get(unit, unit)))


def medication_line(row: MedicationGiven) -> str:
    """Ondansetron 4 mg into a vein: what was given, as every page and paper says it."""
    route = MEDICATION_ROUTE_WORDS.get(row.route, row.route)
    name = medication_words(row.drug, row.other_text)
    return f"{name} {amount_words(row.amount, row.unit)} {route}"


def rating_words(scale: str, score: int) -> str:
    """2 of 4, or 2 of 4, mild where the scale's steps have words."""
    known = SCALES.get(scale)
    if known is None:
        return str(score)
    text = str(_("%(score)s of %(top)s")) % {"score": score, "top": known.top}
    if scale == "clinic_0_4" and score in CLINIC_RATING_WORDS:
        return f"{text}, {CLINIC_RATING_WORDS[score]}"
    return text


def rating_line(row: DissociationRating) -> str:
    """Clinic's rating 0–4: 2 of 4, mild: one rating, as every page and paper says it."""
    return f"{SCALE_WORDS.get(row.scale, row.scale)}: {rating_words(row.scale, row.score)}"
