"""Every page names here its deed, or that it is open to everyone, and the methods that it answers.

A test walks them all; any other method is answered 405 with `Allow`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.views.decorators.http import require_http_methods

from sessions_app.models import Staff
from sessions_app.permissions import may
from sessions_app.roles import Deed

View = Callable[..., HttpResponse]

READ = ("GET", "HEAD")  # a page that changes nothing
WRITE = ("POST",)  # a deed without a page of its own
FORM = (*READ, *WRITE)  # a form, and the deed that it asks for


# An entry that waited on a device names who typed it: it goes out under that person's log-in.
OWNER_HEADER = "X-Afterglow-Owner"


def waits_for_owner() -> HttpResponse:
    """Nothing is refused for good: the entry stays on its device until its owner signs in."""
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Session"})


class StaffRequest(HttpRequest):
    """A request that passed the gate: somebody is signed in."""

    user: Staff  # type: ignore[assignment]


def _only(methods: tuple[str, ...], view: View) -> View:
    """`view` for these methods; 405 with `Allow` and words for every other."""
    checked = require_http_methods(list(methods))(view)

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = checked(request, *args, **kwargs)
        if answer.status_code == 405:
            # A browser shows its own fault page for an empty body.
            answer.content = loader.render_to_string("405.html")
        return answer

    return page


def page_for(deed: Deed, methods: tuple[str, ...]) -> Callable[[View], View]:
    """One of `methods`, signed in, and the role may do `deed`; else 405, the log-in page, or 403.

    The log-in page leads back here only if there is a page to come back to.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            owner = request.headers.get(OWNER_HEADER)
            if owner and str(request.user.pk) != owner:
                return waits_for_owner()
            if not request.user.is_authenticated:
                return redirect("login")
            if not may(request.user, deed):
                raise PermissionDenied
            return view(cast(StaffRequest, request), *args, **kwargs)

        asked = login_required(gated) if "GET" in methods else gated
        page = _only(methods, asked)
        page.deed = deed  # type: ignore[attr-defined]
        return page

    return wrap


def polled(page: View) -> View:
    """A script or a refresh asks for this by itself: it tells nothing about who is there, so it
    never keeps a log-in alive. Stands above `page_for`.
    """
    page.is_polled = True  # type: ignore[attr-defined]
    return page


def open_to_all(methods: tuple[str, ...]) -> Callable[[View], View]:
    """Nobody need sign in: the log-in page itself, the help page, a check-in by link."""

    def wrap(view: View) -> View:
        page = _only(methods, view)
        page.deed = None  # type: ignore[attr-defined]
        return page

    return wrap
