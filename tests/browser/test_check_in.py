"""A whole check-in on a phone, through a risk answer to help, and the inbox that gets it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import Alert, InstrumentScore, ItemAnswer, Staff, TreatmentCourse
from tests.browser.looks import sign_in
from tests.browser.test_check_in_states import waits_for_the_server
from tests.conftest import make_session
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)
PHONES = [(390, 844), (320, 640)]
SHOTS = os.environ.get("AFTERGLOW_SHOTS")  # a folder to keep screenshots in


@pytest.fixture
def token(course: TreatmentCourse, nia: Staff) -> str:
    """A check-in that opened with the fourteenth day after the dose, which is now."""
    now = timezone.now()
    session = make_session(course, nia, now - timedelta(days=14))
    requests = plan_check_ins(session=session, by=nia, clock=lambda: now - timedelta(days=14))
    make_help_lines(course.clinic, tested=now)
    day_14 = next(request for request in requests if request.slot == "14d")
    return mint_link(by=nia, request=day_14)[1]


def looks_right(page: Page, name: str) -> None:
    """Nothing sticks out sideways, and axe finds nothing."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wide"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def small_targets(page: Page) -> list[str]:
    """What can be tapped and is smaller than 48 CSS px, links in sentences left out."""
    return page.evaluate(
        """() => [...document.querySelectorAll('a, button, label')].filter(e => {
            const box = e.getBoundingClientRect();
            const seen = box.width && getComputedStyle(e).visibility != 'hidden';
            return seen && !e.closest('p, .skip') && (box.width < 47.5 || box.height < 47.5);
        }).map(e => e.outerHTML.slice(0, 90))"""
    )


def go_on(page: Page) -> None:
    """Continue, to the page that the server answers with."""
    before = page.title()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function("before => document.title !== before", arg=before)


def half_of(sizes: list[Any]) -> list[Any]:
    """The large one light and the small one dark; the other two pairs are left to the soak."""
    large, small = sizes
    return [
        (large, "light"),
        (small, "dark"),
        pytest.param(large, "dark", marks=pytest.mark.soak),
        pytest.param(small, "light", marks=pytest.mark.soak),
    ]


@pytest.mark.parametrize(("size", "scheme"), half_of(PHONES))
def test_a_whole_check_in_with_a_risk_answer(
    chromium: Browser, live_server: Any, token: str, size: tuple[int, int], scheme: Any
) -> None:
    name = f"{size[0]}-{scheme}"
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=True,
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/c/{token}/")
    assert page.url == f"{live_server.url}/c/14d/1/"
    assert len(asked) <= 1 + 6
    assert token not in page.content()
    looks_right(page, f"mood-{name}")
    assert small_targets(page) == []
    go_on(page)
    assert page.title().startswith("Error:")
    expect(page.locator(".error-summary")).to_be_focused()
    looks_right(page, f"mood-error-{name}")
    page.get_by_label("4", exact=True).check()
    go_on(page)
    looks_right(page, f"compared-{name}")
    assert small_targets(page) == []
    page.get_by_label("A bit better").check()
    go_on(page)
    looks_right(page, f"thoughts-{name}")
    assert small_targets(page) == []
    page.get_by_label("No", exact=True).check()
    go_on(page)
    assert page.url.endswith("/c/14d/done/")
    looks_right(page, f"done-{name}")
    assert small_targets(page) == []
    page.get_by_role("link", name="Answer them now").click()
    looks_right(page, f"phq9-{name}")
    assert small_targets(page) == []
    page.get_by_role("button", name="Skip this question").click()
    page.wait_for_url("**/c/14d/5/")
    for _ in range(7):
        page.get_by_label("Several days").check()
        go_on(page)
    page.get_by_label("More than half the days").check()
    waits_for_the_server(page)
    go_on(page)
    assert page.url.endswith("/c/14d/12/"), "the answer of the post is the help page itself"
    assert page.get_by_role("heading", level=1).inner_text().startswith("Thank you for telling us")
    expect(page.locator('a[href^="tel:"]')).to_have_count(3)
    looks_right(page, f"help-risk-{name}")
    assert small_targets(page) == []
    page.get_by_role("link", name="I am safe for now").click()
    assert page.url.endswith("/c/14d/done/")
    page.get_by_role("link", name="Go on").click()
    while not page.url.endswith("/done/"):
        page.locator("label").first.click()
        go_on(page)
    page.goto(f"{live_server.url}/c/14d/1/")
    assert "You already sent these answers." in page.content()
    looks_right(page, f"sent-{name}")
    assert small_targets(page) == []
    page.goto(f"{live_server.url}/help-now/")
    looks_right(page, f"help-{name}")
    page.goto(f"{live_server.url}/c/{'x' * 43}/")
    looks_right(page, f"closed-{name}")
    context.close()
    assert not [url for url in asked[1:-1] if token in url]
    assert Alert.objects.get().level == "high"
    assert ItemAnswer.objects.count() == 20
    scores = {score.instrument: score.is_prorated for score in InstrumentScore.objects.all()}
    assert scores == {"mood_0_10": False, "phq9": True, "gad7": False}


