"""Strikes and corrections: nothing is removed, and what followed from an entry follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from sessions_app.actions.corrections import correct_reading, strike_entry
from sessions_app.chairside.session_state import baseline
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    EntryStrike,
    RecordVersion,
    Staff,
    TreatmentSession,
    VitalReading,
    new_key,
)
from tests.conftest import START
from tests.sessions_app.chairside_people import at, codes, vitals

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrong(session: TreatmentSession, nia: Staff) -> VitalReading:
    return vitals(session, nia, 10, systolic=184, diastolic=76)


def test_a_strike_says_who_when_and_why_and_closes_the_alarm(
    wrong: VitalReading, nia: Staff, session: TreatmentSession
) -> None:
    assert Alert.objects.open().exists()
    version = RecordVersion.objects.get(patient=session.patient).version
    strike = strike_entry(by=nia, entry=wrong, reason=" slipped ", write_key=None, clock=at(12))
    assert (strike.struck_by, strike.struck_at, strike.reason) == (nia, at(12)(), "slipped")
    assert not Alert.objects.open().exists()
    assert set(wrong.alerts.values_list("events__outcome", flat=True)) == {"entered_in_error"}
    assert list(session.readings.standing()) == []
    line = AuditEvent.objects.get(tag="entry:strike")
    assert (line.by, line.reason) == (nia, "slipped")
    assert RecordVersion.objects.get(patient=session.patient).version == version + 1


def test_a_strike_needs_a_reason_and_happens_once(wrong: VitalReading, nia: Staff) -> None:
    for reason, code in ((" ", "required"), ("x" * 201, "too_long")):
        with pytest.raises(RuleBroken) as refused:
            strike_entry(by=nia, entry=wrong, reason=reason, write_key=None, clock=at(12))
        assert codes(refused.value) == {("reason", code)}
    key = new_key()
    for _each in range(2):
        strike_entry(by=nia, entry=wrong, reason="slip", write_key=key, clock=at(12))
    assert EntryStrike.objects.count() == 1
    with pytest.raises(RuleBroken) as refused:
        strike_entry(by=nia, entry=wrong, reason="again", write_key=None, clock=at(13))
    assert codes(refused.value) == {("session", "already_struck")}


def correction(wrong: VitalReading, nia: Staff, **changes: Any) -> VitalReading:
    facts: dict[str, Any] = {
        "by": nia,
        "reading": wrong,
        "values": {"systolic": 134, "diastolic": 76},
        "reason": "typed 8 for 3",
        "write_key": None,
        "clock": at(12),
    }
    return correct_reading(**facts | changes)


def test_a_correction_keeps_the_time_and_names_what_it_replaces(
    wrong: VitalReading, nia: Staff, session: TreatmentSession
) -> None:
    right = correction(wrong, nia)
    assert (right.replaces, right.taken_at, right.recorded_at) == (wrong, wrong.taken_at, at(12)())
    assert list(session.readings.standing()) == [right]
    assert not Alert.objects.open().exists()


def test_a_correction_past_a_limit_calls_again(wrong: VitalReading, nia: Staff) -> None:
    right = correction(wrong, nia, values={"systolic": 190, "diastolic": 76})
    assert set(Alert.objects.open().values_list("reading", flat=True)) == {right.pk}


def test_a_refused_correction_strikes_nothing(wrong: VitalReading, nia: Staff) -> None:
    with pytest.raises(RuleBroken):
        correction(wrong, nia, values={"systolic": 76, "diastolic": 134})
    assert not EntryStrike.objects.exists()


def test_a_correction_sent_twice_is_one_and_a_second_one_is_refused(
    wrong: VitalReading, nia: Staff
) -> None:
    key = new_key()
    assert correction(wrong, nia, write_key=key) == correction(wrong, nia, write_key=key)
    with pytest.raises(AlreadySaved):
        correction(wrong, nia, write_key=key, values={"systolic": 130, "diastolic": 76})
    with pytest.raises(RuleBroken) as refused:
        correction(wrong, nia, write_key=new_key())
    assert codes(refused.value) == {("session", "already_struck")}
    assert VitalReading.objects.count() == 2


def test_a_signed_session_is_amended_not_corrected(
    wrong: VitalReading, nia: Staff, session: TreatmentSession
) -> None:
    session.sign_offs.create(clinic=session.clinic, signed_by=nia, signed_at=at(11)())
    with pytest.raises(RuleBroken) as refused:
        correction(wrong, nia)
    assert codes(refused.value) == {("session", "session_signed")}


def test_the_baseline_forgets_a_struck_reading(session: TreatmentSession, nia: Staff) -> None:
    first = vitals(session, nia, -2, systolic=128, diastolic=79)
    vitals(session, nia, 10, systolic=150, diastolic=90)
    assert baseline(session)["systolic"] == 128
    strike_entry(by=nia, entry=first, reason="other arm", write_key=None, clock=at(11))
    assert baseline(session)["systolic"] == 150


def test_the_database_refuses_to_change_a_strike(wrong: VitalReading, nia: Staff) -> None:
    strike = strike_entry(by=nia, entry=wrong, reason="slip", write_key=None, clock=at(12))
    for deed in (
        lambda: EntryStrike.objects.filter(pk=strike.pk).update(reason="other"),
        strike.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    assert START + timedelta(minutes=12) == EntryStrike.objects.get().struck_at
