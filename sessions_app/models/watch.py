"""What long treatment may harm, and when somebody looked: the checks of the long-term watch."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from sessions_app.models.base import ClinicRow
from sessions_app.models.checkins import InstrumentScore
from sessions_app.models.people import Patient
from sessions_app.models.protocols import ProtocolVersion


class ProtocolWatch(ClinicRow):
    """One check of a protocol's long-term watch: due again after so many days, or so many
    sessions, whichever comes first.

    `item` is a code of long_term_watch.py.
    """

    protocol = models.ForeignKey(ProtocolVersion, models.PROTECT, related_name="watches")
    item = models.CharField(max_length=30)
    every_days = models.PositiveSmallIntegerField(null=True)
    every_sessions = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ("item",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "item"], name="watch_item_once"),
            models.CheckConstraint(
                condition=Q(every_days__isnull=False) | Q(every_sessions__isnull=False),
                name="watch_has_an_interval",
            ),
        ]

    def __str__(self) -> str:
        return self.item


class WatchCheck(ClinicRow):
    """Somebody looked. Append-only: the newest of an item that is not struck says when it is due.

    `result` is in words; `score` is the scale's score where one was taken.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="watch_checks")
    item = models.CharField(max_length=30)
    checked_at = models.DateTimeField()
    result = models.CharField(max_length=300, blank=True)
    score = models.ForeignKey(InstrumentScore, models.PROTECT, related_name="+", null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("checked_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["patient", "item", "checked_at"], name="watch_by_patient")
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.checked_at:%Y-%m-%d}"


class WatchStrike(ClinicRow):
    """Takes one look out of the long-term watch without removing it: who, when and why."""

    look = models.OneToOneField(WatchCheck, models.PROTECT, related_name="strike")
    reason = models.CharField(max_length=200)
    struck_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    struck_at = models.DateTimeField()

    class Meta:
        ordering = ("struck_at", "id")

    def __str__(self) -> str:
        return f"strike {self.struck_at:%Y-%m-%d %H:%M}"
