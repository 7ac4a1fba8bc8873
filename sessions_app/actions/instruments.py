"""A clinic's own questionnaires: loaded whole from a file, retired, never changed."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from sessions_app import audit
from sessions_app.actions import record
from sessions_app.actions.intake import lock_clinic
from sessions_app.actions.receipts import claim
from sessions_app.errors import RuleBroken, RuleError, refuse
from sessions_app.instruments import REGISTRY
from sessions_app.instruments.definition_file import DefinitionError, read_definition
from sessions_app.instruments_of import instruments_of
from sessions_app.models import Clinic, ClinicInstrument, Staff

MOST_OWN = 50


@transaction.atomic
def load_instrument(
    *, by: Staff, content: bytes, write_key: UUID | None, clock: record.Clock = record.now
) -> ClinicInstrument:
    """Afterwards the clinic has the questionnaire of this file, or its next version.

    `content` is JSON or TOML as docs/instruments.md describes it. Answers and scores that were
    given to an earlier version keep it. RuleBroken names each fault by its place in the file; the
    code of a questionnaire that ships is refused, and so is a file that changes nothing.
    """
    frozen_now = clock()
    try:
        definition = read_definition(content, REGISTRY)
    except DefinitionError as wrong:
        faults = [RuleError(f.field, f.code, f.limit, f.value) for f in wrong.faults]
        raise RuleBroken(*faults) from None
    clinic = lock_clinic(by)
    claimed = claim(
        write_key,
        deed=audit.Tag.INSTRUMENT_LOAD,
        by=by,
        body={"definition": definition},
        at=frozen_now,
        model=ClinicInstrument,
    )
    if claimed.is_repeat:
        return ClinicInstrument.objects.get(pk=claimed.row_id)
    newest = _newest(clinic, definition["code"])
    if newest is not None and not newest.is_retired and newest.definition == definition:
        raise refuse("", "nothing_changed")
    own = instruments_of(clinic).keys() - REGISTRY.keys()
    if len(own | {definition["code"]}) > MOST_OWN:
        raise refuse("", "too_many_instruments", str(MOST_OWN))
    row = ClinicInstrument.objects.create(
        id=claimed.row_id,
        clinic=clinic,
        code=definition["code"],
        number=1 if newest is None else newest.number + 1,
        definition=definition,
        loaded_by=by,
        loaded_at=frozen_now,
    )
    audit.record(audit.Tag.INSTRUMENT_LOAD, by=by, at=frozen_now, row=row, reason=row.code)
    return row


@transaction.atomic
def retire_instrument(
    *, by: Staff, code: str, write_key: UUID | None, clock: record.Clock = record.now
) -> ClinicInstrument:
    """Afterwards nobody is asked it any more, also in check-ins that are planned.

    What was answered stays and can be read. Loading its file again brings it back.
    """
    frozen_now = clock()
    clinic = lock_clinic(by)
    claimed = claim(
        write_key,
        deed=audit.Tag.INSTRUMENT_RETIRE,
        by=by,
        body={"code": code},
        at=frozen_now,
        model=ClinicInstrument,
    )
    if claimed.is_repeat:
        return ClinicInstrument.objects.get(pk=claimed.row_id)
    newest = _newest(clinic, code)
    if newest is None:
        raise refuse("code", "unknown_choice", value=code)
    if newest.is_retired:
        raise refuse("", "instrument_retired", value=newest.definition["name"])
    row = ClinicInstrument.objects.create(
        id=claimed.row_id,
        clinic=clinic,
        code=code,
        number=newest.number + 1,
        definition=newest.definition,
        is_retired=True,
        loaded_by=by,
        loaded_at=frozen_now,
    )
    audit.record(audit.Tag.INSTRUMENT_RETIRE, by=by, at=frozen_now, row=row, reason=code)
    return row


def _newest(clinic: Clinic, code: str) -> ClinicInstrument | None:
    rows = ClinicInstrument.objects.filter(clinic=clinic, code=code)
    return rows.order_by("-number").first()
