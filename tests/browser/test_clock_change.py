"""A page that stays open while the clocks change: what it shows and sends is the clinic's time.

Berlin, 25 October 2026: 02:59 is followed by 02:00, at 01:00 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sessions_app.models import Chair, Staff, TreatmentCourse, TreatmentSession
from tests.browser.cut_off import type_reading, until, wait_kept
from tests.browser.looks import CUT, TABLET, signed_in
from tests.conftest import make_session

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = datetime(2026, 10, 25, 0, 56, tzinfo=UTC)  # 02:56 CEST
LATER = timedelta(minutes=9)  # 02:05 CET


@pytest.fixture
def session(
    course: TreatmentCourse, nia: Staff, chair: Chair, time_machine: Any
) -> TreatmentSession:
    time_machine.move_to(BEFORE)
    return make_session(course, nia, BEFORE - timedelta(minutes=20), chair=chair)


@pytest.fixture
def tablet(
    chromium: Browser, live_server: Any, nia: Staff, session: TreatmentSession
) -> Iterator[BrowserContext]:
    with signed_in(chromium, TABLET, live_server.url, nia, [], *CUT, has_touch=True) as context:
        yield context


def opened(tablet: BrowserContext, url: str, session: TreatmentSession) -> Page:
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{url}/s/{session.pk}/")
    until(page, "window.afterglowOutbox && (await window.afterglowOutbox.ready, true)")
    return page


def test_times_stand_as_the_clock_stood_and_are_sent_as_they_were(
    tablet: BrowserContext, live_server: Any, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(BEFORE)  # what was set up meanwhile took its time
    page = opened(tablet, live_server.url, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    expect(page.locator("#unsent")).to_contain_text("02:56 ·")
    page.clock.run_for(2000)  # the pad empties itself
    time_machine.move_to(BEFORE + LATER)
    page.clock.fast_forward(int(LATER.total_seconds() * 1000) - 2000)
    expect(page.locator(".bar-clock time")).to_have_text("02:05")
    expect(page.locator("#taken-clock")).to_have_text("02:05")
    page.locator("#minus-minute").tap()
    expect(page.locator("#taken-clock")).to_have_text("02:04")
    type_reading(page, 134, 86)
    wait_kept(page, 2)
    lines = page.locator("#unsent li")
    expect(lines.first).to_contain_text("02:56 ·")
    expect(lines.last).to_contain_text("02:04 ·")
    tablet.set_offline(False)
    page.clock.run_for(60_000)
    wait_kept(page, 0)
    first, second = session.readings.order_by("taken_at")
    assert abs(first.taken_at - BEFORE) < timedelta(minutes=1)
    # What is typed names a minute, and the one after the change, not the one before it.
    assert abs(second.taken_at - (BEFORE + LATER - timedelta(minutes=1))) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("02:50", "2026-10-25T00:50:00.000Z"),  # 15 minutes ago, before the change
        ("02:01", "2026-10-25T01:01:00.000Z"),
        ("01:30", "2026-10-24T23:30:00.000Z"),
        ("2026-10-25 02:01", "2026-10-25T01:01:00.000Z"),
        ("2026-10-24 23:10", "2026-10-24T21:10:00.000Z"),
        ("2026-03-29 02:30", "2026-03-29 02:30"),  # months away: the server knows
        ("2026-02-31 10:00", "2026-02-31 10:00"),
        ("25:61", "25:61"),
    ],
)
def test_a_typed_time_means_the_nearest_instant_that_reads_like_it(
    tablet: BrowserContext,
    live_server: Any,
    session: TreatmentSession,
    time_machine: Any,
    typed: str,
    sent: str,
) -> None:
    time_machine.move_to(BEFORE + LATER)
    page = opened(tablet, live_server.url, session)
    tablet.set_offline(True)
    page.locator("#change-time").tap()
    page.locator("#reading-form [name=taken_at]").fill(typed)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    kept = page.evaluate("async () => (await window.afterglowOutbox.all())[0].fields.taken_at")
    assert kept == sent
