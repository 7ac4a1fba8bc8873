"""A whole check-in in Spanish on the smallest phone: longer words fit and say what they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import Clinic, Staff, TreatmentCourse
from tests.browser.looks import FINGER, SMALL_PHONE, picture, watched, wrongs
from tests.conftest import make_session
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_spanish_check_in_fits_the_smallest_phone(
    live_server: Any, chromium: Browser, course: TreatmentCourse, nia: Staff, northside: Clinic
) -> None:
    now = timezone.now()
    make_help_lines(northside, tested=now, language="es")
    course.patient.language = "es"
    course.patient.save()
    session = make_session(course, nia, now - timedelta(days=14))
    asked = plan_check_ins(session=session, by=nia, clock=lambda: now - timedelta(days=14))
    token = mint_link(by=nia, request=next(one for one in asked if one.slot == "14d"))[1]
    faults: list[str] = []
    context = watched(chromium, SMALL_PHONE, faults)
    page = context.new_page()
    page.goto(f"{live_server.url}/c/{token}/")
    wrong: list[str] = []
    step = 1
    while (answer := page.goto(f"{live_server.url}/c/14d/{step}/")) and answer.status == 200:
        assert page.locator("html").get_attribute("lang") == "es"
        if step < 6:  # the daily ones and the first of the longer ones; all look alike after it
            wrong += wrongs(page, FINGER, in_dark=False)
            picture(page, f"es-question-{step}")
        step += 1
    assert step > 12
    for address in ("/c/14d/done/", "/help-now/", "/my-progress/", "/stop/"):
        page.goto(live_server.url + address)
        assert page.locator("html").get_attribute("lang") == "es"
        wrong += wrongs(page, FINGER, in_dark=False)
        picture(page, f"es{address.replace('/', '-')}")
    context.close()
    assert [*wrong, *faults] == []
