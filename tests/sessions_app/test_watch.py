"""The long-term watch of a patient: what is due, a look, the alert, what was given in all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions_app.actions.alerts import close_alert
from sessions_app.actions.answers import enter_check_in
from sessions_app.actions.protocols import change_protocol
from sessions_app.actions.scores import record_score, withdraw_score
from sessions_app.actions.watch import note_due_watch, record_watch_check
from sessions_app.alerting.watch_state import Line, watch_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AlertEvent,
    AuditEvent,
    InstrumentScore,
    Patient,
    SignOff,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    WatchCheck,
)
from sessions_app.protocol_of import protocol_in_force
from sessions_app.rules.long_term_watch import ITEMS, Watch
from tests.conftest import START, make_session
from tests.posting import said
from tests.sessions_app.test_reminder_runners import at_once

Clock = Callable[[], datetime]


def at(days: float) -> Clock:
    return lambda: START + timedelta(days=days)


def line_of(patient: Patient, item: str, days: float = 1) -> Line:
    lines = watch_of(patient, at(days)()).lines
    return next(line for line in lines if line.item == item)


def look(by: Staff, patient: Patient, item: str = "bladder", **changes: Any) -> WatchCheck:
    facts = {"result": "no trouble", "write_key": None, "clock": at(1)}
    return record_watch_check(by=by, patient=patient, item=item, **facts | changes)


def sweep(days: float) -> int:
    """Every minute of one hour, as the runner does it: each patient's turn comes once."""
    start = at(days)()
    return sum(
        note_due_watch(clock=lambda minute=minute: start + timedelta(minutes=minute))
        for minute in range(60)
    )


def open_items(patient: Patient) -> set[str]:
    rows: Any = Alert.objects.open().filter(patient=patient, code="watch_due")
    return set(rows.values_list("value", flat=True))


def codes(broken: RuleBroken) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in broken.errors}


# --- what is due


def test_without_any_order_nothing_is_watched_and_with_one_the_baseline_waits(
    maya: Patient, course: TreatmentCourse, request: pytest.FixtureRequest
) -> None:
    assert watch_of(maya, START).lines == ()
    request.getfixturevalue("prescription")
    found = watch_of(maya, START)
    assert (found.route, [line.item for line in found.lines]) == ("iv", list(ITEMS))
    assert found.due == [] and found.given == ()


def test_after_the_first_dose_every_look_that_is_missing_is_due(session: TreatmentSession) -> None:
    found = watch_of(session.patient, START)
    assert [line.item for line in found.due] == list(ITEMS)
    assert {line.standing.due_at for line in found.due} == {START}


def test_a_look_makes_it_due_again_after_its_days(session: TreatmentSession, nia: Staff) -> None:
    look(nia, session.patient)
    line = line_of(session.patient, "bladder", 90.99)
    assert not line.is_due and line.standing.due_at == START + timedelta(days=91)
    assert line.last is not None and (line.last.result, line.last.by) == ("no trouble", nia)
    assert line_of(session.patient, "bladder", 91).is_due


def test_the_protocol_in_force_of_the_last_route_decides(
    session: TreatmentSession, nia: Staff, lena: Staff
) -> None:
    look(nia, session.patient)
    held = protocol_in_force(lena.clinic_id, "iv")
    own = replace(held, watches=(Watch("bladder", 30, None), Watch("liver", None, 6)))
    stamp = {"reason": "Agreed", "seen_version": held.version, "write_key": None}
    change_protocol(by=lena, protocol=own, **stamp)
    assert protocol_in_force(lena.clinic_id, "iv").watches == own.watches
    found = watch_of(session.patient, at(31)())
    assert [(line.item, line.is_due) for line in found.lines] == [
        ("bladder", True),
        ("liver", True),
    ]
    make_session(session.course, nia, at(10)(), route="im")
    assert len(watch_of(session.patient, at(31)()).lines) == 4, "another route, its own watch"


def test_a_protocol_may_watch_nothing(session: TreatmentSession, lena: Staff) -> None:
    held = protocol_in_force(lena.clinic_id, "iv")
    stamp = {"reason": "Agreed", "seen_version": held.version, "write_key": None}
    change_protocol(by=lena, protocol=replace(held, watches=()), **stamp)
    assert protocol_in_force(lena.clinic_id, "iv").watches == ()
    assert watch_of(session.patient, START).lines == ()


def test_a_score_of_the_items_scale_counts_as_a_look(session: TreatmentSession, nia: Staff) -> None:
    enter_check_in(by=nia, patient=session.patient, scores={"icsi": 4}, write_key=None, clock=at(1))
    line = line_of(session.patient, "bladder", 2)
    assert not line.is_due
    assert line.last is not None and (line.last.score, line.last.result) == (Decimal(4), "")


