"""A log-in's life: it begins with a password, is locked when nobody touches it, and ends.

Locked after 15 minutes without a person, over 12 hours after it began, whatever the device does
meanwhile (settings). What a script asks for by itself counts as nobody: a board that refreshes
itself keeps no log-in alive. Times are kept in the server's session, never in a cookie or an
address, so nothing that a browser sends can move them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from sessions_app.models import Staff

BEGAN = "began_at"
TOUCHED = "touched_at"
LOCKED = "is_locked"
DEVICE = "device"
# A mark is written at most this often, so that not every page costs a write.
MARK_EVERY = timedelta(seconds=30)
FRAGMENT_HEADER = "X-Afterglow-Fragment"


def begin(request: HttpRequest, person: Staff, device_id: UUID) -> None:
    """Afterwards `person` is signed in under a new session id, for the whole time from now."""
    login(request, person)
    now = timezone.now()
    request.session[BEGAN] = request.session[TOUCHED] = now.isoformat()
    request.session[LOCKED] = False
    request.session[DEVICE] = str(device_id)
    request.session.set_expiry(now + settings.LOG_IN_ENDS_AFTER)


def adopt(session: SessionBase) -> None:
    """A log-in that does not say when it began (made before this rule) begins to count now."""
    if BEGAN not in session:
        session[BEGAN] = session[TOUCHED] = timezone.now().isoformat()
        session.set_expiry(timezone.now() + settings.LOG_IN_ENDS_AFTER)


def is_over(session: SessionBase) -> bool:
    """Whether it began too long ago."""
    return timezone.now() > ends_at(session)


def ends_at(session: SessionBase) -> datetime:
    """When it is over, whatever happens until then."""
    return _time(session, BEGAN) + settings.LOG_IN_ENDS_AFTER


def is_locked(session: SessionBase) -> bool:
    """Whether somebody locked it, or nobody touched it for too long."""
    if session.get(LOCKED):
        return True
    return timezone.now() - _time(session, TOUCHED) > settings.IDLE_LOCKS_AFTER


def lock(session: SessionBase) -> None:
    session[LOCKED] = True


def touch(session: SessionBase) -> None:
    """Afterwards a person was here now."""
    if timezone.now() - _time(session, TOUCHED) >= MARK_EVERY:
        session[TOUCHED] = timezone.now().isoformat()


def reopen(session: SessionBase) -> None:
    """Afterwards it goes on, until the end that it had. The same person keeps the same id: a poll
    that is under way with the old one would throw the new one away.
    """
    session[LOCKED] = False
    session[TOUCHED] = timezone.now().isoformat()


def is_from_a_script(request: HttpRequest) -> bool:
    """Asked for by a page, not by a person: browsers say so themselves, our scripts as well.

    Both marks can only take away: leaving them out makes a request a person's, which still needs
    a log-in that is neither locked nor over.
    """
    if FRAGMENT_HEADER in request.headers:
        return True
    # A page that a person opens is "empty" too where the service worker fetches it for the browser;
    # no script may call its own request a navigation.
    said = request.headers
    return said.get("Sec-Fetch-Dest") == "empty" and said.get("Sec-Fetch-Mode") != "navigate"


def _time(session: SessionBase, name: str) -> datetime:
    found = parse_datetime(str(session.get(name, "")))
    return found or timezone.now()
