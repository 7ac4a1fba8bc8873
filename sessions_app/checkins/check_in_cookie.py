"""The signed cookie that takes the place of a token once a link was opened."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sessions_app.actions.check_in_links import living_link, was_ended
from sessions_app.models import CheckInLink
from sessions_app.rules.check_in_windows import PHONE_STAYS

NAME = "check_in"
PURPOSE = "sessions_app.check-in"  # a value signed for anything else names no check-in
LIVES_AT_MOST = timedelta(hours=24)  # for questions; one's own progress has a lock of its own


def remember(answer: HttpResponse, link: CheckInLink) -> None:
    """Afterwards the phone names this link: for questions until its window closes, at most for a
    day, and for one's own progress `PHONE_STAYS` longer than the window.
    """
    lives = link.request.closes_at + PHONE_STAYS - timezone.now()
    answer.set_cookie(
        NAME,
        signing.dumps(str(link.pk), salt=PURPOSE),
        max_age=lives,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def link_id(request: HttpRequest, max_age: timedelta | None = None) -> str | None:
    """The link that the cookie names, over or not; None for a forged one or one past `max_age`."""
    try:
        named = signing.loads(request.COOKIES.get(NAME, ""), salt=PURPOSE, max_age=max_age)
    except signing.BadSignature:
        return None
    return str(named)


def living(request: HttpRequest) -> CheckInLink | None:
    """The link that the cookie names, as long as its token would still open it."""
    named = link_id(request, LIVES_AT_MOST)
    return living_link(named) if named else None


def for_progress(request: HttpRequest) -> CheckInLink | None:
    """The link that the cookie names, for one's own progress only: it may be over for questions,
    but neither revoked nor cancelled, nor closed for longer than `PHONE_STAYS`.
    """
    named = link_id(request)
    if named is None:
        return None
    links = CheckInLink.objects.select_related("request__patient", "request__clinic")
    return links.filter(
        pk=named,
        revoked_at=None,
        request__cancelled_at=None,
        request__closes_at__gt=timezone.now() - PHONE_STAYS,
    ).first()


def for_kept(request: HttpRequest, slot: str, asked: UUID) -> CheckInLink | None:
    """A link of the check-in that an answer was given to, after its window closed.

    The cookie names it or a later check-in of the same patient, whose link took its place on this
    phone. None when staff ended the link, the check-in was cancelled, or `PHONE_STAYS` is over.
    """
    named = link_id(request)
    now = timezone.now()
    links = CheckInLink.objects.select_related("request__patient", "request__clinic").filter(
        request__cancelled_at=None, request__closes_at__gt=now - PHONE_STAYS
    )
    own = links.filter(pk=named).first() if named else None
    if own is None or was_ended(own):
        return None
    of_asked = links.filter(
        request=asked,
        request__slot=slot,
        request__patient=own.request.patient_id,
        request__closes_at__lte=now,
    )
    return next((link for link in of_asked if not was_ended(link)), None)
