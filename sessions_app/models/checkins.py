"""What patients answer: requests with their windows, links, answers and scores."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from sessions_app.models.base import ClinicRow
from sessions_app.models.people import Patient
from sessions_app.models.sessions import TreatmentSession

CHECK_IN_ORIGINS = [
    ("link", _("answered on their phone")),
    ("staff", _("entered by staff")),
    ("import", _("imported")),
]


class CheckInRequest(ClinicRow):
    """We ask for a check-in: open from `opens_at` up to, not including, `closes_at`.

    `slot` is the window's code, such as "24h". `instruments` lists registry codes in the order
    they are asked. Nobody answered by `closes_at`: it is missing, and never zero.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="check_in_requests")
    session = models.ForeignKey(
        TreatmentSession, models.PROTECT, related_name="check_in_requests", null=True
    )
    slot = models.CharField(max_length=12)
    due_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    instruments = models.JSONField(default=list)
    cancelled_at = models.DateTimeField(null=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("due_at",)
        indexes: ClassVar = [models.Index(fields=["patient", "due_at"], name="request_by_patient")]

    def __str__(self) -> str:
        return f"{self.slot} {self.due_at:%Y-%m-%d %H:%M}"


class CheckInLink(ClinicRow):
    """A random token that opens one check-in request. Only its SHA-256 is kept."""

    request = models.ForeignKey(CheckInRequest, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    minted_at = models.DateTimeField()
    minted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class LinkOpening(ClinicRow):
    """The first time that a browser kept the link's cookie and loaded its page. Append-only.

    A look by HEAD, a prefetch and the redirect of the link itself leave no row: they do not show
    that somebody holds the page. The link works as before; nothing is used up.
    """

    link = models.OneToOneField(CheckInLink, models.PROTECT, related_name="opening")
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"opened {self.opened_at:%Y-%m-%d %H:%M}"


class CheckInCode(ClinicRow):
    """Eight characters that open a link for somebody who types instead of scanning. Append-only.

    Only a keyed hash is kept. It ends with its link, and at `expires_at` at the latest.
    """

    link = models.ForeignKey(CheckInLink, models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64, unique=True)
    minted_at = models.DateTimeField()
    minted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class CheckInCall(ClinicRow):
    """Staff called a patient about a check-in that was not answered. Append-only."""

    RESULTS: ClassVar = [
        ("reached", _("reached")),
        ("left_message", _("left a message")),
        ("no_answer", _("no answer")),
    ]
    request = models.ForeignKey(CheckInRequest, models.PROTECT, related_name="calls")
    result = models.CharField(max_length=12, choices=RESULTS)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.result} {self.at:%Y-%m-%d %H:%M}"


class CheckIn(ClinicRow):
    """The patient answered something. Made with the first answer; append-only."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="check_ins")
    request = models.OneToOneField(
        CheckInRequest, models.PROTECT, related_name="check_in", null=True
    )
    origin = models.CharField(max_length=8, choices=CHECK_IN_ORIGINS)
    started_at = models.DateTimeField()
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )

    class Meta:
        ordering = ("started_at",)

    def __str__(self) -> str:
        return f"check-in {self.started_at:%Y-%m-%d %H:%M}"


class ItemAnswer(ClinicRow):
    """One answer to one item. Append-only: the newest row of an item holds.

    `value` is null when the patient skipped the item, which is an answer of its own.
    """

    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="answers")
    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    item = models.CharField(max_length=30)
    value = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=10)
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ("answered_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["check_in", "instrument"], name="answer_by_check_in")
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.item}"


class ScoreQuerySet(models.QuerySet["InstrumentScore"]):
    def standing(self) -> ScoreQuerySet:
        """Scores that no later answer replaced or took back."""
        return self.filter(replaced_by__isnull=True, score__isnull=False)


class InstrumentScore(ClinicRow):
    """One instrument's score at one instant, written when it became scorable. Append-only.

    `is_prorated`: missing items were replaced by the mean; such a score is shown as prorated
    and never used for relief. `score` null: an answer was taken back, so that there is no score
    any more; such a row always replaces one that had a score.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="scores")
    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="scores")
    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    taken_at = models.DateTimeField()
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    is_prorated = models.BooleanField(default=False)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    objects = ScoreQuerySet.as_manager()

    class Meta:
        ordering = ("taken_at", "id")
        indexes: ClassVar = [
            models.Index(fields=["patient", "instrument", "taken_at"], name="score_by_patient"),
            models.Index(fields=["clinic", "instrument", "taken_at"], name="score_by_clinic"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(score__isnull=False) | models.Q(replaces__isnull=False),
                name="score_null_only_when_taken_back",
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.taken_at:%Y-%m-%d %H:%M}"


class ClinicInstrument(ClinicRow):
    """A questionnaire that the clinic loaded itself, whole, in one version. Append-only.

    The row with the highest `number` of a code holds; `is_retired` says that it is no longer
    offered. `definition` is the validated file as loaded: items, options, scoring, bands, recall
    period, direction and words.
    """

    code = models.CharField(max_length=30)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    is_retired = models.BooleanField(default=False)
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ("code", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "code", "number"], name="instrument_number_once_per_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"
