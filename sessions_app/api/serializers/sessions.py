"""Sessions: the list, the start gate, the whole record, and how it ends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sessions_app.actions.signoff import Overruled
from sessions_app.actions.starting import PROVEN, Override
from sessions_app.api.door import Instant, Shape, WriteShape
from sessions_app.api.serializers.entries import (
    AlertBrief,
    DoseEventOut,
    NoneObservedOut,
    SideEffectOut,
    SignsIn,
    StrikeOut,
    VitalReadingOut,
)
from sessions_app.api.serializers.given import MedicationOut, RatingOut
from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.chairside.session_state import next_due
from sessions_app.models import SignOff, TreatmentSession
from sessions_app.rules import protocols
from sessions_app.rules.ends import ENDS, OVERRIDE_REASONS

ASKED = [check.code for check in protocols.START_CHECKS if check.code not in PROVEN]


class SessionsQuery(serializers.Serializer[Any]):
    patient = serializers.UUIDField(required=False)
    day = serializers.DateField(required=False, help_text="A day at the clinic")
    open = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="true: not signed yet"
    )


class SessionRow(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    course = serializers.UUIDField(source="course_id")
    chair = serializers.UUIDField(source="chair_id", allow_null=True)
    origin = serializers.CharField()
    drug = serializers.CharField()
    route = serializers.CharField()
    opened_at = Instant()
    dose_started_at = Instant(allow_null=True)
    is_signed = serializers.BooleanField()


class OverrideIn(Shape):
    reason = serializers.CharField(max_length=200)
    by = serializers.CharField(
        max_length=120,
        required=False,
        default="",
        allow_blank=True,
        help_text="The prescriber who decided to go on; empty where their PIN signs",
    )


def overruled_from(given: dict[str, dict[str, str]]) -> dict[str, Overruled]:
    return {code: Overruled(**override) for code, override in given.items()}


def overrides_from(given: dict[str, dict[str, str]]) -> dict[str, Override]:
    return {code: Override(**override) for code, override in given.items()}


class AnswersIn(Shape):
    """The questions asked aloud; consent and blood pressure are answered by the record."""

    def get_fields(self) -> dict[str, Any]:
        return {code: serializers.ChoiceField(["yes", "no"], required=False) for code in ASKED}


class SessionIn(WriteShape):
    """The start gate. Nothing is preselected: an answer that is left out is a refusal.

    What the draft of this patient and chair holds in the same words keeps the draft's time.
    """

    prescription = serializers.UUIDField()
    chair = serializers.UUIDField()
    appointment = serializers.UUIDField(required=False, allow_null=True, default=None)
    second_person = serializers.UUIDField()
    second_pin = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    second_password = serializers.CharField(
        max_length=128, required=False, default="", help_text="After too many wrong PINs"
    )
    prescriber = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Signs what needs a prescriber"
    )
    prescriber_pin = serializers.CharField(max_length=20, required=False, default="")
    prescriber_password = serializers.CharField(max_length=128, required=False, default="")
    weight_kg = serializers.DecimalField(
        max_digits=5, decimal_places=1, required=False, allow_null=True, default=None
    )
    weight_confirmed = serializers.BooleanField(default=False)
    shown_mg = serializers.DecimalField(
        max_digits=7,
        decimal_places=2,
        required=False,
        allow_null=True,
        default=None,
        help_text="The dose that the second person saw: another one is refused",
    )
    answers = AnswersIn()
    overrides = serializers.DictField(child=OverrideIn(), required=False, default=dict)
    vitals = SignsIn()


class SessionCheckOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    stage = serializers.CharField()
    code = serializers.CharField()
    answer = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    override_code = serializers.CharField()
    override_reason = serializers.CharField()
    override_by = serializers.CharField()
    taken_at = Instant()
    recorded_by = serializers.UUIDField(source="recorded_by_id", allow_null=True)


class VoidOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sign_off = serializers.UUIDField(source="sign_off_id")
    reason = serializers.CharField()
    voided_by = serializers.UUIDField(source="voided_by_id")
    voided_at = Instant()


class SignOffOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    end = serializers.CharField()
    reason_code = serializers.CharField()
    reason = serializers.CharField()
    escort_name = serializers.CharField()
    transferred_to = serializers.CharField()
    handover = serializers.CharField()
    risks_explained = serializers.BooleanField(allow_null=True)
    right_patient = serializers.UUIDField(source="right_patient_id", allow_null=True)
    signed_with = serializers.CharField(help_text="pin or password")
    signed_by = serializers.UUIDField(source="signed_by_id")
    signed_at = Instant()
    void = serializers.SerializerMethodField()

    @extend_schema_field(VoidOut(allow_null=True))
    def get_void(self, row: SignOff) -> dict[str, Any] | None:
        void = getattr(row, "void", None)
        return None if void is None else dict(VoidOut(void).data)


class AmendmentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()
    reason = serializers.CharField()
    amended_by = serializers.UUIDField(source="amended_by_id")
    amended_at = Instant()


class SessionOut(SessionRow):
    """One session with everything that stands in its record, struck entries included."""

    prescription = serializers.UUIDField(source="prescription_id", allow_null=True)
    appointment = serializers.UUIDField(source="appointment_id", allow_null=True)
    weight_kg = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)
    planned_mg = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    given_mg = serializers.SerializerMethodField()
    infusion_minutes = serializers.IntegerField(allow_null=True)
    bag_mg = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    bag_volume_ml = serializers.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    documented_end_at = Instant(allow_null=True)
    limits_version = serializers.CharField()
    protocol_version = serializers.CharField()
    opened_by = serializers.UUIDField(source="opened_by_id")
    second_person = serializers.UUIDField(source="second_person_id", allow_null=True)
    next_reading_due = serializers.SerializerMethodField()
    checks = SessionCheckOut(many=True)
    readings = VitalReadingOut(many=True)
    dose_events = DoseEventOut(many=True)
    effects = SideEffectOut(many=True)
    none_observed = NoneObservedOut(many=True)
    medications = MedicationOut(many=True)
    ratings = RatingOut(many=True)
    strikes = StrikeOut(many=True)
    sign_offs = SignOffOut(many=True)
    amendments = AmendmentOut(many=True)
    alerts = AlertBrief(many=True)

    def get_given_mg(self, row: TreatmentSession) -> str | None:
        """mg given so far, from the dose events that stand."""
        is_over = row.is_imported or row.is_signed  # type: ignore[attr-defined]
        given = dose_given_mg(row, until=None if is_over else timezone.now())
        return None if given is None else str(given.quantize(Decimal("0.01")))

    def get_next_reading_due(self, row: TreatmentSession) -> str | None:
        due = None if row.is_signed else next_due(row, timezone.now())  # type: ignore[attr-defined]
        return None if due is None else Instant().to_representation(due.at)


class SessionStartedOut(SessionOut):
    """What a start answers: without what changes by the minute, so that a repeat says the same."""

    given_mg = None  # type: ignore[assignment]
    next_reading_due = None  # type: ignore[assignment]


class DischargeCheckOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    met = serializers.BooleanField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="record: ticks itself; nurse: confirmed by a person"
    )
    evidence = serializers.DictField(child=serializers.CharField(allow_null=True))


class DischargeCheckIn(WriteShape):
    code = serializers.CharField()
    is_met = serializers.BooleanField()
    taken_at = Instant(required=False, allow_null=True, default=None)
    client_clock = Instant(required=False, allow_null=True, default=None)


def _optional(length: int, **more: Any) -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_blank=True, default="", max_length=length, **more
    )


class OverruledIn(OverrideIn):
    """Why somebody goes home although a check is open, and the prescriber who decided."""

    code = serializers.ChoiceField(OVERRIDE_REASONS, required=False, allow_blank=True, default="")


class SignOffIn(WriteShape):
    """A signature with the PIN, or with the password, of who is signed in.

    transferred needs reason, transferred_to and handover; left_against_advice reason and
    risks_explained; not_started reason_code or reason; wrong_patient reason.
    """

    pin = _optional(20)
    password = _optional(128, trim_whitespace=False)
    end = serializers.ChoiceField(choices=SignOff.ENDS, required=False, default="discharged")
    reason_code = serializers.ChoiceField(
        ENDS["not_started"].reasons, required=False, allow_blank=True, default=""
    )
    reason = _optional(200)
    escort_name = _optional(120)
    transferred_to = _optional(120)
    handover = _optional(400)
    risks_explained = serializers.BooleanField(required=False, allow_null=True, default=None)
    right_patient = _optional(30, help_text="Number of the patient whose record it is")
    overrides = serializers.DictField(child=OverruledIn(), required=False, default=dict)


class VoidIn(WriteShape):
    reason = serializers.CharField(max_length=200)


class AmendmentIn(WriteShape):
    text = serializers.CharField(max_length=10_000)
    reason = serializers.CharField(max_length=200)