def test_without_script_every_step_works(chromium: Browser, live_server: Any, token: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    page.locator("label", has_text="7").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Back").click()
    assert page.get_by_label("7", exact=True).is_checked()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("The same").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Yes, and I might act on it").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator('a[href^="tel:"]')).to_have_count(3)
    page.get_by_role("link", name="I am safe for now").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Thank you")
    context.close()
    assert [row.value for row in ItemAnswer.objects.order_by("answered_at")] == [7, 7, 2, 3]


def test_help_is_in_the_page_by_a_link_without_script(
    chromium: Browser, live_server: Any, token: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    assert not page.locator("#help").is_visible()
    context.set_offline(True)
    page.locator('a[href="#help"]').click()
    assert page.locator('#help a[href^="tel:"]').first.is_visible()
    context.set_offline(False)
    page.get_by_role("link", name="Get help now", exact=True).first.click()
    expect(page.locator('a[href^="tel:"]')).to_have_count(3)
    context.close()


def test_help_is_among_the_first_three_stops_and_stays_in_its_place(
    chromium: Browser, live_server: Any, token: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    places = set()
    page.goto(f"{live_server.url}/c/{token}/")
    for step in (1, 2, 10):
        page.goto(f"{live_server.url}/c/14d/{step}/")
        box = page.locator(".me-help").bounding_box()
        assert box is not None
        assert box["height"] >= 48
        places.add((round(box["x"]), round(box["y"])))
        page.locator("body").press("Tab")
        stops = []
        for _ in range(3):
            stops.append(page.evaluate("document.activeElement.className"))
            page.keyboard.press("Tab")
        assert "me-help" in stops
    assert len(places) == 1
    context.close()


def desk(chromium: Browser, live_server: Any, person: Staff, width: int, scheme: Any) -> Page:
    """A page of somebody who is signed in."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    sign_in(context, live_server.url, person)
    return context.new_page()


@pytest.mark.parametrize(("width", "scheme"), half_of([1440, 320]))
def test_the_inbox_shows_what_was_answered(
    chromium: Browser, live_server: Any, token: str, dr_patel: Staff, width: int, scheme: Any
) -> None:
    phone = Client()
    phone.get(f"/c/{token}/")
    phone.post("/c/14d/12/", {"write_key": uuid4(), "value": 3})
    page = desk(chromium, live_server, dr_patel, width, scheme)
    page.goto(f"{live_server.url}/alerts/")
    assert page.title().startswith("(1 high) Alerts")
    looks_right(page, f"alerts-{width}-{scheme}")
    page.get_by_role("button", name="I am taking this").click()
    page.get_by_role("button", name="Close the alert").click()
    assert page.title().startswith("Error:")
    looks_right(page, f"alert-error-{width}-{scheme}")
    page.get_by_label("Spoke with the patient: safe now").check()
    page.get_by_role("button", name="Close the alert").click()
    looks_right(page, f"alert-closed-{width}-{scheme}")
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), half_of([1180, 320]))
def test_links_are_made_and_paper_is_entered(
    chromium: Browser, live_server: Any, token: str, nia: Staff, width: int, scheme: Any
) -> None:
    page = desk(chromium, live_server, nia, width, scheme)
    page.goto(f"{live_server.url}/links/")
    looks_right(page, f"links-{width}-{scheme}")
    page.get_by_role("button", name="Card with code").first.click()
    looks_right(page, f"link-{width}-{scheme}")
    page.goto(f"{live_server.url}/links/")
    page.get_by_role("link", name="Enter from paper").first.click()
    looks_right(page, f"paper-{width}-{scheme}")
    page.goto(f"{live_server.url}/alerts/")
    looks_right(page, f"alerts-empty-{width}-{scheme}")
    page.context.close()
