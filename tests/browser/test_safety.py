"""The safety overview in a browser: at a desk in both themes, on a small screen and on paper."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from sessions_app.models import Clinic, Staff
from tests.browser.looks import DESK, MOUSE, SMALL_PHONE, picture, signed_in, wrongs
from tests.reports.safety_clinic import safety_clinic

MOST_BYTES = 180 * 1024
MOST_REQUESTS = 6


@pytest.fixture
def treated(transactional_db: None, northside: Clinic, nia: Staff) -> Clinic:
    safety_clinic(northside, nia, seed=3, patients=40, sessions=3)
    return northside


def test_safety_at_a_desk_on_a_phone_and_on_paper(
    chromium: Browser, faults: list[str], live_server: Any, treated: Clinic, dr_patel: Staff
) -> None:
    """Whole, found by name in the menu, charts with their numbers, within its budget."""
    with signed_in(chromium, DESK, live_server.url, dr_patel, faults) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{live_server.url}/safety/")
        page.wait_for_load_state()
        assert len([url for url in asked if not url.startswith("data:")]) <= MOST_REQUESTS
        assert len(gzip.compress(page.content().encode())) <= MOST_BYTES
        place = page.get_by_role("link", name="Safety", exact=True)
        expect(place).to_have_attribute("aria-current", "page")
        expect(page.locator("svg.ch")).to_have_count(5)
        picture(page, "safety")
        assert wrongs(page, MOUSE) == []
        page.get_by_label("Route", exact=True).select_option("iv")
        page.get_by_role("button", name="Apply").click()
        expect(page).to_have_url(re.compile("route=iv"))
        expect(page.get_by_label("Route", exact=True)).to_have_value("iv")
        page.set_viewport_size(SMALL_PHONE)
        assert wrongs(page, MOUSE, in_dark=False) == []
        page.set_viewport_size(DESK)
        page.emulate_media(media="print")
        expect(page.get_by_role("heading", name="Read with care")).to_be_visible()
        expect(page.get_by_role("button", name="Apply")).to_be_hidden()
        expect(page.get_by_text("Route: IV"), "what was asked for").to_be_visible()
        expect(page.get_by_role("columnheader", name="Seen to its end")).to_be_visible()
