"""The record's facts beside each question of the start gate. A fact never answers the question."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from sessions_app.chairside.start_draft import midnight
from sessions_app.models import (
    EligibilityAnswer,
    ItemAnswer,
    Patient,
    Prescription,
    SessionCheck,
    TreatmentSession,
)
from sessions_app.templatetags.words import clock, day, initials

ITEM_9 = ("phq9", "q9")
# What somebody said once about the patient, and said again before each dose.
ELIGIBILITY = {"pregnancy": "pregnancy_or_lactation", "bladder": "bladder_symptoms"}


def hints(
    patient: Patient, order: Prescription | None, last: TreatmentSession | None, at: datetime
) -> dict[str, str]:
    """Code of the question → what the record holds; nothing where it holds nothing."""
    escort = _("No escort on file")
    if patient.escort_name:
        escort = _("Escort: %(name)s") % {"name": initials(*patient.escort_name.split(maxsplit=1))}
        escort += ", " + (_("phone on file") if patient.escort_phone else _("no phone on file"))
    medicines = _("Benzodiazepine, MAOI, stimulant")
    if patient.medicines:
        medicines = _("On file: %(medicines)s") % {"medicines": patient.medicines}
    found = {
        "escort": escort,
        "medicines_changed": medicines,
        "suicidal_thoughts": _suicide_item(patient, at),
        **{code: _answered_before(code, order, last) for code in ELIGIBILITY},
    }
    return {code: text for code, text in found.items() if text}


def _suicide_item(patient: Patient, at: datetime) -> str:
    """The newest answer to PHQ-9 item 9, with its time today or its day."""
    instrument, item = ITEM_9
    rows = ItemAnswer.objects.filter(
        check_in__patient=patient, instrument=instrument, item=item, value__isnull=False
    )
    row = rows.order_by("-answered_at", "-id").first()
    if row is None:
        return ""
    answer = _("no") if row.value == 0 else _("yes, ask now")
    if row.answered_at >= midnight(at, patient.clinic.time_zone):
        when = clock(row.answered_at, patient.clinic.time_zone)
        return _("Check-in today %(clock)s: %(answer)s") % {"clock": when, "answer": answer}
    when = day(row.answered_at, patient.clinic.time_zone)
    return _("Check-in %(day)s: %(answer)s") % {"day": when, "answer": answer}


def _answered_before(code: str, order: Prescription | None, last: TreatmentSession | None) -> str:
    """The answer before the last dose, or else the one of the course's eligibility."""
    said = {"yes": _("yes"), "no": _("no")}
    if last is not None:
        check = SessionCheck.objects.filter(session=last, stage="start", code=code).last()
        if check is not None and check.answer in said:
            facts = {"day": day(check.taken_at), "answer": said[check.answer]}
            return _("Last session, %(day)s: %(answer)s") % facts
    if order is None:
        return ""
    rows = EligibilityAnswer.objects.filter(course=order.course, code=ELIGIBILITY[code])
    row = rows.order_by("-answered_at", "-id").first()
    if row is None or row.answer not in said:
        return ""
    facts = {"day": day(row.answered_at), "answer": said[row.answer]}
    return _("Eligibility, %(day)s: %(answer)s") % facts
