"""Who has not answered: the list, what became of what was sent, and one tap to do something."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actions import check_in_links, reminders
from sessions_app.actions.instruments import load_instrument
from sessions_app.alerting.notifiers import NotSent
from sessions_app.checkins import overdue
from sessions_app.models import (
    AuditEvent,
    CheckIn,
    CheckInCall,
    CheckInRequest,
    Clinic,
    Delivery,
    Message,
    Patient,
    Staff,
    TreatmentSession,
    new_key,
)
from tests.api_client import Api, errors_of
from tests.conftest import make_course, make_patient, make_session
from tests.posting import post, said
from tests.sessions_app.calling_people import Gateway, gateway
from tests.sessions_app.check_in_people import after, make_help_lines, planned
from tests.sessions_app.instruments.own_definition import as_file, sleep

__all__ = ["gateway"]  # the fixture
LIST = "care:checkin_links"
NOW = after(25)


@pytest.fixture
def asked(
    session: TreatmentSession, nia: Staff, northside: Clinic, time_machine: Any
) -> CheckInRequest:
    """Maya's check-in of the next day: due an hour ago, open for eleven more."""
    make_help_lines(northside)
    time_machine.move_to(NOW, tick=False)
    Patient.objects.update(reminder_channel="sms")
    return planned(session, nia, "24h")


def page(client: Client) -> str:
    text = said(client.get(reverse(LIST)))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_who_has_not_answered_stands_with_since_when_and_what_to_do(
    as_nia: Client, asked: CheckInRequest
) -> None:
    text = page(as_nia)
    assert "1 patient has not answered" in text
    assert "Maya Vale N-1043" in text
    assert "2 check-ins are missing" in text
    assert "No message was sent" in text
    answer = said(as_nia.get(reverse(LIST)))
    assert 'href="tel:+49300000042"' in answer
    for name in ("care:checkin_call", "care:checkin_send", "care:checkin_paper"):
        assert reverse(name, args=[asked.pk]) in answer


def test_a_longer_list_asks_the_database_no_more_often(
    as_nia: Client,
    asked: CheckInRequest,
    nia: Staff,
    lena: Staff,
    django_assert_max_num_queries: Any,
) -> None:
    load_instrument(by=lena, content=as_file(sleep()), write_key=new_key())
    CheckInRequest.objects.update(instruments=["mood_0_10", "sleep_short"])
    with django_assert_max_num_queries(60) as seen:
        assert "Sleep" in said(as_nia.get(reverse(LIST)))
    for number in range(3):
        more = make_patient(nia.clinic, f"N-20{number}", "Ben", "Orr")
        planned(make_session(make_course(more), nia), nia, "2h")
    CheckInRequest.objects.update(instruments=["mood_0_10", "sleep_short"])
    with django_assert_max_num_queries(len(seen)):
        as_nia.get(reverse(LIST))


def test_an_answer_takes_the_patient_off_the_list(as_nia: Client, asked: CheckInRequest) -> None:
    CheckIn.objects.create(
        clinic=asked.clinic, patient=asked.patient, request=asked, origin="link", started_at=NOW
    )
    assert "Everybody has answered." in page(as_nia)
    assert overdue.overdue_count(asked.clinic, NOW) == 0


def test_a_patient_is_overdue_once_and_only_at_their_own_clinic(
    as_nia: Client, asked: CheckInRequest, nia: Staff, otto: Staff, northside: Clinic
) -> None:
    ben = make_patient(northside, "N-1044", "Ben", "Orr")
    planned(make_session(make_course(ben), nia), nia, "2h")
    assert overdue.overdue_count(northside, NOW) == 2
    assert "2 patients have not answered" in page(as_nia)
    stranger = Client()
    stranger.force_login(otto)
    assert "Everybody has answered." in page(stranger)


def test_who_can_still_answer_stands_first(
    asked: CheckInRequest, nia: Staff, northside: Clinic
) -> None:
    ben = make_patient(northside, "N-1044", "Ben", "Orr")
    old = planned(make_session(make_course(ben), nia), nia, "2h")
    CheckInRequest.objects.filter(patient=ben).exclude(pk=old.pk).update(cancelled_at=NOW)
    CheckInRequest.objects.filter(pk=old.pk).update(due_at=NOW - timedelta(days=5))
    found = overdue.lines(overdue.overdue(northside, NOW), NOW)
    assert [line.patient.number for line in found] == ["N-1043", "N-1044"]
    assert [line.is_open for line in found] == [True, False]


