"""The alerts inbox: seen by level, owned by somebody, closed only with an outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.alerts import close_alert, raise_alert, take_alert
from sessions_app.models import Alert, AlertEvent, AuditEvent, Patient, Staff, TreatmentSession
from sessions_app.rules import limits
from sessions_app.words.alert_words import TITLES, alert_title
from tests.conftest import START
from tests.sessions_app.check_in_people import after, answer_at, planned


def an_alert(session: TreatmentSession, level: str = "high", minutes: int = 0) -> Alert:
    return raise_alert(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        session=session,
        level=level,
        code="systolic_high",
        value="184",
        limit="180",
        at=START + timedelta(minutes=minutes),
    )


@pytest.fixture
def now(time_machine: Any) -> Any:
    time_machine.move_to(START + timedelta(minutes=20), tick=False)
    return time_machine


@pytest.fixture
def alert(session: TreatmentSession, now: Any) -> Alert:
    return an_alert(session)


@pytest.fixture
def suicide_alert(session: TreatmentSession, nia: Staff) -> Alert:
    answer_at(after(14 * 24), planned(session, nia, "14d"), 2, "phq9", "q9")
    return Alert.objects.get()


def test_every_code_that_can_be_raised_has_words() -> None:
    raised = {limit.code for limit in limits.DEFAULT_ALERTS.limits}
    raised |= {"effect_serious", "effect_escalates", "effect_severe", "dose_above_plan"}
    raised |= {"suicide_item", "suicidal_thoughts_before_dose", "red_flag"}
    assert raised <= TITLES.keys()


@pytest.mark.parametrize(
    ("code", "value", "title"),
    [
        ("systolic_high", "184", "Systolic blood pressure high: 184\u00a0mmHg"),
        ("systolic_rise", "42", "Systolic blood pressure risen: +42\u00a0mmHg"),
        ("moaas_low", "3", "Not fully awake: 3"),
        ("effect_severe", "nausea", "Severe side effect: Nausea"),
        ("suicide_item", "2", "Thoughts of death or self-harm, PHQ-9 item 9"),
        ("mean_arterial_low", "60.0", "Mean arterial pressure low: 60.0\u00a0mmHg"),
    ],
)
def test_a_title_carries_its_value(code: str, value: str, title: str) -> None:
    assert alert_title(Alert(code=code, value=value)) == title


def test_the_list_groups_by_level_with_the_oldest_first(
    as_nia: Client, session: TreatmentSession, nia: Staff, now: Any
) -> None:
    late, early = an_alert(session, "medium", 10), an_alert(session, "medium", 5)
    high = an_alert(session, "high", 15)
    closed = an_alert(session, "high", 1)
    close_alert(by=nia, alert=closed, outcome="back_in_range", write_key=uuid4())
    answer = as_nia.get("/alerts/")
    page = answer.content.decode()
    places = [page.index(f'href="/alerts/{row.pk}/"') for row in (high, early, late, closed)]
    assert places == sorted(places)
    assert "<title>(1 high) Alerts" in page
    assert "NA at chair" in page, "the nurse who runs the session owns its alarms"
    assert "Maya" not in page[: page.index("inbox-detail")], "the list shows initials"


def test_an_empty_inbox_proves_that_it_is_alive(
    as_nia: Client, session: TreatmentSession, nia: Staff, now: Any
) -> None:
    answer_at(after(2), planned(session, nia, "2h"), 5)
    alert = an_alert(session)
    close_alert(by=nia, alert=alert, outcome="back_in_range", write_key=uuid4())
    page = as_nia.get("/alerts/").content.decode()
    assert "No open alerts." in page
    assert "Last one closed 2 Mar 2026, 10:20." in page
    assert "Check-ins expected today: 1, answered: 1." in page


def test_opening_does_not_take_it_and_leaves_one_line(as_nia: Client, alert: Alert) -> None:
    page = as_nia.get(f"/alerts/{alert.pk}/").content.decode()
    assert not alert.events.exists()
    line = AuditEvent.objects.get()
    assert (line.tag, line.patient, line.row) == (
        "patient:look",
        alert.patient,
        f"alert:{alert.pk}",
    )
    assert 'href="tel:+49300000042"' in page
    assert f'href="/s/{alert.session_id}/"' in page
    assert "limit 180" in page


def test_the_list_leaves_a_line_and_the_open_high_alert_another(
    as_nia: Client, alert: Alert
) -> None:
    as_nia.get("/alerts/")
    tags = AuditEvent.objects.order_by("id").values_list("tag", flat=True)
    assert sorted(tags) == ["list:look", "patient:look"]


def test_taking_names_the_owner(as_nia: Client, alert: Alert, nia: Staff) -> None:
    key = uuid4()
    for _ in range(2):
        answer = as_nia.post(f"/alerts/{alert.pk}/take/", {"take-write_key": key})
        assert answer.status_code == 302
    event = alert.events.get()
    assert (event.kind, event.owner, event.by) == ("taken", nia, nia)
    assert "Nia Adeyemi" in as_nia.get("/alerts/").content.decode()


def test_handing_over_makes_it_a_colleagues(
    as_nia: Client, alert: Alert, dr_patel: Staff, otto: Staff, remy: Staff
) -> None:
    path = f"/alerts/{alert.pk}/hand-over/"
    form = {"hand-write_key": uuid4(), "hand-note": "please call her"}
    for stranger in (otto, remy):
        assert as_nia.post(path, form | {"hand-owner": stranger.pk}).status_code == 422
    assert as_nia.post(path, form | {"hand-owner": dr_patel.pk}).status_code == 302
    assert alert.events.get().owner == dr_patel
    assert "please call her" in as_nia.get(f"/alerts/{alert.pk}/").content.decode()


def test_a_call_is_logged_in_words(as_nia: Client, alert: Alert) -> None:
    path = f"/alerts/{alert.pk}/call/"
    form = {"call-write_key": uuid4(), "call-called": "safety_contact"}
    assert as_nia.post(path, form).status_code == 422, "what came of it must be said"
    form |= {"call-result": "left_message", "call-note": "asked Rui to call back"}
    assert as_nia.post(path, form).status_code == 302
    event = alert.events.get()
    assert (event.called, event.call_result) == ("safety_contact", "left_message")
    page = as_nia.get(f"/alerts/{alert.pk}/").content.decode()
    assert "Nia Adeyemi called the safety contact and left a message." in page
    assert "asked Rui to call back" in page


@pytest.mark.parametrize(
    ("outcome", "note", "status"),
    [
        ("", "", 422),
        ("entered_in_error", "", 422),
        ("nonsense", "", 422),
        ("entered_in_error", "cuff slipped", 302),
        ("back_in_range", "", 302),
        ("spoke_safe", "", 422),
    ],
)
def test_it_closes_only_with_an_outcome(
    as_nia: Client, alert: Alert, outcome: str, note: str, status: int
) -> None:
    form = {"close-write_key": uuid4(), "close-outcome": outcome, "close-note": note}
    answer = as_nia.post(f"/alerts/{alert.pk}/close/", form)
    assert answer.status_code == status
    assert AlertEvent.objects.filter(kind="closed").exists() == (status == 302)
    if status == 422:
        page = answer.content.decode()
        assert "There is a problem" in page
        assert "<title>Error:" in page


def test_a_closed_alert_takes_no_more(as_nia: Client, alert: Alert, nia: Staff) -> None:
    close_alert(by=nia, alert=alert, outcome="back_in_range", write_key=uuid4())
    answer = as_nia.post(f"/alerts/{alert.pk}/take/", {"take-write_key": uuid4()})
    assert answer.status_code == 422
    assert "was closed at" in answer.content.decode()
    assert "/take/" not in as_nia.get(f"/alerts/{alert.pk}/").content.decode()


def test_the_lead_whom_the_ladder_told_last_can_take_it(
    client: Client, alert: Alert, lena: Staff
) -> None:
    client.force_login(lena)
    assert "/take/" in client.get(f"/alerts/{alert.pk}/").content.decode()
    answer = client.post(f"/alerts/{alert.pk}/take/", {"take-write_key": uuid4()})
    assert answer.status_code == 302
    assert alert.events.get().owner == lena


def test_another_clinic_sees_a_missing_alert(client: Client, alert: Alert, otto: Staff) -> None:
    client.force_login(otto)
    assert str(alert.pk) not in client.get("/alerts/").content.decode()
    for path in ("", "take/", "call/", "close/", "hand-over/"):
        send = client.post if path else client.get
        foreign = send(f"/alerts/{alert.pk}/{path}")
        missing = send(f"/alerts/{uuid4()}/{path}")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content


def test_a_risk_answer_is_shown_word_for_word_with_whom_to_call(
    client: Client, dr_patel: Staff, suicide_alert: Alert, maya: Patient, time_machine: Any
) -> None:
    time_machine.move_to(after(14 * 24 + 0.2), tick=False)
    maya.safety_contact_name, maya.safety_contact_phone = "Rui Vale", "+49 30 0000077"
    maya.safety_plan = "medicines locked by Rui"
    maya.save()
    client.force_login(dr_patel)
    page = client.get(f"/alerts/{suicide_alert.pk}/").content.decode()
    assert "More than half the days" in page
    assert "better off dead" in page
    assert 'href="tel:+49300000077"' in page
    assert "medicines locked by Rui" in page
    assert "14 days after" in page


def test_the_score_with_its_band_is_shown_to_staff(
    client: Client, dr_patel: Staff, session: TreatmentSession, nia: Staff, time_machine: Any
) -> None:
    request = planned(session, nia, "14d")
    for number in range(1, 10):
        answer_at(after(14 * 24), request, 2, "phq9", f"q{number}")
    time_machine.move_to(after(14 * 24 + 0.2), tick=False)
    client.force_login(dr_patel)
    page = client.get(f"/alerts/{Alert.objects.get().pk}/").content.decode()
    assert "PHQ-9 18 of 27, moderately severe" in page


def test_the_list_costs_the_same_however_long_it_is(
    as_nia: Client,
    session: TreatmentSession,
    nia: Staff,
    now: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for minute in range(12):
        take_alert(by=nia, alert=an_alert(session, "medium", minute), write_key=uuid4())
    with django_assert_max_num_queries(16):
        assert as_nia.get("/alerts/").status_code == 200
