"""The chair board on a tablet: what it shows, that nothing moves, how an alarm reaches people."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from sessions_app.models import Alert, Clinic, Staff
from tests.browser.live_room import vitals
from tests.browser.looks import (
    CUT,
    DESK,
    FINGER,
    MOUSE,
    TABLET,
    first_asked,
    picture,
    sign_in,
    signed_in,
    watched,
    wrongs,
)
from tests.browser.test_chairside import room

__all__ = ["room"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)

SHIFT = """() => { window.shift = 0; new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shift += one.value;
}).observe({type: 'layout-shift', buffered: true}); }"""
COUNT_SOUNDS = """() => document.addEventListener(
  'afterglow:sounded', () => { window.heard = (window.heard || 0) + 1; })"""
PLACES = """() => [...document.querySelectorAll('.chair')].map(card => {
  const box = card.getBoundingClientRect(); return [card.id, box.x, box.y, box.width]; })"""


@pytest.fixture
def tablet(chromium: Browser, live_server: Any, nia: Staff, faults: list[str]) -> Any:
    """A tablet where Nia is signed in, with the board's address."""
    url = live_server.url
    with signed_in(chromium, TABLET, url, nia, faults, *CUT, has_touch=True) as context:
        yield context


def board(tablet: BrowserContext, live_server: Any, path: str = "/chairs/") -> Page:
    page = tablet.new_page()
    answer = page.goto(live_server.url + path)
    assert answer is not None
    assert answer.ok
    return page


def asked_again(page: Page) -> None:
    """A quarter of a minute passes, and the page has read what it then asked for."""
    with page.expect_response("**/chairs/live/") as said:
        page.clock.run_for(15_500)
    said.value.finished()
    page.evaluate("() => fetch('/chairs/live/').then((later) => later.text())")


def choose(page: Page, **chosen: str) -> None:
    """In the menu under the name."""
    page.locator("#menu > summary").click()
    for name, value in chosen.items():
        with page.expect_response("**/tablet/"):
            page.locator(f"label:has(input[name={name}][value={value}])").click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_six_chairs_fit_the_tablet_in_the_order_of_the_room(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], theme: str
) -> None:
    page = board(tablet, live_server)
    choose(page, theme=theme)
    picture(page, f"board-{theme}")
    assert wrongs(page, FINGER, in_dark=False) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    rows = page.evaluate(PLACES)
    assert [place[0] for place in rows] == [f"card-{chair.pk}" for chair in room["chairs"]]
    assert len({y for _id, _x, y, _w in rows}) == 2
    texts = page.locator(".chair").all_inner_texts()
    assert "Q.V." in texts[0]
    assert "Next reading in" in texts[0]
    assert "Repeat BP" in texts[1]
    assert "BP 184/106" in texts[1]
    assert "Discharge" in texts[2]
    assert "min overdue" in texts[3]
    assert "Next: L.A. at" in texts[5]
    strip = page.locator("#alarm-strip")
    assert "Chair 2 · Blood pressure 184/106" in strip.inner_text()
    assert "above 180 systolic for" in strip.inner_text()
    assert page.title().startswith("(!) ")


