"""Every chairside deed at both doors against what must stop it.

A signed session, another clinic's address, a locked tablet, an entry of somebody else's, and the
PIN of another person. The deeds come from the URL configuration, so that none can be left out.
Each body is first shown to be right: it is done in a session where nothing stands in its way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.urls import reverse

from sessions_app.models import (
    Clinic,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import (
    PIN,
    START,
    make_course,
    make_patient,
    make_session,
)
from tests.promises.chairside_deeds import (
    BY_NAME,
    FRAGMENT,
    IN_A_SESSION,
    KNOCKS,
    NOT_AT_THE_CHAIR,
    NOW_MINUTE,
    OWNER,
    SIGNED_MINUTE,
    TOMS_PIN,
    Knock,
    Room,
    is_signed_first,
    make_fit,
    named,
    path_of,
    room,
    rows,
    send,
    signed_in,
)
from tests.promises.test_authorisation import CSRF, EXPECTED
from tests.sessions_app.chairside_people import at, vitals

__all__ = ["room"]  # the fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def test_no_chairside_deed_is_left_out() -> None:
    """Everything that a nurse may post on a care page or through the API, but patients' data."""
    posts = {
        name
        for (name, method), row in EXPECTED.items()
        if method == "POST"
        and name.startswith(("care:", "api:"))
        and row["nurse"] not in ("403", "405")
    }
    assert {knock.name for knock in KNOCKS} == posts - NOT_AT_THE_CHAIR
    assert posts >= NOT_AT_THE_CHAIR


@named("late", "refused", "second", "on", "away")
def test_each_body_is_right_where_nothing_stands_in_its_way(room: Room, knock: Knock) -> None:
    make_fit(room, knock, signed=is_signed_first(knock))
    before = rows()
    answer = send(signed_in(room.nia), knock, path_of(knock, room.ids), knock.body(room))
    assert answer.status_code in (200, 201, 302), answer.content.decode()
    assert rows() != before


@named("late", "refused", "second")
def test_a_signed_session_refuses_it_and_names_the_next_step(room: Room, knock: Knock) -> None:
    make_fit(room, knock, signed=True)
    before = rows()
    answer = send(signed_in(room.nia), knock, path_of(knock, room.ids), knock.body(room))
    assert rows() == before
    if knock.name == "care:end":
        # Its page is gone: the discharge page says who signed.
        assert answer.status_code == 302
        assert answer.headers["Location"] == reverse("care:discharge", args=[room.session.pk])
        return
    assert answer.status_code == 422
    said = answer.content.decode()
    if knock.after == "second":
        assert "Nia Adeyemi" in said, "who signed"
    else:
        assert "was signed at" in said
        assert "amendment" in said


@named("late")
def test_what_waited_on_a_tablet_is_late_before_the_signature_and_refused_after(
    room: Room, knock: Knock
) -> None:
    make_fit(room, knock, signed=True)
    client, path = signed_in(room.nia), path_of(knock, room.ids)
    for minute in (SIGNED_MINUTE, SIGNED_MINUTE + 0.25):
        before = rows()
        body = {**knock.body(room), "taken_at": at(minute)().isoformat()}
        assert send(client, knock, path, body).status_code == 422, minute
        assert rows() == before
    early = {**knock.body(room), "taken_at": at(SIGNED_MINUTE - 1)().isoformat()}
    kept = send(client, knock, path, early)
    assert kept.status_code in (201, 302), kept.content.decode()
    added = [name for name, count in rows().items() if count > before[name]]
    late = [
        apps.get_model("sessions_app", name).objects.latest("recorded_at")
        for name in added
        if hasattr(apps.get_model("sessions_app", name), "is_late_entry")
    ]
    assert len(late) == 1
    assert late[0].is_late_entry


@named("on")
def test_what_a_signature_leaves_open_is_done_after_it(room: Room, knock: Knock) -> None:
    make_fit(room, knock, signed=True)
    before = rows()
    answer = send(signed_in(room.nia), knock, path_of(knock, room.ids), knock.body(room))
    assert answer.status_code in (200, 201, 302), answer.content.decode()
    after = rows()
    assert after != before
    entries = ("VitalReading", "DoseEvent", "SideEffect", "SideEffectChange", "EntryStrike")
    assert {name: after[name] for name in entries} == {name: before[name] for name in entries}


@named("late", "refused", "second", "on", "away")
def test_another_clinics_address_is_a_missing_one(room: Room, knock: Knock, otto: Staff) -> None:
    make_fit(room, knock, signed=is_signed_first(knock))
    body, asked = knock.body(room), BY_NAME[knock.name].parameters
    client, before = signed_in(otto), rows()
    nobodys = {**room.ids, **{name: uuid4() for name in asked if name.endswith("_id")}}
    if not asked:
        refused = send(client, knock, path_of(knock, room.ids), body)
        assert refused.status_code == 422, "a body names what its own clinic does not have"
        assert "Noor" not in refused.content.decode()
        assert rows() == before
        return
    theirs = send(client, knock, path_of(knock, room.ids), body)
    none = send(client, knock, path_of(knock, nobodys), body)
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert CSRF.sub(b"", theirs.content) == CSRF.sub(b"", none.content)
    assert rows() == before


