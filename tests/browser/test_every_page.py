"""Every page that somebody can open, at the size of the device that it is made for."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.actions.effects import change_side_effect, record_side_effect
from sessions_app.actions.instruments import load_instrument
from sessions_app.actions.medications import record_medication
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.scores import record_score
from sessions_app.actions.watch import record_watch_check
from sessions_app.models import (
    Alert,
    Appointment,
    Chair,
    CheckInRequest,
    Clinic,
    HelpLine,
    OnCallShift,
    Patient,
    SignOff,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from tests.browser.looks import (
    DESK,
    FINGER,
    MOUSE,
    PHONE,
    SMALL_PHONE,
    TABLET,
    picture,
    signed_in,
    watched,
    wrongs,
)
from tests.browser.sights import (
    ANYBODY,
    LEAD,
    NO_PAGES,
    NURSE,
    PHYSICIAN,
    RESEARCHER,
    WALKED,
    Sight,
)
from tests.conftest import make_course, make_patient, make_prescription, make_session
from tests.reports.invented import random_clinic
from tests.sessions_app.chairside_people import ONDANSETRON
from tests.sessions_app.check_in_people import make_help_lines
from tests.sessions_app.instruments.own_definition import as_file, sleep

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = Path(__file__).parents[1] / "promises" / "authorisation.csv"


@pytest.fixture
def day(
    northside: Clinic, nia: Staff, tom: Staff, dr_patel: Staff, lena: Staff, maya: Patient
) -> dict[str, Any]:
    """One running session with an alarm, one just signed, one patient waiting, by name."""
    now = timezone.now()
    chairs = [
        Chair.objects.create(clinic=northside, name=str(number), position=number)
        for number in (1, 2, 3)
    ]
    course = valid_course(maya, dr_patel)
    order = course.prescriptions.get()
    running = make_session(
        course, nia, now - timedelta(minutes=32), prescription=order, chair=chairs[0]
    )
    for minute, systolic in ((-4, 128), (10, 142), (30, 186)):
        read(running, nia, minute, systolic)
    effect = record_side_effect(
        by=nia, session=running, code="nausea", grade="mild", write_key=None
    )
    change_side_effect(by=nia, effect=effect, kind="worse", write_key=None)
    given = record_medication(by=nia, session=running, medicine=ONDANSETRON, write_key=None)
    done = make_session(course, nia, now - timedelta(days=14), prescription=order, chair=chairs[1])
    SignOff.objects.create(
        clinic=northside, session=done, end="discharged", signed_by=nia, signed_at=now
    )
    make_help_lines(northside, tested=now)
    shift = OnCallShift.objects.create(
        clinic=northside, staff=nia, starts_at=now, ends_at=now + timedelta(hours=15)
    )
    waiting = make_patient(northside, "N-2001", "Lou", "Arden")
    before = make_session(
        valid_course(waiting, dr_patel), nia, now - timedelta(days=14), chair=chairs[1]
    )
    SignOff.objects.create(
        clinic=northside, session=before, end="discharged", signed_by=nia, signed_at=now
    )
    asked = plan_check_ins(session=before, by=nia, clock=lambda: now - timedelta(days=14))
    booked = Appointment.objects.create(
        clinic=northside, patient=waiting, chair=chairs[2], starts_at=now + timedelta(seconds=90)
    )
    load_instrument(by=lena, content=as_file(sleep()), write_key=None)
    rated = record_score(by=nia, patient=maya, instrument="madrs", total=23, write_key=None)
    look = record_watch_check(
        by=nia, patient=maya, item="bladder", result="no blood", write_key=None
    )
    return {
        "instrument": "sleep_short",
        "score": rated.scores.get().pk,
        "look": look.pk,
        "free_chair": chairs[2].pk,
        "running": running.pk,
        "signed": done.pk,
        "end": "transferred",
        "waiting": waiting.pk,
        "patient": maya.pk,
        "course": course.pk,
        "reading": running.readings.order_by("taken_at").last().pk,
        "dose": running.dose_events.get().pk,
        "medication": given.pk,
        "kind": "reading",
        "effect": effect.pk,
        "change": effect.changes.get().pk,
        "alert": Alert.objects.filter(level="high").first().pk,
        "request": next(one.pk for one in asked if one.slot == "14d"),
        "appointment": booked.pk,
        "colleague": tom.pk,
        "route": "intranasal",
        "item": "bladder",
        "shift": shift.pk,
        "line": HelpLine.objects.filter(kind="crisis").get().pk,
    }


def valid_course(patient: Patient, by: Staff) -> TreatmentCourse:
    """A course with consent and an order that hold today."""
    today = timezone.now().date()
    course = make_course(patient)
    course.started_on = today - timedelta(days=20)
    course.consent_signed_on = today - timedelta(days=20)
    course.consent_valid_until = today + timedelta(days=300)
    course.save()
    until = today + timedelta(days=90)
    make_prescription(course, by, valid_from=today - timedelta(days=20), valid_until=until)
    return course


def read(session: TreatmentSession, by: Staff, minute: int, systolic: int) -> None:
    at = session.dose_started_at + timedelta(minutes=minute)
    record_vital_reading(
        by=by,
        session=session,
        write_key=None,
        values={"systolic": systolic, "diastolic": 84, "heart_rate": 72, "spo2": 97, "moaas": 5},
        taken_at=at,
        clock=lambda: at,
    )


def path_of(sight: Sight, day: dict[str, Any]) -> str:
    return reverse(sight.name, args=[day[name] for name in sight.objects]) + sight.query.format(
        **day
    )


def look_at_all(page: Page, url: str, sights: list[Sight], day: dict[str, Any], least: int) -> None:
    wrong: list[str] = []
    for sight in sights:
        answer = page.goto(url + path_of(sight, day))
        assert answer is not None
        assert answer.status == 200, sight.name
        picture(page, f"{sight.name.replace(':', '-')}{'-'.join(('', *sight.objects))}")
        wrong += wrongs(page, least)
        wrong += sideways(page)
    assert not wrong, "\n".join(wrong)


def sideways(page: Page) -> list[str]:
    """As narrow as a desk at 400 %, the page is still read by scrolling down alone."""
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size(SMALL_PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.set_viewport_size(size)
    return [f"{page.url} is {wide} px too wide for 320 px"] if wide > 0 else []


def test_no_page_is_left_out() -> None:
    """A page that the reviewed table knows and this file does not is noticed here."""
    rows = csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())
    who = ("anonymous", "nurse", "physician", "lead", "researcher")
    pages = {
        row["name"]
        for row in rows
        if row["method"] == "GET"
        and "200" in [row[each] for each in who]
        and "api" not in row["name"]
    }
    looked = {sight.name for sight in (*NURSE, *PHYSICIAN, *LEAD, *RESEARCHER, *ANYBODY)}
    # A void is only offered for a minute, so the table's session answers with a redirect.
    assert looked - {"care:void"} == pages - NO_PAGES - WALKED


def test_the_nurses_pages_on_a_tablet(
    chromium: Browser, live_server: Any, nia: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, TABLET, live_server.url, nia, [], has_touch=True) as context:
        look_at_all(context.new_page(), live_server.url, NURSE, day, FINGER)


def test_the_physicians_pages_at_a_desk(
    chromium: Browser,
    live_server: Any,
    northside: Clinic,
    nia: Staff,
    dr_patel: Staff,
    day: dict[str, Any],
) -> None:
    random_clinic(northside, nia, patients=12, sessions=2)
    with signed_in(chromium, DESK, live_server.url, dr_patel, []) as context:
        look_at_all(context.new_page(), live_server.url, PHYSICIAN, day, MOUSE)


def test_the_leads_pages_at_a_desk(
    chromium: Browser, live_server: Any, lena: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, DESK, live_server.url, lena, []) as context:
        look_at_all(context.new_page(), live_server.url, LEAD, day, MOUSE)


def test_the_researchers_pages_at_a_desk(
    chromium: Browser, live_server: Any, remy: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, DESK, live_server.url, remy, []) as context:
        look_at_all(context.new_page(), live_server.url, RESEARCHER, day, MOUSE)


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE], ids=["390", "320"])
def test_the_patients_pages_on_a_phone(
    chromium: Browser, live_server: Any, nia: Staff, day: dict[str, Any], size: dict[str, int]
) -> None:
    token = mint_link(by=nia, request=CheckInRequest.objects.get(pk=day["request"]))[1]
    faults: list[str] = []
    context = watched(chromium, size, faults, has_touch=True)
    page = context.new_page()
    # On 320 px six answers in a row are as wide as they can be.
    least = FINGER if size is PHONE else 43
    look_at_all(page, live_server.url, ANYBODY, day, least)
    wrong: list[str] = []
    walk = ("/c/14d/2/", "/c/14d/10/", "/c/14d/done/", f"/c/{'x' * 43}/")
    for path in (f"/c/{token}/stop/", f"/c/{token}/", *walk):
        page.goto(live_server.url + path)
        picture(page, f"me{page.url.split('/c')[-1][:12].replace('/', '-')}{size['width']}")
        wrong += wrongs(page, least)
    context.close()
    assert not wrong, "\n".join(wrong)
    assert faults == []


def test_a_wrong_page_is_noticed(chromium: Browser, live_server: Any, db: None) -> None:
    """The checks above can fail: each wrong put into a good page is named."""
    faults: list[str] = []
    context = watched(chromium, TABLET, faults)
    page = context.new_page()
    page.goto(f"{live_server.url}/help-now/")
    assert wrongs(page, FINGER) == []
    page.evaluate(
        """() => {
            document.querySelector('main').insertAdjacentHTML('beforeend',
                '<h1>again</h1><button class="tiny-one"><img></button>');
            document.querySelector('.tiny-one').style.height = '20px';
            document.querySelector('main').style.width = '2000px';
            document.querySelector('main').style.maxWidth = 'none';
            console.error('a script failed');
        }"""
    )
    said = "\n".join(wrongs(page, FINGER))
    context.close()
    for words in ("px too wide", "2 first headings", "smaller than 48 px", "image-alt"):
        assert words in said
    assert any("a script failed" in fault for fault in faults)
