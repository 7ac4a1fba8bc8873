"""What an audit line says was done, in one place: tag → words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.audit import Tag

TAG_WORDS: dict[Tag, Promise] = {
    Tag.CLINIC_CREATE: _("Clinic added"),
    Tag.CLINIC_UPDATE: _("Clinic's details changed"),
    Tag.STAFF_CREATE: _("Colleague added"),
    Tag.STAFF_UPDATE: _("Colleague's details changed"),
    Tag.STAFF_LEAVE: _("Colleague left"),
    Tag.STAFF_PIN: _("PIN set"),
    Tag.STAFF_PASSWORD: _("Password set"),
    Tag.SIGN_IN: _("Signed in"),
    Tag.SIGN_OUT: _("Signed out"),
    Tag.UNLOCK: _("Locked screen opened by PIN"),
    Tag.DEVICE_CREATE: _("Device known from now on"),
    Tag.DEVICE_RETIRE: _("Device retired"),
    Tag.TOKEN_CREATE: _("API token made"),
    Tag.TOKEN_REVOKE: _("API token ended"),
    Tag.CHAIR_SAVE: _("Chair saved"),
    Tag.HELP_LINE_SAVE: _("Help line saved"),
    Tag.HELP_LINE_TEST: _("Help line called as a test"),
    Tag.PROTOCOL_CHANGE: _("Protocol changed"),
    Tag.LIMITS_CHANGE: _("Alert limits changed"),
    Tag.PATIENT_CREATE: _("Patient added"),
    Tag.PATIENT_UPDATE: _("Patient's details changed"),
    Tag.PATIENT_LOOK: _("Patient's page looked at"),
    Tag.COURSE_SAVE: _("Course saved"),
    Tag.PRESCRIPTION_CREATE: _("Prescription signed"),
    Tag.APPOINTMENT_SAVE: _("Appointment saved"),
    Tag.START_DRAFT: _("Start prepared"),
    Tag.SESSION_OPEN: _("Session started"),
    Tag.SESSION_LOOK: _("Session looked at"),
    Tag.SESSION_IMPORT: _("Session imported"),
    Tag.DOSE_RECORD: _("Dose recorded"),
    Tag.MEDICATION_RECORD: _("Medicine recorded"),
    Tag.RATING_RECORD: _("Dissociation rated"),
    Tag.VITAL_RECORD: _("Reading recorded"),
    Tag.EFFECT_RECORD: _("Side effect recorded"),
    Tag.EFFECT_CHANGE: _("Side effect changed"),
    Tag.NONE_OBSERVED: _("No side effect observed"),
    Tag.ENTRY_STRIKE: _("Entry struck out"),
    Tag.CHECK_CONFIRM: _("Discharge check answered"),
    Tag.SESSION_SIGN: _("Session signed"),
    Tag.SESSION_VOID: _("Signature taken back"),
    Tag.SESSION_AMEND: _("Amendment added"),
    Tag.CHECK_IN_PLAN: _("Check-ins planned"),
    Tag.CHECK_IN_LINK: _("Check-in link made"),
    Tag.CHECK_IN_OPEN: _("Check-in link opened"),
    Tag.CHECK_IN_ANSWER: _("Check-in answered"),
    Tag.CHECK_IN_ENTER: _("Check-in entered from paper"),
    Tag.CHECK_IN_CODE: _("Code to type made"),
    Tag.CHECK_IN_REVOKE: _("Check-in link ended"),
    Tag.CHECK_IN_SEND: _("Check-in link sent on request"),
    Tag.CHECK_IN_CALL: _("Call about a missing check-in noted"),
    Tag.CHECK_IN_MISSED: _("Check-in not answered"),
    Tag.REMINDER_PLAN: _("Reminder planned"),
    Tag.REMINDERS_STOP: _("Reminders stopped"),
    Tag.REMINDERS_START: _("Reminders started again"),
    Tag.CHECK_IN_IMPORT: _("Check-ins imported"),
    Tag.VITAL_IMPORT: _("Readings imported"),
    Tag.EFFECT_IMPORT: _("Side effects imported"),
    Tag.ALERT_TAKE: _("Alert taken"),
    Tag.ALERT_HAND_OVER: _("Alert handed over"),
    Tag.ALERT_CALL: _("Call about an alert noted"),
    Tag.ALERT_SEE: _("Alarm seen at the chair"),
    Tag.ALERT_CLOSE: _("Alert closed"),
    Tag.LIST_LOOK: _("List looked at"),
    Tag.OUTCOMES_LOOK: _("Outcomes looked at"),
    Tag.EXPORT: _("Data exported"),
}


def tag_words(tag: str) -> str:
    """The words of a tag as it stands in a row."""
    return str(TAG_WORDS.get(tag, tag))  # type: ignore[call-overload]
