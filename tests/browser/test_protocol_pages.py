"""The lead's protocol pages in a browser: changed, refused, told in the history."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from sessions_app.models import Staff
from sessions_app.protocol_of import protocol_in_force
from tests.browser.looks import DESK, MOUSE, PHONE, picture, sign_in, watched, wrongs

SIZES = pytest.mark.parametrize(
    "size", [DESK, pytest.param(PHONE, marks=pytest.mark.soak)], ids=["1440", "390"]
)


def open_page(context: Any, url: str, name: str, *args: str) -> Page:
    page = context.new_page()
    page.goto(url + reverse(name, args=args))
    return page


@SIZES
def test_a_lead_changes_a_protocol_and_reads_it_in_the_history(
    chromium: Browser, live_server: Any, lena: Staff, size: dict[str, int]
) -> None:
    faults: list[str] = []
    context = watched(chromium, size, faults)
    sign_in(context, live_server.url, lena)
    page = open_page(context, live_server.url, "clinic:protocols")
    page.get_by_role("link", name="Change nasal").click()
    wrong = wrongs(page, MOUSE)
    page.get_by_label("Watched at least").fill("150")
    page.get_by_label("Check-in 1, closes").fill("8 h")
    page.locator("label.choice", has_text="Check-in 1, PHQ-9").click()
    assert page.get_by_label("Check-in 1, PHQ-9").is_checked()
    page.get_by_label("Reason for the change").fill("Two patients were still dizzy at two hours")
    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_text("Saved as version 1.").wait_for()
    daily = "Mood, Compared with before, Still bothering, Thoughts"
    for words in (
        "Two patients were still dizzy at two hours",
        "Watched at least: 150\N{NO-BREAK SPACE}min, was 120\N{NO-BREAK SPACE}min",
        f"open from 1 h to 8 h, asks {daily}, PHQ-9; was open from 1 h to 6 h, asks {daily}",
    ):
        assert page.get_by_text(words).is_visible(), words
    picture(page, f"protocol-history-{size['width']}")
    wrong += wrongs(page, MOUSE)
    page.goto(live_server.url + reverse("clinic:protocol_reset", args=["intranasal"]))
    wrong += wrongs(page, MOUSE)
    context.close()
    assert protocol_in_force(lena.clinic_id, "intranasal").watch_min == 150
    assert not wrong, "\n".join(wrong)
    assert faults == []


@SIZES
def test_a_refused_change_leads_to_each_wrong_field(
    chromium: Browser, live_server: Any, lena: Staff, size: dict[str, int]
) -> None:
    faults: list[str] = []
    context = watched(chromium, size, faults)
    sign_in(context, live_server.url, lena)
    page = open_page(context, live_server.url, "clinic:protocol", "oral")
    page.get_by_label("Readings due").fill("10, 30")
    page.get_by_label("Check-in 1, closes").fill("20 h")
    page.get_by_role("button", name="Save as a new version").click()
    page.wait_for_selector(".error-summary:focus")
    picture(page, f"protocol-refused-{size['width']}")
    wrong = wrongs(page, MOUSE)
    summary = page.locator(".error-summary")
    for words, field in (
        ("The first reading has to be due at minute 0. You entered 10, 30.", "Readings due"),
        ("The check-in 24h opens before the check-in 2h closes.", "Check-in 2, opens"),
        ("Reason is missing.", "Reason for the change"),
    ):
        summary.get_by_role("link", name=words).click()
        expect(page.get_by_label(field), field).to_be_focused()
    assert page.get_by_label("Check-in 1, closes").input_value() == "20 h"
    page.goto(live_server.url + reverse("clinic:alert_limits"))
    page.get_by_label("SpO₂ below (before and after, High)").fill("")
    page.get_by_role("button", name="Save as a new version").click()
    page.wait_for_selector(".error-summary:focus")
    wrong += wrongs(page, MOUSE)
    context.close()
    assert not wrong, "\n".join(wrong)
    assert faults == []
