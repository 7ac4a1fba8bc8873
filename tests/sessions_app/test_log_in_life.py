"""How a log-in begins and ends: on a page, on the polling board and at the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import staff
from sessions_app.models import Staff, TreatmentSession
from sessions_app.roles import Role
from tests.conftest import PASSWORD, START
from tests.posting import post

DOORS = ["/chairs/", "/chairs/live/", "/api/v1/me/"]


def signed_in(person: Staff) -> Client:
    """Through the log-in page itself, as a tablet does it."""
    client = Client()
    said = client.post("/login/", {"username": person.username, "password": PASSWORD})
    assert said.status_code == 302
    return client


def is_out(client: Client) -> bool:
    answers = [client.get(door) for door in DOORS]
    assert all(answer.status_code in (200, 302, 401) for answer in answers)
    outside = {answer.status_code != 200 for answer in answers}
    assert len(outside) == 1, "the doors disagree"
    return outside.pop()


def session_id(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_an_id_planted_before_the_log_in_opens_nothing(nia: Staff) -> None:
    planted = Client()
    planted.force_login(nia)  # an id that the server itself once gave out ...
    planted_id = session_id(planted)
    planted.post("/logout/")  # ... and that is over
    victim = Client()
    victim.cookies["sessionid"] = planted_id
    victim.post("/login/", {"username": "nia", "password": PASSWORD})
    assert session_id(victim) != planted_id
    attacker = Client()
    attacker.cookies["sessionid"] = planted_id
    assert is_out(attacker)
    assert not is_out(victim)


def test_a_changed_password_changes_the_id_and_ends_the_old_one(nia: Staff) -> None:
    client, other = signed_in(nia), signed_in(nia)
    old = session_id(client)
    new = "quite-another-password"
    body = {"password": PASSWORD, "new_password": new, "repeated": new}
    assert post(client, "account_password", body).status_code == 302
    assert session_id(client) != old
    stale = Client()
    stale.cookies["sessionid"] = old
    assert [is_out(client), is_out(stale), is_out(other)] == [False, True, True]


def test_signing_out_ends_the_log_in_for_whoever_kept_the_cookie(nia: Staff) -> None:
    client = signed_in(nia)
    kept = Client()
    kept.cookies["sessionid"] = session_id(client)
    assert not is_out(kept)
    client.post("/logout/")
    assert is_out(client)
    assert is_out(kept)


def test_a_log_in_ends_after_twelve_hours_whatever_the_tablet_does(
    nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(START, tick=False)
    client = signed_in(nia)
    for minutes in range(15, 12 * 60, 15):
        time_machine.move_to(START + timedelta(minutes=minutes), tick=False)
        assert not is_out(client), f"{minutes} min"
        if minutes % 60 == 0:  # a deed of the account, with its message, prolongs nothing either
            body = {"password": PASSWORD, "pin": "2580"}
            assert post(client, "account_pin", body).status_code == 302
    time_machine.move_to(START + timedelta(hours=12, seconds=1), tick=False)
    assert is_out(client)


@pytest.mark.parametrize("parameter", ["skip_timeout_reset=1", "live=1", "next=/", "sessionid=x"])
def test_no_parameter_revives_a_log_in_that_is_over(
    parameter: str, nia: Staff, time_machine: Any
) -> None:
    """The fault of an open record system (CVE-2026-25476)."""
    time_machine.move_to(START, tick=False)
    client = signed_in(nia)
    time_machine.move_to(START + timedelta(hours=12, seconds=1), tick=False)
    for door in DOORS:
        assert client.get(f"{door}?{parameter}").status_code in (302, 401)


def test_a_leaver_is_out_at_once_at_every_door(nia: Staff, lena: Staff) -> None:
    client = signed_in(nia)
    assert not is_out(client)
    Staff.objects.filter(pk=nia.pk).update(is_active=False)
    assert is_out(client)
    said = Client().post("/login/", {"username": "nia", "password": PASSWORD})
    assert said.status_code == 422


def test_a_changed_role_counts_from_the_next_request(nia: Staff, session: TreatmentSession) -> None:
    client = signed_in(nia)
    assert client.get(f"/s/{session.pk}/").status_code == 200
    Staff.objects.filter(pk=nia.pk).update(role=Role.RESEARCHER)
    assert client.get(f"/s/{session.pk}/").status_code == 403
    assert client.get(f"/api/v1/sessions/{session.pk}/").status_code == 403


def test_a_password_set_by_the_lead_ends_the_log_ins_under_the_old_one(
    nia: Staff, lena: Staff
) -> None:
    client = signed_in(nia)
    staff.reset_password(by=lena, person=nia)
    assert is_out(client)
