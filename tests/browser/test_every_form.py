"""Every form page sent empty or with one wrong value: refused in words, nothing typed is lost."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Response, TimeoutError

from sessions_app.models import Staff
from tests.browser.looks import (
    DESK,
    FINGER,
    MOUSE,
    PHONE,
    TABLET,
    picture,
    signed_in,
    watched,
    wrongs,
)
from tests.browser.sights import Sight
from tests.browser.test_every_page import day, path_of

__all__ = ["day"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)


class Mistake(NamedTuple):
    """What is typed on a page (by name), with which button it is sent, and what is then missing."""

    sight: Sight
    button: str
    typed: dict[str, str] = {}
    opened: str = ""
    panel: str = ""
    emptied: tuple[str, ...] = ()
    is_posted: bool = True  # else a script refuses it at once, in the same words and places


NURSE = [
    Mistake(
        Sight("care:session_start", ("free_chair",), "?patient={waiting}"),
        "Start infusion clock",
        {"heart_rate": "71", "weight_kg": "72.4"},
    ),
    Mistake(
        Sight("care:session", ("running",)), "Save reading", {"systolic": "900"}, is_posted=False
    ),
    Mistake(
        Sight("care:session", ("running",)),
        "Save: Change rate",
        {"taken_at": "25:61"},
        opened="Change rate",
        panel="Dose",
    ),
    Mistake(
        Sight("care:session", ("running",)), "Save side effect", {"note": "left"}, opened="Other…"
    ),
    Mistake(Sight("care:reading_correct", ("running", "reading")), "Save", {"systolic": "900"}),
    Mistake(Sight("care:dose_correct", ("running", "dose")), "Save", {"lot": "A7"}),
    Mistake(Sight("care:entry_strike", ("running", "kind", "reading")), "Save"),
    Mistake(Sight("care:discharge", ("running",)), "Sign and discharge", {"escort_name": "Rui V"}),
    Mistake(
        Sight("care:end", ("running", "end")),
        "Sign this end",
        {"reason": "Chest pain"},
    ),
    Mistake(Sight("care:void", ("signed",)), "Save"),
    Mistake(Sight("care:amend", ("signed",)), "Save", {"text": "It was 36 mg"}),
    Mistake(Sight("care:checkin_paper", ("request",)), "Save the answers", {"taken_at": "31"}),
    Mistake(Sight("account"), "Change password"),
    Mistake(Sight("account"), "Save PIN"),
]
PHYSICIAN = [
    Mistake(Sight("alerts:one", ("alert",)), "Save the call"),
    Mistake(Sight("alerts:one", ("alert",)), "Close the alert", {"close-note": "seen"}),
    Mistake(Sight("alerts:one", ("alert",)), "Hand over", {"hand-note": "please"}),
    Mistake(Sight("clinic:patient_add"), "Save", {"given_name": "Ada", "birth_date": "14.3."}),
    Mistake(
        Sight("clinic:patient_edit", ("patient",)),
        "Save",
        {"allergies": "latex"},
        emptied=("family_name",),
    ),
    Mistake(Sight("clinic:course_add", ("patient",)), "Save", {"schedule": "weekly"}),
    Mistake(Sight("clinic:score_add", ("patient", "instrument")), "Save", {"total": "99"}),
    Mistake(Sight("clinic:score_correct", ("score",)), "Save", {"total": "61"}),
    Mistake(Sight("clinic:score_correct", ("score",)), "Save", {"item_q3": "7"}),
    Mistake(Sight("clinic:score_withdraw", ("score",)), "Save"),
    Mistake(Sight("clinic:watch_strike", ("look",)), "Strike"),
    Mistake(
        Sight("clinic:course_edit", ("course",)),
        "Save",
        {"schedule": "weekly"},
        emptied=("started_on",),
    ),
    Mistake(
        Sight("clinic:eligibility", ("course",)), "Save", {"adult_note": "asked"}, opened="Note"
    ),
    Mistake(Sight("clinic:prescribe", ("course",)), "Save", {"mg_per_kg": "0.5"}),
    Mistake(Sight("clinic:appointment_add"), "Save", {"at": "25:61"}),
    Mistake(Sight("clinic:appointment_edit", ("appointment",)), "Save", {"at": "25:61"}),
]
LEAD = [
    Mistake(Sight("clinic:details"), "Save", {"phone": "+49 30 1"}, emptied=("name",)),
    Mistake(Sight("clinic:staff_add"), "Save", {"full_name": "Ada Moss"}),
    Mistake(
        Sight("clinic:staff_edit", ("colleague",)),
        "Save",
        {"email": "tom@example.org"},
        emptied=("full_name",),
    ),
    Mistake(Sight("clinic:chairs"), "Add", {"position": "x"}),
    Mistake(Sight("clinic:chair_edit", ("free_chair",)), "Save", {"name": "3b", "position": "x"}),
    Mistake(Sight("clinic:instruments"), "Check and load"),
    Mistake(Sight("clinic:help_line_add"), "Save", {"label": "Night line"}),
    Mistake(
        Sight("clinic:protocol", ("route",)),
        "Save as a new version",
        {"watch_min": "60", "reason": "Shorter days"},
    ),
    Mistake(Sight("clinic:protocol", ("route",)), "Save as a new version", {"due_0": "soon"}),
    Mistake(
        Sight("clinic:alert_limits"),
        "Save as a new version",
        {"spo2_low_both_high": "70", "reason": "Quieter"},
    ),
    Mistake(Sight("clinic:protocol_reset", ("route",)), "Go back to what ships"),
    Mistake(
        Sight("clinic:help_line_edit", ("line",)), "Save", {"hours": "At night"}, emptied=("label",)
    ),
]


def is_sent(answer: Response) -> bool:
    """The answer to the form itself, not to the draft that the start screen keeps by script."""
    asked = answer.request
    return asked.method == "POST" and ("/start/" not in asked.url or asked.is_navigation_request())


def send(page: Page, url: str, mistake: Mistake, day: dict[str, Any]) -> list[str]:
    """What is wrong with the answer to the mistake."""
    said = f"{mistake.sight.name}, {mistake.button}"
    page.goto(url + path_of(mistake.sight, day))
    if mistake.panel:
        page.locator("#panel-nav").get_by_role("link", name=mistake.panel).click()
    if mistake.opened:
        page.locator("summary", has_text=mistake.opened).first.click()
    form = page.locator("form").filter(
        has=page.get_by_role("button", name=mistake.button, exact=mistake.button == "Save")
    )
    for name in mistake.emptied:
        form.locator(f"[name={name}]").fill("")
    for name, value in mistake.typed.items():
        form.locator(f"[name={name}]").fill(value)
    button = form.get_by_role("button", name=mistake.button, exact=mistake.button == "Save")
    if mistake.is_posted:
        with page.expect_response(is_sent) as sent:
            button.click()
        if sent.value.status != 422:
            return [f"{said}: status {sent.value.status}"]
    else:
        button.click()
    wrong = []
    try:
        page.wait_for_function("document.title.startsWith('Error: ')")
    except TimeoutError:
        wrong.append(f"title {page.title()!r}")
    page.wait_for_load_state()
    picture(page, f"error-{said.replace(':', '-').replace(' ', '-')}")
    try:
        page.wait_for_selector(".error-summary:focus")
    except TimeoutError:
        wrong.append("the summary has no focus")
    for name, value in mistake.typed.items():
        kept = page.locator(f"form:visible [name={name}]").evaluate_all(
            "(all) => all.map(one => one.value)"
        )
        if value not in kept:
            wrong.append(f"{name} was {value!r} and is {kept}")
    summary = page.locator(".error-summary:visible").inner_text()
    if "This field" in summary:
        wrong.append(f"the summary does not name the field: {summary}")
    if page.locator('[aria-invalid="true"]').count() == 0:
        wrong.append("no field is marked")
    link = page.locator(".error-summary:visible a").first
    if link.count():
        target = link.get_attribute("href")
        link.click()
        try:
            page.wait_for_function("(id) => document.activeElement.closest(id)", arg=target)
        except TimeoutError:
            wrong.append(f"{target} does not get the focus")
    else:
        wrong.append("the summary leads to no field")
    return [f"{said}: {one}" for one in wrong]


def send_all(
    page: Page, url: str, mistakes: list[Mistake], day: dict[str, Any], least: int
) -> None:
    wrong: list[str] = []
    for mistake in mistakes:
        wrong += send(page, url, mistake, day)
        wrong += wrongs(page, least, in_dark=False)
    assert not wrong, "\n".join(wrong)


def test_what_a_nurse_mistypes(
    chromium: Browser, live_server: Any, nia: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, TABLET, live_server.url, nia, []) as context:
        page = context.new_page()
        page.goto(live_server.url + path_of(Sight("care:session", ("running",)), day))
        page.get_by_role("button", name="Yes, it is right").click()  # the question covers the pad
        page.get_by_role("button", name="Save reading").wait_for()
        send_all(page, live_server.url, NURSE, day, FINGER)


@pytest.mark.soak
def test_what_a_physician_mistypes(
    chromium: Browser, live_server: Any, dr_patel: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, DESK, live_server.url, dr_patel, []) as context:
        send_all(context.new_page(), live_server.url, PHYSICIAN, day, MOUSE)


@pytest.mark.soak
def test_what_a_lead_mistypes(
    chromium: Browser, live_server: Any, lena: Staff, day: dict[str, Any]
) -> None:
    with signed_in(chromium, DESK, live_server.url, lena, []) as context:
        send_all(context.new_page(), live_server.url, LEAD, day, MOUSE)


def test_a_wrong_password_keeps_the_user_name(chromium: Browser, live_server: Any) -> None:
    faults: list[str] = []
    context = watched(chromium, PHONE, faults)
    page = context.new_page()
    mistake = Mistake(Sight("login"), "Sign in", {"username": "nia"})
    wrong = send(page, live_server.url, mistake, {})
    wrong += wrongs(page, FINGER, in_dark=False)
    context.close()
    assert not wrong, "\n".join(wrong)
    assert faults == []
