"""A tablet whose network comes and goes, and what a test does with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sessions_app.models import Staff, TreatmentSession
from tests.browser.looks import CUT, TABLET, signed_in

KEPT = "async () => (await window.afterglowOutbox.all()).length"


@pytest.fixture
def tablet(
    chromium: Browser, live_server: Any, nia: Staff, faults: list[str]
) -> Iterator[BrowserContext]:
    """A tablet where Nia is signed in. Cuts of the network that a test makes are no fault."""
    expected = (
        *CUT,
        "ERR_CONNECTION_FAILED",
        "status of 401",
        "status of 403",
        "status of 409",
    )
    url = live_server.url
    with signed_in(chromium, TABLET, url, nia, faults, *expected, has_touch=True) as context:
        yield context


def until(page: Page, condition: str) -> None:
    """Wait up to a minute for something that the page has to wait for itself."""
    script = f"""async () => {{
        for (let tries = 0; tries < 1200; tries += 1) {{
            if ({condition}) return true;
            await new Promise(done => setTimeout(done, 50));
        }}
        return false;
    }}"""
    assert page.evaluate(script), condition


def opened(tablet: BrowserContext, live_server: Any, session: TreatmentSession) -> Page:
    """The session's page, once the worker keeps the pad and the snapshot of the chairs is here."""
    page = tablet.new_page()
    with page.expect_response("**/offline/"):
        page.goto(f"{live_server.url}/s/{session.pk}/")
    until(page, "(await navigator.serviceWorker.ready) && navigator.serviceWorker.controller")
    until(page, "(await window.afterglowOutbox.chairs()).length > 0")
    return page


def type_reading(page: Page, systolic: int, diastolic: int) -> None:
    form = page.locator("#reading-form, #pad-reading")
    form.locator("[name=systolic]").fill(str(systolic))
    form.locator("[name=diastolic]").fill(str(diastolic))
    form.get_by_role("button", name="Save reading").click()


def pad_is_empty(page: Page) -> None:
    """Wait until the figures of the last reading have left the pad; they may leave late."""
    expect(page.locator("#reading-form [name=systolic]")).to_have_value("")


def type_effect(page: Page, name: str, grade: str) -> None:
    page.locator("summary", has_text=name).first.click()
    page.locator("details[open]").get_by_role("button", name=grade).click()


def wait_kept(page: Page, count: int) -> None:
    until(page, f"(await window.afterglowOutbox.all()).length === {count}")
