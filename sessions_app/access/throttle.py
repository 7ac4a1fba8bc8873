"""Wrong passwords, PINs and links are counted in the database, so that all workers agree.

A subject is whom or what the tries are counted for: `account_subject`, `address_subject`,
`pin_subject`, or a caller's own "links:" text of at most 100 characters.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from sessions_app.models import FailedSignIn, Staff

KEPT_FOR = timedelta(days=1)


def account_subject(username: str) -> str:
    """Hashed: people type their password into the wrong field."""
    return "account:" + hashlib.sha256(username.strip().lower().encode()).hexdigest()


def address_subject(request: HttpRequest, purpose: str = "address") -> str:
    return f"{purpose}:{client_address(request)}"[:100]


def pin_subject(person: Staff) -> str:
    return f"pin:{person.pk}"


def client_address(request: HttpRequest) -> str:
    """The caller's address. X-Forwarded-For counts only behind our own proxy, and of it only
    the last part, which that proxy wrote; anybody can send the rest.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def check(subject: str, *, tries: int | None = None, window: timedelta | None = None) -> int:
    """Minutes to wait before the next try, at least 1; 0 when a try is allowed now."""
    tries = settings.SIGN_IN_TRIES if tries is None else tries
    window = settings.SIGN_IN_WINDOW if window is None else window
    now = timezone.now()
    recent = FailedSignIn.objects.filter(subject=subject, at__gt=now - window)
    latest = list(recent.order_by("-at").values_list("at", flat=True)[:tries])
    if len(latest) < tries:
        return 0
    return max(1, math.ceil((latest[-1] + window - now) / timedelta(minutes=1)))


def failed(subject: str) -> None:
    """Afterwards one more wrong try is counted, whatever becomes of the caller's request.

    Raises RuntimeError inside a transaction: a refused deed would take the count back.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        FailedSignIn.objects.create(subject=subject, at=now)
        FailedSignIn.objects.filter(at__lt=now - KEPT_FOR).delete()


def cleared(subject: str) -> None:
    """Afterwards the subject has no wrong tries: the right password or PIN was given."""
    FailedSignIn.objects.filter(subject=subject).delete()
