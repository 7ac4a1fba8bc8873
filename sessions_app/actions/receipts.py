"""Every write happens once: the client's key is claimed first, in the same transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from sessions_app.audit import Tag
from sessions_app.chairside import statements
from sessions_app.errors import AlreadySaved
from sessions_app.models import Staff, WriteReceipt, new_key

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Claim:
    """`row_id` is the key of the row to make, or of the row made the first time."""

    row_id: UUID
    is_repeat: bool


def claim(
    write_key: UUID | None,
    *,
    deed: Tag,
    by: Staff | None,
    body: Mapping[str, Any],
    at: datetime,
    model: type[Model],
) -> Claim:
    """Take the key, or learn that it was taken: then the same body gets the same row.

    Another body or another person raises AlreadySaved. The insert waits for a rival that holds
    the key (PostgreSQL) or for its transaction (SQLite), so a race ends with one row. A refused
    write rolls the receipt back and leaves the key free. Without a key nothing is claimed.
    """
    row_id = new_key()
    if write_key is None:
        return Claim(row_id, is_repeat=False)
    digest = body_hash(body)
    receipt = WriteReceipt(
        key=write_key, deed=deed.value, by=by, body_hash=digest, row_id=row_id, at=at
    )
    if statements.insert_unless_there(receipt):
        return Claim(row_id, is_repeat=False)
    kept = WriteReceipt.objects.get(key=write_key)
    same = (kept.deed, kept.by_id, kept.body_hash) == (deed.value, by.pk if by else None, digest)
    if not same:
        raise AlreadySaved(model._default_manager.filter(pk=kept.row_id).first())
    return Claim(kept.row_id, is_repeat=True)


def body_hash(body: Mapping[str, Any]) -> str:
    """SHA-256 of the body in one canonical form, whatever the door it came through."""
    text = json.dumps({key: _plain(body[key]) for key in sorted(body)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
