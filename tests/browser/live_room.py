"""A tablet at a chair: running sessions, what was measured there, and the taps of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.models import Chair, Clinic, Staff, TreatmentSession
from tests.browser.looks import CUT, TABLET, signed_in
from tests.conftest import make_course, make_patient, make_prescription, make_session

SIGNS = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas")
# What a person does: presses that a script makes do not count, nor does the movement before them.
COUNT_TAPS = """() => {
    window.taps = 0; window.shift = 0; window.lostFocus = 0;
    document.addEventListener('click', (event) => { if (event.isTrusted) window.taps += 1; }, true);
    new PerformanceObserver((list) => list.getEntries().forEach((one) => {
        if (!one.hadRecentInput) window.shift += one.value;
    })).observe({type: 'layout-shift', buffered: true});
}"""


def vitals(session: TreatmentSession, by: Staff, minute: int, *signs: int) -> None:
    """A reading of `signs`, in the order of SIGNS, that was saved when it was taken."""
    at = session.dose_started_at + timedelta(minutes=minute)
    record_vital_reading(
        by=by,
        session=session,
        write_key=None,
        values=dict(zip(SIGNS, signs, strict=True)),
        taken_at=at,
        clock=lambda: at,
    )


def effect(session: TreatmentSession, by: Staff, code: str, grade: str, minute: int) -> Any:
    at = session.dose_started_at + timedelta(minutes=minute)
    return record_side_effect(
        by=by, session=session, code=code, grade=grade, write_key=None, clock=lambda: at
    )


def running(clinic: Clinic, nurse: Staff, doctor: Staff, number: int, name: str) -> Any:
    """Somebody in chair `number` 52 minutes after the start of an infusion of 40 minutes."""
    now = timezone.now()
    patient = make_patient(clinic, f"N-10{number}", *name.split())
    order = make_prescription(
        make_course(patient),
        doctor,
        valid_from=now.date() - timedelta(days=9),
        valid_until=now.date() + timedelta(days=99),
    )
    chair = Chair.objects.create(clinic=clinic, name=str(number), position=number)
    t0 = now - timedelta(minutes=52)
    session = make_session(order.course, nurse, t0, prescription=order, chair=chair)
    stop = t0 + timedelta(minutes=40)
    record_dose_event(by=nurse, session=session, kind="stop", write_key=None, clock=lambda: stop)
    return session


def measured(session: TreatmentSession, nurse: Staff) -> None:
    """The readings of an ordinary course, the last two minutes ago."""
    vitals(session, nurse, -4, 128, 79, 72, 98, 14, 5)
    for minute, systolic in ((10, 138), (20, 150), (30, 146), (40, 141), (50, 141)):
        vitals(session, nurse, minute, systolic, 86, 80, 98, 15, 5)


@pytest.fixture
def calm(northside: Clinic, nia: Staff, dr_patel: Staff) -> TreatmentSession:
    """Quinn Vale in chair 1, an ordinary course so far."""
    session = running(northside, nia, dr_patel, 1, "Quinn Vale")
    measured(session, nia)
    return session


@contextmanager
def at_the_chair(
    chromium: Browser,
    url: str,
    who: Staff,
    session: TreatmentSession,
    part: str = "",
    **options: Any,
) -> Iterator[Page]:
    """`who` has the session, or a `part` of it such as "discharge/", open on a tablet; no script
    error and no foreign request is let by.
    """
    with signed_in(chromium, TABLET, url, who, [], *CUT, has_touch=True, **options) as context:
        context.add_init_script(f"({COUNT_TAPS})()")
        page = context.new_page()
        page.goto(f"{url}/s/{session.pk}/{part}")
        yield page


def tap_digits(page: Page, text: str) -> None:
    """The keys of the page's own pad, one after the other."""
    for digit in text:
        page.locator(f"#keypad [data-digit='{digit}']").click()


def focused(page: Page) -> str:
    """The name, id or tag of what has the focus."""
    return str(
        page.evaluate(
            "(() => { const e = document.activeElement; return e.name || e.id || e.tagName; })()"
        )
    )
