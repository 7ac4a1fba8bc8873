"""The words of every refusal: what is wrong, and the next step. One place for both doors."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import RuleError


class Words(NamedTuple):
    message: Promise | str
    next: Promise | str


FIELDS: dict[str, Promise] = {
    "systolic": _("Systolic"),
    "diastolic": _("Diastolic"),
    "heart_rate": _("Pulse"),
    "spo2": _("SpO₂"),
    "respiratory_rate": _("Breaths"),
    "temperature_c": _("Temperature"),
    "etco2": _("EtCO₂"),
    "moaas": _("Awake level (MOAA/S)"),
    "pain": _("Pain"),
    "oxygen_l_min": _("Oxygen"),
    "position": _("Position"),
    "blank_reason": _("Reason for the blank"),
    "taken_at": _("Taken at"),
    "weight_kg": _("Weight"),
    "rate_ml_per_hour": _("Pump rate"),
    "amount_mg": _("Amount"),
    "kind": _("What was done"),
    "code": _("Side effect"),
    "grade": _("Strength"),
    "other_text": _("Side effect in words"),
    "serious_criterion": _("Why it is serious"),
    "action": _("What was done about it"),
    "reason": _("Reason"),
    "pin": _("PIN"),
    "second_pin": _("Second person's PIN"),
    "second_person": _("Second person"),
    "end": _("How the session ended"),
    "escort_name": _("Escort"),
    "text": _("Text"),
    "outcome": _("Outcome"),
    "value": _("Answer"),
    "write_key": _("Write key"),
    "owner": _("Colleague"),
    "note": _("Note"),
}

CHECK_NUMBER = _("Check the number and enter it again.")
CORRECT_INSTEAD = _("Correct it instead.")
ADD_AMENDMENT = _("Add an amendment instead.")

REFUSALS: dict[str, Words] = {
    "implausible_low": Words(_("%(field)s must be %(limit)s. You entered %(value)s."), CHECK_NUMBER),
    "implausible_high": Words(
        _("%(field)s must be %(limit)s. You entered %(value)s."), CHECK_NUMBER
    ),
    "not_an_integer": Words(
        _("%(field)s must be a whole number. You entered %(value)s."), CHECK_NUMBER
    ),
    "diastolic_not_below_systolic": Words(
        _("Diastolic must be below systolic (%(limit)s). You entered %(value)s."),
        _("See whether the two were swapped."),
    ),
    "looks_like_fahrenheit": Words(
        _("Temperature must be %(limit)s °C. %(value)s looks like Fahrenheit."),
        _("Enter it in °C."),
    ),
    "nothing_entered": Words(
        _("No value was entered."), _("Enter at least one value, then save.")
    ),
    "unknown_choice": Words(
        _("%(field)s: %(value)s is not one of the choices (%(limit)s)."), _("Choose one of them.")
    ),
    "required": Words(_("%(field)s is missing."), _("Fill it in, then save.")),
    "too_long": Words(
        _("%(field)s may have at most %(limit)s characters."), _("Shorten it, then save.")
    ),
    "before_session": Words(
        _("%(value)s is before this session was opened (%(limit)s)."),
        _("Correct the time."),
    ),
    "session_signed": Words(_("This session was signed at %(limit)s."), ADD_AMENDMENT),
    "session_not_signed": Words(
        _("This session is not signed."), _("Correct the entry itself instead.")
    ),
    "session_imported": Words(
        _("This session was imported and takes no entries."), ADD_AMENDMENT
    ),
    "already_struck": Words(
        _("This entry was already struck at %(limit)s."), _("Reload the page to see it.")
    ),
    "alert_closed": Words(
        _("This alert was closed at %(limit)s."), _("Reload the page to see how.")
    ),
    "not_a_number": Words(
        _("%(field)s must be a number. You entered %(value)s."), CHECK_NUMBER
    ),
    "wrong_pin": Words(_("This PIN is not right."), _("Enter it again, or sign in anew.")),
    "no_pin": Words(
        _("%(value)s has no PIN yet."), _("Set one on your account page, then sign.")
    ),
    "too_many_tries": Words(
        _("Too many wrong tries."), _("Wait %(limit)s minutes, then try again.")
    ),
    "same_person": Words(
        _("The second person must be somebody else."), _("Ask a colleague to check the dose.")
    ),
}


def explain(error: RuleError) -> Words:
    """What is wrong and what to do next, in the reader's language."""
    words = REFUSALS[error.code]
    facts = {
        "field": FIELDS.get(error.field, error.field),
        "limit": error.limit,
        "value": "–" if error.value in (None, "") else error.value,
    }
    return Words(str(words.message) % facts, str(words.next) % facts)


def already_saved(row: object) -> Words:
    """What a used write key answers: what was saved under it, and how to go on."""
    taken_at = getattr(row, "taken_at", None)
    if taken_at is None:
        return Words(_("This was already saved with other values."), CORRECT_INSTEAD)
    facts = {"what": summary(row), "clock": timezone.localtime(taken_at).strftime("%H:%M")}
    return Words(_("This was already saved as %(what)s at %(clock)s.") % facts, CORRECT_INSTEAD)


def summary(row: object) -> str:
    """A saved entry in a few characters: 132/84, or its kind."""
    systolic, diastolic = getattr(row, "systolic", None), getattr(row, "diastolic", None)
    if systolic is not None and diastolic is not None:
        return f"{systolic}/{diastolic}"
    return str(row).rsplit(" ", 1)[0]
