"""A locked tablet without a network names nobody; what is typed there waits for its owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from sessions_app.models import Staff, TreatmentSession
from tests.browser.cut_off import opened, type_effect, type_reading, until, wait_kept
from tests.browser.looks import FINGER, picture, sign_in, without_ids, wrongs
from tests.browser.test_chairside import room
from tests.browser.test_lock import tablet
from tests.conftest import PIN

__all__ = ["room", "tablet"]  # the fixtures
pytestmark = pytest.mark.django_db(transaction=True)

LAG = timedelta(seconds=20)  # a page that arrives slowly is behind the server's clock
HIDDEN = "Locked: names are hidden. What you enter waits until somebody unlocks"
ASKED = "Typed while the tablet was locked. Is it yours?"


def press_lock(page: Page) -> None:
    page.locator("#menu > summary").click()
    page.get_by_role("button", name="Lock").click()
    page.wait_for_selector("#lock[open]")


def names_nobody(page: Page, session: TreatmentSession) -> None:
    """Whole page, hidden parts too: who sits there is not in it."""
    expect(page.locator("#pad-locked")).to_contain_text(HIDDEN)
    content = without_ids(page.locator("body").evaluate("one => one.textContent + one.innerHTML"))
    patient = session.patient
    expect(page.locator("#pad-sends")).to_be_hidden()
    for secret in (patient.initials, patient.number, "1979", "ketAMINE", session.drug):
        assert secret not in content, secret


def unlocked_by(page: Page, person: Staff) -> None:
    page.select_option("[name=person]", label=person.full_name)
    page.fill("[name=pin]", PIN)
    page.get_by_role("button", name="Unlock").click()


def test_a_locked_pad_names_nobody_and_what_is_typed_there_waits_for_its_owner(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff, tom: Staff
) -> None:
    session = room["calm"]
    before = (session.readings.count(), session.effects.count())
    page = opened(tablet, live_server, session)
    press_lock(page)
    tablet.set_offline(True)
    page.goto(f"{live_server.url}/s/{session.pk}/")
    expect(page.locator("#pad-band")).to_contain_text(session.get_route_display())
    names_nobody(page, session)
    page.reload()
    expect(page.locator(".pad-chair")).to_have_count(5)
    names_nobody(page, session)
    typed = timezone.now()
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    expect(page.locator("#pad-said")).to_contain_text("waits until somebody unlocks")
    type_effect(page, "Dizziness", "Mild")
    wait_kept(page, 2)
    page.wait_for_timeout(1100)  # the same effect again is no bounced finger
    type_effect(page, "Dizziness", "Mild")
    wait_kept(page, 3)
    expect(page.locator("#pad-kept li")).to_have_count(3)
    status = page.locator("#outbox-state")
    # Without "Offline ·", which a Chromium under test forgets when it puts its worker to rest.
    expect(status).to_contain_text("3 entries typed while locked: whose are they?")
    expect(page.locator("#pad-hidden")).to_contain_text("3 entries are kept on this tablet")
    names_nobody(page, session)
    assert wrongs(page, FINGER) == []
    picture(page, "pad-locked")
    page.emulate_media(color_scheme="dark")
    picture(page, "pad-locked-dark")
    page.emulate_media(color_scheme="light")

    unlocked = timezone.now()
    tablet.set_offline(False)
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if "/s/" in one.url else None)
    page.evaluate("window.afterglowOutbox.flush()")
    page.goto(f"{live_server.url}/outbox/")
    unlocked_by(page, tom)
    items = page.locator("#outbox-list li")
    expect(items).to_have_count(3)
    page.evaluate("window.afterglowOutbox.flush()")
    assert [url for url in posts if url.endswith(("/readings/", "/effects/"))] == []
    reading = items.filter(has_text="133/85")
    patient = session.patient
    for said in (ASKED, "Chair 1", patient.initials, patient.number, "133/85", "typed"):
        expect(reading).to_contain_text(said)
    assert nia.initials not in reading.inner_text()
    assert wrongs(page, FINGER) == []
    picture(page, "outbox-typed-locked")
    page.emulate_media(color_scheme="dark")
    picture(page, "outbox-typed-locked-dark")
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/s/{session.pk}/")
    strip = page.locator("header #outbox-strip")
    expect(strip).to_contain_text("3 entries typed while locked")
    assert page.locator("header.bar").bounding_box()["height"] <= 56  # type: ignore[index]
    assert wrongs(page, FINGER) == []
    picture(page, "live-typed-locked")
    strip.get_by_role("link", name="Open it").click()

    items.nth(2).get_by_role("button", name="Discard").click()
    expect(items.nth(2)).to_contain_text("cannot be brought back")
    wait_kept(page, 3)
    items.nth(2).get_by_role("button", name="Discard").click()
    wait_kept(page, 2)
    reading.get_by_role("button", name="Yes, send as mine").click()
    wait_kept(page, 1)
    row = session.readings.get(systolic=133)
    assert row.recorded_by == tom
    assert typed - LAG < row.taken_at < unlocked
    items.get_by_role("button", name="Yes, send as mine").click()
    wait_kept(page, 0)
    assert (session.readings.count(), session.effects.count()) == (before[0] + 1, before[1] + 1)
    assert session.effects.get(code="dizziness").recorded_by == tom


def test_what_was_typed_before_the_lock_goes_out_as_ever_and_is_not_shown_under_it(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    press_lock(page)
    page.goto(f"{live_server.url}/s/{session.pk}/")
    names_nobody(page, session)
    expect(page.locator("#pad-hidden")).to_contain_text("1 entry is kept on this tablet")
    assert "133" not in page.inner_text("body")
    # The server could not be told of the lock: the first page that it gives out tells it.
    tablet.set_offline(False)
    with page.expect_response("**/lock/now/"):
        page.goto(f"{live_server.url}/chairs/")
    page.wait_for_selector("#lock[open] [name=pin]")
    other = tablet.new_page()
    other.goto(f"{live_server.url}/today/")
    assert "/lock/" in other.url
    unlocked_by(other, nia)
    wait_kept(other, 0)
    assert session.readings.count() == before + 1
    assert session.readings.get(systolic=133).recorded_by == nia


@pytest.mark.parametrize(("ends_after", "minutes"), [(720, 16), (10, 11)], ids=["idle", "over"])
def test_the_pad_locks_itself_when_nobody_is_there_and_when_the_log_in_ends(
    tablet: BrowserContext,
    live_server: Any,
    room: dict[str, Any],
    settings: LazySettings,
    ends_after: int,
    minutes: int,
) -> None:
    settings.LOG_IN_ENDS_AFTER = timedelta(minutes=ends_after)
    session = room["calm"]
    opened(tablet, live_server, session).close()
    tablet.set_offline(True)
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/s/{session.pk}/")
    expect(page.locator("#pad-band")).to_contain_text(session.patient.initials)
    page.locator("[name=systolic]").fill("13")
    page.clock.run_for((minutes - 2) * 60_000)
    expect(page.locator("#pad-band")).to_contain_text(session.patient.initials)
    page.clock.run_for(2 * 60_000)
    expect(page.locator("#pad-band")).not_to_contain_text(session.patient.initials)
    names_nobody(page, session)
    assert page.locator("[name=systolic]").input_value() == "13"
    page.locator("[name=systolic]").click()  # a finger does not open it
    page.reload()
    names_nobody(page, session)


def test_a_finger_keeps_the_pad_open(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    opened(tablet, live_server, session).close()
    tablet.set_offline(True)
    page = tablet.new_page()
    page.clock.install()
    page.goto(f"{live_server.url}/s/{session.pk}/")
    for _each in range(3):
        page.clock.run_for(10 * 60_000)
        page.locator("#pad_systolic").click()
        until(page, "Date.now() - Number(localStorage.getItem('afterglow.touched')) < 60000")
    expect(page.locator("#pad-band")).to_contain_text(session.patient.initials)


def test_the_chairs_of_another_person_are_not_shown(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], lena: Staff
) -> None:
    """The snapshot is the last nurse's, and somebody who runs no session signed in since."""
    session = room["calm"]
    page = opened(tablet, live_server, session)
    sign_in(tablet, live_server.url, lena)
    page.goto(f"{live_server.url}/account/")
    tablet.set_offline(True)
    page.goto(f"{live_server.url}/s/{session.pk}/")
    names_nobody(page, session)
