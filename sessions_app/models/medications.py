"""Other medicines that were given during a session. Append-only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sessions_app.models.base import Entry
from sessions_app.models.sessions import StandingQuerySet, TreatmentSession
from sessions_app.rules.medications import OTHER


class MedicationGiven(Entry):
    """One medicine given beside the dose, at `taken_at`: for nausea, pressure, distress, …

    `drug` is a code of medications.py or "other" with its name in `other_text`; `amount` is in
    `unit`. `reason` says why it was given, `ordered_by` who ordered it.
    """

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="medications")
    drug = models.CharField(max_length=40)
    other_text = models.CharField(max_length=80, blank=True)
    amount = models.DecimalField(max_digits=8, decimal_places=3)
    unit = models.CharField(max_length=10)
    route = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    ordered_by = models.CharField(max_length=120)
    lot = models.CharField(max_length=40, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="medication_amount_positive"),
            models.CheckConstraint(
                condition=~Q(drug=OTHER) | ~Q(other_text=""), name="other_medication_has_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug} {self.taken_at:%H:%M}"
