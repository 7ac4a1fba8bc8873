"""My progress on a phone: readable, reachable, light, the same in the dark and without a script."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import (
    Clinic,
    Patient,
    Staff,
    TreatmentCourse,
)
from tests.browser.looks import FINGER, PHONE, SMALL_PHONE, picture, watched, wrongs
from tests.conftest import make_session
from tests.sessions_app.check_in_people import make_help_lines
from tests.sessions_app.progress_people import answered

pytestmark = pytest.mark.django_db(transaction=True)
HEAVIEST = 60 * 1024  # bytes, compressed
MOST_REQUESTS = 6

# Boxes of the chart's words that lie over each other, and the smallest of them in CSS px.
WORDS = """() => {
    const texts = [...document.querySelectorAll('svg.ch text')];
    const boxes = texts.map(t => t.getBoundingClientRect());
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom
        && b.top < a.bottom;
    const overlaps = boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => meet(a, b)).map(
        b => [texts[i], texts[boxes.indexOf(b)]].map(t => t.textContent).join(' / ')));
    const svg = document.querySelector('svg.ch');
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const sizes = texts.map(
        t => parseFloat(getComputedStyle(t).fontSize) * scale);
    return {overlaps, smallest: Math.min(...sizes), out: boxes.filter(
        b => b.left < 0 || b.right > innerWidth).length};
}"""


@pytest.fixture
def token(course: TreatmentCourse, nia: Staff, northside: Clinic, maya: Patient) -> str:
    """A link that is open now, after eight weeks of answers and three treatments."""
    now = timezone.now()
    make_help_lines(northside, tested=now)
    for weeks in (8, 5):
        make_session(course, nia, now - timedelta(weeks=weeks))
    session = make_session(course, nia, now - timedelta(days=14))
    for days in range(0, 56, 3):
        felt_ago(maya, days=56 - days, mood=3 + days // 12)
    asked = plan_check_ins(session=session, by=nia, clock=lambda: now - timedelta(days=14))
    return mint_link(by=nia, request=next(one for one in asked if one.slot == "14d"))[1]


def felt_ago(patient: Patient, *, days: float, mood: int) -> None:
    at = timezone.now() - timedelta(days=days)
    answered(patient, at, {"mood_0_10": mood, "pain_0_10": 10 - mood})


def unlock(page: Page, url: str, token: str, year: str = "1979") -> None:
    page.goto(f"{url}/c/{token}/")
    page.goto(f"{url}/my-progress/")
    page.get_by_label("The year you were born").fill(year)
    page.get_by_role("button", name="Show my progress").click()


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE], ids=["390", "320"])
def test_nothing_is_wrong_with_the_lock_and_the_page(
    live_server: Any, chromium: Browser, token: str, maya: Patient, size: dict[str, int]
) -> None:
    faults: list[str] = []
    context = watched(chromium, size, faults)
    page = context.new_page()
    unlock(page, live_server.url, token, "1950")
    assert page.title().startswith("Error: ")
    expect(page.locator(".error-summary")).to_be_focused()
    wrong = wrongs(page, FINGER)
    picture(page, f"progress-lock-{size['width']}")
    page.get_by_label("The year you were born").fill("1979")
    page.get_by_role("button", name="Show my progress").click()
    wrong += wrongs(page, FINGER)
    picture(page, f"progress-{size['width']}")
    page.get_by_text("The same as a list").click()
    wrong += wrongs(page, FINGER)
    for days_ago in (0.3, 0.2, 0.1):
        felt_ago(maya, days=days_ago, mood=1)
    page.reload()
    wrong += wrongs(page, FINGER)
    picture(page, f"progress-help-{size['width']}")
    assert page.locator(".me-care").bounding_box()["y"] < page.locator("svg.ch").bounding_box()["y"]
    context.close()
    assert [*wrong, *faults] == []


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE], ids=["390", "320"])
def test_the_words_of_the_chart_are_large_and_apart(
    live_server: Any, chromium: Browser, token: str, size: dict[str, int]
) -> None:
    context = watched(chromium, size, [])
    page = context.new_page()
    unlock(page, live_server.url, token)
    words = page.evaluate(WORDS)
    context.close()
    assert (words["overlaps"], words["out"]) == ([], 0)
    assert words["smallest"] >= 13


def test_it_is_light_and_asks_for_little(live_server: Any, chromium: Browser, token: str) -> None:
    context = watched(chromium, PHONE, [])
    page = context.new_page()
    unlock(page, live_server.url, token)
    fresh = context.new_page()
    answers: list[Any] = []
    fresh.on("response", lambda answer: answers.append(answer))
    fresh.goto(f"{live_server.url}/my-progress/", wait_until="networkidle")
    weight = sum(len(gzip.compress(answer.body())) for answer in answers)
    assert fresh.locator("svg.ch").count() == 1
    context.close()
    assert len(answers) <= MOST_REQUESTS
    assert weight <= HEAVIEST, f"{weight} bytes"


def test_it_works_without_a_script(live_server: Any, chromium: Browser, token: str) -> None:
    context = watched(chromium, PHONE, [], java_script_enabled=False)
    page = context.new_page()
    unlock(page, live_server.url, token)
    assert page.locator("h1").inner_text().startswith("Your mood since")
    assert page.locator("svg.ch").count() == 1
    page.get_by_text("The same as a list").click()
    assert page.locator("table.data").is_visible()
    with page.expect_download() as taken:
        page.get_by_text("Download my answers").click()
    assert taken.value.suggested_filename == "my-answers.csv"
    page.get_by_role("button", name="Close my progress").click()
    assert page.get_by_label("The year you were born").is_visible()
    context.close()


def test_help_is_among_the_first_three_stops_of_both_pages(
    live_server: Any, chromium: Browser, token: str
) -> None:
    context = watched(chromium, PHONE, [])
    page = context.new_page()
    unlock(page, live_server.url, token)
    for _ in range(2):
        stops = []
        page.evaluate("document.activeElement.blur()")
        for _ in range(3):
            page.keyboard.press("Tab")
            stops.append(page.evaluate("document.activeElement.getAttribute('href')"))
        assert "/help-now/" in stops
        shut = page.get_by_role("button", name="Close my progress")
        if shut.count():
            shut.click()
    context.close()
