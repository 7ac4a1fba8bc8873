"""The chair board: what each card shows, and that it costs the same for 6 chairs and for 60."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions_app.actions.alerts import close_alert
from sessions_app.actions.effects import record_side_effect
from sessions_app.chairside.board import Card, chair_board
from sessions_app.models import (
    Alert,
    Appointment,
    AuditEvent,
    Chair,
    Clinic,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.conftest import START, make_course, make_patient, make_session
from tests.sessions_app.chairside_people import at, dose, make_ready, vitals

pytestmark = pytest.mark.django_db


def card(clinic: Clinic, minute: float, name: str = "1") -> Card:
    cards = chair_board(clinic, at(minute)()).cards
    return next(card for card in cards if card.chair.name == name)


def fill(clinic: Clinic, nia: Staff, chairs: range) -> None:
    """A running session with readings, an effect and an alarm in each chair."""
    for number in chairs:
        chair = Chair.objects.create(clinic=clinic, name=str(number), position=number)
        patient = make_patient(clinic, f"N-{number}", "Ada", f"Lane{number}")
        session = make_session(make_course(patient), nia, chair=chair)
        vitals(session, nia, -1, systolic=128, diastolic=79)
        vitals(session, nia, 10, systolic=184, diastolic=90)
        record_side_effect(
            by=nia, session=session, code="nausea", grade="mild", write_key=None, clock=at(12)
        )


def test_the_number_of_queries_does_not_grow_with_the_chairs(northside: Clinic, nia: Staff) -> None:
    counts = []
    for chairs in (range(1, 7), range(7, 61)):
        fill(northside, nia, chairs)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            board = chair_board(northside, at(15)())
        counts.append(len(seen))
    assert len(board.cards) == 60
    assert counts[0] == counts[1] <= 12


def test_the_page_costs_the_same_for_more_chairs(
    as_nia: Client, northside: Clinic, nia: Staff, at_chair: Any
) -> None:
    counts = []
    as_nia.get("/chairs/live/")  # the first request of a log-in notes when it began
    for chairs in (range(1, 3), range(3, 9)):
        fill(northside, nia, chairs)
        with CaptureQueriesContext(connection) as seen:
            as_nia.get("/chairs/live/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_chairs_stand_in_the_order_of_the_room(northside: Clinic) -> None:
    for position, name in ((3, "Window"), (1, "Door"), (2, "Middle")):
        Chair.objects.create(clinic=northside, name=name, position=position)
    Chair.objects.create(clinic=northside, name="Broken", position=0, is_active=False)
    names = [card.chair.name for card in chair_board(northside, START).cards]
    assert names == ["Door", "Middle", "Window"]


def test_a_card_says_when_the_next_reading_is_due_and_how_late_it_is(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    vitals(session, nia, 0, systolic=128, diastolic=79)
    assert card(northside, 4).due_in_min == 6
    assert card(northside, 11).overdue_min == 0
    late = card(northside, 13)
    assert (late.overdue_min, late.level) == (3, "medium")


def test_an_alarm_colours_its_card_and_stands_in_the_strip_until_it_is_closed(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    vitals(session, nia, 10, systolic=184, diastolic=106, heart_rate=97, spo2=96, moaas=4)
    board = chair_board(northside, at(11)())
    (alarmed,) = board.cards
    assert (alarmed.level, alarmed.alert_text) == ("high", "Blood pressure 184/106")
    assert [alarm.title for alarm in board.alarms] == ["Chair 1 · Blood pressure 184/106"]
    assert alarmed.latest == {
        "systolic": 184,
        "diastolic": 106,
        "heart_rate": 97,
        "spo2": 96,
        "moaas": 4,
    }
    for alert in Alert.objects.all():
        close_alert(by=nia, alert=alert, outcome="back_in_range", write_key=None)
    assert chair_board(northside, at(11)()).alarms == []


def test_a_card_turns_ready_when_the_watch_is_over(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    make_ready(session, nia)
    assert not card(northside, 99).is_time_done
    ready = card(northside, 100)
    assert (ready.is_time_done, ready.checks_met, ready.checks_total) == (True, 9, 9)
    assert ready.watch_min == 100


def test_the_watch_of_an_infusion_counts_from_its_real_end(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    assert card(northside, 5).watch_min == 100
    dose(session, nia, 50, "stop")
    assert card(northside, 51).watch_min == 110


def test_the_first_session_and_open_effects_are_chips(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    record_side_effect(
        by=nia, session=session, code="nausea", grade="mild", write_key=None, clock=at(10)
    )
    shown = card(northside, 36)
    assert shown.is_first
    assert [(chip.name, chip.grade, chip.minutes) for chip in shown.effects] == [
        ("Nausea", "mild", 26)
    ]
    make_session(session.course, nia, START - timedelta(days=7), origin="import")
    assert not card(northside, 36).is_first


def test_two_patients_with_the_same_initials_show_their_numbers_in_bold(
    session: TreatmentSession, northside: Clinic, nia: Staff
) -> None:
    assert not card(northside, 5).has_twin
    other = make_patient(northside, "N-2", "Mona", "Veil")
    chair = Chair.objects.create(clinic=northside, name="2", position=2)
    make_session(make_course(other), nia, chair=chair)
    assert card(northside, 5).has_twin
    assert card(northside, 5, "2").has_twin


def test_an_empty_clinic_says_who_comes_next(
    as_nia: Client, chair: Chair, maya: Patient, at_chair: Any
) -> None:
    Appointment.objects.create(
        clinic=maya.clinic, patient=maya, chair=chair, starts_at=START + timedelta(hours=2)
    )
    page = as_nia.get("/chairs/").content.decode()
    assert "No sessions now. Next: M.V. at 12:00." in page
    assert f"/chairs/{chair.pk}/start/?patient={maya.pk}" in page


def test_the_board_is_private_to_its_clinic_and_role(
    client: Client, session: TreatmentSession, otto: Staff, remy: Staff, lena: Staff
) -> None:
    client.force_login(otto)
    assert "M.V." not in client.get("/chairs/").content.decode()
    client.force_login(remy)
    assert client.get("/chairs/").status_code == 403
    client.force_login(lena)
    page = client.get("/chairs/").content.decode()
    assert "M.V." in page
    assert "new-reading" not in page


def test_opening_the_board_is_one_look_and_polling_it_none(
    as_nia: Client, session: TreatmentSession, at_chair: Any
) -> None:
    page = as_nia.get("/chairs/").content.decode()
    assert AuditEvent.objects.filter(tag="list:look").count() == 1
    as_nia.get("/chairs/live/")
    assert AuditEvent.objects.count() == 1
    refresh = '<meta http-equiv="refresh" content="30;url=/chairs/watch/">'
    assert f"<noscript>{refresh}</noscript>" in page
    assert refresh in as_nia.get("/chairs/watch/").content.decode()
    assert AuditEvent.objects.count() == 1
    assert "The bedside monitor is the primary alarm." in page
    assert "Maya" not in page, "initials only: others see this screen"


def test_a_free_chair_leads_the_clinic_lead_to_the_board_and_no_start(
    client: Client, lena: Staff, nia: Staff, session: TreatmentSession
) -> None:
    free = Chair.objects.create(clinic=session.clinic, name="2", position=2)
    start = reverse("care:session_start", args=[free.pk])
    page = reverse("care:session", args=[session.pk])
    client.force_login(lena)
    assert start not in client.get(page).content.decode()
    client.force_login(nia)
    assert start in client.get(page).content.decode()
