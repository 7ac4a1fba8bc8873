"""A check-in without a signal, on a busy server, with large text, and how much it asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import (
    Alert,
    CheckInRequest,
    ItemAnswer,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from tests.browser.looks import (
    CUT,
    FINGER,
    PHONE,
    SMALL_PHONE,
    noted,
    picture,
    unexpected,
    watched,
    wrongs,
)
from tests.conftest import make_session
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)
HELP_MS = 500  # how long a page waits for the server before it shows its own help


def link_to(course: TreatmentCourse, nia: Staff, slot: str, ago: timedelta) -> tuple[str, Any]:
    """A fresh link to one check-in of a dose that was given so long ago."""
    now = timezone.now()
    session: TreatmentSession = make_session(course, nia, now - ago)
    requests = plan_check_ins(session=session, by=nia, clock=lambda: now - ago)
    make_help_lines(course.clinic, tested=now)
    asked: CheckInRequest = next(one for one in requests if one.slot == slot)
    return mint_link(by=nia, request=asked)[1], asked


@pytest.fixture
def at_2h(course: TreatmentCourse, nia: Staff) -> str:
    """Four daily questions, two hours after the dose."""
    return link_to(course, nia, "2h", timedelta(hours=2))[0]


@pytest.fixture
def context(chromium: Browser, faults: list[str]) -> Iterator[BrowserContext]:
    """A phone. Cuts of the network that a test makes are no fault."""
    opened = watched(chromium, PHONE, faults, has_touch=True)
    yield opened
    opened.close()
    assert unexpected(faults, (*CUT, "ERR_ABORTED", "status of 503")) == []


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def answer(page: Page, words: str) -> None:
    """Two taps: the answer and Continue; then another question or page is there."""
    before = heading(page)
    page.get_by_label(words, exact=True).tap()
    page.get_by_role("button", name="Continue").tap()
    page.wait_for_function("was => document.querySelector('h1').innerText !== was", arg=before)


def waits_for_the_server(page: Page) -> None:
    """From here on the page's own help never comes before the server's, however slow that is."""
    page.evaluate(
        f"""() => {{ const real = window.setTimeout;
            window.setTimeout = (deed, ms, ...more) =>
                ms === {HELP_MS} ? 0 : real(deed, ms, ...more); }}"""
    )


def help_says(page: Page, words: str) -> None:
    page.locator("#help-state", has_text=words).wait_for()


def said() -> list[tuple[str, int | None]]:
    rows = ItemAnswer.objects.order_by("answered_at", "id")
    return list(rows.values_list("instrument", "value"))


def cut_off_at_once(context: BrowserContext, live_server: Any, token: str) -> Page:
    """The first question was opened with a signal and answered without one."""
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    context.set_offline(True)
    answer(page, "4")
    return page


WHOLE = [("mood_0_10", 4), ("compared_before", 3), ("still_bothering", 1), ("thoughts", 0)]


def test_the_daily_questions_take_eight_taps(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{at_2h}/")
    for words in ("4", "A bit better", "Yes, a little", "No"):
        answer(page, words)  # two taps
    assert heading(page) == "Thank you. That is all for today."
    assert page.get_by_text("Do not drive until tomorrow, after sleep.").is_visible()
    assert "more questions" not in page.content()
    assert said() == WHOLE


def test_without_a_signal_every_answer_is_kept_and_sent_in_order(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = cut_off_at_once(context, live_server, at_2h)
    assert page.locator("#state").inner_text().startswith("No signal. Your answers are kept")
    assert wrongs(page, FINGER) == []
    picture(page, "offline-question")
    answer(page, "A bit better")
    answer(page, "Yes, a little")
    answer(page, "No")
    assert heading(page) == "Thank you. Your answers are on this phone."
    assert wrongs(page, FINGER) == []
    picture(page, "offline-end")
    assert said() == []
    context.set_offline(False)
    page.wait_for_url("**/c/2h/done/")
    assert said() == WHOLE


def test_answers_kept_on_the_phone_are_sent_after_a_reload(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = cut_off_at_once(context, live_server, at_2h)
    answer(page, "A bit better")
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{at_2h}/")
    page.wait_for_url("**/c/2h/3/")
    assert said() == WHOLE[:2]
    kept = page.evaluate(
        """async () => new Promise(done => {
            const opening = indexedDB.open("afterglow-me", 1);
            opening.onsuccess = () => {
                const all = opening.result.transaction("answers").objectStore("answers").getAll();
                all.onsuccess = () => done(all.result.length);
            };
        })"""
    )
    assert kept == 0


def test_what_is_kept_on_the_phone_cannot_be_read_there(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = cut_off_at_once(context, live_server, at_2h)
    kept = page.evaluate(
        """async () => new Promise(done => {
            const opening = indexedDB.open("afterglow-me", 1);
            opening.onsuccess = () => {
                const at = opening.result.transaction(["answers", "key"]);
                const rows = at.objectStore("answers").getAll(), key = at.objectStore("key").get(1);
                at.oncomplete = () => done([rows.result.length, key.result.extractable,
                    new TextDecoder().decode(rows.result[0].data).includes("mood")]);
            };
        })"""
    )
    assert kept == [1, False, False]


def to_the_thoughts(page: Page, live_server: Any, token: str) -> None:
    page.goto(f"{live_server.url}/c/{token}/")
    for words in ("4", "A bit better", "Yes, a little"):
        answer(page, words)


@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (SMALL_PHONE, "dark")], ids=["390-light", "320-dark"]
)
def test_after_a_risk_answer_without_a_signal_help_is_there(
    context: BrowserContext,
    live_server: Any,
    at_2h: str,
    size: Any,
    scheme: Any,
) -> None:
    page = context.new_page()
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    to_the_thoughts(page, live_server, at_2h)
    context.set_offline(True)
    page.get_by_label("Yes, and I might act on it").tap()
    page.get_by_role("button", name="Continue").tap()
    expect(page.locator('#help a[href^="tel:"]').first).to_be_visible()
    assert page.locator('#help a[href^="tel:"]').first.get_attribute("href") == "tel:0001110"
    help_says(page, "Nobody has seen")
    assert heading(page) == "Please talk to someone now."
    assert wrongs(page, FINGER) == []
    picture(page, f"offline-help-{size['width']}-{scheme}")
    context.set_offline(False)
    help_says(page, "saved")
    assert page.locator('#help a[href^="tel:"]').first.is_visible(), "nothing moves under a finger"
    assert Alert.objects.get().code == "thoughts"
    page.get_by_role("link", name="I am safe for now").tap()
    page.wait_for_url("**/c/2h/done/")
    assert said() == [*WHOLE[:3], ("thoughts", 3)]


def test_a_server_that_is_slow_to_answer_does_not_keep_help_waiting(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = context.new_page()
    to_the_thoughts(page, live_server, at_2h)
    on_the_way: list[Route] = []
    page.route("**/c/2h/4/", lambda route: on_the_way.append(route))
    page.get_by_label("Yes, passing thoughts").tap()
    page.get_by_role("button", name="Continue").tap()
    expect(page.locator('#help a[href^="tel:"]').first).to_be_visible()
    noted(page, on_the_way)
    assert len(said()) == 3, "the server has not had the answer yet"
    on_the_way[0].continue_()
    help_says(page, "saved")
    assert Alert.objects.get().level == "medium"


def test_a_risk_answer_with_a_signal_is_answered_by_the_help_page(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = context.new_page()
    to_the_thoughts(page, live_server, at_2h)
    waits_for_the_server(page)
    page.get_by_label("I would rather not say").tap()
    page.get_by_role("button", name="Continue").tap()
    page.get_by_text("Would you like to talk to someone?").wait_for()
    assert page.url.endswith("/c/2h/4/")
    assert wrongs(page, FINGER) == []


def test_a_server_in_trouble_loses_no_answer(
    context: BrowserContext, live_server: Any, at_2h: str
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{at_2h}/")
    page.route("**/c/2h/1/", lambda route: route.fulfill(status=503, body="busy"))
    answer(page, "4")
    page.unroute("**/c/2h/1/")
    answer(page, "A bit better")
    assert said() == WHOLE[:2]


def test_a_kept_answer_reaches_only_the_check_in_that_it_was_given_to(
    context: BrowserContext, live_server: Any, course: TreatmentCourse, nia: Staff
) -> None:
    """Two people, one phone: what the first one said without a signal is not the second one's."""
    token, asked = link_to(course, nia, "2h", timedelta(hours=2))
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    page.evaluate("document.querySelector('[name=asked]').value = crypto.randomUUID()")
    context.set_offline(True)
    answer(page, "4")
    context.set_offline(False)
    page.goto(f"{live_server.url}/c/2h/1/")
    page.get_by_label("7", exact=True).tap()
    page.get_by_role("button", name="Continue").tap()
    page.wait_for_url("**/c/2h/2/")
    assert said() == [("mood_0_10", 7)]
    assert asked.check_in.answers.count() == 1


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE], ids=["390", "320"])
def test_text_of_twice_the_size_is_not_cut(
    context: BrowserContext, live_server: Any, at_2h: str, size: Any
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": size["width"] // 2, "height": size["height"] // 2})
    page.goto(f"{live_server.url}/c/{at_2h}/")
    for words in ("4", "A bit better", "Yes, a little", "No"):
        cut = page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter(one =>
                one.checkVisibility() && one.children.length === 0 && one.innerText
                && !one.closest('.vh') && one.scrollWidth > one.clientWidth + 1
                && getComputedStyle(one).display !== 'inline').map(one => one.outerHTML)"""
        )
        assert cut == []
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')].filter(one => one.checkVisibility()
                && !one.closest('.skip') && one.getBoundingClientRect().right > innerWidth + 1)
                .map(one => one.outerHTML.slice(0, 90))"""
        )
        assert wide == []
        picture(page, f"twice-{size['width']}-{words.split()[0]}")
        answer(page, words)


def test_early_and_over_say_when_the_next_one_comes(
    context: BrowserContext, live_server: Any, course: TreatmentCourse, nia: Staff
) -> None:
    token, asked = link_to(course, nia, "24h", timedelta(hours=2))
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    assert heading(page) == "You are early."
    assert wrongs(page, FINGER) == []
    picture(page, "early")
    CheckInRequest.objects.filter(pk=asked.pk).update(
        opens_at=timezone.now() - timedelta(hours=9),
        closes_at=timezone.now() - timedelta(minutes=1),
    )
    page.goto(f"{live_server.url}/c/24h/1/")
    assert heading(page) == "This check-in is not open."
    assert page.get_by_text("Your next check-in:").is_visible()
    assert wrongs(page, FINGER) == []
    picture(page, "over")
