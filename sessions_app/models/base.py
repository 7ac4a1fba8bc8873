"""The columns that every clinical row has."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

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

    `is_late_entry`: it reached the server after the session was signed. `client_clock`: what the
    device's own clock showed when it was typed (null: typed on no device, or an older row).
    `is_time_corrected`: the time given lay in the future, so `taken_at` is the time of receipt.
    """

    LATE_AFTER: ClassVar = timedelta(minutes=10)  # design: later than this is written from memory

    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    is_late_entry = models.BooleanField(default=False)
    client_clock = models.DateTimeField(null=True)
    is_time_corrected = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @property
    def is_entered_late(self) -> bool:
        """Written down after the signature, or more than ten minutes after it was so.

        An entry that corrects another says that instead. Imported rows were all written later:
        their session says so, and their pages do not ask this.
        """
        if self.is_late_entry:
            return True
        is_correction = getattr(self, "replaces_id", None) is not None
        return not is_correction and self.recorded_at - self.taken_at > self.LATE_AFTER
