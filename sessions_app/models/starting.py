"""What is written at the start gate before there is a session that could hold it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from sessions_app.models.base import ClinicRow
from sessions_app.models.people import Chair, Patient


class StartAnswer(ClinicRow):
    """One field of the draft of a start, as it was typed, with who and when. Append-only.

    The newest row of a `name` holds, and every earlier one is kept. A row belongs to the draft of
    its patient and chair until a session of the patient opens or the clinic's day ends. Nothing
    here is a clinical value yet: the start reads it once more and keeps what it accepts.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    chair = models.ForeignKey(Chair, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=300, blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("saved_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["patient", "chair", "saved_at"], name="start_answer_by_patient")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.saved_at:%H:%M}"
