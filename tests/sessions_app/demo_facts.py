"""What an invented clinic holds, without ids: two builds are the same when their facts are."""

from __future__ import annotations

import json

from sessions_app.models import (
    Alert,
    AlertEvent,
    Amendment,
    Appointment,
    AuditEvent,
    CheckInRequest,
    DoseEvent,
    EntryStrike,
    InstrumentScore,
    ItemAnswer,
    Patient,
    SideEffect,
    SideEffectChange,
    SignOff,
    TreatmentSession,
    VitalReading,
)

SESSION = ("session__patient__number", "session__opened_at")
SUBJECTS = {
    "patients": (
        Patient,
        ("number", "given_name", "family_name", "birth_date", "phone", "allergies", "medicines"),
    ),
    "sessions": (
        TreatmentSession,
        (
            *("patient__number", "opened_at", "dose_started_at", "origin", "external_id", "drug"),
            *("route", "weight_kg", "planned_mg", "documented_dose_mg", "chair__name"),
        ),
    ),
    "doses": (DoseEvent, (*SESSION, "kind", "taken_at", "rate_ml_per_hour", "amount_mg")),
    "readings": (
        VitalReading,
        (
            *(*SESSION, "taken_at", "recorded_at", "systolic", "diastolic", "heart_rate", "spo2"),
            *("respiratory_rate", "moaas"),
        ),
    ),
    "effects": (SideEffect, (*SESSION, "taken_at", "code", "grade")),
    "changes": (SideEffectChange, ("effect__session__patient__number", "taken_at", "kind")),
    "strikes": (EntryStrike, (*SESSION, "struck_at", "reason")),
    "sign-offs": (SignOff, (*SESSION, "signed_at", "end", "reason")),
    "amendments": (Amendment, (*SESSION, "amended_at", "text")),
    "requests": (CheckInRequest, (*SESSION, "slot", "due_at", "cancelled_at")),
    "answers": (
        ItemAnswer,
        ("check_in__patient__number", "answered_at", "instrument", "item", "value"),
    ),
    "scores": (
        InstrumentScore,
        ("patient__number", "taken_at", "instrument", "score", "check_in__origin"),
    ),
    "alerts": (Alert, ("patient__number", "raised_at", "level", "code", "value", "limit")),
    "alert events": (AlertEvent, ("alert__patient__number", "at", "kind", "by__username")),
    "appointments": (Appointment, ("patient__number", "starts_at", "chair__name")),
    "audit": (AuditEvent, ("tag", "at", "by__username", "patient__number")),
}


def facts() -> dict[str, list[str]]:
    """Every fact of this database by subject, one line each, in an order of its own."""
    return {
        subject: sorted(
            json.dumps(row, default=str) for row in model._default_manager.values_list(*columns)
        )
        for subject, (model, columns) in SUBJECTS.items()
    }
