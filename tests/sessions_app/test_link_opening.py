"""When a check-in link was first opened: by somebody who sees the page, and by nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sessions_app.actions.check_in_links import mint_link, note_opening
from sessions_app.models import (
    AuditEvent,
    CheckInLink,
    CheckInRequest,
    LinkOpening,
    Staff,
    TreatmentSession,
)
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(session: TreatmentSession, nia: Staff) -> tuple[CheckInLink, str]:
    now = timezone.now()
    make_help_lines(session.clinic, tested=now)
    asked = CheckInRequest.objects.create(
        clinic=session.clinic,
        patient=session.patient,
        session=session,
        slot="2h",
        due_at=now,
        opens_at=now - timedelta(minutes=5),
        closes_at=now + timedelta(hours=5),
        instruments=["mood_0_10"],
    )
    return mint_link(by=nia, request=asked)


def test_a_browser_that_keeps_the_cookie_and_shows_the_page_opened_it(
    client: Client, link: tuple[CheckInLink, str]
) -> None:
    found = client.get(f"/c/{link[1]}/")
    assert found.status_code == 302
    assert not LinkOpening.objects.exists(), "a scanner follows the link as far as here"
    assert client.get(found["Location"]).status_code == 200
    kept = LinkOpening.objects.get()
    assert kept.link == link[0]
    client.get(found["Location"])
    assert LinkOpening.objects.get() == kept, "the first time stands"
    assert AuditEvent.objects.filter(tag="check-in:open").count() == 1


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("head", {}),
        ("get", {"Sec-Purpose": "prefetch;prerender"}),
        ("get", {"Purpose": "prefetch"}),
        ("get", {"X-Moz": "prefetch"}),
        ("get", {"Sec-Fetch-Dest": "image"}),
    ],
)
def test_what_nobody_sees_opens_nothing(
    client: Client, link: tuple[CheckInLink, str], method: str, headers: dict[str, str]
) -> None:
    page = client.get(f"/c/{link[1]}/")["Location"]
    answer = getattr(client, method)(page, headers=headers)
    assert answer.status_code == 200
    assert not LinkOpening.objects.exists()


def test_a_look_uses_nothing_up(client: Client, link: tuple[CheckInLink, str]) -> None:
    page = client.get(f"/c/{link[1]}/")["Location"]
    client.get(page)
    assert Client().get(f"/c/{link[1]}/")["Location"] == page


def test_the_page_before_the_window_counts_as_opened(
    client: Client, link: tuple[CheckInLink, str]
) -> None:
    CheckInRequest.objects.update(opens_at=timezone.now() + timedelta(hours=1))
    page = client.get(f"/c/{link[1]}/")["Location"]
    assert client.get(page).status_code == 200
    assert LinkOpening.objects.count() == 1


def test_the_nurse_sees_it_without_a_line_for_the_poll(
    link: tuple[CheckInLink, str], session: TreatmentSession, as_nia: Client, time_machine: Any
) -> None:
    before = AuditEvent.objects.filter(tag="session:look").count()
    live = f"/s/{session.pk}/discharge/live/"
    assert "not opened yet" in as_nia.get(live).content.decode()
    note_opening(link=link[0])
    page = as_nia.get(live).content.decode()
    assert "Opened on their phone" in page
    assert AuditEvent.objects.filter(tag="session:look").count() == before


def test_a_link_that_was_sent_later_does_not_hide_that_the_first_was_opened(
    link: tuple[CheckInLink, str], session: TreatmentSession, as_nia: Client
) -> None:
    note_opening(link=link[0])
    mint_link(by=None, request=link[0].request, keep_older=True)
    page = as_nia.get(f"/s/{session.pk}/discharge/live/").content.decode()
    assert "Opened on their phone" in page
