"""The middleware that locks and ends log-ins. What it refuses never reaches a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sessions_app.access import log_in
from sessions_app.models import Staff
from sessions_app.views.lock import with_what_was_typed

Handler = Callable[[HttpRequest], HttpResponse]
API = "/api/"
LOCKED_HEADER = "X-Afterglow-Locked"


class LockAndEnd:
    """Behind AuthenticationMiddleware: the person is known, the view is not yet."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, Staff):
            log_in.adopt(request.session)
            if log_in.is_over(request.session):
                logout(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what a locked log-in asks for; count what a person asks for."""
        if not isinstance(request.user, Staff):
            return None
        is_api = request.path.startswith(API)
        if log_in.is_locked(request.session):
            return _shut_out(request) if is_api or _needs_a_person(view) else None
        if not getattr(view, "is_polled", False) and not log_in.is_from_a_script(request):
            log_in.touch(request.session)
        return None


def _needs_a_person(view: Callable[..., Any]) -> bool:
    return getattr(view, "deed", None) is not None and not getattr(view, "is_open_locked", False)


def _shut_out(request: HttpRequest) -> HttpResponse | None:
    """The API says 401 in its own words, unless a token asks; a script gets 401 and a mark; a
    person gets the lock, with what they had typed.
    """
    if request.path.startswith(API):
        # A machine with a token of its own does not act under this log-in.
        request.user = AnonymousUser()
        return None
    if log_in.is_from_a_script(request):
        return HttpResponse(
            status=401, headers={"WWW-Authenticate": "Session", LOCKED_HEADER: "yes"}
        )
    if request.method == "POST":
        return with_what_was_typed(request)
    return redirect(f"{reverse('lock')}?{urlencode({'next': request.get_full_path()})}")
