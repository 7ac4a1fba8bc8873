"""My progress: one's own course in words, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.answers import answer_item
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckInRequest,
    Clinic,
    Patient,
    Staff,
)
from tests.conftest import START, make_patient
from tests.posting import said
from tests.sessions_app.check_in_people import after
from tests.sessions_app.progress_people import (
    BORN,
    PAGE,
    asked,
    day_14,
    felt,
    opened,
    phone,
    text_of,
)

__all__ = ["asked", "day_14", "opened", "phone"]  # the fixtures


def test_the_first_week_is_compared_with_this_one(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 4), (1, 3), (2, 4), (6.9, 5), (8, 6), (10, 7), (13, 7), (13.5, 8))
    page = text_of(opened.get(PAGE))
    assert "In your first week your mood was usually 4 . This week it was usually 7 ." in page
    assert "Ups and downs between treatments are common." in page
    assert "Your mood since March" in page


def test_half_a_point_is_kept(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 4), (1, 5), (10, 6), (11, 7))
    assert "usually 4.5 . This week it was usually 6.5 ." in text_of(opened.get(PAGE))


def test_a_first_week_is_compared_with_nothing(opened: Client, maya: Patient) -> None:
    felt(maya, (12, 4), (13, 5), (13.5, 9))
    page = text_of(opened.get(PAGE))
    assert "So far your mood was usually 5 ." in page
    assert "first week" not in page


def test_a_silent_week_is_said_and_not_filled(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 4), (1, 4), (2, 4))
    assert "You have not answered in the last seven days." in text_of(opened.get(PAGE))


def test_a_lower_week_is_said_kindly_with_the_clinics_number(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 4), (5, 7), (6, 7), (10, 5), (11, 5), (12, 4))
    page = opened.get(PAGE)
    words = text_of(page)
    assert "This week was lower than last week. That can happen. " in words
    assert "You can talk about it at your next visit, or call now." in words
    assert "Ups and downs" not in words
    assert 'href="tel:0001112"' in said(page)
    assert 'class="me-care"' not in said(page)


@pytest.mark.parametrize(
    ("last", "comes_first"), [((2, 2, 0), True), ((2, 3, 0), False), ((2, 2), False)]
)
def test_after_three_very_low_answers_help_stands_before_the_chart(
    opened: Client, maya: Patient, last: tuple[int, ...], comes_first: bool
) -> None:
    if len(last) == 3:
        felt(maya, (0, 8))
    felt(maya, *[(10 + at, mood) for at, mood in enumerate(last)])
    page = said(opened.get(PAGE))
    assert ('class="me-care"' in page) is comes_first
    if comes_first:
        assert page.index('class="me-care"') < page.index("<svg xmlns")


def test_an_open_risk_answer_shows_help_and_a_closed_one_does_not(
    opened: Client, asked: CheckInRequest, maya: Patient, nia: Staff
) -> None:
    felt(maya, (0, 8), (10, 8), (11, 8))
    assert 'class="me-care"' not in said(opened.get(PAGE))
    answer_item(request=asked, instrument="phq9", item="q9", value=1, language="en", write_key=None)
    assert 'class="me-care"' in said(opened.get(PAGE))
    alert = maya.alerts.get(code="suicide_item")
    alert.events.create(clinic=maya.clinic, kind="closed", outcome="spoke_safe", at=START)
    assert 'class="me-care"' not in said(opened.get(PAGE))


def test_another_alert_is_no_cry_for_help(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 8), (10, 8), (11, 8))
    Alert.objects.create(
        clinic=maya.clinic, patient=maya, level="low", code="watch_due", raised_at=START
    )
    assert 'class="me-care"' not in said(opened.get(PAGE))


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (0, "You have not done one yet."),
        (1, "You have done one."),
        (2, "You have done two."),
    ],
)
def test_fewer_than_three_answers_make_no_chart(
    opened: Client, maya: Patient, done: int, words: str
) -> None:
    felt(maya, *[(day, 5) for day in range(done)])
    page = opened.get(PAGE)
    assert f"Your chart starts after three check-ins. {words}" in text_of(page)
    assert 'class="ch"' not in said(page)


def test_the_chart_and_its_list_hold_the_same_answers(opened: Client, maya: Patient) -> None:
    felt(maya, (0, 4), (1, 3), (8, 6), (13, 7))
    page = said(opened.get(PAGE))
    drawing = page[page.index('<svg xmlns="http://www.w3.org/2000/svg" class="ch"') :]
    dots = re.search(r'class="ch-answer">(.*?)</g>', drawing, re.S)
    assert dots is not None
    assert dots[1].count("<use") == 4
    assert re.findall(r'<td class="num">(\d+)</td>', page) == ["7", "6", "3", "4"]
    assert drawing.count('class="ch-treatment"') == 1


def test_the_last_check_ins_say_mood_and_pain(opened: Client, maya: Patient) -> None:
    felt(maya, (12, 6), pain=3)
    felt(maya, (13, 7), (13.95, 5))
    page = text_of(opened.get(PAGE))
    assert "Today, 08:48 mood 5" in page
    assert "Yesterday, 10:00 mood 7" in page
    assert "mood 6 · pain 3" in page
    assert "Sat 14 Mar" in page


def test_the_next_check_in_is_named_by_its_day(
    opened: Client, maya: Patient, asked: CheckInRequest, day_14: Any
) -> None:
    page = said(opened.get(PAGE))
    assert "A check-in is open now." in page
    assert 'href="/c/14d/1/"' in page
    answer_item(
        request=asked, instrument="mood_0_10", item="q1", value=5, language="en", write_key=None
    )
    assert "Next check-in: Monday, 23 Mar 2026" in said(opened.get(PAGE))
    assert 'href="/c/' not in said(opened.get(PAGE)), "this phone's link opens no other one"
    day_14.move_to(after(19 * 24), tick=False)
    opened.post(PAGE, BORN)
    assert "Next check-in" in said(opened.get(PAGE))


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("sms", "We will text you about 11:00."),
        ("email", "We will e-mail you about 11:00."),
        ("none", "You can answer it from 21 Mar 2026, 22:00 on."),
    ],
)
def test_a_message_is_promised_only_if_one_will_come(
    opened: Client,
    maya: Patient,
    asked: CheckInRequest,
    northside: Clinic,
    channel: str,
    words: str,
) -> None:
    """Its time is the first one outside the quiet hours, on the patient's own clock."""
    northside.quiet_until = time(11)
    northside.save()
    maya.reminder_channel, maya.email = channel, "maya@example.org"
    maya.save()
    answer_item(
        request=asked, instrument="mood_0_10", item="q1", value=5, language="en", write_key=None
    )
    assert words in said(opened.get(PAGE))
    if channel != "none":
        maya.reminders_stopped_at = START
        maya.save()
        assert "You can answer it from 21 Mar 2026, 22:00 on." in said(opened.get(PAGE))


