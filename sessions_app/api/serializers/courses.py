"""Courses, eligibility answers, prescriptions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.api.door import Instant, Shape, WriteShape


class CourseOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    indication = serializers.CharField()
    planned_sessions = serializers.IntegerField()
    schedule = serializers.CharField()
    consent_signed_on = serializers.DateField(allow_null=True)
    consent_valid_until = serializers.DateField(allow_null=True)
    started_on = serializers.DateField()
    ended_on = serializers.DateField(allow_null=True)


class CourseIn(WriteShape):
    indication = serializers.CharField()
    planned_sessions = serializers.IntegerField(required=False)
    schedule = serializers.CharField(required=False, allow_blank=True)
    consent_signed_on = serializers.DateField(required=False, allow_null=True)
    consent_valid_until = serializers.DateField(required=False, allow_null=True)
    started_on = serializers.DateField(required=False, allow_null=True)
    ended_on = serializers.DateField(required=False, allow_null=True)


class EligibilityOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    answer = serializers.CharField()
    note = serializers.CharField()
    answered_by = serializers.UUIDField(source="answered_by_id")
    answered_at = Instant()


class EligibilityAnswerIn(Shape):
    answer = serializers.CharField()
    note = serializers.CharField(required=False, allow_blank=True, default="")


class EligibilityIn(WriteShape):
    answers = serializers.DictField(child=EligibilityAnswerIn(), allow_empty=False)


class PrescriptionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    course = serializers.UUIDField(source="course_id")
    drug = serializers.CharField()
    route = serializers.CharField()
    mg_per_kg = serializers.DecimalField(max_digits=5, decimal_places=3, allow_null=True)
    devices = serializers.IntegerField(allow_null=True)
    infusion_minutes = serializers.IntegerField(allow_null=True)
    vial_mg_per_ml = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True)
    bag_volume_ml = serializers.DecimalField(max_digits=6, decimal_places=1, allow_null=True)
    outside_band_reason = serializers.CharField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()
    prescribed_by = serializers.UUIDField(source="prescribed_by_id")
    prescribed_at = Instant()
    ended_at = Instant(allow_null=True)


class PrescriptionIn(WriteShape):
    drug = serializers.CharField()
    route = serializers.CharField()
    mg_per_kg = serializers.DecimalField(
        max_digits=5, decimal_places=3, required=False, allow_null=True
    )
    devices = serializers.IntegerField(required=False, allow_null=True)
    infusion_minutes = serializers.IntegerField(required=False, allow_null=True)
    vial_mg_per_ml = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, allow_null=True
    )
    bag_volume_ml = serializers.DecimalField(
        max_digits=6, decimal_places=1, required=False, allow_null=True
    )
    outside_band_reason = serializers.CharField(required=False, allow_blank=True)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField()
