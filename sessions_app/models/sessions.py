"""The chairside record. Everything but the session row itself is append-only."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.models.base import ClinicRow, Entry
from sessions_app.models.courses import DRUGS, ROUTES, Prescription, TreatmentCourse
from sessions_app.models.people import Appointment, Chair, Patient
from sessions_app.models.protocols import AlertLimitVersion, ProtocolVersion

ORIGINS = [("live", _("recorded here")), ("import", _("imported"))]


class SessionQuerySet(models.QuerySet["TreatmentSession"]):
    def with_state(self) -> SessionQuerySet:
        """Adds `is_signed`: there is a sign-off that nobody voided."""
        return self.annotate(
            is_signed=Exists(SignOff.objects.standing().filter(session=OuterRef("pk")))
        )

    def open(self) -> SessionQuerySet:
        """Live sessions that nobody signed yet."""
        signed = SignOff.objects.standing().filter(session=OuterRef("pk"))
        return self.filter(~Exists(signed), origin="live")

    def really_theirs(self) -> SessionQuerySet:
        """Without what was recorded on the wrong patient: that counts nowhere."""
        wrong = SignOff.objects.standing().filter(session=OuterRef("pk"), end="wrong_patient")
        return self.filter(~Exists(wrong))


class TreatmentSession(ClinicRow):
    """One supervised dosing event.

    `dose_started_at` is t0, the first dose event that stands (null before the dose). It is
    derived by the actions and kept as a column for queries. An imported session has no dose
    events, no gate and no signature: it carries `documented_dose_mg` and `documented_end_at`.
    `protocol` and `alert_limits` are the clinic's versions that it began under, null where the
    shipped default held; the two `…_version` texts name either.
    `bag_mg` in `bag_volume_ml` is what the pump gives: rate mL/hour times their ratio is mg/hour.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="sessions")
    course = models.ForeignKey(TreatmentCourse, models.PROTECT, related_name="sessions")
    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="sessions", null=True
    )
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="sessions", null=True)
    chair = models.ForeignKey(Chair, models.PROTECT, related_name="sessions", null=True)
    origin = models.CharField(max_length=8, choices=ORIGINS, default="live")
    external_id = models.CharField(max_length=80, blank=True)
    drug = models.CharField(max_length=12, choices=DRUGS)
    route = models.CharField(max_length=12, choices=ROUTES)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    planned_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    infusion_minutes = models.PositiveSmallIntegerField(null=True)
    bag_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    bag_volume_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    protocol = models.ForeignKey(
        ProtocolVersion, models.PROTECT, related_name="sessions", null=True
    )
    alert_limits = models.ForeignKey(
        AlertLimitVersion, models.PROTECT, related_name="sessions", null=True
    )
    limits_version = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    dose_started_at = models.DateTimeField(null=True, db_index=True)
    documented_dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    documented_end_at = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ("dose_started_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["patient", "dose_started_at"], name="session_by_patient"),
            models.Index(fields=["clinic", "dose_started_at"], name="session_by_clinic"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "external_id"],
                condition=Q(origin="import"),
                name="session_imported_once",
            ),
            models.CheckConstraint(
                condition=~Q(drug="esketamine") | Q(route="intranasal"),
                name="session_esketamine_is_nasal",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_imported(self) -> bool:
        return self.origin == "import"


class SessionCheck(Entry):
    """One answer at the start gate or at discharge, with its override where it was overruled.

    `measured` and `limit` are what decided it, as printed ("147/92", "140/90").
    `override_signed_by`: the prescriber whose own PIN stands behind the override.
    """

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="checks")
    stage = models.CharField(
        max_length=10, choices=[("start", "start"), ("discharge", "discharge")]
    )
    code = models.CharField(max_length=40)
    answer = models.CharField(max_length=10)
    source = models.CharField(max_length=10, default="nurse")
    override_code = models.CharField(max_length=40, blank=True, default="")
    override_reason = models.CharField(max_length=200, blank=True)
    override_by = models.CharField(max_length=120, blank=True)
    override_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    measured = models.CharField(max_length=40, blank=True)
    limit = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("taken_at", "id")

    def __str__(self) -> str:
        return f"{self.stage} {self.code}: {self.answer}"


class StandingQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def standing(self) -> StandingQuerySet:
        """Entries that nobody struck."""
        return self.filter(strike__isnull=True)


class DoseEvent(Entry):
    """Something done with the drug.

    An infusion is a list of segments (start, rate_change, pause, resume, stop) with rates in
    mL/hour; `given` is one amount in mg (IM, SC, oral, sublingual, racemic nasal); `device` is
    one esketamine device of 28 mg. Milligrams given by an infusion are derived, never typed.
    """

    KINDS: ClassVar = [
        ("start", _("started")),
        ("rate_change", _("rate changed")),
        ("pause", _("paused")),
        ("resume", _("resumed")),
        ("stop", _("stopped")),
        ("given", _("given")),
        ("device", _("device given")),
    ]
    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="dose_events")
    kind = models.CharField(max_length=12, choices=KINDS)
    rate_ml_per_hour = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    amount_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    lot = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind__in=["start", "rate_change", "resume"])
                | Q(rate_ml_per_hour__gt=0),
                name="dose_event_rate_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["given", "device"]) | Q(amount_mg__gt=0),
                name="dose_event_amount_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.taken_at:%H:%M}"


