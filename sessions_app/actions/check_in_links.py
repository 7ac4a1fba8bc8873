"""Links to a check-in: random, kept as a hash, opened as often as needed, closed in time."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.errors import refuse
from sessions_app.help_lines import may_ask_patients
from sessions_app.models import CheckInLink, CheckInRequest, LinkOpening, Staff
from sessions_app.tokens import token_hash

TOKEN_BYTES = 32


@transaction.atomic
def mint_link(
    *, by: Staff | None, request: CheckInRequest, clock: record.Clock = record.now
) -> tuple[CheckInLink, str]:
    """Afterwards this token, and no older one, opens the check-in until its window closes.

    The token itself is returned once and kept nowhere. Refused when the window is over, and
    until the clinic has tested lines to call in the patient's language. `by` None: the record.
    """
    frozen_now = clock()
    request = CheckInRequest.objects.select_for_update().get(pk=request.pk)
    if request.cancelled_at is not None:
        raise refuse("request", "check_in_cancelled")
    if frozen_now >= request.closes_at:
        raise refuse("request", "check_in_closed", limit=record.clock_text(request.closes_at))
    if not may_ask_patients(request.clinic, request.patient.language):
        raise refuse("request", "help_lines_untested", value=request.patient.language)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    request.links.filter(revoked_at=None).update(revoked_at=frozen_now)
    link = CheckInLink.objects.create(
        clinic_id=request.clinic_id,
        request=request,
        token_hash=token_hash(token),
        minted_at=frozen_now,
        minted_by=by,
        expires_at=request.closes_at,
    )
    audit.record(
        audit.Tag.CHECK_IN_LINK,
        by=by,
        at=frozen_now,
        patient=request.patient,
        session=request.session,
        row=link,
    )
    return link, token


@transaction.atomic
def note_opening(*, link: CheckInLink, clock: record.Clock = record.now) -> LinkOpening:
    """Afterwards it stands when the link was first opened on a phone; a later look changes nothing.

    Call it for a page that somebody sees, not for the redirect of the link: scanners follow that.
    """
    frozen_now = clock()
    opening, is_first = LinkOpening.objects.get_or_create(
        link=link, defaults={"clinic_id": link.clinic_id, "opened_at": frozen_now}
    )
    if is_first:
        request = link.request
        audit.record(
            audit.Tag.CHECK_IN_OPEN,
            by=None,
            at=frozen_now,
            patient=request.patient,
            session=request.session,
            row=opening,
        )
    return opening


def find_link(token: str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The living link of a token. Looking changes nothing: mail scanners look too.

    One lookup by the token's SHA-256: an unknown, expired, revoked or cancelled one is None alike,
    and how near a guess came cannot be told from the time it took.
    """
    link = _links().filter(token_hash=token_hash(token)).first()
    return link if _lives(link, clock) else None


def living_link(link_id: UUID | str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The link that a cookie names, as long as its token would still open it."""
    link = _links().filter(pk=link_id).first()
    return link if _lives(link, clock) else None


def open_link(token: str, *, clock: record.Clock = record.now) -> CheckInRequest | None:
    """The check-in that a token opens now or later in its life; None for every other token."""
    link = find_link(token, clock=clock)
    return link.request if link else None


def _links() -> QuerySet[CheckInLink]:
    return CheckInLink.objects.select_related("request__patient", "request__clinic")


def _lives(link: CheckInLink | None, clock: record.Clock) -> bool:
    frozen_now = clock()
    return (
        link is not None
        and link.revoked_at is None
        and link.request.cancelled_at is None
        and frozen_now < min(link.expires_at, link.request.closes_at)
    )
