"""Every page names its deed here, or that it is open to everyone; a test walks them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from sessions_app.models import Staff
from sessions_app.permissions import may
from sessions_app.roles import Deed

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request that passed the gate: somebody is signed in."""

    user: Staff  # type: ignore[assignment]


def page_for(deed: Deed) -> Callable[[View], View]:
    """Signed in, and the role may do `deed`; else the log-in page, or 403."""

    def wrap(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.user, deed):
                raise PermissionDenied
            return view(cast(StaffRequest, request), *args, **kwargs)

        page = login_required(gated)
        page.deed = deed  # type: ignore[attr-defined]
        return page

    return wrap


def open_to_all(view: View) -> View:
    """Nobody need sign in: the log-in page itself, the help page, a check-in by link."""
    view.deed = None  # type: ignore[attr-defined]
    return view
