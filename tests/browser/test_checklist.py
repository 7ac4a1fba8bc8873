"""What no other browser test holds of the nurse's screens: weight, gaps, reflow, motion, order.

Each screen is looked at as it is in an ordinary hour: six chairs, one in alarm, entries of each
kind in the session.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.models import Staff
from tests.browser.cut_off import type_effect, until
from tests.browser.looks import SMALL_PHONE, TABLET, first_asked, noted, picture, signed_in
from tests.browser.test_chairside import room
from tests.browser.test_live_states import TOO_CLOSE
from tests.promises.test_numbers_on_pages import unsafe
from tests.sessions_app.chairside_people import ONDANSETRON

__all__ = ["room"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
# Bytes, gzipped, of everything that a first visit fetches; the start and the end of a session are
# forms beside the live page and weigh no more than it.
WEIGHT = {"board": 90_000, "live": 120_000, "start": 120_000, "discharge": 120_000}
REQUESTS = 6
SCREENS = ("board", "live", "question", "choose", "start", "discharge", "outbox", "print", "pad")
ABOUT_A_PATIENT = ("board", "live", "question", "start", "discharge", "print")
RUNNING = """() => document.getAnimations().filter(
    (one) => one.playState === 'running').map((one) => String(one.animationName))"""


@pytest.fixture
def tablet(
    chromium: Browser, live_server: Any, nia: Staff, faults: list[str]
) -> Iterator[BrowserContext]:
    with signed_in(chromium, TABLET, live_server.url, nia, faults, has_touch=True) as context:
        yield context


def addresses(room: dict[str, Any]) -> dict[str, str]:
    calm, done, chair = room["calm"], room["done"], room["chairs"][5]
    return {
        "board": "/chairs/",
        "live": f"/s/{calm.pk}/",
        "question": f"/s/{room['alarm'].pk}/",
        "choose": f"/chairs/{chair.pk}/start/",
        "start": f"/chairs/{chair.pk}/start/?patient={room['waiting'].pk}",
        "discharge": f"/s/{done.pk}/discharge/",
        "outbox": "/outbox/",
        "print": f"/s/{calm.pk}/print/",
        "pad": "/pad/",
        "today": "/today/",
        "alerts": "/alerts/",
    }


@pytest.fixture
def given(room: dict[str, Any], nia: Staff) -> dict[str, Any]:
    """The room, where somebody was given another medicine and rated."""
    calm = room["calm"]
    record_medication(by=nia, session=calm, medicine=ONDANSETRON, write_key=None)
    record_rating(by=nia, session=calm, scale="clinic_0_4", score=2, write_key=None)
    return room


@pytest.mark.parametrize("screen", sorted(WEIGHT))
def test_a_first_visit_weighs_little_and_asks_for_little(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any], screen: str
) -> None:
    asked: list[str] = []
    page = tablet.new_page()
    page.on("request", lambda one: asked.append(one.url))
    page.goto(live_server.url + addresses(given)[screen])
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)  # the icon and the images of the styles come last
    first = first_asked(asked)
    assert len({url for url in first if "/static/" in url}) >= 4
    assert len(first) <= REQUESTS, first
    bodies = {url: page.request.get(url).body() for url in first}
    assert sum(len(gzip.compress(body)) for body in bodies.values()) <= WEIGHT[screen]
    scripts = [len(gzip.compress(body)) for url, body in bodies.items() if ".js" in url]
    assert 0 < sum(scripts) <= 40_000


def test_what_stands_side_by_side_is_not_tapped_by_mistake(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    page, found = tablet.new_page(), {}
    for name in SCREENS:
        page.goto(live_server.url + addresses(given)[name])
        picture(page, f"checklist-{name}")
        if close := page.evaluate(TOO_CLOSE):
            found[name] = close
    assert found == {}


def test_a_narrow_window_scrolls_one_way_only(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.set_viewport_size(SMALL_PHONE)
    for screen in ("today", "alerts"):
        page.goto(live_server.url + addresses(given)[screen])
        picture(page, f"checklist-{screen}-320")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, screen


def test_nothing_moves_where_somebody_asked_for_no_motion(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.emulate_media(reduced_motion="reduce")
    for name in SCREENS:
        page.goto(live_server.url + addresses(given)[name])
        assert page.evaluate(RUNNING) == [], name
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_an_entry_is_on_the_screen_before_the_server_has_it(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.goto(live_server.url + addresses(given)["live"])
    until(page, "window.afterglow && document.querySelector('#unsent')")
    on_the_way: list[Route] = []
    page.route("**/effects/", lambda route: on_the_way.append(route))
    type_effect(page, "Dizziness", "Mild")
    expect(page.locator("#unsent")).to_contain_text("Dizziness")
    assert not given["calm"].effects.filter(code="dizziness").exists()
    noted(page, on_the_way)
    on_the_way[0].continue_()
    expect(page.locator("#unsent")).to_be_hidden()
    assert given["calm"].effects.filter(code="dizziness").count() == 1


def test_no_page_about_a_patient_is_kept_by_the_browser_and_no_number_can_be_misread(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    """The scripts write numbers too: the page is read after they ran, with every panel in it."""
    page = tablet.new_page()
    for screen in SCREENS:
        answer = page.goto(live_server.url + addresses(given)[screen])
        assert answer is not None
        if screen in ABOUT_A_PATIENT:
            assert answer.headers["cache-control"] == "no-store", screen
            assert "referrer-policy" in answer.headers
        page.wait_for_load_state("load")
        assert unsafe(page.content()) == [], screen
        if screen == "live":
            assert "Ondansetron 4&nbsp;mg" in page.content()


@pytest.mark.parametrize(
    ("screen", "alarms"),
    [
        ("board", ".tag-high, .strip-high"),
        ("live", ".strip-high"),
        ("question", "#question .question:not(.question-medium)"),
        ("discharge", ".strip-high"),
    ],
)
def test_an_alarm_keeps_its_word_and_icon_in_forced_colours(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any], screen: str, alarms: str
) -> None:
    page: Page = tablet.new_page()
    page.emulate_media(forced_colors="active")
    page.goto(live_server.url + addresses(given)[screen])
    picture(page, f"checklist-{screen}-forced")
    tags = page.locator(alarms).locator("visible=true")
    assert tags.count() > 0
    for tag in tags.all():
        assert "High" in tag.inner_text()
        assert tag.locator("svg").first.is_visible()
        assert tag.evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)") >= 3


def test_what_is_chosen_is_seen_in_forced_colours(
    tablet: BrowserContext, live_server: Any, given: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.emulate_media(forced_colors="active")
    page.goto(live_server.url + addresses(given)["live"])
    page.locator("label:has(input[name=moaas][value='4'])").tap()
    fill = "(one) => getComputedStyle(one).backgroundColor"
    chosen, other = (
        page.locator(f"input[name=moaas][value='{level}'] + span").evaluate(fill) for level in "45"
    )
    assert chosen != other
    edge = "(one) => getComputedStyle(one).outlineWidth"
    assert page.locator("#panel-nav [aria-current]").evaluate(edge) == "3px"
    assert page.locator(".bar-tabs [aria-current]").evaluate(edge) == "3px"
    page.goto(live_server.url + addresses(given)["discharge"])
    ticked = page.locator("#checks .is-proven .box")
    assert ticked.count() == ticked.locator("svg:visible").count() > 0
    assert page.locator("#checks .is-open .box svg").count() == 0
