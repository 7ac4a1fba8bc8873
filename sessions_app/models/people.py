"""Clinics, the people who work there, and the people who are treated there."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from sessions_app.clock import age_on
from sessions_app.models.base import ClinicRow
from sessions_app.models.keys import new_key
from sessions_app.roles import Role
from sessions_app.rules.dissociation import DEFAULT_SCALE

# Written for a birth date that an import's files do not give: no living person was born then, and
# every page that saves the patient asks for the true date.
BIRTH_DATE_UNKNOWN = date(1900, 1, 1)
ROLE_NAMES = {
    Role.NURSE: _("Nurse"),
    Role.PHYSICIAN: _("Physician"),
    Role.LEAD: _("Clinic lead"),
    Role.RESEARCHER: _("Researcher"),
}


class Clinic(models.Model):
    """One clinic. Its rows are invisible to every other clinic on the same server.

    `time_zone` is a name of the tz database. The opening hours are local times;
    `open_days` lists ISO weekdays, "12345" for Monday to Friday. `dissociation_scale` is a code of
    dissociation.py: the scale that new ratings are asked on. Reminders wait from `quiet_from` to
    `quiet_until` on the patient's own clock; calls about alerts never wait. The front desk's
    mobile and e-mail are called about alerts.
    """

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=60)
    language = models.CharField(_("language"), max_length=10, default="en")
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    opens_at = models.TimeField(_("opens at"), default="08:00")
    closes_at = models.TimeField(_("closes at"), default="17:00")
    open_days = models.CharField(_("open days"), max_length=7, default="12345")
    quiet_from = models.TimeField(_("no reminders from"), default="21:00")
    quiet_until = models.TimeField(_("no reminders until"), default="09:00")
    desk_phone = models.CharField(_("front desk, mobile"), max_length=40, blank=True)
    desk_email = models.EmailField(_("front desk, e-mail"), blank=True)
    dissociation_scale = models.CharField(max_length=12, default=DEFAULT_SCALE)
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> Staff:
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Staff(AbstractBaseUser):
    """Somebody who works at a clinic and signs in. A leaver is inactive and keeps their rows."""

    id = models.UUIDField(primary_key=True, default=new_key, editable=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="staff")
    username = models.CharField(_("user name"), max_length=60, unique=True)
    full_name = models.CharField(_("full name"), max_length=120)
    initials = models.CharField(_("initials"), max_length=6)
    role = models.CharField(_("role"), max_length=12, choices=list(ROLE_NAMES.items()))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    pin = models.CharField(max_length=200, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["password", "pin", "last_login"])

    objects = StaffManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ("full_name",)

    def __str__(self) -> str:
        return self.full_name

    def set_pin(self, pin: str) -> None:
        self.pin = make_password(pin)

    def check_pin(self, pin: str) -> bool:
        return bool(self.pin) and check_password(pin, self.pin)


class Chair(ClinicRow):
    """A place of treatment. Chairs stand in `position` order on every screen."""

    name = models.CharField(_("name"), max_length=20)
    position = models.PositiveSmallIntegerField(_("position"))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("position", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="chair_name_once_per_clinic",
                violation_error_message=_("Another chair already has this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Patient(ClinicRow):
    """Somebody treated at the clinic. Every change keeps the former version.

    `allergies` blank means "not asked", never "none": staff write "none known".
    `reminder_channel` "none" until the patient chose one; after `reminders_stopped_at` nothing is
    sent until staff start it again at the patient's wish. `progress_pin` (hashed; blank: the
    birth year) opens the patient's own answers.
    """

    REMINDER_CHANNELS: ClassVar = [
        ("none", _("no reminders")),
        ("sms", _("text message")),
        ("email", _("e-mail")),
    ]

    number = models.CharField(_("patient number"), max_length=30)
    given_name = models.CharField(_("given name"), max_length=80)
    family_name = models.CharField(_("family name"), max_length=80)
    birth_date = models.DateField(_("birth date"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    reminder_channel = models.CharField(
        _("reminders by"), max_length=8, choices=REMINDER_CHANNELS, default="none"
    )
    reminders_stopped_at = models.DateTimeField(null=True, blank=True)
    progress_pin = models.CharField(max_length=200, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=60)
    allergies = models.TextField(_("allergies"), blank=True)
    medicines = models.TextField(_("medicines"), blank=True)
    escort_name = models.CharField(_("escort"), max_length=120, blank=True)
    escort_phone = models.CharField(_("escort's phone"), max_length=40, blank=True)
    safety_contact_name = models.CharField(_("safety contact"), max_length=120, blank=True)
    safety_contact_phone = models.CharField(_("safety contact's phone"), max_length=40, blank=True)
    safety_plan = models.TextField(_("safety plan"), blank=True)
    history = HistoricalRecords(excluded_fields=["progress_pin"])

    class Meta:
        ordering = ("family_name", "given_name", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "number"],
                name="patient_number_once_per_clinic",
                violation_error_message=_("Another patient already has this number."),
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        return "".join(f"{name[0].upper()}." for name in (self.given_name, self.family_name))

    @property
    def known_birth_date(self) -> date | None:
        """The birth date; None for an imported patient whose date nobody has entered yet."""
        return None if self.birth_date == BIRTH_DATE_UNKNOWN else self.birth_date

    def age_on(self, day: date) -> int | None:
        """Completed years of life on `day`; None while the birth date is not known."""
        born = self.known_birth_date
        return None if born is None else age_on(day, born)


class RecordVersion(models.Model):
    """How often a patient's record has changed: derived tables older than it are rebuilt."""

    patient = models.OneToOneField(
        Patient, models.PROTECT, primary_key=True, related_name="record_version"
    )
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.patient_id}: {self.version}"


class Appointment(ClinicRow):
    """A planned session: who, when, where. A cancelled one stays in the list's history."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments")
    chair = models.ForeignKey(
        Chair, models.PROTECT, related_name="appointments", null=True, blank=True
    )
    starts_at = models.DateTimeField(_("starts at"))
    cancelled_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("starts_at",)

    def __str__(self) -> str:
        return f"{self.patient_id} {self.starts_at:%Y-%m-%d %H:%M}"


class HelpLine(ClinicRow):
    """A number that a patient in distress may call. Shown only once it was test-called."""

    KINDS: ClassVar = [
        ("emergency", _("Emergency")),
        ("crisis", _("Crisis line")),
        ("crisis_text", _("Crisis line by text message")),
        ("clinic", _("Clinic")),
    ]
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    language = models.CharField(_("language"), max_length=10, default="en")
    label = models.CharField(_("name shown to patients"), max_length=80)
    number = models.CharField(_("number"), max_length=40)
    hours = models.CharField(_("hours, in words"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    tested_at = models.DateTimeField(_("last test call"), null=True, blank=True)
    tested_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("position", "kind")

    def __str__(self) -> str:
        return f"{self.label}: {self.number}"
