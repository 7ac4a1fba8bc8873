"""The cookie by which a browser is known as a device of the clinic."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from sessions_app.access.tokens import token_hash
from sessions_app.models import Device

COOKIE = "device"
A_YEAR_S = 365 * 24 * 60 * 60
KINDS = ("iPad", "iPhone", "Android", "Windows", "Macintosh", "CrOS", "Linux")


def known(request: HttpRequest) -> Device | None:
    """The device that asks, unless it was retired or its cookie is made up."""
    token = request.COOKIES.get(COOKIE, "")
    if not token:
        return None
    rows = Device.objects.select_related("clinic")
    return rows.filter(token_hash=token_hash(token), retired_at=None).first()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def remember(response: HttpResponse, token: str, *, secure: bool) -> None:
    """Afterwards the browser sends the token, and no script can read it."""
    response.set_cookie(
        COOKIE, token, max_age=A_YEAR_S, secure=secure, httponly=True, samesite="Strict"
    )


def name_of(request: HttpRequest, at: datetime) -> str:
    """A name that the lead can tell from the others: what kind, and since when."""
    agent = request.headers.get("User-Agent", "")
    kind = next((word for word in KINDS if word in agent), _("Browser"))
    return f"{kind} · {at:%Y-%m-%d %H:%M}"
