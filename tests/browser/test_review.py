"""The physician's and the researcher's pages in a browser: whole and readable, in both themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sessions_app.models import Clinic, Patient, Staff
from tests.browser.looks import DESK, MOUSE, SMALL_PHONE, picture, sign_in, watched, wrongs
from tests.conftest import START
from tests.reports.invented import random_clinic, request, score


@pytest.fixture
def desk(chromium: Browser, faults: list[str]) -> Iterator[Page]:
    context = watched(chromium, DESK, faults)
    yield context.new_page()
    context.close()
    assert faults == []


def look(page: Page, url: str, name: str) -> None:
    """The page opens and has nothing wrong in either theme."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200
    picture(page, name)
    assert wrongs(page, MOUSE) == []


@pytest.fixture
def treated(transactional_db: None, northside: Clinic, nia: Staff) -> list[Patient]:
    people = random_clinic(northside, nia, patients=33, sessions=4)
    person = people[0]
    session = person.sessions.first()
    assert session is not None
    score(person, START, 21, "phq9")
    score(person, START.replace(day=30), 11, "phq9")
    request(session, "3d", session.dose_started_at or START, answered=False)
    return people


def test_outcomes_at_a_desk(
    desk: Page, live_server: Any, treated: list[Patient], remy: Staff
) -> None:
    sign_in(desk.context, live_server.url, remy)
    look(desk, f"{live_server.url}/outcomes/?compare=route", "outcomes")
    expect(desk.locator("svg.ch")).to_have_count(5)
    expect(desk.get_by_label("Route", exact=True)).to_be_hidden()
    desk.get_by_text("More filters and definitions").click()
    desk.get_by_label("Route", exact=True).select_option("iv")
    desk.get_by_label("Compare by", exact=True).select_option("sessions")
    desk.get_by_role("button", name="Apply").click()
    expect(desk).to_have_url(re.compile("route=iv"))
    expect(desk.get_by_label("Route", exact=True), "what is asked for stands open").to_be_visible()
    expect(desk.locator("#filters-say")).to_contain_text("11 patients")
    # An answer that does not come: what stands there is of the filter before.
    desk.evaluate("document.getElementById('filters').onsubmit = () => false")
    desk.get_by_role("button", name="Apply").click()
    expect(desk.locator("#filters-say")).to_have_text("Working…")
    expect(desk.locator("main")).to_have_class(re.compile("is-slow"))
    desk.emulate_media(media="print")
    expect(desk.locator(".print-only")).to_contain_text("Compare by: session number · Route: IV")


def test_timeline_at_a_desk(
    desk: Page, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    sign_in(desk.context, live_server.url, dr_patel)
    url = f"{live_server.url}/patients/{treated[0].pk}/?weeks=all"
    look(desk, url, "timeline")
    assert desk.locator("svg.ch").count() == 2
    numbers = desk.locator("svg.ch a")
    numbers.nth(0).focus()
    desk.keyboard.press("ArrowRight")
    expect(numbers.nth(1)).to_be_focused()
    desk.keyboard.press("Enter")
    number = (numbers.nth(1).get_attribute("href") or "").removeprefix("#session-")
    expect(desk).to_have_url(re.compile(f"#session-{number}$"))
    expect(desk.locator(f"#session-{number}")).to_be_in_viewport()
    # On paper, across: no column is cut off at the side, and the definitions are printed.
    desk.emulate_media(media="print")
    desk.set_viewport_size({"width": 1047, "height": 760})
    expect(desk.get_by_text("halfway from the start to the best")).to_be_visible()
    table = desk.locator("[aria-labelledby=sessions-title] .table-wrap")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0


def test_patients_at_a_desk(
    desk: Page, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    sign_in(desk.context, live_server.url, dr_patel)
    look(desk, f"{live_server.url}/patients/", "patients")


def test_empty_states(desk: Page, live_server: Any, maya: Patient, dr_patel: Staff) -> None:
    sign_in(desk.context, live_server.url, dr_patel)
    look(desk, f"{live_server.url}/outcomes/?route=oral", "outcomes-empty")
    expect(desk.get_by_role("link", name="Clear filters")).to_be_visible()
    look(desk, f"{live_server.url}/patients/{maya.pk}/", "timeline-empty")


def test_pages_reflow_at_320_px(
    desk: Page, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    desk.set_viewport_size(SMALL_PHONE)
    sign_in(desk.context, live_server.url, dr_patel)
    for path in ("/patients/", f"/patients/{treated[0].pk}/?weeks=all", "/outcomes/"):
        desk.goto(f"{live_server.url}{path}")
        wide = desk.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
