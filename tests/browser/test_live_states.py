"""Every state of the live session reads well in light and dark, and needs no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.record import raise_version
from sessions_app.models import Chair, Clinic, SideEffect, SignOff, Staff, TreatmentSession
from tests.browser.live_room import at_the_chair, calm, effect, tap_digits
from tests.browser.looks import FINGER, picture, wrongs
from tests.conftest import make_session

__all__ = ["calm"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
# Edges of neighbours that a finger could meet together, inside one card.
TOO_CLOSE = """() => {
    const seen = [...document.querySelectorAll('button, summary, a.btn, .bar-tabs a')].filter(
        one => one.checkVisibility({visibilityProperty: true}) && one.offsetWidth);
    const found = [];
    seen.forEach((a, i) => seen.slice(i + 1).forEach(b => {
        const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
        const dx = Math.max(p.left - q.right, q.left - p.right);
        const dy = Math.max(p.top - q.bottom, q.top - p.bottom);
        if (a.closest('section, header, nav') !== b.closest('section, header, nav')) return;
        if (Math.max(dx, dy) < 7.5) found.push(a.textContent.trim() + ' | ' + b.textContent.trim());
    }));
    return found;
}"""


def past_a_limit(page: Page) -> None:
    tap_digits(page, "184" + "106")
    page.locator("#save-reading").click()
    expect(page.locator("#question .question")).to_be_visible()


def impossible(page: Page) -> None:
    page.locator("#id_spo2").fill("9")
    page.locator("#save-reading").click()
    expect(page.locator(".error-summary")).to_be_visible()


def jumping(page: Page) -> None:
    tap_digits(page, "98" + "62")
    page.locator("#save-reading").click()
    expect(page.locator("#jump")).to_be_visible()


def grading(page: Page) -> None:
    page.locator("#quick-dizziness summary").click()
    expect(page.locator("#quick-dizziness .effect-grade")).to_be_visible()


def searching(page: Page) -> None:
    page.locator("#other-effect > summary").click()
    page.locator("#effect-search").fill("v")


def changing(page: Page) -> None:
    page.locator(".effect-more summary").first.click()


def severe(page: Page) -> None:
    page.locator("#quick-anxiety summary").click()
    page.locator("#quick-anxiety button[value=severe]").click()
    expect(page.locator(".effect-tell")).to_be_visible()


def reading_table(page: Page) -> None:
    page.locator("#panel-nav a[href='#readings']").click()
    expect(page.locator("#readings")).to_be_visible()


def typing_the_time(page: Page) -> None:
    page.locator("#change-time").click()


def leaving(page: Page) -> None:
    tap_digits(page, "13")
    page.get_by_role("link", name="Chairs").first.click()
    expect(page.locator("#leave")).to_be_visible()


def unsent(page: Page) -> None:
    page.evaluate("window.afterglowOutbox.ready")
    page.context.set_offline(True)
    tap_digits(page, "13284")
    page.locator("#save-reading").click()
    expect(page.locator("#chart .ch-unsent")).to_have_count(2)


STATES: list[Callable[[Page], None]] = [
    past_a_limit,
    impossible,
    jumping,
    grading,
    searching,
    changing,
    severe,
    reading_table,
    typing_the_time,
    leaving,
    unsent,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_each_state_reads_well_and_fits(
    chromium: Browser,
    live_server: Any,
    nia: Staff,
    calm: TreatmentSession,
    state: Callable[[Page], None],
) -> None:
    effect(calm, nia, "nausea", "mild", 26)
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        state(page)
        picture(page, f"live-{state.__name__}")
        found = wrongs(page, FINGER)
        assert found == [], "\n".join(found)
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.context.set_offline(False)


def test_the_ordinary_page_keeps_its_buttons_apart(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    effect(calm, nia, "nausea", "mild", 26)
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        picture(page, "live")
        assert wrongs(page, FINGER) == []
        assert page.evaluate(TOO_CLOSE) == []
        page.emulate_media(color_scheme="dark")
        picture(page, "live-dark")
        keypad = page.locator("#keypad [data-digit='5']").bounding_box()
        assert keypad["height"] >= 58
        assert page.locator("#save-reading").bounding_box()["height"] >= 60
        pad, record = page.locator(".live-right"), page.locator(".live-left")
        assert pad.bounding_box()["x"] > record.bounding_box()["x"], "the thumb's side"
        page.evaluate("document.body.dataset.hand = 'left'")
        assert pad.bounding_box()["x"] < record.bounding_box()["x"]


def test_before_the_first_reading_the_chart_asks_for_the_baseline(
    chromium: Browser, live_server: Any, nia: Staff, northside: Clinic, course: Any
) -> None:
    chair = Chair.objects.create(clinic=northside, name="1", position=1)
    session = make_session(course, nia, timezone.now() - timedelta(minutes=3), chair=chair)
    with at_the_chair(chromium, live_server.url, nia, session) as page:
        picture(page, "live-empty")
        assert "First reading: baseline" in page.locator("#chart").inner_text()
        assert page.locator("input[name=moaas]:checked").count() == 0, "no preset to overlook"
        assert page.locator("#was-systolic").inner_text() == ""
        assert wrongs(page, FINGER) == []


def test_a_signed_session_is_only_read(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        page.clock.install()
        page.reload()
        SignOff.objects.create(
            clinic=calm.clinic, session=calm, signed_by=nia, signed_at=timezone.now()
        )
        raise_version(calm.patient_id)
        page.clock.run_for(16_000)  # the page that is open learns of it by itself
        expect(page.locator("#closed")).to_contain_text("Signed")
        picture(page, "live-signed")
        assert page.locator("#reading-form").count() == 0
        assert page.get_by_role("link", name="Add amendment").is_visible()
        assert wrongs(page, FINGER) == []


def test_without_scripts_it_is_plain_forms(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm, java_script_enabled=False) as page:
        page.fill("#id_systolic", "98")
        page.fill("#id_diastolic", "62")
        assert page.locator("#keypad").is_hidden()
        page.locator("#save-reading").click()
        assert "a change of −43" in page.locator("#jump").inner_text()
        assert page.locator("#id_systolic").input_value() == "98"
        page.locator("#jump-yes").click()
        assert calm.readings.filter(systolic=98).exists()
        page.fill("#id_systolic", "184")
        page.fill("#id_diastolic", "106")
        page.locator("#save-reading").click()
        page.get_by_role("button", name="Yes, it is right").click()
        assert page.locator("#question .question").count() == 0
        page.locator("#quick-dizziness summary").click()
        page.locator("#quick-dizziness button[value=mild]").click()
        assert SideEffect.objects.get().grade == "mild"
        page.get_by_role("button", name="Worse Dizziness").click()
        page.get_by_role("button", name="Resolved Dizziness").click()
        assert SideEffect.objects.get().changes.count() == 2
        assert page.locator("#readings").is_visible(), "every part stands on the page"


def test_what_the_server_said_on_the_way_passes_and_moves_nothing(
    chromium: Browser, live_server: Any, nia: Staff, calm: TreatmentSession
) -> None:
    with at_the_chair(chromium, live_server.url, nia, calm) as page:
        stands = page.locator("#save-reading").bounding_box()
        reading = calm.readings.latest("taken_at")
        page.goto(f"{live_server.url}/s/{calm.pk}/strike/reading/{reading.pk}/")
        page.locator("main [name=reason]").first.fill("typed twice")
        page.locator("main form button").first.click()
        page.wait_for_url(f"**/s/{calm.pk}/")
        expect(page.locator("#toasts .toast")).to_be_visible()
        assert page.locator(".messages").count() == 0
        assert page.locator("#save-reading").bounding_box() == stands
