"""My progress: one's own course in words, behind a lock, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import throttle
from sessions_app.actions.answers import answer_item
from sessions_app.actions.check_in_links import mint_link
from sessions_app.actions.progress import set_progress_pin
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInRequest,
    Clinic,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from sessions_app.models.people import BIRTH_DATE_UNKNOWN
from sessions_app.progress_lock import OPEN_FOR, opens
from tests.api_client import Api, errors_of
from tests.conftest import START, make_course, make_patient, make_session
from tests.posting import said
from tests.sessions_app.check_in_people import after, make_help_lines, planned

BORN = {"secret": "1979"}
PAGE = "/my-progress/"


@pytest.fixture
def asked(session: TreatmentSession, nia: Staff, northside: Clinic) -> CheckInRequest:
    make_help_lines(northside)
    return planned(session, nia, "14d")


@pytest.fixture
def day_14(time_machine: Any) -> Any:
    time_machine.move_to(after(14 * 24), tick=False)
    return time_machine


def phone_of(request: CheckInRequest, nia: Staff) -> Client:
    phone = Client()
    assert phone.get(f"/c/{mint_link(by=nia, request=request)[1]}/").status_code == 302
    return phone


@pytest.fixture
def phone(asked: CheckInRequest, nia: Staff, day_14: Any) -> Client:
    """Maya's phone, two weeks after the dose, with the lock still shut."""
    return phone_of(asked, nia)


@pytest.fixture
def opened(phone: Client) -> Client:
    assert phone.post(PAGE, BORN).status_code == 302
    return phone


def felt(patient: Patient, *moods: tuple[float, int], pain: int | None = None) -> None:
    """The patient answered: (days after the dose, mood)."""
    for day, mood in moods:
        at = after(day * 24)
        kept = CheckIn.objects.create(
            clinic=patient.clinic, patient=patient, origin="import", started_at=at
        )
        values = {"mood_0_10": mood} | ({} if pain is None else {"pain_0_10": pain})
        for instrument, score in values.items():
            InstrumentScore.objects.create(
                clinic=patient.clinic,
                patient=patient,
                check_in=kept,
                instrument=instrument,
                instrument_version="1",
                taken_at=at,
                score=score,
            )


def text_of(answer: Any) -> str:
    """The words of the page in one line, as they are read."""
    return " ".join(re.sub(r"<[^>]+>", " ", said(answer)).split())


# The lock


def test_a_phone_without_a_link_gets_the_page_of_a_closed_check_in(asked: CheckInRequest) -> None:
    stranger = Client()
    for answer in (stranger.get(PAGE), stranger.post(PAGE, BORN)):
        assert answer.status_code == 404
        assert said(answer) == said(stranger.get("/c/no-such-token/"))
    assert stranger.get(f"{PAGE}my-answers.csv").status_code == 404


def test_the_link_alone_shows_no_answer(phone: Client, maya: Patient) -> None:
    felt(maya, (1, 3), (2, 4), (3, 5))
    locked = phone.get(PAGE)
    assert locked.status_code == 200
    assert "Is it you?" in said(locked)
    assert "mood 3" not in said(locked)
    assert phone.get(f"{PAGE}my-answers.csv").headers["Location"] == PAGE
    assert not AuditEvent.objects.filter(tag__in=["progress:look", "export"]).exists()


