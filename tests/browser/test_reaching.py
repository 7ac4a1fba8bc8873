"""Patients who type a code or stop messages, and staff who reach those who have not answered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from sessions_app.actions.check_in_links import mint_code, mint_link
from sessions_app.alerting import sending
from sessions_app.models import CheckInCall, CheckInRequest, Message, Patient, Staff
from tests.browser.looks import FINGER, PHONE, SMALL_PHONE, TABLET, sign_in, watched, wrongs
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(maya: Patient, nia: Staff) -> CheckInRequest:
    """Maya's check-in of yesterday's dose: due an hour ago."""
    now = timezone.now()
    make_help_lines(maya.clinic, tested=now)
    Patient.objects.update(reminder_channel="sms")
    return CheckInRequest.objects.create(
        clinic=maya.clinic,
        patient=maya,
        slot="24h",
        due_at=now - timedelta(hours=1),
        opens_at=now - timedelta(hours=7),
        closes_at=now + timedelta(hours=11),
        instruments=["mood_0_10"],
    )


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (SMALL_PHONE, "dark")], ids=["390-light", "320-dark"]
)
def test_a_code_is_typed_without_javascript_and_opens_the_check_in(
    chromium: Browser,
    live_server: Any,
    asked: CheckInRequest,
    nia: Staff,
    size: dict[str, int],
    scheme: Any,
) -> None:
    code = mint_code(by=nia, link=mint_link(by=nia, request=asked)[0])[1]
    context = chromium.new_context(
        viewport=size, has_touch=True, color_scheme=scheme, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/c/")
    page.get_by_label("Your code").fill("abcd efgh")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("This code does not work")
    assert page.title().startswith("Error: ")
    assert page.get_by_label("Your code").input_value() == "abcd efgh", "what was typed stays"
    page.get_by_label("Your code").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Get help now").first).to_be_visible()
    assert page.url == f"{live_server.url}/c/24h/1/"
    context.close()


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (SMALL_PHONE, "dark")], ids=["390-light", "320-dark"]
)
def test_each_state_of_the_code_and_stop_pages_looks_right(
    chromium: Browser,
    live_server: Any,
    asked: CheckInRequest,
    nia: Staff,
    size: dict[str, int],
    scheme: Any,
) -> None:
    token = mint_link(by=nia, request=asked)[1]
    context = chromium.new_context(viewport=size, has_touch=True, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []
    page.goto(f"{live_server.url}/c/")
    wrong += wrongs(page, FINGER)
    page.get_by_label("Your code").fill("ABCD-EFGH")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_focused()
    wrong += wrongs(page, FINGER)
    page.goto(f"{live_server.url}/c/{token}/stop/")
    assert page.url == f"{live_server.url}/stop/"
    wrong += wrongs(page, FINGER)
    page.get_by_role("button", name="Stop all messages").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We will not write to you any more.")
    wrong += wrongs(page, FINGER)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Get help now"
    context.close()
    assert wrong == []
    assert Patient.objects.get(pk=asked.patient_id).reminders_stopped_at is not None


def test_the_code_page_is_light(chromium: Browser, live_server: Any, asked: CheckInRequest) -> None:
    """At most six requests, none of them elsewhere."""
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(f"{live_server.url}/c/", wait_until="networkidle")
    context.close()
    assert 1 <= len(asked_for) <= 6
    assert all(url.startswith(live_server.url) for url in asked_for)


def test_staff_call_send_and_print_a_card_from_the_list(
    chromium: Browser,
    live_server: Any,
    asked: CheckInRequest,
    nia: Staff,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Gateway:
        def send(self, *_: object, **__: object) -> str:
            return "gw-1"

    monkeypatch.setattr(sending, "notifier_of", lambda channel: Gateway())
    faults: list[str] = []
    context = watched(chromium, TABLET, faults)
    sign_in(context, live_server.url, nia)
    page = context.new_page()
    page.goto(f"{live_server.url}/links/")
    expect(page.get_by_role("heading", name="1 patient has not answered")).to_be_visible()
    wrong = wrongs(page, FINGER)
    number = page.get_by_role("link", name=re.compile("^Call M.V."))
    assert number.get_attribute("href") == "tel:+49300000042"
    page.get_by_role("button", name="Text the link M.V.").click()
    expect(page.get_by_text("Link to M.V.: sent.")).to_be_visible()
    wrong += wrongs(page, FINGER)
    page.get_by_role("link", name="Note a call M.V.").click()
    page.get_by_role("button", name="Save the call").click()
    expect(page.locator(".error-summary")).to_contain_text("Choose how the call went.")
    wrong += wrongs(page, FINGER)
    page.get_by_label("left a message").check()
    page.get_by_role("button", name="Save the call").click()
    expect(page.get_by_text("left a message")).to_be_visible()
    page.get_by_role("button", name="Card with code M.V.").click()
    expect(page.locator("#typed-code")).to_have_text(re.compile(r"^\w{4}-\w{4}$"))
    wrong += wrongs(page, FINGER)
    page.emulate_media(media="print")
    expect(page.locator("#typed-code")).to_be_visible()
    expect(page.get_by_text("Maya Vale")).not_to_be_visible()
    context.close()
    assert wrong == []
    assert faults == []
    assert Message.objects.get().deliveries.filter(kind="sent").exists()
    assert CheckInCall.objects.get().result == "left_message"
