"""The lock in front of one's own progress: a link in the phone's cookie, and a secret typed here.

The secret is the PIN that staff set, else the year of birth. Five wrong ones a day are allowed,
counted per patient in the database, so that no second phone and no second server gives more.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from sessions_app.access import throttle
from sessions_app.models import CheckInLink, Patient

NAME = "progress"
PURPOSE = "sessions_app.checkins.progress"
OPEN_FOR = timedelta(minutes=15)
TRIES, TRIES_WITHIN = 5, timedelta(days=1)


def has_secret(patient: Patient) -> bool:
    """Whether anything opens the lock: an imported patient without a birth date needs a PIN."""
    return bool(patient.progress_pin) or patient.known_birth_date is not None


def minutes_to_wait(patient: Patient) -> int:
    """0 when a try is allowed now."""
    return throttle.check(_subject(patient), tries=TRIES, window=TRIES_WITHIN)


def opens(patient: Patient, secret: str) -> bool:
    """Whether this is the secret. The try is counted first, so that no rush of tries at once gets
    more than five; the right secret takes the count back.
    """
    subject = _subject(patient)
    throttle.failed(subject)
    if throttle.check(subject, tries=TRIES + 1, window=TRIES_WITHIN):
        return False
    if not _is_right(patient, secret.strip()):
        return False
    forget_tries(patient)
    return True


def forget_tries(patient: Patient) -> None:
    """Afterwards all five tries are there again."""
    throttle.cleared(_subject(patient))


def remember(answer: HttpResponse, link: CheckInLink) -> None:
    """Afterwards this phone sees the progress of the link's patient for 15 minutes."""
    answer.set_cookie(
        NAME,
        signing.dumps(str(link.pk), salt=_salt(link.request.patient)),
        max_age=OPEN_FOR,
        path=reverse("me:progress"),
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def forget(answer: HttpResponse) -> None:
    answer.delete_cookie(NAME, path=reverse("me:progress"), samesite="Lax")


def is_open(request: HttpRequest, link: CheckInLink) -> bool:
    """Whether the secret was typed on this phone for this very link in the last 15 minutes."""
    try:
        named = signing.loads(
            request.COOKIES.get(NAME, ""), salt=_salt(link.request.patient), max_age=OPEN_FOR
        )
    except signing.BadSignature:
        return False
    return constant_time_compare(str(named), str(link.pk))


def _subject(patient: Patient) -> str:
    return f"progress:{patient.pk}"


def _salt(patient: Patient) -> str:
    # A new PIN shuts what the old one opened.
    return f"{PURPOSE}:{patient.progress_pin or patient.birth_date.year}"


def _is_right(patient: Patient, secret: str) -> bool:
    if patient.progress_pin:
        return check_password(secret, patient.progress_pin)
    born = patient.known_birth_date
    return born is not None and constant_time_compare(secret, str(born.year))
