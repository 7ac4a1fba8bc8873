"""What was agreed: treatment courses, their consent and eligibility answers, prescriptions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from sessions_app.models.base import ClinicRow
from sessions_app.models.people import Patient

DRUGS = [("ketamine", _("ketamine (racemic)")), ("esketamine", _("esketamine"))]
ROUTES = [
    ("iv", _("IV infusion")),
    ("im", _("intramuscular")),
    ("sc", _("subcutaneous")),
    ("intranasal", _("nasal")),
    ("oral", _("oral")),
    ("sublingual", _("sublingual")),
]
INDICATIONS = [("depression", _("Depression")), ("chronic_pain", _("Chronic pain"))]


class TreatmentCourse(ClinicRow):
    """A series of sessions for one indication. Every change keeps the former version."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="courses")
    indication = models.CharField(_("indication"), max_length=20, choices=INDICATIONS)
    planned_sessions = models.PositiveSmallIntegerField(_("planned sessions"), default=6)
    schedule = models.CharField(
        _("schedule"), max_length=120, blank=True, help_text=_("For example: twice a week, 3 weeks")
    )
    consent_signed_on = models.DateField(_("consent signed on"), null=True, blank=True)
    consent_valid_until = models.DateField(_("consent valid until"), null=True, blank=True)
    started_on = models.DateField(_("started on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-started_on",)

    def __str__(self) -> str:
        return f"{self.get_indication_display()}, {self.started_on}"


class EligibilityAnswer(ClinicRow):
    """One answer of the eligibility check. Append-only: the newest answer to a code holds."""

    course = models.ForeignKey(TreatmentCourse, models.PROTECT, related_name="eligibility")
    code = models.CharField(max_length=40)
    answer = models.CharField(
        max_length=10, choices=[("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]
    )
    note = models.CharField(max_length=200, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.code}: {self.answer}"


class Prescription(ClinicRow):
    """What a physician ordered for a course. A new one ends the one before it.

    Racemic ketamine is ordered in mg per kg, esketamine in devices of 28 mg.
    An infusion also has its length and the volume it is given in.
    """

    course = models.ForeignKey(TreatmentCourse, models.PROTECT, related_name="prescriptions")
    drug = models.CharField(_("drug"), max_length=12, choices=DRUGS)
    route = models.CharField(_("route"), max_length=12, choices=ROUTES)
    mg_per_kg = models.DecimalField(
        _("dose, mg/kg"), max_digits=5, decimal_places=3, null=True, blank=True
    )
    devices = models.PositiveSmallIntegerField(_("devices of 28 mg"), null=True, blank=True)
    infusion_minutes = models.PositiveSmallIntegerField(
        _("infusion length, minutes"), null=True, blank=True
    )
    vial_mg_per_ml = models.DecimalField(
        _("vial strength, mg per mL"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    bag_volume_ml = models.DecimalField(
        _("volume given, mL"), max_digits=6, decimal_places=1, null=True, blank=True
    )
    outside_band_reason = models.CharField(
        _("reason for a dose outside the usual band"), max_length=200, blank=True
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    prescribed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prescribed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("-prescribed_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(drug="ketamine", mg_per_kg__isnull=False, devices__isnull=True)
                | Q(drug="esketamine", devices__isnull=False, mg_per_kg__isnull=True),
                name="prescription_dose_matches_drug",
            ),
            models.CheckConstraint(
                condition=~Q(drug="esketamine") | Q(route="intranasal"),
                name="prescription_esketamine_is_nasal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug} {self.route}"
