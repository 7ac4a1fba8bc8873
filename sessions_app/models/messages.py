"""What was sent to whom, and what became of it: links, reminders and calls about alerts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.base import ClinicRow
from sessions_app.models.checkins import CheckInRequest
from sessions_app.models.people import Patient
from sessions_app.models.safety import Alert


class Message(ClinicRow):
    """Something to send, once planned. Append-only; its words are made when it goes out.

    A link or a reminder has its `request` and `patient`; a call about an alert has its `alert`,
    the `step` of the ladder, the `round` (0, then one more each time that it starts anew) and the
    `recipient`, null for the front desk. `key` names the message for ever: it is the idempotency
    key that a gateway sees, and no two messages share it. `asked_by` null: the record itself.
    """

    KINDS: ClassVar = [
        ("link", _("link")),
        ("reminder", _("reminder")),
        ("escalation", _("call about an alert")),
    ]
    CHANNELS: ClassVar = [("sms", _("text message")), ("email", _("e-mail"))]
    kind = models.CharField(max_length=12, choices=KINDS)
    channel = models.CharField(max_length=8, choices=CHANNELS)
    address = models.CharField(max_length=254)
    key = models.CharField(max_length=150, unique=True)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="messages", null=True)
    request = models.ForeignKey(CheckInRequest, models.PROTECT, related_name="messages", null=True)
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="messages", null=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    step = models.CharField(max_length=12, blank=True)
    round = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )

    class Meta:
        ordering = ("planned_at", "id")
        indexes: ClassVar = [models.Index(fields=["clinic", "due_at"], name="message_by_clinic")]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"


class Delivery(ClinicRow):
    """One thing that happened to a message. Append-only.

    Each try writes "started" before anything leaves the house, then "sent" or "failed". A try
    that only started is unknown: whether the message went out, nobody can say. `detail` is the
    gateway's own number or a short code of the fault, never words of the message.
    """

    KINDS: ClassVar = [
        ("started", _("started")),
        ("sent", _("sent")),
        ("failed", _("failed")),
        ("opened", _("opened")),
    ]
    message = models.ForeignKey(Message, models.PROTECT, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=KINDS)
    detail = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "attempt", "kind"], name="delivery_step_once_per_try"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H:%M}"


class LastRun(models.Model):
    """When a job that runs every minute last ended without a fault, whichever runner it was.

    Of the whole server, so without a clinic. An old time says that nobody is called about alerts.
    """

    job = models.CharField(primary_key=True, max_length=40)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.job} {self.ended_at:%Y-%m-%d %H:%M}"
