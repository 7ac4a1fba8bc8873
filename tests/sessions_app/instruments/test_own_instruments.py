"""A clinic's own questionnaires: loaded in versions, retired, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions import instruments as deeds
from sessions_app.actions.instruments import load_instrument, retire_instrument
from sessions_app.actions.protocols import change_protocol
from sessions_app.actions.scores import record_score
from sessions_app.checkins.check_in_steps import walk_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.instruments import REGISTRY
from sessions_app.instruments_of import instrument_at, instruments_of, text_at, texts_of
from sessions_app.models import (
    Alert,
    AuditEvent,
    CheckInRequest,
    Clinic,
    ClinicInstrument,
    InstrumentScore,
    Patient,
    Staff,
    TreatmentSession,
)
from sessions_app.protocol_of import protocol_in_force
from sessions_app.words.check_in_words import left_out_words, score_words, what_was_said
from tests.conftest import START
from tests.sessions_app.check_in_people import after, answer_at, planned
from tests.sessions_app.instruments.own_definition import as_file, sleep


def load(lena: Staff, **changes: Any) -> ClinicInstrument:
    return load_instrument(
        by=lena, content=as_file(sleep(**changes)), write_key=uuid4(), clock=lambda: START
    )


def test_a_loaded_questionnaire_stands_beside_what_ships_and_in_one_clinic_only(
    lena: Staff, northside: Clinic, elsewhere: Clinic
) -> None:
    row = load(lena)
    known = instruments_of(northside)
    assert list(known) == [*REGISTRY, "sleep_short"]
    assert known["sleep_short"].version == "clinic-1"
    assert instruments_of(elsewhere) == REGISTRY
    line = AuditEvent.objects.get(tag="instrument:load")
    assert (line.by, line.reason, row.number, row.loaded_at) == (lena, "sleep_short", 1, START)


def test_a_second_file_is_the_next_version_and_the_first_can_still_be_read(
    lena: Staff, northside: Clinic
) -> None:
    load(lena)
    load(lena, name="Sleep, shorter")
    assert instruments_of(northside)["sleep_short"].name == "Sleep, shorter"
    first = instrument_at(northside, "sleep_short", "clinic-1")
    assert first is not None and first.name == "Sleep, short"
    assert ClinicInstrument.objects.count() == 2


def test_a_file_that_changes_nothing_is_refused(lena: Staff) -> None:
    load(lena)
    with pytest.raises(RuleBroken, match="nothing_changed"):
        load(lena)
    assert ClinicInstrument.objects.count() == AuditEvent.objects.count() == 1


def test_the_code_of_a_questionnaire_that_ships_is_refused_at_the_door(lena: Staff) -> None:
    with pytest.raises(RuleBroken, match="code: code_shipped"):
        load(lena, code="madrs")
    assert not ClinicInstrument.objects.exists()


def test_the_same_file_sent_twice_is_one_and_another_under_its_key_is_refused(lena: Staff) -> None:
    key = uuid4()
    first = load_instrument(by=lena, content=as_file(sleep()), write_key=key)
    assert load_instrument(by=lena, content=as_file(sleep()), write_key=key) == first
    with pytest.raises(AlreadySaved):
        load_instrument(by=lena, content=as_file(sleep(name="X")), write_key=key)


def test_a_retired_one_is_asked_no_more_and_its_answers_can_be_read(
    lena: Staff, nia: Staff, maya: Patient, northside: Clinic
) -> None:
    load(lena)
    answers = {"q1": 1, "q2": 3, "q3": 4}
    check_in = record_score(
        by=nia, patient=maya, instrument="sleep_short", answers=answers, write_key=uuid4()
    )
    assert (Alert.objects.get().level, Alert.objects.get().code) == ("high", "red_flag")
    retire_instrument(by=lena, code="sleep_short", write_key=uuid4())
    assert "sleep_short" not in instruments_of(northside)
    assert score_words(check_in.scores.get()) == "Sleep, short 8 of 16, poor sleep"
    assert [said.is_flagged for said in what_was_said(check_in)] == [True, False, False]
    assert text_at(northside, "sleep_short", "clinic-1", "en") is not None
    with pytest.raises(RuleBroken, match="instrument_retired"):
        retire_instrument(by=lena, code="sleep_short", write_key=uuid4())
    assert AuditEvent.objects.filter(tag="instrument:retire").count() == 1
    load(lena)
    assert instruments_of(northside)["sleep_short"].version == "clinic-3"


def test_only_what_the_clinic_loaded_can_be_retired(lena: Staff) -> None:
    with pytest.raises(RuleBroken, match="unknown_choice"):
        retire_instrument(by=lena, code="phq9", write_key=uuid4())


def test_it_is_offered_only_in_a_language_with_a_sourced_text(
    lena: Staff, northside: Clinic
) -> None:
    load(lena)
    words = texts_of(northside, "sleep_short", "en-GB")
    assert words is not None and words.items["q2"] == "Waking afraid"
    assert texts_of(northside, "sleep_short", "fr") is None
    assert texts_of(northside, "phq9", "xx") is None
    asked = {code for code, each in instruments_of(northside).items() if each.is_asked}
    assert "sleep_short" in asked
    assert not {"madrs", "c_ssrs", "icsi"} & asked


def test_a_clinic_keeps_so_many_in_use_and_no_more(
    lena: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "MOST_OWN", 1)
    load(lena)
    load(lena, name="Another version of the same")
    with pytest.raises(RuleBroken, match="too_many_instruments"):
        load(lena, code="second")
    retire_instrument(by=lena, code="sleep_short", write_key=uuid4())
    load(lena, code="second")


def test_a_definition_costs_one_query_once_it_was_read(
    lena: Staff, northside: Clinic, django_assert_num_queries: Any
) -> None:
    load(lena)
    instruments_of(northside)
    with django_assert_num_queries(1):
        instruments_of(northside)
    with django_assert_num_queries(0):
        texts_of(northside, "phq9", "en")


def asked_at_a_day(lena: Staff, session: TreatmentSession) -> CheckInRequest:
    held = protocol_in_force(lena.clinic_id, session.route)
    windows = tuple(
        replace(one, instruments=(*one.instruments, "sleep_short")) if one.slot == "24h" else one
        for one in held.windows
    )
    version = change_protocol(
        by=lena,
        protocol=replace(held, windows=windows),
        reason="Sleep matters",
        seen_version=held.version,
        write_key=uuid4(),
    )
    session.protocol = version
    session.save()
    return planned(session, lena, "24h")


def test_it_is_asked_through_a_protocol_scored_and_called_about(
    lena: Staff, session: TreatmentSession
) -> None:
    load(lena)
    asked = asked_at_a_day(lena, session)
    assert asked.instruments[-1] == "sleep_short"
    walk = [step for step in walk_of(asked) if step.instrument.code == "sleep_short"]
    assert [step.title for step in walk] == [
        "Falling asleep",
        "Waking afraid",
        "How tired were you?",
    ]
    for step, value in zip(walk, (1, 3, 10), strict=True):
        answer_at(after(24), asked, value, "sleep_short", step.item.code)
    score = InstrumentScore.objects.get()
    assert (score.score, score.instrument_version) == (14, "clinic-1")
    assert Alert.objects.get().level == "high"


def test_without_a_text_in_the_patients_language_it_is_left_out_and_staff_are_told(
    lena: Staff, session: TreatmentSession
) -> None:
    load(lena)
    asked = asked_at_a_day(lena, session)
    assert left_out_words(asked) == ""
    Patient.objects.filter(pk=asked.patient_id).update(language="fr")
    asked = CheckInRequest.objects.get(pk=asked.pk)
    assert "sleep_short" not in {step.instrument.code for step in walk_of(asked)}
    assert "Sleep, short" in left_out_words(asked) and "fr" in left_out_words(asked)


def test_a_flag_without_the_help_page_calls_all_the_same(
    lena: Staff, session: TreatmentSession
) -> None:
    flag = {"item": "q2", "from": 3, "to": 3, "level": "medium"}
    for shows_help in (True, False):
        load(lena, red_flags=[{**flag, "shows_help": shows_help}])
        own = instruments_of(lena.clinic_id)["sleep_short"]
        assert [(one.level, one.shows_help) for one in own.red_flags({"q2": 3})] == [
            ("medium", shows_help)
        ]
    asked = asked_at_a_day(lena, session)
    step = next(step for step in walk_of(asked) if step.title == "Waking afraid")
    assert step.flags(3) == []
    answer_at(after(24), asked, 3, "sleep_short", "q2")
    assert Alert.objects.get().level == "medium"


@pytest.mark.usefixtures("at_chair")
def test_the_pages_of_a_link_and_of_paper_say_what_is_left_out(
    client: Client, nia: Staff, lena: Staff, session: TreatmentSession
) -> None:
    load(lena)
    asked = asked_at_a_day(lena, session)
    client.force_login(nia)
    address = reverse("care:checkin_paper", args=[asked.pk])
    page = client.get(address).content.decode()
    assert "Sleep, short" in page and "Left out" not in page
    Patient.objects.filter(pk=asked.patient_id).update(language="es")
    assert "Left out, because no sourced text exists in Español: Sleep, short." in (
        client.get(address).content.decode()
    )
    scores = client.get(reverse("clinic:scores", args=[asked.patient_id])).content.decode()
    assert "exists in Español: Sleep, short." in scores


def test_a_protocol_asks_only_what_patients_can_be_asked(
    lena: Staff, session: TreatmentSession
) -> None:
    with pytest.raises(RuleBroken, match="windows: unknown_choice"):
        asked_at_a_day(lena, session)
    load(lena)
    retire_instrument(by=lena, code="sleep_short", write_key=uuid4())
    with pytest.raises(RuleBroken, match="windows: unknown_choice"):
        asked_at_a_day(lena, session)


def test_what_was_retired_after_it_was_planned_is_asked_no_more(
    lena: Staff, session: TreatmentSession
) -> None:
    load(lena)
    asked = asked_at_a_day(lena, session)
    retire_instrument(by=lena, code="sleep_short", write_key=uuid4())
    assert "sleep_short" not in {step.instrument.code for step in walk_of(asked)}


def test_the_page_of_a_protocol_offers_it_by_name(client: Client, lena: Staff) -> None:
    load(lena)
    client.force_login(lena)
    page = client.get(reverse("clinic:protocol", args=["iv"])).content.decode()
    assert 'name="sleep_short_0"' in page and "Sleep, short" in page
    assert 'name="madrs_0"' not in page
