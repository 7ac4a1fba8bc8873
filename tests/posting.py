"""What many page tests do: post a form with a fresh key, and read what the answer says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

TAP = timedelta(minutes=10)  # often enough to keep a screen unlocked


def post(client: Client, name: str, body: dict[str, Any], *args: object) -> HttpResponse:
    """Post to the page called `name`; a `write_key` in the body replaces the fresh one."""
    return client.post(reverse(name, args=args), {"write_key": str(uuid4())} | body)


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


def stay_until(client: Client, clock: Any, moment: datetime) -> None:
    """Move the clock on, with a person at the tablet all the while: the screen does not lock."""
    while timezone.now() + TAP < moment:
        clock.move_to(timezone.now() + TAP, tick=False)
        assert client.get(reverse("account")).status_code == 200
    clock.move_to(moment, tick=False)
