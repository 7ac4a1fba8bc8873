"""A tablet as a benchmark sees it: one kept-alive connection, one log-in, no browser."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.served import HOST

CSRF = "a" * 32  # any secret of Django's length: the cookie and the header must agree


class Answer(NamedTuple):
    status: int
    body: bytes


class Tablet:
    """Signed in with a session cookie. A broken connection raises OSError or HTTPException."""

    def __init__(self, port: int, cookie: str, timeout: float = 30) -> None:
        self.line = http.client.HTTPConnection(HOST, port, timeout=timeout)
        self.headers = {
            "Cookie": f"sessionid={cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
        }

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post_json(self, path: str, body: Mapping[str, object]) -> Answer:
        return self._ask(
            "POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )

    def post_form(self, path: str, body: Mapping[str, object], **headers: str) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", path, urlencode(body).encode(), form)

    def _ask(self, method: str, path: str, body: bytes | None, more: Mapping[str, str]) -> Answer:
        self.line.request(method, path, body, {**self.headers, **more})
        answer = self.line.getresponse()
        return Answer(answer.status, answer.read())

    def close(self) -> None:
        self.line.close()
