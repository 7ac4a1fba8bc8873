"""What many page tests do: post a form with a fresh key, and read what the answer says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse


def post(client: Client, name: str, body: dict[str, Any], *args: object) -> HttpResponse:
    """Post to the page called `name`; a `write_key` in the body replaces the fresh one."""
    return client.post(reverse(name, args=args), {"write_key": str(uuid4())} | body)


def said(answer: HttpResponse) -> str:
    return answer.content.decode()
