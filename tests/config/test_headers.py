"""The headers that every answer carries, also a refusal, an error, a redirect and a static file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sessions_app.actions import record
from sessions_app.models import Staff, TreatmentSession


def signed_in(person: Staff) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def broken(nia: Staff, session: TreatmentSession, monkeypatch: Any, path: str) -> HttpResponse:
    def fail(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(record, "locked", fail)
    monkeypatch.setattr("sessions_app.views.session.load", fail)
    client = signed_in(nia)
    if path.startswith("/api/"):
        body = {"write_key": "6c1f2d5e-0000-4000-8000-000000000001", "spo2": 97}
        return client.post(path, body, content_type="application/json")
    return client.get(path)


Ask = Callable[[Staff, TreatmentSession, Any], HttpResponse]
ANSWERS: dict[str, tuple[int, Ask]] = {
    "a page": (200, lambda nia, row, _: signed_in(nia).get(f"/s/{row.pk}/")),
    "the log-in": (200, lambda *_: Client().get("/login/")),
    "not signed in": (302, lambda nia, row, _: Client().get(f"/s/{row.pk}/")),
    "not allowed": (403, lambda nia, row, _: signed_in(nia).get("/clinic/staff/")),
    "no such page": (404, lambda *_: Client().get("/nothing/")),
    "no such link": (404, lambda *_: Client().get("/c/nothing/")),
    "no such method": (405, lambda nia, row, _: signed_in(nia).delete("/chairs/")),
    "no csrf token": (
        403,
        lambda *_: Client(enforce_csrf_checks=True).post("/login/", {"username": "nia"}),
    ),
    "a foreign host": (400, lambda *_: Client().get("/", headers={"Host": "evil.example"})),
    "our fault": (500, lambda nia, row, patch: broken(nia, row, patch, f"/s/{row.pk}/")),
    "the api": (200, lambda nia, *_: signed_in(nia).get("/api/v1/me/")),
    "the api's door": (401, lambda *_: Client().get("/api/v1/me/")),
    "nothing in the api": (404, lambda *_: Client().get("/api/nothing")),
    "the api's fault": (
        500,
        lambda nia, row, patch: broken(nia, row, patch, f"/api/v1/sessions/{row.pk}/readings/"),
    ),
    "a static file": (200, lambda *_: Client().get("/static/css/base.css")),
    "no such file": (404, lambda *_: Client().get("/static/css/none.css")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_carries_the_headers(
    name: str, nia: Staff, session: TreatmentSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, ask = ANSWERS[name]
    answer = ask(nia, session, monkeypatch)
    assert answer.status_code == status
    check(answer)
    if name != "a static file":
        assert answer.headers["Cache-Control"] == "no-store"
    assert "a fault of ours" not in b"".join(answer).decode()
    answer.close()


def check(answer: HttpResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy, "no other host"
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_plain_request_is_led_to_https_and_not_remembered(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/patients/?search=Vale")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://testserver/patients/?search=Vale"
    assert answer.headers["Cache-Control"] == "no-store"
    check(answer)


@pytest.mark.parametrize("path", ["/login/", "/nothing/", "/api/v1/me/", "/static/css/base.css"])
def test_over_https_every_answer_asks_for_https_for_a_year(
    path: str, settings: Any, db: None
) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    answer = Client().get(path, secure=True)
    sent = answer.headers["Strict-Transport-Security"]
    assert sent == "max-age=31536000; includeSubDomains"
    answer.close()
    check(answer)
