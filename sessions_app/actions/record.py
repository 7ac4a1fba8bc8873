"""What every chairside deed does first: lock the session, see that it takes entries, fix times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from sessions_app.chairside import statements
from sessions_app.errors import refuse
from sessions_app.models import TreatmentSession

Clock = Callable[[], datetime]
now: Clock = timezone.now

# A reading before the dose belongs to the session when it is at most this old at its opening.
EARLIEST_BEFORE_OPENING = timedelta(hours=4)
# Two clocks that are right differ by this much after a shift: that is no time in the future.
DRIFT = timedelta(seconds=5)


@dataclass(frozen=True)
class Stamp:
    """When it was so, when the server had it, and whether that was after the sign-off.

    `client_clock`: what the device's own clock showed. `is_time_corrected`: the time given lay in
    the future and is the time of receipt now.
    """

    taken_at: datetime
    recorded_at: datetime
    is_late_entry: bool
    client_clock: datetime | None = None
    is_time_corrected: bool = False

    def columns(self) -> dict[str, Any]:
        """The same as the columns of an `Entry`."""
        return dict(vars(self))


def locked(session: TreatmentSession) -> TreatmentSession:
    """The session's newest state, held until the transaction ends, and `signed_at`: when it was
    signed, None while no sign-off stands.
    """
    if connection.features.has_select_for_update:
        # First and by itself: what is read next is then what the lock's last holder left.
        TreatmentSession.objects.select_for_update().order_by().only("pk").get(pk=session.pk)
    found, signed_at = statements.session_and_signature(session.pk)
    found.signed_at = signed_at  # type: ignore[attr-defined]
    return found


def stamp(
    session: TreatmentSession,
    taken_at: datetime | None,
    frozen_now: datetime,
    client_clock: datetime | None = None,
) -> Stamp:
    """The times of an entry in a `locked` session. A time in the future is set to now, and the
    entry says so. After the sign-off only an entry taken before it is kept, as a late entry;
    anything else is refused with the amendment form.
    """
    if session.is_imported:
        raise refuse("session", "session_imported")
    at = min(taken_at or frozen_now, frozen_now)
    if at < session.opened_at - EARLIEST_BEFORE_OPENING:
        raise refuse(
            "taken_at",
            "before_session",
            limit=clock_text(session.opened_at),
            value=clock_text(at),
        )
    is_ahead = taken_at is not None and taken_at - frozen_now > DRIFT
    signed_at: datetime | None = session.signed_at  # type: ignore[attr-defined]
    if signed_at is None:
        return Stamp(at, frozen_now, False, client_clock, is_ahead)
    if taken_at is None or at >= signed_at:
        raise refuse("session", "session_signed", limit=clock_text(signed_at))
    return Stamp(at, frozen_now, True, client_clock, is_ahead)


def raise_version(patient_id: UUID) -> None:
    """The patient's record changed: whatever was derived from it is older now."""
    statements.raise_version(patient_id)


def clock_text(at: datetime) -> str:
    """A time as a refusal prints it, in the reader's zone."""
    return timezone.localtime(at).strftime("%d %b %H:%M")
