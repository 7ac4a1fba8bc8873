"""A person at the API's door: JSON in, JSON out, and a fresh write key unless one is given."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from sessions_app.models import Staff


class Api:
    """Signed in as on a page, where the screen locks, or with a token, which knows no lock."""

    def __init__(self, person: Staff | None = None, *, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        self.client = Client(raise_request_exception=False, headers=headers)
        if person is not None:
            self.client.force_login(person)

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, **body: Any) -> HttpResponse:
        return self._send("post", path, {"write_key": str(uuid4()), **body})

    def patch(self, path: str, **body: Any) -> HttpResponse:
        return self._send("patch", path, {"write_key": str(uuid4()), **body})

    def _send(self, method: str, path: str, body: dict[str, Any]) -> HttpResponse:
        send = getattr(self.client, method)
        answer: HttpResponse = send(f"/api/v1/{path}", body, content_type="application/json")
        return answer


def errors_of(answer: HttpResponse) -> dict[str, str]:
    """Field → code of a refusal."""
    found: list[dict[str, str]] = answer.json()["errors"]  # type: ignore[attr-defined]
    return {error["field"]: error["code"] for error in found}
