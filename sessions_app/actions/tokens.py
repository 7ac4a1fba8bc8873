"""API tokens: a machine's way in, acting as one member of staff."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from sessions_app import audit
from sessions_app.access import tokens
from sessions_app.actions import details, record
from sessions_app.errors import RuleError
from sessions_app.models import ApiToken, Staff

LONGEST_DAYS = 366


@transaction.atomic
def create_token(
    *, person: Staff, label: str, days: int, clock: record.Clock = record.now
) -> tuple[ApiToken, str]:
    """Afterwards the returned token acts as `person` for `days` days. Only its hash is kept."""
    frozen_now = clock()
    values = {"label": label.strip()}
    faults = details.missing(values, "label") + details.too_long(ApiToken, values)
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(RuleError("days", "implausible_high", f"1–{LONGEST_DAYS}", days))
    if not person.is_active:
        faults.append(RuleError("staff", "has_left", value=person.username))
    details.raise_all(faults)
    token = tokens.new_token()
    row = ApiToken.objects.create(
        staff=person,
        label=values["label"],
        token_hash=tokens.token_hash(token),
        created_at=frozen_now,
        expires_at=frozen_now + timedelta(days=days),
    )
    audit.record(audit.Tag.TOKEN_CREATE, by=person, at=frozen_now, row=row)
    return row, token


@transaction.atomic
def revoke_token(*, row: ApiToken, clock: record.Clock = record.now) -> ApiToken:
    """Afterwards the token opens nothing. A second time changes nothing."""
    row = ApiToken.objects.select_for_update().get(pk=row.pk)
    if row.revoked_at is None:
        row.revoked_at = clock()
        row.save(update_fields=["revoked_at"])
        audit.record(audit.Tag.TOKEN_REVOKE, by=row.staff, at=row.revoked_at, row=row)
    return row
