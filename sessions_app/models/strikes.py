"""What takes an entry out of the record without removing it. Append-only."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from sessions_app.models.base import ClinicRow
from sessions_app.models.medications import MedicationGiven
from sessions_app.models.ratings import DissociationRating
from sessions_app.models.sessions import (
    DoseEvent,
    NoneObserved,
    SideEffect,
    SideEffectChange,
    TreatmentSession,
    VitalReading,
)


class EntryStrike(ClinicRow):
    """Takes one entry out of the record without removing it: who, when and why."""

    TARGETS = (
        "reading",
        "dose_event",
        "effect",
        "effect_change",
        "none_observed",
        "medication",
        "rating",
    )
    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="strikes")
    reading = models.OneToOneField(VitalReading, models.PROTECT, related_name="strike", null=True)
    dose_event = models.OneToOneField(DoseEvent, models.PROTECT, related_name="strike", null=True)
    effect = models.OneToOneField(SideEffect, models.PROTECT, related_name="strike", null=True)
    effect_change = models.OneToOneField(
        SideEffectChange, models.PROTECT, related_name="strike", null=True
    )
    none_observed = models.OneToOneField(
        NoneObserved, models.PROTECT, related_name="strike", null=True
    )
    medication = models.OneToOneField(
        MedicationGiven, models.PROTECT, related_name="strike", null=True
    )
    rating = models.OneToOneField(
        DissociationRating, models.PROTECT, related_name="strike", null=True
    )
    reason = models.CharField(max_length=200)
    struck_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    struck_at = models.DateTimeField()

    class Meta:
        ordering = ("struck_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(reading__isnull=False)
                | Q(dose_event__isnull=False)
                | Q(effect__isnull=False)
                | Q(effect_change__isnull=False)
                | Q(none_observed__isnull=False)
                | Q(medication__isnull=False)
                | Q(rating__isnull=False),
                name="strike_has_a_target",
            )
        ]

    def __str__(self) -> str:
        return f"strike {self.struck_at:%H:%M}"
