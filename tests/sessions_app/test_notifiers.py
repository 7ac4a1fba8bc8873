"""The ways out: a gateway by HTTP, a mail server, the console; how sure each answer makes us."""

from __future__ import annotations

import io
import json
import smtplib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail

from sessions_app.alerting.notifiers import (
    Console,
    HttpGateway,
    Mail,
    NotSent,
    Refused,
    Unknown,
    channel_for,
    notifier_of,
)


class Answers(BaseHTTPRequestHandler):
    """A gateway on this machine: `status` and `body` are what it says; it keeps what it heard."""

    status, body, heard = 200, b'{"id": "SM1"}', []  # type: ignore[var-annotated]

    def do_POST(self) -> None:  # noqa: N802 (the server's own name)
        length = int(self.headers["Content-Length"])
        self.heard.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
        if self.status == 0:
            return  # hangs up without an answer
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Answers.status, Answers.body, Answers.heard = 200, b'{"id": "SM1"}', []
    found = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=found.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def post(server: HTTPServer, timeout: float = 60) -> str:
    gateway = HttpGateway(f"http://127.0.0.1:{server.server_port}/v1/messages", "secret")
    return gateway.send("+49 30 1", "", "Olá, sí", key="alert:1", timeout=timeout)


def test_the_gateway_gets_address_text_and_key_with_the_token(server: HTTPServer) -> None:
    assert post(server) == "SM1"
    [(path, headers, body)] = Answers.heard
    assert path == "/v1/messages"
    assert body == {"to": "+49 30 1", "text": "Olá, sí", "key": "alert:1"}
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == "alert:1"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused("http_400")),
        (401, Refused("http_401")),
        (302, Refused("http_302")),
        (429, NotSent("http_429")),
        (408, NotSent("http_408")),
        (500, Unknown()),
        (503, Unknown()),
        (0, Unknown()),
    ],
)
def test_what_the_gateway_says_decides_how_sure_we_are(
    server: HTTPServer, status: int, outcome: Exception
) -> None:
    Answers.status = status
    with pytest.raises(type(outcome)) as found:
        post(server)
    assert found.value.args == outcome.args
    assert len(Answers.heard) == 1, "no redirect is followed and nothing is sent twice"


@pytest.mark.parametrize("body", [b"", b"ok", b"[1]", b'{"id": null}', b'{"id": {}}', b"\xff"])
def test_any_body_of_a_2xx_counts_as_sent(server: HTTPServer, body: bytes) -> None:
    Answers.body = body
    assert post(server) == ""


def test_a_gateway_that_is_not_there_got_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent, match="no_connection"):
        HttpGateway(f"http://127.0.0.1:{port}/", "t").send("1", "", "x", key="k", timeout=1)


def test_a_gateway_that_is_silent_leaves_it_unknown_within_the_time_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Unknown):
            HttpGateway(url, "t").send("1", "", "x", key="k", timeout=0.2)


def test_an_e_mail_has_the_same_number_for_the_same_key() -> None:
    sender = Mail("Clinic <check-in@clinic.example.org>")
    first = sender.send("a@example.org", "Your check-in", "Here", key="k1", timeout=1)
    again = sender.send("a@example.org", "Your check-in", "Here", key="k1", timeout=1)
    assert first == again != sender.send("a@example.org", "S", "T", key="k2", timeout=1)
    message = mail.outbox[0]
    assert (message.to, message.subject, message.body) == (
        ["a@example.org"],
        "Your check-in",
        "Here",
    )
    assert message.extra_headers["Message-ID"] == first
    assert first.endswith("@clinic.example.org>")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no such user")}), Refused("smtp_550")),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), NotSent("smtp_450")),
        (smtplib.SMTPDataError(554, b"spam"), Refused("smtp_554")),
        (smtplib.SMTPServerDisconnected("gone"), Unknown()),
        (TimeoutError(), Unknown()),
    ],
)
def test_what_a_mail_server_says_decides_how_sure_we_are(
    monkeypatch: pytest.MonkeyPatch, fault: Exception, outcome: Exception
) -> None:
    def refuse(*_: Any) -> None:
        raise fault

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with pytest.raises(type(outcome)) as found:
        Mail("c@example.org").send("a@example.org", "S", "T", key="k", timeout=1)
    assert found.value.args == outcome.args


def test_the_console_prints_what_would_be_sent() -> None:
    out = io.StringIO()
    Console("sms", out).send("+49 30 1", "", "Hello", key="k", timeout=1)
    assert out.getvalue() == "[sms → +49 30 1] Hello\n"


def test_the_phone_comes_before_the_e_mail_and_a_working_way_before_both(settings: Any) -> None:
    assert channel_for("1", "a@b") == ("sms", "1")
    assert channel_for("", "a@b") == ("email", "a@b")
    assert channel_for("", "") == ("sms", "")
    settings.NOTIFIERS = {"sms": "off", "email": "console"}
    assert channel_for("1", "a@b") == ("email", "a@b")
    assert channel_for("1", "") == ("sms", "1")


def test_the_ways_out_are_those_of_the_settings(settings: Any) -> None:
    settings.NOTIFIERS = {"sms": "http", "email": "smtp"}
    settings.SMS_URL, settings.SMS_TOKEN = "https://sms.example.org/", "t"
    assert notifier_of("sms") == HttpGateway("https://sms.example.org/", "t")
    assert isinstance(notifier_of("email"), Mail)
    assert notifier_of("pigeon") is None
