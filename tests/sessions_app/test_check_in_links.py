"""When patients are asked, and the links that open a check-in: who, how long, and never by luck."""

from __future__ import annotations

import random
import secrets
import string
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sessions_app.actions.check_in_links import find_link, mint_link
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    AuditEvent,
    CheckIn,
    CheckInLink,
    CheckInRequest,
    Clinic,
    HelpLine,
    Patient,
    Staff,
    TreatmentCourse,
    TreatmentSession,
)
from sessions_app.rules.protocols import SHIPPED
from tests.conftest import START, make_course, make_session
from tests.sessions_app.check_in_people import after, answer_at, make_help_lines, planned

Row = CheckInRequest


@pytest.fixture
def lines(northside: Clinic) -> None:
    make_help_lines(northside)


@pytest.fixture
def request_24h(session: TreatmentSession, nia: Staff, lines: None) -> Row:
    return planned(session, nia, "24h")


def slots(session: TreatmentSession) -> list[str]:
    standing = session.check_in_requests.filter(cancelled_at=None)
    return list(standing.order_by("due_at").values_list("slot", flat=True))


def test_every_window_of_the_protocol_is_asked_once(session: TreatmentSession, nia: Staff) -> None:
    for _ in range(2):
        plan_check_ins(session=session, by=nia, clock=lambda: START)
    windows = SHIPPED["iv"].windows_for("depression")
    assert slots(session) == [window.slot for window in windows]
    assert session.check_in_requests.count() == len(windows)
    assert AuditEvent.objects.get().tag == "check-in:plan", "the second call changed nothing"
    first = session.check_in_requests.earliest("due_at")
    assert (first.opens_at, first.closes_at) == (after(1), after(6))


def test_a_pain_course_also_asks_for_pain(maya: Patient, nia: Staff) -> None:
    session = make_session(make_course(maya, "chronic_pain"), nia)
    asked = planned(session, nia, "24h").instruments
    assert asked == ["mood_0_10", "compared_before", "pain_0_10", "thoughts"]


def test_the_next_dose_cancels_what_is_not_answered_and_opens_after_it(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff
) -> None:
    answered = planned(session, nia, "14d")
    CheckIn.objects.create(
        clinic=session.clinic,
        patient=session.patient,
        request=answered,
        origin="import",
        started_at=START,
    )
    second = make_session(course, nia, START + timedelta(days=5))
    plan_check_ins(session=second, by=nia, clock=lambda: START + timedelta(days=5))
    assert slots(session) == ["2h", "24h", "3d", "14d"], "answered ones stay"
    assert len(slots(second)) == len(SHIPPED["iv"].windows_for("depression"))
    cancelled = session.check_in_requests.get(slot="7d")
    assert cancelled.history.count() == 2, "the former version is kept"
    plan_check_ins(session=session, by=nia, clock=lambda: START + timedelta(days=6))
    assert slots(session) == ["2h", "24h", "3d", "14d"], "planning again revives nothing"


@pytest.mark.parametrize("days", [1, 2, 2.6, 3, 3.5, 6.5, 7, 7.1, 14, 15])
def test_no_two_check_ins_of_a_patient_are_ever_open_at_once(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff, days: float
) -> None:
    plan_check_ins(session=session, by=nia, clock=lambda: START)
    again = after(days * 24)
    plan_check_ins(session=make_session(course, nia, again), by=nia, clock=lambda: again)
    rows = CheckInRequest.objects.filter(cancelled_at=None).order_by("opens_at")
    for earlier, later in pairwise(rows):
        assert earlier.opens_at <= earlier.due_at < earlier.closes_at <= later.opens_at


def test_a_window_that_is_open_at_the_next_dose_closes_with_it_and_so_does_its_link(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff, lines: None
) -> None:
    week = planned(session, nia, "7d")
    _, token = mint_link(by=nia, request=week, clock=lambda: after(6.5 * 24))
    dose = after(7.1 * 24)
    plan_check_ins(session=make_session(course, nia, dose), by=nia, clock=lambda: dose)
    week.refresh_from_db()
    assert (week.closes_at, week.cancelled_at) == (dose, None), "nobody answered: it is missing"
    assert opened(token, dose) is None
    with pytest.raises(RuleBroken, match="check_in_closed"):
        answer_at(dose, week, 4)


