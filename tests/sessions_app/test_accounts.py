"""Sign in and out, passwords and PINs: one answer for everybody, a wait after ten tries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from sessions_app.access import throttle
from sessions_app.actions import staff
from sessions_app.errors import RuleBroken
from sessions_app.models import AuditEvent, FailedSignIn, Staff
from tests.conftest import PASSWORD, PIN

NEW = "violet-anchor-lantern"


def sign_in(
    client: Client, username: str = "nia", password: str = PASSWORD, **more: Any
) -> HttpResponse:
    return client.post("/login/", {"username": username, "password": password}, **more)


def test_signing_in_leads_home_and_changes_the_session_id(client: Client, nia: Staff) -> None:
    client.get("/login/")
    client.session.save()
    before = client.session.session_key
    answer = sign_in(client)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session.session_key != before
    lines = AuditEvent.objects.filter(by=nia).order_by("at", "id")
    assert [line.tag for line in lines] == ["device:create", "staff:sign-in"]
    assert nia.history.count() == 1, "a log-in is no change of the person's details"


def test_signing_out_needs_a_post_and_leaves_a_line(as_nia: Client) -> None:
    assert as_nia.get("/logout/").status_code == 405
    assert as_nia.post("/logout/").status_code == 302
    assert AuditEvent.objects.get().tag == "staff:sign-out"
    assert as_nia.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("person", "place"),
    [
        ("nia", "care:chairs"),
        ("dr_patel", "alerts:list"),
        ("lena", "clinic:home"),
        ("remy", "review:outcomes"),
    ],
)
def test_each_role_has_its_home(
    client: Client, request: pytest.FixtureRequest, person: str, place: str
) -> None:
    from django.urls import reverse

    client.force_login(request.getfixturevalue(person))
    assert client.get("/").headers["Location"] == reverse(place)


def test_nobody_signed_in_is_led_to_the_log_in_page(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/login/"
    assert client.get("/account/").headers["Location"] == "/login/?next=/account/"


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/account/", "/account/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("two words", "/"),  # no name of a view either
        ("account", "/"),
    ],
)
def test_the_way_back_never_leaves_this_server(
    client: Client, nia: Staff, wanted: str, led_to: str
) -> None:
    answer = client.post("/login/", {"username": "nia", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == led_to


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: Client, nia: Staff
) -> None:
    wrong = sign_in(client, password="not-the-password")
    unknown = sign_in(client, username="nix", password="not-the-password")
    assert wrong.status_code == unknown.status_code == 422
    body = [answer.content.decode() for answer in (wrong, unknown)]
    assert "not right" in body[0]
    strip = [part.split('name="csrfmiddlewaretoken"')[-1].split(">", 1)[1] for part in body]
    assert strip[0].replace('value="nia"', "") == strip[1].replace('value="nix"', "")


def test_an_unknown_name_costs_a_password_hash_too(
    client: Client, nia: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    worked: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        worked.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    sign_in(client, password="first-wrong-one")
    known = len(worked)
    sign_in(client, username="nobody-here", password="second-wrong-one")
    assert len(worked) == 2 * known > 0


def test_after_ten_wrong_tries_even_the_right_password_waits(
    client: Client, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to("2026-03-02 09:00:00Z", tick=False)
    for _ in range(10):
        assert sign_in(client, password="not-the-password").status_code == 422
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert answer.headers["Retry-After"] == "900"
    assert FailedSignIn.objects.filter(subject__startswith="account:").count() == 10
    time_machine.shift(timedelta(minutes=15))
    assert sign_in(client).status_code == 302


def test_one_address_that_tries_many_names_waits_too(client: Client, nia: Staff) -> None:
    for number in range(10):
        sign_in(client, username=f"guess{number}", password="not-the-password")
    assert sign_in(client).status_code == 429
    assert sign_in(client, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_a_forwarded_address_is_ignored_without_a_proxy(client: Client, nia: Staff) -> None:
    for number in range(10):
        forged = f"198.51.100.{number}"
        sign_in(client, f"g{number}", "not-the-password", headers={"x-forwarded-for": forged})
    assert sign_in(client, headers={"x-forwarded-for": "198.51.100.99"}).status_code == 429


def test_behind_our_proxy_only_its_own_part_counts(
    client: Client, nia: Staff, settings: LazySettings
) -> None:
    settings.BEHIND_PROXY = True
    for number in range(10):
        forged = f"198.51.100.{number}, 203.0.113.7"
        sign_in(client, f"g{number}", "not-the-password", headers={"x-forwarded-for": forged})
    assert sign_in(client, headers={"x-forwarded-for": "1.1.1.1, 203.0.113.7"}).status_code == 429
    assert sign_in(client, headers={"x-forwarded-for": "203.0.113.8"}).status_code == 302


def test_the_typed_name_is_not_kept_in_clear(client: Client, db: None) -> None:
    sign_in(client, username="my-secret-password", password="x")
    kept = " ".join(FailedSignIn.objects.values_list("subject", flat=True))
    assert "my-secret-password" not in kept


def test_the_right_password_forgives_the_wrong_ones(client: Client, nia: Staff) -> None:
    for _ in range(9):
        sign_in(client, password="not-the-password")
    sign_in(client)
    assert throttle.check(throttle.account_subject("NIA ")) == 0


def test_old_tries_are_forgotten(nia: Staff, time_machine: Any) -> None:
    time_machine.move_to("2026-03-02 09:00:00Z", tick=False)
    throttle.failed("account:x")
    time_machine.shift(timedelta(days=2))
    throttle.failed("account:y")
    assert list(FailedSignIn.objects.values_list("subject", flat=True)) == ["account:y"]


def test_a_leaver_is_out_by_the_next_request(as_nia: Client, nia: Staff, lena: Staff) -> None:
    assert as_nia.get("/account/").status_code == 200
    staff.leave_staff(by=lena, person=nia)
    assert as_nia.get("/account/").status_code == 302
    assert sign_in(Client()).status_code == 422


def change(client: Client, **changes: str) -> HttpResponse:
    body = {"password": PASSWORD, "new_password": NEW, "repeated": NEW}
    key = "0198c0de-0000-7000-8000-000000000001"
    return client.post("/account/password/", body | {"write_key": key} | changes)


def test_a_new_password_signs_out_the_other_devices(as_nia: Client, nia: Staff) -> None:
    elsewhere = Client()
    elsewhere.force_login(nia)
    assert change(as_nia).status_code == 302
    assert as_nia.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert sign_in(Client(), password=NEW).status_code == 302


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "not your current password"),
        ({"repeated": "violet-anchor-lanterm"}, "differ"),
        ({"new_password": "short", "repeated": "short"}, "at least 12"),
        ({"new_password": "password1234", "repeated": "password1234"}, "too common"),
        ({"new_password": "nia-adeyemi-1", "repeated": "nia-adeyemi-1"}, "too similar"),
    ],
)
def test_a_bad_change_is_refused_in_words(
    as_nia: Client, nia: Staff, changes: dict[str, str], said: str
) -> None:
    answer = change(as_nia, **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    nia.refresh_from_db()
    assert nia.check_password(PASSWORD)
    assert PASSWORD not in answer.content.decode(), "no password is ever sent back"


def set_pin(client: Client, pin: str, password: str = PASSWORD) -> HttpResponse:
    key = "0198c0de-0000-7000-8000-000000000002"
    return client.post("/account/pin/", {"password": password, "pin": pin, "write_key": key})


@pytest.mark.parametrize(
    ("pin", "status"),
    [("123", 422), ("1234", 302), ("123456", 302), ("1234567", 422), ("12a4", 422)],
)
def test_a_pin_has_four_to_six_digits(as_nia: Client, nia: Staff, pin: str, status: int) -> None:
    assert set_pin(as_nia, pin).status_code == status
    nia.refresh_from_db()
    assert nia.check_pin(pin) == (status == 302)


def test_a_pin_needs_the_current_password(as_nia: Client, nia: Staff) -> None:
    assert set_pin(as_nia, "8642", password="wrong").status_code == 422
    nia.refresh_from_db()
    assert nia.check_pin(PIN)


def pin_code(person: Staff, pin: str) -> str:
    with pytest.raises(RuleBroken) as broken:
        staff.confirm_pin(person=person, pin=pin)
    return broken.value.errors[0].code


def test_ten_wrong_pins_make_the_right_one_wait(nia: Staff) -> None:
    for _ in range(10):
        assert pin_code(nia, "0000") == "wrong_pin"
    assert pin_code(nia, PIN) == "too_many_tries"


def test_a_right_pin_forgives_the_wrong_ones(nia: Staff) -> None:
    pin_code(nia, "0000")
    staff.confirm_pin(person=nia, pin=PIN)
    assert not FailedSignIn.objects.exists()


def test_without_a_pin_nothing_is_confirmed(nia: Staff) -> None:
    nia.pin = ""
    assert pin_code(nia, "") == "no_pin"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_pin_inside_a_deed_is_a_mistake_of_ours(nia: Staff) -> None:
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        staff.confirm_pin(person=nia, pin="0000")


@pytest.mark.parametrize("path", ["/account/", "/account/password/", "/account/pin/"])
def test_the_account_needs_somebody_signed_in(client: Client, db: None, path: str) -> None:
    answer = client.get(path) if path == "/account/" else client.post(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/")
