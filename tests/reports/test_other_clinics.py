"""What another clinic records changes no byte of any reading page, file or answer of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.api import urls as api_urls
from reports.urls import urlpatterns
from sessions_app.models import Clinic, Staff
from sessions_app.models.people import Role
from tests.conftest import make_staff
from tests.reports.invented import random_clinic

pytestmark = pytest.mark.usefixtures("few_replicates")

CHANGING = re.compile(rb'(csrfmiddlewaretoken" value="|nonce-|name="write_key" value=")[^"\']*')
CHARTS = [(name, "svg") for name in ("onset", "relief", "mood")]


def doors() -> Iterator[str]:
    """Every address of the reports that names no patient and no session."""
    spaces = (("review", urlpatterns), ("reports_api", api_urls.urlpatterns))
    for space, patterns in spaces:
        for pattern in patterns:
            parameters = set(pattern.pattern.converters)
            if parameters == {"curve", "form"}:
                for curve, form in CHARTS:
                    yield reverse(f"{space}:{pattern.name}", args=[curve, form])
            elif not parameters:
                yield reverse(f"{space}:{pattern.name}")


def read_all(person: Staff, queries: list[str]) -> dict[str, tuple[int, bytes]]:
    """What each door answers the person."""
    cache.clear()
    client = Client()
    client.force_login(person)
    found = {}
    for door in doors():
        for query in queries:
            answer = client.get(f"{door}{query}")
            found[f"{door}{query}"] = (answer.status_code, CHANGING.sub(rb"\1", answer.content))
    return found


@pytest.mark.parametrize("role", [Role.LEAD, Role.RESEARCHER, Role.NURSE])
def test_no_door_shows_more_than_ones_own_clinic(
    role: Role, northside: Clinic, elsewhere: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    nurse = make_staff(northside, "nora", "Nora North", Role.NURSE)
    person = make_staff(northside, "own", "Olive Own", role)
    stranger = make_staff(elsewhere, "far", "Faye Far", Role.LEAD)
    # Kept columns, and rows read anew for a clinic that the address may not choose.
    queries = ["", f"?response=40&clinic={elsewhere.pk}&clinic_id={elsewhere.pk}"]
    random_clinic(northside, nurse, patients=12, sessions=2, routes=("iv",))
    alone = read_all(person, queries)
    random_clinic(elsewhere, stranger, patients=15, sessions=2, routes=("im",), seed=2)
    beside = read_all(person, queries)
    assert [door for door in alone if alone[door] != beside[door]] == []
    assert {status for status, _ in alone.values()} >= {200, 403} - (
        {403} if role == Role.LEAD else set()
    )
    theirs: Any = Client()
    theirs.force_login(stranger)
    told = theirs.get("/api/v1/outcomes/").json()
    assert (told["patients"], set(told["onset"]["groups"])) == (15, {"im"})
