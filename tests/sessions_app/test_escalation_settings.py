"""The clinic's own steps of an alert: versions with a reason, within ranges, at both doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions.ladder import change_escalation, reset_escalation
from sessions_app.alerting.escalation_of import escalation_of, steps_of
from sessions_app.errors import AlreadySaved, RuleBroken
from sessions_app.models import Alert, AuditEvent, EscalationVersion, Patient, Staff
from sessions_app.rules.escalation import SHIPPED, next_step
from sessions_app.rules.escalation_rails import MINUTES
from tests.api_client import Api, errors_of
from tests.conftest import START
from tests.posting import said
from tests.sessions_app.test_protocol_changes import REASON
from tests.sessions_app.test_protocol_doors import typed

pytestmark = pytest.mark.usefixtures("at_chair")


def change(by: Staff, **changes: Any) -> EscalationVersion:
    held = escalation_of(by.clinic)
    facts = {"reason": REASON, "seen_version": held.version, "write_key": None}
    facts |= {name: changes.pop(name) for name in list(changes) if name in facts}
    return change_escalation(by=by, wanted=replace(held, **changes), **facts)


def codes(broken: RuleBroken) -> set[tuple[str, str]]:
    return {(error.field, error.code) for error in broken.errors}


def test_a_change_holds_with_its_reason_and_its_audit_line(lena: Staff, otto: Staff) -> None:
    row = change(lena, lead_min=30)
    held = escalation_of(lena.clinic)
    assert (held.lead_min, held.repeat_min, held.version) == (30, 5, "clinic-escalation-1")
    (line,) = AuditEvent.objects.all()
    assert (line.tag, line.by, line.reason) == ("escalation:change", lena, REASON)
    assert line.row == f"escalationversion:{row.pk}"
    assert escalation_of(otto.clinic) == SHIPPED, "another clinic keeps its own"


def test_an_open_alert_follows_the_new_minutes(lena: Staff, maya: Patient) -> None:
    raised = START - timedelta(hours=7)  # the clinic is closed
    alert = Alert.objects.create(
        clinic=maya.clinic, patient=maya, level="high", code="thoughts", raised_at=raised
    )
    at = raised + timedelta(minutes=11)
    assert next_step(steps_of(alert), at).due_at == raised + timedelta(minutes=20)
    change(lena, lead_min=30)
    assert next_step(steps_of(alert), at).due_at == raised + timedelta(minutes=30)


@pytest.mark.parametrize("name", MINUTES)
def test_both_ends_of_a_range_may_be_set_and_nothing_beyond(lena: Staff, name: str) -> None:
    setting = MINUTES[name]
    room = {"repeat_min": 1, "on_call_min": 60, "lead_min": 120}
    room |= {"on_call_min": 2} if name == "lead_min" else {}
    room |= {"repeat_min": 1} if name == "on_call_min" else {}
    room |= {"on_call_min": 31} if name == "repeat_min" else {}
    change(lena, **room)
    for value in (setting.low, setting.high):
        if getattr(escalation_of(lena.clinic), name) != value:
            change(lena, **{name: value})
    for value in (setting.low - 1, setting.high + 1):
        with pytest.raises(RuleBroken) as broken:
            change(lena, **{name: value})
        assert codes(broken.value) == {(name, "outside_guard_rail")}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"repeat_min": 10}, ("on_call_min", "steps_not_in_order")),
        ({"lead_min": 10}, ("lead_min", "steps_not_in_order")),
        ({"lead_min": None}, ("lead_min", "required")),
        ({"lead_min": 25, "reason": " "}, ("reason", "required")),
        ({}, ("", "nothing_changed")),
    ],
)
def test_a_wrong_change_is_refused_and_nothing_is_written(
    lena: Staff, changes: dict[str, Any], refused: tuple[str, str]
) -> None:
    with pytest.raises(RuleBroken) as broken:
        change(lena, **changes)
    assert codes(broken.value) == {refused}
    assert not EscalationVersion.objects.exists() and not AuditEvent.objects.exists()


def test_who_changed_it_in_between_is_named(lena: Staff) -> None:
    change(lena, lead_min=30)
    with pytest.raises(RuleBroken) as broken:
        change(lena, lead_min=40, seen_version=SHIPPED.version)
    (error,) = broken.value.errors
    assert (error.code, error.value) == ("changed_meanwhile", lena.full_name)


def test_the_same_change_twice_is_one_version(lena: Staff) -> None:
    facts = {"reason": REASON, "seen_version": SHIPPED.version, "write_key": uuid4()}
    wanted = replace(SHIPPED, lead_min=30)
    first = change_escalation(by=lena, wanted=wanted, **facts)
    assert change_escalation(by=lena, wanted=wanted, **facts) == first
    with pytest.raises(AlreadySaved):
        change_escalation(by=lena, wanted=replace(SHIPPED, lead_min=40), **facts)


def test_going_back_is_a_version_that_holds_what_ships(lena: Staff) -> None:
    change(lena, lead_min=30)
    row = reset_escalation(
        by=lena, reason=REASON, seen_version="clinic-escalation-1", write_key=None
    )
    assert (row.number, row.shipped) == (2, SHIPPED.version)
    held = escalation_of(lena.clinic)
    assert {getattr(held, name) == getattr(SHIPPED, name) for name in MINUTES} == {True}


# --- the pages


def save(client: Client, **changes: Any) -> Any:
    address = reverse("clinic:escalation")
    return client.post(address, typed(client.get(address), **changes))


def test_each_number_stands_with_what_ships_and_its_range(as_lena: Client) -> None:
    page = said(as_lena.get(reverse("clinic:escalation")))
    for name, setting in MINUTES.items():
        assert f'name="{name}"' in page and str(setting) in page
    assert "Holds now: escalation-1." in page


def test_a_change_by_the_page_holds_and_stands_in_the_history(as_lena: Client) -> None:
    answer = save(as_lena, lead_min="30", on_call_min="12")
    assert answer.status_code == 302
    page = said(as_lena.get(answer.url))
    assert REASON in page
    for words in (
        "High: call everybody on call after: 12\N{NO-BREAK SPACE}min, was 10\N{NO-BREAK SPACE}min",
        "High: call the clinic lead after: 30\N{NO-BREAK SPACE}min, was 20\N{NO-BREAK SPACE}min",
    ):
        assert words in page
    assert save(as_lena).status_code == 422


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lead_min": "9"}, "has to come after 10 minutes. You entered 9."),
        ({"lead_min": "soon"}, "must be a number"),
        ({"lead_min": ""}, "High: call the clinic lead after is missing."),
        ({"medium_lead_min": "481"}, "can be set to 30–480\N{NO-BREAK SPACE}min. You entered 481."),
        ({"reason": ""}, "Reason is missing."),
    ],
)
def test_a_wrong_post_says_what_is_wrong(
    as_lena: Client, changes: dict[str, Any], words: str
) -> None:
    answer = save(as_lena, **changes)
    assert answer.status_code == 422 and words in said(answer)


def test_somebody_elses_change_is_shown_and_a_second_save_is_meant(
    as_lena: Client, lena: Staff
) -> None:
    address = reverse("clinic:escalation")
    body = typed(as_lena.get(address), lead_min="40")
    change(lena, lead_min=30)
    stale = as_lena.post(address, body)
    page = said(stale)
    assert stale.status_code == 422 and "saved these details at" in page
    assert "call the clinic lead after: 40\N{NO-BREAK SPACE}min, was 30" in page
    again = as_lena.post(address, typed(stale))
    assert again.status_code == 302 and escalation_of(lena.clinic).lead_min == 40


def test_the_way_back_says_what_it_changes(as_lena: Client, lena: Staff) -> None:
    change(lena, lead_min=30)
    address = reverse("clinic:escalation_reset")
    page = as_lena.get(address)
    assert "call the clinic lead after: 20\N{NO-BREAK SPACE}min, was 30" in said(page)
    assert as_lena.post(address, typed(page)).status_code == 302
    assert escalation_of(lena.clinic).lead_min == 20


# --- the second door


def test_the_api_gives_what_holds_and_takes_a_change(lena: Staff, nia: Staff) -> None:
    api = Api(lena)
    assert api.get("escalation/").json()["version"] == "escalation-1"
    body = {"version": "escalation-1", "reason": REASON}
    made = api.post("escalation-versions/", **body, lead_min=30)
    assert made.status_code == 201 and made.json()["escalation"]["lead_min"] == 30
    nurse = Api(nia)
    assert nurse.get("escalation/").json() == made.json()["escalation"]
    assert nurse.get("escalation-versions/").json()["results"] == [made.json()]
    assert nurse.post("escalation-versions/", **body, lead_min=40).status_code == 403
    stale = api.post("escalation-versions/", **body, lead_min=40)
    assert errors_of(stale) == {"version": "changed_meanwhile"}
    body["version"] = "clinic-escalation-1"
    wrong = api.post("escalation-versions/", **body, lead_min=3)
    assert errors_of(wrong) == {"lead_min": "outside_guard_rail"}
    back = api.post("escalation-versions/", **body, reset_to_shipped=True)
    assert back.json()["shipped"] == "escalation-1"
