"""Who is at the API's door, and whether their role may do the deed of the view."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from sessions_app.models import ApiToken, Staff
from sessions_app.permissions import may
from sessions_app.tokens import token_hash

SCHEME = "Bearer"


class ApiTokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer …`, made by `manage.py api_token`. Expired, revoked, a leaver: 401."""

    def authenticate(self, request: Request) -> tuple[Staff, ApiToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
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
            raise exceptions.AuthenticationFailed("The token is unknown, expired or revoked.")
        return row.staff, row

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class SignedInSession(authentication.SessionAuthentication):
    """The log-in of the pages, with its CSRF check."""

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class MayDoDeed(permissions.BasePermission):
    """Default deny: a view names its deed (`deed`, or `deeds` by method) or nobody gets in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        deeds = getattr(view, "deeds", {})
        deed = deeds.get(request.method) or getattr(view, "deed", None)
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
