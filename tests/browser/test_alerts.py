"""The alerts inbox in a browser: it does not jump, says what is new, and is honest offline."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.alerts import close_alert, log_call, take_alert
from sessions_app.models import Alert, Clinic, Patient, Staff, TreatmentSession
from tests.browser.looks import (
    CUT,
    DESK,
    FINGER,
    MOUSE,
    PHONE,
    SMALL_PHONE,
    TABLET,
    first_asked,
    picture,
    signed_in,
    wrongs,
)
from tests.browser.test_live_states import TOO_CLOSE
from tests.conftest import make_course, make_prescription, make_session
from tests.sessions_app.calling_people import alert, high_alert, on_call
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> Any:
    return timezone.now()


@pytest.fixture
def cry(northside: Clinic, maya: Patient, nia: Staff, now: Any) -> Alert:
    """A high alert of 40 minutes about which two calls reached nobody, among one of each level."""
    make_help_lines(northside, tested=now)
    maya.safety_contact_name, maya.safety_contact_phone = "Rui Vale", "+49 30 0000077"
    maya.safety_plan = "Medicines locked by Rui."
    maya.save()
    raised = high_alert(maya, now - timedelta(minutes=40))
    for minutes in (30, 15):
        log_call(
            by=nia,
            alert=raised,
            result="no_answer",
            called="patient",
            write_key=None,
            clock=lambda ago=minutes: now - timedelta(minutes=ago),
        )
    alert(maya, "medium", "mood_fall", now - timedelta(hours=2), value="2", limit="7")
    alert(maya, "low", "check_in_missed", now - timedelta(days=2), value="24h")
    old = alert(maya, "medium", "thoughts", now - timedelta(hours=3), value="1")
    close_alert(by=nia, alert=old, outcome="spoke_safe", write_key=None)
    return raised


@pytest.fixture
def at_chair(maya: Patient, nia: Staff, dr_patel: Staff, now: Any, chair: Any) -> TreatmentSession:
    """A running session with a high blood pressure."""
    course = make_course(maya)
    order = make_prescription(
        course,
        dr_patel,
        valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=99),
    )
    session = make_session(
        course, nia, now - timedelta(minutes=30), prescription=order, chair=chair
    )
    alert(maya, "high", "systolic_high", now, session=session, value="186", limit="180")
    return session


@pytest.fixture
def desk(chromium: Browser, live_server: Any, dr_patel: Staff, faults: list[str]) -> Iterator[Page]:
    url = live_server.url
    with signed_in(chromium, DESK, url, dr_patel, faults, *CUT) as context:
        yield context.new_page()


def asked_again(page: Page) -> None:
    """What the page does by itself every 15 s."""
    with page.expect_response("**/alerts/live/**"):
        page.evaluate("window.afterglow.poll()")


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#inbox-items .item h3").all_inner_texts()]


@pytest.mark.parametrize(
    ("size", "least"),
    [
        (DESK, MOUSE),
        (SMALL_PHONE, FINGER),
        pytest.param(TABLET, FINGER, marks=pytest.mark.soak),
        pytest.param(PHONE, FINGER, marks=pytest.mark.soak),
    ],
    ids=["desk", "small-phone", "tablet", "phone"],
)
def test_every_state_is_readable_everywhere(
    chromium: Browser,
    live_server: Any,
    nia: Staff,
    cry: Alert,
    at_chair: TreatmentSession,
    size: dict[str, int],
    least: int,
    faults: list[str],
) -> None:
    has_touch = least == FINGER
    url = live_server.url
    with signed_in(chromium, size, url, nia, faults, has_touch=has_touch) as context:
        page = context.new_page()
        chair_alarm = Alert.objects.get(session=at_chair)
        closed = Alert.objects.get(code="thoughts")
        paths = ["", "?show=mine", "?show=closed"]
        paths += [f"{row.pk}/" for row in (cry, chair_alarm, closed)]
        wrong = []
        for number, path in enumerate(paths):
            page.goto(f"{live_server.url}/alerts/{path}")
            picture(page, f"alerts-{size['width']}-{number}")
            wrong += wrongs(page, least)
            if has_touch:
                wrong += [f"{path} too close: {one}" for one in page.evaluate(TOO_CLOSE)]
    assert wrong == []


def test_the_tab_counts_high_alerts_in_its_title_and_icon(
    desk: Page, live_server: Any, cry: Alert, at_chair: TreatmentSession
) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    assert desk.title() == "(2 high) Alerts · Afterglow"
    icon = desk.locator("link[rel=icon]")
    assert "%23b3141d" in icon.get_attribute("href"), "red while a high alert is open"
    close_alert(by=at_chair.opened_by, alert=cry, outcome="spoke_safe", write_key=None)
    chair_alarm = Alert.objects.get(session=at_chair)
    close_alert(by=at_chair.opened_by, alert=chair_alarm, outcome="seen_at_chair", write_key=None)
    asked_again(desk)
    expect(desk).to_have_title("Alerts · Afterglow")
    assert "%23b3141d" not in icon.get_attribute("href")


def test_the_oldest_high_alert_is_one_click_from_a_call(
    desk: Page, live_server: Any, cry: Alert, at_chair: TreatmentSession
) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    call = desk.get_by_role("link", name="Call safety contact Rui Vale")
    assert call.get_attribute("href") == "tel:+49300000077"
    assert call.bounding_box()["y"] < DESK["height"], "without scrolling"
    assert desk.locator("#alert-now").inner_text().startswith("40\u00a0min")
    chair = desk.get_by_role("link", name="NA at chair")
    assert chair.get_attribute("href") == f"/s/{at_chair.pk}/"
    words = ["High", "Medium", "Low", "Closed"]
    signs = desk.locator("#inbox-items .level svg")
    assert {sign.get_attribute("aria-label") for sign in signs.all()} == set(words)


def test_what_is_new_comes_by_itself_and_a_list_that_is_read_does_not_jump(
    desk: Page, live_server: Any, cry: Alert, maya: Patient, now: Any
) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    before = titles(desk)
    high_alert(maya, now)
    asked_again(desk)
    expect(desk.locator("#inbox-items .item")).to_have_count(len(before) + 1)
    assert desk.title().startswith("(2 high)")
    desk.locator("#inbox-items .item h3 a").nth(3).focus()
    reading = titles(desk)
    at = desk.locator("#inbox-items .item").nth(3).bounding_box()
    newest = high_alert(maya, now)
    asked_again(desk)
    news = desk.locator("#inbox-news")
    expect(news).to_be_visible()
    assert news.inner_text() == "New high alert. Show it."
    assert titles(desk) == reading, "nothing moved under the reader"
    assert desk.locator("#inbox-items .item").nth(3).bounding_box() == at
    assert desk.title().startswith("(3 high)"), "the count is never held back"
    assert desk.locator("#count-open").inner_text() == "5"
    desk.keyboard.press("Tab")
    news.click()
    expect(news).to_be_hidden()
    assert desk.locator(f"#inbox-items a[href='/alerts/{newest.pk}/']").count() == 1
    assert desk.evaluate("document.activeElement.matches('#inbox-items a')")


def test_a_colleagues_deed_changes_the_line_in_its_place(
    desk: Page, live_server: Any, cry: Alert, tom: Staff
) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    desk.locator("#inbox-items .item h3 a").first.focus()
    desk.locator("[name=call-note]").fill("half typed")
    take_alert(by=tom, alert=cry, write_key=None)
    desk.locator("#inbox-items .item h3 a").first.focus()
    asked_again(desk)
    expect(desk.locator("#inbox-items .item .who").first).to_have_text("Tom Oduya")
    expect(desk.locator("#alert-now")).to_contain_text("Tom Oduya")
    expect(desk.locator("#alert-story")).to_contain_text("Tom Oduya took it.")
    assert desk.locator("[name=call-note]").input_value() == "half typed"
    assert desk.evaluate("document.activeElement.matches('#inbox-items a')"), "focus stays"
    assert desk.locator("#inbox-news").is_hidden()


def test_a_new_high_alert_is_said_once(
    desk: Page, live_server: Any, cry: Alert, maya: Patient, now: Any
) -> None:
    desk.goto(f"{live_server.url}/alerts/{cry.pk}/")
    expect(desk.locator("#alarm-say")).to_have_text(
        "High alert: Thoughts of death or self-harm, PHQ-9 item 9, M.V."
    )
    alert(maya, "high", "thoughts", now, value="3")
    asked_again(desk)
    expect(desk.locator(".bar-nav [aria-current] .badge")).to_have_text("4")
    said = "High alert: Thoughts of suicide, might act on them, M.V."
    expect(desk.locator("#alarm-say")).to_have_text(said)
    desk.evaluate("document.getElementById('alarm-say').textContent = ''")
    asked_again(desk)
    expect(desk.locator("#alarm-say")).to_have_text("")


def test_keys_move_open_and_take_unless_switched_off(
    desk: Page, live_server: Any, cry: Alert, dr_patel: Staff
) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    chosen = "document.activeElement.getAttribute('href')"
    desk.keyboard.press("j")
    assert desk.evaluate(chosen) == f"/alerts/{cry.pk}/", "first the one that stands open"
    desk.keyboard.press("j")
    second = desk.evaluate(chosen)
    assert second != f"/alerts/{cry.pk}/"
    desk.evaluate("window.isStill = true")
    desk.keyboard.press("t")
    asked_again(desk)  # long enough for a form to be sent
    assert desk.evaluate("window.isStill"), "the open alert is not taken from another line"
    assert not cry.events.filter(kind="taken").exists()
    desk.keyboard.press("k")
    desk.keyboard.press("j")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    assert desk.url.endswith(second)
    with desk.expect_navigation():
        desk.keyboard.press("t")
    assert Alert.objects.get(code="mood_fall").events.get().owner == dr_patel
    desk.evaluate("window.afterglow.words.keys = 'off'")
    desk.keyboard.press("j")
    assert not desk.evaluate("document.activeElement.matches('#inbox-items a')")


def test_no_key_acts_while_somebody_types(desk: Page, live_server: Any, cry: Alert) -> None:
    desk.goto(f"{live_server.url}/alerts/")
    desk.locator("[name=close-note]").focus()
    desk.keyboard.type("just take")
    assert desk.locator("[name=close-note]").input_value() == "just take"
    assert not cry.events.filter(kind="taken").exists()


def test_without_a_network_it_says_so_and_who_is_still_told(
    desk: Page,
    live_server: Any,
    northside: Clinic,
    cry: Alert,
    dr_patel: Staff,
    now: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strip = desk.locator("#inbox-offline")
    desk.goto(f"{live_server.url}/alerts/")
    assert strip.is_hidden()
    desk.context.set_offline(True)
    expect(strip).to_be_visible()
    assert "You are offline. New alerts will not appear here." in strip.inner_text()
    assert "Nobody is on call now" in strip.inner_text()
    picture(desk, "alerts-offline")
    desk.context.set_offline(False)
    expect(strip).to_be_hidden()
    monkeypatch.setattr("sessions_app.alerting.rota.notifier_of", lambda channel: object())
    dr_patel.phone = "+49 30 0000002"
    dr_patel.save()
    on_call(dr_patel, now - timedelta(hours=1))
    desk.reload()
    desk.context.set_offline(True)
    expect(strip).to_contain_text("The on-call phone of Dr Asha Patel is still told.")
    desk.context.set_offline(False)


def test_a_list_that_stopped_updating_says_since_when(
    desk: Page, live_server: Any, cry: Alert, faults: list[str]
) -> None:
    desk.clock.install()
    desk.goto(f"{live_server.url}/alerts/")
    desk.route("**/alerts/live/**", lambda route: route.fulfill(status=503, body=""))
    desk.clock.run_for(45_000)
    expect(desk.locator("#stale-state")).to_be_visible()
    assert desk.locator("#stale-strip").is_hidden()
    desk.clock.run_for(120_000)
    expect(desk.locator("#stale-strip")).to_contain_text("New alerts have not appeared here since")
    picture(desk, "alerts-stale")
    desk.close()
    faults.clear()  # the answers that this test makes fail


def test_an_empty_inbox_proves_that_it_lives(
    desk: Page, live_server: Any, maya: Patient, nia: Staff, now: Any
) -> None:
    raised = high_alert(maya, now - timedelta(minutes=3))
    close_alert(by=nia, alert=raised, outcome="spoke_safe", write_key=None)
    desk.goto(f"{live_server.url}/alerts/")
    picture(desk, "alerts-empty")
    assert "No open alerts." in desk.inner_text("#inbox-items")
    assert "Check-ins expected today: 0, answered: 0." in desk.inner_text("#inbox-items")
    assert wrongs(desk, MOUSE) == []


def test_a_refused_outcome_takes_the_focus_and_keeps_what_was_typed(
    desk: Page, live_server: Any, cry: Alert
) -> None:
    desk.goto(f"{live_server.url}/alerts/{cry.pk}/")
    desk.get_by_label("Entered in error").check(force=True)
    desk.get_by_role("button", name="Close the alert").click()
    assert desk.title().startswith("Error: ")
    expect(desk.locator(".error-summary")).to_be_focused()
    assert desk.get_by_label("Entered in error").is_checked()
    picture(desk, "alerts-refused")
    desk.locator(".error-summary a").first.click()
    expect(desk.locator("[name=close-note]")).to_be_focused()
    asked_again(desk)
    assert desk.title().startswith("Error: (1 high)")
    desk.locator("[name=close-note]").fill("Tapped on the wrong patient")
    desk.get_by_role("button", name="Close the alert").click()
    expect(desk.locator("#alert-now")).to_contain_text("Entered in error")


def test_the_inbox_works_without_javascript(
    chromium: Browser, live_server: Any, dr_patel: Staff, cry: Alert, faults: list[str]
) -> None:
    url = live_server.url
    with signed_in(chromium, PHONE, url, dr_patel, faults, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/alerts/")
        page.locator("#inbox-items .item h3 a").first.click()
        page.get_by_role("button", name="I am taking this").click()
        assert "Dr Asha Patel" in page.inner_text("#alert-now")
        page.get_by_role("radio", name="Reached").check(force=True)
        page.get_by_role("button", name="Save the call").click()
        story = page.inner_text("#alert-story")
        assert "Dr Asha Patel called the patient and reached them." in story
        page.get_by_label("Spoke with the patient: safe now").check(force=True)
        page.get_by_role("button", name="Close the alert").click()
        assert "closed" in page.inner_text("#alert-now")
        page.get_by_role("link", name="All alerts").click()
        assert "Closed today" in page.inner_text("#inbox-items")


def test_a_first_visit_asks_for_six_things_at_most(
    desk: Page, live_server: Any, cry: Alert
) -> None:
    asked: list[str] = []
    desk.on("request", lambda one: asked.append(one.url))
    desk.goto(f"{live_server.url}/alerts/")
    desk.wait_for_timeout(500)  # the icon comes last
    first = first_asked(asked)
    assert 4 <= len(first) <= 6, first
    bodies = [desk.request.get(url).body() for url in first]
    assert sum(len(gzip.compress(body)) for body in bodies) <= 90_000
