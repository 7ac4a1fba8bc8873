"""The rota: who is on call, when nobody is, and when the clinic is open on its own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import jobs
from sessions_app.alerting.rota import (
    is_sending,
    is_somebody_told,
    on_call_at,
    rota_gaps,
    unreachable,
)
from sessions_app.help_lines import opening_spans
from sessions_app.jobs import run_all
from sessions_app.models import Clinic, Staff
from tests.conftest import START
from tests.sessions_app.calling_people import BERLIN, NIGHT, as_loaded, on_call, reachable

__all__ = ["as_loaded"]  # the fixture
pytestmark = pytest.mark.usefixtures("as_loaded")


def test_hours_in_which_nobody_would_hear_are_found(
    northside: Clinic, nia: Staff, dr_patel: Staff
) -> None:
    reachable(northside, nia, dr_patel)
    shift = on_call(dr_patel, START - timedelta(days=1), hours=24 * 60)
    monday, tuesday = START.replace(hour=0), START.replace(hour=0) + timedelta(days=1)
    assert rota_gaps(northside, monday, tuesday) == []
    shift.cancelled_at = START
    shift.save()
    # 08:00 to 17:00 in Berlin is 07:00 to 16:00 UTC in March.
    open_from, open_until = monday.replace(hour=7), monday.replace(hour=16)
    assert rota_gaps(northside, monday, tuesday) == [(monday, open_from), (open_until, tuesday)]
    on_call(nia, open_until, hours=4)
    assert rota_gaps(northside, open_until, tuesday) == [(open_until + timedelta(hours=4), tuesday)]


def test_somebody_on_call_without_an_address_covers_nothing(northside: Clinic, nia: Staff) -> None:
    on_call(nia, NIGHT)
    assert on_call_at(northside, NIGHT) == [nia]
    assert not is_somebody_told(northside, NIGHT)
    assert rota_gaps(northside, NIGHT, NIGHT + timedelta(hours=1))
    assert unreachable(northside, NIGHT) == [nia]
    run_all(clock=lambda: NIGHT)
    nia.email = "nia@northside.example"
    nia.save()
    assert is_somebody_told(northside, NIGHT)
    assert unreachable(northside, NIGHT) == []


@pytest.mark.parametrize(("minutes", "is_told"), [(0, True), (4, True), (5, False), (300, False)])
def test_nobody_is_told_at_night_while_nothing_is_sent(
    northside: Clinic, nia: Staff, minutes: int, is_told: bool
) -> None:
    nia.phone = "+49 30 0000001"
    nia.save()
    on_call(nia, NIGHT, hours=20)
    assert not is_somebody_told(northside, NIGHT), "nothing ever ran"
    run_all(clock=lambda: NIGHT)
    assert is_somebody_told(northside, NIGHT + timedelta(minutes=minutes)) is is_told


def test_a_run_in_which_sending_failed_counts_as_none(
    northside: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver_due(*, clock: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(jobs, "JOBS", (deliver_due,))
    run_all(clock=lambda: NIGHT)
    assert not is_sending(NIGHT)


def test_in_opening_hours_the_screens_tell_the_team(northside: Clinic) -> None:
    assert is_somebody_told(northside, START)
    assert not is_somebody_told(northside, NIGHT)


def test_a_shift_ends_before_its_end_and_a_leaver_is_on_call_no_more(
    northside: Clinic, nia: Staff, otto: Staff
) -> None:
    on_call(nia, START, hours=8)
    on_call(otto, START, hours=8)
    assert on_call_at(northside, START) == [nia]
    assert on_call_at(northside, START + timedelta(hours=8)) == []
    nia.is_active = False
    nia.save()
    assert on_call_at(northside, START) == []


@pytest.mark.parametrize(
    ("day", "hours_utc"),
    [
        pytest.param(datetime(2026, 3, 28, 12, tzinfo=BERLIN), 9, id="before"),
        pytest.param(datetime(2026, 3, 29, 12, tzinfo=BERLIN), 9, id="the changed day"),
    ],
)
def test_opening_hours_are_those_of_the_wall_clock(
    northside: Clinic, day: datetime, hours_utc: int
) -> None:
    northside.open_days = "1234567"
    spans = opening_spans(northside, day, day)
    opens, closes = next(span for span in spans if span[0] <= day < span[1])
    assert closes - opens == timedelta(hours=hours_utc)
    assert opens.astimezone(BERLIN).time() == time(8)
    assert closes.astimezone(BERLIN).time() == time(17)


def test_a_clinic_that_is_open_over_the_changed_night_is_open_an_hour_less(
    northside: Clinic,
) -> None:
    northside.opens_at, northside.closes_at, northside.open_days = time(20), time(6), "1234567"
    night = datetime(2026, 3, 29, 0, 30, tzinfo=BERLIN)
    opens, closes = next(
        span for span in opening_spans(northside, night, night) if span[0] <= night < span[1]
    )
    assert closes - opens == timedelta(hours=9)


def test_a_server_that_stopped_calling_says_so_in_the_inbox_and_on_the_rota(
    as_nia: Client, lena: Staff, time_machine: Any
) -> None:
    time_machine.move_to(NIGHT, tick=False)
    stopped, never = "Nothing was sent since", "Nobody is called now"
    lead = Client()
    lead.force_login(lena)
    assert never in lead.get(reverse("clinic:rota")).content.decode(), "nothing ever ran"
    run_all()
    assert stopped not in as_nia.get("/alerts/").content.decode()
    assert never not in lead.get(reverse("clinic:rota")).content.decode()
    time_machine.move_to(NIGHT + timedelta(minutes=6), tick=False)
    assert stopped in as_nia.get("/alerts/").content.decode()
    assert never in lead.get(reverse("clinic:rota")).content.decode()
