"""The typed code: forgiving to people, useless to guessers, and the stop page behind a message."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import check_in_links as links
from sessions_app.checkins import typed_codes
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    AuditEvent,
    CheckInCode,
    CheckInLink,
    CheckInRequest,
    Clinic,
    FailedSignIn,
    Patient,
    Staff,
    TreatmentSession,
    new_key,
)
from sessions_app.views import codes
from tests.sessions_app.check_in_people import after, make_help_lines, planned

OPEN = after(20)


@pytest.fixture
def asked(
    session: TreatmentSession, nia: Staff, northside: Clinic, time_machine: Any
) -> CheckInRequest:
    make_help_lines(northside)
    time_machine.move_to(OPEN, tick=False)
    return planned(session, nia, "24h")


@pytest.fixture
def minted(asked: CheckInRequest, nia: Staff) -> tuple[CheckInLink, str, str]:
    """A link with its token and its code."""
    link, token = links.mint_link(by=nia, request=asked)
    return link, token, links.mint_code(by=nia, link=link)[1]


def test_a_code_has_eight_signs_that_nobody_confuses_and_is_kept_as_a_keyed_hash(
    minted: tuple[CheckInLink, str, str],
) -> None:
    code = minted[2]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code)
    kept = str(CheckInCode.objects.values())
    assert code not in kept and code.replace("-", "") not in kept
    assert AuditEvent.objects.filter(tag="check-in:code").count() == 1


def test_without_the_servers_secret_the_hash_is_another(settings: Any) -> None:
    here = typed_codes.code_hash("ABCD-EFGH")
    settings.SECRET_KEY = "another secret of another server, long enough"
    assert typed_codes.code_hash("ABCD-EFGH") != here


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: " ".join(code.replace("-", "")),
        lambda code: code.replace("-", "–"),
        lambda code: code.replace("0", "o").replace("1", "l").replace("V", "u"),
        lambda code: code.replace("1", "I") + " ",
    ],
)
def test_a_code_is_read_as_people_type_it(
    minted: tuple[CheckInLink, str, str], change: Any
) -> None:
    assert links.find_by_code(change(minted[2])) == minted[0]


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFGHJ", "ABCD-EFG!", "ÄBCD-EFGH", "\x00" * 8])
def test_what_is_no_code_opens_nothing(minted: tuple[CheckInLink, str, str], typed: str) -> None:
    assert links.find_by_code(typed) is None


def test_a_code_ends_after_a_day_and_with_its_link(
    asked: CheckInRequest, nia: Staff, minted: tuple[CheckInLink, str, str]
) -> None:
    link, _token, code = minted
    later = links.mint_link(by=nia, request=asked, keep_older=True)[0]
    assert links.find_by_code(code) == link, "a message ended nothing"
    assert links.find_by_code(code, clock=lambda: asked.closes_at) is None
    links.revoke_links(by=nia, request=asked, write_key=new_key())
    assert links.find_by_code(code) is None
    with pytest.raises(RuleBroken, match="no_living_link"):
        links.mint_code(by=nia, link=later)


def test_a_code_of_a_long_window_ends_after_24_hours(
    session: TreatmentSession, nia: Staff, asked: CheckInRequest
) -> None:
    week = planned(session, nia, "14d")
    link = links.mint_link(by=nia, request=week)[0]
    code = links.mint_code(by=nia, link=link)[1]
    assert links.find_by_code(code, clock=lambda: OPEN + timedelta(hours=23.9)) == link
    assert links.find_by_code(code, clock=lambda: OPEN + timedelta(hours=24)) is None


def test_ending_the_links_is_a_deed_of_its_own_and_is_done_once(
    asked: CheckInRequest, nia: Staff, minted: tuple[CheckInLink, str, str]
) -> None:
    key = new_key()
    for _ in range(2):
        links.revoke_links(by=nia, request=asked, write_key=key)
    assert links.find_link(minted[1]) is None
    assert AuditEvent.objects.filter(tag="check-in:revoke", by=nia).count() == 1
    with pytest.raises(RuleBroken, match="no_living_link"):
        links.revoke_links(by=nia, request=asked, write_key=new_key())


def type_in(client: Client, code: str) -> Any:
    return client.post("/c/", {"code": code})


def test_a_typed_code_leads_where_its_link_leads(
    client: Client, minted: tuple[CheckInLink, str, str]
) -> None:
    page = client.get("/c/")
    assert page.status_code == 200
    assert "Type your code" in page.content.decode()
    found = type_in(client, minted[2].lower())
    assert found.status_code == 302
    assert found["Location"] == Client().get(f"/c/{minted[1]}/")["Location"]
    assert client.get(found["Location"]).status_code == 200


def plain(answer: Any) -> str:
    """The page without what differs each time: the form's token and what was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
    return re.sub(r'name="code" value="[^"]*"', "", text)


