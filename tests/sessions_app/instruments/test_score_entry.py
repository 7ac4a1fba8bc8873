"""Scores that staff enter: refused by field and limit, called about, corrected by another row."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.scores import correct_score, record_score, withdraw_score
from sessions_app.checkins.my_answers import answers_csv
from sessions_app.checkins.progress import progress_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckIn,
    InstrumentScore,
    ItemAnswer,
    Patient,
    Staff,
)
from sessions_app.words.refusals import explain
from tests.conftest import START

NOW = START + timedelta(days=10)
MADRS_ITEMS = {f"q{number}": 2 for number in range(1, 10)} | {"q10": 1}


def enter(nia: Staff, maya: Patient, instrument: str, **facts: Any) -> CheckIn:
    facts = {"write_key": uuid4(), "clock": lambda: NOW, **facts}
    return record_score(by=nia, patient=maya, instrument=instrument, **facts)


def test_a_total_stands_at_the_time_it_was_rated(nia: Staff, maya: Patient) -> None:
    rated = NOW - timedelta(hours=3)
    check_in = enter(nia, maya, "madrs", total=23, taken_at=rated)
    score = check_in.scores.get()
    assert (score.instrument, score.instrument_version, score.score) == ("madrs", "1", 23)
    assert (score.taken_at, check_in.origin, check_in.entered_by) == (rated, "staff", nia)
    assert not ItemAnswer.objects.exists()
    line = AuditEvent.objects.get(tag="score:record")
    assert (line.by, line.patient_id, line.at) == (nia, maya.pk, NOW)


def test_items_are_kept_and_scored_by_the_rule_of_the_scale(nia: Staff, maya: Patient) -> None:
    items = {f"q{n}": 1 for n in range(1, 17)} | {"q3": 3, "q12": 0, "q7": None, "q9": None}
    check_in = enter(nia, maya, "qids_sr16", answers=items)
    assert check_in.scores.get().score == 10
    assert check_in.answers.count() == 16
    assert not Alert.objects.exists()


def test_a_mean_may_be_entered_with_two_decimals(nia: Staff, maya: Patient) -> None:
    assert enter(nia, maya, "peg", total=Decimal("6.67")).scores.get().score == Decimal("6.67")


def test_a_scale_of_one_number_is_its_own_answer(nia: Staff, maya: Patient) -> None:
    check_in = enter(nia, maya, "craving_0_100", total=40)
    assert check_in.scores.get().score == 40
    assert check_in.answers.get().value == 40


@pytest.mark.parametrize(
    ("facts", "field", "code", "said"),
    [
        ({"total": 61}, "total", "off_scale", "Score must be a number from 0–60. You entered 61."),
        ({"total": -1}, "total", "off_scale", "from 0–60. You entered -1."),
        ({"total": Decimal("NaN")}, "total", "off_scale", "from 0–60"),
        ({"total": Decimal("12.5")}, "total", "not_whole", "a whole number from 0–60"),
        ({"answers": {"q3": 7}}, "item_q3", "off_scale", "Item 3 must be a number from 0–6."),
        ({"answers": {"q11": 1}}, "item_q11", "no_such_item", "has no question q11"),
        ({"answers": MADRS_ITEMS | {"q4": None}}, "", "items_open", "items 4"),
        ({"answers": {"q4": None}}, "total", "nothing_entered", "No value"),
        ({}, "total", "nothing_entered", "No value"),
        ({"total": 3, "answers": MADRS_ITEMS}, "total", "total_or_items", "Both"),
        (
            {"total": 3, "taken_at": NOW + timedelta(minutes=1)},
            "taken_at",
            "not_yet",
            "must not be later than now",
        ),
        ({"total": 3, "instrument": "thoughts"}, "instrument", "unknown_choice", "thoughts"),
        ({"total": 3, "instrument": "nothing"}, "instrument", "unknown_choice", "nothing"),
        ({"total": Decimal("3.333"), "instrument": "peg"}, "total", "too_fine", "two decimals"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_limit_and_leaves_nothing(
    nia: Staff, maya: Patient, facts: dict[str, Any], field: str, code: str, said: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        enter(nia, maya, **{"instrument": "madrs", **facts})
    error = refused.value.errors[0]
    assert (error.field, error.code) == (field, code)
    assert said in explain(error).message and explain(error).next
    assert not CheckIn.objects.exists() and not AuditEvent.objects.exists()


def test_a_rating_a_moment_ahead_of_the_clock_is_now(nia: Staff, maya: Patient) -> None:
    check_in = enter(nia, maya, "madrs", total=3, taken_at=NOW + timedelta(seconds=4))
    assert check_in.scores.get().taken_at == NOW


@pytest.mark.parametrize(
    ("instrument", "facts", "calls"),
    [
        ("c_ssrs", {"total": 3}, [("high", "suicide_screen")]),
        ("c_ssrs", {"total": 2}, []),
        ("c_ssrs", {"answers": {"q1": 0, "q2": 0, "q6": 2}}, [("high", "suicide_screen")]),
        ("c_ssrs", {"answers": {"q1": 0, "q2": 0, "q6": 1}}, []),
        ("c_ssrs", {"answers": {"q1": 1, "q2": 1}}, [("medium", "suicide_screen")]),
        ("madrs", {"answers": MADRS_ITEMS | {"q10": 4}}, [("high", "suicide_answer")]),
        ("madrs", {"answers": {"q10": 4}}, [("high", "suicide_answer")]),
        ("madrs", {"answers": MADRS_ITEMS}, []),
        ("madrs", {"total": 60}, []),
        ("phq9", {"answers": {"q9": 1}}, [("medium", "suicide_item")]),
    ],
)
def test_an_answer_about_suicide_calls_somebody_with_the_row_that_says_so(
    nia: Staff, maya: Patient, instrument: str, facts: dict[str, Any], calls: list[Any]
) -> None:
    check_in = enter(nia, maya, instrument, **facts)
    found = [(alert.level, alert.code) for alert in Alert.objects.filter(check_in=check_in)]
    assert found == calls


def test_a_screen_with_a_blank_has_no_triage(nia: Staff, maya: Patient) -> None:
    check_in = enter(nia, maya, "c_ssrs", answers={"q1": 0, "q2": 0})
    assert not check_in.scores.exists() and check_in.answers.count() == 6


def test_a_triage_entered_as_a_total_from_paper_calls_too(nia: Staff, maya: Patient) -> None:
    enter_check_in(by=nia, patient=maya, scores={"c_ssrs": 3}, write_key=uuid4())
    assert Alert.objects.get().level == "high"


def test_the_same_entry_sent_twice_is_one(nia: Staff, maya: Patient) -> None:
    key = uuid4()
    first = enter(nia, maya, "madrs", total=23, write_key=key)
    assert enter(nia, maya, "madrs", total=23, write_key=key) == first
    with pytest.raises(AlreadySaved):
        enter(nia, maya, "madrs", total=24, write_key=key)
    assert InstrumentScore.objects.count() == 1


def correct(nia: Staff, score: InstrumentScore, **facts: Any) -> InstrumentScore:
    return correct_score(by=nia, score=score, **{"write_key": uuid4(), "clock": later, **facts})


def later() -> Any:
    return NOW + timedelta(hours=1)


def test_a_correction_is_a_row_of_its_own(nia: Staff, maya: Patient) -> None:
    old = enter(nia, maya, "madrs", total=23).scores.get()
    new = correct(nia, old, total=32)
    assert (new.score, new.replaces, new.taken_at) == (32, old, NOW)
    old.refresh_from_db()
    assert old.score == 23
    assert list(InstrumentScore.objects.standing()) == [new]
    assert AuditEvent.objects.filter(tag="score:correct", by=nia).count() == 1


def test_items_are_corrected_by_items_and_call_again(nia: Staff, maya: Patient) -> None:
    old = enter(nia, maya, "madrs", answers=MADRS_ITEMS).scores.get()
    with pytest.raises(RuleBroken, match="corrected_by_items"):
        correct(nia, old, total=12)
    new = correct(nia, old, answers=MADRS_ITEMS | {"q10": 5})
    assert (old.score, new.score) == (19, 23)
    assert Alert.objects.get().level == "high"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"total": 23}, "nothing_changed"),
        ({"total": 61}, "off_scale"),
        ({"total": 20, "taken_at": NOW + timedelta(hours=2)}, "not_yet"),
        ({}, "nothing_entered"),
    ],
)
def test_a_correction_keeps_the_rules_of_an_entry(
    nia: Staff, maya: Patient, facts: dict[str, Any], code: str
) -> None:
    score = enter(nia, maya, "madrs", total=23).scores.get()
    with pytest.raises(RuleBroken, match=code):
        correct(nia, score, **facts)
    assert InstrumentScore.objects.count() == 1


def test_what_was_corrected_or_answered_by_the_patient_cannot_be_corrected(
    nia: Staff, maya: Patient
) -> None:
    old = enter(nia, maya, "madrs", total=23).scores.get()
    correct(nia, old, total=32)
    with pytest.raises(RuleBroken, match="score_replaced"):
        correct(nia, old, total=31)
    own = CheckIn.objects.create(
        clinic_id=maya.clinic_id, patient=maya, origin="link", started_at=NOW
    )
    theirs = InstrumentScore.objects.create(
        clinic_id=maya.clinic_id,
        patient=maya,
        check_in=own,
        instrument="phq9",
        instrument_version="1",
        taken_at=NOW,
        score=12,
    )
    with pytest.raises(RuleBroken, match="not_entered_by_staff"):
        correct(nia, theirs, total=3)
    with pytest.raises(RuleBroken, match="not_entered_by_staff"):
        withdraw_score(by=nia, score=theirs, reason="typed wrong", write_key=uuid4())


def test_a_score_taken_back_stands_no_more_and_is_kept(nia: Staff, maya: Patient) -> None:
    score = enter(nia, maya, "madrs", total=23).scores.get()
    with pytest.raises(RuleBroken, match="required"):
        withdraw_score(by=nia, score=score, reason=" ", write_key=uuid4())
    key = uuid4()
    gone = withdraw_score(by=nia, score=score, reason="Wrong patient", write_key=key)
    assert gone == withdraw_score(by=nia, score=score, reason="Wrong patient", write_key=key)
    assert (gone.score, gone.replaces) == (None, score)
    assert not InstrumentScore.objects.standing().exists()
    assert InstrumentScore.objects.count() == 2
    assert AuditEvent.objects.get(tag="score:withdraw").reason == "Wrong patient"
    with pytest.raises(RuleBroken, match="score_replaced"):
        correct(nia, score, total=20)


def test_a_patients_own_file_holds_no_rating_of_staff_and_nothing_taken_back(
    nia: Staff, maya: Patient
) -> None:
    enter(nia, maya, "madrs", answers=MADRS_ITEMS)
    told = enter(nia, maya, "pain_0_10", total=7)
    wrong = enter(nia, maya, "phq9", answers={f"q{n}": 1 for n in range(1, 9)} | {"q9": 0})
    file = answers_csv(maya)
    assert "MADRS" not in file and "hopeless" in file and "7 of 10" in file
    score = wrong.scores.get()
    withdraw_score(by=nia, score=score, reason="Wrong patient", write_key=uuid4())
    assert "hopeless" not in answers_csv(maya)
    assert told.answers.count() == 1


def test_an_open_screen_counts_as_a_risk_on_the_patients_own_page(
    nia: Staff, maya: Patient
) -> None:
    assert not progress_of(maya, NOW).has_risk_alert
    enter(nia, maya, "c_ssrs", total=3)
    assert progress_of(maya, NOW).has_risk_alert