# --- what was given


def test_a_score_that_was_taken_back_is_no_look(session: TreatmentSession, nia: Staff) -> None:
    patient = session.patient
    kept = record_score(
        by=nia, patient=patient, instrument="icsi", total=6, write_key=None, clock=at(1)
    ).scores.get()
    assert not line_of(patient, "bladder", days=2).is_due
    withdraw_score(by=nia, score=kept, reason="Another patient's", write_key=None, clock=at(2))
    assert line_of(patient, "bladder", days=2).is_due


def test_a_dose_recorded_on_the_wrong_patient_is_none_of_theirs(
    session: TreatmentSession, nia: Staff
) -> None:
    assert watch_of(session.patient, at(1)()).doses == 1
    SignOff.objects.create(
        clinic=session.clinic,
        session=session,
        end="wrong_patient",
        signed_by=nia,
        signed_at=START,
    )
    watch = watch_of(session.patient, at(1)())
    assert (watch.doses, watch.given, watch.due) == (0, (), [])
    assert sweep(1) == 0


def test_milligrams_are_summed_by_drug_and_what_is_missing_is_never_zero(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff
) -> None:
    imported = {"origin": "import", "documented_dose_mg": Decimal("40")}
    make_session(course, nia, START - timedelta(days=7), external_id="a", **imported)
    unknown = {"origin": "import", "documented_dose_mg": None}
    make_session(course, nia, START - timedelta(days=14), external_id="b", **unknown)
    make_session(course, nia, START + timedelta(days=7))  # not yet
    (given,) = watch_of(session.patient, START + timedelta(hours=2)).given
    assert (given.drug, given.doses, given.unknown) == ("ketamine", 3, 1)
    assert given.mg == Decimal("40"), (
        "the running infusion has no end yet, so it counts 0 mg so far"
    )


# --- a look is written down


def test_a_look_stands_with_its_score_and_its_audit_line(
    session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, score=Decimal(7))
    score = InstrumentScore.objects.get(instrument="icsi")
    assert (row.score, score.score, score.taken_at) == (score, Decimal(7), at(1)())
    assert row.recorded_by == nia and row.checked_at == at(1)()
    assert AuditEvent.objects.filter(tag="watch:check", by=nia).count() == 1
    assert len(watch_of(session.patient, at(1)()).looks) == 1, "the score is no second look"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"result": " "}, ("result", "required")),
        ({"item": "heart"}, ("item", "unknown_choice")),
        ({"score": Decimal(21)}, ("score", "implausible_high")),
        ({"score": Decimal(-1)}, ("score", "implausible_high")),
        ({"score": Decimal("7.5")}, ("score", "not_an_integer")),
        ({"score": Decimal("NaN")}, ("score", "not_an_integer")),
        ({"item": "liver", "score": Decimal(3)}, ("score", "score_without_scale")),
        ({"checked_at": START + timedelta(days=1, minutes=2)}, ("checked_at", "check_not_in_past")),
        ({"checked_at": START - timedelta(days=3700)}, ("checked_at", "check_too_old")),
        ({"result": "x" * 301}, ("result", "too_long")),
    ],
)
def test_a_wrong_look_is_refused_and_nothing_is_written(
    session: TreatmentSession, nia: Staff, changes: dict[str, Any], refused: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken) as broken:
        look(nia, session.patient, **changes)
    assert codes(broken.value) == {refused}
    assert not WatchCheck.objects.exists() and not InstrumentScore.objects.exists()


def test_both_ends_of_a_scale_are_kept(session: TreatmentSession, nia: Staff) -> None:
    for score in (0, 100):
        look(nia, session.patient, "craving", score=Decimal(score), result="")
    kept = InstrumentScore.objects.values_list("score", flat=True)
    assert sorted(kept) == [Decimal(0), Decimal(100)]


def test_the_same_look_sent_twice_is_one(session: TreatmentSession, nia: Staff) -> None:
    key = uuid4()
    first = look(nia, session.patient, score=Decimal(3), write_key=key)
    assert look(nia, session.patient, score=Decimal(3), write_key=key) == first
    assert (WatchCheck.objects.count(), InstrumentScore.objects.count()) == (1, 1)
    with pytest.raises(AlreadySaved):
        look(nia, session.patient, score=Decimal(4), write_key=key)


# --- what is due calls somebody


