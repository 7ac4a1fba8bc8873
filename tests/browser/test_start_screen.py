"""The Start session screen on the tablet: it fits, and shows what the server worked out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from sessions_app.models import Chair, Patient, Prescription, Staff
from tests.browser.looks import FINGER, TABLET, picture, sign_in, watched, wrongs
from tests.conftest import START

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_state_of_the_gate_reads_well_in_light_and_dark(
    chromium: Browser,
    live_server: Any,
    time_machine: Any,
    nia: Staff,
    tom: Staff,
    chair: Chair,
    maya: Patient,
    prescription: Prescription,
) -> None:
    time_machine.move_to(START, tick=False)
    faults: list[str] = []
    context = watched(chromium, TABLET, faults)
    sign_in(context, live_server.url, nia)
    page = context.new_page()
    page.goto(f"{live_server.url}/chairs/{chair.pk}/start/?patient={maya.pk}")
    picture(page, "start-empty")
    wrong = wrongs(page, FINGER)
    page.fill("[name=systolic]", "147")
    page.fill("[name=diastolic]", "92")
    page.fill("[name=weight_kg]", "72.4")
    page.locator("label:has([name=suicidal_thoughts][value=yes])").click()
    page.locator(".dose-big").wait_for()
    page.get_by_role("button", name="Measure again").wait_for()
    picture(page, "start-stops")
    wrong += wrongs(page, FINGER)
    page.reload()
    assert page.input_value("[name=systolic]") == "147", "the draft outlives a reload"
    page.get_by_role("button", name="Start infusion clock").click()
    page.locator(".error-summary:focus").wait_for()
    picture(page, "start-error")
    wrong += wrongs(page, FINGER)
    context.close()
    assert wrong == []
    assert faults == []
