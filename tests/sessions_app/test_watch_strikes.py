"""A wrong look of the long-term watch is struck: seen, crossed out, and counted no more."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from sessions_app.actions.alerts import close_alert
from sessions_app.actions.scores import correct_score, withdraw_score
from sessions_app.actions.watch import strike_watch_check
from sessions_app.alerting.watch_state import watch_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import (
    Alert,
    AlertEvent,
    AuditEvent,
    InstrumentScore,
    Staff,
    TreatmentSession,
    WatchCheck,
    WatchStrike,
)
from sessions_app.rules.long_term_watch import ITEMS
from tests.api_client import Api
from tests.conftest import START, make_session
from tests.posting import post, said
from tests.sessions_app.test_watch import at, codes, line_of, look, open_items, sweep

WHY = "another patient's result"
Send = Callable[[Staff, WatchCheck | UUID, dict[str, str]], HttpResponse]


def strike(by: Staff, row: WatchCheck, **changes: Any) -> WatchStrike:
    facts = {"reason": WHY, "write_key": None, "clock": at(3)}
    return strike_watch_check(by=by, look=row, **facts | changes)


def by_page(by: Staff, row: WatchCheck | UUID, body: dict[str, str]) -> HttpResponse:
    client = Client()
    client.force_login(by)
    return post(client, "clinic:watch_strike", body, getattr(row, "pk", row))


def by_api(by: Staff, row: WatchCheck | UUID, body: dict[str, str]) -> HttpResponse:
    return Api(by).post(f"watch-checks/{getattr(row, 'pk', row)}/strikes/", **body)


both_doors = pytest.mark.parametrize(
    ("send", "done"), [(by_page, 302), (by_api, 201)], ids=["page", "api"]
)


# --- what a strike makes of the watch


def test_a_struck_look_says_no_more_when_the_item_is_due(
    session: TreatmentSession, nia: Staff
) -> None:
    first = look(nia, session.patient)
    second = look(nia, session.patient, clock=at(50))
    assert line_of(session.patient, "bladder", 91).standing.due_at == at(140)()
    row = strike(nia, second, clock=at(51))
    line = line_of(session.patient, "bladder", 91)
    assert line.is_due and line.last is not None and line.last.check_id == first.pk
    seen = watch_of(session.patient, at(91)()).looks
    assert [(one.check_id, one.strike) for one in seen] == [(second.pk, row), (first.pk, None)]
    assert (row.reason, row.struck_by, row.struck_at) == (WHY, nia, at(51)())
    line = AuditEvent.objects.get(tag="watch:strike")
    assert (line.by, line.patient, line.reason) == (nia, session.patient, WHY)
    assert line.row == f"watchcheck:{second.pk}"


def test_without_its_only_look_the_baseline_is_missing_again(
    session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient)
    assert not line_of(session.patient, "bladder", 2).is_due
    strike(nia, row)
    line = line_of(session.patient, "bladder", 4)
    assert line.is_due and line.last is None and line.standing.due_at == START


def test_the_score_of_a_struck_look_is_taken_back_and_still_to_be_read(
    session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, score=Decimal(7))
    strike(nia, row)
    assert not InstrumentScore.objects.standing().filter(instrument="icsi").exists()
    assert AuditEvent.objects.get(tag="score:withdraw").reason == WHY
    (seen,) = watch_of(session.patient, at(4)()).looks
    assert (seen.score, seen.stands) == (Decimal(7), False)
    assert line_of(session.patient, "bladder", 4).is_due


def test_a_score_that_was_corrected_stands_corrected_in_its_look_and_goes_with_it(
    session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, score=Decimal(7))
    assert row.score is not None
    correct_score(by=nia, score=row.score, total=9, write_key=None, clock=at(2))
    (seen,) = watch_of(session.patient, at(2)()).looks
    assert (seen.score, seen.result, seen.check_id) == (Decimal(9), "no trouble", row.pk)
    strike(nia, row)
    (seen,) = watch_of(session.patient, at(4)()).looks
    assert (seen.score, seen.stands) == (Decimal(9), False)
    assert not InstrumentScore.objects.standing().filter(instrument="icsi").exists()


@pytest.mark.parametrize(("words", "is_due"), [("no blood", False), ("", True)])
def test_a_look_whose_score_was_taken_back_is_worth_its_words(
    session: TreatmentSession, nia: Staff, words: str, is_due: bool
) -> None:
    row = look(nia, session.patient, score=Decimal(7), result=words)
    assert row.score is not None
    withdraw_score(by=nia, score=row.score, reason=WHY, write_key=None, clock=at(2))
    (seen,) = watch_of(session.patient, at(2)()).looks
    assert seen.score is None and seen.check_id == row.pk
    assert line_of(session.patient, "bladder", 2).is_due is is_due
    strike(nia, row)
    assert AuditEvent.objects.filter(tag="score:withdraw").count() == 1, "not taken back twice"


# --- whom it calls


def test_a_strike_calls_anew_about_what_the_wrong_look_had_closed(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    row = look(nia, session.patient, clock=at(2))
    assert "bladder" not in open_items(session.patient)
    strike(nia, row)
    assert open_items(session.patient) == set(ITEMS)
    assert Alert.objects.filter(value="bladder").count() == 2
    assert AuditEvent.objects.filter(tag="watch:due", at=at(3)()).count() == 1
    assert sweep(4) == 0, "once"


def test_a_strike_of_an_old_look_calls_nobody(session: TreatmentSession, nia: Staff) -> None:
    old = look(nia, session.patient)
    look(nia, session.patient, clock=at(2))
    strike(nia, old)
    assert not Alert.objects.exists()
    assert line_of(session.patient, "bladder", 4).standing.due_at == at(92)()


def test_a_strike_calls_nobody_about_what_a_person_had_closed(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    alert = Alert.objects.get(value="bladder")
    close_alert(by=nia, alert=alert, outcome="not_needed", note="", write_key=None, clock=at(2))
    strike(nia, look(nia, session.patient, clock=at(2.5)))
    assert "bladder" not in open_items(session.patient)


def test_a_score_taken_back_calls_anew_with_the_next_turn(
    session: TreatmentSession, nia: Staff
) -> None:
    sweep(1)
    row = look(nia, session.patient, score=Decimal(3), result="", clock=at(2))
    assert row.score is not None
    withdraw_score(by=nia, score=row.score, reason=WHY, write_key=None, clock=at(3))
    assert sweep(4) == 1 and "bladder" in open_items(session.patient)
    assert AlertEvent.objects.filter(alert__value="bladder", by=None).count() == 1


# --- both doors


@both_doors
@pytest.mark.usefixtures("at_chair")
def test_either_door_strikes_a_look(
    send: Send, done: int, session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    assert send(nia, row, {"reason": f"  {WHY} "}).status_code == done
    made = WatchStrike.objects.get()
    assert (made.look, made.reason, made.struck_by) == (row, WHY, nia)


@both_doors
@pytest.mark.usefixtures("at_chair")
@pytest.mark.parametrize(
    ("reason", "words"),
    [("", "Fill it in, then save."), ("   ", "Fill it in, then save."), ("x" * 201, "200")],
)
def test_no_look_is_struck_without_a_reason_of_a_right_length(
    send: Send, done: int, reason: str, words: str, session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    refused = send(nia, row, {"reason": reason})
    assert refused.status_code == 422 and words in said(refused)
    field = '"field":"reason"' if send is by_api else 'id="id_reason_error"'
    assert field in said(refused)
    assert not WatchStrike.objects.exists()


@both_doors
@pytest.mark.usefixtures("at_chair")
def test_a_second_strike_is_refused_with_words(
    send: Send, done: int, session: TreatmentSession, nia: Staff, dr_patel: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    assert send(nia, row, {"reason": WHY}).status_code == done
    refused = send(dr_patel, row, {"reason": "again"})
    assert refused.status_code == 422
    assert f"was already struck by {nia.full_name} at 02 Mar" in said(refused)
    assert "Record a new look" in said(refused)
    assert WatchStrike.objects.get().reason == WHY


@both_doors
@pytest.mark.usefixtures("at_chair")
def test_a_repeated_key_gives_the_same_row_and_another_body_is_told(
    send: Send, done: int, session: TreatmentSession, nia: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    body = {"reason": WHY, "write_key": str(uuid4())}
    first, again = send(nia, row, body), send(nia, row, body)
    assert first.status_code == again.status_code == done
    assert WatchStrike.objects.count() == 1
    if done == 201:
        assert first.content == again.content
    assert send(nia, row, body | {"reason": "other"}).status_code == 409
    with pytest.raises(AlreadySaved):
        strike(nia, row, reason="other", write_key=UUID(body["write_key"]))


@both_doors
@pytest.mark.usefixtures("at_chair")
def test_a_strangers_look_and_one_that_is_none_are_not_found(
    send: Send, done: int, session: TreatmentSession, nia: Staff, otto: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    assert send(otto, row, {"reason": WHY}).status_code == 404
    assert send(nia, uuid4(), {"reason": WHY}).status_code == 404
    assert not WatchStrike.objects.exists()


@both_doors
@pytest.mark.usefixtures("at_chair")
def test_who_records_no_look_strikes_none(
    send: Send, done: int, session: TreatmentSession, nia: Staff, lena: Staff
) -> None:
    row = look(nia, session.patient, clock=at(0))
    assert send(lena, row, {"reason": WHY}).status_code == 403
    assert not WatchStrike.objects.exists()


def test_the_deed_itself_refuses_too(session: TreatmentSession, nia: Staff) -> None:
    row = look(nia, session.patient)
    with pytest.raises(RuleBroken) as broken:
        strike(nia, row, reason=" ")
    assert codes(broken.value) == {("reason", "required")}
    strike(nia, row)
    with pytest.raises(RuleBroken) as broken:
        strike(nia, row)
    assert codes(broken.value) == {("", "look_struck")}


# --- what is shown


@pytest.mark.usefixtures("at_chair")
def test_the_page_keeps_a_struck_look_crossed_out_with_reason_and_name(
    session: TreatmentSession, nia: Staff, lena: Staff, client: Client
) -> None:
    row = look(nia, session.patient, score=Decimal(7), result="no blood", clock=at(0))
    client.force_login(nia)
    address = reverse("clinic:watch", args=[session.patient_id])
    button = reverse("clinic:watch_strike", args=[row.pk])
    page = said(client.get(address))
    assert button in page and page.count("baseline is missing") == 3
    asked = said(client.get(button))
    assert "ICSI 7; no blood" in asked and "Why is this entry wrong?" in asked
    post(client, "clinic:watch_strike", {"reason": "Rosa’s <b>result"}, row.pk)
    page = said(client.get(address))
    assert "<s>ICSI 7; no blood</s>" in page and page.count("ICSI 7") == 1
    assert f"struck by {nia.full_name}" in page and "Rosa’s &lt;b&gt;result" in page
    assert button not in page and page.count("baseline is missing") == 4
    for name in ("clinic:plan", "review:timeline"):
        assert "ICSI 7" not in said(client.get(reverse(name, args=[session.patient_id])))
    client.force_login(lena)
    read = said(client.get(address))
    assert "<s>ICSI 7; no blood</s>" in read and "Strike" not in read


@pytest.mark.usefixtures("at_chair")
def test_a_score_that_came_without_a_look_leads_to_where_it_is_corrected(
    session: TreatmentSession, nia: Staff, client: Client
) -> None:
    api = Api(nia)
    path = f"patients/{session.patient_id}/"
    assert api.post(f"{path}score-entries/", instrument="icsi", total="4").status_code == 201
    client.force_login(nia)
    page = said(client.get(reverse("clinic:watch", args=[session.patient_id])))
    assert f'href="{reverse("clinic:scores", args=[session.patient_id])}"' in page


@pytest.mark.usefixtures("at_chair")
def test_the_api_lists_a_struck_look_with_its_strike(session: TreatmentSession, nia: Staff) -> None:
    row = look(nia, session.patient, clock=at(0))
    api, path = Api(nia), f"patients/{session.patient_id}/"
    (before,) = api.get(f"{path}watch-checks/").json()["results"]
    assert before["strike"] is None
    made = api.post(f"watch-checks/{row.pk}/strikes/", reason=WHY).json()
    assert set(made) == {"id", "look", "reason", "struck_by", "struck_at"}
    assert (made["look"], made["struck_by"]) == (str(row.pk), str(nia.pk))
    (after,) = api.get(f"{path}watch-checks/").json()["results"]
    assert after == before | {"strike": made}
    line = api.get(f"{path}watch/").json()["lines"][0]
    assert (line["is_due"], line["last_at"]) == (True, None)


def test_the_watch_costs_no_more_queries_with_struck_looks(
    session: TreatmentSession, nia: Staff, django_assert_num_queries: Any
) -> None:
    make_session(session.course, nia, at(5)())
    look(nia, session.patient, score=Decimal(1), clock=at(6))
    for number in range(7, 12):
        strike(nia, look(nia, session.patient, score=Decimal(2), clock=at(number)), clock=at(12))
    with django_assert_num_queries(5):
        assert len(watch_of(session.patient, at(60)()).looks) == 6
