"""A database that is busy or full: words at both doors, nothing half written, nothing used up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from sessions_app.models import Staff, TreatmentSession, VitalReading
from tests.conftest import is_postgres

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(is_postgres(), reason="provoked with SQLite's own means"),
]


@contextmanager
def held_by_another_writer() -> Iterator[None]:
    """Somebody else is in the middle of a write and does not finish."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    file = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def no_room_left() -> Iterator[None]:
    """The file may not grow by a single page."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that earlier tests left free would be room
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


FAULTS: list[Any] = [
    pytest.param(held_by_another_writer, 503, id="busy"),
    pytest.param(no_room_left, 507, id="full"),
]
Fault = Callable[[], AbstractContextManager[None]]


def post_reading(client: Client, session: TreatmentSession, door: str, key: str) -> HttpResponse:
    body = {"write_key": key, "systolic": 128, "diastolic": 82, "spo2": 98}
    if door == "page":
        return client.post(f"/s/{session.pk}/readings/", body)
    return client.post(
        f"/api/v1/sessions/{session.pk}/readings/", body, content_type="application/json"
    )


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize(("fault", "status"), FAULTS)
def test_a_reading_is_saved_wholly_or_not_and_the_answer_says_so(
    fault: Fault, status: int, door: str, nia: Staff, session: TreatmentSession
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(nia)
    before, key = counts(), str(uuid4())
    with fault():
        for _try in range(200):
            answer = post_reading(client, session, door, key)
            if answer.status_code >= 500:
                break
            before, key = counts(), str(uuid4())  # there was still room on a page
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "1"
    said = answer.content.decode()
    assert "Nothing" in said
    assert "saved" in said
    assert "locked" not in said
    assert counts() == before
    again = post_reading(client, session, door, key)
    assert again.status_code in (201, 303, 302)
    assert VitalReading.objects.count() == before["sessions_app.VitalReading"] + 1


@pytest.mark.parametrize(("fault", "status"), FAULTS[:1])
def test_a_page_that_only_notes_a_look_says_so_too(
    fault: Fault, status: int, nia: Staff, session: TreatmentSession
) -> None:
    """Without its audit line nobody sees a record."""
    client = Client(raise_request_exception=False)
    client.force_login(nia)
    with fault():
        answer = client.get(f"/s/{session.pk}/")
    assert answer.status_code == status
    assert session.patient.family_name not in answer.content.decode()
    assert client.get(f"/s/{session.pk}/").status_code == 200
