"""A clinic's own protocols and alert limits. A change is a new version; nothing is overwritten."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.models.base import ClinicRow
from sessions_app.models.courses import ROUTES


class Version(ClinicRow):
    """Who changed the settings, when and why. `number` counts from 1 in the clinic.

    `shipped` is the name of the shipped default when the clinic went back to it, else empty.
    """

    number = models.PositiveIntegerField()
    shipped = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True


class ProtocolVersion(Version):
    """A clinic's protocol of one route, whole: minutes count from the start of the dose.

    An infusion (IV) has its two intervals and no due minutes; `watch_min` then counts from its
    end. Pressures in mmHg, SpO2 in %, dose band in mg/kg, devices of 28 mg. Without a band every
    dose asks for a reason. What the nurse confirms at discharge beside the fixed questions:
    `asks_leaflet`, `asks_escort`. `sets_watch`: the clinic set the long-term watch itself, even to
    nothing; otherwise the shipped one holds.
    """

    route = models.CharField(max_length=12, choices=ROUTES)
    during_every_min = models.PositiveSmallIntegerField(null=True)
    after_every_min = models.PositiveSmallIntegerField(null=True)
    watch_min = models.PositiveSmallIntegerField()
    overdue_min = models.PositiveSmallIntegerField()
    start_systolic = models.PositiveSmallIntegerField()
    start_diastolic = models.PositiveSmallIntegerField()
    bp_retry_min = models.PositiveSmallIntegerField()
    min_hours_between_sessions = models.PositiveSmallIntegerField()
    weight_ask_percent = models.PositiveSmallIntegerField()
    weight_alert_percent = models.PositiveSmallIntegerField()
    mg_per_kg_low = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    mg_per_kg_high = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    devices_low = models.PositiveSmallIntegerField(null=True)
    devices_high = models.PositiveSmallIntegerField(null=True)
    devices_senior_low = models.PositiveSmallIntegerField(null=True)
    bp_near_percent = models.PositiveSmallIntegerField()
    systolic_below = models.PositiveSmallIntegerField()
    diastolic_below = models.PositiveSmallIntegerField()
    spo2_above = models.PositiveSmallIntegerField()
    moaas_at_least = models.PositiveSmallIntegerField()
    reading_max_age_min = models.PositiveSmallIntegerField()
    asks_leaflet = models.BooleanField(default=True)
    asks_escort = models.BooleanField(default=True)
    sets_watch = models.BooleanField(default=False)

    class Meta:
        ordering = ("route", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "route", "number"], name="protocol_number_once_per_route"
            ),
            models.CheckConstraint(
                condition=Q(mg_per_kg_low__isnull=True) | Q(mg_per_kg_low__lte=F("mg_per_kg_high")),
                name="protocol_dose_low_not_above_high",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route}-{self.number}"


class ProtocolDueMinute(ClinicRow):
    """One minute after the start of the dose at which a reading is due."""

    protocol = models.ForeignKey(ProtocolVersion, models.PROTECT, related_name="due_minutes")
    minute = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("minute",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "minute"], name="due_minute_once")
        ]

    def __str__(self) -> str:
        return str(self.minute)


class ProtocolWindow(ClinicRow):
    """One check-in: hours after the start of the dose at which it opens, is due and closes.

    `instruments` are registry codes in the order asked, with a space between.
    """

    protocol = models.ForeignKey(ProtocolVersion, models.PROTECT, related_name="windows")
    opens_hours = models.PositiveSmallIntegerField()
    due_hours = models.PositiveSmallIntegerField()
    closes_hours = models.PositiveSmallIntegerField()
    instruments = models.CharField(max_length=300)

    class Meta:
        ordering = ("due_hours",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["protocol", "due_hours"], name="window_due_once"),
            models.CheckConstraint(
                condition=Q(opens_hours__lte=F("due_hours")) & Q(due_hours__lt=F("closes_hours")),
                name="window_due_while_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens_hours}–{self.due_hours}–{self.closes_hours}"


class AlertLimitVersion(Version):
    """A clinic's table of alert limits, whole."""

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "number"], name="alert_limits_number_once_per_clinic"
            )
        ]

    def __str__(self) -> str:
        return f"limits-{self.number}"


class AlertLimitRow(ClinicRow):
    """One line of the table: the sign, or its rise over baseline, compared with `threshold`.

    `phase`: before the dose, after its start, or both. `position` is the line's place.
    """

    PHASES: ClassVar = [
        ("before", _("before the dose")),
        ("after", _("after the dose")),
        ("both", _("before and after")),
    ]
    version = models.ForeignKey(AlertLimitVersion, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    sign = models.CharField(max_length=20)
    phase = models.CharField(max_length=8, choices=PHASES)
    compare = models.CharField(max_length=2)
    threshold = models.DecimalField(max_digits=5, decimal_places=1)
    level = models.CharField(max_length=8)
    is_rise = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="alert_limit_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.sign} {self.compare} {self.threshold}"
