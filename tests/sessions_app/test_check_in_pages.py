"""A check-in on a phone: the link, the questions, what is kept, and what nobody can learn."""

from __future__ import annotations

import gzip
import io
import logging
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.logs import NoTokens
from sessions_app.actions import answer_alerts as answers_action
from sessions_app.actions.check_in_links import mint_link, revoke_links
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInLink,
    CheckInRequest,
    Clinic,
    ItemAnswer,
    Patient,
    Staff,
)
from tests.conftest import make_course, make_patient, make_session
from tests.sessions_app.check_in_people import after, make_help_lines, planned
from tests.sessions_app.check_in_phone import day_14, on_day_14, phone, send, token

__all__ = ["day_14", "on_day_14", "phone", "token"]  # the fixtures


def test_the_link_leads_to_a_question_whose_address_holds_no_token(
    client: Client, token: str, on_day_14: Any
) -> None:
    answer = client.get(f"/c/{token}/", follow=True)
    assert answer.redirect_chain == [("/c/14d/1/", 302)]
    assert token not in answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = client.cookies["check_in"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == 8.5 * 24 * 3600, "the window, and a week for one's own progress"
    assert token not in cookie.value


def test_the_cookie_ends_a_week_after_the_window_and_its_questions_with_it(
    client: Client, token: str, time_machine: Any
) -> None:
    time_machine.move_to(after(15.25 * 24), tick=False)
    client.get(f"/c/{token}/")
    assert client.cookies["check_in"]["max-age"] == (7 * 24 + 6) * 3600
    time_machine.shift(timedelta(hours=6))
    assert client.get("/c/14d/1/").status_code == 404


@pytest.mark.parametrize("https", [True, False])
def test_the_cookie_is_secure_where_the_site_is(
    client: Client, token: str, on_day_14: Any, settings: Any, https: bool
) -> None:
    settings.HTTPS = https
    client.get(f"/c/{token}/")
    assert bool(client.cookies["check_in"]["secure"]) == https


def test_a_mail_scanner_uses_nothing_up(token: str, on_day_14: Any) -> None:
    scanner = Client()
    before = list(CheckInLink.objects.values())
    for look in (scanner.head, scanner.get, scanner.head):
        assert look(f"/c/{token}/").status_code == 302
    assert scanner.get("/c/14d/1/").status_code == 200
    assert list(CheckInLink.objects.values()) == before
    assert not CheckIn.objects.exists()
    assert Client().get(f"/c/{token}/").status_code == 302


def test_a_cookie_for_something_else_opens_nothing(phone: Client) -> None:
    from django.core import signing

    link = str(CheckInLink.objects.get().pk)
    for value in (link, signing.dumps(link), signing.dumps(link, salt="sessions_app.other")):
        other = Client()
        other.cookies["check_in"] = value
        assert other.get("/c/14d/1/").status_code == 404


def test_no_page_says_who_is_treated_where_or_for_what(phone: Client, maya: Patient) -> None:
    for step in range(1, 21):
        page = phone.get(f"/c/14d/{step}/").content.decode()
        title = re.search(r"<title>(.*?)</title>", page)
        part = f"{step} of 3" if step <= 3 else f"{step - 3} of 17"
        assert title and title[1] == f"{part}, check-in"
        for secret in ("Maya", "Vale", "N-1043", "1979", "ketamine", "depression", maya.phone):
            assert secret not in re.sub(r"How often|depressed", "", page)


def test_nothing_is_chosen_at_first_and_the_given_answer_later(phone: Client) -> None:
    assert "checked" not in phone.get("/c/14d/1/").content.decode()
    assert send(phone, 1, 4).headers["Location"] == "/c/14d/2/"
    page = phone.get("/c/14d/1/").content.decode()
    assert re.search(r'value="4"[^>]*checked', page)


def test_each_post_saves_its_answer_and_a_skip_saves_a_skip(phone: Client) -> None:
    send(phone, 1, 0)
    assert send(phone, 4, skip="1").headers["Location"] == "/c/14d/5/"
    send(phone, 5, 2, skip="1")
    rows = ItemAnswer.objects.values_list("instrument", "item", "value")
    assert set(rows) == {("mood_0_10", "q1", 0), ("phq9", "q1", None), ("phq9", "q2", None)}


@pytest.mark.parametrize(("step", "words"), [(1, "Choose a number"), (2, "Choose an answer")])
def test_nothing_chosen_says_what_to_do(phone: Client, step: int, words: str) -> None:
    answer = send(phone, step)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(f"{words}, or skip this question") == 2, "above, and by the answers"
    assert "<title>Error:" in page
    assert 'href="#id_value_0"' in page and 'id="id_value_0"' in page
    assert not ItemAnswer.objects.exists()


def test_a_forged_answer_is_refused(phone: Client) -> None:
    assert send(phone, 1, 11).status_code == 422
    assert not ItemAnswer.objects.exists()


def test_two_same_posts_are_one_answer(phone: Client) -> None:
    key = uuid4()
    for _ in range(2):
        assert send(phone, 1, 4, write_key=key).status_code == 302
    assert ItemAnswer.objects.count() == 1
    again = send(phone, 1, 6, write_key=key)
    assert again.status_code == 409
    assert str(key) not in again.content.decode(), "the next try has a key of its own"


def test_the_link_goes_on_where_the_patient_stopped(phone: Client, token: str) -> None:
    send(phone, 1, 4)
    assert phone.get(f"/c/{token}/").headers["Location"] == "/c/14d/2/"


def test_a_whole_check_in_ends_with_thanks_and_the_next_date(phone: Client, token: str) -> None:
    for step in range(1, 21):
        answer = send(phone, step, 0)
        last_of_a_part = step in (3, 20)
        onward = "/c/14d/done/" if last_of_a_part else f"/c/14d/{step + 1}/"
        assert answer.headers["Location"] == onward
    page = phone.get("/c/14d/done/").content.decode()
    assert "That is all for today" in page
    assert "Monday, 23 Mar 2026" in page
    assert "more questions" not in page
    assert not re.search(r"PHQ|score|minimal", page), "patients are shown no scores"
    assert phone.get(f"/c/{token}/").headers["Location"] == "/c/14d/done/"
    assert send(phone, 1, 3).status_code == 302, "until the window closes an answer may change"


def test_the_long_questions_are_offered_after_the_thanks_and_never_before(
    phone: Client, token: str
) -> None:
    send(phone, 1, 4)
    send(phone, 2, 4)
    assert "more questions" not in phone.get("/c/14d/done/").content.decode()
    send(phone, 3, 0)
    assert phone.get(f"/c/{token}/").headers["Location"] == "/c/14d/done/"
    page = phone.get("/c/14d/done/").content.decode()
    assert "That is all for today" in page
    assert "17 more questions (4 minutes)?" in page
    assert 'href="/c/14d/4/"' in page
    send(phone, 4, 1)
    assert "16 questions left" in phone.get("/c/14d/done/").content.decode()
    assert phone.get(f"/c/{token}/").headers["Location"] == "/c/14d/5/"


def test_done_before_any_answer_thanks_for_nothing(phone: Client) -> None:
    page = phone.get("/c/14d/done/").content.decode()
    assert "Nothing is answered yet." in page
    assert "Your answers are saved." not in page


def test_done_too_early_shows_the_way_back(phone: Client) -> None:
    send(phone, 1, 4)
    assert 'href="/c/14d/2/"' in phone.get("/c/14d/done/").content.decode()


def answer_to(path: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers as a phone without a cookie gets them."""
    answer = Client().get(path)
    return answer.status_code, answer.content, dict(answer.headers)


def test_used_expired_revoked_and_other_clinics_links_get_the_same_bytes(
    phone: Client,
    token: str,
    day_14: CheckInRequest,
    nia: Staff,
    elsewhere: Clinic,
    otto: Staff,
    time_machine: Any,
) -> None:
    send(phone, 1, 4)
    dead = {"unknown": "x" * 43, "cut": token[:-1], "no token": "0", "no ASCII": "é" * 43}
    make_help_lines(elsewhere)
    ben = make_patient(elsewhere, "S-1", "Ben", "Orr")
    theirs = planned(make_session(make_course(ben), otto), otto, "14d")
    dead["another clinic's, expired"] = mint_link(by=otto, request=theirs)[1]
    dead["replaced"] = mint_link(by=nia, request=day_14)[1]
    dead["used, replaced"] = token
    _, dead["revoked"] = mint_link(by=nia, request=day_14)
    revoke_links(by=nia, request=day_14, write_key=uuid4())
    _, dead["used, expired"] = mint_link(by=nia, request=day_14)
    cancelled = day_14.session.check_in_requests.get(slot="21d")
    _, dead["cancelled"] = mint_link(by=nia, request=cancelled)
    CheckInRequest.objects.filter(pk=cancelled.pk).update(cancelled_at=after(15 * 24))
    time_machine.move_to(after(16 * 24), tick=False)
    said = {why: answer_to(f"/c/{spelled}/") for why, spelled in dead.items()}
    status, body, headers = said["unknown"]
    for why, found in said.items():
        assert found == (status, body, headers), why
    assert (status, "Set-Cookie" in headers) == (404, False)
    assert b"Get help now" in body
    for name in (b"Maya", b"Vale", b"N-1043", b"Ben", b"Orr", b"Northside", b"Elsewhere"):
        assert name not in body


def test_a_post_after_the_window_saves_nothing(phone: Client, time_machine: Any) -> None:
    time_machine.move_to(after(15.5 * 24), tick=False)
    assert send(phone, 1, 4).status_code == 404
    assert not ItemAnswer.objects.exists()


def test_an_early_link_says_when_it_opens(client: Client, token: str, time_machine: Any) -> None:
    time_machine.move_to(after(24), tick=False)
    client.get(f"/c/{token}/")
    page = client.get("/c/14d/1/").content.decode()
    assert "14 Mar 2026 at 22:00" in page, "in the patient's own zone"
    assert send(client, 1, 4).status_code == 200
    assert not ItemAnswer.objects.exists()


def test_times_are_read_in_the_patients_zone(
    client: Client, token: str, maya: Patient, time_machine: Any
) -> None:
    maya.time_zone = "America/New_York"
    maya.save()
    time_machine.move_to(after(24), tick=False)
    client.get(f"/c/{token}/")
    assert "14 Mar 2026 at 17:00" in client.get("/c/14d/1/").content.decode()


def test_another_slots_address_is_not_this_check_in(phone: Client) -> None:
    assert phone.get("/c/7d/1/").status_code == 404
    assert phone.get("/c/14d/21/").status_code == 404
    assert phone.get("/c/14d/0/").status_code == 404


def test_guessing_ends_after_twenty_misses_a_minute(token: str, on_day_14: Any) -> None:
    guesser = Client(REMOTE_ADDR="203.0.113.9")
    answers = [guesser.get(f"/c/{uuid4()}/").status_code for _ in range(22)]
    assert answers == [404] * 20 + [429] * 2
    assert Client(REMOTE_ADDR="203.0.113.10").get(f"/c/{token}/").status_code == 302
    assert guesser.get(f"/c/{token}/").status_code == 302, "a true link is no guess"
    on_day_14.shift(61)
    assert guesser.get(f"/c/{uuid4()}/").status_code == 404


def test_no_log_line_holds_a_token(client: Client, token: str, on_day_14: Any) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(NoTokens())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        client.get(f"/c/{token}x/")
        client.get(f"/c/{token}/?from=mail")
        client.post(f"/c/{token}/")
    finally:
        root.removeHandler(handler)
    assert "/c/…" in stream.getvalue(), "the misses are logged"
    assert token not in stream.getvalue()


def test_every_look_and_answer_of_a_patient_is_theirs_in_the_audit(phone: Client) -> None:
    send(phone, 1, 4)
    line = AuditEvent.objects.get(tag="check-in:answer")
    assert (line.by, line.patient is not None) == (None, True)


@pytest.mark.parametrize(("step", "value"), [(3, 1), (3, 2), (3, 3), (3, 4), (12, 1), (12, 3)])
def test_a_dangerous_answer_is_answered_by_the_help_page_itself(
    phone: Client, step: int, value: int
) -> None:
    answer = send(phone, step, value)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Thank you for telling us" in page
    assert 'href="tel:0001110"' in page
    assert 'href="/c/14d/done/"' in page, "“I am safe for now” leads to the thanks"
    alert, row = Alert.objects.get(), ItemAnswer.objects.get()
    assert alert.raised_at == row.answered_at


def test_without_the_alert_there_is_no_answer(
    phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError("the alert table is full")

    monkeypatch.setattr(answers_action, "raise_alert", broken)
    with pytest.raises(RuntimeError):
        send(phone, 12, 3)
    assert not ItemAnswer.objects.exists()


def test_every_question_carries_help_in_the_page_itself(phone: Client) -> None:
    for step in (1, 12, 20):
        page = phone.get(f"/c/14d/{step}/").content.decode()
        assert 'id="help"' in page
        assert page.count('href="tel:') == 3
        assert "/help-now/" in page
        assert page.count("<script") == 1


def test_a_question_weighs_little_and_asks_for_few_files(phone: Client) -> None:
    page = phone.get("/c/14d/4/").content
    linked = re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode())
    weight = len(gzip.compress(page))
    for path in linked:
        found = finders.find(path)
        assert found, path
        with open(found, "rb") as file:
            weight += len(gzip.compress(file.read()))
    assert weight <= 25 * 1024
    assert 1 + len(linked) <= 6
