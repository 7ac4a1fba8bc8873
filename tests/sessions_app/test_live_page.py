"""The live session answers an open page with its moving parts, asks, and takes back."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.actions.effects import change_side_effect, record_side_effect
from sessions_app.actions.retiming import retime_effect
from sessions_app.chairside.live_pad import breach_text, listed
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AuditEvent,
    SideEffect,
    SideEffectChange,
    Staff,
    TreatmentSession,
    new_key,
)
from tests.api_client import Api
from tests.conftest import START
from tests.sessions_app.chairside_people import at, codes, vitals

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_X_AFTERGLOW_FRAGMENT": "1"}


@pytest.fixture
def calm(session: TreatmentSession, nia: Staff, time_machine: Any) -> TreatmentSession:
    """Twelve minutes into the dose, with a reading before it and one at ten minutes."""
    vitals(session, nia, -1, systolic=128, diastolic=79, heart_rate=72, spo2=98, moaas=5)
    vitals(session, nia, 10, systolic=141, diastolic=86, heart_rate=80, spo2=98, moaas=5)
    time_machine.move_to(START + timedelta(minutes=12), tick=False)
    return session


def post(client: Client, session: TreatmentSession, part: str, **fields: Any) -> Any:
    """What an open page sends: it waits for the moving parts."""
    body = {"write_key": str(new_key()), **fields}
    return client.post(f"/s/{session.pk}/{part}", body, **FRAGMENT)


def said(answer: Any) -> str:
    """What the page will say about the entry."""
    found = re.search(r'data-said="([^"]*)"', answer.content.decode())
    return unescape(found.group(1)) if found else ""


def test_a_saved_entry_brings_every_moving_part_once(
    as_nia: Client, calm: TreatmentSession
) -> None:
    answer = post(as_nia, calm, "effects/", code="dizziness", grade="mild")
    assert answer.status_code == 200
    ids = re.findall(r'^<(?:section|div|nav)[^>]* id="([\w-]+)"', answer.content.decode(), re.M)
    wanted = {"band", "chart", "effects", "dose", "readings", "question", "live-facts", "panel-nav"}
    assert wanted <= set(ids)
    assert len(ids) == len(set(ids))
    page = as_nia.get(f"/s/{calm.pk}/").content.decode()
    assert all(f'id="{name}"' in page for name in ids), "each part has its place on the page"


def statements(client: Client, session: TreatmentSession) -> list[str]:
    """What the database is asked for one saved reading and the answer to it."""
    with CaptureQueriesContext(connection) as asked:
        assert post(client, session, "readings/", systolic="140", diastolic="85").status_code == 200
    return [query["sql"] for query in asked]


def test_what_a_saved_reading_asks_of_the_database_does_not_grow_with_the_record(
    as_nia: Client, calm: TreatmentSession, nia: Staff
) -> None:
    few = statements(as_nia, calm)
    assert sum("signoff" in sql and "signed_by" in sql for sql in few) == 1
    for _each in range(8):
        vitals(calm, nia, 11, systolic=138, diastolic=84)
    for code in ("dizziness", "nausea", "headache"):
        post(as_nia, calm, "effects/", code=code, grade="mild")
    assert len(statements(as_nia, calm)) <= len(few) + 1  # the changes of effects, where one is


def test_a_reading_brings_what_it_changes_and_the_next_poll_the_rest(
    as_nia: Client, calm: TreatmentSession
) -> None:
    page = post(as_nia, calm, "readings/", systolic="138", diastolic="84").content.decode()
    assert 'id="chart"' in page and 'id="effects"' not in page
    assert 'data-stamp=""' in page
    assert 'id="effects"' in as_nia.get(f"/s/{calm.pk}/live/?seen=").content.decode()


def test_the_facts_of_the_pad_are_the_last_values_and_limits(
    as_nia: Client, calm: TreatmentSession
) -> None:
    answer = as_nia.get(f"/s/{calm.pk}/live/")
    facts = json.loads(unescape(re.search(r'data-facts="([^"]*)"', answer.content.decode())[1]))
    systolic = facts["signs"]["systolic"]
    assert (systolic["last"], systolic["low"], systolic["high"]) == (141, 30, 300)
    assert (systolic["jump"], systolic["quietLow"], systolic["quietHigh"]) == (40, 90, 160)
    assert systolic["lastAt"] == (START + timedelta(minutes=10)).timestamp() * 1000
    assert facts["signs"]["respiratory_rate"]["last"] is None


def test_a_poll_leaves_no_line_and_sends_nothing_when_nothing_changed(
    as_nia: Client, calm: TreatmentSession, tom: Staff, time_machine: Any
) -> None:
    lines = AuditEvent.objects.count()
    first = as_nia.get(f"/s/{calm.pk}/live/")
    stamp = re.search(r'data-stamp="([^"]*)"', first.content.decode())[1]
    seen = f"/s/{calm.pk}/live/?seen={stamp}"
    assert as_nia.get(seen).status_code == 204
    vitals(calm, tom, 11, systolic=139, diastolic=85)
    assert as_nia.get(seen).status_code == 200
    stamp = re.search(r'data-stamp="([^"]*)"', as_nia.get(seen).content.decode())[1]
    time_machine.move_to(START + timedelta(minutes=13), tick=False)
    assert as_nia.get(f"/s/{calm.pk}/live/?seen={stamp}").status_code == 200, "a minute has passed"
    looks = AuditEvent.objects.exclude(tag="vital:record")
    assert looks.count() == lines - AuditEvent.objects.filter(tag="vital:record").count() + 1


def test_a_deed_about_an_alert_is_news_too(
    as_nia: Client, calm: TreatmentSession, nia: Staff
) -> None:
    vitals(calm, nia, 11, systolic=184, diastolic=96)
    page = as_nia.get(f"/s/{calm.pk}/live/").content.decode()
    stamp = re.search(r'data-stamp="([^"]*)"', page)[1]
    alert = Alert.objects.filter(level="high").get()
    as_nia.post(f"/s/{calm.pk}/alerts/{alert.pk}/right/")
    assert as_nia.get(f"/s/{calm.pk}/live/?seen={stamp}").status_code == 200


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"systolic": "98", "diastolic": "70"}, "Systolic was 141 2 min ago, a change of −43."),
        ({"heart_rate": "119", "spo2": "98"}, ""),
        ({"spo2": "92"}, ""),
        ({"systolic": "101", "diastolic": "70"}, ""),
        ({"systolic": "100", "diastolic": "70"}, "a change of −41."),
    ],
)
def test_a_jump_is_asked_before_anything_is_saved(
    as_nia: Client, calm: TreatmentSession, fields: dict[str, str], words: str
) -> None:
    count = calm.readings.count()
    answer = post(as_nia, calm, "readings/", **fields)
    assert answer.status_code == (422 if words else 200)
    if not words:
        return
    page = answer.content.decode()
    assert words in page
    assert f'value="{fields["systolic"]}"' in page
    assert calm.readings.count() == count
    answered = post(as_nia, calm, "readings/", asked="1", **fields)
    assert answered.status_code == 200
    assert calm.readings.count() == count + 1


def test_a_jump_past_a_limit_is_saved_and_alerted_unasked(
    as_nia: Client, calm: TreatmentSession
) -> None:
    answer = post(as_nia, calm, "readings/", systolic="184", diastolic="106")
    assert answer.status_code == 200
    assert Alert.objects.open().filter(level="high").exists()
    page = " ".join(answer.content.decode().split())
    assert "184/106 is above the limit of 180." in page
    assert "It was 141/86 2 min ago, a change of +43." in page


@pytest.mark.parametrize(
    ("signs", "code", "words"),
    [
        ({"systolic": 180, "diastolic": 90}, "systolic_high", "180/90 is at the limit of 180."),
        ({"systolic": 85, "diastolic": 60}, "systolic_low", "85/60 is below the limit of 90."),
        ({"spo2": 88}, "spo2_low", "SpO₂ 88 is below the limit of 90."),
    ],
)
def test_a_question_names_the_value_and_the_limit(
    calm: TreatmentSession, nia: Staff, signs: dict[str, int], code: str, words: str
) -> None:
    reading = vitals(calm, nia, 11, **signs)
    found = [alert for alert in reading.alerts.all() if alert.code == code]
    assert words in {breach_text(alert) for alert in found}


def test_a_rise_is_named_beside_the_baseline(calm: TreatmentSession) -> None:
    risen = Alert(code="systolic_rise", value="42", limit="40", reading=calm.readings.last())
    assert breach_text(risen) == "141/86 is 42 above the baseline; the limit is 40."


def test_what_a_reading_lacks_is_said(as_nia: Client, calm: TreatmentSession) -> None:
    full = {"systolic": "132", "diastolic": "84", "heart_rate": "78", "moaas": "5"}
    short = post(as_nia, calm, "readings/", **full)
    who = f"Saved for {calm.patient.initials}, chair {calm.chair.name}."
    assert said(short) == f"{who} Saved without SpO₂ and breaths."
    whole = post(as_nia, calm, "readings/", **full, spo2="97", respiratory_rate="14")
    assert said(whole) == who
    assert listed(["Pulse", "SpO₂", "Breaths"]) == "pulse, SpO₂ and breaths"


def test_undo_of_an_alarm_says_that_it_was_closed(as_nia: Client, calm: TreatmentSession) -> None:
    page = post(as_nia, calm, "readings/", systolic="184", diastolic="106").content.decode()
    url = re.search(r'data-undo-url="([^"]*)"', page)[1]
    key = re.search(r'data-undo-key="([^"]*)"', page)[1]
    undone = as_nia.post(url, {"write_key": key, "reason": "Undone at once"}, **FRAGMENT)
    assert "The alarm was closed as entered in error: Blood pressure 184/106" in said(undone)
    assert not Alert.objects.open().exists()
    again = as_nia.post(url, {"write_key": key, "reason": "Undone at once"}, **FRAGMENT)
    assert again.status_code == 200, "sent twice, undone once"


def test_the_same_effect_is_open_once(as_nia: Client, calm: TreatmentSession, tom: Staff) -> None:
    record_side_effect(
        by=tom, session=calm, code="dizziness", grade="moderate", write_key=None, clock=at(11)
    )
    same = post(as_nia, calm, "effects/", code="dizziness", grade="moderate")
    assert "was open already" in said(same)
    assert not SideEffectChange.objects.exists()
    better = {"code": "dizziness", "grade": "mild", "write_key": str(new_key())}
    for _twice in range(2):
        answer = as_nia.post(f"/s/{calm.pk}/effects/", better, **FRAGMENT)
        assert answer.status_code == 200
    change = SideEffectChange.objects.get()
    assert (change.kind, change.grade) == ("better", "mild")
    assert SideEffect.objects.count() == 1


def test_a_refused_entry_brings_its_own_part_with_what_was_typed(
    as_nia: Client, calm: TreatmentSession
) -> None:
    answer = post(as_nia, calm, "readings/", spo2="9")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.startswith('<section class="card pad" id="new-reading"')
    assert "SpO₂ must be 30–100. You entered 9." in page
    assert 'value="9"' in page


def test_a_correction_starts_from_the_pad(as_nia: Client, calm: TreatmentSession) -> None:
    reading = calm.readings.last()
    page = as_nia.get(f"/s/{calm.pk}/?correct={reading.pk}").content.decode()
    assert f'action="/s/{calm.pk}/readings/{reading.pk}/correct/"' in page
    assert 'value="141"' in page
    assert as_nia.get(f"/s/{calm.pk}/?correct={new_key()}").status_code == 404
    assert as_nia.get(f"/s/{calm.pk}/?correct=x").status_code == 404


@pytest.mark.parametrize("told", ["ask", "already"])
def test_the_alert_keeps_whether_the_prescriber_was_told(
    as_nia: Client, calm: TreatmentSession, told: str
) -> None:
    page = post(as_nia, calm, "effects/", code="anxiety", grade="severe").content.decode()
    assert "Anxiety: tell the prescriber?" in page
    alert = Alert.objects.get(code="effect_severe")
    answer = as_nia.post(f"/s/{calm.pk}/alerts/{alert.pk}/told/", {"told": told}, **FRAGMENT)
    assert "tell the prescriber?" not in answer.content.decode()
    event = alert.events.get()
    assert (event.kind, "already" in event.note) == ("called", told == "already")
    assert Alert.objects.open().filter(pk=alert.pk).exists(), "the inbox still shows it"


# --- an effect at another time


@pytest.fixture
def dizzy(calm: TreatmentSession, nia: Staff) -> SideEffect:
    return record_side_effect(
        by=nia, session=calm, code="dizziness", grade="mild", write_key=None, clock=at(11)
    )


def test_an_onset_is_moved_by_a_strike_and_a_new_row(dizzy: SideEffect, nia: Staff) -> None:
    key = new_key()
    for _twice in range(2):
        moved = retime_effect(
            by=nia,
            entry=dizzy,
            taken_at=START + timedelta(minutes=6),
            reason="earlier",
            write_key=key,
            clock=at(12),
        )
    assert moved.taken_at == START + timedelta(minutes=6)
    assert (moved.code, moved.grade) == ("dizziness", "mild")
    assert dizzy.strike.reason == "earlier"
    assert SideEffect.objects.standing().get() == moved


def test_the_newest_change_is_moved_and_no_earlier_one(dizzy: SideEffect, nia: Staff) -> None:
    worse = change_side_effect(by=nia, effect=dizzy, kind="worse", write_key=None, clock=at(11.2))
    gone = change_side_effect(by=nia, effect=dizzy, kind="resolved", write_key=None, clock=at(11.8))
    when = {"taken_at": START + timedelta(minutes=11.5), "reason": "earlier", "write_key": None}
    for entry in (dizzy, worse):
        with pytest.raises(RuleBroken) as caught:
            retime_effect(by=nia, entry=entry, clock=at(12), **when)
        assert codes(caught.value) == {("taken_at", "changed_since")}
    moved = retime_effect(by=nia, entry=gone, clock=at(12), **when)
    assert (moved.kind, moved.taken_at) == ("resolved", when["taken_at"])
    assert not SideEffect.objects.get().changes.standing().filter(pk=gone.pk).exists()


def test_both_doors_move_an_onset(
    as_nia: Client, nia: Staff, dizzy: SideEffect, calm: TreatmentSession
) -> None:
    body = {"taken_at": "2026-03-02T09:06:00Z", "reason": "earlier"}
    answer = Api(nia).post(f"effects/{dizzy.pk}/time/", **body)
    assert answer.status_code == 201, answer.content
    moved = SideEffect.objects.standing().get()
    page = f"/s/{calm.pk}/effects/{moved.pk}/time/"
    assert 'value="2026-03-02' in as_nia.get(page).content.decode()
    refused = as_nia.post(page, {"write_key": str(new_key()), "taken_at": "", "reason": "x"})
    assert refused.status_code == 422
    fields = {"write_key": str(new_key()), "taken_at": "2026-03-02 10:04", "reason": "earlier"}
    assert as_nia.post(page, fields).status_code == 302
    assert SideEffect.objects.standing().count() == 1
    assert SideEffect.objects.count() == 3
