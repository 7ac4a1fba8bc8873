"""The one table of who may do what. No Django: menus, tests and docs are drawn from it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    NURSE = "nurse"
    PHYSICIAN = "physician"
    LEAD = "lead"
    RESEARCHER = "researcher"


class Deed(StrEnum):
    SEE_CHAIRS = "see_chairs"
    RUN_SESSION = "run_session"
    SIGN_SESSION = "sign_session"
    SEE_PATIENTS = "see_patients"
    EDIT_PATIENT = "edit_patient"
    BOOK = "book"
    PRESCRIBE = "prescribe"
    HANDLE_CHECK_INS = "handle_check_ins"
    SEE_ALERTS = "see_alerts"
    HANDLE_ALERTS = "handle_alerts"
    SEE_TIMELINE = "see_timeline"
    SEE_OUTCOMES = "see_outcomes"
    SEE_SAFETY = "see_safety"
    EXPORT_ROWS = "export_rows"
    EXPORT_RESEARCH = "export_research"
    WRITE_LETTERS = "write_letters"
    MANAGE_CLINIC = "manage_clinic"
    MANAGE_STAFF = "manage_staff"
    SEE_AUDIT = "see_audit"
    OWN_ACCOUNT = "own_account"


_CLINICAL = {Role.NURSE, Role.PHYSICIAN}
_PATIENT_FACING = {Role.NURSE, Role.PHYSICIAN, Role.LEAD}

ALLOWED: dict[Deed, frozenset[Role]] = {
    deed: frozenset(roles)
    for deed, roles in {
        Deed.SEE_CHAIRS: _PATIENT_FACING,
        Deed.RUN_SESSION: _CLINICAL,
        Deed.SIGN_SESSION: _CLINICAL,
        Deed.SEE_PATIENTS: _PATIENT_FACING,
        Deed.EDIT_PATIENT: _PATIENT_FACING,
        Deed.BOOK: _PATIENT_FACING,
        Deed.PRESCRIBE: {Role.PHYSICIAN},
        Deed.HANDLE_CHECK_INS: _CLINICAL,
        Deed.SEE_ALERTS: _PATIENT_FACING,
        # The lead is the last whom the ladder of calls tells, so the lead can act on it.
        Deed.HANDLE_ALERTS: _PATIENT_FACING,
        Deed.SEE_TIMELINE: _PATIENT_FACING,
        Deed.SEE_OUTCOMES: set(Role),
        # How soon alerts were taken says how the staff works: for those who answer for it.
        Deed.SEE_SAFETY: {Role.PHYSICIAN, Role.LEAD},
        # Rows with the ids of the record are for those who may see the record itself.
        Deed.EXPORT_ROWS: {Role.PHYSICIAN, Role.LEAD},
        Deed.EXPORT_RESEARCH: {Role.RESEARCHER},
        # What is sent out names a patient: a physician answers for the one, the lead for the other.
        Deed.WRITE_LETTERS: {Role.PHYSICIAN, Role.LEAD},
        Deed.MANAGE_CLINIC: {Role.LEAD},
        Deed.MANAGE_STAFF: {Role.LEAD},
        Deed.SEE_AUDIT: {Role.LEAD},
        Deed.OWN_ACCOUNT: set(Role),
    }.items()
}


def may(role: str, deed: Deed) -> bool:
    """Whether `role` may do `deed`. An unknown role may do nothing."""
    return any(role == allowed for allowed in ALLOWED[deed])
