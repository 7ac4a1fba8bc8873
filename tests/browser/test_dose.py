"""The dose, other medicines and ratings under a finger: taps, refusals, undo, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.medications import record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.clock import local
from sessions_app.models import (
    Chair,
    Clinic,
    DissociationRating,
    MedicationGiven,
    Staff,
    TreatmentSession,
)
from tests.browser.live_room import at_the_chair
from tests.browser.looks import FINGER, picture, wrongs
from tests.conftest import make_course, make_patient, make_prescription, make_session
from tests.sessions_app.chairside_people import ONDANSETRON

pytestmark = pytest.mark.django_db(transaction=True)
Panel = Callable[..., AbstractContextManager[tuple[Page, TreatmentSession]]]


@pytest.fixture
def begun(northside: Clinic, nia: Staff, dr_patel: Staff) -> Callable[..., TreatmentSession]:
    """Makes a session whose dose began `minutes` ago; esketamine has one device of two given."""

    def make(minutes: float, drug: str = "ketamine") -> TreatmentSession:
        t0 = timezone.now() - timedelta(minutes=minutes)
        days = {"valid_from": t0.date() - timedelta(9), "valid_until": t0.date() + timedelta(99)}
        course = make_course(make_patient(northside, "N-77", "Quinn", "Vale"))
        chair = Chair.objects.create(clinic=northside, name="1", position=1)
        if drug == "ketamine":
            order = make_prescription(course, dr_patel, **days)
            return make_session(course, nia, t0, prescription=order, chair=chair)
        nasal = {"drug": "esketamine", "route": "intranasal", "infusion_minutes": None}
        order = make_prescription(course, dr_patel, mg_per_kg=None, devices=2, **nasal, **days)
        no_bag = {"bag_mg": None, "bag_volume_ml": None, "planned_mg": Decimal(56)}
        session = make_session(course, nia, t0, prescription=order, chair=chair, **nasal, **no_bag)
        given(session, nia, t0, "device", lot="A1")
        return session

    return make


def given(session: TreatmentSession, by: Staff, at: datetime, kind: str, **facts: Any) -> None:
    record_dose_event(by=by, session=session, kind=kind, write_key=None, clock=lambda: at, **facts)


def show(page: Page, panel: str) -> None:
    page.locator(f"#panel-nav a[href='#{panel}']").click()
    expect(page.locator(f"#{panel}")).to_be_visible()


@pytest.fixture
def panel(chromium: Browser, live_server: Any, nia: Staff, begun: Any) -> Panel:
    """Opens a panel of a session that `begun` makes: the page and the session."""

    @contextmanager
    def opened(name: str, *begins: Any) -> Iterator[tuple[Page, TreatmentSession]]:
        session = begun(*begins)
        with at_the_chair(chromium, live_server.url, nia, session) as page:
            show(page, name)
            yield page, session

    return opened


def kinds(session: TreatmentSession) -> list[str]:
    return list(session.dose_events.order_by("taken_at", "id").values_list("kind", flat=True))


def test_pause_and_resume_are_one_tap_each_and_say_so(panel: Panel) -> None:
    with panel("dose", 20) as (page, session):
        so_far = re.compile(r"(18|19|20)(\.\d)?\smg\sgiven of 36\smg")
        expect(page.locator("#dose-now")).to_contain_text(so_far)
        taps = page.evaluate("window.taps")
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator("#dose-now")).to_contain_text("paused")
        expect(page.locator("#toasts")).to_contain_text("Pause,")
        assert page.evaluate("window.taps") == taps + 1
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.locator("#dose-now")).to_contain_text("running")
        assert kinds(session) == ["start", "pause", "resume"]
        assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_an_early_stop_is_two_taps_with_its_reason_and_can_be_undone(panel: Panel) -> None:
    with panel("dose", 20) as (page, session):
        taps = page.evaluate("window.taps")
        page.locator("#deed-stop > summary").click()
        page.get_by_role("button", name="Blood pressure too high").click()
        expect(page.locator("#dose-now")).to_contain_text("stopped early")
        expect(page.locator("#dose-now")).to_contain_text("Blood pressure too high")
        assert page.evaluate("window.taps") == taps + 2
        page.locator("#toasts").get_by_role("button", name="Undo").click()
        expect(page.locator("#dose-now")).to_contain_text("running")
        assert session.dose_events.standing().count() == 1


def test_an_early_stop_without_a_reason_keeps_the_form_open_and_asks(panel: Panel) -> None:
    with panel("dose", 20) as (page, session):
        page.locator("#deed-stop > summary").click()
        page.get_by_role("button", name="Save: Stop").click()
        expect(page.locator("#dose .error-summary")).to_contain_text("Say why it is stopped early")
        expect(page.locator("#deed-stop")).to_have_attribute("open", "")
        page.locator("#stop_reason").fill("wants to go home")
        page.get_by_role("button", name="Save: Stop").click()
        expect(page.locator("#dose-now")).to_contain_text("wants to go home")
        assert kinds(session) == ["start", "stop"]


def test_the_planned_stop_is_one_tap_and_the_dose_is_whole(panel: Panel) -> None:
    with panel("dose", 40) as (page, session):
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator("#dose-now")).to_contain_text("finished")
        assert dose_given_mg(session) == 36


def test_a_rate_out_of_range_keeps_what_was_typed(panel: Panel) -> None:
    with panel("dose", 10) as (page, _session):
        page.locator("#deed-rate_change > summary").click()
        page.locator("#rate_change_rate_ml_per_hour").fill("0")
        page.get_by_role("button", name="Save: Change rate").click()
        expect(page.locator("#dose .error-summary")).to_contain_text("Pump rate must be")
        assert page.locator("#rate_change_rate_ml_per_hour").input_value() == "0"
        page.locator("#rate_change_rate_ml_per_hour").fill("37.5")
        page.get_by_role("button", name="Save: Change rate").click()
        expect(page.locator("#dose-now")).to_contain_text("37.5 mL/hour")


def test_the_second_device_waits_and_its_time_is_said(panel: Panel) -> None:
    with panel("dose", 2, "esketamine") as (page, session):
        ready = local(session.dose_started_at + timedelta(minutes=5), session.clinic.time_zone)
        slot = page.locator(".slot.is-next")
        words = rf"Device 2 may be given at {ready:%H:%M} \([23]\smin\)"
        expect(slot).to_contain_text(re.compile(words))
        page.locator("#deed-device > summary").click()
        page.get_by_role("button", name="Save: Device given").click()
        expect(page.locator("#dose .error-summary")).to_contain_text("may be given at")
        assert session.dose_events.count() == 1
        page.locator("#device_reason").fill("Dr Patel: the first was sneezed out")
        page.get_by_role("button", name="Save: Device given").click()
        expect(page.locator("#dose-now")).to_contain_text("56 mg given of 56 mg")


def test_a_rested_device_is_its_lot_and_one_tap(panel: Panel) -> None:
    with panel("dose", 6, "esketamine") as (page, session):
        page.locator("#device_lot").fill("B7")
        page.get_by_role("button", name="Device given", exact=True).click()
        expect(page.locator(".slot.is-done")).to_have_count(2)
        expect(page.locator("#dose-now")).to_contain_text("lot B7")
        assert [event.lot for event in session.dose_events.all()] == ["A1", "B7"]


def test_a_medicine_is_entered_refused_with_its_field_and_kept(panel: Panel) -> None:
    with panel("medications", 20) as (page, _session):
        page.locator("#add-medication > summary").click()
        page.locator("#medication_drug").select_option("ondansetron")
        page.locator("#medication_amount").fill("4")
        page.locator("#medication_unit").select_option("mg")
        page.locator("#medication_route").select_option("iv")
        page.locator("#medication_ordered_by").fill("Dr Asha Patel")
        page.get_by_role("button", name="Save medicine").click()
        expect(page.locator("#medications .error-summary")).to_contain_text("Reason is missing")
        assert page.locator("#medication_amount").input_value() == "4"
        page.locator("#medication_reason").fill("nausea")
        page.get_by_role("button", name="Save medicine").click()
        words = "Ondansetron 4 mg into a vein, nausea, ordered by Dr Asha Patel"
        expect(page.locator("#medications .entries")).to_contain_text(words)
        expect(page.locator("#chart")).to_contain_text("Ondansetron 4 mg")
        assert MedicationGiven.objects.get().reason == "nausea"


def test_a_rating_is_one_tap_and_can_be_undone(panel: Panel) -> None:
    with panel("rating", 20) as (page, _session):
        taps = page.evaluate("window.taps")
        page.get_by_role("button", name="3 marked").click()
        expect(page.locator("#rating .entries")).to_contain_text("3 of 4, marked")
        assert page.evaluate("window.taps") == taps + 1
        page.locator("#toasts").get_by_role("button", name="Undo").click()
        expect(page.locator("#rating .entries s")).to_have_count(1)
        assert not DissociationRating.objects.standing().exists()


def test_a_sum_is_typed_on_a_scale_of_many_steps(panel: Panel, northside: Clinic) -> None:
    northside.dissociation_scale = "cadss"
    northside.save()
    with panel("rating", 20) as (page, _session):
        page.locator("#rating_score").fill("93")
        page.get_by_role("button", name="Save rating").click()
        expect(page.locator("#rating .error-summary")).to_contain_text("Rating must be 0–92")
        page.locator("#rating_score").fill("17")
        page.get_by_role("button", name="Save rating").click()
        expect(page.locator("#rating .entries")).to_contain_text("17 of 92")


@pytest.mark.parametrize("state", ["running", "early", "paused", "resting", "empty"])
def test_each_state_is_readable_reachable_and_fits_in_light_and_dark(
    chromium: Browser, live_server: Any, nia: Staff, begun: Any, state: str
) -> None:
    minutes = {"resting": 2, "empty": 55}.get(state, 20)
    session = begun(minutes, "esketamine" if state == "resting" else "ketamine")
    earlier = timezone.now() - timedelta(minutes=1)
    if state in ("early", "paused"):
        kind = "stop" if state == "early" else "pause"
        given(session, nia, earlier, kind, reason="Nausea or vomiting")
    record_medication(by=nia, session=session, medicine=ONDANSETRON, write_key=None)
    record_rating(by=nia, session=session, scale="clinic_0_4", score=2, write_key=None)
    with at_the_chair(chromium, live_server.url, nia, session) as page:
        for panel in ("dose", "medications", "rating"):
            show(page, panel)
            picture(page, f"dose-{state}-{panel}")
            for summary in page.locator(f"#{panel} details:not([open]) > summary").all():
                if summary.is_visible():
                    summary.click()
            assert wrongs(page, FINGER) == []
        page.emulate_media(color_scheme="dark")
        show(page, "dose")
        picture(page, f"dose-{state}-dark")
