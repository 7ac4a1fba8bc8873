"""What a patient wrote on paper: entered by staff, at the time it was answered, once."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from sessions_app.actions.answers import answer_item, enter_check_in, enter_score
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    CheckInRequest,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from tests.sessions_app.check_in_people import after, planned

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
    enter_score(by=nia, patient=maya, instrument="phq9", answers={"q1": 2}, write_key=uuid4())
    assert CheckIn.objects.get().answers.filter(value=None).count() == 8
    assert not InstrumentScore.objects.exists()


def test_a_total_alone_is_kept(maya: Patient, nia: Staff) -> None:
    key = uuid4()
    for _ in range(2):
        enter_score(by=nia, patient=maya, instrument="phq9", score=13, write_key=key)
    assert InstrumentScore.objects.get().score == Decimal(13)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"instrument": "phq9", "score": 28}, "unknown_choice"),
        ({"instrument": "phq9", "answers": {"q1": 4}}, "unknown_choice"),
        ({"instrument": "phq9", "answers": {}}, "nothing_entered"),
        ({"instrument": "madrs", "score": 3}, "unknown_choice"),
    ],
)
def test_an_impossible_entry_is_refused(
    maya: Patient, nia: Staff, facts: dict[str, object], code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        enter_score(by=nia, patient=maya, write_key=uuid4(), **facts)  # type: ignore[arg-type]
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    ("hours", "code"), [(12.4 * 24, "check_in_not_open"), (15.6 * 24, "check_in_closed")]
)
def test_paper_answered_outside_the_window_does_not_fill_it(
    maya: Patient, nia: Staff, day_14: CheckInRequest, hours: float, code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        enter_score(
            by=nia,
            patient=maya,
            instrument="mood_0_10",
            score=4,
            request=day_14,
            taken_at=after(hours),
            write_key=uuid4(),
            clock=lambda: after(17 * 24),
        )


def test_answers_on_the_phone_are_not_overwritten(
    maya: Patient, nia: Staff, day_14: CheckInRequest
) -> None:
    answer_item(
        request=day_14,
        instrument="mood_0_10",
        item="q1",
        value=5,
        language="en",
        write_key=uuid4(),
        clock=lambda: after(14 * 24),
    )
    with pytest.raises(RuleBroken, match="check_in_answered"):
        enter_score(
            by=nia,
            patient=maya,
            instrument="mood_0_10",
            score=4,
            request=day_14,
            taken_at=after(14 * 24),
            write_key=uuid4(),
            clock=lambda: after(14 * 24),
        )
