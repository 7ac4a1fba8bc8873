"""An answer stands with its score and its alert, or not at all; a skip is missing, never zero."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from sessions_app.actions import answer_alerts as action
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
from tests.sessions_app.check_in_people import after, answer_at, planned

DAY_14 = 14 * 24.0


@pytest.fixture
def day_14(session: TreatmentSession, nia: Staff) -> CheckInRequest:
    """Mood, compared with before, thoughts, PHQ-9 and GAD-7."""
    return planned(session, nia, "14d")


def answer(
    request: CheckInRequest,
    instrument: str,
    item: str,
    value: int | None,
    at: datetime | None = None,
    key: UUID | None = None,
) -> ItemAnswer:
    return answer_at(at or after(DAY_14), request, value, instrument, item, key=key)


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


def test_a_skip_takes_an_answer_and_its_score_back_and_both_stay_on_record(
    day_14: CheckInRequest,
) -> None:
    answer(day_14, "mood_0_10", "q1", 3)
    answer(day_14, "mood_0_10", "q1", None, after(DAY_14 + 1))
    assert list(ItemAnswer.objects.values_list("value", flat=True)) == [3, None]
    assert list(InstrumentScore.objects.values_list("score", flat=True)) == [3, None]
    assert not InstrumentScore.objects.standing().exists()
    answer(day_14, "mood_0_10", "q1", 8, after(DAY_14 + 2))
    assert InstrumentScore.objects.standing().get().score == 8


def test_a_skip_of_what_was_never_scored_writes_no_score(day_14: CheckInRequest) -> None:
    answer(day_14, "mood_0_10", "q1", None)
    answer(day_14, "mood_0_10", "q1", None, after(DAY_14 + 1))
    assert not InstrumentScore.objects.exists()


def test_what_is_only_asked_leaves_an_answer_and_no_score(day_14: CheckInRequest) -> None:
    answer(day_14, "compared_before", "q1", 4)
    assert ItemAnswer.objects.get().value == 4
    assert not InstrumentScore.objects.exists()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (after(DAY_14 - 2), after(DAY_14 - 2)),
        (after(DAY_14 + 5), after(DAY_14)),
        (after(0), after(12.5 * 24)),
    ],
)
def test_an_answer_kept_without_a_signal_has_the_time_it_was_given(
    day_14: CheckInRequest, told: datetime, kept: datetime
) -> None:
    row = answer_at(after(DAY_14), day_14, 2, given=told)
    assert row.answered_at == kept == InstrumentScore.objects.get().taken_at
    assert AuditEvent.objects.get(tag="check-in:answer").at == after(DAY_14)


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


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0], []),
        ([None], []),
        ([1], ["medium"]),
        ([4], ["medium"]),
        ([2], ["high"]),
        ([3], ["high"]),
        ([4, 3], ["medium", "high"]),
        ([3, None], ["high"]),
    ],
)
def test_every_answer_about_thoughts_but_no_calls_somebody(
    day_14: CheckInRequest, values: list[int | None], levels: list[str]
) -> None:
    for step, value in enumerate(values):
        answer(day_14, "thoughts", "q1", value, after(DAY_14 + step / 60))
    assert list(Alert.objects.values_list("level", flat=True)) == levels
    assert {alert.code for alert in Alert.objects.all()} <= {"thoughts"}


@pytest.mark.parametrize(
    ("before", "now", "calls"), [(8, 4, True), (8, 5, False), (4, 8, False), (4, 0, True)]
)
def test_a_mood_that_fell_by_four_calls_somebody_once(
    session: TreatmentSession, nia: Staff, before: int, now: int, calls: bool
) -> None:
    answer(planned(session, nia, "24h"), "mood_0_10", "q1", before, after(24))
    day_3 = planned(session, nia, "3d")
    answer(day_3, "mood_0_10", "q1", now, after(72))
    answer(day_3, "mood_0_10", "q1", now, after(73))
    raised = list(Alert.objects.values_list("code", "level", "value", "limit"))
    assert raised == ([("mood_fall", "medium", str(now), str(before))] if calls else [])


def test_a_first_mood_and_one_beside_an_answer_taken_back_call_nobody(
    session: TreatmentSession, nia: Staff
) -> None:
    day_1 = planned(session, nia, "24h")
    answer(day_1, "mood_0_10", "q1", 9, after(24))
    answer(day_1, "mood_0_10", "q1", None, after(25))
    answer(planned(session, nia, "3d"), "mood_0_10", "q1", 1, after(72))
    assert not Alert.objects.exists()


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
