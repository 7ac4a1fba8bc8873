"""A browser that reads every page with payloads in every free text runs none of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page

from sessions_app import triggers
from sessions_app.models import Staff, TreatmentSession
from tests.promises.test_authorisation import ADDRESSES, EXPECTED, objects, path_of
from tests.promises.test_text_stays_text import fill_what_is_empty, soil

__all__ = ["objects"]  # a fixture
MIXED = "'\"></title></textarea><img src=x onerror=alert(1)><script>alert(2)</script>"
SHORT = "<img/src/onerror=alert(3)>"


@pytest.mark.soak
def test_nothing_that_was_typed_runs(
    page: Page,
    faults: list[str],
    live_server: Any,
    session: TreatmentSession,
    nia: Staff,
    lena: Staff,
    objects: dict[str, Any],
) -> None:
    fill_what_is_empty(session, nia)
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    read = 0
    for payload, person in ((MIXED, lena), (SHORT, nia)):
        triggers.remove()
        try:
            soil(payload)
        finally:
            triggers.install()
        client = Client()
        client.force_login(Staff.objects.get(pk=person.pk))
        value = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        for address in ADDRESSES:
            path = path_of(address, objects)
            is_page = EXPECTED[address.name, "GET"]["nurse"] != "405"
            if hasattr(address.view, "cls") or path.endswith(".csv") or not is_page:
                continue
            asked = page.context.request.get(live_server.url + path)
            if not asked.body() or "html" not in asked.headers["content-type"]:
                continue  # a bare status for a script, or a file
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status < 500, path
            assert page.locator("[onerror], script:not([src])").count() == 0, path
            read += answer.status == 200
    assert read > 45
