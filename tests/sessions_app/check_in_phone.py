"""What tests of a check-in on a phone stand on: the link of day 14, tapped on its day."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from sessions_app.actions.check_in_links import mint_link
from sessions_app.models import CheckInRequest, Clinic, Staff, TreatmentSession
from tests.conftest import START
from tests.sessions_app.check_in_people import after, make_help_lines, planned


@pytest.fixture
def day_14(session: TreatmentSession, nia: Staff, northside: Clinic) -> CheckInRequest:
    make_help_lines(northside)
    return planned(session, nia, "14d")


@pytest.fixture
def token(day_14: CheckInRequest, nia: Staff) -> str:
    return mint_link(by=nia, request=day_14, clock=lambda: START)[1]


@pytest.fixture
def on_day_14(time_machine: Any) -> Any:
    """Monday 16 March 2026, 10:00 at the clinic."""
    time_machine.move_to(after(14 * 24), tick=False)
    return time_machine


@pytest.fixture
def phone(client: Client, token: str, on_day_14: Any) -> Client:
    """Maya's phone after the tap on the link."""
    assert client.get(f"/c/{token}/").status_code == 302
    return client


def send(phone: Client, step: int, value: object = None, **more: object) -> HttpResponse:
    """One answer of day 14, under a key of its own."""
    form = {"write_key": uuid4(), **more}
    if value is not None:
        form["value"] = value
    return phone.post(f"/c/14d/{step}/", form)
