"""A check-in that was sent is changed or taken back; one that a phone kept arrives as it was."""

from __future__ import annotations

import html
import json
import re
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.checkins.check_in_steps import paper_walk, walk_of
from sessions_app.models import (
    CheckInRequest,
    Clinic,
    ItemAnswer,
    Patient,
)
from sessions_app.words.check_in_words import asked_words, left_out_words
from tests.sessions_app.check_in_people import after, make_help_lines
from tests.sessions_app.check_in_phone import day_14, on_day_14, phone, send, token

__all__ = ["day_14", "on_day_14", "phone", "token"]  # the fixtures


def test_what_was_sent_says_so_and_leads_to_each_answer(phone: Client) -> None:
    for step in (1, 2, 3):
        send(phone, step, 0)
    page = phone.get("/c/14d/1/").content.decode()
    assert "You already sent these answers." in page
    assert "<form" not in page
    assert page.count("?change=1") == 3
    assert "checked" in phone.get("/c/14d/1/?change=1").content.decode()
    changed = phone.post("/c/14d/1/?change=1", {"write_key": uuid4(), "value": 7})
    assert changed.headers["Location"] == "/c/14d/done/"


def test_a_given_answer_can_be_taken_back(phone: Client) -> None:
    for step in (1, 2, 3):
        send(phone, step, 0)
    assert "Take my answer back" in phone.get("/c/14d/1/?change=1").content.decode()
    phone.post("/c/14d/1/?change=1", {"write_key": uuid4(), "skip": "1"})
    standing = ItemAnswer.objects.filter(instrument="mood_0_10").order_by("answered_at", "id")
    assert [row.value for row in standing] == [0, None]


def test_an_answer_kept_for_another_check_in_is_not_taken(
    phone: Client, day_14: CheckInRequest
) -> None:
    assert send(phone, 1, 4, asked=uuid4()).status_code == 404
    assert not ItemAnswer.objects.exists()
    assert send(phone, 1, 4, asked=day_14.pk).status_code == 302


@pytest.mark.parametrize(("seconds", "minutes"), [(5, 0), (1800, 30), (10**9, 0), ("", 0)])
def test_an_answer_that_the_phone_kept_has_its_own_time(
    phone: Client, seconds: object, minutes: int
) -> None:
    send(phone, 1, 4, seconds_ago=seconds)
    assert ItemAnswer.objects.get().answered_at == after(14 * 24 - minutes / 60)


def test_the_pages_that_follow_are_in_the_page_for_a_phone_without_a_signal(phone: Client) -> None:
    page = phone.get("/c/14d/1/").content.decode()
    found = re.search(r'data-later="([^"]*)"', page)
    assert found
    later = json.loads(html.unescape(found[1]))
    assert [one["url"] for one in later] == ["/c/14d/2/", "/c/14d/3/"]
    assert [choice[2] for choice in later[1]["choices"]] == ["", "passing", "how", "act", "passing"]


def test_a_language_without_a_sourced_text_leaves_the_questionnaire_out(
    phone: Client, maya: Patient, day_14: CheckInRequest, northside: Clinic
) -> None:
    make_help_lines(northside, language="xx")
    maya.language = "xx"
    maya.save()
    day_14.refresh_from_db()
    assert walk_of(day_14) == []
    assert left_out_words(day_14).endswith(f": {asked_words(day_14.instruments)}")
    assert len(paper_walk(day_14)) == 20, "staff read another language"
