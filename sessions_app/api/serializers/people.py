"""Staff, chairs, patients and appointments."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.actions.intake import version_of
from sessions_app.api.door import Instant, WriteShape
from sessions_app.models import Patient


class StaffOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    full_name = serializers.CharField()
    initials = serializers.CharField()
    role = serializers.CharField()
    clinic = serializers.CharField(source="clinic.name")
    time_zone = serializers.CharField(source="clinic.time_zone")


class ChairOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    is_active = serializers.BooleanField()
    open_session = serializers.UUIDField(allow_null=True)


class PatientRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    birth_date = serializers.DateField(
        source="known_birth_date",
        allow_null=True,
        help_text="null: an import did not bring it and nobody entered it yet.",
    )


class PatientOut(PatientRow):
    phone = serializers.CharField()
    email = serializers.CharField()
    reminder_channel = serializers.CharField(help_text="none, sms or email: the patient's choice")
    reminders_stopped_at = Instant(allow_null=True, help_text="Nothing is sent after it.")
    language = serializers.CharField()
    time_zone = serializers.CharField()
    allergies = serializers.CharField(help_text="Empty: not asked.")
    medicines = serializers.CharField()
    escort_name = serializers.CharField()
    escort_phone = serializers.CharField()
    safety_contact_name = serializers.CharField()
    safety_contact_phone = serializers.CharField()
    safety_plan = serializers.CharField()
    version = serializers.SerializerMethodField(help_text="Send it back with a change.")

    def get_version(self, row: Patient) -> int:
        return version_of(row)


class PatientIn(WriteShape):
    number = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    birth_date = serializers.DateField()
    phone = serializers.CharField(required=False, allow_blank=True)
    email = serializers.CharField(required=False, allow_blank=True)
    reminder_channel = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    time_zone = serializers.CharField(required=False)
    allergies = serializers.CharField(required=False, allow_blank=True)
    medicines = serializers.CharField(required=False, allow_blank=True)
    escort_name = serializers.CharField(required=False, allow_blank=True)
    escort_phone = serializers.CharField(required=False, allow_blank=True)
    safety_contact_name = serializers.CharField(required=False, allow_blank=True)
    safety_contact_phone = serializers.CharField(required=False, allow_blank=True)
    safety_plan = serializers.CharField(required=False, allow_blank=True)


class PatientChangeIn(PatientIn):
    """Some of a patient's fields, and the version that they were read from."""

    number = serializers.CharField(required=False)
    given_name = serializers.CharField(required=False)
    family_name = serializers.CharField(required=False)
    birth_date = serializers.DateField(required=False)
    version = serializers.IntegerField(min_value=0)


class ProgressPinIn(WriteShape):
    """4 to 6 digits that open the patient's own progress; "" leaves it to the year of birth."""

    progress_pin = serializers.CharField(allow_blank=True, max_length=20)


class PatientsQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100, help_text="Name or number"
    )


class AppointmentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    chair = serializers.UUIDField(source="chair_id", allow_null=True)
    starts_at = Instant()
    cancelled_at = Instant(allow_null=True)


class AppointmentMoveIn(WriteShape):
    starts_at = Instant()
    chair = serializers.UUIDField(required=False, allow_null=True, default=None)
    confirmed = serializers.BooleanField(
        default=False, help_text="True: another appointment within two hours is meant."
    )


class AppointmentIn(AppointmentMoveIn):
    patient = serializers.UUIDField()


class DayQuery(serializers.Serializer[Any]):
    day = serializers.DateField(required=False, help_text="A day at the clinic; today if left out")
