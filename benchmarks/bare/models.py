"""A reading with the columns of ours, and the session that it belongs to."""

from __future__ import annotations

from django.db import models


class Session(models.Model):
    label = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.label


class Reading(models.Model):
    session = models.ForeignKey(Session, models.PROTECT, related_name="readings")
    taken_at = models.DateTimeField(auto_now_add=True)
    systolic = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic = models.PositiveSmallIntegerField(null=True, blank=True)
    heart_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    spo2 = models.PositiveSmallIntegerField(null=True, blank=True)
    respiratory_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    temperature_c = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    etco2 = models.PositiveSmallIntegerField(null=True, blank=True)
    moaas = models.PositiveSmallIntegerField(null=True, blank=True)
    pain = models.PositiveSmallIntegerField(null=True, blank=True)
    oxygen_l_min = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    position = models.CharField(max_length=10, blank=True)
    blank_reason = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return f"reading {self.pk}"
