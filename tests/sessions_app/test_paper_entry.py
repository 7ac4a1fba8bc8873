"""What a patient wrote on paper: entered by staff, at the time it was answered, once."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.answers import enter_check_in
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInLink,
    CheckInRequest,
    Clinic,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.sessions_app.check_in_people import after, answer_at, make_help_lines, planned
from tests.sessions_app.check_in_phone import on_day_14

__all__ = ["on_day_14"]  # the fixture
PHQ9 = {f"q{number}": 1 for number in range(1, 9)} | {"q9": 2}


@pytest.fixture
def day_14(session: TreatmentSession, nia: Staff) -> CheckInRequest:
    return planned(session, nia, "14d")


def test_a_whole_paper_check_in_is_kept_with_its_scores_and_its_alert(
    maya: Patient, nia: Staff, day_14: CheckInRequest
) -> None:
    check_in = enter_check_in(
        by=nia,
        patient=maya,
        request=day_14,
        answers={"mood_0_10": {"q1": 4}, "phq9": PHQ9},
        taken_at=after(14 * 24),
        write_key=uuid4(),
        clock=lambda: after(16 * 24),
    )
    assert (check_in.origin, check_in.entered_by, check_in.started_at) == (
        "staff",
        nia,
        after(14 * 24),
    )
    scores = {row.instrument: row for row in InstrumentScore.objects.all()}
    assert {code: row.score for code, row in scores.items()} == {"mood_0_10": 4, "phq9": 10}
    assert {row.taken_at for row in scores.values()} == {after(14 * 24)}
    alert = Alert.objects.get()
    assert (alert.level, alert.raised_at) == ("high", after(16 * 24))
    assert AuditEvent.objects.filter(tag="check-in:enter", by=nia).count() == 1


def test_a_left_out_item_is_a_skip(maya: Patient, nia: Staff) -> None:
    enter_check_in(by=nia, patient=maya, answers={"phq9": {"q1": 2}}, write_key=uuid4())
    assert CheckIn.objects.get().answers.filter(value=None).count() == 8
    assert not InstrumentScore.objects.exists()


def test_a_total_alone_is_kept(maya: Patient, nia: Staff) -> None:
    key = uuid4()
    for _ in range(2):
        enter_check_in(by=nia, patient=maya, scores={"phq9": 13}, write_key=key)
    assert InstrumentScore.objects.get().score == Decimal(13)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"scores": {"phq9": 28}}, "unknown_choice"),
        ({"answers": {"phq9": {"q1": 4}}}, "unknown_choice"),
        ({"answers": {"phq9": {}}}, "nothing_entered"),
        ({"scores": {"who5": 3}}, "unknown_choice"),
        ({"scores": {"thoughts": 3}}, "unknown_choice"),
    ],
)
def test_an_impossible_entry_is_refused(
    maya: Patient, nia: Staff, facts: dict[str, object], code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        enter_check_in(by=nia, patient=maya, write_key=uuid4(), **facts)  # type: ignore[arg-type]
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    ("hours", "code"), [(12.4 * 24, "check_in_not_open"), (15.6 * 24, "check_in_closed")]
)
def test_paper_answered_outside_the_window_does_not_fill_it(
    maya: Patient, nia: Staff, day_14: CheckInRequest, hours: float, code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        enter_check_in(
            by=nia,
            patient=maya,
            scores={"mood_0_10": 4},
            request=day_14,
            taken_at=after(hours),
            write_key=uuid4(),
            clock=lambda: after(17 * 24),
        )


def test_answers_on_the_phone_are_not_overwritten(
    maya: Patient, nia: Staff, day_14: CheckInRequest
) -> None:
    answer_at(after(14 * 24), day_14, 5)
    with pytest.raises(RuleBroken, match="check_in_answered"):
        enter_check_in(
            by=nia,
            patient=maya,
            scores={"mood_0_10": 4},
            request=day_14,
            taken_at=after(14 * 24),
            write_key=uuid4(),
            clock=lambda: after(14 * 24),
        )


def test_the_page_saves_a_whole_check_in_at_once(
    as_nia: Client, day_14: CheckInRequest, on_day_14: Any
) -> None:
    path = f"/links/{day_14.pk}/paper/"
    page = as_nia.get(path).content.decode()
    assert "Maya Vale" in page
    assert "Feeling tired or having little energy" in page
    form = {"write_key": uuid4(), "mood_0_10_q1": 4, "phq9_q9": 1, "taken_at": "9:30"}
    for _ in range(2):
        assert as_nia.post(path, form).status_code == 302
    check_in = CheckIn.objects.get()
    assert check_in.started_at == after(14 * 24 - 0.5)
    skipped = check_in.answers.filter(instrument="phq9", value=None)
    assert skipped.exclude(item="difficulty").count() == 8
    assert Alert.objects.get().level == "medium"
    assert AuditEvent.objects.filter(tag="patient:look").count() == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "No value was entered"),
        ({"mood_0_10_q1": 11}, "not one of the available choices"),
        ({"mood_0_10_q1": 4, "taken_at": "2026-03-20 10:00"}, ""),
        ({"mood_0_10_q1": 4, "taken_at": "2026-03-10 10:00"}, "opens at"),
    ],
)
def test_the_page_refuses_in_words_and_keeps_what_was_typed(
    as_nia: Client, day_14: CheckInRequest, on_day_14: Any, typed: dict[str, Any], says: str
) -> None:
    answer = as_nia.post(f"/links/{day_14.pk}/paper/", {"write_key": uuid4(), **typed})
    if not says:
        assert answer.status_code == 302, "a time in the future becomes now"
        return
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert typed.get("taken_at", "") in page
    assert not CheckIn.objects.exists()


def test_the_list_shows_who_has_not_answered(
    as_nia: Client, day_14: CheckInRequest, on_day_14: Any
) -> None:
    page = as_nia.get("/links/").content.decode()
    assert "M.V. · N-1043" in page
    assert "14 days after" in page
    assert "7 days after" in page, "missed, and may still come on paper"
    assert "21 days after" not in page
    assert "24 hours after" in page
    assert "no tested emergency or crisis line" in page
    assert AuditEvent.objects.filter(tag="list:look").count() == 1


def test_making_a_link_without_tested_numbers_says_the_next_step(
    as_nia: Client, day_14: CheckInRequest, on_day_14: Any
) -> None:
    answer = as_nia.post("/links/", {"request": day_14.pk})
    assert answer.status_code == 422
    assert "Ask the clinic lead to add and test-call" in answer.content.decode()


def test_a_new_link_is_shown_once_as_text_and_as_a_qr_code(
    as_nia: Client, day_14: CheckInRequest, on_day_14: Any, northside: Clinic
) -> None:
    make_help_lines(northside)
    page = as_nia.post("/links/", {"request": day_14.pk}).content.decode()
    found = re.search(r"http://testserver(/c/[\w-]{43}/)", page)
    assert found
    assert "<svg" in page
    assert "style=" not in page
    assert "PHQ-9" in page
    assert Client().get(found[1]).headers["Location"] == "/c/14d/1/"
    assert found[1] not in as_nia.get("/links/").content.decode()
    again = as_nia.post("/links/", {"request": day_14.pk}).content.decode()
    assert found[1] not in again
    assert Client().get(found[1]).status_code == 404, "the older link is over"


@pytest.mark.parametrize("who", ["otto", "lena", "remy"])
def test_strangers_and_those_who_do_not_treat_make_no_links(
    client: Client, day_14: CheckInRequest, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))
    expected = 404 if who == "otto" else 403
    assert client.post("/links/", {"request": day_14.pk}).status_code == expected
    assert client.get(f"/links/{day_14.pk}/paper/").status_code == expected
    assert client.post("/links/", {"request": "x"}).status_code == expected
    assert not CheckInLink.objects.exists()
