"""The physician's and the researcher's pages in a browser: whole and readable, in both themes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from sessions_app.models import Clinic, Patient, Staff
from tests.conftest import START
from tests.reports.invented import random_clinic, request, score

SHOTS = os.environ.get("AFTERGLOW_SHOTS")  # a directory to keep pictures in
DESK = {"width": 1440, "height": 900}


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plain(chromium: Browser, theme: str) -> Iterator[Page]:
    """A desk in one of the two themes."""
    context = chromium.new_context(viewport=DESK, color_scheme=theme, locale="en-GB")
    yield context.new_page()
    context.close()


def sign_in(page: Page, live_server: Any, person: Staff) -> None:
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def look(page: Page, url: str, name: str) -> None:
    """The page opens, nothing sticks out sideways, axe finds nothing."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


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
    plain: Page, theme: str, live_server: Any, treated: list[Patient], remy: Staff
) -> None:
    sign_in(plain, live_server, remy)
    look(plain, f"{live_server.url}/outcomes/?indication=depression", f"outcomes-{theme}")
    assert plain.locator("svg.ch").count() == 2


def test_timeline_at_a_desk(
    plain: Page, theme: str, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    sign_in(plain, live_server, dr_patel)
    url = f"{live_server.url}/patients/{treated[0].pk}/?weeks=all"
    look(plain, url, f"timeline-{theme}")
    assert plain.locator("svg.ch").count() == 2


def test_patients_at_a_desk(
    plain: Page, theme: str, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    sign_in(plain, live_server, dr_patel)
    look(plain, f"{live_server.url}/patients/", f"patients-{theme}")


def test_empty_states(
    plain: Page, theme: str, live_server: Any, maya: Patient, dr_patel: Staff
) -> None:
    sign_in(plain, live_server, dr_patel)
    look(plain, f"{live_server.url}/outcomes/?route=oral", f"outcomes-empty-{theme}")
    assert plain.get_by_role("link", name="Clear filters").is_visible()
    look(plain, f"{live_server.url}/patients/{maya.pk}/", f"timeline-empty-{theme}")


def test_pages_reflow_at_320_px(
    page: Page, live_server: Any, treated: list[Patient], dr_patel: Staff
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    sign_in(page, live_server, dr_patel)
    for path in ("/patients/", f"/patients/{treated[0].pk}/?weeks=all", "/outcomes/"):
        page.goto(f"{live_server.url}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