def test_days_are_those_of_the_patients_own_zone(
    opened: Client, maya: Patient, day_14: Any
) -> None:
    maya.time_zone = "Pacific/Auckland"
    maya.save()
    felt(maya, (10, 4), (11, 5), (11.6, 6), (14.1, 7))
    day_14.shift(timedelta(hours=3))
    opened.post(PAGE, BORN)
    page = text_of(opened.get(PAGE))
    assert "Sat 14 Mar, 12:24 mood 6" in page
    assert "Today, 00:24 mood 7" in page, "it is the 17th there and the 16th in UTC"


def test_nothing_names_the_patient_or_anybody_else(
    opened: Client, maya: Patient, northside: Clinic
) -> None:
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    felt(rosa, (3, 9), (4, 9), (5, 9))
    felt(maya, (0, 4), (1, 4), (13, 4))
    page = opened.get(PAGE)
    for secret in ("Maya", "Vale", "N-1043", "1979", "Rosa", "mood 9", "ketamine", "%"):
        assert secret not in text_of(page), secret
    assert "<title>My progress</title>" in said(page)
    assert page.headers["Cache-Control"].find("no-store") >= 0


def test_a_look_leaves_one_line(opened: Client, maya: Patient) -> None:
    opened.get(PAGE)
    line = AuditEvent.objects.get(tag="progress:look")
    assert (line.by, line.patient) == (None, maya)


# The file


def rows_of(answer: Any) -> list[list[str]]:
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_holds_ones_own_answers_in_words(
    opened: Client, asked: CheckInRequest, maya: Patient
) -> None:
    felt(maya, (1, 3), pain=2)
    for instrument, item, value in (
        ("mood_0_10", "q1", 6),
        ("phq9", "q1", 2),
        ("phq9", "q2", None),
    ):
        answer_item(
            request=asked,
            instrument=instrument,
            item=item,
            value=value,
            language="en",
            write_key=None,
        )
    answer = opened.get(f"{PAGE}my-answers.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-answers.csv"'
    assert rows_of(answer) == [
        ["Day", "Time", "Question", "Answer"],
        ["2026-03-03", "10:00", "Mood", "3"],
        ["2026-03-03", "10:00", "Pain", "2"],
        ["2026-03-16", "10:00", "How is your mood right now?", "6 of 10"],
        [
            "2026-03-16",
            "10:00",
            "Little interest or pleasure in doing things",
            "More than half the days",
        ],
        ["2026-03-16", "10:00", "Feeling down, depressed, or hopeless", "skipped"],
    ]
    assert AuditEvent.objects.filter(tag="export", patient=maya, by=None).count() == 1


def test_no_cell_of_the_file_runs_in_a_spreadsheet(
    opened: Client, maya: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    felt(maya, (1, 3))
    monkeypatch.setattr(
        "sessions_app.checkins.my_answers.score_name", lambda score: "=cmd|'/C calc'!A0"
    )
    assert rows_of(opened.get(f"{PAGE}my-answers.csv"))[1][2] == "'=cmd|'/C calc'!A0"


# The ways in


def test_done_leads_to_it(phone: Client) -> None:
    assert f'href="{PAGE}"' in said(phone.get("/c/14d/done/"))


def test_the_closed_page_leads_to_it_on_the_patients_own_phone_only(
    opened: Client, asked: CheckInRequest, day_14: Any
) -> None:
    day_14.move_to(asked.closes_at + timedelta(hours=1), tick=False)
    for address in ("/c/14d/1/", "/c/no-such-token/"):
        assert f'href="{PAGE}"' in said(opened.get(address))
        assert f'href="{PAGE}"' not in said(Client().get(address))
