"""The lock: when it falls, what is shown under it, and who opens it how."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sessions_app.actions.devices import retire_device
from sessions_app.actions.tokens import create_token
from sessions_app.models import (
    AuditEvent,
    Device,
    FailedSignIn,
    Staff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.roles import Role
from tests.conftest import PASSWORD, PIN, START
from tests.sessions_app.chairside_people import vitals

pytestmark = pytest.mark.django_db
FRAGMENT = {"X-Afterglow-Fragment": "1"}
POLLS = {
    "care:alarms",
    "alerts:live",
    "care:chairs_fragment",
    "care:chairs_watch",
    "care:discharge_live",
    "care:offline_snapshot",
    "care:session_live",
    "lock_chairs",
    "lock_panel",
}


class Tablet:
    """A browser where somebody signed in with the password at START, and a clock to move."""

    def __init__(self, person: Staff, clock: Any) -> None:
        self.clock, self.client = clock, Client()
        clock.move_to(START, tick=False)
        said = self.client.post("/login/", {"username": person.username, "password": PASSWORD})
        assert said.status_code == 302

    def at(self, **passed: float) -> Tablet:
        self.clock.move_to(START + timedelta(**passed), tick=False)
        return self

    def unlock(self, person: Staff, pin: str = PIN, **fields: str) -> Any:
        return self.client.post("/lock/", {"person": str(person.pk), "pin": pin, **fields})

    @property
    def is_locked(self) -> bool:
        said = self.client.get("/account/", headers=FRAGMENT)
        return said.status_code == 401 and said.headers.get("X-Afterglow-Locked") == "yes"

    @property
    def is_out(self) -> bool:
        return self.client.get("/account/").headers.get("Location", "").startswith("/login/")


@pytest.fixture
def tablet(nia: Staff, time_machine: Any) -> Tablet:
    return Tablet(nia, time_machine)


def names(patterns: list[Any], prefix: str = "") -> Any:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from names(pattern.url_patterns, prefix + space)
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.name), pattern.callback


def test_fifteen_minutes_without_a_person_lock_and_do_not_sign_out(tablet: Tablet) -> None:
    assert not tablet.at(minutes=15).is_locked
    assert tablet.at(minutes=15, seconds=1).is_locked
    assert not tablet.is_out


def test_a_person_who_goes_on_is_not_locked_out(tablet: Tablet) -> None:
    for minutes in range(14, 200, 14):
        assert tablet.at(minutes=minutes).client.get("/today/").status_code == 200
    assert not tablet.is_locked


def test_a_felt_finger_keeps_the_screen_open(tablet: Tablet) -> None:
    for minutes in range(14, 100, 14):
        said = tablet.at(minutes=minutes).client.post("/still-here/", headers=FRAGMENT)
        assert said.status_code == 204
    assert tablet.at(minutes=114).is_locked


def test_every_address_that_a_page_asks_by_itself_is_known() -> None:
    """A poll that is not marked would keep a log-in alive for ever (CVE-2026-25476)."""
    polled = {
        name
        for name, view in names(get_resolver().url_patterns)
        if getattr(view, "is_polled", False)
    }
    assert polled == POLLS


@pytest.mark.parametrize("name", sorted(POLLS - {"care:offline_snapshot"}))
@pytest.mark.parametrize("more", ["", "?skip_timeout_reset=1&touch=1&is_locked=0&next=/"])
def test_hours_of_polling_keep_no_log_in_alive(
    name: str, more: str, session: TreatmentSession, tablet: Tablet
) -> None:
    takes_session = name in ("care:session_live", "care:discharge_live")
    path = reverse(name, args=[session.pk] if takes_session else []) + more
    for step in range(1, 16):
        tablet.at(minutes=step).client.get(path)
    assert tablet.at(minutes=15, seconds=1).is_locked
    for step in range(24):
        answer = tablet.at(minutes=16 + 30 * step).client.get(path)
        if not name.startswith("lock_"):
            assert answer.status_code in (302, 401), f"{step}: a locked log-in answers no poll"
            assert "M.V." not in answer.content.decode()
    assert tablet.at(hours=12, seconds=1).is_out


def test_a_script_that_reads_a_page_keeps_no_log_in_alive(tablet: Tablet) -> None:
    said = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}
    for minutes in range(1, 16):
        tablet.at(minutes=minutes).client.get("/today/", headers=said)
    assert tablet.at(minutes=16).is_locked


def test_a_page_that_the_service_worker_fetches_is_opened_by_a_person(tablet: Tablet) -> None:
    """Browsers mark such a request "empty" as well, and a navigation."""
    said = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "navigate"}
    tablet.at(minutes=14).client.get("/today/", headers=said)
    assert not tablet.at(minutes=28).is_locked
    answer = tablet.at(minutes=30).client.get("/today/", headers=said)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/lock/?next=%2Ftoday%2F"


def test_no_door_opens_under_the_lock(session: TreatmentSession, tablet: Tablet) -> None:
    tablet.at(minutes=16)
    page = tablet.client.get(f"/s/{session.pk}/")
    assert page.status_code == 302
    assert page.headers["Location"] == f"/lock/?next=%2Fs%2F{session.pk}%2F"
    assert tablet.client.get("/api/v1/me/").status_code == 401
    typed = {"systolic": "128", "write_key": "b0c1c1de-5a3c-4b3e-9d9e-2f7a5b1c0001"}
    refused = tablet.client.post(f"/s/{session.pk}/readings/", typed, headers=FRAGMENT)
    assert refused.status_code == 401
    assert VitalReading.objects.count() == 0


def test_what_was_typed_without_scripts_is_sent_after_the_pin(
    session: TreatmentSession, nia: Staff, tablet: Tablet
) -> None:
    path = f"/s/{session.pk}/readings/"
    tablet.at(minutes=16)
    typed = {"systolic": "131", "diastolic": "84", "write_key": str(session.pk), "pin": "9999"}
    held = tablet.client.post(path, typed)
    assert held.status_code == 401
    page = held.content.decode()
    assert 'name="kept-systolic" value="131"' in page
    assert "9999" not in page, "a secret is typed again"
    kept = {"kept_path": path, "kept-systolic": "131", "kept-diastolic": "84"}
    go_on = tablet.unlock(nia, **kept).content.decode()
    assert f'action="{path}"' in go_on
    assert 'name="systolic" value="131"' in go_on
    assert 'action="https://evil.example' not in (
        tablet.unlock(nia, **{**kept, "kept_path": "https://evil.example/"}).content.decode()
    )


def test_under_the_lock_the_tablet_shows_numbers_and_levels_only(
    session: TreatmentSession, nia: Staff, tablet: Tablet
) -> None:
    vitals(session, nia, 10, systolic=184, diastolic=106)
    shown = tablet.at(minutes=16).client.get("/lock/chairs/").content.decode()
    assert "High" in shown
    assert 'data-say="High: chair 1"' in shown
    for secret in ("M.V.", "Maya", "Vale", "N-1043", "184", "106", "ketamine", "36"):
        assert secret not in shown
    page = tablet.client.get("/lock/").content.decode()
    for secret in ("M.V.", "Maya", "N-1043", "184/106"):
        assert secret not in page


def test_the_locked_board_needs_a_device_of_the_clinic(
    session: TreatmentSession, tablet: Tablet, lena: Staff, client: Client
) -> None:
    assert client.get("/lock/chairs/").status_code == 401
    client.cookies["device"] = "made-up"
    assert client.get("/lock/chairs/").status_code == 401
    assert tablet.at(hours=30).client.get("/lock/chairs/").status_code == 200, "also signed out"
    retire_device(by=lena, device=Device.objects.get())
    assert tablet.client.get("/lock/chairs/").status_code == 401


def test_the_pin_of_who_was_locked_out_goes_on_where_it_was_left(
    nia: Staff, tablet: Tablet
) -> None:
    tablet.at(minutes=20)
    said = tablet.unlock(nia, next="/today/")
    assert (said.status_code, said.headers["Location"]) == (302, "/today/")
    assert not tablet.is_locked
    assert AuditEvent.objects.filter(tag="staff:unlock", by=nia).count() == 1
    assert not tablet.at(hours=11, minutes=59).is_out
    assert tablet.at(hours=12, seconds=1).is_out, "the end is where it was"


def test_a_colleague_opens_it_with_name_and_pin_and_is_then_signed_in(
    nia: Staff, tom: Staff, tablet: Tablet
) -> None:
    tablet.at(hours=1)
    before = tablet.client.cookies["sessionid"].value
    said = tablet.client.post("/lock/", {"person": str(tom.pk), "pin": PIN}, headers=FRAGMENT)
    assert said.status_code == 204
    assert said.headers["X-Afterglow-Person"] == str(tom.pk)
    assert tablet.client.cookies["sessionid"].value != before
    assert tablet.client.get("/api/v1/me/").json()["id"] == str(tom.pk)
    for minutes in range(70, 13 * 60, 10):
        assert tablet.at(minutes=minutes).client.get("/account/").status_code == 200, minutes
    assert tablet.at(hours=13, seconds=1).is_out, "twelve hours from then"


def test_a_stranger_and_a_leaver_open_nothing(
    nia: Staff, tom: Staff, otto: Staff, tablet: Tablet
) -> None:
    tablet.at(minutes=20)
    assert tablet.unlock(otto).status_code == 422
    Staff.objects.filter(pk=tom.pk).update(is_active=False)
    assert tablet.unlock(tom).status_code == 422
    assert tablet.is_locked


def test_who_is_locked_out_and_leaves_is_out_at_once(nia: Staff, tablet: Tablet) -> None:
    Staff.objects.filter(pk=nia.pk).update(is_active=False)
    tablet.at(minutes=20)
    assert tablet.is_out
    assert tablet.unlock(nia).headers["Location"].startswith("/login/")


def test_five_wrong_pins_ask_for_the_password(nia: Staff, tablet: Tablet) -> None:
    tablet.at(minutes=20)
    assert [tablet.unlock(nia, "0000").status_code for _ in range(4)] == [422] * 4
    said = tablet.unlock(nia, "0000", next="/today/")
    assert said.headers["Location"] == "/login/?next=%2Ftoday%2F"
    assert tablet.is_out
    said = tablet.client.post("/login/", {"username": "nia", "password": PASSWORD})
    assert said.status_code == 302
    assert Device.objects.count() == 1, "the same device as before"
    tablet.at(minutes=50)
    assert tablet.unlock(nia).status_code == 302
    assert not tablet.is_locked


def test_wrong_pins_for_several_names_count_together(
    nia: Staff, tom: Staff, dr_patel: Staff, tablet: Tablet
) -> None:
    tablet.at(minutes=20)
    for person in (nia, tom, dr_patel, nia):
        assert tablet.unlock(person, "0000").status_code == 422
    assert tablet.unlock(tom, "0000").status_code == 302
    assert tablet.is_out
    assert FailedSignIn.objects.filter(subject__startswith="unlock:").count() == 5


def test_a_log_in_carried_to_another_browser_cannot_be_unlocked_there(
    nia: Staff, tablet: Tablet
) -> None:
    tablet.at(minutes=20)
    thief = Client()
    thief.cookies["sessionid"] = tablet.client.cookies["sessionid"].value
    said = thief.post("/lock/", {"person": str(nia.pk), "pin": PIN})
    assert said.headers["Location"].startswith("/login/")
    assert thief.get("/account/").status_code == 302


def test_a_known_device_opens_no_log_in_that_began_on_another(
    nia: Staff, tom: Staff, tablet: Tablet
) -> None:
    other = Client()
    other.post("/login/", {"username": tom.username, "password": PASSWORD})
    other.cookies["sessionid"] = tablet.client.cookies["sessionid"].value
    tablet.at(minutes=20)
    said = other.post("/lock/", {"person": str(nia.pk), "pin": PIN})
    assert said.headers["Location"].startswith("/login/")


def test_a_retired_device_is_signed_out_at_once_and_the_audit_says_so(
    nia: Staff, lena: Staff, tablet: Tablet, client: Client
) -> None:
    device = Device.objects.get()
    client.force_login(lena)
    assert device.name in client.get("/clinic/devices/").content.decode()
    assert client.post(f"/clinic/devices/{device.pk}/retire/").status_code == 302
    assert client.post(f"/clinic/devices/{device.pk}/retire/").status_code == 302
    assert tablet.is_out
    assert AuditEvent.objects.filter(tag="device:retire", by=lena).count() == 1


def test_only_the_hash_of_a_device_is_kept_and_no_script_reads_its_cookie(tablet: Tablet) -> None:
    cookie = tablet.client.cookies["device"]
    assert len(cookie.value) >= 43
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert Device.objects.get().token_hash != cookie.value


def test_locking_by_hand_locks_now(nia: Staff, tablet: Tablet) -> None:
    said = tablet.client.post("/lock/now/", {"next": "/today/"})
    assert said.headers["Location"] == "/lock/?next=%2Ftoday%2F"
    assert tablet.is_locked
    assert tablet.unlock(nia).status_code == 302
    assert not tablet.is_locked


def test_somebody_without_a_pin_signs_in_with_the_password(
    northside: Any, nia: Staff, remy: Staff, time_machine: Any
) -> None:
    Staff.objects.filter(pk=remy.pk).update(pin="", role=Role.RESEARCHER)
    tablet = Tablet(remy, time_machine).at(minutes=20)
    panel = tablet.client.get("/lock/panel/", headers=FRAGMENT).content.decode()
    assert 'name="password"' in panel
    assert tablet.client.get("/login/").status_code == 200, "the form, although signed in"
    body = {"username": remy.username, "password": PASSWORD}
    said = tablet.client.post("/login/", body, headers=FRAGMENT)
    assert said.status_code == 204
    assert not tablet.is_locked


def test_a_token_works_while_a_screen_is_locked(nia: Staff, tablet: Tablet) -> None:
    tablet.at(minutes=20)
    made = create_token(person=nia, label="pump", days=1)
    said = tablet.client.get("/api/v1/me/", headers={"Authorization": f"Bearer {made[1]}"})
    assert said.status_code == 200
    for scheme in ("Basic", "Bearer x", ""):
        said = tablet.client.get("/api/v1/me/", headers={"Authorization": scheme})
        assert said.status_code == 401
