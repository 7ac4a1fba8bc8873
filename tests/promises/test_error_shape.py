"""Whatever goes wrong at the API's door, the answer has one shape, and never a trace."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from sessions_app.actions import record
from sessions_app.actions.tokens import create_token, revoke_token
from sessions_app.models import Staff, TreatmentSession
from tests.conftest import START

KEYS = {"type", "title", "status", "errors"}
ERROR_KEYS = {"field", "code", "limit", "value", "message", "next"}
pytestmark = pytest.mark.usefixtures("at_chair")


@pytest.fixture
def nurse(nia: Staff) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(nia)
    return client


@pytest.fixture
def path(session: TreatmentSession) -> str:
    return f"/api/v1/sessions/{session.pk}/readings/"


def check(answer: HttpResponse, status: int, code: str = "") -> dict[str, Any]:
    """The body, after it was found to have the one shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = json.loads(answer.content)
    assert set(body) == KEYS
    assert body["status"] == status
    assert body["title"]
    for error in body["errors"]:
        assert set(error) == ERROR_KEYS
        assert all(error[key] for key in ("code", "message", "next")), error
    assert [error["code"] for error in body["errors"]][:1] == ([code] if code else [])
    said = answer.content.decode()
    assert "Traceback" not in said
    assert "<html" not in said.lower()
    return body


def post(client: Client, path: str, body: Any, **more: Any) -> HttpResponse:
    sent = body if isinstance(body, (str, bytes)) else json.dumps(body)
    answer: HttpResponse = client.post(path, sent, content_type="application/json", **more)
    return answer


def test_401_says_how_to_sign_in(path: str) -> None:
    answer = Client().get(path)
    check(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    check(Client().get(path, headers={"Authorization": "Bearer aft_wrong"}), 401)
    check(Client().get(path, headers={"Authorization": "Bearer"}), 401)


def test_401_for_a_token_that_expired_was_revoked_or_whose_owner_left(
    path: str, nia: Staff, time_machine: Any
) -> None:
    row, token = create_token(person=nia, label="monitor", days=1)
    bearer = {"Authorization": f"Bearer {token}"}
    assert Client().get(path, headers=bearer).status_code == 200
    time_machine.move_to(START + timedelta(days=2), tick=False)
    check(Client().get(path, headers=bearer), 401)
    time_machine.move_to(START, tick=False)
    nia.is_active = False
    nia.save()
    check(Client().get(path, headers=bearer), 401)
    nia.is_active = True
    nia.save()
    revoke_token(row=row)
    check(Client().get(path, headers=bearer), 401)


def test_a_token_needs_no_csrf_and_a_log_in_does(path: str, nia: Staff) -> None:
    _row, token = create_token(person=nia, label="monitor", days=1)
    strict = Client(enforce_csrf_checks=True)
    body = {"write_key": str(uuid4()), "spo2": 97}
    bearer = {"Authorization": f"Bearer {token}"}
    assert post(strict, path, body, headers=bearer).status_code == 201
    strict.force_login(nia)
    check(post(strict, path, body), 403)


def test_a_tokens_refusals_print_times_in_the_clinics_zone(
    session: TreatmentSession, path: str, nia: Staff
) -> None:
    _row, token = create_token(person=nia, label="monitor", days=1)
    bearer = {"Authorization": f"Bearer {token}"}
    body = {"write_key": str(uuid4()), "spo2": 97}
    assert post(Client(), path, body, headers=bearer).status_code == 201
    answer = post(Client(), path, body | {"spo2": 98}, headers=bearer)
    assert "10:15" in check(answer, 409, "already_saved")["title"], "09:15 UTC is 10:15 in Berlin"


def test_403_and_404(nurse: Client, remy: Staff, path: str) -> None:
    researcher = Client()
    researcher.force_login(remy)
    check(researcher.get(path), 403)
    missing = check(nurse.get(f"/api/v1/sessions/{uuid4()}/"), 404)
    assert check(nurse.get("/api/v1/sessions/not-an-id/"), 404) == missing
    assert check(nurse.get("/api/v1/nothing/here/"), 404) == missing
    assert check(nurse.get("/api/"), 404) == missing
    check(nurse.post("/api/v9/x/"), 404)


def test_405_406_and_415(nurse: Client, path: str) -> None:
    for method in (nurse.put, nurse.patch, nurse.delete):
        answer = method(path)
        check(answer, 405)
        assert "POST" in answer.headers["Allow"]
    check(nurse.get(path, headers={"Accept": "text/html"}), 406)
    check(nurse.post(path, {"spo2": 97}), 415)
    check(nurse.post(path, "a,b", content_type="text/csv"), 415)


@pytest.mark.parametrize(
    "sent",
    ["", "{", "[1,", '{"spo2": NaN}', b"\xff\xfe", '{"spo2": 97', '{"\\ud800": 1}', "[" * 100_000],
)
def test_400_for_what_is_no_json(nurse: Client, path: str, sent: Any) -> None:
    answer = post(nurse, path, sent)
    if sent == "":
        check(answer, 422, "required")
    else:
        check(answer, 400)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ([], "non_field_errors", "invalid"),
        ([1, 2], "non_field_errors", "invalid"),
        ({"write_key": "1"}, "write_key", "invalid"),
        ({"spo2": "many"}, "spo2", "invalid"),
        ({"spo2": 10**30}, "spo2", "implausible_high"),
        ({"spo2": 9}, "spo2", "implausible_low"),
        ({"temperature_c": "36.66"}, "temperature_c", "max_decimal_places"),
        ({"position": "on his head\u0000"}, "position", "null_characters_not_allowed"),
        ({"spo2": 97, "position": "flying"}, "position", "unknown_choice"),
        ({}, "write_key", "required"),
        ({"blank_reason": "declined", "position": "lying"}, "", "nothing_entered"),
        ({"taken_at": "11:42"}, "taken_at", "invalid"),
        ({"taken_at": "9999-12-31T23:59:59-14:00"}, "taken_at", "overflow"),
        ({"id": 1}, "id", "unknown_field"),
    ],
)
def test_422_for_a_wrong_shape_and_for_a_broken_rule(
    nurse: Client, path: str, session: TreatmentSession, body: Any, field: str, code: str
) -> None:
    if isinstance(body, dict) and body and "write_key" not in body:
        body = {"write_key": str(uuid4()), **body}
    found = check(post(nurse, path, body), 422, code)
    assert found["errors"][0]["field"] == field
    assert not session.readings.exists()