def test_a_tap_on_vitals_ends_with_the_cursor_in_systolic(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    page.locator(".chair").first.get_by_role("link", name="Vitals").click()
    page.wait_for_url(f"**/s/{room['calm'].pk}/#id_systolic")
    page.wait_for_function("() => document.activeElement.id === 'id_systolic'")


def test_a_tap_beside_the_buttons_opens_the_session(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    page.locator(".chair").first.locator(".chair-vitals").click(force=True)  # under the link
    page.wait_for_url(f"**/s/{room['calm'].pk}/")


def test_names_are_shown_where_the_tablet_says_so_and_initials_everywhere_else(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    assert "Quinn" not in page.content()
    choose(page, names="on")
    page.wait_for_function("() => document.body.innerText.includes('Quinn Vale')")
    page.reload()
    assert "Quinn Vale" in page.inner_text("#board"), "the tablet remembers it"


def test_theme_and_hand_are_there_in_the_servers_own_page(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    """No flash of light on a dark tablet: the first byte says it."""
    page = board(tablet, live_server)
    choose(page, theme="dark", hand="left")
    sent = page.request.get(f"{live_server.url}/chairs/").text()
    assert 'data-theme="dark"' in sent
    assert 'data-hand="left"' in sent


def test_an_alarm_reaches_every_staff_page_without_moving_a_card(
    chromium: Browser,
    tablet: BrowserContext,
    live_server: Any,
    room: dict[str, Any],
    nia: Staff,
    dr_patel: Staff,
    faults: list[str],
) -> None:
    for alert in Alert.objects.filter(session=room["alarm"]):
        alert.events.create(clinic=alert.clinic, kind="closed", by=nia, at=timezone.now())
    desk = watched(chromium, DESK, faults)
    sign_in(desk, live_server.url, dr_patel)
    pages = {
        "board": board(tablet, live_server),
        "session": board(tablet, live_server, f"/s/{room['done'].pk}/"),
        "today": board(tablet, live_server, "/today/"),
        "desk": board(desk, live_server, "/patients/"),
    }
    for page in pages.values():
        assert page.locator("#alarm-strip .strip").count() == 0
        page.evaluate(SHIFT)
    before = pages["board"].evaluate(PLACES)
    vitals(room["calm"], nia, 51, 188, 101, 90, 97, 15, 5)
    for name, page in pages.items():
        page.evaluate("() => window.afterglow.poll()")
        page.wait_for_selector("#alarm-strip .strip-high")
        assert "Chair 1" in page.inner_text("#alarm-strip"), name
        assert page.title().startswith("(!) "), name
        said = page.inner_text("#alarm-say")
        assert said == "High: Chair 1 · Blood pressure 188/101", name
        picture(page, f"alarm-{name}")
        if name != "session":  # its own tests look at the rest of that page
            assert wrongs(page, MOUSE if name == "desk" else FINGER, in_dark=False) == [], name
    assert pages["board"].evaluate(PLACES) == before
    assert pages["board"].evaluate("window.shift") <= 0.02
    assert pages["session"].evaluate("window.shift") <= 0.02
    assert pages["session"].locator(".bar-tabs .is-high").inner_text().startswith("Chair")
    desk.close()


def test_an_alarm_is_said_once_and_then_the_strip_is_quiet(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    page.wait_for_function("() => document.getElementById('alarm-say').textContent !== ''")
    assert page.get_attribute("#alarm-strip", "aria-live") == "off"
    page.evaluate("document.getElementById('alarm-say').textContent = ''")
    page.evaluate("() => window.afterglow.poll()")
    page.wait_for_timeout(500)
    assert page.inner_text("#alarm-say") == ""
    page.goto(f"{live_server.url}/today/")
    page.wait_for_timeout(600)
    assert page.inner_text("#alarm-say") == "", "known from the page before"


def test_the_sound_is_off_until_somebody_wants_it_and_can_be_silenced_for_two_minutes(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    page.evaluate(COUNT_SOUNDS)
    page.evaluate("() => window.afterglow.poll()")
    page.wait_for_timeout(300)
    assert page.evaluate("window.heard") is None
    assert page.locator("[data-silence]").is_hidden()
    choose(page, sound="on")
    page.wait_for_function("() => window.heard >= 1")
    page.locator("[data-silence]").click()
    assert page.locator("[data-silence]").inner_text().startswith("Silent until ")
    heard = page.evaluate("window.heard")
    page.evaluate("() => window.afterglow.poll()")
    page.wait_for_timeout(500)
    assert page.evaluate("window.heard") == heard
    assert page.locator("#alarm-strip .strip-high").count() == 1, "the strip stays"
    page.evaluate("localStorage.setItem('afterglow.silent-until', String(Date.now() - 1))")
    page.evaluate("() => window.afterglow.poll()")
    page.wait_for_function(f"() => window.heard > {heard}")


def test_the_board_turns_grey_after_30_s_and_says_so_after_two_minutes(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/chairs/")
    asked_again(page)
    assert page.locator("#stale-state").is_hidden()
    tablet.set_offline(True)
    page.clock.run_for(46_000)
    page.wait_for_selector("#stale-state:not([hidden])")
    assert page.inner_text("#stale-state").startswith("Not updated since ")
    assert page.locator("#stale-strip").is_hidden()
    assert "is-stale" in page.get_attribute("#board", "class")
    picture(page, "board-stale")
    page.clock.run_for(90_000)
    page.wait_for_selector("#stale-strip:not([hidden])")
    assert "This board stopped updating at" in page.inner_text("#stale-strip")
    picture(page, "board-dead")
    assert wrongs(page, FINGER) == []
    tablet.set_offline(False)
    asked_again(page)
    page.wait_for_selector("#stale-strip", state="hidden")


def test_a_minute_of_polling_moves_nothing(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/chairs/")
    page.evaluate(SHIFT)
    before = page.evaluate(PLACES)
    for systolic in (142, 143, 189, 141):
        vitals(room["calm"], nia, 51, systolic, 86, 80, 98, 15, 5)
        asked_again(page)
    assert page.evaluate(PLACES) == before
    assert page.evaluate("window.shift") <= 0.02


def test_a_tap_that_is_under_way_when_the_board_is_redrawn_still_counts(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    page = board(tablet, live_server)
    button = page.locator(".chair").first.get_by_role("link", name="Vitals")
    box = button.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    vitals(room["calm"], nia, 51, 133, 86, 80, 98, 15, 5)
    with page.expect_response("**/chairs/live/"):
        page.evaluate("() => { window.afterglow.poll(); }")
    page.wait_for_timeout(200)
    page.mouse.up()
    page.wait_for_url("**/#id_systolic")


def test_single_keys_open_chairs_and_can_be_switched_off(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    def pressed(key: str) -> str:
        page = board(tablet, live_server)
        page.keyboard.press(key)
        page.wait_for_url(lambda url: "/chairs/" not in url)
        where = page.url.removeprefix(live_server.url)
        page.close()
        return where

    calm, alarm = room["calm"].pk, room["alarm"].pk
    assert pressed("1") == f"/s/{calm}/"
    assert pressed("v") == f"/s/{alarm}/#id_systolic"
    assert pressed("s") == f"/s/{alarm}/#effects"
    assert pressed("a") == f"/s/{alarm}/"
    page = board(tablet, live_server)
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    picture(page, "board-keys")
    assert wrongs(page, FINGER) == []
    page.keyboard.press("Escape")
    choose(page, keys="off")
    page.locator("main h1").focus()
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    assert page.url.endswith("/chairs/")


def test_without_scripts_the_menu_and_the_board_work(
    chromium: Browser, live_server: Any, nia: Staff, room: dict[str, Any], faults: list[str]
) -> None:
    plain = watched(chromium, TABLET, faults, java_script_enabled=False)
    sign_in(plain, live_server.url, nia)
    page = board(plain, live_server)
    assert page.locator(".chair").count() == 6
    page.locator("#menu > summary").click()
    page.locator("label:has(input[name=theme][value=dark])").click()
    page.get_by_role("button", name="Keep on this tablet").click()
    assert page.url == f"{live_server.url}/chairs/"
    assert page.get_attribute("html", "data-theme") == "dark"
    plain.close()


def test_the_alarm_is_there_without_colour(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = board(tablet, live_server)
    page.emulate_media(forced_colors="active")
    picture(page, "board-forced-colours")
    page.emulate_media(forced_colors="none")
    page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
    picture(page, "board-grey")
    for card, word in ((".is-alarm", "High"), (".is-due", "Medium")):
        tag = page.locator(f"{card} .chair-status .tag")
        assert word in tag.inner_text()
        assert tag.locator("svg").is_visible()
        assert "!!" in tag.inner_text()


def test_the_board_is_light_and_asks_for_little(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    asked: list[str] = []
    page = tablet.new_page()
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{live_server.url}/chairs/")
    page.wait_for_load_state("networkidle")
    mine = [url for url in first_asked(asked) if "favicon" not in url]
    assert len(mine) <= 6, mine
    weight = sum(len(gzip.compress(page.request.get(url).body())) for url in mine)
    assert weight <= 90_000
    fragment = page.request.get(f"{live_server.url}/chairs/live/").body()
    assert len(gzip.compress(fragment)) <= 12_000


def test_an_empty_clinic_says_so(
    tablet: BrowserContext, live_server: Any, northside: Clinic
) -> None:
    page = board(tablet, live_server)
    assert "No sessions now." in page.inner_text("#board")
    picture(page, "board-empty")
    assert wrongs(page, FINGER) == []
