"""The signed cookie that takes the place of a token once a link was opened."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sessions_app.actions.check_in_links import living_link
from sessions_app.models import CheckInLink

NAME = "check_in"
PURPOSE = "sessions_app.check-in"  # a value signed for anything else names no check-in
LIVES_AT_MOST = timedelta(hours=24)


def remember(answer: HttpResponse, link: CheckInLink) -> None:
    """Afterwards the phone names this link until its window closes, at most for a day."""
    lives = min(LIVES_AT_MOST, link.request.closes_at - timezone.now())
    answer.set_cookie(
        NAME,
        signing.dumps(str(link.pk), salt=PURPOSE),
        max_age=lives,
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def link_id(request: HttpRequest) -> str | None:
    """The link that the cookie names, over or not; None for a forged or old one."""
    try:
        named = signing.loads(request.COOKIES.get(NAME, ""), salt=PURPOSE, max_age=LIVES_AT_MOST)
    except signing.BadSignature:
        return None
    return str(named)


def living(request: HttpRequest) -> CheckInLink | None:
    """The link that the cookie names, as long as its token would still open it."""
    named = link_id(request)
    return living_link(named) if named else None