def test_422_for_a_wrong_parameter(nurse: Client) -> None:
    for query in ("sessions/?day=31", "sessions/?patient=1", "alerts/?open=maybe"):
        check(nurse.get(f"/api/v1/{query}"), 422, "invalid")


def test_429_for_an_address_that_guesses_tokens(path: str, settings: Any, nia: Staff) -> None:
    for guess in range(settings.SIGN_IN_TRIES):
        check(Client().get(path, headers={"Authorization": f"Bearer aft_{guess}"}), 401)
    answer = Client().get(path, headers={"Authorization": "Bearer aft_x"})
    check(answer, 429)
    assert int(answer.headers["Retry-After"]) > 0
    _row, token = create_token(person=nia, label="monitor", days=1)
    living = Client().get(path, headers={"Authorization": f"Bearer {token}"})
    assert living.status_code == 200, "a living token always opens"


def test_413_for_a_body_beyond_the_limit(nurse: Client, path: str, settings: Any) -> None:
    too_much = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    check(post(nurse, path, {"note": too_much}), 413)


def test_503_when_another_write_holds_the_database(
    nurse: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(record, "locked", busy)
    answer = post(nurse, path, {"write_key": str(uuid4()), "spo2": 97})
    check(answer, 503)
    assert answer.headers["Retry-After"] == "1"


def test_500_says_nothing_of_the_fault(
    nurse: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("Maya Vale's secret")

    monkeypatch.setattr(record, "locked", broken)
    answer = post(nurse, path, {"write_key": str(uuid4()), "spo2": 97})
    check(answer, 500)
    assert "Maya" not in answer.content.decode()


def test_400_for_a_host_that_is_not_ours(path: str) -> None:
    check(Client().get(path, headers={"Host": "evil.example"}), 400)