def test_every_wrong_code_gets_the_same_answer_without_a_name(
    client: Client,
    asked: CheckInRequest,
    nia: Staff,
    minted: tuple[CheckInLink, str, str],
    time_machine: Any,
) -> None:
    revoked = minted[2]
    links.revoke_links(by=nia, request=asked, write_key=new_key())
    link = links.mint_link(by=nia, request=asked)[0]
    old = links.mint_code(by=nia, link=link, clock=lambda: OPEN - timedelta(hours=30))[1]
    answers = [type_in(client, code) for code in (revoked, old, "ABCD-EFGH", "no code", "x" * 99)]
    assert {answer.status_code for answer in answers} == {422}
    assert len({plain(answer) for answer in answers}) == 1
    assert "Vale" not in plain(answers[0]) and "Maya" not in plain(answers[0])
    assert type_in(client, " ").status_code == 422
    assert FailedSignIn.objects.filter(subject=codes.EVERYBODY).count() == 5, "an empty one is none"


def test_after_ten_wrong_codes_an_address_waits_and_others_do_not(
    client: Client, minted: tuple[CheckInLink, str, str], time_machine: Any
) -> None:
    for _ in range(codes.TRIES):
        assert type_in(client, "ABCD-EFGH").status_code == 422
    blocked = type_in(client, minted[2])
    assert blocked.status_code == 429, "while it lasts a right code is no hit either"
    assert int(blocked["Retry-After"]) <= 600
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert type_in(other, minted[2]).status_code == 302
    time_machine.shift(codes.TRIES_WITHIN + timedelta(seconds=1))
    assert type_in(client, minted[2]).status_code == 302


def test_guessers_with_many_addresses_wait_together(
    minted: tuple[CheckInLink, str, str], time_machine: Any
) -> None:
    for number in range(codes.TRIES_IN_ALL):
        guesser = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert type_in(guesser, "ABCD-EFGH").status_code == 422
    assert type_in(Client(REMOTE_ADDR="198.51.100.1"), minted[2]).status_code == 429
    time_machine.shift(codes.IN_ALL_WITHIN + timedelta(seconds=1))
    assert type_in(Client(REMOTE_ADDR="198.51.100.1"), minted[2]).status_code == 302


@pytest.mark.soak
def test_ten_thousand_guesses_at_a_code_find_nothing(
    minted: tuple[CheckInLink, str, str],
) -> None:
    """At the look-up itself, past the limiter: random ones and neighbours of the right one."""
    chance = random.Random(2)
    code = minted[2].replace("-", "")
    guesses = [typed_codes.new_code() for _ in range(9_000)]
    for _ in range(1_000):
        at, sign = chance.randrange(8), chance.choice(typed_codes.ALPHABET)
        guesses.append(code[:at] + sign + code[at + 1 :])
    right = typed_codes.plain(code)
    hits = [
        guess
        for guess in guesses
        if typed_codes.plain(guess) != right and links.find_by_code(guess)
    ]
    assert hits == []


# --- the stop page


def stop_page(token: str) -> tuple[Client, Any]:
    phone = Client()
    return phone, phone.get(f"/c/{token}/stop/")


def test_one_tap_stops_and_a_look_does_not(
    minted: tuple[CheckInLink, str, str], maya: Patient
) -> None:
    phone, hop = stop_page(minted[1])
    assert hop["Location"] == "/stop/", "the token leaves the address"
    assert "Stop all messages?" in phone.get("/stop/").content.decode()
    phone.head("/stop/")
    maya.refresh_from_db()
    assert maya.reminders_stopped_at is None
    page = phone.post("/stop/").content.decode()
    assert "We will not write to you any more." in page
    assert "Vale" not in page and "Maya" not in page
    maya.refresh_from_db()
    assert maya.reminders_stopped_at == OPEN


def test_the_check_in_page_itself_leads_to_stop(
    minted: tuple[CheckInLink, str, str], maya: Patient
) -> None:
    phone = Client()
    phone.get(f"/c/{minted[1]}/")
    assert phone.post("/stop/").status_code == 200
    maya.refresh_from_db()
    assert maya.reminders_stopped_at == OPEN


def test_an_old_message_still_stops_and_opens_nothing_else(
    minted: tuple[CheckInLink, str, str], time_machine: Any, maya: Patient
) -> None:
    time_machine.shift(timedelta(days=10))
    phone, hop = stop_page(minted[1])
    assert hop.status_code == 302
    assert phone.get(f"/c/{minted[1]}/").status_code == 404
    assert phone.get("/c/24h/1/").status_code == 404, "bound to its purpose"
    assert phone.post("/stop/").status_code == 200
    maya.refresh_from_db()
    assert maya.reminders_stopped_at is not None


def test_a_message_whose_link_a_newer_one_replaced_still_stops(
    asked: CheckInRequest, nia: Staff, minted: tuple[CheckInLink, str, str]
) -> None:
    links.mint_link(by=nia, request=asked)
    assert links.find_link(minted[1]) is None
    assert links.link_that_stops(minted[1]) == minted[0]


def test_nobody_stops_with_an_ended_an_ancient_or_an_invented_link(
    minted: tuple[CheckInLink, str, str], asked: CheckInRequest, nia: Staff, time_machine: Any
) -> None:
    assert stop_page("x" * 43)[1].status_code == 404
    assert Client().post("/stop/").status_code == 404
    forged = Client()
    forged.cookies["stop"] = str(asked.patient_id)
    assert forged.post("/stop/").status_code == 404
    links.revoke_links(by=nia, request=asked, write_key=new_key())
    assert stop_page(minted[1])[1].status_code == 404
    token = links.mint_link(by=nia, request=asked)[1]
    time_machine.shift(timedelta(days=32))
    assert stop_page(token)[1].status_code == 404
