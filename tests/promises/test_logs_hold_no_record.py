"""Nobody's name, value, token or search stands in what the server writes about its work."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.test import Client

from config.logs import NoTokens, PlacesOnly
from sessions_app.actions import record
from sessions_app.actions.check_in_links import mint_link
from sessions_app.models import Clinic, Patient, Staff, TreatmentSession
from tests.conftest import PASSWORD, START
from tests.sessions_app.check_in_people import make_help_lines, planned

SECRETS = ["Vale", "Maya", "N-1043", "none known", "187", "Zolpidem", "4711", PASSWORD]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the handler of the settings writes, at the most talkative level."""
    stream = io.StringIO()
    shape = dict(settings.LOGGING["formatters"]["line"])
    assert shape.pop("()") == "config.logs.PlacesOnly"
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlacesOnly(shape["format"], style=shape["style"]))
    handler.addFilter(NoTokens())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_whole_day_leaves_nothing_of_the_record_in_the_log(
    log: io.StringIO,
    time_machine: Any,
    session: TreatmentSession,
    nia: Staff,
    northside: Clinic,
    maya: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time_machine.move_to(START, tick=False)
    make_help_lines(northside)
    request = planned(session, nia, "2h")
    token = mint_link(by=nia, request=request)[1]
    client = Client(raise_request_exception=False)
    client.post("/login/", {"username": "nia", "password": "Zolpidem-wrong"})
    client.post("/login/", {"username": "nia", "password": PASSWORD})
    page, api = f"/s/{session.pk}/", f"/api/v1/sessions/{session.pk}/readings/"
    reading = {"write_key": str(uuid4()), "systolic": "187", "diastolic": "110"}
    assert client.post(f"{page}readings/", reading).status_code < 400
    client.post(f"{page}readings/", {**reading, "spo2": "Zolpidem"})
    client.post(api, {"note": "Zolpidem"}, content_type="application/json")
    client.get("/patients/", {"search": "Vale"})
    client.get("/nothing/", {"search": "Vale"})
    client.get(f"/patients/{maya.pk}/")
    client.delete(f"/patients/{maya.pk}/?who=Vale")
    phone = Client(raise_request_exception=False)
    time_machine.move_to(request.opens_at, tick=False)
    assert phone.get(f"/c/{token}/").status_code == 302
    phone.get(f"/c/{token}x/")
    phone.get(f"/c/{token}/stop/")
    phone.post(f"/c/{token}/")
    phone.post("/c/2h/1/", {"write_key": str(uuid4()), "value": "187"})
    bearer = {"Authorization": "Bearer aft_Zolpidem"}
    Client().get("/api/v1/me/?token=Zolpidem", headers=bearer)

    def refused(*_: Any) -> None:
        # A database says which row it will not keep.
        said = ", ".join(SECRETS)
        raise IntegrityError(said) from ValueError(said)

    # The tablet locked itself in the hour that passed.
    client.post("/login/", {"username": "nia", "password": PASSWORD})
    monkeypatch.setattr(record, "locked", refused)
    broken = client.post(f"{page}readings/", {**reading, "write_key": str(uuid4())})
    again = client.post(
        api, {**reading, "write_key": str(uuid4())}, content_type="application/json"
    )
    for answer in (broken, again):
        assert answer.status_code == 500
        assert [word for word in SECRETS if word in answer.content.decode()] == []
    written = log.getvalue()
    assert "IntegrityError" in written, "the kind of the fault is told ..."
    assert "ValueError" in written, "... with its cause ..."
    assert "readings.py" in written, "... and its place"
    assert "/c/…" in written
    assert [word for word in [*SECRETS, token] if word in written] == []


def test_the_settings_send_every_logger_through_this_one_handler() -> None:
    configured = settings.LOGGING
    assert set(configured["handlers"]) == {"console"}
    assert configured["handlers"]["console"]["filters"] == ["no_tokens"]
    assert configured["handlers"]["console"].get("formatter") == "line"
    assert "loggers" not in configured
    assert not settings.ADMINS, "no fault is sent by mail"