def test_one_tap_sends_the_link_and_says_so(
    as_nia: Client, asked: CheckInRequest, gateway: Gateway
) -> None:
    answer = post(as_nia, "care:checkin_send", {"back": "list"}, asked.pk)
    assert answer["Location"] == reverse(LIST)
    [(key, address, text)] = gateway.calls
    message = Message.objects.get(request=asked)
    assert (address, key) == (asked.patient.phone, message.key)
    token = re.search(r"/c/([\w-]{43})/", text)[1]  # type: ignore[index]
    assert check_in_links.find_link(token).request == asked  # type: ignore[union-attr]
    assert f"/c/{token}/stop/" in text
    assert "Vale" not in text and "Maya" not in text and "dose" not in text
    listed = page(as_nia)
    assert "Link to M.V.: sent." in listed
    assert "text message: sent" in listed
    assert token not in listed


def test_a_second_tap_with_the_same_key_sends_nothing_more(
    as_nia: Client, asked: CheckInRequest, gateway: Gateway
) -> None:
    body = {"back": "list", "write_key": str(new_key())}
    for _ in range(2):
        post(as_nia, "care:checkin_send", body, asked.pk)
    assert len(gateway.calls) == 1


def test_what_failed_and_what_nobody_knows_is_shown_and_can_be_sent_again(
    as_nia: Client, asked: CheckInRequest, nia: Staff, gateway: Gateway, time_machine: Any
) -> None:
    gateway.faults = [NotSent("no_connection")]
    post(as_nia, "care:checkin_send", {}, asked.pk)
    text = page(as_nia)
    assert "Link to M.V.: not sent: no connection to the gateway." in text
    failed = Message.objects.get()
    Delivery.objects.create(message=failed, clinic=asked.clinic, attempt=2, kind="started", at=NOW)
    time_machine.shift(timedelta(minutes=30))
    as_nia = Client()
    as_nia.force_login(nia)
    assert "nobody can say whether it arrived" in page(as_nia)
    post(as_nia, "care:checkin_send", {}, asked.pk)
    assert Message.objects.count() == 2
    assert "text message: sent" in page(as_nia)


def test_a_message_ends_no_link_that_the_patient_already_has(
    as_nia: Client, asked: CheckInRequest, gateway: Gateway, nia: Staff
) -> None:
    token = check_in_links.mint_link(by=nia, request=asked)[1]
    post(as_nia, "care:checkin_send", {}, asked.pk)
    assert check_in_links.find_link(token)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reminder_channel": "none"}, "The patient chose no messages."),
        ({"reminders_stopped_at": NOW}, "The patient stopped all messages."),
        ({"phone": ""}, "The address for messages is missing."),
    ],
)
def test_no_button_sends_what_the_patient_does_not_want(
    as_nia: Client,
    asked: CheckInRequest,
    gateway: Gateway,
    change: dict[str, Any],
    words: str,
) -> None:
    Patient.objects.update(**change)
    assert words in page(as_nia)
    assert "Text the link" not in page(as_nia)
    refused = post(as_nia, "care:checkin_send", {}, asked.pk)
    assert refused.status_code == 422
    assert gateway.calls == []
    assert not Message.objects.exists()


def test_a_call_is_noted_with_one_tap_and_stands_in_the_list(
    as_nia: Client, asked: CheckInRequest
) -> None:
    missing = post(as_nia, "care:checkin_call", {}, asked.pk)
    assert missing.status_code == 422
    assert "Choose how the call went." in said(missing)
    done = post(as_nia, "care:checkin_call", {"result": "no_answer"}, asked.pk)
    assert done.status_code == 302
    assert CheckInCall.objects.get().result == "no_answer"
    assert "by Nia Adeyemi: no answer." in page(as_nia)


def test_a_card_holds_a_code_that_opens_the_check_in_and_no_name(
    as_nia: Client, asked: CheckInRequest, maya: Patient
) -> None:
    made = said(as_nia.post(reverse(LIST), {"request": asked.pk}))
    code = re.search(r'id="typed-code">([^<]+)<', made)[1]  # type: ignore[index]
    assert Client().post("/c/", {"code": code}).status_code == 302
    card = made[made.index("<article") : made.index("</article")]
    assert "Vale" not in card and "Maya" not in card and maya.number not in card
    assert "000 111" in card, "the numbers to call"
    assert AuditEvent.objects.filter(tag__in=["check-in:link", "check-in:code"]).count() == 2


