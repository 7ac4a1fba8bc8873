"""Patients: added once, changed with every version kept, never over somebody else's change."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from sessions_app.actions.intake import add_patient, update_patient, version_of
from sessions_app.clock import age_on
from sessions_app.errors import RuleBroken
from sessions_app.models import AuditEvent, Patient, RecordVersion, Staff

pytestmark = pytest.mark.usefixtures("at_chair")

IDA = {
    "number": "N-2001",
    "given_name": "Ida",
    "family_name": "Quist",
    "birth_date": date(1960, 2, 29),
}


def codes(broken: pytest.ExceptionInfo[RuleBroken]) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in broken.value.errors}


def test_a_patient_stands_with_a_record_a_version_and_one_audit_line(nia: Staff) -> None:
    ida = add_patient(by=nia, values=IDA)
    assert (ida.clinic_id, ida.time_zone, ida.language) == (nia.clinic_id, "Europe/Berlin", "en")
    assert ida.allergies == "", "not asked, which is not the same as none"
    assert RecordVersion.objects.get(patient=ida).version == 1
    assert ida.history.get().history_user == nia
    line = AuditEvent.objects.get()
    assert (line.tag, line.by, line.patient_id) == ("patient:create", nia, ida.pk)


def test_the_same_post_twice_is_one_patient(nia: Staff) -> None:
    key = uuid4()
    first = add_patient(by=nia, values=IDA, write_key=key)
    assert add_patient(by=nia, values=IDA, write_key=key) == first
    assert Patient.objects.count() == AuditEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"number": " "}, {("number", "required")}),
        ({"given_name": "x" * 81}, {("given_name", "too_long")}),
        ({"birth_date": date(2026, 3, 3)}, {("birth_date", "in_the_future")}),
        ({"birth_date": date(1905, 12, 31)}, {("birth_date", "too_long_ago")}),
        ({"birth_date": None}, {("birth_date", "required")}),
        ({"time_zone": "Europe/Nowhere"}, {("time_zone", "unknown_zone")}),
        ({"language": "tlh"}, {("language", "unknown_choice")}),
        ({"safety_plan": "x" * 4001}, {("safety_plan", "too_long")}),
        ({"number": "N-1043"}, {("number", "already_used")}),
    ],
)
@pytest.mark.usefixtures("maya")
def test_what_cannot_be_true_is_refused_and_nothing_is_written(
    nia: Staff, change: dict[str, Any], refused: set[tuple[str, str]]
) -> None:
    with pytest.raises(RuleBroken) as broken:
        add_patient(by=nia, values=IDA | change)
    assert codes(broken) == refused
    assert Patient.objects.count() == 1
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("born", [date(2026, 3, 2), date(1906, 1, 1)])
def test_the_birth_date_limits_themselves_are_accepted(nia: Staff, born: date) -> None:
    assert add_patient(by=nia, values=IDA | {"birth_date": born}).birth_date == born


def test_two_clinics_may_use_the_same_number(maya: Patient, otto: Staff) -> None:
    assert add_patient(by=otto, values=IDA | {"number": maya.number}).clinic_id == otto.clinic_id


def test_a_change_keeps_the_former_version(nia: Staff, tom: Staff) -> None:
    ida = add_patient(by=nia, values=IDA)
    update_patient(by=tom, patient=ida, values={"allergies": "penicillin"})
    newest, first = ida.history.all()
    assert (newest.allergies, newest.history_user) == ("penicillin", tom)
    assert (first.allergies, first.history_user) == ("", nia)
    assert RecordVersion.objects.get(patient=ida).version == 2


def test_a_stale_change_is_refused_and_says_who_saved(nia: Staff, tom: Staff) -> None:
    ida = add_patient(by=nia, values=IDA)
    seen = version_of(ida)
    update_patient(by=tom, patient=ida, values={"phone": "1"}, seen_version=seen)
    with pytest.raises(RuleBroken) as broken:
        update_patient(by=nia, patient=ida, values={"phone": "2"}, seen_version=seen)
    error = broken.value.errors[0]
    assert (error.code, error.value) == ("changed_meanwhile", tom.full_name)
    ida.refresh_from_db()
    assert ida.phone == "1"


@pytest.mark.parametrize(
    ("day", "age"),
    [(date(2026, 2, 28), 65), (date(2026, 3, 1), 66), (date(2028, 2, 29), 68)],
)
def test_age_counts_completed_years(day: date, age: int) -> None:
    assert age_on(day, date(1960, 2, 29)) == age
