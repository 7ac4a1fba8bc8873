"""Every table of sessions_app, by subject."""

from sessions_app.models.checkins import (
    CheckIn,
    CheckInLink,
    CheckInRequest,
    InstrumentScore,
    ItemAnswer,
    LinkOpening,
)
from sessions_app.models.courses import EligibilityAnswer, Prescription, TreatmentCourse
from sessions_app.models.devices import Device
from sessions_app.models.keys import new_key
from sessions_app.models.medications import MedicationGiven
from sessions_app.models.people import (
    Appointment,
    Chair,
    Clinic,
    HelpLine,
    Patient,
    RecordVersion,
    Staff,
)
from sessions_app.models.ratings import DissociationRating
from sessions_app.models.safety import (
    Alert,
    AlertEvent,
    ApiToken,
    AuditEvent,
    FailedSignIn,
    WriteReceipt,
)
from sessions_app.models.sessions import (
    Amendment,
    DoseEvent,
    NoneObserved,
    SessionCheck,
    SideEffect,
    SideEffectChange,
    SignOff,
    SignOffVoid,
    TreatmentSession,
    VitalReading,
)
from sessions_app.models.starting import StartAnswer
from sessions_app.models.strikes import EntryStrike

APPEND_ONLY = (
    EligibilityAnswer,
    StartAnswer,
    SessionCheck,
    DoseEvent,
    VitalReading,
    SideEffect,
    SideEffectChange,
    NoneObserved,
    MedicationGiven,
    DissociationRating,
    EntryStrike,
    SignOff,
    SignOffVoid,
    Amendment,
    LinkOpening,
    CheckIn,
    ItemAnswer,
    InstrumentScore,
    Alert,
    AlertEvent,
    AuditEvent,
    WriteReceipt,
)

__all__ = [
    "APPEND_ONLY",
    "Alert",
    "AlertEvent",
    "Amendment",
    "ApiToken",
    "Appointment",
    "AuditEvent",
    "Chair",
    "CheckIn",
    "CheckInLink",
    "CheckInRequest",
    "Clinic",
    "Device",
    "DissociationRating",
    "DoseEvent",
    "EligibilityAnswer",
    "EntryStrike",
    "FailedSignIn",
    "HelpLine",
    "InstrumentScore",
    "ItemAnswer",
    "LinkOpening",
    "MedicationGiven",
    "NoneObserved",
    "Patient",
    "Prescription",
    "RecordVersion",
    "SessionCheck",
    "SideEffect",
    "SideEffectChange",
    "SignOff",
    "SignOffVoid",
    "Staff",
    "StartAnswer",
    "TreatmentCourse",
    "TreatmentSession",
    "VitalReading",
    "WriteReceipt",
    "new_key",
]
