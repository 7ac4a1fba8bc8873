"""The dose as given, through the page and through the API: early stop, rest, bag, order, lots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import RFC_4122

import pytest
from django.test import Client

from sessions_app.chairside.dose_given import standing_events
from sessions_app.chairside.dose_sheet import dose_panel, state_words
from sessions_app.chairside.session_state import with_record
from sessions_app.models import Alert, DoseEvent, Staff, TreatmentCourse, TreatmentSession, new_key
from sessions_app.models.courses import Prescription
from tests.api_client import Api
from tests.conftest import START, make_prescription, make_session
from tests.sessions_app.chairside_people import at, dose

pytestmark = pytest.mark.django_db
# What a door answers: whether it was kept, and the words of the refusal.
Door = Callable[..., tuple[bool, str]]


@pytest.fixture(params=["page", "api"])
def send(request: Any, nia: Staff, session: TreatmentSession, time_machine: Any) -> Door:
    """A dose deed at minute `minute` through one of the two doors."""

    def through(kind: str, minute: float, on: TreatmentSession = session, **facts: Any) -> Any:
        time_machine.move_to(START + timedelta(minutes=minute), tick=False)
        if request.param == "api":
            answer = Api(nia).post(f"sessions/{on.pk}/dose-events/", kind=kind, **facts)
            if answer.status_code == 201:
                return True, ""
            assert answer.status_code == 422, answer.content
            told = answer.json()["errors"]
            return False, " ".join(f"{error['message']} {error['next']}" for error in told)
        client = Client()
        client.force_login(nia)
        body = {"write_key": str(new_key()), "kind": kind, **facts}
        answer = client.post(f"/s/{on.pk}/dose/", body)
        if answer.status_code == 302:
            return True, ""
        assert answer.status_code == 422
        return False, answer.content.decode()

    return through


@pytest.fixture
def nasal(course: TreatmentCourse, nia: Staff, dr_patel: Staff) -> TreatmentSession:
    order: Prescription = make_prescription(
        course,
        dr_patel,
        drug="esketamine",
        route="intranasal",
        mg_per_kg=None,
        devices=2,
        infusion_minutes=None,
    )
    return make_session(
        course,
        nia,
        drug="esketamine",
        route="intranasal",
        planned_mg=Decimal(56),
        bag_mg=None,
        bag_volume_ml=None,
        infusion_minutes=None,
        dose_started_at=None,
        prescription=order,
    )


def test_an_early_stop_asks_why_and_keeps_the_answer(send: Door, session: TreatmentSession) -> None:
    kept, told = send("stop", 20)
    assert not kept
    assert "18\u00a0mg of 36\u00a0mg was given so far. Say why it is stopped early" in told
    assert session.dose_events.count() == 1
    kept, told = send("stop", 20, reason="Blood pressure too high")
    assert kept, told
    panel = dose_panel(session, at(30)())
    assert panel.stopped_early is not None
    assert (panel.given_mg, panel.stopped_early.reason) == (18, "Blood pressure too high")
    assert state_words(panel) == "stopped early"


@pytest.mark.parametrize(("minute", "is_early"), [(37.9, True), (38, False), (40, False)])
def test_a_stop_is_early_below_95_percent_of_the_plan(
    send: Door, session: TreatmentSession, minute: float, is_early: bool
) -> None:
    kept, told = send("stop", minute)
    assert kept is not is_early, told
    assert dose_panel(session, at(60)()).stopped_early is None
    assert dose_panel(session, at(60)()).state == ("running" if is_early else "stopped")


@pytest.mark.parametrize(
    ("before", "kind", "words"),
    [
        ((), "resume", "already running"),
        ((), "start", "already started. Record a rate change instead"),
        (("pause",), "pause", "already paused"),
        (("stop",), "rate_change", "was stopped before this"),
    ],
)
def test_an_impossible_order_is_refused_with_the_next_step(
    send: Door,
    session: TreatmentSession,
    nia: Staff,
    before: tuple[str, ...],
    kind: str,
    words: str,
) -> None:
    for earlier in before:
        dose(session, nia, 5, earlier, reason="nausea")
    facts = {"rate_ml_per_hour": "75"} if kind in ("start", "rate_change") else {}
    kept, told = send(kind, 10, **facts)
    assert not kept
    assert words in told
    assert session.dose_events.count() == 1 + len(before)


def test_a_rate_of_zero_is_refused(send: Door, session: TreatmentSession) -> None:
    kept, told = send("rate_change", 10, rate_ml_per_hour="0")
    assert not kept
    assert "Pump rate must be" in told
    assert session.dose_events.count() == 1


@pytest.mark.parametrize(("minute", "fits"), [(43, True), (44, True), (44.1, False), (90, False)])
def test_nothing_but_a_stop_comes_after_the_bag_ran_empty(
    send: Door, session: TreatmentSession, minute: float, fits: bool
) -> None:
    kept, told = send("pause", minute)
    assert kept is fits
    assert ("the bag was empty at 02 Mar 10:40. Record the stop" in told) is not fits
    if not fits:
        assert send("stop", minute)[0]
        assert dose_panel(session, at(minute)()).given_mg == 36


def test_a_device_before_its_rest_is_over_is_refused_with_the_time(
    send: Door, nasal: TreatmentSession
) -> None:
    assert send("device", 0, nasal, lot="A1")[0]
    kept, told = send("device", 4.9, nasal)
    assert not kept
    assert "The next device may be given at 02 Mar 10:05." in told
    assert not Alert.objects.exists()
    assert send("device", 5, nasal, lot="A2")[0]
    assert list(nasal.dose_events.values_list("lot", flat=True)) == ["A1", "A2"]


def test_a_reason_overrides_the_rest_and_calls_somebody(
    send: Door, nasal: TreatmentSession
) -> None:
    assert send("device", 0, nasal)[0]
    assert send("device", 3, nasal, reason="Dr Patel: the first was sneezed out")[0]
    alert = Alert.objects.get(code="device_rest_short")
    assert (alert.level, alert.value, alert.limit) == ("low", "3", "5")
    assert nasal.dose_events.last().reason.startswith("Dr Patel")


def test_one_device_more_than_planned_needs_a_reason(send: Door, nasal: TreatmentSession) -> None:
    assert send("device", 0, nasal)[0]
    assert send("device", 5, nasal)[0]
    kept, told = send("device", 10, nasal)
    assert not kept
    assert "2 devices are planned. This would be number 3." in told
    assert send("device", 10, nasal, reason="Dr Patel ordered 84 mg")[0]
    assert Alert.objects.get().code == "dose_above_plan"


def test_a_device_entered_late_between_two_others_keeps_the_rest_too(
    send: Door, nasal: TreatmentSession
) -> None:
    assert send("device", 0, nasal)[0]
    assert send("device", 8, nasal)[0]
    earlier = (START + timedelta(minutes=4)).isoformat()
    kept, told = send("device", 20, nasal, taken_at=earlier)
    assert not kept
    assert "may be given at 02 Mar 10:13" in told


def test_the_slots_say_when_the_next_device_may_be_given(
    nasal: TreatmentSession, nia: Staff
) -> None:
    first = dose_panel(nasal, START).slots
    assert [(s.number, s.is_next, s.ready_at) for s in first] == [(1, True, None), (2, False, None)]
    dose(nasal, nia, 0, "device", lot="A1")
    panel = dose_panel(nasal, at(3)())
    assert panel.ready_at == START + timedelta(minutes=5)
    assert (panel.slots[0].event.lot, panel.slots[1].is_resting) == ("A1", True)  # type: ignore[union-attr]
    assert panel.primary == ""
    rested = dose_panel(nasal, at(5)())
    assert (rested.ready_at, rested.slots[1].is_next, rested.primary) == (None, True, "device")


@pytest.mark.parametrize(
    ("deeds", "minute", "state", "kinds", "primary"),
    [
        ((), 10, "running", ("pause", "rate_change", "stop"), "pause"),
        ((), 39, "running", ("pause", "rate_change", "stop"), "stop"),
        ((("pause", 10),), 12, "paused", ("resume", "stop"), "resume"),
        ((("stop", 10),), 12, "stopped", (), ""),
    ],
)
def test_each_state_has_one_deed_that_is_expected(
    session: TreatmentSession,
    nia: Staff,
    deeds: tuple[tuple[str, int], ...],
    minute: int,
    state: str,
    kinds: tuple[str, ...],
    primary: str,
) -> None:
    for kind, when in deeds:
        dose(session, nia, when, kind, reason="felt unwell")
    panel = dose_panel(session, at(minute)())
    assert (panel.state, panel.kinds, panel.primary) == (state, kinds, primary)


def test_the_panel_says_when_the_bag_is_empty(session: TreatmentSession) -> None:
    panel = dose_panel(session, at(20)())
    assert (panel.given_percent, panel.empty_at) == (50, START + timedelta(minutes=40))
    assert not panel.is_bag_empty
    assert dose_panel(session, at(40)()).is_bag_empty
    assert state_words(dose_panel(session, at(41)())) == "bag empty"


def test_the_share_given_is_never_rounded_up(session: TreatmentSession) -> None:
    assert dose_panel(session, at(39.99)()).given_percent == 99


def test_a_struck_stop_lets_the_pump_run_again(
    as_nia: Client, session: TreatmentSession, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=12), tick=False)
    stop = dose(session, nia, 10, "stop", reason="slip")
    body = {"write_key": str(new_key()), "reason": "it still runs"}
    assert as_nia.post(f"/s/{session.pk}/strike/dose/{stop.pk}/", body).status_code == 302
    panel = dose_panel(session, at(12)())
    assert (panel.state, panel.given_mg) == ("running", Decimal("10.80"))


def test_a_dose_entered_late_says_so_on_the_page(
    as_nia: Client, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=60), tick=False)
    body = {"write_key": str(new_key()), "kind": "stop", "taken_at": "10:40"}
    assert as_nia.post(f"/s/{session.pk}/dose/", body).status_code == 302
    stop = DoseEvent.objects.get(kind="stop")
    assert (stop.taken_at, stop.is_entered_late) == (START + timedelta(minutes=40), True)
    assert "entered late" in as_nia.get(f"/s/{session.pk}/").content.decode()


def test_a_reason_of_one_tap_and_words_are_kept_together(
    as_nia: Client, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=10), tick=False)
    body = {"kind": "stop", "reason": "asked twice", "reason_choice": "The patient asked"}
    as_nia.post(f"/s/{session.pk}/dose/", {"write_key": str(new_key()), **body})
    assert DoseEvent.objects.get(kind="stop").reason == "The patient asked: asked twice"


def test_the_dose_is_corrected_at_the_api_too(
    nia: Staff, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=10), tick=False)
    start = session.dose_events.get()
    answer = Api(nia).post(
        f"dose-events/{start.pk}/corrections/", rate_ml_per_hour="70", reason="misread"
    )
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kind"], answer.json()["replaces"]) == ("start", str(start.pk))
    assert session.dose_events.standing().get().rate_ml_per_hour == 70


def test_deeds_of_one_instant_stand_in_the_order_in_which_they_were_entered(
    course: TreatmentCourse, nia: Staff
) -> None:
    for _each in range(8):  # by chance alone this order would come once in 256 times
        session = make_session(course, nia)  # its start is at minute 0
        dose(session, nia, 0, "stop", reason="vein closed")
        assert [event.kind for event in standing_events(session)] == ["start", "stop"]
        (loaded,) = with_record(TreatmentSession.objects.filter(pk=session.pk))
        assert [event.kind for event in standing_events(loaded)] == ["start", "stop"]


def test_the_later_key_is_the_greater_also_while_the_clock_stands(time_machine: Any) -> None:
    time_machine.move_to(START, tick=False)
    keys = [new_key() for _each in range(10_000)]
    assert keys == sorted(set(keys))
    assert {(key.version, key.variant) for key in keys} == {(7, RFC_4122)}
    assert keys[0].int >> 80 == int(START.timestamp() * 1000)
    time_machine.move_to(START - timedelta(hours=1), tick=False)
    assert new_key() < keys[0], "a clock that was set back is believed"
