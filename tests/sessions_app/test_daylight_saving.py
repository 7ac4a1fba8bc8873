"""The nights when the clocks change: labels jump, elapsed time and hours of relief do not.

Every number of a session in such a night is compared with the same session in a plain night, two
weeks earlier, through the pages that show it. Berlin: 29 March 2026 01:59 is followed by 03:00, 25
October 2026 02:59 by 02:00, both at 01:00 UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import change_side_effect, record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.models import Chair, Clinic, Prescription, Staff, TreatmentCourse
from tests.conftest import make_course, make_patient, make_session
from tests.posting import post, said
from tests.reports.invented import infusion, score

pytestmark = pytest.mark.django_db

SPRING = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 CET; the clocks jump at minute 30
AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 CEST, and again at minute 60
PLAIN = datetime(2026, 3, 15, 0, 30, tzinfo=UTC)
NIGHTS = pytest.mark.parametrize("night", [SPRING, AUTUMN], ids=["spring", "autumn"])


MINUTES = ((-1, 128), (20, 141), (50, 150), (75, 133))


@pytest.fixture
def spend(
    client: Client,
    course: TreatmentCourse,
    prescription: Prescription,
    chair: Chair,
    nia: Staff,
    time_machine: Any,
) -> Callable[[datetime], dict[str, str]]:
    """A session in that night, and its pages at minute 85; afterwards nothing of it is left."""

    def pages(start: datetime) -> dict[str, str]:
        def clock(minute: float) -> Any:
            return lambda: start + timedelta(minutes=minute)

        time_machine.move_to(start + timedelta(minutes=85), tick=False)
        client.force_login(nia)
        session = make_session(course, nia, start, prescription=prescription, chair=chair)
        by: dict[str, Any] = {"by": nia, "write_key": None}
        for minute, systolic in MINUTES:
            values = {"systolic": systolic, "diastolic": 80, "spo2": 98, "moaas": 5}
            record_vital_reading(**by, session=session, values=values, clock=clock(minute))
        record_dose_event(**by, session=session, kind="stop", clock=clock(40))
        effect = record_side_effect(
            **by, session=session, code="nausea", grade="mild", clock=clock(15)
        )
        change_side_effect(**by, effect=effect, kind="resolved", clock=clock(65))
        found = {
            path or "session": said(client.get(f"/s/{session.pk}/{path}"))
            for path in ("", "table/", "print/", "discharge/")
        }
        return found | {"chairs": said(client.get("/chairs/"))}

    def spend_and_forget(start: datetime) -> dict[str, str]:
        with transaction.atomic():
            found = pages(start)
            transaction.set_rollback(True)
        return found

    return spend_and_forget


def without_labels(page: str) -> str:
    """The page without what may differ: keys, dates, and clock times (09:05, but not 1:25)."""
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "KEY", page)
    page = re.sub(r'(csrfmiddlewaretoken" value=|nonce=)"[^"]*"', r"\1", page)
    page = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+]+Z?", "INSTANT", page)
    page = re.sub(r'data-(stamp|offsets)="[^"]*"', "", page)
    page = re.sub(r"\b\d{13}\b", "INSTANT", page)  # milliseconds, for the ticking clocks
    page = re.sub(r"\b\d{1,2}\s\w{3}\s2026", "DAY", page)
    page = re.sub(r"\b2026-Q\d\b", "QUARTER", page)
    return re.sub(r"\b\d\d:\d\d\b", "CLOCK", page)


@NIGHTS
def test_every_number_of_a_session_is_the_same_as_in_a_plain_night(
    spend: Callable[[datetime], dict[str, str]], night: datetime
) -> None:
    plain, changed = spend(PLAIN), spend(night)
    assert "1:25" in plain["session"], "minutes since the dose"
    assert "(50 min)" in plain["session"], "nausea from minute 15 to minute 65"
    assert "<svg" in plain["session"]
    assert '<td class="num">75</td>' in plain["table/"]
    for name, page in changed.items():
        assert without_labels(page) == without_labels(plain[name]), name


@pytest.mark.parametrize(
    ("night", "started", "read_at_50"),
    [(PLAIN, "01:30", "02:20"), (SPRING, "01:30", "03:20"), (AUTUMN, "02:30", "02:20")],
    ids=["plain", "spring", "autumn"],
)
def test_the_labels_are_what_the_clock_on_the_wall_showed(
    spend: Callable[[datetime], dict[str, str]], night: datetime, started: str, read_at_50: str
) -> None:
    page = spend(night)["session"]
    assert f"since {started}" in page
    assert f'<th scope="row">{read_at_50}</th><td class="num">50</td>' in page


def test_a_time_that_the_clocks_jumped_over_is_refused_on_the_page(
    client: Client, nia: Staff, course: TreatmentCourse, time_machine: Any
) -> None:
    time_machine.move_to(SPRING + timedelta(minutes=40), tick=False)
    client.force_login(nia)
    session = make_session(course, nia, SPRING)
    body = {"systolic": "131", "diastolic": "84", "taken_at": "02:15"}
    answer = post(client, "care:reading_add", body, session.pk)
    assert answer.status_code == 422
    assert "02:15 does not exist" in said(answer)
    assert not session.readings.exists()


def test_a_time_that_came_twice_is_the_one_nearest_to_now(
    client: Client, nia: Staff, course: TreatmentCourse, time_machine: Any
) -> None:
    time_machine.move_to(AUTUMN + timedelta(minutes=65), tick=False)
    client.force_login(nia)
    session = make_session(course, nia, AUTUMN)
    body = {"systolic": "131", "diastolic": "84", "taken_at": "02:31"}
    assert post(client, "care:reading_add", body, session.pk).status_code == 302
    assert session.readings.get().taken_at == AUTUMN + timedelta(minutes=61)


HOURS = ((-1, 2), (2, 3), (24, 8), (72, 8), (168, 3), (170, 2))


def treat(course: TreatmentCourse, by: Staff, start: datetime) -> None:
    infusion(course, by, start)
    for hours, mood in HOURS:
        score(course.patient, start + timedelta(hours=hours), mood)


@NIGHTS
def test_hours_of_relief_are_hours_that_passed(
    client: Client, course: TreatmentCourse, nia: Staff, time_machine: Any, night: datetime
) -> None:
    treat(course, nia, night)
    time_machine.move_to(night + timedelta(days=20), tick=False)
    client.force_login(nia)
    found = client.get(f"/api/v1/patients/{course.patient_id}/episodes/").json()
    (episode,) = found["episodes"]
    assert (episode["onset_lo"], episode["onset_hi"]) == (2, 24)
    assert (episode["relief_lo"], episode["relief_hi"]) == (48, 166)
    page = said(client.get(f"/patients/{course.patient_id}/"))
    assert "2–7\u00a0d" in page, "the headline's days are days of 24 hours"


@NIGHTS
def test_the_outcomes_are_those_of_a_plain_night(
    client: Client, northside: Clinic, nia: Staff, lena: Staff, time_machine: Any, night: datetime
) -> None:
    def outcomes(start: datetime) -> Any:
        with transaction.atomic():
            for number in range(12):
                patient = make_patient(northside, f"D-{number}", "Dana", f"Night{number}")
                treat(make_course(patient), nia, start)
            time_machine.move_to(start + timedelta(days=20), tick=False)
            cache.clear()
            client.force_login(lena)
            found = client.get("/api/v1/outcomes/", {"from": "2026-01-01", "to": "2026-12-31"})
            transaction.set_rollback(True)
        assert found.status_code == 200
        return without_labels(said(found))

    changed = outcomes(night)
    assert changed == outcomes(PLAIN)
    assert '"patients":12' in changed.replace(" ", "")
