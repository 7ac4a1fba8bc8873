"""The patient's pages: added, changed by one person at a time, with everybody's work kept."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions import intake
from sessions_app.models import Patient, Staff
from tests.posting import post, said

pytestmark = pytest.mark.usefixtures("at_chair")

IDA = {
    "number": "N-2001",
    "given_name": "Ida",
    "family_name": "Quist",
    "birth_date": "1960-02-29",
    "phone": "+49 30 111",
    "language": "en",
    "time_zone": "Europe/Berlin",
}


def test_a_patient_is_added_and_the_plan_comes_next(as_nia: Client) -> None:
    answer = post(as_nia, "clinic:patient_add", IDA)
    ida = Patient.objects.get()
    assert answer.headers["Location"] == reverse("clinic:plan", args=[ida.pk])
    assert "No course yet" in said(as_nia.get(answer.headers["Location"]))
    assert "not asked" in said(as_nia.get(answer.headers["Location"]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": "N-1043"}, "N-1043 is already used"),
        ({"birth_date": "2027-01-01"}, "must not be after today (2026-03-02)"),
        ({"birth_date": "1066-10-14"}, "must not be before 1906-01-01"),
        ({"birth_date": "3/14/79"}, "Write it like 2026-11-20"),
        ({"birth_date": ""}, "Birth date is missing"),
        ({"family_name": ""}, "Family name is missing"),
        ({"time_zone": "Mars"}, "Mars"),
    ],
)
@pytest.mark.usefixtures("maya")
def test_a_wrong_detail_is_refused_at_the_page_and_nothing_typed_is_lost(
    as_nia: Client, change: dict[str, str], message: str
) -> None:
    answer = post(as_nia, "clinic:patient_add", IDA | change)
    assert answer.status_code == 422
    assert message in said(answer)
    assert 'value="Ida"' in said(answer)
    assert Patient.objects.count() == 1


def edit_body(patient: Patient, **changes: str) -> dict[str, str]:
    body = {name: str(getattr(patient, name)) for name in intake.PATIENT_FIELDS}
    return body | {"version": str(intake.version_of(patient))} | changes


def test_an_edit_says_who_changed_what(as_nia: Client, maya: Patient) -> None:
    assert (
        post(as_nia, "clinic:patient_edit", edit_body(maya, phone="1"), maya.pk).status_code == 302
    )
    page = said(as_nia.get(reverse("clinic:patient_edit", args=[maya.pk])))
    assert "Nia Adeyemi: Phone" in page


def test_a_stale_edit_shows_both_values_and_the_second_save_is_meant(
    as_nia: Client, maya: Patient, tom: Staff
) -> None:
    body = edit_body(maya, phone="typed by Nia")
    intake.update_patient(by=tom, patient=maya, values={"phone": "saved by Tom"})
    clash = post(as_nia, "clinic:patient_edit", body, maya.pk)
    assert clash.status_code == 422
    assert "Tom Oduya saved these details" in said(clash)
    assert "<td>saved by Tom</td><td>typed by Nia</td>" in said(clash)
    assert 'value="typed by Nia"' in said(clash), "the form keeps what was typed"
    maya.refresh_from_db()
    assert maya.phone == "saved by Tom"
    newest = said(clash).split('name="version" value="')[1].split('"')[0]
    again = post(as_nia, "clinic:patient_edit", body | {"version": newest}, maya.pk)
    assert again.status_code == 302
    maya.refresh_from_db()
    assert maya.phone == "typed by Nia"


def test_an_edit_without_a_version_is_refused(as_nia: Client, maya: Patient) -> None:
    body = edit_body(maya, phone="1")
    del body["version"]
    assert post(as_nia, "clinic:patient_edit", body, maya.pk).status_code == 422
