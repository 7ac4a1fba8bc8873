"""The Start session screen in each of its states: what it says, and what it lets nobody do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sessions_app.models import (
    Appointment,
    Chair,
    Patient,
    Prescription,
    Staff,
    StartAnswer,
    TreatmentCourse,
    TreatmentSession,
)
from tests.browser.looks import FINGER, TABLET, picture, sign_in, watched, wrongs
from tests.conftest import PIN, START, make_course, make_patient, make_prescription, make_session

pytestmark = pytest.mark.django_db(transaction=True)
# Seconds: reading a question and tapping its answer; pressing one digit of a keypad in sight.
TAP_S, KEY_S = 2.0, 0.7
WELL = {
    "escort": "yes",
    "fasting": "yes",
    "medicines_changed": "no",
    "alcohol_or_drugs": "no",
    "suicidal_thoughts": "no",
    "bladder": "no",
    "pregnancy": "no",
}


@pytest.fixture
def tablets(
    chromium: Browser, live_server: Any, time_machine: Any, faults: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """A function that gives a tablet on which somebody has signed in, at START."""
    time_machine.move_to(START, tick=False)
    made: list[BrowserContext] = []

    def tablet(person: Staff, **options: Any) -> BrowserContext:
        made.append(watched(chromium, TABLET, faults, **options))
        sign_in(made[-1], live_server.url, person)
        return made[-1]

    yield tablet
    for context in made:
        context.close()


@pytest.fixture
def gate_url(live_server: Any, chair: Chair, maya: Patient) -> str:
    return f"{live_server.url}/chairs/{chair.pk}/start/?patient={maya.pk}"


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def answer(page: Page, code: str, said: str) -> None:
    page.locator(f"label:has([name={code}][value={said}])").click()


def fill_all(page: Page, second: Staff) -> None:
    """Everything that the start of a returning patient needs, the PIN last."""
    page.check("[name=identity]")
    for code, said in WELL.items():
        answer(page, code, said)
    page.fill("[name=systolic]", "128")
    page.fill("[name=diastolic]", "79")
    page.fill("[name=weight_kg]", "72.4")
    page.locator(".dose-big").wait_for()
    page.select_option("[name=second_person]", str(second.pk))
    page.fill("[name=second_pin]", PIN)


def start_is_in_sight(page: Page) -> bool:
    box = page.locator("[name=start]").bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= TABLET["height"]


def page_scrolls(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollHeight > innerHeight"))


def test_ready_everything_stands_on_one_screen_and_one_tap_starts(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, prescription: Prescription
) -> None:
    page = opened(tablets(nia), gate_url)
    fill_all(page, tom)
    expect(page.locator("#start-count")).to_contain_text("7 of 7 answered")
    expect(page.locator("#start-identity")).to_contain_text("10:00")
    expect(page.locator("#start-pressure")).to_contain_text("128/79")
    assert page.locator(".dose-big").inner_text().split() == ["36", "mg"]
    assert start_is_in_sight(page)
    assert not page_scrolls(page)
    assert page.evaluate(
        "['.gate-left', '.gate-scroll'].every(one => {"
        "const box = document.querySelector(one); return box.scrollHeight <= box.clientHeight; })"
    ), "no column scrolls either"
    picture(page, "start-ready")
    page.emulate_media(color_scheme="dark")
    picture(page, "start-ready-dark")
    page.emulate_media(color_scheme="light")
    assert wrongs(page, FINGER) == []
    page.get_by_role("button", name="Start infusion clock").click()
    page.wait_for_url("**/s/**")
    assert TreatmentSession.objects.get().planned_mg == 36


def test_without_a_prescription_there_is_no_dose_and_no_start(
    tablets: Any, gate_url: str, nia: Staff, course: TreatmentCourse
) -> None:
    page = opened(tablets(nia), gate_url)
    expect(page.get_by_role("heading", name="No valid prescription")).to_be_visible()
    assert page.locator("[name=start], .dose-big").count() == 0
    picture(page, "start-no-prescription")
    assert wrongs(page, FINGER) == []


def test_esketamine_is_given_in_devices(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, dr_patel: Staff, course: TreatmentCourse
) -> None:
    make_prescription(
        course,
        dr_patel,
        drug="esketamine",
        route="intranasal",
        devices=3,
        mg_per_kg=None,
        infusion_minutes=None,
        vial_mg_per_ml=None,
        bag_volume_ml=None,
    )
    page = opened(tablets(nia), gate_url)
    fill_all(page, tom)
    expect(page.locator("#start-sum")).to_contain_text("3 devices")
    assert page.locator(".slots li").count() == 3
    assert start_is_in_sight(page)
    picture(page, "start-esketamine")
    assert wrongs(page, FINGER) == []
    page.get_by_role("button", name="First device given: start the clock").click()
    page.wait_for_url("**/s/**")
    session = TreatmentSession.objects.get()
    assert (session.drug, session.planned_mg) == ("esketamine", 84)


def test_a_chair_that_is_taken_says_by_whom_and_starts_nobody_else(
    tablets: Any,
    gate_url: str,
    nia: Staff,
    tom: Staff,
    chair: Chair,
    prescription: Prescription,
) -> None:
    noor = make_patient(chair.clinic, "N-9", "Noor", "Other")
    running = make_session(make_course(noor), nia, START, chair=chair)
    page = opened(tablets(nia), gate_url)
    expect(page.get_by_text("is taken")).to_be_visible()
    picture(page, "start-taken")
    assert wrongs(page, FINGER) == []
    fill_all(page, tom)
    page.get_by_role("button", name="Start infusion clock").click()
    page.locator(".error-summary:focus").wait_for()
    assert list(TreatmentSession.objects.all()) == [running]


def test_every_stop_says_why_and_goes_on_only_by_the_prescriber(
    tablets: Any,
    time_machine: Any,
    gate_url: str,
    nia: Staff,
    tom: Staff,
    dr_patel: Staff,
    course: TreatmentCourse,
) -> None:
    make_prescription(course, dr_patel, mg_per_kg=Decimal("1.2"))
    before = make_session(course, nia, START - timedelta(hours=20))
    before.sign_offs.create(clinic=before.clinic, signed_by=nia, signed_at=START)
    page = opened(tablets(nia), gate_url)
    fill_all(page, tom)
    answer(page, "escort", "no")
    page.fill("[name=systolic]", "147")
    page.fill("[name=weight_kg]", "79.9")
    said = page.locator("main")
    for words in (
        "No one to take them home. Do not start.",
        "The last session began 20 h ago; the protocol asks for 40 h.",
        "147/79 is above 140/90. Wait 10 min and measure again, or call Dr Asha Patel.",
        "72.4 → 79.9 kg is +10.4 %. Weigh again, or confirm.",
        "96 mg is above 79.9 mg, the most allowed for this weight.",
    ):
        expect(said).to_contain_text(words)
    expect(page.locator("#start-pressure")).to_contain_text("Measure again at 10:10")
    picture(page, "start-every-stop")
    assert start_is_in_sight(page)
    assert wrongs(page, FINGER) == []

    time_machine.move_to(START + timedelta(minutes=10), tick=False)
    with page.expect_navigation():
        page.get_by_role("button", name="Measure again").click()
    assert page.input_value("[name=systolic]") == ""
    page.fill("[name=systolic]", "128")
    page.fill("[name=diastolic]", "79")
    expect(page.locator("#start-pressure")).to_contain_text(
        "Blood pressure 147/79 at 10:00. After 10 min rest 128/79 at 10:10."
    )
    why = {
        "override_reason_escort": "a taxi with a nurse is booked",
        "override_by_escort": "Dr Asha Patel",
        "override_reason_spaced": "induction, agreed",
        "override_by_spaced": "Dr Asha Patel",
        "override_reason_dose_in_range": "partial response, agreed",
    }
    for name, text in why.items():
        page.fill(f"[name={name}]", text)
    page.check("[name=weight_confirmed]")
    page.select_option("[name=second_person]", str(tom.pk))
    page.fill("[name=second_pin]", PIN)
    page.get_by_role("button", name="Start infusion clock").click()
    page.locator(".error-summary:focus").wait_for()
    expect(page.locator(".error-summary").first).to_contain_text("Prescriber")
    assert page.input_value("[name=override_reason_escort]") == why["override_reason_escort"]
    page.select_option("[name=prescriber]", str(dr_patel.pk))
    page.fill("[name=prescriber_pin]", PIN)
    page.fill("[name=second_pin]", PIN)
    picture(page, "start-overruled")
    page.get_by_role("button", name="Start infusion clock").click()
    page.wait_for_url("**/s/**")
    session = TreatmentSession.objects.get(opened_at__gte=START)
    assert session.checks.get(code="dose_in_range").override_signed_by == dr_patel
    pressures = session.readings.order_by("taken_at").values_list("systolic", flat=True)
    assert list(pressures) == [147, 128]


def test_without_the_network_it_may_be_filled_in_but_not_started(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, prescription: Prescription
) -> None:
    context = tablets(nia)
    page = opened(context, gate_url)
    page.fill("[name=weight_kg]", "72.4")
    page.locator(".dose-big").wait_for()
    context.set_offline(True)
    fill_all(page, tom)
    expect(page.locator("#saved-state")).to_contain_text("Offline: not saved yet")
    page.get_by_role("button", name="Start infusion clock").click()
    said = page.locator("#start-offline:focus")
    expect(said).to_contain_text("Starting needs the network. Use paper and enter it late.")
    picture(page, "start-offline")
    assert wrongs(page, FINGER) == []
    expect(page.locator("#start-count")).to_contain_text("7 of 7 answered")
    assert page.input_value("[name=systolic]") == "128", "nothing typed is lost"
    assert not TreatmentSession.objects.exists()
    context.set_offline(False)
    page.get_by_role("button", name="Start infusion clock").click()
    page.wait_for_url("**/s/**")
    assert TreatmentSession.objects.count() == 1


def test_two_tablets_fill_one_draft_and_neither_blanks_the_other(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, prescription: Prescription
) -> None:
    first, second = opened(tablets(nia), gate_url), opened(tablets(tom), gate_url)
    with first.expect_response(lambda one: one.request.method == "POST"):
        answer(first, "escort", "yes")
    with second.expect_response(lambda one: one.request.method == "POST"):
        answer(second, "fasting", "yes")
    expect(second.locator("#start-count")).to_contain_text("2 of 7 answered")
    expect(second.locator("[name=escort][value=yes]")).to_be_checked()
    held = {(row.name, row.text) for row in StartAnswer.objects.all()}
    assert {("escort", "yes"), ("fasting", "yes")} <= held
    assert ("escort", "") not in held
    first.reload()
    expect(first.locator("[name=fasting][value=yes]")).to_be_checked()


def test_the_keyboard_alone_starts_a_session(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, prescription: Prescription
) -> None:
    page = opened(tablets(nia), gate_url)

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name || ''") == name:
                return
        raise AssertionError(f"Tab never reaches {name}")

    tab_to("identity")
    page.keyboard.press("Space")
    for code, said in WELL.items():
        tab_to(code)
        page.keyboard.press("Space")
        if said == "no":
            page.keyboard.press("ArrowRight")
        assert page.locator(f"[name={code}]:checked").input_value() == said
    for name, text in [("systolic", "128"), ("diastolic", "79"), ("weight_kg", "72.4")]:
        tab_to(name)
        page.keyboard.type(text)
    page.locator(".dose-big").wait_for()
    tab_to("second_person")
    page.keyboard.type(tom.full_name[:3])
    tab_to("second_pin")
    page.keyboard.type(PIN)
    tab_to("start")
    page.keyboard.press("Enter")
    page.wait_for_url("**/s/**")


def test_without_javascript_the_draft_is_saved_the_dose_worked_out_and_the_session_started(
    tablets: Any, gate_url: str, nia: Staff, tom: Staff, prescription: Prescription
) -> None:
    page = opened(tablets(nia, java_script_enabled=False), gate_url)
    page.fill("[name=weight_kg]", "72.4")
    answer(page, "escort", "yes")
    page.get_by_role("button", name="Save draft and work out the dose").click()
    assert page.locator(".dose-big").inner_text().split() == ["36", "mg"]
    expect(page.locator("#saved-state")).to_contain_text("Draft saved 10:00")
    picture(page, "start-no-script")
    expect(page.locator("[name=escort][value=yes]")).to_be_checked()
    page.get_by_role("button", name="Start infusion clock").click()
    assert page.title().startswith("Error: ")
    fill_all(page, tom)
    page.get_by_role("button", name="Start infusion clock").click()
    page.wait_for_url("**/s/**")


def test_a_returning_patient_is_started_from_the_board_within_a_minute(
    tablets: Any,
    live_server: Any,
    nia: Staff,
    tom: Staff,
    chair: Chair,
    maya: Patient,
    course: TreatmentCourse,
    prescription: Prescription,
) -> None:
    before = make_session(course, nia, START - timedelta(days=7))
    before.sign_offs.create(
        clinic=before.clinic, signed_by=nia, signed_at=before.dose_started_at + timedelta(hours=2)
    )
    Appointment.objects.create(
        clinic=maya.clinic,
        patient=maya,
        chair=chair,
        starts_at=START,
    )
    page = opened(tablets(nia), f"{live_server.url}/chairs/")
    taps: list[str] = []
    keys: list[str] = []

    def tap(selector: str) -> None:
        page.locator(selector).first.click()
        taps.append(selector)

    def type_in(name: str, text: str) -> None:
        tap(f"[name={name}]")
        page.keyboard.type(text)
        keys.extend(text)

    tap(f"a[href*='/chairs/{chair.pk}/start/']")
    if page.locator(f"a[href='?patient={maya.pk}']").count():
        tap(f"a[href='?patient={maya.pk}']")
    tap("[name=identity]")
    for code, said in WELL.items():
        tap(f"label:has([name={code}][value={said}])")
    type_in("systolic", "128")
    type_in("diastolic", "79")
    type_in("weight_kg", "72.4")
    page.locator(".dose-big").wait_for()
    page.select_option("[name=second_person]", str(tom.pk))
    taps += ["open the list", "choose the name"]
    type_in("second_pin", PIN)
    assert not page_scrolls(page)
    picture(page, "start-returning")
    tap("[name=start]")
    page.wait_for_url("**/s/**")
    assert TreatmentSession.objects.filter(opened_at=START).count() == 1
    assert len(taps) <= 17, taps
    assert len(taps) * TAP_S + len(keys) * KEY_S <= 60
