"""A day at the clinic in a browser without JavaScript, from the log-in to the closed alert."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sessions_app.models import (
    Alert,
    AlertEvent,
    Amendment,
    Appointment,
    AuditEvent,
    Chair,
    CheckIn,
    Clinic,
    DoseEvent,
    EntryStrike,
    InstrumentScore,
    ItemAnswer,
    NoneObserved,
    Patient,
    Prescription,
    SessionCheck,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
    VitalReading,
)
from tests.browser.looks import DESK, PHONE, TABLET, picture, watched
from tests.conftest import PASSWORD, PIN, START
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)
DAY_14 = 14 * 24 * 60  # min
RISK_ITEM = "q9"  # thoughts of death or self-harm


class Day:
    """Devices without JavaScript in one clinic, and its clock."""

    def __init__(self, chromium: Browser, url: str, time_machine: Any) -> None:
        self.url, self.chromium, self.clock = url, chromium, time_machine
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []

    def at(self, minute: float) -> None:
        """It is this minute after START, and the clock goes on."""
        self.clock.move_to(START + timedelta(minutes=minute), tick=True)

    def device(self, size: dict[str, int], **options: Any) -> Page:
        context = watched(self.chromium, size, self.faults, java_script_enabled=False, **options)
        self.contexts.append(context)
        return context.new_page()

    def signed_in(self, person: Staff, size: dict[str, int]) -> Page:
        """`person` signs in through the page."""
        page = self.device(size)
        page.goto(self.url)
        page.get_by_label("User name").fill(person.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return page

    def unlocked(self, page: Page) -> None:
        """Their PIN opens the locked screen, which lets nobody by and comes back to the page."""
        page.reload()  # of an answer to a form: it is sent again, and refused with 401
        page.get_by_role("heading", level=1, name="Locked").wait_for()
        page.fill("#unlock_pin", PIN)
        page.get_by_role("button", name="Unlock").click()
        self.faults[:] = [fault for fault in self.faults if "401 (Unauthorized)" not in fault]


@pytest.fixture
def day(chromium: Browser, live_server: Any, time_machine: Any) -> Any:
    made = Day(chromium, live_server.url, time_machine)
    made.at(-10)
    yield made
    for context in made.contexts:
        context.close()
    assert made.faults == []


@pytest.fixture
def booked(
    day: Day, northside: Clinic, chair: Chair, maya: Patient, prescription: Prescription
) -> Appointment:
    """Maya is expected on chair 1; the help lines were called."""
    make_help_lines(northside, tested=START - timedelta(days=1))
    return Appointment.objects.create(
        clinic=northside, patient=maya, chair=chair, starts_at=START - timedelta(minutes=10)
    )


def refused(page: Page, *words: str) -> None:
    """The page says what is wrong, first in its title, then in a summary that has the focus."""
    assert page.title().startswith("Error: ")
    summary = page.locator(".error-summary:focus")
    summary.wait_for()
    for word in words:
        assert word in summary.inner_text()


def start_at_the_chair(page: Page, tom: Staff) -> None:
    """The gate refuses what is missing, takes an override, shows the sum and a second PIN."""
    page.get_by_role("link", name="Start a session").click()
    page.get_by_role("button", name="Start infusion clock").click()
    refused(page)
    page.locator("label:has([name=identity])").click()
    page.locator("label:has([name=escort][value=yes])").click()
    page.locator("label:has([name=fasting][value=no])").click()
    for code in ("medicines_changed", "alcohol_or_drugs", "suicidal_thoughts", "bladder"):
        page.locator(f"label:has([name={code}][value=no])").click()
    page.locator("label:has([name=pregnancy][value=no])").click()
    signs = {"systolic": "128", "diastolic": "79", "heart_rate": "72", "spo2": "98", "moaas": "5"}
    for name, value in {**signs, "weight_kg": "72.4"}.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Save draft and work out the dose").click()
    page.locator(".dose-big").wait_for()
    shown = page.locator(".gate-right").inner_text().replace("\u00a0", " ")
    assert "36 mg" in shown
    assert "36.2 mg" in shown, "what was calculated, before rounding"
    page.select_option("[name=second_person]", str(tom.pk))
    page.fill("[name=second_pin]", "0000")
    page.get_by_role("button", name="Start infusion clock").click()
    refused(page)
    assert page.input_value("[name=weight_kg]") == "72.4"
    assert not TreatmentSession.objects.exists()
    page.fill("[name=override_reason_fasting]", "Half a banana an hour ago")
    page.fill("[name=override_by_fasting]", "Dr Asha Patel")
    page.fill("[name=second_pin]", PIN)
    page.get_by_role("button", name="Start infusion clock").click()
    assert page.locator("#new-reading").is_visible(), page.inner_text("main")


def read(page: Page, moaas: int, **signs: str) -> None:
    form = page.locator("#new-reading form")
    for name, value in signs.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator(f"label:has([name=moaas][value='{moaas}'])").click()
    form.get_by_role("button", name="Save reading").click()


def deed(page: Page, name: str) -> None:
    page.locator("#dose-deeds").get_by_role("button", name=name, exact=True).click()


def watch_the_patient(day: Day, page: Page) -> None:
    """Readings with one that cannot be true and one that calls somebody; effects; the pump."""
    day.at(10)
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    page.locator("summary", has_text="Nausea").click()
    page.locator("details[open]").get_by_role("button", name="Mild").click()
    assert page.get_by_role("button", name="None observed").count() == 0
    other_tab.get_by_role("button", name="None observed").click()
    refused(other_tab)
    other_tab.close()
    page.get_by_role("button", name="Worse").click()
    assert "moderate" in page.inner_text(".effect-list")
    day.at(15)
    read(page, 5, systolic="900", diastolic="84", heart_rate="80", spo2="97")
    refused(page, "300", "900")
    assert page.input_value("#new-reading [name=systolic]") == "900"
    assert page.input_value("#new-reading [name=heart_rate]") == "80"
    read(page, 5, systolic="240")
    asked = page.locator(".question:visible", has_text="240")
    assert asked.count() == 1, "kept, and asked about"
    picture(page, "day-alarm")
    page.get_by_role("link", name="Chairs").first.click()
    assert "240/84" in page.inner_text(".chair.is-alarm")
    page.get_by_role("link", name="Repeat BP").click()
    page.get_by_role("button", name="Yes, it is right").click()
    deed(page, "Pause")
    day.at(20)
    deed(page, "Resume")
    read(page, 4, systolic="138", diastolic="85", heart_rate="78", spo2="96")
    page.get_by_role("button", name="Yes, save it").click()  # far from the one before
    day.at(46)
    day.unlocked(page)
    deed(page, "Stop")
    page.get_by_role("button", name="Resolved").click()
    assert page.locator(".effect-list").count() == 0


def leave(day: Day, page: Page) -> None:
    """Too early, the signature is refused; later it holds, is taken back once, and amended."""
    page.get_by_role("link", name="Discharge", exact=True).click()
    page.fill("#sign_pin", PIN)
    page.get_by_role("button", name="Sign and discharge").click()
    refused(page)
    assert not SignOff.objects.exists()
    assert page.input_value("#sign_escort_name") == "Rui Vale"
    day.at(112)
    day.unlocked(page)
    page.get_by_role("link", name="Chair 1").first.click()
    read(page, 5, systolic="126", diastolic="80", heart_rate="70", spo2="98")
    page.get_by_role("link", name="Discharge", exact=True).click()
    left = page.locator("#checks .is-open .check-row")
    for count in range(left.count(), 0, -1):
        left.first.click()
        expect(left).to_have_count(count - 1)
    page.fill("#sign_pin", "0000")
    page.get_by_role("button", name="Sign and discharge").click()
    refused(page)
    sign(page)
    page.get_by_role("link", name="Undo for another reason").click()
    page.get_by_label("Why is the signature taken back?").fill("Wrong escort")
    page.get_by_role("button", name="Save").click()
    page.fill("#sign_escort_name", "Ines Vale")
    sign(page)
    day.at(120)
    page.reload()
    assert page.get_by_role("link", name="Undo for another reason").count() == 0
    page.get_by_role("button", name="Make the link").click()
    assert "/c/" in page.input_value("#made-link")
    page.get_by_role("link", name="Chair 1").or_(
        page.get_by_role("link", name="Session")
    ).first.click()
    assert page.locator("#new-reading").count() == 0
    page.get_by_role("link", name="Add amendment").click()
    page.locator("[name=text]").fill("She also felt cold.")
    page.locator("[name=reason]").fill("Told at the door")
    page.get_by_role("button", name="Save").click()
    assert "She also felt cold." in page.inner_text("main")


def sign(page: Page) -> None:
    page.fill("#sign_pin", PIN)
    page.get_by_role("button", name="Sign and discharge").click()
    assert page.locator(".notice-ok").count(), page.inner_text("main")


def make_the_day_14_link(day: Day, nia: Staff) -> str:
    day.at(DAY_14)
    page = day.signed_in(nia, TABLET)
    page.get_by_role("link", name="Check-in links").first.click()
    page.get_by_role("button", name=re.compile("Card with code|Make a link")).first.click()
    return page.locator("code").text_content() or ""


def answer_on_the_phone(day: Day, address: str) -> None:
    """Item 9 answered: the help page is the answer to the post itself."""
    page = day.device(PHONE, has_touch=True, is_mobile=True)
    page.goto(address)
    for answer in ("4", "The same", "No"):
        page.get_by_label(answer, exact=True).check()
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Answer them now").click()
    for _ in range(8):
        page.get_by_label("Several days").check()
        page.get_by_role("button", name="Continue").click()
    page.get_by_label("More than half the days").check()
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Continue").click()
    assert sent.value.status == 200, "no redirect stands between the answer and the help"
    assert page.get_by_role("heading", level=1).inner_text().startswith("Thank you for telling us")
    assert page.locator('a[href^="tel:"]').count() == 3
    picture(page, "day-help")
    page.get_by_role("link", name="I am safe for now").click()
    page.get_by_role("link", name="Go on").click()
    while not page.url.endswith("/done/"):
        page.locator("main label").first.click()
        page.get_by_role("button", name="Continue").click()


def take_and_close_the_alert(page: Page) -> None:
    page.get_by_role("link", name="Alerts").first.click()
    page.locator(".item", has_text="PHQ-9").or_(
        page.locator(".item", has_text="uicid")
    ).first.get_by_role("link").click()
    page.get_by_role("button", name="I am taking this").click()
    page.get_by_role("button", name="Close the alert").click()
    refused(page)
    page.get_by_label("Spoke with the patient: safe now").check()
    page.get_by_role("button", name="Close the alert").click()
    picture(page, "day-alert")


@pytest.mark.soak
def test_a_day_without_javascript(
    day: Day, booked: Appointment, nia: Staff, tom: Staff, dr_patel: Staff, maya: Patient
) -> None:
    nurse = day.signed_in(nia, TABLET)
    day.at(-2)
    start_at_the_chair(nurse, tom)
    watch_the_patient(day, nurse)
    leave(day, nurse)
    answer_on_the_phone(day, make_the_day_14_link(day, nia))
    physician = day.signed_in(dr_patel, DESK)
    take_and_close_the_alert(physician)
    physician.goto(f"{day.url}/patients/{maya.pk}/")
    assert physician.locator("svg.ch").count() >= 1
    assert "PHQ-9" in physician.inner_text("main")
    picture(physician, "day-timeline")

    the_record_holds_the_day(nia, dr_patel)


def the_record_holds_the_day(nia: Staff, dr_patel: Staff) -> None:
    session = TreatmentSession.objects.get()
    assert (session.planned_mg, session.opened_by) == (36, nia)
    gate = SessionCheck.objects.get(session=session, code="fasting")
    assert (gate.answer, gate.override_by) == ("no", "Dr Asha Patel")
    systolic = VitalReading.objects.order_by("taken_at").values_list("systolic", flat=True)
    assert list(systolic) == [128, 240, 138, 126], "900 was refused, 240 kept"
    assert [event.kind for event in DoseEvent.objects.order_by("taken_at")] == [
        "start",
        "pause",
        "resume",
        "stop",
    ]
    effect = SideEffect.objects.get()
    assert (effect.code, effect.grade) == ("nausea", "mild")
    changes = effect.changes.order_by("taken_at").values_list("kind", flat=True)
    assert list(changes) == ["worse", "resolved"]
    signatures = SignOff.objects.order_by("signed_at")
    assert [(row.end, row.escort_name) for row in signatures] == [
        ("discharged", "Rui Vale"),
        ("discharged", "Ines Vale"),
    ]
    assert signatures[0].void.reason == "Wrong escort"
    assert Amendment.objects.get().text == "She also felt cold."
    assert not EntryStrike.objects.exists()
    check_in = CheckIn.objects.get()
    assert check_in.request.slot == "14d"
    assert ItemAnswer.objects.get(instrument="phq9", item=RISK_ITEM).value == 2
    assert set(InstrumentScore.objects.values_list("instrument", flat=True)) == {
        "mood_0_10",
        "phq9",
        "gad7",
    }
    risk = Alert.objects.get(check_in=check_in)
    assert risk.level == "high"
    kinds = AlertEvent.objects.filter(alert=risk).order_by("at").values_list("kind", "by")
    assert list(kinds) == [("taken", dr_patel.pk), ("closed", dr_patel.pk)]
    assert Alert.objects.filter(reading__systolic=240, level="high").exists()
    assert AuditEvent.objects.filter(by=None).exists(), "the patient's own deeds"
    assert timezone.now() > session.opened_at + timedelta(days=13)
    assert not NoneObserved.objects.exists(), "refused: there was an effect"
