"""The rota: added, repeated on the wall clock, cancelled, and its gaps named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions.rota import MOST_WEEKS, add_shifts, cancel_shift
from sessions_app.alerting import rota
from sessions_app.clock import local
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import AuditEvent, Clinic, OnCallShift, Staff
from tests.api_client import Api, errors_of
from tests.conftest import START
from tests.posting import post, said

NIGHT = {
    "starts_at": datetime(2026, 3, 2, 16, 0, tzinfo=UTC),  # 17:00 in Berlin
    "ends_at": datetime(2026, 3, 3, 7, 0, tzinfo=UTC),  # 08:00
}


@pytest.fixture(autouse=True)
def _sending(settings: Any) -> None:
    settings.NOTIFIERS = {"sms": "console", "email": "console"}


@pytest.fixture
def as_lena(client: Client, lena: Staff, at_chair: Any) -> Client:
    client.force_login(lena)
    return client


def at(moment: datetime = START) -> Any:
    return lambda: moment


def add(by: Staff, staff: Staff, **changes: Any) -> OnCallShift:
    return add_shifts(by=by, staff=staff, **{**NIGHT, "clock": at()} | changes)


def codes(broken: RuleBroken) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in broken.errors}


def test_a_shift_stands_with_its_audit_line_and_its_version(lena: Staff, nia: Staff) -> None:
    shift = add(lena, nia)
    assert (shift.staff, shift.starts_at, shift.ends_at) == (nia, *NIGHT.values())
    (line,) = AuditEvent.objects.all()
    assert (line.tag, line.by, line.row) == ("shift:save", lena, f"oncallshift:{shift.pk}")
    assert shift.history.get().history_user == lena
    assert rota.on_call_at(nia.clinic, START + timedelta(hours=12)) == [nia]


def test_a_weekly_shift_keeps_its_times_when_the_clocks_change(lena: Staff, nia: Staff) -> None:
    add(lena, nia, weeks=6)
    shifts = list(OnCallShift.objects.all())
    told = [
        (local(s.starts_at, "Europe/Berlin"), local(s.ends_at, "Europe/Berlin")) for s in shifts
    ]
    assert {(f"{start:%a %H:%M}", f"{end:%a %H:%M}") for start, end in told} == {
        ("Mon 17:00", "Tue 08:00")
    }
    # The clocks go forward on 29 March: the wall clock stays, UTC moves.
    assert [s.starts_at.hour for s in shifts] == [16, 16, 16, 16, 15, 15]


def test_a_shift_over_the_changed_night_is_as_long_as_the_night(lena: Staff, nia: Staff) -> None:
    saturday = datetime(2026, 3, 21, 16, 0, tzinfo=UTC)
    add(lena, nia, starts_at=saturday, ends_at=saturday + timedelta(hours=15), weeks=2)
    lengths = [s.ends_at - s.starts_at for s in OnCallShift.objects.all()]
    assert lengths == [timedelta(hours=15), timedelta(hours=14)]


def test_in_the_night_when_an_hour_comes_twice_nobody_is_left_out(
    lena: Staff, nia: Staff, tom: Staff
) -> None:
    """Two shifts that meet at 02:30 on the wall still meet in the week when 02:30 comes twice."""
    evening = datetime(2026, 10, 17, 16, 0, tzinfo=UTC)
    change = datetime(2026, 10, 18, 0, 30, tzinfo=UTC)  # 02:30 in Berlin
    morning = datetime(2026, 10, 18, 6, 0, tzinfo=UTC)
    add(lena, nia, starts_at=evening, ends_at=change, weeks=2)
    add(lena, tom, starts_at=change, ends_at=morning, weeks=2)
    first, second = OnCallShift.objects.filter(starts_at__gt=morning)
    assert first.ends_at == second.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second.ends_at - first.starts_at == timedelta(hours=15)


def test_two_people_may_be_on_call_at_once(lena: Staff, nia: Staff, tom: Staff) -> None:
    add(lena, nia)
    add(lena, tom)
    assert rota.on_call_at(nia.clinic, START + timedelta(hours=12)) == [nia, tom]


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"ends_at": NIGHT["starts_at"]}, ("ends_at", "not_after")),
        ({"weeks": 0}, ("weeks", "weeks_range")),
        ({"weeks": MOST_WEEKS + 1}, ("weeks", "weeks_range")),
        ({"ends_at": START + timedelta(days=15)}, ("ends_at", "shift_too_long")),
        (
            {"starts_at": START - timedelta(hours=2), "ends_at": START},
            ("ends_at", "shift_in_the_past"),
        ),
        (
            {"starts_at": START + timedelta(days=367), "ends_at": START + timedelta(days=368)},
            ("starts_at", "too_far_ahead"),
        ),
        (
            {"ends_at": START + timedelta(days=9), "weeks": 2},
            ("staff", "on_call_already"),
        ),
    ],
    ids=["no length", "no week", "27 weeks", "15 days", "past", "far", "meets itself"],
)
def test_a_wrong_shift_is_refused_and_nothing_is_written(
    lena: Staff, nia: Staff, changes: dict[str, Any], refused: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken) as broken:
        add(lena, nia, **changes)
    assert codes(broken.value) == {refused}
    assert not OnCallShift.objects.exists() and not AuditEvent.objects.exists()


def test_the_same_person_is_not_on_call_twice_at_once(lena: Staff, nia: Staff) -> None:
    held = add(lena, nia)
    with pytest.raises(RuleBroken) as broken:
        add(lena, nia, starts_at=held.ends_at - timedelta(minutes=1), ends_at=START.replace(day=4))
    (error,) = broken.value.errors
    assert (error.code, error.value, error.limit) == (
        "on_call_already",
        nia.full_name,
        "02 Mar 16:00",  # no page is open, so the reader's zone is UTC
    )
    add(lena, nia, starts_at=held.ends_at, ends_at=held.ends_at + timedelta(hours=9))
    assert OnCallShift.objects.count() == 2


def test_only_who_may_act_on_alerts_and_works_here_is_put_on_call(
    lena: Staff, remy: Staff, otto: Staff, tom: Staff
) -> None:
    tom.is_active = False
    tom.save()
    for person in (remy, otto, tom):
        with pytest.raises(RuleBroken) as broken:
            add(lena, person)
        assert codes(broken.value) == {("staff", "cannot_be_on_call")}


def test_the_same_post_twice_is_one_shift(lena: Staff, nia: Staff, tom: Staff) -> None:
    key = uuid4()
    first = add(lena, nia, weeks=3, write_key=key)
    assert add(lena, nia, weeks=3, write_key=key) == first
    assert OnCallShift.objects.count() == 3
    with pytest.raises(AlreadySaved):
        add(lena, tom, weeks=3, write_key=key)


def test_a_cancelled_shift_calls_nobody_and_the_other_weeks_stay(lena: Staff, nia: Staff) -> None:
    shift = add(lena, nia, weeks=2)
    cancel_shift(by=lena, shift=shift, clock=at(START + timedelta(hours=1)))
    assert rota.on_call_at(nia.clinic, NIGHT["starts_at"] + timedelta(hours=1)) == []
    assert rota.on_call_at(nia.clinic, NIGHT["starts_at"] + timedelta(days=7, hours=1)) == [nia]
    lines = AuditEvent.objects.count()
    cancel_shift(by=lena, shift=shift, clock=at(START + timedelta(hours=2)))
    assert AuditEvent.objects.count() == lines, "a second time changes nothing"


def test_a_running_shift_ends_now_and_what_was_stays(lena: Staff, nia: Staff) -> None:
    shift = add(lena, nia)
    now = NIGHT["starts_at"] + timedelta(hours=2)
    cancel_shift(by=lena, shift=shift, clock=at(now))
    shift.refresh_from_db()
    assert (shift.ends_at, shift.cancelled_at) == (now, None)
    assert rota.on_call_at(nia.clinic, now) == []
    assert rota.on_call_at(nia.clinic, now - timedelta(minutes=1)) == [nia]
    with pytest.raises(RuleBroken) as broken:
        cancel_shift(by=lena, shift=shift, clock=at(now + timedelta(hours=1)))
    assert codes(broken.value) == {("shift", "shift_over")}


# --- the page


def typed(nia: Staff, **changes: Any) -> dict[str, Any]:
    return {
        "staff": nia.pk,
        "from_day": "2026-03-02",
        "from_time": "17:00",
        "to_day": "2026-03-03",
        "to_time": "8:00",
        "weeks": "2",
    } | changes


def test_the_lead_puts_somebody_on_call_by_the_page(as_lena: Client, nia: Staff) -> None:
    assert post(as_lena, "clinic:rota", typed(nia)).status_code == 302
    first, second = OnCallShift.objects.all()
    assert (first.starts_at, first.ends_at) == tuple(NIGHT.values())
    assert second.starts_at == NIGHT["starts_at"] + timedelta(days=7)
    page = said(as_lena.get(reverse("clinic:rota")))
    assert "Mon 2 Mar, 17:00" in page and "Mon 9 Mar, 17:00" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"staff": ""}, "Choose who is on call."),
        ({"from_time": "5 pm"}, "This is not a time. Write it like 09:30."),
        ({"to_day": "2026-03-02"}, "must be after 02 Mar 17:00. You entered 02 Mar 08:00."),
        ({"weeks": "99"}, "A shift repeats for 1–26 weeks. You entered 99."),
        ({"from_day": "2026-03-29", "from_time": "02:30"}, "the clocks go forward over it"),
    ],
)
def test_a_wrong_post_says_what_is_wrong_and_keeps_what_was_typed(
    as_lena: Client, nia: Staff, changes: dict[str, Any], words: str
) -> None:
    answer = post(as_lena, "clinic:rota", typed(nia, **changes))
    assert answer.status_code == 422 and words in said(answer)
    assert not OnCallShift.objects.exists()


def test_only_who_may_act_on_alerts_is_offered(
    as_lena: Client, lena: Staff, nia: Staff, remy: Staff, otto: Staff
) -> None:
    field = as_lena.get(reverse("clinic:rota")).context["form"].fields["staff"]
    assert set(field.queryset) == {nia, lena}


def test_the_gaps_of_four_weeks_are_named_and_close_with_the_rota(
    as_lena: Client, lena: Staff, nia: Staff, northside: Clinic
) -> None:
    """Open Monday to Friday 8 to 17: a gap for each of 16 nights of the week and 4 weekends."""
    page = as_lena.get(reverse("clinic:rota"))
    assert page.context["gaps"] == 20
    assert "20 stretches of the next four weeks have nobody to call" in said(page)
    assert said(page).count("Nobody</span>") == 20
    nia.phone = "+49 30 5550101"
    nia.save()
    for start in (START, START + timedelta(days=14)):
        add(lena, nia, starts_at=start, ends_at=start + timedelta(days=14), clock=at())
    add(lena, nia, starts_at=START + timedelta(days=28), ends_at=START + timedelta(days=29))
    page = said(as_lena.get(reverse("clinic:rota")))
    assert "Somebody can be called at any time of the next four weeks." in page
    home = said(as_lena.get(reverse("clinic:home")))
    assert "nobody to call" not in home


def test_who_cannot_be_reached_is_flagged_and_covers_nothing(
    as_lena: Client, lena: Staff, nia: Staff
) -> None:
    add(lena, nia, weeks=4)
    page = as_lena.get(reverse("clinic:rota"))
    assert "cannot be reached" in said(page) and f"No message can reach {nia.full_name}" in said(
        page
    )
    assert page.context["gaps"] == 20, "a shift of somebody without a number closes no gap"
    nia.email = "nia@northside.example"
    nia.save()
    page = as_lena.get(reverse("clinic:rota"))
    assert "cannot be reached" not in said(page) and page.context["gaps"] == 16


def test_a_server_that_can_send_nothing_says_so(
    as_lena: Client, lena: Staff, nia: Staff, settings: Any
) -> None:
    settings.NOTIFIERS = {"sms": "off", "email": "off"}
    add(lena, nia)
    page = said(as_lena.get(reverse("clinic:rota")))
    assert "can send neither text messages nor e-mail" in page
    assert "Enter a phone or an e-mail" not in page


def test_the_home_page_names_the_first_gap(as_lena: Client) -> None:
    page = said(as_lena.get(reverse("clinic:home")))
    assert "10 stretches of the next two weeks have nobody to call about an alert." in page
    assert "The first: Mon 2 Mar, 17:00 to Tue 3 Mar, 08:00." in page


def test_a_shift_is_cancelled_after_a_question(as_lena: Client, lena: Staff, nia: Staff) -> None:
    shift = add(lena, nia)
    page = said(as_lena.get(reverse("clinic:shift_cancel", args=[shift.pk])))
    assert nia.full_name in page and "The other weeks stay as they are." in page
    assert post(as_lena, "clinic:shift_cancel", {}, shift.pk).status_code == 302
    shift.refresh_from_db()
    assert shift.cancelled_at is not None
    shown = as_lena.get(reverse("clinic:rota")).context["weeks"]
    assert [line.shift for week in shown for line in week.lines if line.shift] == []


# --- the second door


@pytest.mark.usefixtures("at_chair")
def test_the_api_adds_tells_and_cancels(lena: Staff, nia: Staff, otto: Staff) -> None:
    api = Api(lena)
    body = {name: moment.isoformat() for name, moment in NIGHT.items()}
    made = api.post("on-call-shifts/", staff=str(nia.pk), weeks=2, **body)
    assert made.status_code == 201 and made.json()["staff"] == str(nia.pk)
    nurse = Api(nia)
    assert [row["starts_at"] for row in nurse.get("on-call-shifts/").json()["results"]] == [
        "2026-03-02T16:00:00Z",
        "2026-03-09T16:00:00Z",
    ]
    assert Api(otto).get("on-call-shifts/").json()["results"] == []
    found = nurse.get("on-call/").json()
    assert found["unreachable"] == [str(nia.pk), str(lena.pk)] and found["on_call"] == []
    assert found["gaps"][0] == ["2026-03-02T16:00:00Z", "2026-03-03T07:00:00Z"]
    again = api.post("on-call-shifts/", staff=str(nia.pk), **body)
    assert errors_of(again) == {"staff": "on_call_already"}
    stranger = api.post("on-call-shifts/", staff=str(otto.pk), **body)
    assert errors_of(stranger) == {"staff": "unknown_choice"}
    ended = api.post(f"on-call-shifts/{made.json()['id']}/cancel/")
    assert ended.status_code == 201 and ended.json()["cancelled_at"] is not None
