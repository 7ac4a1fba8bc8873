"""What each end of a session has to say before it can be signed."""

from __future__ import annotations

from dataclasses import dataclass

from sessions_app.actions.details import too_long
from sessions_app.chairside.dose_given import rate_events, standing_events
from sessions_app.errors import RuleError
from sessions_app.models import Patient, SignOff, TreatmentSession
from sessions_app.rules.dosing import infusion_state
from sessions_app.rules.ends import ENDS, OTHER


@dataclass(frozen=True)
class EndFacts:
    """What the signer said about the end; texts without blanks around them.

    `right_patient_number`: whose record it is, when it was written on the wrong patient; empty
    when nobody knows yet.
    """

    end: str
    reason_code: str = ""
    reason: str = ""
    escort_name: str = ""
    transferred_to: str = ""
    handover: str = ""
    risks_explained: bool | None = None
    right_patient_number: str = ""


def end_errors(session: TreatmentSession, facts: EndFacts) -> list[RuleError]:
    """What is missing or cannot be so; empty when this end can be signed."""
    if facts.end not in ENDS:
        return [RuleError("end", "unknown_choice", ", ".join(ENDS), facts.end)]
    end = ENDS[facts.end]
    has_dose = session.dose_started_at is not None
    if end.dose == "none" and has_dose:
        return [RuleError("end", "dose_was_given")]
    if end.dose == "given" and not has_dose:
        return [RuleError("end", "no_dose_given")]
    if facts.end != "wrong_patient" and _pump_runs(session):
        return [RuleError("end", "infusion_not_stopped")]
    errors = [
        RuleError(name, "required")
        for name in end.needs
        if hasattr(facts, name) and getattr(facts, name) in ("", None) and name != "escort_name"
    ]
    errors += _reason_errors(facts) + _patient_errors(session, facts)
    texts = ("reason", "escort_name", "transferred_to", "handover")
    return [*errors, *too_long(SignOff, {name: getattr(facts, name) for name in texts})]


def _reason_errors(facts: EndFacts) -> list[RuleError]:
    end = ENDS[facts.end]
    code = facts.reason_code
    if code and code not in end.reasons:
        return [RuleError("reason_code", "unknown_choice", ", ".join(end.reasons), code)]
    if "reason_or_code" not in end.needs or facts.reason:
        return []
    if not code:
        return [RuleError("reason_code", "required")]
    return [RuleError("reason", "required")] if code == OTHER else []


def reason_code_of(facts: EndFacts) -> str:
    """The choice that is kept: words without a choice are another reason."""
    if ENDS[facts.end].reasons and not facts.reason_code:
        return OTHER
    return facts.reason_code


def right_patient(session: TreatmentSession, facts: EndFacts) -> Patient | None:
    """Whose record it is, when it was written on the wrong patient and the number is known."""
    number = facts.right_patient_number
    if facts.end != "wrong_patient" or not number:
        return None
    return Patient.objects.filter(clinic_id=session.clinic_id, number__iexact=number).first()


def _patient_errors(session: TreatmentSession, facts: EndFacts) -> list[RuleError]:
    number = facts.right_patient_number
    if facts.end != "wrong_patient" or not number:
        return []
    found = right_patient(session, facts)
    if found is None:
        return [RuleError("right_patient", "no_such_patient", value=number)]
    if found.pk == session.patient_id:
        return [RuleError("right_patient", "same_patient", value=number)]
    return []


def _pump_runs(session: TreatmentSession) -> bool:
    state = infusion_state(rate_events(session, standing_events(session)))
    return state in ("running", "paused")