def test_the_link_can_be_ended_from_the_list(
    as_nia: Client, asked: CheckInRequest, nia: Staff
) -> None:
    assert "End the link" not in page(as_nia)
    token = check_in_links.mint_link(by=nia, request=asked)[1]
    assert "End the link" in page(as_nia)
    assert "stops working at once" in said(as_nia.get(reverse("care:checkin_end", args=[asked.pk])))
    assert check_in_links.find_link(token), "a look ends nothing"
    assert post(as_nia, "care:checkin_end", {}, asked.pk).status_code == 302
    assert check_in_links.find_link(token) is None
    assert post(as_nia, "care:checkin_end", {}, asked.pk).status_code == 422


def test_staff_stop_and_start_messages_on_the_patients_page(
    as_nia: Client, asked: CheckInRequest, maya: Patient
) -> None:
    edit = reverse("clinic:patient_edit", args=[maya.pk])
    assert "Stop all messages" in said(as_nia.get(edit))
    post(as_nia, "clinic:messages_stop", {}, maya.pk)
    maya.refresh_from_db()
    assert maya.reminders_stopped_at == NOW
    assert "The patient wants messages again" in said(as_nia.get(edit))
    post(as_nia, "clinic:messages_start", {}, maya.pk)
    maya.refresh_from_db()
    assert maya.reminders_stopped_at is None


def test_the_lead_sees_how_many_have_not_answered(
    client: Client, lena: Staff, asked: CheckInRequest
) -> None:
    client.force_login(lena)
    text = said(client.get(reverse("clinic:home")))
    assert "1 patient has not answered a check-in." in text


def test_at_discharge_the_link_is_sent_and_the_page_says_so(
    as_nia: Client, asked: CheckInRequest, gateway: Gateway
) -> None:
    leaving = reverse("care:discharge", args=[asked.session_id])
    assert "Text the link" in said(as_nia.get(leaving))
    answer = post(as_nia, "care:checkin_send", {"back": "discharge"}, asked.pk)
    assert answer["Location"] == leaving
    assert "text message: sent" in said(as_nia.get(leaving))
    made = said(post(as_nia, "care:discharge_link", {}, asked.session_id))
    assert re.search(r'id="typed-code">[0-9A-Z]{4}-[0-9A-Z]{4}<', made)


def test_the_same_deeds_at_the_second_door(
    nia: Staff, asked: CheckInRequest, gateway: Gateway, maya: Patient
) -> None:
    api, at = Api(nia), f"check-in-requests/{asked.pk}/"
    sent = api.post(f"{at}messages/")
    assert (sent.status_code, sent.json()["state"]) == (201, "sent")
    assert len(gateway.calls) == 1
    assert [row["kind"] for row in api.get(f"{at}messages/").json()["results"]] == ["link"]
    called = api.post(f"{at}calls/", result="reached", note="will answer tonight")
    assert (called.status_code, called.json()["result"]) == (201, "reached")
    assert errors_of(api.post(f"{at}calls/", result="maybe")) == {"result": "unknown_choice"}
    assert api.post(f"{at}links/end/").status_code == 200
    assert errors_of(api.post(f"{at}links/end/")) == {"request": "no_living_link"}
    stopped = api.post(f"patients/{maya.pk}/messages/stop/")
    assert stopped.json()["reminders_stopped_at"] is not None
    assert errors_of(api.post(f"{at}messages/")) == {"request": "reminders_stopped"}
    assert api.post(f"patients/{maya.pk}/messages/start/").json()["reminders_stopped_at"] is None


# --- what a link may not tell


def test_no_page_behind_a_link_passes_it_on(
    client: Client, asked: CheckInRequest, nia: Staff
) -> None:
    """The address changes at once, and no path leaves in a Referer."""
    token = check_in_links.mint_link(by=nia, request=asked)[1]
    hop = client.get(f"/c/{token}/")
    assert hop.headers["Referrer-Policy"] == "strict-origin"
    assert token not in hop["Location"] + str(client.cookies)
    shown = client.get(hop["Location"])
    assert shown.headers["Referrer-Policy"] == "strict-origin"
    assert token not in said(shown)


def test_a_head_uses_nothing_up_and_a_reminder_is_planned_after_it(
    client: Client, asked: CheckInRequest, nia: Staff
) -> None:
    token = check_in_links.mint_link(by=nia, request=asked)[1]
    for _ in range(3):
        assert client.head(f"/c/{token}/").status_code == 302
    assert check_in_links.find_link(token)
    assert reminders.plan_reminders(clock=lambda: NOW) == 1
