"""A side effect changes by one button, or with its time, grade, action and seriousness."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from sessions_app.actions.corrections import correct_reading, strike_entry
from sessions_app.actions.effects import record_none_observed, record_side_effect
from sessions_app.actions.readings import record_vital_reading
from sessions_app.models import Alert, SideEffect, SideEffectChange, Staff, TreatmentSession
from tests.conftest import START
from tests.posting import post, said
from tests.sessions_app.chairside_people import at, vitals

pytestmark = pytest.mark.django_db


@pytest.fixture
def nausea(session: TreatmentSession, nia: Staff, time_machine: Any) -> SideEffect:
    """Mild nausea ten minutes in; it is minute 30 now."""
    effect = record_side_effect(
        by=nia, session=session, code="nausea", grade="mild", write_key=None, clock=at(10)
    )
    time_machine.move_to(START + timedelta(minutes=30), tick=False)
    return effect


def change(client: Client, effect: SideEffect, **body: Any) -> Any:
    return post(client, "care:effect_update", body, effect.session_id, effect.pk)


def test_a_change_takes_its_time_grade_action_and_seriousness(
    as_nia: Client, nausea: SideEffect
) -> None:
    page = said(as_nia.get(f"/s/{nausea.session_id}/"))
    for name in ("kind_0", "grade", "taken_at", "action", "is_serious", "serious_criterion"):
        assert f'id="change_{nausea.pk}_{name}"' in page, name
    answer = change(
        as_nia,
        nausea,
        kind="worse",
        grade="severe",
        taken_at=(START + timedelta(minutes=22)).strftime("%Y-%m-%d %H:%M+00:00"),
        action="rate_reduced",
        is_serious="on",
        serious_criterion="other_important",
    )
    assert answer.status_code == 302, said(answer)
    row = SideEffectChange.objects.get()
    assert (row.kind, row.grade, row.action) == ("worse", "severe", "rate_reduced")
    assert row.taken_at == START + timedelta(minutes=22)
    assert (row.is_serious, row.serious_criterion) == (True, "other_important")
    assert Alert.objects.get().code == "effect_serious"
    page = said(as_nia.get(f"/s/{nausea.session_id}/"))
    assert "<b>serious</b>" in page, "a change can make the effect serious"


def test_one_button_is_enough(as_nia: Client, nausea: SideEffect) -> None:
    assert change(as_nia, nausea, kind="resolved").status_code == 302
    row = SideEffectChange.objects.get()
    assert (row.kind, row.grade, row.action, row.is_serious) == ("resolved", "", "none", False)
    assert row.taken_at == START + timedelta(minutes=30)


def test_what_is_refused_stands_under_its_effect_with_what_was_typed(
    as_nia: Client, nia: Staff, session: TreatmentSession, nausea: SideEffect
) -> None:
    other = record_side_effect(
        by=nia, session=session, code="dizziness", grade="mild", write_key=None, clock=at(12)
    )
    answer = change(as_nia, nausea, kind="better", grade="moderate", is_serious="on")
    assert answer.status_code == 422
    page = said(answer)
    mine = page[page.index(f"effects/{nausea.pk}/") :]
    assert f'href="#change_{nausea.pk}_serious_criterion"' in page
    assert re.search(r'<option value="moderate" selected', mine)
    opened = re.findall(
        r'<details class="deed effect-more"[^>]* open>.*?<span class="vh">[^<]* (\w+)</span>', page
    )
    assert opened == ["Nausea"], f"only the refused one is open, not {other}"
    assert not SideEffectChange.objects.exists()


def test_a_change_without_a_kind_says_so(as_nia: Client, nausea: SideEffect) -> None:
    answer = change(as_nia, nausea, grade="severe")
    assert answer.status_code == 422
    assert f'href="#change_{nausea.pk}_kind_0"' in said(answer)


def test_table_and_print_tell_all_that_was_said(
    as_nia: Client, nia: Staff, session: TreatmentSession, nausea: SideEffect
) -> None:
    change(as_nia, nausea, kind="worse", action="paused")
    change(
        as_nia, nausea, kind="better", grade="mild", is_serious="on", serious_criterion="disability"
    )
    record_vital_reading(
        by=nia,
        session=session,
        write_key=None,
        values={"systolic": 128, "diastolic": 80},
        position="reclined",
        blank_reason="asleep",
    )
    post(as_nia, "care:dose_event", {"kind": "stop", "reason": "felt unwell"}, session.pk)
    for path in ("table", "print"):
        page = said(as_nia.get(f"/s/{session.pk}/{path}/"))
        assert "Nausea, worse, moderate, dose paused" in page, path
        assert "Nausea, better, mild, serious: lasting harm" in page, path
        assert "Position: reclined, Reason for the blank: asleep" in page, path
        assert re.search(r"<td>[^<]*felt unwell", page), path


def test_struck_entries_say_who_when_and_why_everywhere(
    as_nia: Client, nia: Staff, session: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=40), tick=False)
    none = record_none_observed(by=nia, session=session, write_key=None, clock=at(20))
    reading = vitals(session, nia, 21, systolic=151, diastolic=88)
    for entry in (none, reading):
        strike_entry(by=nia, entry=entry, reason="other chair", write_key=None, clock=at(33))
    clock = (
        (START + timedelta(minutes=33))
        .astimezone(ZoneInfo(session.clinic.time_zone))
        .strftime("%H:%M")
    )
    page = said(as_nia.get(f"/s/{session.pk}/"))
    assert page.count(f"other chair ({nia.initials} {clock})") == 2
    for path in ("table", "print"):
        page = said(as_nia.get(f"/s/{session.pk}/{path}/"))
        assert page.count(f"struck by {nia.full_name}") == 2, path
        assert "<s>no side effect observed</s>" in page, path
        assert page.count("other chair") == 2, path


@pytest.mark.parametrize(("minutes_late", "is_late"), [(10, False), (11, True)])
def test_what_is_written_down_more_than_ten_minutes_after_says_so(
    as_nia: Client, nia: Staff, session: TreatmentSession, minutes_late: int, is_late: bool
) -> None:
    at_20 = START + timedelta(minutes=20)
    record_vital_reading(
        by=nia,
        session=session,
        write_key=None,
        values={"systolic": 131, "diastolic": 80},
        taken_at=at_20,
        clock=at(20 + minutes_late),
    )
    for path in ("", "table/", "print/"):
        page = said(as_nia.get(f"/s/{session.pk}/{path}"))
        assert ("entered late" in page) == is_late, path or "session"
        assert "131" in page
    chart = said(as_nia.get(f"/s/{session.pk}/"))
    assert ("open marks: entered late" in chart or "entered late</text>" in chart) == is_late


def test_a_correction_says_that_and_not_that_it_is_late(
    as_nia: Client, nia: Staff, session: TreatmentSession
) -> None:
    reading = vitals(session, nia, 20, systolic=151, diastolic=88)
    correct_reading(
        by=nia,
        reading=reading,
        reason="typed wrongly",
        write_key=None,
        values={"systolic": 131, "diastolic": 88},
        clock=at(50),
    )
    page = said(as_nia.get(f"/s/{session.pk}/table/"))
    assert "replaces a struck entry" in page
    assert "entered late" not in page
