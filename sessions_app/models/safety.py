"""What must be acted on, and who did what: alerts, audit, receipts, log-in throttle, API tokens."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from sessions_app.models.base import ClinicRow
from sessions_app.models.checkins import CheckIn, CheckInCall, CheckInRequest
from sessions_app.models.keys import new_key
from sessions_app.models.people import Clinic, Patient
from sessions_app.models.sessions import SideEffect, TreatmentSession, VitalReading


class AlertQuerySet(models.QuerySet["Alert"]):
    def with_state(self) -> AlertQuerySet:
        """Adds `is_closed`, `is_seen` (somebody stood at the chair), and `owner_id`: who took it
        or was handed it last.
        """
        events = AlertEvent.objects.filter(alert=OuterRef("pk"))
        owned = events.filter(kind__in=["taken", "handed_over"]).order_by("-at", "-id")
        return self.annotate(
            is_closed=Exists(events.filter(kind="closed")),
            is_seen=Exists(events.filter(kind="seen")),
            owner_id=Subquery(owned.values("owner_id")[:1], output_field=models.UUIDField()),
        )

    def open(self) -> AlertQuerySet:
        closed = AlertEvent.objects.filter(alert=OuterRef("pk"), kind="closed")
        return self.with_state().filter(~Exists(closed))


class Alert(ClinicRow):
    """Somebody must look. Append-only: what happens to it is told by AlertEvent rows.

    `code` says what was found ("systolic_high", "suicide_item"); `value` and `limit` are the
    figures as printed.
    """

    LEVELS: ClassVar = [("high", _("High")), ("medium", _("Medium")), ("low", _("Low"))]
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="alerts")
    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="alerts", null=True)
    reading = models.ForeignKey(VitalReading, models.PROTECT, related_name="alerts", null=True)
    effect = models.ForeignKey(SideEffect, models.PROTECT, related_name="alerts", null=True)
    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="alerts", null=True)
    request = models.ForeignKey(CheckInRequest, models.PROTECT, related_name="alerts", null=True)
    level = models.CharField(max_length=8, choices=LEVELS)
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=20, blank=True)
    limit = models.CharField(max_length=20, blank=True)
    raised_at = models.DateTimeField()

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ("raised_at",)
        indexes: ClassVar = [models.Index(fields=["clinic", "raised_at"], name="alert_by_clinic")]

    def __str__(self) -> str:
        return f"{self.level} {self.code}"


class AlertEvent(ClinicRow):
    """Something done about an alert. Append-only. `by` is null when the record itself did it."""

    KINDS: ClassVar = [
        ("taken", _("taken")),
        ("handed_over", _("handed over")),
        ("called", _("call logged")),
        ("seen", _("seen at the chair")),
        ("closed", _("closed")),
    ]
    OUTCOMES: ClassVar = [
        ("spoke_safe", _("Spoke with the patient: safe now")),
        ("spoke_plan", _("Spoke with the patient: safety plan renewed")),
        ("emergency_called", _("Emergency services called")),
        ("seen_at_chair", _("Seen at the chair")),
        ("back_in_range", _("Back in range")),
        ("entered_in_error", _("Entered in error")),
        ("welfare_check", _("Welfare check asked for")),
        ("followed_up", _("Followed up")),
        ("not_needed", _("No longer needed")),
    ]
    CALL_RESULTS: ClassVar = CheckInCall.RESULTS
    CALLED: ClassVar = [
        ("patient", _("the patient")),
        ("safety_contact", _("the safety contact")),
        ("other", _("somebody else")),
    ]
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=KINDS)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    outcome = models.CharField(max_length=20, choices=OUTCOMES, blank=True)
    call_result = models.CharField(max_length=12, choices=CALL_RESULTS, blank=True)
    called = models.CharField(max_length=16, choices=CALLED, blank=True)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H:%M}"


class AuditEvent(models.Model):
    """Who did or looked at what, when. Append-only; ids only, never a clinical value."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    tag = models.CharField(max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", null=True)
    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="+", null=True)
    row = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes: ClassVar = [models.Index(fields=["clinic", "at"], name="audit_by_clinic")]

    def __str__(self) -> str:
        return f"{self.tag} {self.at:%Y-%m-%d %H:%M}"


class WriteReceipt(models.Model):
    """One accepted write. The same key again gets the same row; another body is refused."""

    key = models.UUIDField(primary_key=True)
    deed = models.CharField(max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    body_hash = models.CharField(max_length=64)
    row_id = models.UUIDField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.deed} {self.key}"


class FailedSignIn(models.Model):
    """A wrong password, PIN or link. Counted per subject by every worker; old rows are deleted."""

    subject = models.CharField(max_length=100, db_index=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """A machine's way in, acting as one member of staff. Only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens")
    label = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.label
