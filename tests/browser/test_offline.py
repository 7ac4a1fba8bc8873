"""Offline is a normal state: what is typed without a network is kept, shown, and sent once."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Route, expect

from sessions_app.models import SignOff, Staff, TreatmentSession, VitalReading
from tests.browser.cut_off import (
    KEPT,
    opened,
    pad_is_empty,
    tablet,
    type_effect,
    type_reading,
    wait_kept,
)
from tests.browser.looks import FINGER, picture, sign_in, wrongs
from tests.browser.test_chairside import room

__all__ = ["room", "tablet"]  # the fixtures
pytestmark = pytest.mark.django_db(transaction=True)
APART_S = 2  # between what a test types one after the other
LAG = timedelta(seconds=20)  # a page that arrives slowly is behind the server's clock


def times(session: TreatmentSession) -> list[datetime]:
    rows = VitalReading.objects.filter(session=session, client_clock__isnull=False)
    return [row.taken_at for row in rows.order_by("taken_at")]


def test_what_is_typed_without_a_network_is_kept_over_a_reload_and_sent_once_each(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    before = (session.readings.count(), session.effects.count())
    page = opened(tablet, live_server, session)
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    tablet.set_offline(True)
    begun = timezone.now()
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    pad_is_empty(page)
    page.wait_for_timeout(APART_S * 1000)
    type_reading(page, 134, 86)
    wait_kept(page, 2)
    pad_is_empty(page)
    page.wait_for_timeout(APART_S * 1000)
    type_effect(page, "Dizziness", "Mild")
    wait_kept(page, 3)
    expect(page.locator("#unsent li")).to_have_count(3)
    expect(page.locator("#unsent")).to_contain_text("◌")
    expect(page.locator("#unsent")).to_contain_text("133/85")
    expect(page.locator("#unsent")).to_contain_text("Mild")
    expect(page.locator("#unsent")).to_contain_text("not sent yet")
    state = page.locator("#outbox-state")
    expect(state).to_have_text("Offline · 3 entries kept here, will send")
    picture(page, "offline-session")
    assert wrongs(page, FINGER) == []

    page.reload()
    assert page.title().startswith("Offline pad")
    expect(page.locator("#pad-kept li")).to_have_count(3)
    expect(state).to_have_text("Offline · 3 entries kept here, will send")
    assert (session.readings.count(), session.effects.count()) == before

    sent = timezone.now()
    tablet.set_offline(False)
    expect(state).to_contain_text("3 entries sent")
    wait_kept(page, 0)
    assert (session.readings.count(), session.effects.count()) == (before[0] + 2, before[1] + 1)
    effect = session.effects.get(code="dizziness")
    taken = [*times(session), effect.taken_at]
    assert begun - LAG < taken[0] and taken[-1] < sent
    apart = [later - earlier for earlier, later in pairwise(taken)]
    assert len(apart) == 2 and min(apart) >= timedelta(seconds=APART_S)
    assert not VitalReading.objects.filter(is_time_corrected=True).exists()
    page.goto(f"{live_server.url}/s/{session.pk}/")
    expect(page.locator("#unsent")).to_be_hidden()


def test_three_deliveries_of_each_entry_make_one_row_each(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    before = (session.readings.count(), session.effects.count())
    page = opened(tablet, live_server, session)
    sent: list[str] = []

    def lose_the_answer(route: Route) -> None:
        """The server has it, but the tablet does not learn so the first two times."""
        key = route.request.post_data.split("write_key=")[1].split("&")[0]  # type: ignore[union-attr]
        sent.append(key)
        if sent.count(key) < 3:
            route.fetch()
            route.abort("connectionfailed")
        else:
            route.continue_()

    page.route(
        f"**/s/{session.pk}/**",
        lambda route: (
            lose_the_answer(route) if route.request.method == "POST" else route.fallback()
        ),
    )
    type_reading(page, 135, 87)
    wait_kept(page, 1)
    type_effect(page, "Dizziness", "Mild")
    for _each in range(8):
        page.evaluate("window.afterglowOutbox.flush()")
        page.wait_for_timeout(400)
    wait_kept(page, 0)
    assert sorted(sent.count(key) for key in set(sent)) == [3, 3]
    assert (session.readings.count(), session.effects.count()) == (before[0] + 1, before[1] + 1)


def test_two_tabs_send_each_entry_once(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    before = session.readings.count()
    first = opened(tablet, live_server, session)
    second = tablet.new_page()
    second.goto(f"{live_server.url}/chairs/")
    posts: list[str] = []
    for page in (first, second):
        page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    tablet.set_offline(True)
    type_reading(first, 133, 85)
    wait_kept(second, 1)
    expect(second.locator(f"[data-session='{session.pk}'] [data-unsent]")).to_be_visible()
    posts.clear()
    tablet.set_offline(False)
    for page in (first, second):
        page.evaluate("window.afterglowOutbox.flush()")
    wait_kept(first, 0)
    wait_kept(second, 0)
    assert session.readings.count() == before + 1
    assert len([url for url in posts if "/readings/" in url]) == 1


def test_a_log_in_that_ended_loses_nothing(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.clear_cookies(name="sessionid")
    type_reading(page, 133, 85)
    expect(page.locator("#outbox-state")).to_have_text("1 entry waits for your log-in")
    assert page.evaluate(KEPT) == 1
    sign_in(tablet, live_server.url, nia)
    page.evaluate("window.afterglowOutbox.flush()")
    wait_kept(page, 0)
    assert session.readings.count() == before + 1


def test_a_stale_token_is_fetched_anew(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.clear_cookies(name="csrftoken")
    with page.expect_response(lambda one: "/readings/" in one.url and one.status == 200):
        type_reading(page, 133, 85)
    wait_kept(page, 0)
    assert session.readings.count() == before + 1


def test_a_tablet_that_was_away_at_the_sign_off_brings_a_late_entry(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], tom: Staff
) -> None:
    session = room["calm"]
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    page.wait_for_timeout(50)
    SignOff.objects.create(
        clinic=session.clinic, session=session, signed_by=tom, signed_at=timezone.now()
    )
    tablet.set_offline(False)
    wait_kept(page, 0)
    assert session.readings.get(systolic=133).is_late_entry


def test_order_is_kept_within_a_session(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    for value in (131, 132, 133):
        type_reading(page, value, 85)
        pad_is_empty(page)
    wait_kept(page, 3)
    tablet.set_offline(False)
    wait_kept(page, 0)
    rows = session.readings.filter(client_clock__isnull=False).order_by("recorded_at")
    assert [row.systolic for row in rows] == [131, 132, 133]


def test_without_storage_a_form_posts_as_it_always_did(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    before = session.effects.count()
    tablet.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    page = tablet.new_page()
    page.goto(f"{live_server.url}/s/{session.pk}/")
    type_effect(page, "Dizziness", "Mild")
    page.wait_for_load_state()
    expect(page.locator("#effects")).to_contain_text("Dizziness")
    assert session.effects.count() == before + 1


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_is_wrong_shifts_no_time(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], minutes: int
) -> None:
    """On the session's page and on the pad: the device's clock only measures what has passed."""
    session = room["calm"]
    tablet.add_init_script(
        f"""{{ const Real = Date, ahead = {minutes * 60000};
        window.Date = class extends Real {{
          constructor(...given) {{ given.length ? super(...given) : super(Real.now() + ahead); }}
          static now() {{ return Real.now() + ahead; }} }}; }}"""
    )
    page = opened(tablet, live_server, session)
    with page.expect_response("**/readings/"):
        type_reading(page, 133, 85)
    wait_kept(page, 0)
    tablet.set_offline(True)
    page.goto(f"{live_server.url}/s/{session.pk}/")
    begun = timezone.now()
    type_reading(page, 134, 86)
    wait_kept(page, 1)
    typed = timezone.now()
    tablet.set_offline(False)
    wait_kept(page, 0)
    assert len(times(session)) == 2
    assert begun - LAG < times(session)[1] < typed
    for row in session.readings.filter(client_clock__isnull=False):
        off = row.client_clock - row.taken_at
        assert abs(off - timedelta(minutes=minutes)) < LAG
        assert not row.is_time_corrected


def test_the_scripts_of_the_chairside_pages_weigh_at_most_40_kb() -> None:
    scripts = Path(__file__).parents[2] / "static" / "js"
    each = {one.name: len(gzip.compress(one.read_bytes())) for one in scripts.glob("*.js")}
    assert {"outbox.js", "offline.js", "worker.js"} <= each.keys()
    assert sum(each.values()) <= 40_000, each
