"""API tokens: printed once, kept as a hash, gone when revoked, run out, or the person left."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sessions_app.access.tokens import new_token, token_hash
from sessions_app.actions import staff
from sessions_app.actions.tokens import create_token, revoke_token
from sessions_app.models import ApiToken, AuditEvent, Staff, TreatmentSession


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("api_token", **options, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def status(token: str, session: TreatmentSession) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().get(f"/api/v1/sessions/{session.pk}/readings/", headers=headers).status_code


def test_a_token_opens_the_api_as_its_person(nia: Staff, session: TreatmentSession) -> None:
    token = run(staff="nia", label="monitor, chair 1", days=30)
    assert token.startswith("aft_")
    assert len(token) >= 4 + 43, "43 characters of base64 hold 256 bits"
    assert status(token, session) == 200
    row = ApiToken.objects.get()
    assert row.token_hash == token_hash(token)
    assert token not in str(vars(row))
    assert row.expires_at - row.created_at == timedelta(days=30)
    line = AuditEvent.objects.get(tag="token:create")
    assert (line.by, line.row) == (nia, f"apitoken:{row.pk}")


def test_tokens_do_not_repeat() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000


def test_a_revoked_token_opens_nothing(nia: Staff, session: TreatmentSession) -> None:
    token = run(staff="nia", label="x", days=30)
    row = ApiToken.objects.get()
    assert str(row.pk) in run(revoke=str(row.pk))
    assert status(token, session) == 401
    revoke_token(row=row)
    assert AuditEvent.objects.filter(tag="token:revoke").count() == 1
    assert "revoked" in run(list=True)


def test_a_token_that_ran_out_opens_nothing(
    nia: Staff, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to("2026-03-02 09:00:00Z", tick=False)
    _, token = create_token(person=nia, label="x", days=1)
    time_machine.shift(timedelta(days=1))
    assert status(token, session) == 401
    assert "ran out 2026-03-03" in run(list=True)


def test_a_leaver_s_token_opens_nothing(nia: Staff, lena: Staff, session: TreatmentSession) -> None:
    _, token = create_token(person=nia, label="x", days=1)
    staff.leave_staff(by=lena, person=nia)
    assert status(token, session) == 401
    assert "staff left" in run(list=True)


def test_the_list_holds_no_secret(nia: Staff) -> None:
    assert run(list=True) == "There is no token."
    _, token = create_token(person=nia, label="monitor", days=1)
    listed = run(list=True)
    assert "monitor" in listed
    assert token not in listed
    assert token_hash(token) not in listed


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"staff": "nobody", "label": "x"}, "Nobody has the user name nobody"),
        ({"staff": "nia", "label": " "}, "--label: "),
        ({"staff": "nia", "label": "x", "days": 0}, "1–366"),
        ({"staff": "nia", "label": "x", "days": 367}, "1–366"),
        ({"revoke": "not-an-id"}, "There is no token not-an-id"),
        ({"revoke": str(uuid4())}, "There is no token"),
    ],
)
@pytest.mark.usefixtures("nia")
def test_a_bad_value_is_answered_with_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(**options)
    assert sentence in str(refused.value)
    assert not ApiToken.objects.exists()
