"""The pad for every running chair, and the outbox: whose entry it is, why it was not taken."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from sessions_app.models import Staff
from tests.browser.cut_off import (
    KEPT,
    opened,
    pad_is_empty,
    tablet,
    type_effect,
    type_reading,
    until,
    wait_kept,
)
from tests.browser.looks import FINGER, picture, sign_in, wrongs
from tests.browser.test_chairside import room

__all__ = ["room", "tablet"]  # the fixtures
pytestmark = pytest.mark.django_db(transaction=True)

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
CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      found[new URL(request.url).pathname] = await (await caches.match(request)).text();
  return found;
}"""


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
    assert page.title().startswith("Error: ")
    taken = timezone.localtime(timezone.now(), ZoneInfo(calm.clinic.time_zone))
    taken = taken.replace(second=0, microsecond=0) - timedelta(minutes=5)
    page.locator("#pad_taken_at").fill(f"{taken:%H:%M}")
    type_reading(page, 131, 82)
    wait_kept(page, 1)
    assert page.title().startswith("Offline pad")
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
    assert calm.readings.get(systolic=131).taken_at == taken


def test_what_the_server_refuses_stands_in_the_outbox_with_its_reason(
    tablet: BrowserContext, live_server: Any, room: dict[str, Any], nia: Staff, tom: Staff
) -> None:
    session = room["calm"]
    before = session.readings.count()
    page = opened(tablet, live_server, session)
    tablet.set_offline(True)
    type_reading(page, 133, 85)
    wait_kept(page, 1)
    pad_is_empty(page)
    page.evaluate(  # an entry that this page would not let out, as an older page might have
        """async () => { const form = document.getElementById('reading-form').cloneNode(true);
        form.id = 'old'; form.hidden = true; document.body.append(form);
        form.elements.write_key.value = crypto.randomUUID();
        form.elements.systolic.value = '400'; form.requestSubmit(); }"""
    )
    until(page, "(await window.afterglowOutbox.all()).filter(one => one.waited).length === 2")
    tablet.set_offline(False)
    strip = page.locator("#outbox-strip")
    expect(strip).to_contain_text("1 entry could not be saved.")
    expect(page.locator("#outbox-state")).to_contain_text("1 entry sent")  # for ten seconds
    assert page.locator("header.bar").bounding_box()["height"] <= 56  # type: ignore[index]
    save = page.locator("#save-reading").first.bounding_box()
    assert save["y"] + save["height"] <= 820  # type: ignore[index]
    assert session.readings.count() == before + 1  # one that is refused holds up no other
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.evaluate("window.afterglowOutbox.flush()")
    assert posts == []  # and is not sent again by itself
    picture(page, "outbox-strip")
    assert wrongs(page, FINGER) == []
    assert page.locator("header #outbox-strip").is_visible()
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
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if "/readings/" in one.url else None)
    page.goto(f"{live_server.url}/chairs/")
    expect(page.locator("#outbox-state")).to_have_text(f"1 entry waits for {nia.initials}")
    posts.clear()  # the old page may have asked while its person was still on it
    page.evaluate("window.afterglowOutbox.flush()")
    assert posts == []
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
    for clear in (
        "133/85",
        "systolic",
        "reading",
        patient.number,
        patient.initials,
        str(session.pk),
    ):
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