@pytest.mark.parametrize("knock", IN_A_SESSION, ids=[one.name for one in IN_A_SESSION])
def test_a_row_of_another_clinic_or_session_is_not_reached_through_an_own_session(
    room: Room, knock: Knock, otto: Staff, elsewhere: Clinic
) -> None:
    make_fit(room, knock, signed=False)
    own = make_session(make_course(make_patient(elsewhere, "E-1", "Ines", "Thorn")), otto)
    other = make_session(room.ids["order"].course, room.nia)
    before = rows()
    for person, session in ((otto, own), (room.nia, other)):
        path = path_of(knock, {**room.ids, "session_id": session.pk})
        assert send(signed_in(person), knock, path, knock.body(room)).status_code == 404
    assert rows() == before


@named("late", "refused", "second", "on", "away")
def test_a_tablet_left_alone_writes_nothing(room: Room, knock: Knock, time_machine: Any) -> None:
    make_fit(room, knock, signed=is_signed_first(knock))
    client = signed_in(room.nia)
    client.get(reverse("account"))  # the log-in has begun to count
    path, before = path_of(knock, room.ids), rows()
    time_machine.move_to(START + timedelta(minutes=NOW_MINUTE + 16), tick=False)
    body = knock.body(room)
    answer = send(client, knock, path, body)
    assert answer.status_code == 401
    assert b"Maya" not in answer.content
    if not knock.is_api:
        page = answer.content.decode()
        assert f'value="{path}"' in page, "it goes on after the PIN"
        for secret in ("pin", "second_pin"):
            assert f"kept-{secret}" not in page
        script = send(client, knock, path, body, **FRAGMENT)
        assert (script.status_code, script.headers["X-Afterglow-Locked"]) == (401, "yes")
        assert script.content == b""
    assert rows() == before


@named("late", "refused", "second", "on", "away")
def test_an_entry_of_somebody_else_waits_for_them(room: Room, knock: Knock) -> None:
    """A shared tablet: what Nia typed is not sent under Tom's log-in, at neither door."""
    make_fit(room, knock, signed=is_signed_first(knock))
    path, before = path_of(knock, room.ids), rows()
    theirs = send(signed_in(room.tom), knock, path, knock.body(room), **{OWNER: str(room.nia.pk)})
    assert theirs.status_code == 401
    assert theirs.headers["WWW-Authenticate"]
    assert rows() == before
    own = send(signed_in(room.nia), knock, path, knock.body(room), **{OWNER: str(room.nia.pk)})
    assert own.status_code in (200, 201, 302)


@pytest.mark.parametrize("name", ["care:sign", "api:sign_offs", "care:end"])
def test_a_colleagues_pin_signs_nothing_under_this_log_in(room: Room, name: str) -> None:
    """Whose log-in it is, signs: Tom's right PIN is a wrong one where Nia is signed in."""
    knock = next(one for one in KNOCKS if one.name == name)
    make_fit(room, knock, signed=False)
    client, path = signed_in(room.nia), path_of(knock, room.ids)
    body = knock.body(room) | {"pin": TOMS_PIN}
    assert send(client, knock, path, body).status_code == 422
    assert not SignOff.objects.exists()
    as_tom = signed_in(room.tom)
    assert send(as_tom, knock, path, body).status_code in (201, 302)
    assert SignOff.objects.get().signed_by == room.tom


@pytest.mark.parametrize("name", ["care:session_start", "api:sessions"])
def test_the_second_person_is_never_the_first(room: Room, name: str) -> None:
    knock = next(one for one in KNOCKS if one.name == name)
    client, path = signed_in(room.nia), path_of(knock, room.ids)
    sessions = TreatmentSession.objects.count()
    tries = [
        {"second_person": str(room.nia.pk), "second_pin": PIN},  # oneself, with one's own PIN
        {"second_person": str(room.tom.pk), "second_pin": PIN},  # another, with one's own PIN
        {"second_person": str(room.nia.pk), "second_pin": TOMS_PIN},
    ]
    for change in tries:
        assert send(client, knock, path, knock.body(room) | change).status_code == 422, change
    assert TreatmentSession.objects.count() == sessions
    assert send(client, knock, path, knock.body(room)).status_code in (201, 302)


def test_the_walk_counts_rows_that_a_deed_would_add(room: Room) -> None:
    before = rows()
    vitals(room.session, room.nia, NOW_MINUTE, spo2=97)
    assert rows()["VitalReading"] == before["VitalReading"] + 1
    assert {"SessionCheck", "AuditEvent", "CheckInLink"} <= before.keys()
