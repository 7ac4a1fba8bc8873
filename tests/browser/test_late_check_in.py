"""Answers that were given in time on a phone, and sent when their check-in was over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from sessions_app.models import Alert, CheckInRequest, ItemAnswer, Staff, TreatmentCourse
from tests.browser.looks import FINGER, picture, wrongs
from tests.browser.test_check_in_states import (
    WHOLE,
    context,
    cut_off_at_once,
    help_says,
    link_to,
    said,
    to_the_thoughts,
)

__all__ = ["context"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
LATER_MS = 5 * 3600 * 1000


def test_a_cry_for_help_reaches_the_clinic_although_the_window_closed_meanwhile(
    context: BrowserContext, live_server: Any, course: TreatmentCourse, nia: Staff
) -> None:
    token, asked = link_to(course, nia, "2h", timedelta(hours=2))
    page = context.new_page()
    to_the_thoughts(page, live_server, token)
    context.set_offline(True)
    page.get_by_label("Yes, and I might act on it").tap()
    page.get_by_role("button", name="Continue").tap()
    page.locator('#help a[href^="tel:"]').first.wait_for()
    help_says(page, "Nobody has seen")
    five_hours_pass(page, asked)
    context.set_offline(False)
    help_says(page, "saved")
    assert ("thoughts", 3) in said()
    alert = Alert.objects.get(code="thoughts")
    assert alert.level == "high"
    last = ItemAnswer.objects.get(instrument="thoughts")
    asked.refresh_from_db()
    assert asked.opens_at <= last.answered_at < asked.closes_at < alert.raised_at


def test_what_was_answered_in_time_is_sent_from_the_page_of_a_closed_check_in(
    context: BrowserContext, live_server: Any, course: TreatmentCourse, nia: Staff
) -> None:
    token, asked = link_to(course, nia, "2h", timedelta(hours=2))
    page = cut_off_at_once(context, live_server, token)
    page.close()
    page = context.new_page()
    context.set_offline(False)
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {LATER_MS}")
    close_window(asked)
    page.goto(f"{live_server.url}/c/2h/1/")
    page.get_by_text("you answered it in time").wait_for()
    assert wrongs(page, FINGER) == []
    picture(page, "late-answers")
    assert said() == WHOLE[:1]


def five_hours_pass(page: Page, asked: CheckInRequest) -> None:
    page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {LATER_MS}; }}")
    close_window(asked)


def close_window(asked: CheckInRequest) -> None:
    """As if five hours had gone by since it was planned: its window is over."""
    for name in ("due_at", "opens_at", "closes_at"):
        setattr(asked, name, getattr(asked, name) - timedelta(milliseconds=LATER_MS))
    asked.save()
