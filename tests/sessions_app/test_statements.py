"""The ready statements say what the ORM would, and a reading with all its duties needs few."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.actions import record
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.readings import record_vital_reading
from sessions_app.chairside import statements
from sessions_app.chairside.session_state import standing_sign_off
from sessions_app.models import (
    Patient,
    RecordVersion,
    SignOff,
    SignOffVoid,
    Staff,
    TreatmentSession,
    VitalReading,
    WriteReceipt,
)
from sessions_app.rules import limits
from tests.conftest import START, is_postgres

# Log-in, person with clinic, session; lock, key, reading, baseline, open alarms, version, audit.
NEEDED = 10


@pytest.mark.usefixtures("at_chair")
@pytest.mark.parametrize("door", ["/s/{}/readings/", "/api/v1/sessions/{}/readings/"])
def test_a_reading_with_all_its_duties_asks_the_database_ten_times(
    as_nia: Client, nia: Staff, session: TreatmentSession, calm: dict[str, Any], door: str
) -> None:
    before = {"systolic": 124, "diastolic": 80}
    at = START - timedelta(minutes=3)
    record_vital_reading(by=nia, session=session, write_key=None, values=before, taken_at=at)
    kind = {"content_type": "application/json"} if door.startswith("/api/") else {}
    path = door.format(session.pk)

    def post() -> int:
        # As the page's script does, it asked about a large change before it sent.
        asked = {} if kind else {"asked": "1"}
        body = {**calm, **asked, "write_key": str(uuid4())}
        return as_nia.post(path, body, **kind).status_code

    assert post() in (201, 302)  # the first look of a log-in is noted
    with CaptureQueriesContext(connection) as asked:
        assert post() in (201, 302)
    sent = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(sent) <= NEEDED + is_postgres(), "\n".join(sent)


def test_the_locked_session_is_the_row_as_the_orm_reads_it(
    session: TreatmentSession, nia: Staff
) -> None:
    found = record.locked(session)
    fresh = TreatmentSession.objects.get(pk=session.pk)
    for field in TreatmentSession._meta.concrete_fields:
        value = getattr(found, field.attname)
        assert value == getattr(fresh, field.attname), field.name
        assert type(value) is type(getattr(fresh, field.attname)), field.name
    assert not found.get_deferred_fields()


def test_it_knows_the_signature_that_stands(session: TreatmentSession, nia: Staff) -> None:
    def sign(minute: int) -> SignOff:
        at = START + timedelta(minutes=minute)
        return SignOff.objects.create(
            clinic=session.clinic, session=session, signed_by=nia, signed_at=at
        )

    def void(sign_off: SignOff) -> None:
        SignOffVoid.objects.create(
            clinic=session.clinic, sign_off=sign_off, voided_by=nia, voided_at=sign_off.signed_at
        )

    def known() -> Any:
        signed_at = statements.session_and_signature(session.pk)[1]
        standing = standing_sign_off(session)
        assert signed_at == (standing.signed_at if standing else None)
        return signed_at

    assert known() is None
    first = sign(60)
    assert known() == first.signed_at
    void(first)
    assert known() is None
    second = sign(70)
    assert known() == second.signed_at


def test_a_session_that_is_gone_is_an_error(db: None) -> None:
    with pytest.raises(TreatmentSession.DoesNotExist):
        statements.session_and_signature(uuid4())


@pytest.mark.usefixtures("at_chair")
def test_the_signs_before_the_dose_are_those_that_nobody_struck(
    session: TreatmentSession, nia: Staff
) -> None:
    def reading(minute: int, **values: Any) -> VitalReading:
        return record_vital_reading(
            by=nia,
            session=session,
            write_key=None,
            values=values,
            taken_at=START + timedelta(minutes=minute),
        )

    reading(0, systolic=126, oxygen_l_min=Decimal("1.5"))
    reading(-4, systolic=120, spo2=97)
    wrong = reading(-2, systolic=220)
    strike_entry(by=nia, entry=wrong, reason="other arm", write_key=None)
    reading(5, systolic=140)
    found = statements.signs_until(session.pk, START)
    blank = dict.fromkeys(limits.SIGNS)
    assert found == [
        {**blank, "systolic": 120, "spo2": 97},
        {**blank, "systolic": 126, "oxygen_l_min": Decimal("1.5")},
    ]


def test_the_version_of_a_record_counts_its_changes(maya: Patient) -> None:
    versions = []
    for _each in range(3):
        record.raise_version(maya.pk)
        versions.append(RecordVersion.objects.get(patient=maya).version)
    assert versions == [1, 2, 3]


def test_a_key_is_taken_once(nia: Staff) -> None:
    def receipt(key: Any) -> WriteReceipt:
        return WriteReceipt(key=key, deed="x", by=nia, body_hash="0" * 64, row_id=uuid4(), at=START)

    key = uuid4()
    assert statements.insert_unless_there(receipt(key))
    assert not statements.insert_unless_there(receipt(key))
    assert WriteReceipt.objects.count() == 1


def test_a_row_whose_former_versions_are_kept_goes_through_the_orm(maya: Patient) -> None:
    with pytest.raises(TypeError, match="former versions"):
        statements.insert(Patient(clinic=maya.clinic))
