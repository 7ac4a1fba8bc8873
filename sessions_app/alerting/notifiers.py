"""The ways out of the house: a text message or an e-mail to one address.

Each `send` either returns the gateway's own number, or says how sure it is that nothing arrived.
Which ways there are is chosen by the environment (settings.NOTIFIERS).
"""

from __future__ import annotations

import http.client
import json
import smtplib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Protocol, TextIO
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

READ_AT_MOST = 4096  # bytes of a gateway's answer
DETAIL = 120  # characters of Delivery.detail
TRY_AGAIN = {408: "http_408", 425: "http_425", 429: "http_429"}  # said before anything was sent


class Refused(Exception):
    """It will never arrive, however often it is tried. The argument is a short code."""


class NotSent(Exception):
    """Nothing left the house; a later try may succeed. The argument is a short code."""


class Unknown(Exception):
    """Nobody can say whether it went out: no answer, or one that says nothing."""


class Notifier(Protocol):
    """One way to reach an address."""

    def send(self, address: str, subject: str, text: str, *, key: str, timeout: float) -> str:
        """Hand it over within `timeout` seconds; the gateway's own number for it, or "".

        `key` names the message: whatever was sent under it before is not to be sent again.
        Raises Refused, NotSent or Unknown, and nothing else.
        """
        ...


@dataclass(frozen=True)
class Console:
    """Writes the message where the program writes: for the demo, where nobody is called."""

    channel: str
    stream: TextIO | None = None

    def send(self, address: str, subject: str, text: str, *, key: str, timeout: float) -> str:
        out = self.stream or sys.stdout
        out.write(f"[{self.channel} → {address}] {text}\n")
        out.flush()
        return "console"


@dataclass(frozen=True)
class Mail:
    """An e-mail through Django's mail settings. The same key has the same Message-ID."""

    sender: str

    def send(self, address: str, subject: str, text: str, *, key: str, timeout: float) -> str:
        host = parseaddr(self.sender)[1].rpartition("@")[2]
        number = f"<{uuid5(NAMESPACE_URL, key)}@{host}>"
        headers = {"Message-ID": number, "Auto-Submitted": "auto-generated"}
        mail = EmailMessage(subject, text, self.sender, [address], headers=headers)
        try:
            connection = get_connection()
            if hasattr(connection, "timeout"):
                connection.timeout = timeout
            try:
                connection.open()
            except (OSError, smtplib.SMTPException):
                raise NotSent("no_connection") from None
            try:
                connection.send_messages([mail])
            finally:
                connection.close()
        except smtplib.SMTPRecipientsRefused as fault:
            code = next((code for code, _text in fault.recipients.values()), 0)
            raise _by_code(code) from None
        except smtplib.SMTPResponseException as fault:
            raise _by_code(fault.smtp_code) from None
        except (OSError, smtplib.SMTPException):
            raise Unknown from None
        return number[:DETAIL]


def _by_code(code: int) -> Exception:
    return Refused(f"smtp_{code}") if 500 <= code < 600 else NotSent(f"smtp_{code}")


@dataclass(frozen=True)
class HttpGateway:
    """POSTs {to, text, key} as JSON to `url`, with the bearer `token` and an Idempotency-Key.

    2xx: sent. 408, 425, 429: not now. Any other 4xx, and a redirect: never. 5xx, or no whole
    answer: unknown.
    """

    url: str
    token: str

    def send(self, address: str, subject: str, text: str, *, key: str, timeout: float) -> str:
        parts = urlsplit(self.url)
        kind: Any = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname, parts.port, timeout=timeout)
        try:
            try:
                connection.connect()
            except OSError:
                raise NotSent("no_connection") from None
            try:
                status, body = self._post(connection, parts, address, text, key)
            except (OSError, http.client.HTTPException):
                raise Unknown from None
        finally:
            connection.close()
        if 200 <= status < 300:
            return _number_in(body)
        if status in TRY_AGAIN:
            raise NotSent(TRY_AGAIN[status])
        if status < 500:
            raise Refused(f"http_{status}")
        raise Unknown

    def _post(
        self, connection: http.client.HTTPConnection, parts: Any, address: str, text: str, key: str
    ) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        body = json.dumps({"to": address, "text": text, "key": key})
        connection.request("POST", parts.path or "/", body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(READ_AT_MOST)


def _number_in(body: bytes) -> str:
    """The gateway's own number: "id" or "message_id" of a JSON answer, else nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answer, Mapping):
        return ""
    found = answer.get("id") or answer.get("message_id") or ""
    return str(found)[:DETAIL] if isinstance(found, (str, int)) else ""


def notifier_of(channel: str) -> Notifier | None:
    """The way out for "sms" or "email"; None while it is not set up."""
    kind = settings.NOTIFIERS.get(channel, "off")
    if kind == "console":
        return Console(channel)
    if kind == "smtp":
        return Mail(settings.DEFAULT_FROM_EMAIL)
    if kind == "http":
        return HttpGateway(settings.SMS_URL, settings.SMS_TOKEN)
    return None


def channel_for(phone: str, email: str) -> tuple[str, str]:
    """How to reach somebody: channel and address, the phone before the e-mail.

    A way that is set up comes before one that is not. ("sms", "") when there is no address.
    """
    ways = [(channel, to) for channel, to in (("sms", phone), ("email", email)) if to]
    working = [way for way in ways if notifier_of(way[0]) is not None]
    return next(iter(working or ways), ("sms", ""))
