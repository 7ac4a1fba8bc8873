"""The desk without JavaScript: patients and plans, outcomes, and what the lead looks after."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from sessions_app.models import (
    Appointment,
    AuditEvent,
    Chair,
    Clinic,
    EligibilityAnswer,
    HelpLine,
    Patient,
    Prescription,
    Staff,
    TreatmentCourse,
)
from tests.browser.looks import DESK
from tests.browser.test_whole_day import Day, day, refused
from tests.conftest import START
from tests.reports.invented import random_clinic

__all__ = ["day"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)


def fill(page: Page, **typed: str) -> None:
    for name, value in typed.items():
        page.fill(f"form:not(.bar form) [name={name}]", value)


def save(page: Page, name: str = "Save") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_patient_is_added_planned_and_prescribed_for(
    day: Day, northside: Clinic, dr_patel: Staff, chair: Chair
) -> None:
    page = day.signed_in(dr_patel, DESK)
    page.get_by_role("link", name="Patients").click()
    page.get_by_role("link", name="Add patient").click()
    fill(page, number="N-3001", given_name="Ada", birth_date="1985-07-09", allergies="latex")
    save(page)
    refused(page)
    assert page.input_value("[name=given_name]") == "Ada"
    fill(page, family_name="Moss")
    save(page)
    ada = Patient.objects.get(number="N-3001")
    add_the_plan(page)
    book(page)
    page.goto(f"{day.url}/patients/{ada.pk}/edit/")
    fill(page, phone="+49 30 0000077", medicines="lithium 450 mg")
    save(page)

    ada.refresh_from_db()
    assert (ada.full_name, ada.birth_date) == ("Ada Moss", date(1985, 7, 9))
    assert (ada.allergies, ada.medicines, ada.phone) == (
        "latex",
        "lithium 450 mg",
        "+49 30 0000077",
    )
    course = TreatmentCourse.objects.get(patient=ada)
    assert (course.indication, course.planned_sessions) == ("depression", 6)
    answers = EligibilityAnswer.objects.filter(course=course)
    assert [(row.code, row.answer, row.answered_by) for row in answers] == [
        ("bladder_symptoms", "no", dr_patel)
    ]
    order = Prescription.objects.get(course=course)
    assert (order.drug, order.route, order.prescribed_by) == ("ketamine", "iv", dr_patel)
    assert (order.mg_per_kg, order.infusion_minutes) == (Decimal("0.5"), 40)
    booked = Appointment.objects.get(patient=ada)
    assert (booked.chair, booked.starts_at) == (chair, START + timedelta(days=1))


def add_the_plan(page: Page) -> None:
    """From the new patient's plan: a course, one eligibility answer, one order."""
    page.get_by_role("link", name="New course").first.click()
    page.locator("label:has([name=indication][value=depression])").click()
    fill(page, consent_signed_on="2026-03-01", consent_valid_until="2027-03-01")
    save(page)
    page.get_by_role("link", name="Eligibility").click()
    page.locator("label:has([name=bladder_symptoms][value=no])").click()
    save(page)
    page.get_by_role("link", name="Prescribe", exact=True).click()
    save(page)
    refused(page)
    page.locator("label:has([name=drug][value=ketamine])").click()
    page.locator("label:has([name=route][value=iv])").click()
    fill(page, mg_per_kg="0.5", infusion_minutes="40", vial_mg_per_ml="10", bag_volume_ml="50")
    fill(page, valid_from="2026-03-01", valid_until="2026-09-01")
    save(page)
    assert "valid" in page.inner_text("table.data .tag-ok >> nth=-1")


def book(page: Page) -> None:
    page.get_by_role("link", name="Book an appointment").first.click()
    fill(page, day="2026-03-03", at="10:00")
    page.select_option("[name=chair]", index=1)
    save(page)
    assert "Ada Moss" in page.inner_text("main")


def test_outcomes_take_a_filter(day: Day, northside: Clinic, nia: Staff, remy: Staff) -> None:
    random_clinic(northside, nia, patients=33, sessions=4)
    page = day.signed_in(remy, DESK)
    assert page.locator("svg.ch").count() == 5
    page.get_by_text("More filters and definitions").click()
    page.select_option("[name=route]", "oral")
    page.get_by_role("button", name="Apply").click()
    assert "route=oral" in page.url
    assert page.input_value("[name=route]") == "oral"
    assert page.locator("svg.ch").count() == 0, "nobody was treated so"
    page.get_by_role("link", name="Clear filters").click()
    assert page.locator("svg.ch").count() == 5
    looks = AuditEvent.objects.filter(by=remy).values_list("tag", flat=True)
    assert list(looks).count("outcomes:look") == 3


def test_the_lead_looks_after_the_clinic(
    day: Day, northside: Clinic, lena: Staff, tom: Staff
) -> None:
    page = day.signed_in(lena, DESK)
    add_somebody(day, page)
    page.get_by_role("link", name="Chairs", exact=True).last.click()
    fill(page, name="7", position="1")
    save(page, "Add")
    page.get_by_role("link", name="Change 7").click()
    fill(page, name="7b")
    save(page)
    page.get_by_role("link", name="Help lines").click()
    page.get_by_role("link", name="Add a line").click()
    page.locator("label:has([name=kind][value=crisis])").click()
    fill(page, label="Night line", number="000 111 7", hours="Day and night")
    save(page)
    assert "Not called yet: hidden" in page.inner_text("main")
    page.get_by_role("button", name="I called it now and it works").click()
    page.get_by_role("link", name="Audit").click()
    page.select_option("[name=tag]", "staff:leave")
    save(page, "Filter")
    assert page.locator("table.data tbody tr").count() == 1
    assert "Lena Brandt" in page.inner_text("table.data tbody")

    ada = Staff.objects.get(username="ada.moss")
    assert (ada.role, ada.initials, ada.clinic) == ("nurse", "AM", northside)
    tom.refresh_from_db()
    assert not tom.is_active
    assert Chair.objects.get().name == "7b"
    line = HelpLine.objects.get()
    assert (line.kind, line.tested_by) == ("crisis", lena)
    assert line.tested_at is not None


def add_somebody(day: Day, page: Page) -> None:
    """A nurse comes, with a password that is shown once, and Tom leaves."""
    page.get_by_role("link", name="Staff", exact=True).click()
    page.get_by_role("link", name="Add a member of staff").click()
    fill(page, full_name="Ada Moss", username="ada.moss", initials="AM")
    page.locator("label:has([name=role][value=nurse])").click()
    save(page)
    password = page.inner_text(".once code")
    newcomer = day.device(DESK)
    newcomer.goto(day.url)
    newcomer.get_by_label("User name").fill("ada.moss")
    newcomer.get_by_label("Password").fill(password)
    newcomer.get_by_role("button", name="Sign in").click()
    assert newcomer.url.endswith("/chairs/")
    page.get_by_role("link", name="Back to the staff list").click()
    page.get_by_role("link", name="Change Tom Oduya").click()
    page.get_by_role("link", name="They leave the clinic").click()
    page.locator("main form button").click()
    assert page.get_by_role("link", name="Change Tom Oduya").count() == 0
