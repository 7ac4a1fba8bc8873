"""Whether a planned link or reminder may go out now: asked when it is planned and when it is sent.

A hold is a code without words: "" go ahead, "quiet" later, every other code never.
"""

from __future__ import annotations

from datetime import datetime

from sessions_app.help_lines import may_ask_patients
from sessions_app.models import CheckIn, CheckInRequest, Message, Patient
from sessions_app.rules.quiet_hours import first_allowed, is_quiet

LATER = "quiet"


def address_of(patient: Patient) -> str:
    """Where the patient's chosen channel leads; "" for no channel or none to reach."""
    return {"sms": patient.phone, "email": patient.email}.get(patient.reminder_channel, "").strip()


def patient_hold(patient: Patient) -> str:
    """ "stopped" by the patient, "no_channel" chosen, or "no_address" for it."""
    if patient.reminders_stopped_at is not None:
        return "stopped"
    if patient.reminder_channel == "none":
        return "no_channel"
    return "" if address_of(patient) else "no_address"


def request_hold(request: CheckInRequest, at: datetime) -> str:
    """ "cancelled", "over", or "untested": the clinic has no tested number to call."""
    if request.cancelled_at is not None:
        return "cancelled"
    if at >= request.closes_at:
        return "over"
    return "" if may_ask_patients(request.clinic, request.patient.language) else "untested"


def quiet_until(request: CheckInRequest, at: datetime) -> datetime:
    """The first instant from `at` on when a reminder may ring the patient's phone."""
    clinic = request.clinic
    return first_allowed(at, request.patient.time_zone, clinic.quiet_from, clinic.quiet_until)


def hold(message: Message, at: datetime) -> str:
    """Why this link or reminder must not go out at `at`, from the rows as they are now.

    A reminder is also held by an answer ("answered") and by the patient's quiet hours ("quiet").
    "address_changed": the one that it was planned for is no longer the patient's.
    """
    if message.request_id is None:
        raise ValueError("a call about an alert is held by nothing here")
    request = CheckInRequest.objects.select_related("patient", "clinic").get(pk=message.request_id)
    patient, clinic = request.patient, request.clinic
    found = patient_hold(patient) or request_hold(request, at)
    if found:
        return found
    if (message.channel, message.address) != (patient.reminder_channel, address_of(patient)):
        return "address_changed"
    if message.kind != "reminder":
        return ""
    if CheckIn.objects.filter(request=request).exists():
        return "answered"
    quiet = is_quiet(at, patient.time_zone, clinic.quiet_from, clinic.quiet_until)
    return LATER if quiet else ""