def test_each_due_item_has_one_open_low_alert(session: TreatmentSession) -> None:
    assert sweep(1) == 4
    assert open_items(session.patient) == set(ITEMS)
    assert set(Alert.objects.values_list("level", flat=True)) == {"low"}
    assert AuditEvent.objects.filter(tag="watch:due", by=None).count() == 4
    assert sweep(1) == 0 and sweep(30) == 0


def test_the_turn_of_a_patient_comes_once_an_hour(session: TreatmentSession) -> None:
    own = session.patient_id.int % 60
    for minute in range(60):
        raised = note_due_watch(clock=lambda minute=minute: START.replace(minute=minute))
        assert raised == (4 if minute == own else 0)


def test_a_look_closes_the_alert_as_followed_up(session: TreatmentSession, nia: Staff) -> None:
    sweep(1)
    look(nia, session.patient, clock=at(2))
    assert open_items(session.patient) == set(ITEMS) - {"bladder"}
    closed = AlertEvent.objects.get(alert__value="bladder")
    assert (closed.kind, closed.outcome) == ("closed", "followed_up")
    assert sweep(3) == 0


def test_a_look_of_long_ago_closes_nothing(session: TreatmentSession, nia: Staff) -> None:
    sweep(1)
    look(nia, session.patient, checked_at=START - timedelta(days=200), clock=at(2))
    assert "bladder" in open_items(session.patient)


def test_a_score_that_came_another_way_closes_it_with_the_next_turn(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    scores = {"craving_0_100": 12}
    enter_check_in(by=nia, patient=session.patient, scores=scores, write_key=None, clock=at(2))
    assert sweep(3) == 0
    assert open_items(session.patient) == set(ITEMS) - {"craving"}
    assert AlertEvent.objects.get(alert__value="craving").outcome == "not_needed"


def test_it_is_due_again_and_raised_again_after_the_interval(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    for item in ITEMS:
        look(nia, session.patient, item, clock=at(2))
    make_session(session.course, nia, at(80)())
    assert sweep(91.9) == 0
    assert sweep(92) == 4


def test_an_alert_that_somebody_closed_is_not_raised_again_at_once(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    alert = Alert.objects.get(value="bladder")
    close_alert(by=nia, alert=alert, outcome="not_needed", note="", write_key=None, clock=at(2))
    make_session(session.course, nia, at(80)())
    assert sweep(3) == 0 and sweep(90) == 0
    assert sweep(91.1) == 1, "the interval has passed once more"


def test_who_had_no_dose_for_longer_than_the_interval_calls_nobody(
    session: TreatmentSession,
) -> None:
    assert sweep(91) == 0
    assert line_of(session.patient, "bladder", 91).is_due, "the page still says so"


@pytest.mark.parametrize("kill_at", [1, 2, 3])
def test_a_runner_that_is_killed_leaves_no_half_alert(
    session: TreatmentSession, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    from sessions_app.actions import watch as deeds

    calls = 0
    real = deeds.raise_alert

    def killed(**facts: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == kill_at:
            raise KeyboardInterrupt
        return real(**facts)

    monkeypatch.setattr(deeds, "raise_alert", killed)
    with pytest.raises(KeyboardInterrupt):
        sweep(1)
    assert Alert.objects.count() == AuditEvent.objects.filter(tag="watch:due").count() == 0
    monkeypatch.undo()
    assert sweep(1) == 4


def test_the_watch_costs_as_many_queries_for_many_sessions_as_for_one(
    session: TreatmentSession, nia: Staff
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            watch_of(session.patient, at(60)())
        return len(seen)

    one = cost()
    for number in range(1, 12):
        make_session(session.course, nia, at(number)())
        look(nia, session.patient, score=Decimal(number), clock=at(number))
    assert cost() == one <= 7


@pytest.mark.django_db(transaction=True)
def test_runners_at_once_raise_each_alert_once(session: TreatmentSession) -> None:
    turn = at(1)().replace(minute=session.patient_id.int % 60)
    at_once(lambda: note_due_watch(clock=lambda: turn))
    assert sorted(Alert.objects.values_list("value", flat=True)) == sorted(ITEMS)
    assert AuditEvent.objects.filter(tag="watch:due").count() == 4


def test_the_alert_leads_to_the_watch(
    session: TreatmentSession, client: Client, nia: Staff, at_chair: Any
) -> None:
    turn = START.replace(minute=session.patient_id.int % 60)
    note_due_watch(clock=lambda: turn)
    client.force_login(nia)
    alert = Alert.objects.get(value="bladder")
    page = said(client.get(reverse("alerts:one", args=[alert.pk])))
    assert "Bladder" in page
    assert f'href="{reverse("clinic:watch", args=[session.patient_id])}"' in page
