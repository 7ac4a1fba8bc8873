"""The columns that every clinical row has."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sessions_app.models.keys import new_key


class ClinicRow(models.Model):
    """A row that belongs to one clinic, which alone may see it."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    clinic = models.ForeignKey("sessions_app.Clinic", models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Entry(ClinicRow):
    """An append-only row: `taken_at` is when it was so, `recorded_at` when the server had it.

    `is_late_entry`: it reached the server after the session was signed.
    """

    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    is_late_entry = models.BooleanField(default=False)

    class Meta:
        abstract = True
