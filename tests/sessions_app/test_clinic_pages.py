"""The lead's pages: what is asked, what is refused, who may look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import audit, readiness
from sessions_app.models import (
    AuditEvent,
    Chair,
    Clinic,
    HelpLine,
    Patient,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import PASSWORD, START
from tests.posting import post, said

pytestmark = pytest.mark.usefixtures("at_chair")


# who may look


LEAD_ONLY = [
    "clinic:home",
    "clinic:details",
    "clinic:staff",
    "clinic:staff_add",
    "clinic:chairs",
    "clinic:help_lines",
    "clinic:help_line_add",
    "clinic:audit",
]


@pytest.mark.parametrize("name", LEAD_ONLY)
def test_the_lead_opens_it_and_nobody_else(
    as_lena: Client, nia: Staff, dr_patel: Staff, remy: Staff, name: str
) -> None:
    assert as_lena.get(reverse(name)).status_code == 200
    for person in (nia, dr_patel, remy):
        other = Client()
        other.force_login(person)
        assert other.get(reverse(name)).status_code == 403


def test_another_clinic_s_rows_are_missing(as_lena: Client, elsewhere: Clinic, otto: Staff) -> None:
    chair = Chair.objects.create(clinic=elsewhere, name="1", position=1)
    line = HelpLine.objects.create(
        clinic=elsewhere, kind="crisis", label="L", number="1", hours="always"
    )
    for path in (
        reverse("clinic:chair_edit", args=[chair.pk]),
        reverse("clinic:help_line_edit", args=[line.pk]),
        reverse("clinic:help_line_retire", args=[line.pk]),
        reverse("clinic:staff_edit", args=[otto.pk]),
        reverse("clinic:staff_leave", args=[otto.pk]),
    ):
        assert as_lena.get(path).status_code == 404
    for name in ("staff_password", "staff_pin"):
        assert post(as_lena, f"clinic:{name}", {}, otto.pk).status_code == 404
    otto.refresh_from_db()
    assert otto.check_password(PASSWORD)
    assert otto.is_active


# staff

ADA = {
    "full_name": "Ada Lunde",
    "username": "ada.lunde",
    "initials": "AL",
    "role": "nurse",
    "email": "ada@clinic.example",
    "phone": "",
}


def test_a_new_colleague_can_sign_in_with_the_password_that_is_shown_once(
    as_lena: Client,
) -> None:
    body = ADA | {"write_key": str(uuid4())}
    answer = post(as_lena, "clinic:staff_add", body)
    password = said(answer).split('<code class="nb">')[1].split("</code>")[0]
    signed = Client().post("/login/", {"username": "ada.lunde", "password": password})
    assert signed.status_code == 302
    again = post(as_lena, "clinic:staff_add", body)
    assert password not in said(again)
    assert Staff.objects.filter(username="ada.lunde").count() == 1
    assert AuditEvent.objects.filter(tag="staff:create").count() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "LENA"}, "already used"),
        ({"username": "ada lunde"}, "small letters"),
        ({"full_name": ""}, "Full name is missing"),
        ({"initials": "ABCDEFG"}, "at most 6"),
        ({"email": "ada"}, "not an e-mail"),
        ({"role": "owner"}, "not one of"),
        ({"role": ""}, "Role is missing"),
    ],
)
def test_a_wrong_detail_is_refused_and_stays_typed(
    as_lena: Client, change: dict[str, str], message: str
) -> None:
    answer = post(as_lena, "clinic:staff_add", ADA | change)
    assert answer.status_code == 422
    assert message in said(answer)
    assert 'value="ada@clinic.example"' in said(answer) or "email" in change
    assert Staff.objects.count() == 1


def test_a_reset_signs_the_person_out_and_shows_a_password_once(
    as_lena: Client, nia: Staff
) -> None:
    theirs = Client()
    theirs.force_login(nia)
    body = {"write_key": str(uuid4())}
    first = post(as_lena, "clinic:staff_password", body, nia.pk)
    password = said(first).split('<code class="nb">')[1].split("</code>")[0]
    assert theirs.get("/account/").status_code == 302
    assert password not in said(post(as_lena, "clinic:staff_password", body, nia.pk))
    nia.refresh_from_db()
    assert nia.check_password(password), "the repeat made no second password"


def test_a_removed_pin_signs_nothing(as_lena: Client, nia: Staff) -> None:
    post(as_lena, "clinic:staff_pin", {}, nia.pk)
    nia.refresh_from_db()
    assert nia.pin == ""
    assert AuditEvent.objects.get(tag="staff:pin").row == f"staff:{nia.pk}"


def test_leaving_is_asked_first_and_keeps_the_rows(as_lena: Client, nia: Staff) -> None:
    assert "leaves the clinic?" in said(as_lena.get(reverse("clinic:staff_leave", args=[nia.pk])))
    nia.refresh_from_db()
    assert nia.is_active
    assert post(as_lena, "clinic:staff_leave", {}, nia.pk).status_code == 302
    nia.refresh_from_db()
    assert (nia.is_active, nia.left_at) == (False, START + timedelta(minutes=15))
    assert "1 person has left" in said(as_lena.get(reverse("clinic:staff")))


def test_the_last_lead_can_neither_leave_nor_change_role(as_lena: Client, lena: Staff) -> None:
    left = post(as_lena, "clinic:staff_leave", {}, lena.pk)
    body = {"full_name": "Lena Brandt", "initials": "LB", "role": "nurse"}
    changed = post(as_lena, "clinic:staff_edit", body, lena.pk)
    for answer in (left, changed):
        assert answer.status_code == 422
        assert "last lead" in said(answer)
    lena.refresh_from_db()
    assert (lena.is_active, lena.role) == (True, "lead")


def test_a_second_lead_may_leave(as_lena: Client, lena: Staff, tom: Staff) -> None:
    body = {"full_name": "Tom Oduya", "initials": "TO", "role": "lead"}
    assert post(as_lena, "clinic:staff_edit", body, tom.pk).status_code == 302
    assert post(as_lena, "clinic:staff_leave", {}, tom.pk).status_code == 302
    assert tom.history.first().history_user == lena


# chairs


def test_a_chair_is_added_renamed_and_moved(as_lena: Client) -> None:
    assert post(as_lena, "clinic:chairs", {"name": "1", "position": "1"}).status_code == 302
    row = Chair.objects.get()
    body = {"name": "Window", "position": "4", "is_active": "on"}
    assert post(as_lena, "clinic:chair_edit", body, row.pk).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.position, row.is_active) == ("Window", 4, True)
    assert AuditEvent.objects.filter(tag="chair:save").count() == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "1", "position": "2"}, "already used"),
        ({"name": "", "position": "2"}, "Name is missing"),
        ({"name": "x" * 21, "position": "2"}, "at most 20"),
        ({"name": "2", "position": "0"}, "1–999"),
        ({"name": "2", "position": "first"}, "whole number"),
    ],
)
@pytest.mark.usefixtures("chair")
def test_a_wrong_chair_is_refused(as_lena: Client, body: dict[str, str], message: str) -> None:
    answer = post(as_lena, "clinic:chairs", body)
    assert answer.status_code == 422
    assert message in said(answer)
    assert Chair.objects.count() == 1


def test_a_chair_goes_out_of_use_only_when_nobody_is_treated_in_it(
    as_lena: Client, chair: Chair, session: TreatmentSession, nia: Staff
) -> None:
    body = {"name": "1", "position": "1"}
    assert "session runs in chair 1" in said(post(as_lena, "clinic:chair_edit", body, chair.pk))
    SignOff.objects.create(clinic=session.clinic, session=session, signed_by=nia, signed_at=START)
    assert post(as_lena, "clinic:chair_edit", body, chair.pk).status_code == 302
    chair.refresh_from_db()
    assert not chair.is_active


# clinic details


DETAILS = {
    "name": "Northside",
    "time_zone": "Europe/Lisbon",
    "language": "es",
    "phone": "+351 000",
    "opens_at": "09:00",
    "closes_at": "18:30",
    "open_days": ["5", "1"],
    "quiet_from": "20:30",
    "quiet_until": "08:15",
    "desk_phone": "+351 911",
    "desk_email": "desk@northside.example",
    "dissociation_scale": "cadss_6",
}


def test_the_details_are_kept(as_lena: Client, northside: Clinic) -> None:
    assert post(as_lena, "clinic:details", DETAILS).status_code == 302
    northside.refresh_from_db()
    assert (northside.time_zone, northside.language) == ("Europe/Lisbon", "es")
    assert northside.dissociation_scale == "cadss_6"
    assert (northside.desk_phone, northside.desk_email) == ("+351 911", "desk@northside.example")
    quiet = (northside.quiet_from, northside.quiet_until)
    assert [f"{each:%H:%M}" for each in quiet] == ["20:30", "08:15"]
    assert (northside.open_days, f"{northside.closes_at:%H:%M}") == ("15", "18:30")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Elsewhere"}, "already used"),
        ({"name": " "}, "missing"),
        ({"time_zone": "Mars/Base"}, "not one of"),
        ({"opens_at": "8 am"}, "Write the time like 08:30"),
        ({"closes_at": "09:00"}, "after 09:00"),
        ({"open_days": []}, "at least one day"),
        ({"quiet_until": "9"}, "Write the time like 08:30"),
        ({"desk_email": "desk"}, "desk is not an e-mail address"),
        ({"desk_phone": "1" * 41}, "at most 40 characters"),
        ({"dissociation_scale": "ours"}, "ours is not one of"),
    ],
)
@pytest.mark.usefixtures("elsewhere")
def test_wrong_details_are_refused(
    as_lena: Client, northside: Clinic, change: dict[str, Any], message: str
) -> None:
    answer = post(as_lena, "clinic:details", DETAILS | change)
    assert answer.status_code == 422
    assert message in said(answer)
    northside.refresh_from_db()
    assert northside.time_zone == "Europe/Berlin"


# what is missing


def test_the_home_page_names_what_is_missing_and_then_nothing(
    as_lena: Client,
    northside: Clinic,
    request: pytest.FixtureRequest,
) -> None:
    wanted = ["chairs", "physician", "nurse", "urgent_line", "clinic_line", "patients"]
    assert readiness.missing(northside) == wanted
    page = said(as_lena.get(reverse("clinic:home")))
    assert page.split("<main")[1].split("</main>")[0].count("notice-medium") == len(wanted) + 1
    assert "Put somebody on call" in page
    for name in ("chair", "dr_patel", "nia", "maya"):
        request.getfixturevalue(name)
    for kind in ("crisis", "clinic"):
        HelpLine.objects.create(
            clinic=northside, kind=kind, label=kind, number="1", hours="always", tested_at=START
        )
    assert readiness.missing(northside) == []
    assert "Nothing is missing" in said(as_lena.get(reverse("clinic:home")))
    maya = Patient.objects.get(number="N-1043")
    maya.language = "es"
    maya.save()
    assert readiness.missing(northside) == ["urgent_line", "clinic_line"]


def test_a_session_left_unsigned_for_a_day_is_named(
    as_lena: Client, session: TreatmentSession, time_machine: Any
) -> None:
    url = reverse("clinic:home")
    assert "N-1043" not in said(as_lena.get(url))
    time_machine.shift(timedelta(days=1))
    as_lena.force_login(Staff.objects.get(username="lena"))
    assert "N-1043" in said(as_lena.get(url))


# audit


def test_the_audit_list_is_newest_first_and_filtered(
    as_lena: Client, lena: Staff, nia: Staff, maya: Patient, otto: Staff
) -> None:
    audit.record(audit.Tag.PATIENT_LOOK, by=nia, patient=maya, at=START, reason="first")
    audit.record(audit.Tag.PATIENT_UPDATE, by=lena, patient=maya, reason="second")
    audit.record(audit.Tag.SIGN_IN, by=otto, reason="not ours")
    url = reverse("clinic:audit")
    page = said(as_lena.get(url))
    assert page.index("second") < page.index("first")
    assert "not ours" not in page
    for query, shown in (
        ({"by": str(nia.pk)}, {"first"}),
        ({"number": "n-1043"}, {"first", "second"}),
        ({"tag": "patient:update"}, {"second"}),
        ({"day": "2026-03-02"}, {"first", "second"}),
        ({"day": "2026-03-01"}, set()),
        ({"number": "N-1"}, set()),
    ):
        page = said(as_lena.get(url, query))
        assert {word for word in ("first", "second") if f"<td>{word}</td>" in page} == shown, query


def test_a_bad_filter_is_an_error_and_not_an_empty_truth(as_lena: Client) -> None:
    answer = as_lena.get(reverse("clinic:audit"), {"day": "soon"})
    assert answer.status_code == 422
    assert "Write it like 2026-11-20" in said(answer)


def test_the_audit_list_is_paged_and_keeps_its_filter(as_lena: Client, nia: Staff) -> None:
    for _ in range(51):
        audit.record(audit.Tag.SIGN_IN, by=nia)
    page = said(as_lena.get(reverse("clinic:audit"), {"tag": "staff:sign-in"}))
    assert "Page 1 of 2" in page
    assert "tag=staff%3Asign-in&amp;page=2" in page
