"""The rota, the steps of an alert and the long-term watch in a real browser, as they are used."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from sessions_app.actions.watch import record_watch_check
from sessions_app.models import (
    EscalationVersion,
    OnCallShift,
    Staff,
    TreatmentCourse,
    WatchCheck,
)
from tests.browser.looks import (
    DESK,
    FINGER,
    MOUSE,
    PHONE,
    TABLET,
    picture,
    sign_in,
    watched,
    wrongs,
)
from tests.conftest import make_session

pytestmark = pytest.mark.django_db(transaction=True)
NARROW = {"width": 320, "height": 700}


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "320"])
def test_the_lead_fills_a_gap_and_takes_the_shift_away_without_javascript(
    chromium: Browser, live_server: Any, lena: Staff, nia: Staff, size: dict[str, int]
) -> None:
    faults: list[str] = []
    context = watched(chromium, size, faults, java_script_enabled=False)
    sign_in(context, live_server.url, lena)
    page = context.new_page()
    page.goto(live_server.url + reverse("clinic:rota"))
    page.get_by_label("Who").select_option(label=nia.full_name)
    page.get_by_label("For so many weeks").fill("27")
    page.get_by_role("button", name="Add to the rota").click()
    expect(
        page.get_by_text("A shift repeats for 1–26 weeks. You entered 27.").first
    ).to_be_visible()
    page.get_by_label("For so many weeks").fill("2")
    page.get_by_role("button", name="Add to the rota").click()
    assert OnCallShift.objects.filter(staff=nia).count() == 2
    expect(page.get_by_text("cannot be reached").first).to_be_visible()
    page.get_by_role("link", name=f"Cancel {nia.full_name}").first.click()
    page.get_by_role("button", name="Cancel the shift").click()
    left = OnCallShift.objects.filter(staff=nia, cancelled_at=None, ends_at__gt=timezone.now())
    assert left.count() == 1
    context.close()
    assert faults == []


def test_the_pages_of_who_is_called_have_no_fault_in_either_scheme(
    chromium: Browser, live_server: Any, lena: Staff, nia: Staff
) -> None:
    now = timezone.now()
    OnCallShift.objects.create(
        clinic=nia.clinic, staff=nia, starts_at=now, ends_at=now + timedelta(hours=15)
    )
    faults: list[str] = []
    context = watched(chromium, DESK, faults)
    sign_in(context, live_server.url, lena)
    page = context.new_page()
    wrong: list[str] = []
    for name in ("rota", "escalation", "escalation_history", "escalation_reset"):
        page.goto(live_server.url + reverse(f"clinic:{name}"))
        picture(page, f"clinic-{name}")
        wrong += wrongs(page, MOUSE)
    context.close()
    assert not wrong, "\n".join(wrong)
    assert faults == []


def test_a_change_of_the_steps_says_what_is_wrong_and_then_holds(
    chromium: Browser, live_server: Any, lena: Staff
) -> None:
    faults: list[str] = []
    context = watched(chromium, DESK, faults)
    sign_in(context, live_server.url, lena)
    page = context.new_page()
    page.goto(live_server.url + reverse("clinic:escalation"))
    lead = page.get_by_label("High: call the clinic lead after")
    lead.fill("10")
    page.get_by_label("Reason for the change").fill("The lead lives far away")
    page.get_by_role("button", name="Save as a new version").click()
    expect(lead).to_have_attribute("aria-invalid", "true")
    lead.fill("30")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("The lead lives far away")).to_be_visible()
    assert EscalationVersion.objects.get().lead_min == 30
    context.close()
    # The refused post answers 422, which a browser notes in its console.
    assert [fault for fault in faults if "422" not in fault] == []


def test_a_nurse_records_a_look_on_a_tablet(
    chromium: Browser, live_server: Any, nia: Staff, course: TreatmentCourse
) -> None:
    make_session(course, nia, timezone.now() - timedelta(days=3))
    faults: list[str] = []
    context = watched(chromium, TABLET, faults, has_touch=True)
    sign_in(context, live_server.url, nia)
    page = context.new_page()
    page.goto(live_server.url + reverse("clinic:watch", args=[course.patient_id]))
    expect(page.get_by_text("baseline is missing")).to_have_count(4)
    wrong = wrongs(page, FINGER)
    page.get_by_role("link", name="Record Bladder").click()
    wrong += wrongs(page, FINGER)
    page.get_by_label("ICSI, 0 to 20").fill("7")
    page.get_by_label("Result in words").fill("no blood")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("ICSI 7; no blood").first).to_be_visible()
    expect(page.get_by_text("baseline is missing")).to_have_count(3)
    picture(page, "clinic-watch")
    wrong += wrongs(page, FINGER)
    assert WatchCheck.objects.get().score is not None
    context.close()
    assert not wrong, "\n".join(wrong)
    assert faults == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_wrong_look_is_struck_and_stays_crossed_out(
    chromium: Browser,
    live_server: Any,
    nia: Staff,
    course: TreatmentCourse,
    size: dict[str, int],
) -> None:
    make_session(course, nia, timezone.now() - timedelta(days=3))
    look = {"by": nia, "patient": course.patient, "write_key": None}
    wrong_one = record_watch_check(
        item="bladder", result="Blood in the urine; sent to urology", score=Decimal(14), **look
    )
    record_watch_check(item="liver", result="ALT, AST and GGT within their limits", **look)
    faults: list[str] = []
    context = watched(chromium, size, faults)
    sign_in(context, live_server.url, nia)
    page = context.new_page()
    page.goto(live_server.url + reverse("clinic:watch", args=[course.patient_id]))
    expect(page.get_by_text("baseline is missing")).to_have_count(2)
    page.get_by_role("link", name="Strike Bladder").click()
    page.get_by_role("button", name="Strike").click()
    expect(page.get_by_text("“Why is this entry wrong?” is empty.").first).to_be_visible()
    wrong = wrongs(page, MOUSE)
    picture(page, f"watch-strike-{size['width']}")
    page.get_by_label("Why is this entry wrong?").fill("Another patient's result")
    page.get_by_role("button", name="Strike").click()
    expect(page.get_by_text("Bladder: the look is struck.")).to_be_visible()
    expect(page.locator("tr.struck s", has_text="ICSI 14; Blood in the urine")).to_be_visible()
    expect(page.get_by_text("Another patient's result")).to_be_visible()
    expect(page.get_by_text("baseline is missing")).to_have_count(3)
    expect(page.get_by_role("link", name="Strike Bladder")).to_have_count(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        picture(page, f"watch-struck-{size['width']}-{scheme}")
    wrong += wrongs(page, MOUSE)
    assert wrong_one.strike.struck_by == nia
    context.close()
    assert not wrong, "\n".join(wrong)
    # The refused post answers 422, which a browser notes in its console.
    assert [fault for fault in faults if "422" not in fault] == []
