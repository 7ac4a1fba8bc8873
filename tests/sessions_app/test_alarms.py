"""Alarms: what the strip says, and that only a value in range and a person together end one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.actions.alerts import raise_alert, see_alert
from sessions_app.actions.effects import record_side_effect
from sessions_app.chairside.alarms import alert_figure, alert_text, alerts_for, limit_text, strip
from sessions_app.errors import RuleBroken
from sessions_app.models import (
    Alert,
    AlertEvent,
    AuditEvent,
    CheckIn,
    Clinic,
    Patient,
    Staff,
    TreatmentSession,
    new_key,
)
from tests.conftest import START
from tests.sessions_app.chairside_people import at, vitals

pytestmark = pytest.mark.django_db


def alarm(session: TreatmentSession, nia: Staff, minute: float = 10) -> Alert:
    vitals(session, nia, 0, systolic=128, diastolic=79)
    vitals(session, nia, minute, systolic=184, diastolic=88)
    return Alert.objects.open().get(level="high")


def shown(clinic: Clinic, minute: float) -> list[str]:
    return [line.title for line in strip(alerts_for(clinic.pk), at(minute)())]


def test_a_value_in_range_alone_does_not_end_an_alarm(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    alarm(session, nia)
    vitals(session, nia, 15, systolic=140, diastolic=82)
    assert shown(northside, 16) == ["Chair 1 · Blood pressure 184/88"]


def test_being_seen_alone_does_not_end_an_alarm_about_a_value(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    event = see_alert(by=nia, alert=alarm(session, nia), write_key=None, clock=at(12))
    assert event.kind == "seen"
    assert shown(northside, 13) == ["Chair 1 · Blood pressure 184/88"]
    (line,) = strip(alerts_for(northside.pk), at(13)())
    assert line.detail == "seen, waits for a value in range"


def test_seen_and_then_a_value_in_range_end_it(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    alert = alarm(session, nia)
    see_alert(by=nia, alert=alert, write_key=None, clock=at(12))
    vitals(session, nia, 15, heart_rate=70)
    assert shown(northside, 16), "another sign says nothing about the pressure"
    vitals(session, nia, 17, systolic=181, diastolic=88)
    assert alert.pk in {row.pk for row in Alert.objects.open()}
    vitals(session, nia, 20, systolic=140, diastolic=82)
    closing = AlertEvent.objects.get(alert=alert, kind="closed")
    assert (closing.outcome, closing.by, closing.at) == ("back_in_range", None, at(20)())
    assert shown(northside, 21) == ["Chair 1 · Blood pressure 181/88"], "that one nobody saw"


def test_a_value_in_range_and_then_seen_end_it(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    alert = alarm(session, nia)
    vitals(session, nia, 15, systolic=140, diastolic=82)
    event = see_alert(by=nia, alert=alert, write_key=None, clock=at(16))
    assert (event.kind, event.outcome) == ("closed", "back_in_range")
    assert shown(northside, 17) == []


def test_a_value_that_was_measured_before_the_alarm_ends_nothing(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    alert = alarm(session, nia)
    see_alert(by=nia, alert=alert, write_key=None, clock=at(12))
    from sessions_app.actions.readings import record_vital_reading

    record_vital_reading(
        by=nia,
        session=session,
        write_key=None,
        values={"systolic": 130, "diastolic": 80},
        taken_at=at(8)(),
        clock=at(14),
    )
    assert shown(northside, 15)


def test_an_alarm_without_a_value_ends_by_being_seen(
    session: TreatmentSession, nia: Staff, maya: Patient, northside: Clinic
) -> None:
    alert = Alert.objects.create(
        clinic=northside,
        patient=maya,
        session=session,
        level="high",
        code="effect_serious",
        raised_at=START,
    )
    event = see_alert(by=nia, alert=alert, write_key=None, clock=at(3))
    assert (event.kind, event.outcome) == ("closed", "seen_at_chair")


def test_seeing_twice_with_one_key_is_one_row_and_one_line(
    session: TreatmentSession, nia: Staff
) -> None:
    alert, key = alarm(session, nia), new_key()
    first = see_alert(by=nia, alert=alert, write_key=key, clock=at(12))
    again = see_alert(by=nia, alert=alert, write_key=key, clock=at(13))
    assert first.pk == again.pk
    assert AuditEvent.objects.filter(tag="alert:see").count() == 1


def test_a_closed_alarm_cannot_be_seen_any_more(session: TreatmentSession, nia: Staff) -> None:
    alert = alarm(session, nia)
    vitals(session, nia, 15, systolic=140, diastolic=82)
    see_alert(by=nia, alert=alert, write_key=None, clock=at(16))
    with pytest.raises(RuleBroken):
        see_alert(by=nia, alert=alert, write_key=None, clock=at(17))


def test_the_api_sees_an_alarm_as_the_page_does(
    as_nia: Client, session: TreatmentSession, nia: Staff, at_chair: Any
) -> None:
    alert = alarm(session, nia)
    said = as_nia.post(
        f"/api/v1/alerts/{alert.pk}/see/", {"write_key": str(new_key())}, "application/json"
    )
    assert said.status_code == 201
    assert said.json()["kind"] == "seen"


def test_the_strip_says_the_limit_and_for_how_long(session: TreatmentSession, nia: Staff) -> None:
    alert = alarm(session, nia)
    assert limit_text(alert, at(12)()) == "above 180 systolic for 2 min"


def test_the_strip_does_not_call_a_value_high_that_a_newer_one_has_answered(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    alarm(session, nia)
    (still,) = strip(alerts_for(northside.pk), at(12)())
    assert still.detail == "above 180 systolic for 2 min"
    vitals(session, nia, 14, systolic=151, diastolic=88)
    (answered,) = strip(alerts_for(northside.pk), at(17)())
    assert answered.detail == "7 min ago, systolic now 151, not seen yet"
    vitals(session, nia, 18, systolic=190, diastolic=99)
    assert strip(alerts_for(northside.pk), at(19)())[0].detail == "above 180 systolic for 1 min"


def test_a_limit_keeps_the_capitals_of_its_sign(
    session: TreatmentSession, nia: Staff, northside: Clinic
) -> None:
    vitals(session, nia, 10, spo2=87)
    (line,) = strip(alerts_for(northside.pk), at(12)())
    assert line.detail == "below 90 SpO₂ for 2 min"


def test_a_check_in_alarm_names_no_finding_on_a_screen_that_others_see(
    maya: Patient, northside: Clinic
) -> None:
    Alert.objects.create(
        clinic=northside, patient=maya, level="high", code="suicide_item", raised_at=START
    )
    (line,) = strip(alerts_for(northside.pk), START)
    assert line.title == "M.V. · an answer needs somebody now"
    assert line.url.startswith("/alerts/")


def test_an_answer_after_a_session_sends_nobody_to_the_chair_it_was_in(
    session: TreatmentSession, maya: Patient, northside: Clinic
) -> None:
    came = CheckIn.objects.create(
        clinic=northside, patient=maya, origin="link", started_at=at(60)()
    )
    alert = raise_alert(
        clinic_id=northside.pk,
        patient_id=maya.pk,
        level="high",
        code="thoughts",
        at=at(60)(),
        session=session,
        check_in=came,
        value="4",
    )
    for besides in (None, session.pk):
        (line,) = strip(alerts_for(northside.pk), at(61)(), besides=besides)
        assert line.title == line.short == "M.V. · an answer needs somebody now"
        assert line.url == f"/alerts/{alert.pk}/"


def test_the_strip_is_private_to_its_clinic(
    client: Client, session: TreatmentSession, nia: Staff, otto: Staff, at_chair: Any
) -> None:
    alarm(session, nia)
    client.force_login(otto)
    assert "Blood pressure" not in client.get("/alarms/").content.decode()
    client.force_login(nia)
    page = client.get("/alarms/").content.decode()
    assert "Chair 1 · Blood pressure 184/88" in page
    own = client.get(f"/alarms/?besides={session.pk}&active={session.chair_id}").content.decode()
    assert "Blood pressure" not in own, "a session's page says its own alarm itself"
    assert f'id="tab-{session.chair_id}"' in own
    assert client.get("/alarms/?besides=x&active=%00").status_code == 200


def test_a_poll_for_alarms_leaves_no_line_and_costs_two_looks(
    as_nia: Client,
    session: TreatmentSession,
    at_chair: Any,
    django_assert_max_num_queries: Any,
) -> None:
    as_nia.get("/alarms/")  # the first request of a log-in notes when it began
    with django_assert_max_num_queries(3):  # the log-in, the person, the alerts
        as_nia.get("/alarms/")
    assert AuditEvent.objects.count() == 0


def test_a_severe_effect_is_named_in_the_few_characters_of_a_badge(
    session: TreatmentSession, nia: Staff
) -> None:
    record_side_effect(
        by=nia, session=session, code="nausea", grade="severe", write_key=None, clock=at(20)
    )
    alert = Alert.objects.get(session=session)
    assert alert_figure(alert) == "Nausea, severe"
    assert alert_text(alert) == "Severe side effect: Nausea"
