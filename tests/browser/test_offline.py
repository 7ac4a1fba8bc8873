"""Offline is a normal state: what is typed without a network is kept, shown, and sent once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sessions_app.actions.effects import change_side_effect
from sessions_app.models import SideEffect, SignOff, Staff, TreatmentSession, VitalReading
from tests.browser.looks import FINGER, TABLET, picture, sign_in, watched, wrongs
from tests.browser.test_chairside import room

__all__ = ["room"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)

KEPT = "async () => (await window.afterglowOutbox.all()).length"
# Everything that the two databases and caches of this origin hold, as text.
STORED = """async () => {
  const db = await new Promise(done => {
    const asked = indexedDB.open('afterglow'); asked.onsuccess = () => done(asked.result); });
  const read = name => new Promise(done => {
    const asked = db.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => done(asked.result); });
  const text = value => value instanceof CryptoKey ? 'key, extractable: ' + value.extractable
    : ArrayBuffer.isView(value) || value instanceof ArrayBuffer
      ? new TextDecoder('latin1').decode(value)
    : value && typeof value == 'object' ? Object.entries(value).map(
        ([name, part]) => name + '=' + text(part)).join(' ') : String(value);
  const rows = [...await read('entries'), ...await read('kept')];
  db.close();
  return rows.map(text).join('\\n') + Object.values({...localStorage, ...sessionStorage}).join();
}"""
# From the finger on the button to the frame after the new line.
PAINTED = """() => {
  window.tapped = 0; window.painted = null;
  addEventListener('submit', () => { window.tapped = performance.now(); },
    {capture: true, once: true});
  const list = document.getElementById('unsent');
  const seen = new MutationObserver(() => {
    if (list.hidden) return;
    seen.disconnect();
    requestAnimationFrame(() => { window.painted = performance.now() - window.tapped; });
  });
  seen.observe(list, {childList: true, attributes: true});
}"""
CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      found[new URL(request.url).pathname] = await (await caches.match(request)).text();
  return found;
}"""


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def tablet(
    chromium: Browser, live_server: Any, nia: Staff, faults: list[str]
) -> Iterator[BrowserContext]:
    """A tablet where Nia is signed in. Cuts of the network that a test makes are no fault."""
    context = watched(chromium, TABLET, faults, has_touch=True)
    sign_in(context, live_server.url, nia)
    yield context
    context.close()
    expected = (
        "ERR_INTERNET_DISCONNECTED",
        "ERR_FAILED",
        "ERR_CONNECTION_FAILED",
        "status of 401",
        "status of 403",
        "status of 409",
    )
    assert [fault for fault in faults if not any(one in fault for one in expected)] == []


def until(page: Page, condition: str) -> None:
    """Wait for something that the page has to wait for itself."""
    script = f"""async () => {{
        for (let tries = 0; tries < 200; tries += 1) {{
            if ({condition}) return true;
            await new Promise(done => setTimeout(done, 50));
        }}
        return false;
    }}"""
    assert page.evaluate(script), condition


def opened(tablet: BrowserContext, live_server: Any, session: TreatmentSession) -> Page:
    """The session's page, once the worker keeps the pad and the snapshot of the chairs is here."""
    page = tablet.new_page()
    with page.expect_response("**/offline/"):
        page.goto(f"{live_server.url}/s/{session.pk}/")
    until(page, "(await navigator.serviceWorker.ready) && navigator.serviceWorker.controller")
    until(page, "(await window.afterglowOutbox.chairs()).length > 0")
    return page


def type_reading(page: Page, systolic: int, diastolic: int) -> None:
    form = page.locator("#reading-form, #pad-reading")
    form.locator("[name=systolic]").fill(str(systolic))
    form.locator("[name=diastolic]").fill(str(diastolic))
    form.get_by_role("button", name="Save reading").click()


def type_effect(page: Page, name: str, grade: str) -> None:
    page.locator("summary", has_text=name).first.click()
    page.locator("details[open]").get_by_role("button", name=grade).click()


