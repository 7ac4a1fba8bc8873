"""Leaving, on a real tablet: a few taps when all is well, and words for everything else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.alerts import see_alert
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import change_side_effect
from sessions_app.actions.signoff import confirm_check, sign_session
from sessions_app.models import Alert, Amendment, Chair, Clinic, SignOff, Staff, TreatmentSession
from tests.browser.live_room import at_the_chair, effect, vitals
from tests.browser.looks import FINGER, TABLET, picture, wrongs
from tests.conftest import PIN, make_course, make_patient, make_prescription, make_session
from tests.sessions_app.chairside_people import NURSE_TICKS
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(northside: Clinic, nia: Staff, dr_patel: Staff) -> TreatmentSession:
    """Juna Frost, 104 minutes after the start: everything is proved, nothing is confirmed yet."""
    now = timezone.now()
    patient = make_patient(northside, "N-103", "Juna", "Frost")
    patient.escort_name, patient.escort_phone = "Ida Frost", "555 0142"
    patient.save()
    order = make_prescription(
        make_course(patient),
        dr_patel,
        valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=99),
    )
    chair = Chair.objects.create(clinic=northside, name="3", position=3)
    t0 = now - timedelta(minutes=104)
    session = make_session(order.course, nia, t0, prescription=order, chair=chair)
    vitals(session, nia, -4, 122, 74, 72, 98, 14, 5)
    for minute, systolic, diastolic in ((10, 138, 84), (20, 155, 93), (30, 146, 88), (40, 136, 82)):
        vitals(session, nia, minute, systolic, diastolic, 80, 95, 15, 4)
    stop = t0 + timedelta(minutes=40)
    record_dose_event(by=nia, session=session, kind="stop", write_key=None, clock=lambda: stop)
    felt = effect(session, nia, "dissociation", "moderate", 9)
    gone = t0 + timedelta(minutes=47)
    change_side_effect(by=nia, effect=felt, kind="resolved", write_key=None, clock=lambda: gone)
    for minute in (55, 70, 85, 100):
        vitals(session, nia, minute, 124, 76, 68, 99, 14, 5)
    for alert in Alert.objects.open().filter(session=session):
        see_alert(by=nia, alert=alert, write_key=None)
    make_help_lines(northside, tested=now)
    plan_check_ins(session=session, by=nia)
    return session


def leaving(
    chromium: Browser, url: str, who: Staff, session: TreatmentSession, **options: Any
) -> AbstractContextManager[Page]:
    return at_the_chair(chromium, url, who, session, "discharge/", **options)


def confirm_all(session: TreatmentSession, by: Staff, *but: str) -> None:
    for code in NURSE_TICKS:
        if code not in but:
            confirm_check(by=by, session=session, code=code, is_met=True, write_key=None)


def row(page: Page, code: str) -> Any:
    return page.locator(f"#check-{code}")


def in_sight(page: Page, selector: str) -> bool:
    """Whether the whole of it can be seen without scrolling."""
    box = page.locator(selector).first.bounding_box()
    return bool(box and box["y"] >= 0 and box["y"] + box["height"] <= TABLET["height"])


def test_all_is_well_in_eight_taps_and_a_pin_without_scrolling(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    with leaving(chromium, live_server.url, nia, ready) as page:
        assert wrongs(page, FINGER) == []
        picture(page, "discharge-open")
        assert page.locator(".is-proven").count() == 5
        taps = 0
        for code in NURSE_TICKS:
            assert in_sight(page, f"#check-{code}")
            row(page, code).locator("button").tap()
            taps += 1
            expect(row(page, code)).to_have_class("is-confirmed")
        expect(page.locator("#checks")).to_contain_text("9 of 9")
        expect(page.locator("#sign-left")).to_contain_text("Nothing is left to check")
        picture(page, "discharge-ready")
        assert wrongs(page, FINGER) == []
        assert in_sight(page, "#sign_pin")
        assert in_sight(page, "#sign .btn-ok")
        page.locator("#sign_pin").tap()
        page.keyboard.type(PIN)
        page.get_by_role("button", name="Sign and discharge").tap()
        taps += 2
        assert taps <= 8
        page.wait_for_selector("#signed")
        expect(page.locator("#signed")).to_be_focused()
        assert "Signed. J.F. left" in page.inner_text("#signed-title")
        assert "First check-in" in page.inner_text("#signed-title")
        picture(page, "discharge-signed")
        assert wrongs(page, FINGER) == []
    kept = SignOff.objects.get()
    assert (kept.end, kept.escort_name, kept.signed_by) == ("discharged", "Ida Frost", nia)


def test_a_later_reading_takes_the_tick_back_on_the_open_page(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    with leaving(chromium, live_server.url, nia, ready) as page:
        expect(row(page, "bp_near_baseline")).to_have_class("is-proven")
        page.locator("#sign_escort_name").fill("Ida's brother")
        vitals(ready, nia, 103, 152, 98, 80, 98, 14, 5)
        expect(row(page, "bp_near_baseline")).to_have_class("is-open")
        words = row(page, "bp_near_baseline").inner_text()
        assert words.count("Was met") == 1
        assert "152/98 at" in words
        assert "is not near baseline 122/74" in words
        assert page.input_value("#sign_escort_name") == "Ida's brother"
        assert "5 checks left: Blood pressure near baseline" in page.inner_text("#sign-left")


def test_signing_early_says_what_is_left_and_leads_there(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    confirm_all(ready, nia, "escort_present")
    with leaving(chromium, live_server.url, nia, ready) as page:
        assert "1 check left: Handed over to the escort" in page.inner_text("#sign-left")
        page.fill("#sign_pin", PIN)
        page.get_by_role("button", name="Sign and discharge").click()
        assert page.title().startswith("Error: ")
        summary = page.locator(".error-summary")
        assert "There is a problem" in summary.inner_text()
        expect(summary).to_be_focused()
        picture(page, "discharge-error")
        assert wrongs(page, FINGER) == []
        summary.get_by_role("link", name="Handed over to the escort in person").click()
        expect(row(page, "escort_present")).to_be_focused()
        assert page.input_value("#sign_pin") == ""
        assert not SignOff.objects.exists()
        page.get_by_text("A check cannot be met").click()
        picture(page, "discharge-overrule")
        assert wrongs(page, FINGER) == []
        page.select_option("#sign_override_code_escort_present", "other_support")
        page.fill("#sign_override_reason_escort_present", "The clinic's car takes them home")
        page.fill("#sign_override_by_escort_present", "Dr Asha Patel")
        page.fill("#sign_pin", PIN)
        page.get_by_role("button", name="Sign and discharge").click()
        page.wait_for_selector("#signed")
        page.get_by_role("link", name="Record to print").click()
        printed = page.inner_text("main")
        assert "Dr Asha Patel: Other support is arranged: The clinic's car" in printed
        picture(page, "record-print")
        assert wrongs(page, FINGER) == []


def test_five_wrong_pins_end_at_the_full_sign_in(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    confirm_all(ready, nia)
    with leaving(chromium, live_server.url, nia, ready) as page:
        for _wrong in range(4):
            page.fill("#sign_pin", "0000")
            page.get_by_role("button", name="Sign and discharge").click()
            assert "This PIN is not right" in page.inner_text("#sign")
        page.fill("#sign_pin", "0000")
        page.get_by_role("button", name="Sign and discharge").click()
        page.wait_for_url("**/login/?next=*")
        assert "Five wrong PINs" in page.inner_text("body")
        assert not SignOff.objects.exists()


def test_the_pin_is_pasted_and_the_password_signs_as_well(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    confirm_all(ready, nia)
    nia.set_password("correct horse battery")
    nia.save()
    with leaving(chromium, live_server.url, nia, ready) as page:
        took = page.evaluate(
            """() => {
                const pin = document.getElementById('sign_pin');
                const paste = new ClipboardEvent('paste', {bubbles: true, cancelable: true});
                return pin.dispatchEvent(paste) && !pin.readOnly && pin.maxLength >= 6;
            }"""
        )
        assert took
        page.get_by_text("Sign with the password instead").click()
        page.fill("#sign_password", "correct horse battery")
        page.get_by_role("button", name="Sign and discharge").click()
        page.wait_for_selector("#signed")
    assert SignOff.objects.get().signed_with == "password"


def test_the_second_signer_sees_who_was_first(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff, tom: Staff
) -> None:
    confirm_all(ready, nia)
    with leaving(chromium, live_server.url, nia, ready) as page:
        page.fill("#sign_pin", PIN)
        sign_session(by=tom, session=ready, pin=PIN, write_key=None, escort_name="Ida Frost")
        page.get_by_role("button", name="Sign and discharge").click()
        page.wait_for_selector("#signed")
        said = page.inner_text("main")
        assert "Tom Oduya" in said
        assert page.locator("#sign").count() == 0
    assert SignOff.objects.count() == 1


def test_taken_back_within_the_minute_signed_again_and_amended(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    confirm_all(ready, nia)
    sign_session(by=nia, session=ready, pin=PIN, write_key=None, escort_name="Ida Frost")
    with leaving(chromium, live_server.url, nia, ready) as page:
        expect(page.locator("#undo-left")).to_contain_text("You can undo for")
        page.get_by_role("button", name="Undo: signed too early").click()
        page.wait_for_selector("#sign")
        assert SignOff.objects.get().void.reason == "Signed too early"
        page.fill("#sign_pin", PIN)
        page.get_by_role("button", name="Sign and discharge").click()
        page.wait_for_selector("#signed")
        page.get_by_role("link", name="Add amendment").click()
        page.fill("[name=text]", "The cuff was on the left arm.")
        page.fill("[name=reason]", "Asked by the prescriber")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(f"**/s/{ready.pk}/")
        assert Amendment.objects.get().text == "The cuff was on the left arm."


def test_the_undo_leaves_when_its_minute_is_over(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    confirm_all(ready, nia)
    almost = timezone.now() - timedelta(seconds=57)
    sign_session(
        by=nia,
        session=ready,
        pin=PIN,
        write_key=None,
        escort_name="Ida Frost",
        clock=lambda: almost,
        overrides={},
    )
    with leaving(chromium, live_server.url, nia, ready) as page:
        expect(page.locator("#undo")).to_have_count(0)


def test_the_link_says_when_it_was_opened_on_a_phone(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    with leaving(chromium, live_server.url, nia, ready) as page:
        page.get_by_role("button", name="Make the link").click()
        expect(page.locator("#link .qr svg")).to_be_visible()
        picture(page, "discharge-link")
        assert in_sight(page, "#sign .btn-ok")
        assert wrongs(page, FINGER) == []
        address = page.input_value("#made-link")
        phone = chromium.new_context(viewport={"width": 390, "height": 844})
        opened = phone.new_page()
        opened.goto(address)
        expect(page.locator("#link-state")).to_contain_text("Opened on their phone")
        row(page, "steady").locator("button").tap()
        expect(row(page, "steady")).to_have_class("is-confirmed")
        assert page.locator("#link .qr svg").is_visible(), "a tick takes the code away"
        phone.close()


def test_without_a_network_ticks_are_kept_and_the_signature_waits(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    with leaving(chromium, live_server.url, nia, ready) as page:
        page.context.set_offline(True)
        row(page, "steady").locator("button").tap()
        expect(page.locator("#sign-offline")).to_contain_text(
            "Signing needs the network. The patient may leave; sign within 24 h."
        )
        page.fill("#sign_pin", PIN)
        page.get_by_role("button", name="Sign and discharge").click()
        expect(page.locator("#sign-offline")).to_be_focused()
        picture(page, "discharge-offline")
        assert wrongs(page, FINGER) == []
        page.context.set_offline(False)
        expect(row(page, "steady")).to_have_class("is-confirmed")
        expect(page.locator("#sign-offline")).to_be_hidden()
    assert not SignOff.objects.exists()


@pytest.mark.parametrize(
    ("end", "facts"),
    [
        (
            "transferred",
            {"transferred_to": "St. Anne's", "handover": "to the crew", "reason": "chest pain"},
        ),
        ("left_against_advice", {"reason": "wants to go", "risks_explained": "yes"}),
        ("wrong_patient", {"right_patient": "n-102", "reason": "chairs mixed up"}),
    ],
)
def test_each_other_end_asks_only_what_it_needs(
    chromium: Browser,
    live_server: Any,
    ready: TreatmentSession,
    nia: Staff,
    northside: Clinic,
    end: str,
    facts: dict[str, str],
) -> None:
    make_patient(northside, "N-102", "Xenia", "Bell")
    with leaving(chromium, live_server.url, nia, ready) as page:
        page.get_by_text("Ended in another way").click()
        page.locator(f"a[href$='/end/{end}/']").click()
        page.get_by_role("button", name="Sign this end").click()
        assert page.title().startswith("Error: ")
        assert wrongs(page, FINGER) == []
        for name, value in facts.items():
            if name == "risks_explained":
                page.locator(f"label:has(input[name={name}][value={value}])").click()
            else:
                page.fill(f"[name={name}]", value)
        page.fill("[name=pin]", PIN)
        picture(page, f"end-{end}")
        page.get_by_role("button", name="Sign this end").click()
        page.wait_for_selector("#signed")
        if end == "wrong_patient":
            assert "The record belongs to N-102" in page.inner_text("#signed")
            assert "Bell" not in page.inner_text("main")
    assert SignOff.objects.get().end == end


def test_the_leaflet_and_paper_card_name_nobody(
    chromium: Browser, live_server: Any, ready: TreatmentSession, nia: Staff
) -> None:
    with leaving(chromium, live_server.url, nia, ready) as page:
        page.get_by_role("link", name="Leaflet, paper card").click()
        said = page.inner_text("main")
        assert "Do not drive" in said
        for name in ("Juna", "Frost", "N-103", "etamine"):
            assert name not in said
        assert page.locator("main tbody tr").count() > 5
        picture(page, "leaflet")
        assert wrongs(page, FINGER) == []
