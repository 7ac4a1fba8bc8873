"""Derived rows only: made from the record, thrown away and made again at any time.

They hold no history and no fact of their own. A patient's rows are older than the record when
`DerivedPatient.version` is not that of their RecordVersion; whoever reads makes them anew first.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from sessions_app.models import Clinic, Patient


class DerivedPatient(models.Model):
    """Up to which version of one patient's record the episodes of one instrument are derived.

    `rule` is the fingerprint of the definitions, so new definitions make every row old. The
    counts are what was noticed on the way: check-ins given twice, sessions that are no treatment.
    """

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="+")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    instrument = models.CharField(max_length=30)
    rule = models.CharField(max_length=16)
    version = models.PositiveIntegerField()
    exact_copies = models.PositiveIntegerField()
    conflicting_scores = models.PositiveIntegerField()
    no_dose = models.PositiveIntegerField()
    not_started = models.PositiveIntegerField()
    wrong_patient = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "instrument"], name="derived_patient_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "instrument"], name="derived_patient_by_clinic")
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} {self.instrument} {self.version}"


class DerivedEpisode(models.Model):
    """What one session did to one instrument's score, by the definitions that ship with it.

    Keys are text as the analysis has them, `start_us` microseconds since 1970 in UTC, times hours
    as in docs/response-episodes.md. `change_24` is by how many points severity was lower a day
    after the dose (2 h to 28 d); `course_*` is relief with later sessions as part of the treatment.
    Null is "not defined", as there.
    """

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="+")
    instrument = models.CharField(max_length=30)
    patient_id = models.CharField(max_length=36)
    session_id = models.CharField(max_length=36)
    start_us = models.BigIntegerField()
    drug = models.CharField(max_length=12)
    indication = models.CharField(max_length=30)
    origin = models.CharField(max_length=8)
    route = models.CharField(max_length=12)
    dose_mg = models.FloatField(null=True)
    weight_kg = models.FloatField(null=True)
    session_no = models.PositiveIntegerField()
    course_no = models.PositiveIntegerField()
    session_no_in_course = models.PositiveIntegerField()
    pre_score = models.FloatField(null=True)
    baseline = models.FloatField(null=True)
    status = models.CharField(max_length=16)
    remission = models.BooleanField(null=True)
    onset_lo = models.FloatField(null=True)
    onset_hi = models.FloatField(null=True)
    loss_lo = models.FloatField(null=True)
    loss_hi = models.FloatField(null=True)
    relief_lo = models.FloatField(null=True)
    relief_hi = models.FloatField(null=True)
    relief_reason = models.CharField(max_length=16, blank=True)
    relief_right = models.FloatField(null=True)
    relief_mid = models.FloatField(null=True)
    change_2 = models.FloatField(null=True)
    change_24 = models.FloatField(null=True)
    change_72 = models.FloatField(null=True)
    change_168 = models.FloatField(null=True)
    change_336 = models.FloatField(null=True)
    change_504 = models.FloatField(null=True)
    change_672 = models.FloatField(null=True)
    course_lo = models.FloatField(null=True)
    course_hi = models.FloatField(null=True)
    course_right = models.FloatField(null=True)
    course_mid = models.FloatField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session_id", "instrument"], name="derived_episode_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "instrument"], name="derived_episode_by_clinic"),
            models.Index(fields=["patient_id", "instrument"], name="derived_episode_by_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.instrument}"


class DerivedIntervals(models.Model):
    """An analysis with its intervals by resampling, computed ahead: no page can wait for it.

    `query` is the analysis as the page's address has it, `values` its numbers and what is shown
    beside them, `computed_at` when the record was read: it may have grown since, so they are shown
    with it. `rule` changes with the software and with every definition; others are never shown.
    """

    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="+")
    query = models.CharField(max_length=500)
    rule = models.CharField(max_length=16)
    computed_at = models.DateTimeField()
    values = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "query"], name="derived_intervals_once")
        ]

    def __str__(self) -> str:
        return self.query
