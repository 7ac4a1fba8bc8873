"""Side effects: seen, worse, better, gone, struck; and that there was none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.effects import (
    Serious,
    change_side_effect,
    record_none_observed,
    record_side_effect,
)
from sessions_app.chairside.session_state import (
    current_grade,
    duration_min,
    is_resolved,
    worst_grade,
)
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentSession,
    new_key,
)
from tests.conftest import START
from tests.sessions_app.chairside_people import at, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(session: TreatmentSession, nia: Staff) -> Any:
    def record(code: str = "nausea", grade: str = "mild", minute: float = 10, **facts: Any) -> Any:
        return record_side_effect(
            by=nia,
            session=session,
            code=code,
            grade=grade,
            write_key=None,
            clock=at(minute),
            **facts,
        )

    return record


@pytest.fixture
def change(nia: Staff) -> Any:
    def record(effect: SideEffect, kind: str, minute: float, **facts: Any) -> SideEffectChange:
        return change_side_effect(
            by=nia, effect=effect, kind=kind, write_key=None, clock=at(minute), **facts
        )

    return record


def test_an_effect_moves_step_by_step_and_ends(see: Any, change: Any) -> None:
    effect = see(grade="mild", minute=10)
    change(effect, "worse", 15)
    assert current_grade(effect) == "moderate"
    change(effect, "better", 20)
    change(effect, "resolved", 36)
    assert (current_grade(effect), worst_grade(effect)) == ("mild", "moderate")
    assert duration_min(effect) == 26
    with pytest.raises(RuleBroken) as refused:
        change(effect, "worse", 40)
    assert codes(refused.value) == {("kind", "effect_resolved")}


def test_worse_than_severe_and_better_than_mild_stay(see: Any, change: Any) -> None:
    assert change(see(grade="severe"), "worse", 12).grade == "severe"
    assert change(see(code="headache", grade="mild"), "better", 12).grade == "mild"


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({"code": "hiccups"}, ("code", "unknown_choice")),
        ({"code": "other"}, ("other_text", "required")),
        ({"code": "other", "other_text": "x" * 81}, ("other_text", "too_long")),
        ({"grade": ""}, ("grade", "required")),
        ({"grade": "awful"}, ("grade", "unknown_choice")),
        ({"action": "prayed"}, ("action", "unknown_choice")),
        ({"serious": Serious(True)}, ("serious_criterion", "required")),
        ({"serious": Serious(True, "bad luck")}, ("serious_criterion", "unknown_choice")),
    ],
)
def test_what_cannot_be_is_refused(see: Any, facts: dict[str, Any], refused: Any) -> None:
    with pytest.raises(RuleBroken) as broken:
        see(**facts)
    assert codes(broken.value) == {refused}
    assert not SideEffect.objects.exists()


def test_pain_at_the_needle_needs_a_needle(see: Any, session: TreatmentSession) -> None:
    assert see(code="site_pain").pk
    session.route = "oral"
    session.save()
    with pytest.raises(RuleBroken) as refused:
        see(code="site_pain")
    assert codes(refused.value) == {("code", "effect_not_on_route")}


@pytest.mark.parametrize(
    ("facts", "alert"),
    [
        ({}, None),
        ({"grade": "moderate"}, None),
        ({"grade": "severe"}, ("medium", "effect_severe")),
        ({"code": "seizure"}, ("high", "effect_escalates")),
        ({"serious": Serious(True, "hospitalisation")}, ("high", "effect_serious")),
    ],
)
def test_what_calls_somebody(see: Any, facts: dict[str, Any], alert: Any) -> None:
    see(**facts)
    assert Alert.objects.values_list("level", "code").first() == alert


def test_striking_a_change_takes_its_alert_and_its_grade_back(
    see: Any, change: Any, nia: Staff
) -> None:
    effect = see(grade="moderate")
    worse = change(effect, "worse", 12)
    assert Alert.objects.open().get().code == "effect_severe"
    strike_entry(by=nia, entry=worse, reason="slip", write_key=None, clock=at(13))
    assert not Alert.objects.open().exists()
    assert current_grade(effect) == "moderate"


def test_a_struck_resolution_opens_the_effect_again(see: Any, change: Any, nia: Staff) -> None:
    effect = see()
    gone = change(effect, "resolved", 20)
    strike_entry(by=nia, entry=gone, reason="came back", write_key=None, clock=at(21))
    assert not is_resolved(effect)


def test_a_struck_effect_takes_no_change(see: Any, change: Any, nia: Staff) -> None:
    effect = see(grade="severe")
    strike_entry(by=nia, entry=effect, reason="other chair", write_key=None, clock=at(11))
    assert not Alert.objects.open().exists()
    with pytest.raises(RuleBroken) as refused:
        change(effect, "worse", 12)
    assert codes(refused.value) == {("kind", "already_struck")}


def test_a_change_comes_after_the_onset_and_the_change_before(see: Any, change: Any) -> None:
    effect = see(minute=10)
    early = {"taken_at": START + timedelta(minutes=9)}
    with pytest.raises(RuleBroken) as refused:
        change(effect, "worse", 15, **early)
    assert codes(refused.value) == {("taken_at", "before_onset")}
    change(effect, "worse", 15)
    with pytest.raises(RuleBroken) as refused:
        change(effect, "resolved", 20, taken_at=START + timedelta(minutes=12))
    assert codes(refused.value) == {("taken_at", "before_last_change")}


def test_none_observed_is_an_answer_until_something_is_seen(
    see: Any, session: TreatmentSession, nia: Staff
) -> None:
    told = {"by": nia, "session": session, "write_key": None}
    record_none_observed(**told, clock=at(5))
    effect = see()
    with pytest.raises(RuleBroken) as refused:
        record_none_observed(**told, clock=at(30))
    assert codes(refused.value) == {("session", "effects_recorded")}
    strike_entry(by=nia, entry=effect, reason="other chair", write_key=None, clock=at(31))
    assert record_none_observed(**told, clock=at(32)).pk


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize(
    ("first", "second", "is_kept"),
    [
        ({"code": "nausea"}, {"code": "nausea"}, False),
        ({"code": "nausea"}, {"code": "headache"}, True),
        ({"code": "other", "other_text": "Itch"}, {"code": "other", "other_text": "itch "}, False),
        ({"code": "other", "other_text": "itch"}, {"code": "other", "other_text": "cough"}, True),
    ],
)
def test_an_effect_that_is_open_takes_a_change_and_no_second_start(
    session: TreatmentSession,
    nia: Staff,
    see: Any,
    time_machine: Any,
    door: str,
    first: dict[str, str],
    second: dict[str, str],
    is_kept: bool,
) -> None:
    see(**first)
    time_machine.move_to(START + timedelta(minutes=20), tick=False)
    body = {"write_key": str(new_key()), "grade": "severe", **second}
    client = Client()
    client.force_login(nia)
    if door == "page":
        answer = client.post(f"/s/{session.pk}/effects/", body)
    else:
        path = f"/api/v1/sessions/{session.pk}/effects/"
        answer = client.post(path, body, content_type="application/json")
    if door == "api" and not is_kept:
        told = answer.content.decode()
        assert answer.status_code == 422
        assert "is already open since 02 Mar" in told
        assert "Change it to worse or better instead" in told
    else:
        assert answer.status_code in (201, 302)
        became_worse = SideEffectChange.objects.filter(kind="worse", grade="severe").exists()
        assert became_worse is not is_kept
    assert SideEffect.objects.count() == 1 + is_kept


def test_a_resolved_effect_may_come_back(see: Any, change: Any) -> None:
    change(see(), "resolved", 12)
    assert see(minute=20).grade == "mild"