def test_the_year_of_birth_opens_it_for_fifteen_minutes(phone: Client, day_14: Any) -> None:
    answer = phone.post(PAGE, {"secret": " 1979 "})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    cookie = answer.cookies["progress"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", PAGE)
    assert cookie["max-age"] == OPEN_FOR.total_seconds() == 900
    day_14.shift(timedelta(minutes=14))
    assert "Is it you?" not in said(phone.get(PAGE))
    day_14.shift(timedelta(minutes=1, seconds=1))
    assert "Is it you?" in said(phone.get(PAGE))


def test_it_can_be_closed_by_hand(opened: Client) -> None:
    assert opened.post(PAGE, {"shut": "1"}).status_code == 302
    assert "Is it you?" in said(opened.get(PAGE))


@pytest.mark.parametrize(
    "wrong", ["1980", "979", "19790", "1979x", "--", "\u0661\u0669\u0667\u0669"]
)
def test_every_wrong_secret_gets_the_same_answer(phone: Client, wrong: str) -> None:
    answer = phone.post(PAGE, {"secret": wrong})
    assert answer.status_code == 422
    assert "progress" not in answer.cookies
    assert "This is not right. Check it and type it again." in said(answer)


def test_an_empty_box_is_no_try(phone: Client, maya: Patient) -> None:
    for _ in range(6):
        assert phone.post(PAGE, {"secret": ""}).status_code == 422
    assert phone.post(PAGE, BORN).status_code == 302


def test_after_five_wrong_tries_the_right_one_waits_a_day(
    phone: Client, asked: CheckInRequest, nia: Staff, day_14: Any
) -> None:
    tries = [phone.post(PAGE, {"secret": str(year)}).status_code for year in range(1950, 1955)]
    assert tries == [422, 422, 422, 422, 429]
    refused = phone.post(PAGE, BORN)
    assert (refused.status_code, "progress" in refused.cookies) == (429, False)
    assert "try again tomorrow" in said(refused)
    day_14.shift(timedelta(hours=23, minutes=59))
    assert phone.post(PAGE, BORN).status_code == 429
    day_14.shift(timedelta(minutes=2))
    assert phone.post(PAGE, BORN).status_code == 302


def test_a_second_link_gives_no_further_tries(
    phone: Client, asked: CheckInRequest, nia: Staff
) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert phone_of(asked, nia).post(PAGE, BORN).status_code == 429


def test_the_right_secret_takes_the_count_back(phone: Client) -> None:
    for _ in range(3):
        for year in range(1950, 1954):
            phone.post(PAGE, {"secret": str(year)})
        assert phone.post(PAGE, BORN).status_code == 302


def test_a_rush_that_passed_the_first_look_is_counted_all_the_same(maya: Patient) -> None:
    """Tries at once all see the counter before any of them wrote to it."""
    for _ in range(5):
        assert not opens(maya, "1950")
    assert not opens(maya, "1979")


def test_the_tries_of_one_patient_are_not_anothers(
    phone: Client, northside: Clinic, nia: Staff
) -> None:
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    theirs = phone_of(planned(make_session(make_course(rosa), nia), nia, "14d"), nia)
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert theirs.post(PAGE, BORN).status_code == 302


# How long the link stays good


def test_the_link_stays_good_for_seven_days_after_its_window_and_opens_no_question(
    opened: Client, asked: CheckInRequest, day_14: Any
) -> None:
    day_14.move_to(asked.closes_at + timedelta(days=7, seconds=-1), tick=False)
    assert opened.get("/c/14d/1/").status_code == 404
    assert "Is it you?" in said(opened.get(PAGE))
    assert opened.post(PAGE, BORN).status_code == 302
    day_14.shift(timedelta(seconds=2))
    assert opened.get(PAGE).status_code == 404


def test_a_phone_keeps_the_link_as_long_as_it_is_good(phone: Client, asked: CheckInRequest) -> None:
    kept = timedelta(seconds=phone.cookies["check_in"]["max-age"])
    assert after(14 * 24) + kept == asked.closes_at + timedelta(days=7)


def test_a_revoked_link_opens_nothing(opened: Client, asked: CheckInRequest, nia: Staff) -> None:
    mint_link(by=nia, request=asked)
    assert opened.get(PAGE).status_code == 404
    assert opened.post(PAGE, BORN).status_code == 404


def test_a_link_to_the_wrong_patient_opens_nothing(opened: Client, asked: CheckInRequest) -> None:
    asked.cancelled_at = START
    asked.save()
    assert opened.get(PAGE).status_code == 404


def test_what_one_link_opened_stays_shut_for_another(
    opened: Client, northside: Clinic, nia: Staff
) -> None:
    """A shared phone: the next link is another patient's, the lock of the first one is open."""
    rosa = make_patient(northside, "N-77", "Rosa", "Lind")
    theirs = planned(make_session(make_course(rosa), nia), nia, "14d")
    assert opened.get(f"/c/{mint_link(by=nia, request=theirs)[1]}/").status_code == 302
    assert "Is it you?" in said(opened.get(PAGE))


def test_a_changed_lock_cookie_opens_nothing(opened: Client, phone: Client) -> None:
    value = opened.cookies["progress"].value
    for forged in (value[:-1], value.swapcase(), opened.cookies["check_in"].value, ""):
        opened.cookies["progress"] = forged
        assert "Is it you?" in said(opened.get(PAGE)), forged


# The PIN


def test_a_pin_takes_the_place_of_the_year(opened: Client, maya: Patient, nia: Staff) -> None:
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert "Your PIN" in said(opened.get(PAGE)), "what the year opened is shut"
    assert opened.post(PAGE, BORN).status_code == 422
    assert opened.post(PAGE, {"secret": "4826"}).status_code == 302
    maya.refresh_from_db()
    assert "4826" not in maya.progress_pin
    set_progress_pin(by=nia, patient=maya, pin="")
    assert opened.post(PAGE, BORN).status_code == 302


def test_a_new_pin_forgets_the_wrong_tries(phone: Client, maya: Patient, nia: Staff) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert phone.post(PAGE, {"secret": "4826"}).status_code == 302


@pytest.mark.parametrize("pin", ["12", "1234567", "12a4", "١٢٣٤"])
def test_a_pin_is_four_to_six_digits(maya: Patient, nia: Staff, pin: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        set_progress_pin(by=nia, patient=maya, pin=pin)
    assert [error.code for error in broken.value.errors] == ["pin_shape"]


def test_a_patient_without_a_birth_date_needs_a_pin(
    phone: Client, maya: Patient, nia: Staff
) -> None:
    maya.birth_date = BIRTH_DATE_UNKNOWN
    maya.save()
    assert "ask your clinic for a PIN" in said(phone.get(PAGE))
    assert phone.post(PAGE, {"secret": "1900"}).status_code == 422
    set_progress_pin(by=nia, patient=maya, pin="4826")
    assert phone.post(PAGE, {"secret": "4826"}).status_code == 302


def test_staff_set_it_on_the_patients_page(as_nia: Client, maya: Patient) -> None:
    versions = maya.history.count()
    edit = reverse("clinic:patient_edit", args=[maya.pk])
    address = reverse("clinic:progress_pin", args=[maya.pk])
    assert address in said(as_nia.get(edit))
    key = {"write_key": "0c8d0a1e-0000-4000-8000-00000000000a"}
    refused = as_nia.post(address, {"progress_pin": "12"} | key)
    assert refused.status_code == 422
    assert "id_progress_pin" in said(refused)
    assert as_nia.post(address, {"progress_pin": "4826"} | key).headers["Location"] == edit
    assert "A PIN is set." in said(as_nia.get(edit))
    assert maya.history.count() == versions, "a kept version would hold the secret"
    line = AuditEvent.objects.get(tag="progress:pin")
    assert (line.patient, "4826" in line.reason) == (maya, False)


# What it says


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
    assert "A check-in is open now." in said(opened.get(PAGE))
    answer_item(
        request=asked, instrument="mood_0_10", item="q1", value=5, language="en", write_key=None
    )
    assert "Next check-in: Monday, 23 Mar 2026" in said(opened.get(PAGE))
    day_14.move_to(after(19 * 24), tick=False)
    opened.post(PAGE, BORN)
    assert "Next check-in" in said(opened.get(PAGE))


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("sms", "We will text you about 11:00."),
        ("email", "We will e-mail you about 11:00."),
        ("none", "You can answer it from 10:00 on."),
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
        assert "You can answer it from 10:00 on." in said(opened.get(PAGE))


def test_days_are_those_of_the_patients_own_zone(opened: Client, maya: Patient) -> None:
    maya.time_zone = "Pacific/Auckland"
    maya.save()
    felt(maya, (10, 4), (11, 5), (11.6, 6))
    assert "Sat 14 Mar, 12:24 mood 6" in text_of(opened.get(PAGE))


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
    monkeypatch.setattr("sessions_app.my_answers.score_name", lambda score: "=cmd|'/C calc'!A0")
    assert rows_of(opened.get(f"{PAGE}my-answers.csv"))[1][2] == "'=cmd|'/C calc'!A0"


def test_the_counter_is_shared_by_all_servers(phone: Client, maya: Patient) -> None:
    for year in range(1950, 1955):
        phone.post(PAGE, {"secret": str(year)})
    assert throttle.check(f"progress:{maya.pk}", tries=5, window=timedelta(days=1)) == 24 * 60


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


def test_the_second_door_sets_the_pin_once_and_never_shows_it(maya: Patient, nia: Staff) -> None:
    api, address = Api(nia), f"patients/{maya.pk}/progress-pin/"
    sent = {"progress_pin": "4826", "write_key": "0c8d0a1e-0000-4000-8000-00000000000b"}
    first, again = api.post(address, **sent), api.post(address, **sent)
    assert (first.status_code, again.status_code) == (200, 200)
    assert "4826" not in first.content.decode()
    assert AuditEvent.objects.filter(tag="progress:pin").count() == 1
    assert api.post(address, **sent | {"progress_pin": "4827"}).status_code == 409
    refused = api.post(address, progress_pin="48")
    assert errors_of(refused) == {"progress_pin": "pin_shape"}
