"""The page of a question is drawn once for many: it is still each one's own, and true now."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.models import CheckInRequest, Clinic, HelpLine
from sessions_app.views import question_page
from tests.conftest import START, is_postgres
from tests.sessions_app.check_in_phone import day_14, on_day_14, phone, send, token

__all__ = ["day_14", "on_day_14", "phone", "token"]  # the fixtures

# Link with patient and clinic, answers, numbers to call; the opening was noted before.
A_LOOK = 3
# The same without the numbers; then the check-in of the answer before, the lock, the key, the
# answer, what stands, its score, the score before, the version, the audit line.
AN_ANSWER = 12


def own(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, name
    return found[1]


def test_every_look_has_a_key_and_a_token_of_its_own(phone: Client) -> None:
    pages = [phone.get("/c/14d/1/").content.decode() for _look in range(2)]
    for name in ("write_key", "csrfmiddlewaretoken"):
        assert own(pages[0], name) != own(pages[1], name), name
    for hole in (question_page.TOKEN, question_page.KEY, question_page.ASKED, question_page.UNTIL):
        assert hole not in pages[0]


def test_the_page_names_its_own_check_in_and_when_that_one_closes(
    phone: Client, day_14: CheckInRequest
) -> None:
    phone.get("/c/14d/1/")
    day_14.closes_at += timedelta(hours=1)
    day_14.save()
    page = phone.get("/c/14d/1/").content.decode()
    assert own(page, "asked") == str(day_14.pk)
    assert f'data-until="{int(day_14.closes_at.timestamp())}"' in page


@pytest.mark.parametrize("column", ["number", "label", "hours", "kind"])
def test_a_line_that_changed_a_moment_ago_stands_on_the_next_page(
    phone: Client, northside: Clinic, column: str
) -> None:
    before = phone.get("/c/14d/1/").content.decode()
    new = "crisis_text" if column == "kind" else "000 999"
    HelpLine.objects.filter(clinic=northside, kind="crisis").update(**{column: new})
    after = phone.get("/c/14d/1/").content.decode()
    expected = "sms:" if column == "kind" else new
    assert expected in after
    assert expected not in before


def test_a_line_that_was_retired_leaves_the_page_at_once(phone: Client, northside: Clinic) -> None:
    assert "Crisis line" in phone.get("/c/14d/1/").content.decode()
    HelpLine.objects.filter(clinic=northside, kind="crisis").update(retired_at=START)
    assert "Crisis line" not in phone.get("/c/14d/1/").content.decode()


def test_an_answer_that_was_given_stands_chosen_and_a_new_one_after_it(phone: Client) -> None:
    send(phone, 1, 7)
    for value in (7, 3):
        send(phone, 1, value)
        page = phone.get("/c/14d/1/").content.decode()
        assert re.findall(r'value="(\d+)" id="id_value_\d+" checked', page) == [str(value)]


def test_words_come_in_the_language_of_the_patient(phone: Client, day_14: CheckInRequest) -> None:
    assert "Skip this question" in phone.get("/c/14d/1/").content.decode()
    day_14.patient.language = "es"
    day_14.patient.save()
    assert "Skip this question" not in phone.get("/c/14d/1/").content.decode()


def test_a_look_and_an_answer_ask_the_database_little(phone: Client, on_day_14: Any) -> None:
    phone.get("/c/14d/1/")
    send(phone, 1, 7)
    with CaptureQueriesContext(connection) as looked:
        phone.get("/c/14d/2/")
    with CaptureQueriesContext(connection) as answered:
        assert send(phone, 1, 6).status_code == 302
    for asked, most in ((looked, A_LOOK), (answered, AN_ANSWER)):
        sent = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
        assert len(sent) <= most + is_postgres(), "\n".join(sent)