def wait_kept(page: Page, count: int) -> None:
    until(page, f"(await window.afterglowOutbox.all()).length === {count}")


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
    typed = [timezone.now()]
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    page.wait_for_timeout(1600)  # the pad empties itself
    typed.append(timezone.now())
    type_reading(page, 134, 86)
    wait_kept(page, 2)
    page.wait_for_timeout(1600)
    typed.append(timezone.now())
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

    tablet.set_offline(False)
    expect(state).to_contain_text("3 entries sent")
    wait_kept(page, 0)
    assert (session.readings.count(), session.effects.count()) == (before[0] + 2, before[1] + 1)
    effect = session.effects.get(code="dizziness")
    for at, was in zip([*times(session), effect.taken_at], typed, strict=True):
        assert abs(at - was) < timedelta(seconds=3)
    assert not VitalReading.objects.filter(is_time_corrected=True).exists()
    page.goto(f"{live_server.url}/s/{session.pk}/")
    expect(page.locator("#unsent")).to_be_hidden()


def test_an_entry_is_painted_within_a_tenth_of_a_second(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = opened(tablet, live_server, room["calm"])
    tablet.set_offline(True)
    took = []
    for name in ("Dizziness", "Headache", "Anxiety"):
        page.evaluate(PAINTED)
        type_effect(page, name, "Mild")
        until(page, "window.painted !== null")
        took.append(page.evaluate("window.painted"))
    assert sorted(took)[1] <= 100  # the middle one: the machine of the tests has other work


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


def test_the_pad_takes_entries_for_every_running_chair_and_any_page_sends_them(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    calm, done = room["calm"], room["done"]
    before = (calm.readings.count(), done.effects.count())
    page = opened(tablet, live_server, calm)
    tablet.set_offline(True)
    page.goto(f"{live_server.url}/chairs/")
    assert page.title().startswith("Offline pad")
    expect(page.locator(".pad-chair")).to_have_count(5)
    page.locator(".pad-chair", has_text=calm.patient.initials).click()
    expect(page.locator("#pad-band")).to_contain_text(calm.patient.initials)
    expect(page.locator("#pad-band")).to_contain_text(calm.patient.number)
    expect(page.locator("#pad-band")).to_contain_text("1979")
    page.locator("#pad-reading").get_by_role("button", name="Save reading").click()
    expect(page.locator(".error-summary")).to_contain_text("Enter at least one value")
    type_reading(page, 400, 85)
    expect(page.locator(".error-summary")).to_contain_text("must be between 30 and 300")
    picture(page, "pad-error")
    assert wrongs(page, FINGER) == []
    type_reading(page, 131, 82)
    wait_kept(page, 1)
    page.locator(".pad-chair", has_text=done.patient.initials).click()
    type_effect(page, "Dizziness", "Moderate")
    wait_kept(page, 2)
    picture(page, "pad")
    page.emulate_media(color_scheme="dark")
    picture(page, "pad-dark")
    page.emulate_media(color_scheme="light")
    assert wrongs(page, FINGER) == []
    tablet.set_offline(False)
    page.goto(f"{live_server.url}/today/")
    wait_kept(page, 0)
    assert (calm.readings.count(), done.effects.count()) == (before[0] + 1, before[1] + 1)
    assert calm.readings.order_by("-taken_at").first().systolic == 131


def test_what_the_server_refuses_stands_in_the_outbox_with_its_reason(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff, tom: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    page.wait_for_timeout(1600)
    page.evaluate(  # an entry that this page would not let out, as an older page might have
        """async () => { const form = document.getElementById('reading-form').cloneNode(true);
        form.id = 'old'; form.hidden = true; document.body.append(form);
        form.elements.write_key.value = crypto.randomUUID();
        form.elements.systolic.value = '400'; form.requestSubmit(); }"""
    )
    wait_kept(page, 2)
    tablet.set_offline(False)
    strip = page.locator("#outbox-strip")
    expect(strip).to_contain_text("1 entry could not be saved.")
    assert session.readings.count() == before + 1  # one that is refused holds up no other
    picture(page, "outbox-strip")
    assert wrongs(page, FINGER) == []
    strip.get_by_role("link", name="Open it").click()
    item = page.locator("#outbox-list li")
    expect(item).to_have_count(1)
    expect(item).to_contain_text("Chair 1")
    expect(item).to_contain_text(session.patient.initials)
    expect(item).to_contain_text("400")
    expect(item).to_contain_text("30–300")
    expect(item).to_contain_text(nia.initials)
    picture(page, "outbox")
    page.emulate_media(color_scheme="dark")
    picture(page, "outbox-dark")
    page.emulate_media(color_scheme="light")
    assert wrongs(page, FINGER) == []
    item.get_by_role("button", name="Discard").click()
    expect(item).to_contain_text("cannot be brought back")
    item.get_by_role("button", name="Keep it").click()
    item.get_by_role("button", name="Correct and send").click()
    item.locator("[name=systolic]").fill("140")
    assert wrongs(page, FINGER) == []
    item.get_by_role("button", name="Correct and send").click()
    wait_kept(page, 0)
    expect(page.locator("#outbox-list")).to_contain_text("Nothing waits here")
    assert session.readings.count() == before + 2
    assert session.readings.filter(systolic=140).count() == 1
    picture(page, "outbox-empty")
    assert wrongs(page, FINGER) == []


def test_discarding_asks_first_and_is_the_only_thing_that_deletes_an_unsent_entry(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = opened(tablet, live_server, room["calm"])
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    page.goto(f"{live_server.url}/outbox/")
    item = page.locator("#outbox-list li")
    item.get_by_role("button", name="Discard").click()
    assert page.evaluate(KEPT) == 1
    item.get_by_role("button", name="Discard").click()
    wait_kept(page, 0)


def test_signing_out_and_in_again_keeps_what_is_unsent_and_sends_it(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    page.route("**/readings/", lambda route: route.abort())
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    page.locator("#menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/**")
    page.unroute("**/readings/")
    assert session.readings.count() == before
    stored = page.evaluate(STORED)
    assert stored.count("uuid=") == 1
    sign_in(tablet, live_server.url, nia)
    page.goto(f"{live_server.url}/chairs/")
    wait_kept(page, 0)
    assert session.readings.count() == before + 1


def test_an_entry_waits_for_the_person_who_typed_it(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff, tom: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    sign_in(tablet, live_server.url, tom)  # before the network is back
    tablet.set_offline(False)
    page.goto(f"{live_server.url}/chairs/")
    expect(page.locator("#outbox-state")).to_have_text(f"1 entry waits for {nia.initials}")
    page.evaluate("window.afterglowOutbox.flush()")
    page.goto(f"{live_server.url}/outbox/")
    item = page.locator("#outbox-list li")
    expect(item).to_contain_text(f"when {nia.initials} signs in")
    expect(item.get_by_role("button")).to_have_count(0)
    assert wrongs(page, FINGER) == []
    picture(page, "outbox-of-another")
    assert session.readings.count() == before
    sign_in(tablet, live_server.url, nia)
    page.goto(f"{live_server.url}/chairs/")
    wait_kept(page, 0)
    assert session.readings.order_by("-recorded_at").first().recorded_by == nia


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
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff
) -> None:
    session = room["calm"]
    effect = SideEffect.objects.filter(session=session).first()
    assert effect is not None
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    for value in (131, 132, 133):
        type_reading(page, value, 85)
        page.wait_for_timeout(1600)
    wait_kept(page, 3)
    tablet.set_offline(False)
    wait_kept(page, 0)
    rows = session.readings.filter(client_clock__isnull=False).order_by("recorded_at")
    assert [row.systolic for row in rows] == [131, 132, 133]
    change_side_effect(by=nia, effect=effect, kind="resolved", write_key=None)


def test_the_device_holds_no_clear_text_and_the_worker_no_patient(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    session = room["calm"]
    page = opened(tablet, live_server, session)
    page.goto(f"{live_server.url}/chairs/")
    page.goto(f"{live_server.url}/s/{session.pk}/print/")
    page.goto(f"{live_server.url}/s/{session.pk}/")
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    stored = page.evaluate(STORED)
    assert "key, extractable: false" in stored
    assert "uuid=" in stored
    patient = session.patient
    for clear in ("133", "systolic", "reading", patient.number, patient.initials, str(session.pk)):
        assert clear not in stored, clear
    cached = page.evaluate(CACHED)
    assert sorted(cached) == [
        "/pad/",
        "/static/css/base.css",
        "/static/css/care.css",
        "/static/js/offline.js",
        "/static/js/outbox.js",
    ]
    everything = json.dumps(cached)
    for one in (patient.number, patient.full_name, str(session.pk)):
        assert one not in everything
    assert patient.initials not in cached["/pad/"]


def test_signing_out_takes_the_chairs_from_the_device(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any]
) -> None:
    page = opened(tablet, live_server, room["calm"])
    page.locator("#menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login/**")
    tablet.set_offline(True)
    page.goto(f"{live_server.url}/chairs/")
    expect(page.locator("#pad-none")).to_contain_text("Nobody is signed in on this tablet")
    expect(page.locator(".pad-chair")).to_have_count(0)
    assert wrongs(page, FINGER) == []


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