def test_an_answer_before_the_next_dose_stands_and_is_not_changed_after_it(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff
) -> None:
    week = planned(session, nia, "7d")
    answer_at(after(6.5 * 24), week, 4)
    dose = after(6.9 * 24)  # before the check-in was even due
    plan_check_ins(session=make_session(course, nia, dose), by=nia, clock=lambda: dose)
    week.refresh_from_db()
    assert (week.closes_at, week.cancelled_at) == (dose, None)
    with pytest.raises(RuleBroken, match="check_in_closed"):
        answer_at(dose, week, 4)


def test_a_dose_that_was_struck_or_moved_gives_the_windows_before_it_back(
    session: TreatmentSession, course: TreatmentCourse, nia: Staff
) -> None:
    week, fortnight = planned(session, nia, "7d"), planned(session, nia, "14d")
    second = make_session(course, nia, after(7.1 * 24))
    plan_check_ins(session=second, by=nia, clock=lambda: after(7.1 * 24))
    second.dose_started_at = after(7.2 * 24)
    second.save()
    plan_check_ins(session=second, by=nia, clock=lambda: after(7.2 * 24))
    week.refresh_from_db()
    fortnight.refresh_from_db()
    assert (week.closes_at, fortnight.cancelled_at) == (after(7.2 * 24), after(7.1 * 24))
    second.dose_started_at = None
    second.save()
    plan_check_ins(session=second, by=nia, clock=lambda: after(7.3 * 24))
    week.refresh_from_db()
    fortnight.refresh_from_db()
    assert (week.closes_at, fortnight.cancelled_at) == (after(8 * 24), None)


def test_another_patients_requests_are_left_alone(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    from tests.conftest import make_patient

    plan_check_ins(session=session, by=nia, clock=lambda: START)
    other = make_session(
        make_course(make_patient(northside, "N-1044", "Ben", "Orr")), nia, after(24)
    )
    plan_check_ins(session=other, by=nia, clock=lambda: after(24))
    assert not session.check_in_requests.filter(cancelled_at__isnull=False).exists()


def test_a_corrected_start_moves_the_check_ins_with_their_links(
    session: TreatmentSession, nia: Staff, request_24h: Row
) -> None:
    link, _ = mint_link(by=nia, request=request_24h, clock=lambda: START)
    session.dose_started_at = after(0.5)
    session.save()
    plan_check_ins(session=session, by=nia, clock=lambda: after(1))
    request_24h.refresh_from_db()
    link.refresh_from_db()
    assert request_24h.opens_at == after(18.5)
    assert link.expires_at == request_24h.closes_at == after(36.5)


def test_a_struck_dose_asks_for_nothing(session: TreatmentSession, nia: Staff) -> None:
    plan_check_ins(session=session, by=nia, clock=lambda: START)
    session.dose_started_at = None
    assert plan_check_ins(session=session, by=nia, clock=lambda: after(1)) == []
    assert slots(session) == []


def test_windows_count_elapsed_hours_through_the_night_when_the_clocks_change(
    course: TreatmentCourse, nia: Staff
) -> None:
    start = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)  # Berlin loses an hour that night
    session = make_session(course, nia, start)
    request = planned(session, nia, "24h")
    assert request.due_at - start == timedelta(hours=24)
    assert request.closes_at - request.opens_at == timedelta(hours=18)


def opened(token: str, at: datetime) -> Row | None:
    """The check-in that a token opens at that instant."""
    link = find_link(token, clock=lambda: at)
    return link.request if link else None


def test_a_token_opens_its_request_as_often_as_it_is_tried(nia: Staff, request_24h: Row) -> None:
    link, token = mint_link(by=nia, request=request_24h, clock=lambda: START)
    for _ in range(3):
        assert opened(token, after(20)) == request_24h
    assert len(token) >= 43
    assert token not in str(CheckInLink.objects.values())
    line = AuditEvent.objects.get(tag="check-in:link")
    assert (line.by, line.patient, line.row) == (
        nia,
        request_24h.patient,
        f"checkinlink:{link.pk}",
    )


