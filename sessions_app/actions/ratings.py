"""Ratings of dissociation during a session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.receipts import claim
from sessions_app.errors import refuse
from sessions_app.models import DissociationRating, Staff, TreatmentSession
from sessions_app.rules import dissociation


@transaction.atomic
def record_rating(
    *,
    by: Staff,
    session: TreatmentSession,
    scale: str,
    score: int | None,
    write_key: UUID | None,
    taken_at: datetime | None = None,
    client_clock: datetime | None = None,
    clock: record.Clock = record.now,
) -> DissociationRating:
    """Afterwards the rating stands, on the scale that it was made with, since `taken_at`.

    A score outside the scale is refused. The clinic's choice of a scale binds nobody here: an
    entry that waited on a tablet keeps the scale that stood on its form.
    """
    frozen_now = clock()
    session = record.locked(session)
    claimed = claim(
        write_key,
        deed=audit.Tag.RATING_RECORD,
        by=by,
        body={"session": session, "scale": scale, "score": score, "taken_at": taken_at},
        at=frozen_now,
        model=DissociationRating,
    )
    if claimed.is_repeat:
        return DissociationRating.objects.get(pk=claimed.row_id)
    if score is None:
        raise refuse("score", "required")
    _refuse_impossible(scale, score)
    stamp = record.stamp(session, taken_at, frozen_now, client_clock)
    row = DissociationRating.objects.create(
        id=claimed.row_id,
        clinic_id=session.clinic_id,
        session=session,
        scale=scale,
        score=score,
        recorded_by=by,
        **stamp.columns(),
    )
    record.raise_version(session.patient_id)
    audit.record(audit.Tag.RATING_RECORD, by=by, at=frozen_now, session=session, row=row)
    return row


def _refuse_impossible(scale: str, score: int) -> None:
    fault = dissociation.refusal(scale, score)
    if fault == "unknown_scale":
        raise refuse("scale", "unknown_choice", ", ".join(dissociation.SCALES), scale)
    if fault is not None:
        code = "implausible_low" if fault == "below_0" else "implausible_high"
        raise refuse("score", code, f"0–{dissociation.SCALES[scale].top}", score)
