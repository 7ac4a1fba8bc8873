"""The tablets and desks that somebody signed in on: what a locked screen may still ask."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sessions_app.models.base import ClinicRow


class Device(ClinicRow):
    """One browser that somebody of the clinic signed in on with a password.

    While its screen is locked it may read which chairs call, and a PIN opens it again: nothing
    more. Only the SHA-256 of its token is kept. Retired, it is a stranger until the next password.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
