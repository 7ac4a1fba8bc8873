"""An answer stands with its score and its alert, or not at all; a skip is missing, never zero."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from sessions_app.actions import answers as action
from sessions_app.actions.answers import answer_item
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInRequest,
    InstrumentScore,
    ItemAnswer,
    RecordVersion,
    Staff,
    TreatmentSession,
    WriteReceipt,
)
from tests.conftest import make_course, make_session
from tests.sessions_app.check_in_people import after, planned

DAY_14 = 14 * 24.0


@pytest.fixture
def day_14(session: TreatmentSession, nia: Staff) -> CheckInRequest:
    """Mood, PHQ-9 and GAD-7."""
    return planned(session, nia, "14d")


def answer(
    request: CheckInRequest,
    instrument: str,
    item: str,
    value: int | None,
    at: datetime | None = None,
    key: UUID | None = None,
) -> ItemAnswer:
    return answer_item(
        request=request,
        instrument=instrument,
        item=item,
        value=value,
        language="en",
        write_key=key or uuid4(),
        clock=lambda: at or after(DAY_14),
    )


def answer_phq9(request: CheckInRequest, *values: int | None) -> None:
    for number, value in enumerate(values, start=1):
        answer(request, "phq9", f"q{number}", value, after(DAY_14 + number / 60))


def test_the_first_answer_makes_the_check_in_and_says_who_was_there(
    day_14: CheckInRequest,
) -> None:
    row = answer(day_14, "mood_0_10", "q1", 0)
    assert (row.value, row.instrument_version, row.language) == (0, "1", "en")
    check_in = CheckIn.objects.get()
    assert (check_in.request, check_in.origin, check_in.entered_by) == (day_14, "link", None)
    assert InstrumentScore.objects.get().score == 0, "zero is an answer"
    line = AuditEvent.objects.get(tag="check-in:answer")
    assert (line.by, line.patient_id) == (None, day_14.patient_id)
    assert RecordVersion.objects.get(patient=day_14.patient).version == 1


def test_a_skip_is_missing_and_never_zero(day_14: CheckInRequest) -> None:
    assert answer(day_14, "mood_0_10", "q1", None).value is None
    assert not InstrumentScore.objects.exists()


def test_a_partial_check_in_keeps_what_was_answered_and_scores_nothing(
    day_14: CheckInRequest,
) -> None:
    answer_phq9(day_14, 1, 2, 3)
    assert ItemAnswer.objects.count() == 3
    assert not InstrumentScore.objects.exists()


def test_the_score_comes_with_the_last_item(day_14: CheckInRequest) -> None:
    answer_phq9(day_14, 1, 1, 1, 1, 1, 1, 1, 1)
    assert not InstrumentScore.objects.exists()
    answer(day_14, "phq9", "q9", 0)
    score = InstrumentScore.objects.get()
    assert (score.score, score.is_prorated, score.taken_at) == (8, False, after(DAY_14))


def test_two_skips_are_prorated_and_flagged_and_three_give_no_score(
    day_14: CheckInRequest,
) -> None:
    answer_phq9(day_14, 1, 1, 1, 1, 1, 1, None, None, 0)
    score = InstrumentScore.objects.get()
    assert (score.score, score.is_prorated) == (Decimal("7.71"), True)


def test_three_skips_give_no_score(day_14: CheckInRequest) -> None:
    answer_phq9(day_14, 1, 1, 1, 1, 1, None, None, None, 0)
    assert not InstrumentScore.objects.exists()


def test_a_changed_answer_keeps_both_and_replaces_the_score(day_14: CheckInRequest) -> None:
    answer(day_14, "mood_0_10", "q1", 3)
    answer(day_14, "mood_0_10", "q1", 6, after(DAY_14 + 1))
    assert list(ItemAnswer.objects.values_list("value", flat=True)) == [3, 6]
    standing = InstrumentScore.objects.standing().get()
    assert (standing.score, standing.replaces.score if standing.replaces else None) == (6, 3)


def test_a_given_answer_is_not_taken_back_by_a_skip(day_14: CheckInRequest) -> None:
    answer(day_14, "mood_0_10", "q1", 3)
    with pytest.raises(RuleBroken, match="answer_stands"):
        answer(day_14, "mood_0_10", "q1", None)


@pytest.mark.parametrize(
    ("hours", "code"),
    [(17.999, "check_in_not_open"), (18, ""), (35.999, ""), (36, "check_in_closed")],
)
def test_an_answer_belongs_to_its_window(
    session: TreatmentSession, nia: Staff, hours: float, code: str
) -> None:
    request = planned(session, nia, "24h")
    if code:
        with pytest.raises(RuleBroken, match=code):
            answer(request, "mood_0_10", "q1", 5, after(hours))
        assert not CheckIn.objects.exists()
    else:
        assert answer(request, "mood_0_10", "q1", 5, after(hours)).answered_at == after(hours)


@pytest.mark.parametrize(
    ("instrument", "item", "value"),
    [("mood_0_10", "q1", 11), ("mood_0_10", "q2", 1), ("pain_0_10", "q1", 1), ("phq9", "q1", -1)],
)
def test_what_was_not_asked_is_not_an_answer(
    day_14: CheckInRequest, instrument: str, item: str, value: int
) -> None:
    with pytest.raises(RuleBroken, match="unknown_choice"):
        answer(day_14, instrument, item, value)
    assert not WriteReceipt.objects.exists(), "a refused write does not use up its key"


def test_the_same_post_twice_is_one_answer(day_14: CheckInRequest) -> None:
    key = uuid4()
    first = answer(day_14, "mood_0_10", "q1", 3, key=key)
    assert answer(day_14, "mood_0_10", "q1", 3, after(DAY_14 + 1), key=key) == first
    with pytest.raises(AlreadySaved):
        answer(day_14, "mood_0_10", "q1", 4, key=key)
    assert ItemAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0], []),
        ([None], []),
        ([1], ["medium"]),
        ([2], ["high"]),
        ([1, 1], ["medium"]),
        ([1, 0, 1], ["medium"]),
        ([1, 3], ["medium", "high"]),
        ([3, 1, 2], ["high"]),
    ],
)
def test_thoughts_of_death_call_somebody_once_for_each_level(
    day_14: CheckInRequest, values: list[int | None], levels: list[str]
) -> None:
    for step, value in enumerate(values):
        answer(day_14, "phq9", "q9", value, after(DAY_14 + step / 60))
    assert list(Alert.objects.values_list("level", flat=True)) == levels
    assert all(alert.code == "suicide_item" for alert in Alert.objects.all())


def test_no_alert_means_no_answer(day_14: CheckInRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError("the alert table is full")

    monkeypatch.setattr(action, "raise_alert", broken)
    with pytest.raises(RuntimeError):
        answer(day_14, "phq9", "q9", 3)
    assert not ItemAnswer.objects.exists()
    assert not CheckIn.objects.exists()


def test_a_pain_course_takes_pain(session: TreatmentSession, nia: Staff) -> None:
    pain = make_session(make_course(session.patient, "chronic_pain"), nia, after(-2000))
    assert answer(planned(pain, nia, "24h"), "pain_0_10", "q1", 7, after(-1980)).value == 7