class VitalReading(Entry):
    """One look at the monitor. Never updated: a correction strikes it and adds another.

    Pressures and EtCO2 in mmHg, rates per minute, SpO2 in %, temperature in °C, oxygen in L/min,
    MOAA/S 0-5 (0 no response to painful squeeze, 5 responds readily to name), pain 0-10.
    """

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="readings")
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
    blank_reason = models.CharField(max_length=20, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["session", "taken_at"], name="reading_by_session")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(systolic__isnull=True)
                | Q(diastolic__isnull=True)
                | Q(diastolic__lt=F("systolic")),
                name="reading_diastolic_below_systolic",
            ),
            models.CheckConstraint(
                condition=Q(systolic__isnull=False)
                | Q(diastolic__isnull=False)
                | Q(heart_rate__isnull=False)
                | Q(spo2__isnull=False)
                | Q(respiratory_rate__isnull=False)
                | Q(temperature_c__isnull=False)
                | Q(etco2__isnull=False)
                | Q(moaas__isnull=False)
                | Q(pain__isnull=False)
                | Q(oxygen_l_min__isnull=False),
                name="reading_has_a_value",
            ),
        ]

    def __str__(self) -> str:
        return f"reading {self.taken_at:%H:%M}"


class SideEffect(Entry):
    """A side effect from its onset (`taken_at`). Its course is told by SideEffectChange rows."""

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="effects")
    code = models.CharField(max_length=40)
    other_text = models.CharField(max_length=80, blank=True)
    grade = models.CharField(max_length=10)
    action = models.CharField(max_length=20, default="none")
    is_serious = models.BooleanField(default=False)
    serious_criterion = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_serious=False) | ~Q(serious_criterion=""),
                name="serious_effect_has_criterion",
            ),
            models.CheckConstraint(
                condition=~Q(code="other") | ~Q(other_text=""), name="other_effect_has_words"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.taken_at:%H:%M}"


class SideEffectChange(Entry):
    """Worse, better or resolved, at `taken_at`; `grade` is the grade from then on."""

    effect = models.ForeignKey(SideEffect, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10)
    grade = models.CharField(max_length=10, blank=True)
    action = models.CharField(max_length=20, default="none")
    is_serious = models.BooleanField(default=False)
    serious_criterion = models.CharField(max_length=30, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")

    def __str__(self) -> str:
        return f"{self.kind} {self.taken_at:%H:%M}"


class NoneObserved(Entry):
    """The explicit answer that no side effect was seen up to `taken_at`."""

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="none_observed")

    objects = StandingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"none observed {self.taken_at:%H:%M}"


class SignOffQuerySet(models.QuerySet["SignOff"]):
    def standing(self) -> SignOffQuerySet:
        """Sign-offs that nobody voided."""
        return self.filter(void__isnull=True)


class SignOff(ClinicRow):
    """Somebody says the record is complete. It locks the session until it is voided.

    Each end fills what it needs: `escort_name` who went home with them, `reason_code` one of the
    end's choices, `transferred_to` and `handover` where they were taken and what was told,
    `risks_explained` before leaving against advice, `right_patient` whose record it is when it
    was written on the wrong one. `signed_with`: the signer's PIN or password.
    """

    ENDS: ClassVar = [
        ("discharged", _("Went home")),
        ("not_started", _("Not started")),
        ("transferred", _("Stopped and transferred")),
        ("left_against_advice", _("Left against advice")),
        ("wrong_patient", _("Recorded on the wrong patient")),
    ]
    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="sign_offs")
    end = models.CharField(max_length=20, choices=ENDS, default="discharged")
    reason_code = models.CharField(max_length=40, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True)
    escort_name = models.CharField(max_length=120, blank=True)
    transferred_to = models.CharField(max_length=120, blank=True, default="")
    handover = models.CharField(max_length=400, blank=True, default="")
    risks_explained = models.BooleanField(null=True)
    right_patient = models.ForeignKey(Patient, models.PROTECT, related_name="+", null=True)
    signed_with = models.CharField(max_length=8, default="pin")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    objects = SignOffQuerySet.as_manager()

    class Meta:
        ordering = ("signed_at",)

    def __str__(self) -> str:
        return f"{self.end} {self.signed_at:%H:%M}"


class SignOffVoid(ClinicRow):
    """Takes a sign-off back. The sign-off stays in the record beside it."""

    sign_off = models.OneToOneField(SignOff, models.PROTECT, related_name="void")
    reason = models.CharField(max_length=200)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    voided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"void {self.voided_at:%H:%M}"


class Amendment(ClinicRow):
    """A dated correction to a signed record, in words."""

    session = models.ForeignKey(TreatmentSession, models.PROTECT, related_name="amendments")
    text = models.TextField()
    reason = models.CharField(max_length=200)
    amended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    amended_at = models.DateTimeField()

    class Meta:
        ordering = ("amended_at",)

    def __str__(self) -> str:
        return f"amendment {self.amended_at:%Y-%m-%d %H:%M}"
