"""Who is on call when, and after how long the next person is called about an alert."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from sessions_app.models.base import ClinicRow
from sessions_app.models.protocols import Version


class OnCallShift(ClinicRow):
    """Somebody is on call from `starts_at` up to, not including, `ends_at`."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("starts_at",)
        indexes: ClassVar = [models.Index(fields=["clinic", "ends_at"], name="shift_by_clinic")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="shift_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class EscalationVersion(Version):
    """A clinic's ladder, whole. Minutes after a high alert was raised, or after it was armed anew.

    `quiet_after_taken_min`: nobody is called for so long once somebody took it.
    `rearm_no_answer_min`: it starts anew so long after a call that nobody answered.
    `medium_lead_min`: the lead hears of a medium alert that nobody took, in opening hours.
    """

    repeat_min = models.PositiveSmallIntegerField()
    on_call_min = models.PositiveSmallIntegerField()
    lead_min = models.PositiveSmallIntegerField()
    quiet_after_taken_min = models.PositiveSmallIntegerField()
    rearm_no_answer_min = models.PositiveSmallIntegerField()
    medium_lead_min = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "number"], name="escalation_number_once_per_clinic"
            ),
            models.CheckConstraint(
                condition=Q(repeat_min__lt=F("on_call_min")) & Q(on_call_min__lt=F("lead_min")),
                name="escalation_steps_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"escalation-{self.number}"
