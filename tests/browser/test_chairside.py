"""The nurse's pages on the tablet: they fit, read well in light and dark, and need no script."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from sessions_app.actions.doses import record_dose_event
from sessions_app.models import (
    Appointment,
    Chair,
    Clinic,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.browser.live_room import effect, vitals
from tests.browser.looks import FINGER, TABLET, picture, sign_in, wrongs
from tests.conftest import PIN, make_course, make_patient, make_prescription, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(northside: Clinic, nia: Staff, tom: Staff, dr_patel: Staff) -> dict[str, Any]:
    """Six chairs: two calm, one in alarm, one overdue, one ready to leave, one free."""
    now = timezone.now()
    chairs = [
        Chair.objects.create(clinic=northside, name=str(number), position=number)
        for number in range(1, 7)
    ]
    names = ["Quinn Vale", "Xenia Bell", "Juna Frost", "Zeno Kent", "Wim Yardley", "Lou Arden"]
    sessions = []
    for number, (name, since) in enumerate(zip(names, (52, 41, 102, 33, 12), strict=False)):
        patient = make_patient(northside, f"N-10{number}", *name.split())
        course = make_course(patient)
        t0 = now - timedelta(minutes=since)
        order = make_prescription(
            course,
            dr_patel,
            valid_from=now.date() - timedelta(days=9),
            valid_until=now.date() + timedelta(days=99),
        )
        session = make_session(course, nia, t0, prescription=order, chair=chairs[number])
        vitals(session, nia, -4, 128, 79, 72, 98, 14, 5)
        sessions.append(session)
    calm, alarm, done, overdue, fresh = sessions
    for minute, systolic in ((10, 138), (20, 150), (30, 146), (40, 141), (50, 141)):
        vitals(calm, nia, minute, systolic, 86, 80, 98, 15, 5)
    stop(calm, nia)
    effect(calm, nia, "dissociation", "moderate", 8)
    effect(calm, nia, "nausea", "mild", 26)
    for minute, systolic in ((10, 150), (20, 158), (30, 168), (40, 184)):
        vitals(alarm, nia, minute, systolic, 106 if systolic == 184 else 88, 97, 96, 16, 4)
    effect(alarm, nia, "dissociation", "severe", 17)
    for minute in (10, 20, 30, 40, 55, 70, 85, 100):
        vitals(done, nia, minute, 124, 76, 68, 99, 14, 5)
    stop(done, nia)
    vitals(overdue, nia, 10, 139, 88, 88, 95, 15, 4)
    effect(overdue, nia, "somnolence", "moderate", 15)
    vitals(fresh, nia, 10, 132, 81, 74, 98, 14, 5)
    waiting = make_patient(northside, "N-106", *names[5].split())
    plan = make_course(waiting)
    plan.started_on = now.date() - timedelta(days=30)
    plan.consent_valid_until = now.date() + timedelta(days=300)
    plan.save()
    make_prescription(
        plan,
        dr_patel,
        valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=99),
    )
    Appointment.objects.create(
        clinic=northside, patient=waiting, chair=chairs[5], starts_at=now + timedelta(seconds=30)
    )
    return {"chairs": chairs, "calm": calm, "alarm": alarm, "done": done, "waiting": waiting}


def stop(session: TreatmentSession, by: Staff) -> None:
    at = session.dose_started_at + timedelta(minutes=40)
    record_dose_event(by=by, session=session, kind="stop", write_key=None, clock=lambda: at)


def tablet(chromium: Browser, live_server: Any, who: Staff, **options: Any) -> Page:
    """A tablet where `who` is signed in."""
    context = chromium.new_context(viewport=TABLET, locale="en-GB", **options)
    sign_in(context, live_server.url, who)
    return context.new_page()


def test_the_nurses_pages_fit_the_tablet(
    chromium: Browser, live_server: Any, nia: Staff, room: dict[str, Any]
) -> None:
    page = tablet(chromium, live_server, nia)
    calm, done, chair = room["calm"], room["done"], room["chairs"][5]
    places = {
        "board": "/chairs/",
        "live": f"/s/{calm.pk}/",
        "question": f"/s/{room['alarm'].pk}/",
        "choose": f"/chairs/{chair.pk}/start/",
        "start": f"/chairs/{chair.pk}/start/?patient={room['waiting'].pk}",
        "discharge": f"/s/{done.pk}/discharge/",
        "correct": f"/s/{calm.pk}/readings/{calm.readings.last().pk}/correct/",
        "table": f"/s/{calm.pk}/table/",
        "print": f"/s/{calm.pk}/print/",
    }
    faults = []
    for name, path in places.items():
        assert page.goto(live_server.url + path).ok
        picture(page, name)
        faults += wrongs(page, FINGER)
    assert not faults, "\n".join(faults)
    page.context.close()


def test_the_reading_form_is_seen_without_scrolling(
    chromium: Browser, live_server: Any, nia: Staff, room: dict[str, Any]
) -> None:
    page = tablet(chromium, live_server, nia)
    page.goto(f"{live_server.url}/s/{room['calm'].pk}/")
    save = page.get_by_role("button", name="Save reading").bounding_box()
    assert save["y"] + save["height"] <= TABLET["height"]
    page.context.close()


def test_a_session_runs_from_start_to_signature_without_javascript(
    chromium: Browser,
    live_server: Any,
    nia: Staff,
    tom: Staff,
    room: dict[str, Any],
) -> None:
    page = tablet(chromium, live_server, nia, java_script_enabled=False)
    chair = room["chairs"][5]
    page.goto(f"{live_server.url}/chairs/{chair.pk}/start/?patient={room['waiting'].pk}")
    page.get_by_role("button", name="Start infusion clock").click()
    assert page.title().startswith("Error:")
    picture(page, "start-errors")
    for code in ("identity", "escort", "fasting"):
        page.locator(f"label:has(input[name={code}][value=yes])").click()
    for code in (
        "medicines_changed",
        "alcohol_or_drugs",
        "suicidal_thoughts",
        "bladder",
        "pregnancy",
    ):
        page.locator(f"label:has(input[name={code}][value=no])").click()
    for name, value in (("systolic", "128"), ("diastolic", "79"), ("weight_kg", "72.4")):
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Work out the dose").click()
    assert "36 mg" in page.inner_text(".dose-big").replace("\u00a0", " ")
    assert page.input_value("[name=systolic]") == "128"
    picture(page, "start-dose")
    page.select_option("[name=second_person]", str(tom.pk))
    page.fill("[name=second_pin]", PIN)
    page.get_by_role("button", name="Start infusion clock").click()
    session = TreatmentSession.objects.get(patient=room["waiting"])
    assert str(session.pk) in page.url
    page.locator("summary", has_text="Nausea").click()
    page.locator("details[open]").get_by_role("button", name="Mild").click()
    assert "Nausea" in page.inner_text(".effect-list")
    page.locator("#dose summary", has_text="Stop").click()
    page.get_by_role("button", name="Distress").click()
    page.get_by_role("link", name="Discharge", exact=True).click()
    page.get_by_text("Ended in another way").click()
    page.get_by_role("link", name="Stopped and transferred").click()
    page.fill("[name=transferred_to]", "St. Anne's")
    page.fill("[name=handover]", "Dose, readings and allergies to the crew")
    page.fill("[name=reason]", "Chest pain, ambulance called")
    page.fill("[name=pin]", PIN)
    page.get_by_role("button", name="Sign this end").click()
    assert SignOff.objects.get().end == "transferred"
    picture(page, "signed")
    page.context.close()
