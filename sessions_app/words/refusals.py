"""The words of every refusal: what is wrong, and the next step. One place for both doors."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import RuleError
from sessions_app.words.check_in_refusals import CHECK_IN_REFUSALS
from sessions_app.words.field_words import FIELDS
from sessions_app.words.rota_refusals import ROTA_REFUSALS
from sessions_app.words.setting_words import label_of


class Words(NamedTuple):
    message: Promise | str
    next: Promise | str


CHECK_NUMBER = _("Check the number and enter it again.")
CHECK_TIME = _("Check the time and what was done.")
CORRECT_INSTEAD = _("Correct it instead.")
ADD_AMENDMENT = _("Add an amendment instead.")

REFUSALS: dict[str, Words] = {
    "implausible_low": Words(
        _("%(field)s must be %(limit)s. You entered %(value)s."), CHECK_NUMBER
    ),
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
    "nothing_entered": Words(_("No value was entered."), _("Enter at least one value, then save.")),
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
    "session_imported": Words(_("This session was imported and takes no entries."), ADD_AMENDMENT),
    "already_struck": Words(
        _("This entry was already struck at %(limit)s."), _("Reload the page to see it.")
    ),
    "alert_closed": Words(
        _("This alert was closed at %(limit)s."), _("Reload the page to see how.")
    ),
    "not_a_number": Words(_("%(field)s must be a number. You entered %(value)s."), CHECK_NUMBER),
    "wrong_pin": Words(_("This PIN is not right."), _("Enter it again, or sign in anew.")),
    "no_pin": Words(_("%(value)s has no PIN yet."), _("Set one on your account page, then sign.")),
    "too_many_tries": Words(
        _("Too many wrong tries."), _("Wait %(limit)s minutes, then try again.")
    ),
    "same_person": Words(
        _("The second person must be somebody else."), _("Ask a colleague to check the dose.")
    ),
    "effect_resolved": Words(
        _("This side effect is already resolved."), _("Add it again if it came back.")
    ),
    "changed_since": Words(
        _("This side effect has changed since (%(limit)s)."),
        _("Strike that change first, then set the time."),
    ),
    "before_onset": Words(_("%(value)s is before the onset (%(limit)s)."), _("Correct the time.")),
    "effects_recorded": Words(
        _("Side effects are recorded in this session."),
        _("Strike them first if they were entered in error."),
    ),
    "effect_not_on_route": Words(
        _("%(value)s belongs to other routes (%(limit)s)."), _("Choose another side effect.")
    ),
    "infusion_not_started": Words(_("The infusion has not started."), _("Record its start first.")),
    "infusion_already_started": Words(
        _("The infusion has already started."), _("Record a rate change instead.")
    ),
    "infusion_already_paused": Words(_("The infusion is already paused."), CHECK_TIME),
    "infusion_already_running": Words(_("The infusion is already running."), CHECK_TIME),
    "infusion_after_stop": Words(_("The infusion was stopped before this."), CHECK_TIME),
    "infusion_not_ascending": Words(_("The times are out of order."), CHECK_TIME),
    "infusion_beyond_bag": Words(
        _("By the recorded rates the bag was empty at %(limit)s."),
        _("Record the stop, or correct the rate or the time."),
    ),
    "early_stop_reason": Words(
        _("%(value)s of %(limit)s was given so far."), _("Say why it is stopped early, then save.")
    ),
    "device_too_early": Words(
        _("The next device may be given at %(limit)s."),
        _("Wait until then, or write the reason for giving it earlier."),
    ),
    "device_beyond_plan": Words(
        _("%(limit)s devices are planned. This would be number %(value)s."),
        _("Write the reason and who decided, or do not give it."),
    ),
    "effect_open": Words(
        _("%(value)s is already open since %(limit)s."),
        _("Change it to worse or better instead, or resolve it first."),
    ),
    "infusion_rate_missing": Words(_("The pump rate is missing."), _("Enter it in mL/hour.")),
    "infusion_rate_not_positive": Words(
        _("The pump rate must be above zero."), _("Record a pause or a stop instead.")
    ),
    "prescription_not_valid": Words(
        _("The prescription is not valid today (it ends on %(limit)s)."),
        _("Ask the prescriber to renew the plan."),
    ),
    "chair_busy": Words(
        _("Chair %(value)s is not free."), _("Choose another chair, or sign its session first.")
    ),
    "patient_in_session": Words(
        _("This patient has a session that is not signed."), _("Open and sign it first.")
    ),
    "weight_changed": Words(
        _("%(limit)s at the last session, %(value)s now."), _("Weigh again, or confirm the weight.")
    ),
    "weight_changed_much": Words(
        _("%(limit)s at the last session, %(value)s now: the dose changes with it."),
        _("Weigh again, or confirm the weight."),
    ),
    "looks_like_pounds": Words(
        _("%(limit)s at the last session, %(value)s now: was this read in pounds?"),
        _("Weigh again in kg, or confirm the weight."),
    ),
    "check_unanswered": Words(_("Answer: %(field)s."), ""),
    "check_stops": Words(_("%(field)s: the session cannot start."), _("Call the prescriber.")),
    "check_needs_override": Words(
        _("%(field)s: this answer stops the session."),
        _("Do not start, or enter the reason and the prescriber who decided to go on."),
    ),
    "discharge_check_open": Words(
        _("%(field)s: not met yet."),
        _("Confirm it, or enter the reason and the prescriber who decided."),
    ),
    "signed_by_other": Words(_("%(value)s signed this session at %(limit)s."), ADD_AMENDMENT),
    "dose_was_given": Words(
        _("A dose was given, so the session did start."), _("Choose another end.")
    ),
    "no_dose_given": Words(_("No dose was given."), _("Choose “Not started”, or record the dose.")),
    "infusion_not_stopped": Words(_("The infusion is still running."), _("Record its stop first.")),
    "no_such_patient": Words(
        _("No patient here has the number %(value)s."),
        _("Check the number, or leave it empty when nobody knows yet."),
    ),
    "same_patient": Words(
        _("%(value)s is the number of the patient whose record this is."),
        _("Enter the other patient's number, or choose another end."),
    ),
    "void_too_late": Words(
        _("A signature can be taken back for %(limit)s seconds, by who signed."), ADD_AMENDMENT
    ),
    "already_used": Words(
        _("%(field)s: %(value)s is already used."), _("Choose another, or look for the other one.")
    ),
    "unknown_zone": Words(
        _("%(value)s is not a time zone."), _("Write one like Europe/Berlin or America/New_York.")
    ),
    "not_after": Words(
        _("%(field)s must be after %(limit)s. You entered %(value)s."), _("Correct one of the two.")
    ),
    "before_start": Words(
        _("%(field)s must not be before %(limit)s. You entered %(value)s."),
        _("Correct one of the two dates."),
    ),
    "in_the_future": Words(
        _("%(field)s must not be after today (%(limit)s). You entered %(value)s."),
        _("Correct the date."),
    ),
    "in_the_past": Words(
        _("%(field)s must not be before today (%(limit)s)."), _("Correct the date.")
    ),
    "too_long_ago": Words(
        _("%(field)s must not be before %(limit)s. You entered %(value)s."), _("Check the year.")
    ),
    "too_far_ahead": Words(_("%(field)s must lie within %(limit)s years."), _("Check the year.")),
    "changed_meanwhile": Words(
        _("%(value)s saved these details at %(limit)s, after you opened this page."),
        _("Compare the values below, then save again."),
    ),
    "last_lead": Words(_("This is the clinic's last lead."), _("Make somebody else a lead first.")),
    "has_left": Words(_("%(value)s has left the clinic."), _("Choose somebody who works here.")),
    "username_shape": Words(
        _("A user name has 2 to 60 small letters, digits, dots or hyphens."),
        _("Begin with a letter or a digit."),
    ),
    "email_shape": Words(
        _("%(value)s is not an e-mail address."), _("Write it like name@clinic.example.")
    ),
    "weak_password": Words(_("%(limit)s"), _("Choose another password.")),
    "wrong_password": Words(_("This is not your current password."), _("Enter it again.")),
    "pin_shape": Words(_("A PIN has 4 to 6 digits."), _("Choose another PIN.")),
    "chair_in_use": Words(_("A session runs in chair %(value)s."), _("Sign the session first.")),
    "chair_not_in_use": Words(_("Chair %(value)s is out of use."), _("Choose another chair.")),
    "line_retired": Words(_("This line was retired at %(limit)s."), _("Add it again.")),
    "number_changed": Words(
        _("The number is %(limit)s now, not %(value)s."), _("Call the number that stands here.")
    ),
    "double_booked": Words(
        _("%(field)s: patient %(value)s has an appointment at %(limit)s, less than 2 hours apart."),
        _("Choose another time, or confirm below that this is meant."),
    ),
    "was_cancelled": Words(_("This appointment was cancelled at %(limit)s."), _("Book a new one.")),
    "session_started": Words(
        _("The session of this appointment has begun."), _("Go on in the session.")
    ),
    "course_ended": Words(
        _("This course ended on %(limit)s."), _("Add a new course, then prescribe for it.")
    ),
    "esketamine_is_nasal": Words(_("Esketamine is given by nose only."), _("Choose nasal.")),
    "dose_of_other_drug": Words(
        _("%(field)s does not belong to this drug."),
        _("Ketamine is in mg/kg, esketamine in devices of 28 mg. Empty the other field."),
    ),
    "only_for_infusion": Words(
        _("%(field)s belongs to an infusion only."), _("Empty the field, or choose IV infusion.")
    ),
    "outside_band": Words(
        _("The usual dose for this route is %(limit)s. You entered %(value)s."),
        _("Change the dose, or write the reason."),
    ),
    "no_band": Words(
        _("There is no usual dose for this drug and route."), _("Write the reason for it.")
    ),
    "before_last_change": Words(
        _("%(value)s is before the last change of this side effect (%(limit)s)."),
        _("Correct the time."),
    ),
    "not_clinical": Words(
        _("%(value)s cannot check a dose here."), _("Choose a nurse or a physician.")
    ),
    "bp_above_start_limit": Words(
        _("%(value)s is above %(limit)s."),
        _("Wait and measure again, or enter the reason and the prescriber who decided to go on."),
    ),
    "reading_too_old": Words(
        _("The blood pressure is from %(value)s, more than %(limit)s min ago."),
        _("Measure it again, then start."),
    ),
    "too_soon_after_last": Words(
        _("The last session began %(value)s ago. The protocol asks for %(limit)s between two."),
        _("Do not start, or enter the reason and the prescriber who decided to go on."),
    ),
    "prescriber_must_speak": Words(
        _("Thoughts of suicide: the prescriber must speak with the patient before the dose."),
        _("To go on, the prescriber enters the reason and their PIN."),
    ),
    "dose_above_range": Words(
        _("%(value)s is above %(limit)s, the most allowed for this weight."),
        _("Only the prescriber can change this."),
    ),
    "dose_below_range": Words(
        _("%(value)s is below %(limit)s, the least allowed for this weight."),
        _("Only the prescriber can change this."),
    ),
    "dose_without_range": Words(
        _("There is no usual dose to compare %(value)s with."),
        _("Only the prescriber can go on."),
    ),
    "dose_not_as_shown": Words(
        _("The dose is %(limit)s now, not %(value)s as it was shown."),
        _("Look at the sum again, both of you, then start."),
    ),
    "not_a_prescriber": Words(
        _("%(value)s cannot decide this."), _("Choose a physician of this clinic.")
    ),
    "pin_locked": Words(
        _("Too many wrong PINs for %(value)s."), _("Enter their password instead, in full.")
    ),
    "outside_guard_rail": Words(
        _("%(field)s can be set to %(limit)s. You entered %(value)s."),
        _("Choose a value in this range. The range itself belongs to the software."),
    ),
    "schedule_without_zero": Words(
        _("The first reading has to be due at minute 0. You entered %(value)s."),
        _("Begin the list with 0: without it nothing says what the dose changed."),
    ),
    "minutes_not_ascending": Words(
        _("Minute %(value)s stands after minute %(limit)s."),
        _("Write the minutes in ascending order, each one once."),
    ),
    "gap_too_long": Words(
        _("Nothing is measured from minute %(value)s: at most %(limit)s minutes may pass."),
        _("Add a reading in between."),
    ),
    "due_after_watch": Words(
        _("Minute %(value)s is after the minimum watch of %(limit)s minutes."),
        _("Watch longer, or leave the reading out."),
    ),
    "not_below": Words(
        _("%(field)s has to be below %(limit)s. You entered %(value)s."),
        _("Change one of the two."),
    ),
    "above_other_end": Words(
        _("%(field)s must not be above %(limit)s. You entered %(value)s."),
        _("Change one of the two ends."),
    ),
    "warn_not_before_urgent": Words(
        _("%(field)s: %(value)s would warn only when the High limit of %(limit)s already calls."),
        _("Let the warning come first, or leave it empty."),
    ),
    "windows_missing": Words(_("No check-in is planned."), _("Plan at least one check-in.")),
    "too_many_windows": Words(
        _("%(value)s check-ins are planned, %(limit)s at most."), _("Leave some out.")
    ),
    "windows_overlap": Words(
        _("The check-in %(value)s opens before the check-in %(limit)s closes."),
        _("Let one close before the next opens."),
    ),
    "window_order": Words(
        _("The check-in %(limit)s has to open, be due and close in this order (%(value)s hours)."),
        _("Correct its three times."),
    ),
    "window_too_late": Words(
        _("The check-in %(value)s closes more than %(limit)s weeks after the dose."),
        _("Let it close earlier, or leave it out."),
    ),
    "window_without_mood": Words(
        _("The check-in %(value)s does not begin with the question about mood."),
        _("Every check-in asks it: the outcomes are computed from it."),
    ),
    "nothing_changed": Words(
        _("Nothing was changed."), _("Change a value, then save, or go back.")
    ),
    **{code: Words(*pair) for code, pair in CHECK_IN_REFUSALS.items()},
    **{code: Words(*pair) for code, pair in ROTA_REFUSALS.items()},
}


def explain(error: RuleError) -> Words:
    """What is wrong and what to do next, in the reader's language."""
    words = REFUSALS[error.code]
    facts = {
        "field": FIELDS.get(error.field) or label_of(error.field),
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