@pytest.mark.parametrize(("hours", "opens"), [(0, True), (35.999, True), (36, False), (37, False)])
def test_a_token_lives_until_the_window_closes(
    nia: Staff, request_24h: Row, hours: float, opens: bool
) -> None:
    _, token = mint_link(by=nia, request=request_24h, clock=lambda: START)
    assert (opened(token, after(hours)) is not None) == opens


def test_sending_again_ends_the_older_link(nia: Staff, request_24h: Row) -> None:
    _, old = mint_link(by=nia, request=request_24h, clock=lambda: START)
    _, new = mint_link(by=nia, request=request_24h, clock=lambda: after(1))
    assert opened(old, after(20)) is None
    assert opened(new, after(20)) == request_24h


def test_a_cancelled_request_opens_no_more(nia: Staff, request_24h: Row) -> None:
    _, token = mint_link(by=nia, request=request_24h, clock=lambda: START)
    request_24h.cancelled_at = after(2)
    request_24h.save()
    assert opened(token, after(20)) is None
    with pytest.raises(RuleBroken, match="check_in_cancelled"):
        mint_link(by=nia, request=request_24h, clock=lambda: after(20))


def test_no_link_is_made_for_a_window_that_is_over(nia: Staff, request_24h: Row) -> None:
    with pytest.raises(RuleBroken, match="check_in_closed"):
        mint_link(by=nia, request=request_24h, clock=lambda: after(36))


@pytest.mark.parametrize("missing", ["crisis and emergency", "clinic", "test call", "language"])
def test_no_link_is_made_before_there_is_somebody_to_call(
    nia: Staff, request_24h: Row, missing: str
) -> None:
    every = HelpLine.objects.all()
    if missing == "clinic":
        every.filter(kind="clinic").delete()
    elif missing == "test call":
        every.update(tested_at=None)
    elif missing == "language":
        every.update(language="es")
    else:
        every.exclude(kind="clinic").delete()
    with pytest.raises(RuleBroken, match="help_lines_untested"):
        mint_link(by=nia, request=request_24h, clock=lambda: START)
    assert not CheckInLink.objects.exists()


def test_one_urgent_line_and_the_clinic_are_enough(nia: Staff, request_24h: Row) -> None:
    HelpLine.objects.filter(kind="emergency").delete()
    assert mint_link(by=nia, request=request_24h, clock=lambda: START)


def near_misses(token: str, chance: random.Random) -> list[str]:
    """The same token with one character, its case or its length changed."""
    alphabet = string.ascii_letters + string.digits + "-_"
    at = chance.randrange(len(token))
    other = chance.choice([char for char in alphabet if char != token[at]])
    found = [token[:at] + other + token[at + 1 :], token[:at], token[at + 1 :], token + other]
    return [guess for guess in found if guess != token]


def test_ten_thousand_near_misses_open_nothing(nia: Staff, request_24h: Row) -> None:
    """Each sign, the case, the length: whatever is near the token is as far as anything else."""
    _, token = mint_link(by=nia, request=request_24h, clock=lambda: START)
    chance = random.Random(1)
    guesses = [token.swapcase(), token.upper(), f"{token}=", f" {token}", token[::-1], ""]
    while len(guesses) < 10_000:
        guesses += near_misses(token, chance)
    hits = [guess for guess in guesses if opened(guess, after(20))]
    assert hits == []
    assert opened(token, after(20))


def test_random_guesses_open_nothing(nia: Staff, request_24h: Row) -> None:
    guess_at(nia, request_24h, 1_000)


@pytest.mark.soak
def test_a_hundred_thousand_random_guesses_open_nothing(nia: Staff, request_24h: Row) -> None:
    guess_at(nia, request_24h, 100_000)


def guess_at(nia: Staff, request: Row, times: int) -> None:
    """At the look-up itself, past the limiter."""
    _, token = mint_link(by=nia, request=request, clock=lambda: START)
    guesses = (secrets.token_urlsafe(32) for _ in range(times))
    assert not any(opened(guess, after(20)) for guess in guesses)
    assert opened(token, after(20))
