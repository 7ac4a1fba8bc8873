"""An imported patient without a birth date: no page, no file and no rule takes 1900 for true."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.models import (
    Appointment,
    AuditEvent,
    Chair,
    Patient,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.models.people import BIRTH_DATE_UNKNOWN
from sessions_app.templatetags.words import birth_day, born
from tests.conftest import START
from tests.posting import post, said
from tests.sessions_app import import_samples as sample

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_chair")]

WITHOUT_BIRTHS = [
    f"{sample.SESSION_HEADER},indication",
    "007,S1,2026-02-02T09:00Z,iv,40,80,depression",
]
WITH_BIRTHS = [
    f"{sample.SESSION_HEADER},indication,birth_date",
    "007,S1,2026-02-02T09:00Z,iv,40,80,depression,1979-03-14",
]


@pytest.fixture
def unborn(maya: Patient) -> Patient:
    maya.birth_date = BIRTH_DATE_UNKNOWN
    maya.save()
    return maya


def test_a_birth_date_is_written_as_a_day_or_as_not_known() -> None:
    known = date(1979, 3, 14)
    assert (born(known), birth_day(known)) == ("born 14 Mar 1979", "14 Mar 1979")
    assert (born(BIRTH_DATE_UNKNOWN), birth_day(BIRTH_DATE_UNKNOWN)) == (
        "birth date not known",
        "not known",
    )


def test_an_age_is_known_with_the_birth_date_only(maya: Patient) -> None:
    assert (maya.age_on(date(2026, 3, 13)), maya.age_on(date(2026, 3, 14))) == (46, 47)
    maya.birth_date = BIRTH_DATE_UNKNOWN
    assert (maya.age_on(date(2026, 3, 14)), maya.known_birth_date) == (None, None)


def test_every_page_of_the_patient_says_that_the_date_is_not_known(
    client: Client, unborn: Patient, session: TreatmentSession, nia: Staff
) -> None:
    client.force_login(nia)
    free = Chair.objects.create(clinic=unborn.clinic, name="2", position=2)
    Appointment.objects.create(clinic=unborn.clinic, patient=unborn, starts_at=START)
    pages = [
        reverse("care:session", args=[session.pk]),
        reverse("care:session_table", args=[session.pk]),
        reverse("care:session_print", args=[session.pk]),
        reverse("clinic:plan", args=[unborn.pk]),
        reverse("review:timeline", args=[unborn.pk]),
        reverse("review:timeline_table", args=[unborn.pk]),
        reverse("review:patients"),
        f"{reverse('care:session_start', args=[free.pk])}?q=Vale",
    ]
    for page in pages:
        shown = said(client.get(page))
        assert "not known" in shown, page
        assert "1900" not in shown, page
        assert " y)" not in shown, page
        assert "None y" not in shown, page


def test_the_form_of_the_details_asks_for_the_date(
    client: Client, unborn: Patient, lena: Staff
) -> None:
    client.force_login(lena)
    assert "1900" not in said(client.get(reverse("clinic:patient_edit", args=[unborn.pk])))


def test_the_api_says_null(client: Client, unborn: Patient, nia: Staff) -> None:
    client.force_login(nia)
    assert client.get(f"/api/v1/patients/{unborn.pk}/").json()["birth_date"] is None
    [listed] = client.get("/api/v1/patients/").json()["results"]
    assert listed["birth_date"] is None


@pytest.mark.parametrize(("birth_date", "status"), [("1950-01-01", 302), ("1900-01-01", 422)])
def test_one_device_needs_a_reason_until_the_patient_is_known_to_be_above_65(
    client: Client, course: TreatmentCourse, dr_patel: Staff, birth_date: str, status: int
) -> None:
    Patient.objects.filter(pk=course.patient_id).update(birth_date=birth_date)
    client.force_login(dr_patel)
    order = {"drug": "esketamine", "route": "intranasal", "devices": "1"}
    order |= {"valid_from": "2026-03-01", "valid_until": "2026-09-01"}
    assert post(client, "clinic:prescribe", order, course.pk).status_code == status


@pytest.mark.usefixtures("lena")
def test_a_later_import_enters_the_true_date_once(tmp_path: Path) -> None:
    sample.run(
        *sample.write(tmp_path, sessions=WITHOUT_BIRTHS, check_ins=[sample.CHECK_IN_HEADER]),
        options=("--birth-dates-unknown", "--drug", "ketamine"),
    )
    seven = Patient.objects.get(number="007")
    assert seven.known_birth_date is None
    for _again in range(2):
        sample.run(
            *sample.write(tmp_path, sessions=WITH_BIRTHS, check_ins=[sample.CHECK_IN_HEADER]),
            options=("--drug", "ketamine"),
        )
    seven.refresh_from_db()
    assert seven.known_birth_date == date(1979, 3, 14)
    assert seven.history.count() == 2
    assert AuditEvent.objects.filter(patient=seven, tag="patient:update").count() == 1
