"""Who is at the API's door, and whether their role may do the deed of the view."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from sessions_app.access import throttle
from sessions_app.access.tokens import token_hash
from sessions_app.models import ApiToken, Staff
from sessions_app.permissions import may

SCHEME = "Bearer"


class ApiTokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer …`, made by `manage.py api_token`. Expired, revoked, a leaver: 401."""

    def authenticate(self, request: Request) -> tuple[Staff, ApiToken] | None:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != SCHEME:
            return None
        row = (
            ApiToken.objects.select_related("staff__clinic")
            .filter(
                token_hash=token_hash(token.strip()),
                revoked_at=None,
                expires_at__gt=timezone.now(),
                staff__is_active=True,
            )
            .first()
        )
        if row is None:
            _count_the_miss(request)
            raise exceptions.AuthenticationFailed(_("The token is unknown, expired or revoked."))
        return row.staff, row

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _count_the_miss(request: Request) -> None:
    """A living token always opens; an address that guesses waits between its guesses."""
    subject = throttle.address_subject(request, purpose="token")
    minutes = throttle.check(subject)
    if minutes:
        raise exceptions.Throttled(wait=minutes * 60)
    throttle.failed(subject)


class SignedInSession(authentication.SessionAuthentication):
    """The log-in of the pages, with its CSRF check."""

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class MayDoDeed(permissions.BasePermission):
    """Default deny: a view names its deed (`deed`, or `deeds` by method) or nobody gets in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        deeds = getattr(view, "deeds", {})
        method = request.method or ""
        if method in ("HEAD", "OPTIONS") or not hasattr(view, method.lower()):
            # Asking what a view can do, and a method that it does not have (405), are a look.
            method = "GET" if "GET" in deeds else next(iter(deeds), method)
        deed = deeds.get(method) or getattr(view, "deed", None)
        return deed is not None and may(request.user, deed)


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = SignedInSession
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
