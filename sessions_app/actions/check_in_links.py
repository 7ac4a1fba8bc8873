"""Links to a check-in: random, kept as a hash, opened as often as needed, closed in time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, UUIDField

from sessions_app import audit
from sessions_app.access.tokens import token_hash
from sessions_app.actions import record
from sessions_app.actions.receipts import claim
from sessions_app.chairside import statements
from sessions_app.checkins import typed_codes
from sessions_app.errors import refuse
from sessions_app.help_lines import may_ask_patients
from sessions_app.models import CheckInCode, CheckInLink, CheckInRequest, LinkOpening, Staff
from sessions_app.ready import Given, Ready

TOKEN_BYTES = 32
CODE_LIVES = timedelta(hours=24)
# Old reminders still lead to the page that stops them: somebody may look for it in an old one.
STOPS_FOR = timedelta(days=30)


@transaction.atomic
def mint_link(
    *,
    by: Staff | None,
    request: CheckInRequest,
    keep_older: bool = False,
    clock: record.Clock = record.now,
) -> tuple[CheckInLink, str]:
    """Afterwards this token opens the check-in until its window closes, and no older one does.

    `keep_older`: the others live on. A message asks for it, because the patient may have the page
    open, or a card with a code. The token itself is returned once and kept nowhere. Refused when
    the window is over, and until the clinic has tested lines to call in the patient's language.
    `by` None: the record.
    """
    frozen_now = clock()
    request = askable(request, frozen_now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if not keep_older:
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
def mint_code(
    *, by: Staff | None, link: CheckInLink, clock: record.Clock = record.now
) -> tuple[CheckInCode, str]:
    """Afterwards the returned eight characters open the link too, for 24 hours at most.

    They are returned once; a hash with the server's secret is kept. Refused when the link is over.
    """
    frozen_now = clock()
    link = _links().select_for_update(of=("self",)).get(pk=link.pk)
    if not _lives(link, frozen_now):
        raise refuse("request", "no_living_link")
    typed = typed_codes.new_code()
    while CheckInCode.objects.filter(code_hash=typed_codes.code_hash(typed)).exists():
        typed = typed_codes.new_code()
    code = CheckInCode.objects.create(
        clinic_id=link.clinic_id,
        link=link,
        code_hash=typed_codes.code_hash(typed),
        minted_at=frozen_now,
        minted_by=by,
        expires_at=min(frozen_now + CODE_LIVES, link.expires_at),
    )
    audit.record(
        audit.Tag.CHECK_IN_CODE, by=by, at=frozen_now, patient=link.request.patient, row=code
    )
    return code, typed


@transaction.atomic
def revoke_links(
    *,
    by: Staff,
    request: CheckInRequest,
    write_key: UUID | None,
    clock: record.Clock = record.now,
) -> CheckInRequest:
    """Afterwards no link and no code of this check-in opens it. Refused when none lives."""
    frozen_now = clock()
    request = CheckInRequest.objects.select_for_update().get(pk=request.pk)
    claimed = claim(
        write_key,
        deed=audit.Tag.CHECK_IN_REVOKE,
        by=by,
        body={"request": request},
        at=frozen_now,
        model=CheckInRequest,
    )
    if claimed.is_repeat:
        return request
    living = request.links.filter(revoked_at=None, expires_at__gt=frozen_now)
    if not living.update(revoked_at=frozen_now):
        raise refuse("request", "no_living_link")
    audit.record(
        audit.Tag.CHECK_IN_REVOKE,
        by=by,
        at=frozen_now,
        patient=request.patient,
        session=request.session,
        row=request,
    )
    return request


def askable(request: CheckInRequest, at: datetime) -> CheckInRequest:
    """The request, held until the transaction ends; RuleBroken when nobody may be asked by it."""
    request = CheckInRequest.objects.select_for_update().get(pk=request.pk)
    if request.cancelled_at is not None:
        raise refuse("request", "check_in_cancelled")
    if at >= request.closes_at:
        raise refuse("request", "check_in_closed", limit=record.clock_text(request.closes_at))
    if not may_ask_patients(request.clinic, request.patient.language):
        raise refuse("request", "help_lines_untested", value=request.patient.language)
    return request


def note_opening(*, link: CheckInLink, clock: record.Clock = record.now) -> LinkOpening:
    """Afterwards it stands when the link was first opened on a phone; a later look changes nothing.

    Call it for a page that somebody sees, not for the redirect of the link: scanners follow that.
    """
    known: LinkOpening | None = getattr(link, "opening", None)
    return known or _first_opening(link, clock())


@transaction.atomic
def _first_opening(link: CheckInLink, at: datetime) -> LinkOpening:
    opening = LinkOpening(clinic_id=link.clinic_id, link=link, opened_at=at)
    if not statements.insert_unless_there(opening):
        return LinkOpening.objects.get(link=link)
    request = link.request
    audit.record(
        audit.Tag.CHECK_IN_OPEN,
        by=None,
        at=at,
        patient=request.patient,
        session=request.session,
        row=opening,
    )
    return opening


def find_link(token: str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The living link of a token. Looking changes nothing: mail scanners look too.

    A look-up by the token's SHA-256: an unknown, expired, revoked or cancelled one is None alike,
    and how near a guess came cannot be told from the time it took.
    """
    # A miss costs this short statement alone, whoever sends how many of them.
    named = CheckInLink.objects.filter(token_hash=token_hash(token)).order_by().values_list("pk")
    found = named.first()
    return living_link(found[0], clock=clock) if found else None


def find_by_code(typed: str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The living link of a typed code; case, blanks and dashes do not matter. None for every
    other text, whether it never was a code, is over, or its link is.
    """
    if typed_codes.plain(typed) is None:
        return None
    frozen_now = clock()
    rows = CheckInCode.objects.filter(
        code_hash=typed_codes.code_hash(typed), expires_at__gt=frozen_now
    )
    link = _links().filter(codes__in=rows).first()
    return link if _lives(link, frozen_now) else None


def link_that_stops(token: str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The link of a token for one purpose: stopping messages. It may be over for 30 days, or
    replaced by a newer one, but not ended by staff, who do that when it went to somebody else.
    """
    link = _links().filter(token_hash=token_hash(token)).first()
    if link is None or clock() >= link.expires_at + STOPS_FOR or was_ended(link):
        return None
    return link


def was_ended(link: CheckInLink) -> bool:
    """Ended by staff. One that was replaced was revoked when its successor was made."""
    if link.revoked_at is None:
        return False
    others = link.request.links.exclude(pk=link.pk)
    return not others.filter(minted_at=link.revoked_at).exists()


def living_link(link_id: UUID | str, *, clock: record.Clock = record.now) -> CheckInLink | None:
    """The link that a cookie names, as long as its token would still open it."""
    link = _NAMED.first(link_id)
    return link if _lives(link, clock()) else None


def _links() -> QuerySet[CheckInLink]:
    return CheckInLink.objects.select_related("request__patient", "request__clinic", "opening")


_NAMED = Ready(lambda: _links().filter(pk=Given(0, UUIDField()))[:1])


def _lives(link: CheckInLink | None, at: datetime) -> bool:
    return (
        link is not None
        and link.revoked_at is None
        and link.request.cancelled_at is None
        and at < min(link.expires_at, link.request.closes_at)
    )
