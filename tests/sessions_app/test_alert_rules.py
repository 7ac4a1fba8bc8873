"""An alert ends in the words of its own kind, and calls that reach nobody send somebody to look."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sessions_app.actions.alerts import close_alert, close_by_itself, log_call, raise_alert
from sessions_app.errors import RuleBroken
from sessions_app.instruments import REGISTRY
from sessions_app.models import Alert, AlertEvent, Patient, Staff, TreatmentSession
from sessions_app.rules import limits
from sessions_app.rules.alert_rules import (
    OUTCOMES,
    Call,
    failed_calls,
    kind_of,
    needs_welfare_check,
    outcomes_for,
)
from sessions_app.words.alert_words import TITLES, alert_title
from tests.conftest import START
from tests.sessions_app.check_in_people import after


def calls(*results: str) -> list[Call]:
    return [Call(result) for result in results]


def an_alert(session: TreatmentSession, code: str, level: str = "high", value: str = "") -> Alert:
    return raise_alert(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session=session,
        level=level,
        code=code,
        value=value,
        at=START,
    )


def test_every_outcome_is_offered_somewhere_and_has_words() -> None:
    offered = {outcome for outcomes in OUTCOMES.values() for outcome in outcomes}
    assert offered == set(dict(AlertEvent.OUTCOMES))


@pytest.mark.parametrize("code", sorted(TITLES))
@pytest.mark.parametrize("level", ["high", "medium", "low"])
def test_every_alert_can_be_closed_and_taken_back_as_an_error(code: str, level: str) -> None:
    outcomes = outcomes_for(code, level)
    assert len(outcomes) >= 3
    assert outcomes[-1] == "entered_in_error", "the last of the list, after what is likely"
    assert len(set(outcomes)) == len(outcomes)


def test_whatever_an_instrument_can_raise_is_a_cry_and_has_words() -> None:
    codes = {flag.code for scale in REGISTRY.values() for flag in scale.flag_rules}
    codes |= {scale.high_code for scale in REGISTRY.values()}
    assert {"suicide_item", "suicide_answer", "suicide_screen", "thoughts"} <= codes
    assert codes <= TITLES.keys()
    assert {kind_of(code) for code in codes} == {"cry"}


def test_what_is_raised_at_a_chair_is_no_cry() -> None:
    chair = {limit.code for limit in limits.DEFAULT_ALERTS.limits}
    chair |= {"effect_serious", "effect_escalates", "effect_severe", "dose_above_plan"}
    chair |= {"device_rest_short", "weight_changed_much"}
    assert {kind_of(code) for code in chair} == {"chair"}
    assert kind_of("something_new") == "cry", "the more careful of the two"


CRIES = ("mood_fall", "red_flag", "suicidal_thoughts_before_dose", "suicide_answer", "thoughts")


@pytest.mark.parametrize("code", CRIES)
def test_no_cry_is_closed_by_a_value_back_in_range_nor_unspoken(code: str) -> None:
    assert kind_of(code) == "cry"
    high = set(outcomes_for(code, "high"))
    assert high.isdisjoint({"back_in_range", "seen_at_chair", "not_needed", "followed_up"})
    assert "followed_up" in outcomes_for(code, "medium")


@pytest.mark.parametrize(
    ("results", "failed"),
    [
        ((), 0),
        (("no_answer",), 1),
        (("no_answer", "left_message"), 2),
        (("no_answer", "no_answer", "reached"), 0),
        (("reached", "no_answer"), 1),
        (("no_answer", "", "no_answer"), 2),
    ],
)
def test_calls_fail_one_after_the_other(results: tuple[str, ...], failed: int) -> None:
    assert failed_calls(calls(*results)) == failed


def test_two_failed_calls_about_a_cry_ask_for_a_welfare_check() -> None:
    assert not needs_welfare_check("thoughts", calls("no_answer"))
    assert needs_welfare_check("thoughts", calls("no_answer", "no_answer"))
    assert not needs_welfare_check("check_in_missed", calls("no_answer", "no_answer"))
    assert not needs_welfare_check("spo2_low", calls("no_answer", "no_answer"))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("thoughts", "back_in_range"),
        ("suicide_item", "not_needed"),
        ("spo2_low", "spoke_safe"),
        ("check_in_missed", "seen_at_chair"),
        ("watch_due", "nonsense"),
    ],
)
def test_an_outcome_of_another_kind_is_refused(
    session: TreatmentSession, nia: Staff, code: str, outcome: str
) -> None:
    alert = an_alert(session, code)
    with pytest.raises(RuleBroken) as broken:
        close_alert(by=nia, alert=alert, outcome=outcome, write_key=uuid4())
    assert [error.code for error in broken.value.errors] == ["unknown_choice"]
    assert not alert.events.exists()


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({}, "note"),
        ({"result": "busy"}, "result"),
        ({"result": "reached", "called": "a cousin"}, "called"),
    ],
)
def test_a_call_says_what_came_of_it(
    session: TreatmentSession, nia: Staff, facts: dict[str, str], field: str
) -> None:
    alert = an_alert(session, "thoughts")
    with pytest.raises(RuleBroken) as broken:
        log_call(by=nia, alert=alert, write_key=uuid4(), **facts)
    assert [error.field for error in broken.value.errors] == [field]
    assert not alert.events.exists()


def test_the_record_closes_only_what_the_answer_answers(
    session: TreatmentSession, maya: Patient, nia: Staff
) -> None:
    bladder = an_alert(session, "watch_due", "low", "bladder")
    liver = an_alert(session, "watch_due", "low", "liver")
    later = {"patient_id": maya.pk, "outcome": "followed_up", "at": after(1)}
    assert close_by_itself(code="check_in_missed", **later) == 0
    assert close_by_itself(code="watch_due", value="bladder", **later) == 1
    assert close_by_itself(code="watch_due", value="bladder", **later) == 0, "closed once"
    event = bladder.events.get()
    assert (event.kind, event.outcome, event.by) == ("closed", "followed_up", None)
    assert not liver.events.exists()


@pytest.mark.parametrize(
    ("alert", "title"),
    [
        (Alert(code="thoughts", value="2"), "Thoughts of suicide, has thought about how"),
        (Alert(code="thoughts", value="9"), "Thoughts of suicide"),
        (Alert(code="mood_fall", value="2", limit="7"), "Mood 2, was 7"),
        (Alert(code="mood_fall", value="2"), "Mood 2, much lower than the last answer"),
        (Alert(code="check_in_missed", value="24h"), "Check-in not answered: +24\u00a0h"),
        (Alert(code="watch_due", value="bladder"), "Long-term check is due: Bladder"),
    ],
)
def test_a_title_says_what_was_answered_or_missed(alert: Alert, title: str) -> None:
    assert alert_title(alert) == title
