"""A tablet left alone locks, goes on alarming, tells no name, and loses nothing that was typed."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from sessions_app.actions.devices import retire_device
from sessions_app.models import Device, Staff
from tests.browser.live_room import vitals
from tests.browser.looks import CUT, FINGER, TABLET, picture, unexpected, watched, wrongs
from tests.browser.test_chairside import room
from tests.conftest import PASSWORD, PIN

__all__ = ["room"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
LOCK_NOW = """() => fetch('/lock/now/', {method: 'POST', headers: {
    'X-Afterglow-Fragment': '1', 'X-CSRFToken': window.afterglow.csrf()}})"""
BOTH_CALL = "() => document.querySelectorAll('#locked-chairs .is-high').length === 2"
IS_THEIRS = "id => document.getElementById('shell')?.dataset.person === id"


@pytest.fixture
def tablet(chromium: Browser, live_server: Any, nia: Staff) -> Any:
    """A tablet where Nia signed in with her password."""
    faults: list[str] = []
    context = watched(chromium, TABLET, faults, has_touch=True)
    page = context.new_page()
    page.goto(f"{live_server.url}/login/")
    page.fill("[name=username]", nia.username)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chairs/")
    page.close()
    yield context
    context.close()
    assert unexpected(faults, ("status of 401", *CUT)) == []


@pytest.fixture
def left_alone(tablet: BrowserContext, live_server: Any, room: dict[str, Any]) -> Page:
    """The page of the calm session, with a digit typed, 16 minutes after the last touch."""
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/s/{room['calm'].pk}/")
    page.locator("[name=systolic]").fill("13")
    page.evaluate("() => { document.querySelector('[name=systolic]').dataset.mine = 'yes'; }")
    page.evaluate(LOCK_NOW)
    page.clock.run_for(16 * 60_000)
    page.wait_for_selector("#lock[open] [name=pin]")
    return page


def enter(page: Page, pin: str = PIN, name: str = "") -> None:
    if name:
        page.select_option("#unlock_person", label=name)
    page.fill("#unlock_pin", pin)
    page.get_by_role("button", name="Unlock").click()


def test_the_lock_hides_every_name_and_value_and_shows_which_chairs_call(
    left_alone: Page, room: dict[str, Any]
) -> None:
    page = left_alone
    page.wait_for_selector("#locked-chairs .is-high")
    seen = page.evaluate("document.body.innerText")
    assert "High" in seen
    for secret in ("Q.V.", "Quinn", "N-100", "184", "141", "ketAMINE", "Dissociation"):
        assert secret not in seen, secret
    assert page.title() == "(!) Locked · Afterglow"
    picture(page, "locked")
    assert wrongs(page, FINGER) == []
    page.keyboard.press("Escape")
    assert page.locator("#lock").is_visible()


def test_the_pin_brings_everything_back_as_it_was_typed(
    left_alone: Page, room: dict[str, Any], nia: Staff
) -> None:
    page = left_alone
    enter(page, "0000")
    page.wait_for_selector("#lock .error-summary")
    picture(page, "locked-wrong-pin")
    assert wrongs(page, FINGER) == []
    enter(page)
    page.wait_for_selector("#lock", state="hidden")
    field = page.locator("[name=systolic]")
    assert field.input_value() == "13"
    assert field.get_attribute("data-mine") == "yes", "the same field, not a new page"
    page.locator("[name=systolic]").fill("133")
    page.locator("[name=diastolic]").fill("81")
    with page.expect_response("**/readings/") as said:
        page.get_by_role("button", name="Save reading").click()
        page.clock.run_for(3000)
    assert said.value.status == 200
    assert room["calm"].readings.filter(systolic=133, recorded_by=nia).count() == 1


def test_an_alarm_comes_through_under_the_lock(
    left_alone: Page, room: dict[str, Any], nia: Staff
) -> None:
    page = left_alone
    page.locator("#locked-chairs .is-high").first.wait_for()
    assert page.locator("#locked-chairs .is-high").count() == 1
    vitals(room["calm"], nia, 51, 188, 101, 90, 97, 15, 5)
    with page.expect_response("**/lock/chairs/"):
        page.clock.run_for(15_500)
    page.wait_for_function(BOTH_CALL)
    assert page.inner_text("#alarm-say") == "High: chair 1"


def test_a_colleague_unlocks_and_the_page_is_then_theirs(
    left_alone: Page, tom: Staff, room: dict[str, Any]
) -> None:
    page = left_alone
    enter(page, name=tom.full_name)
    page.wait_for_function(IS_THEIRS, arg=str(tom.pk))
    assert page.locator("#lock").is_hidden()
    assert page.locator("[name=systolic]").input_value() == "", "what Nia began stays Nia's"


def test_five_wrong_pins_ask_for_the_password_and_still_lose_nothing(
    left_alone: Page, nia: Staff
) -> None:
    page = left_alone
    for _try in range(5):
        page.evaluate("document.getElementById('lock-panel').dataset.was = 'here'")
        enter(page, "0000")
        page.wait_for_selector("#lock-panel:not([data-was])")  # its fields are new, and empty
    page.wait_for_selector("#lock_password")
    assert "Five wrong PINs" in page.inner_text("#lock")
    picture(page, "locked-password")
    assert wrongs(page, FINGER) == []
    page.fill("#lock_username", nia.username)
    page.fill("#lock_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#lock", state="hidden")
    assert page.locator("[name=systolic]").input_value() == "13"


def test_without_the_network_the_lock_says_so_and_leads_to_the_pad(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/chairs/")
    tablet.set_offline(True)
    page.clock.run_for(16 * 60_000)
    page.wait_for_selector("#lock[open]")
    page.wait_for_selector("#lock-offline:not([hidden])")
    assert "Look at the monitors" in page.inner_text("#lock")
    picture(page, "locked-offline")
    assert wrongs(page, FINGER) == []
    tablet.set_offline(False)
    page.clock.run_for(16_000)
    page.wait_for_selector("#locked-chairs li")


def test_a_retired_device_shows_nothing_any_more(
    left_alone: Page, room: dict[str, Any], lena: Staff
) -> None:
    page = left_alone
    page.wait_for_selector("#locked-chairs .is-high")
    retire_device(by=lena, device=Device.objects.get())
    page.clock.run_for(15_500)
    page.wait_for_selector("#lock_password")
    assert page.locator("#locked-chairs li").count() == 0


def test_nothing_opens_over_the_lock_page_and_an_alarm_reaches_it(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    first = tablet.new_page()
    first.goto(f"{live_server.url}/chairs/")
    first.evaluate(LOCK_NOW)
    first.close()
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/today/")
    page.fill("[name=pin]", PIN[:2])
    vitals(room["calm"], nia, 51, 188, 101, 90, 97, 15, 5)
    page.clock.run_for(15_500)
    page.wait_for_function(BOTH_CALL)
    assert page.inner_text("#alarm-say") == "High: chair 1"
    assert page.locator("#lock").is_hidden()
    assert page.input_value("[name=pin]") == PIN[:2]
    assert wrongs(page, FINGER) == []
    page.fill("[name=pin]", PIN)
    page.get_by_role("button", name="Unlock").click()
    page.wait_for_url("**/today/")


def test_the_menu_locks_at_once(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.goto(f"{live_server.url}/chairs/")
    page.locator("#menu > summary").click()
    picture(page, "menu")
    assert wrongs(page, FINGER) == []
    page.get_by_role("button", name="Lock").click()
    page.wait_for_selector("#lock[open] [name=pin]")
    other = tablet.new_page()
    other.goto(f"{live_server.url}/today/")
    assert "/lock/" in other.url
    picture(other, "lock-page")
    assert wrongs(other, FINGER) == []
    other.fill("[name=pin]", PIN)
    other.get_by_role("button", name="Unlock").click()
    other.wait_for_url("**/today/")
