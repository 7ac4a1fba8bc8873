"""The discharge page: evidence in words, one-tap ticks, the signature and what follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.checkins import plan_check_ins
from sessions_app.models import AuditEvent, SignOff, Staff, TreatmentSession
from tests.conftest import PIN, START
from tests.sessions_app.chairside_people import make_ready, sign, vitals
from tests.sessions_app.check_in_people import make_help_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(session: TreatmentSession, nia: Staff, time_machine: Any) -> TreatmentSession:
    make_ready(session, nia)
    time_machine.move_to(START + timedelta(minutes=100), tick=False)
    return session


@pytest.fixture
def post(as_nia: Client, ready: TreatmentSession) -> Any:
    def send(path: str, **fields: str) -> Any:
        return as_nia.post(f"/s/{ready.pk}/{path}", {"write_key": str(uuid4()), **fields})

    return send


def read(client: Client, session: TreatmentSession) -> str:
    return client.get(f"/s/{session.pk}/discharge/").content.decode()


def test_each_check_shows_its_evidence_in_words(as_nia: Client, ready: TreatmentSession) -> None:
    page = read(as_nia, ready)
    for words in (
        "1:40 since the dose started",
        "126/80 at 11:35, baseline 128/79",
        "98\u00a0% at 11:35",
        "MOAA/S 5 at 11:35",
        "No open side effects",
        "Confirmed by NA 11:36",
        "9 of 9",
    ):
        assert words in page


def test_the_summary_says_highest_lowest_worst_and_on_time(
    as_nia: Client, ready: TreatmentSession, nia: Staff
) -> None:
    vitals(ready, nia, 20, systolic=155, diastolic=93, spo2=95)
    page = read(as_nia, ready)
    assert "155/93" in page
    assert "highest BP, at 0:20" in page
    assert "95\u00a0%" in page


def test_a_tick_is_one_tap_and_so_is_its_removal(
    post: Any, as_nia: Client, ready: Any, time_machine: Any
) -> None:
    assert post("discharge/check/", code="steady", is_met="no").status_code == 302
    assert "8 of 9" in read(as_nia, ready)
    assert "1 check left: Walks steadily without help" in read(as_nia, ready)
    time_machine.move_to(START + timedelta(minutes=101), tick=False)
    assert post("discharge/check/", code="steady", is_met="yes").status_code == 302
    assert "9 of 9" in read(as_nia, ready)
    assert post("discharge/check/", code="watched", is_met="yes").status_code == 422


def test_signing_too_early_names_the_check_and_keeps_the_escort(
    post: Any, as_nia: Client, ready: TreatmentSession
) -> None:
    post("discharge/check/", code="escort_present", is_met="no")
    answer = post("sign/", pin=PIN, escort_name="Ida Berg")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#check-escort_present">Handed over to the escort in person</a>' in page
    assert "<title>Error: Discharge" in page
    assert 'value="Ida Berg"' in page
    assert PIN not in page
    assert not SignOff.objects.exists()
    overruled = {
        "override_code_escort_present": "other_support",
        "override_reason_escort_present": "taxi with a nurse",
        "override_by_escort_present": "Dr Asha Patel",
    }
    assert post("sign/", pin=PIN, escort_name="Ida Berg", **overruled).status_code == 302
    printed = as_nia.get(f"/s/{ready.pk}/print/").content.decode()
    assert "Dr Asha Patel: Other support is arranged: taxi with a nurse" in printed


@pytest.mark.django_db(transaction=True)
def test_a_wrong_pin_says_so_and_never_shows_it(post: Any) -> None:
    answer = post("sign/", pin="987654", escort_name="Ida Berg")
    assert answer.status_code == 422
    assert "This PIN is not right" in answer.content.decode()
    assert "987654" not in answer.content.decode()


def test_signed_void_signed_again_and_amended(
    post: Any, as_nia: Client, ready: TreatmentSession
) -> None:
    assert post("sign/", pin=PIN, escort_name="Rui Vale").status_code == 302
    page = read(as_nia, ready)
    assert "9 of 9" in page
    assert "Signed. M.V. left 11:40." in page
    assert "Signed 2 Mar 2026, 11:40 by Nia Adeyemi" in page
    assert "Undo: signed too early" in page
    assert "Sign and discharge" not in page
    assert post("amend/", text="", reason="").status_code == 422
    assert post("void/", reason="").status_code == 422
    assert post("void/", reason="forgot a reading").status_code == 302
    assert "Sign and discharge" in read(as_nia, ready)
    assert post("sign/", pin=PIN, escort_name="Rui Vale").status_code == 302
    assert post("amend/", text="Left arm.", reason="asked").status_code == 302
    printed = as_nia.get(f"/s/{ready.pk}/print/").content.decode()
    for words in ("Left arm.", "forgot a reading", "Handed over to Rui Vale"):
        assert words in printed


def test_a_second_signature_says_who_was_first(
    post: Any, as_nia: Client, ready: TreatmentSession, tom: Staff
) -> None:
    sign(ready, tom)
    answer = post("sign/", pin=PIN, escort_name="Rui Vale")
    assert answer.status_code == 422
    assert "Tom Oduya signed this session at 02 Mar 11:40" in answer.content.decode()


def test_another_end_is_signed_with_its_reason(post: Any, ready: TreatmentSession) -> None:
    answer = post("end/transferred/", pin=PIN)
    assert answer.status_code == 422
    for words in ("Reason is missing", "Taken to is missing", "What was handed over"):
        assert words in answer.content.decode()
    facts = {
        "reason": "Chest pain, ambulance called",
        "transferred_to": "St. Anne's",
        "handover": "dose and readings to the crew",
    }
    assert post("end/transferred/", pin=PIN, **facts).status_code == 302
    kept = SignOff.objects.get()
    assert (kept.end, kept.transferred_to, kept.signed_with) == ("transferred", "St. Anne's", "pin")


def test_an_end_that_nobody_knows_is_no_page(as_nia: Client, ready: TreatmentSession) -> None:
    assert as_nia.get(f"/s/{ready.pk}/end/discharged/").status_code == 404
    assert as_nia.get(f"/s/{ready.pk}/end/went-for-a-walk/").status_code == 404


def test_a_running_infusion_is_said(
    as_nia: Client, session: TreatmentSession, at_chair: Any
) -> None:
    assert "the infusion is not stopped" in read(as_nia, session)
    body = {"write_key": str(uuid4()), "pin": PIN, "escort_name": "Rui Vale"}
    answer = as_nia.post(f"/s/{session.pk}/sign/", body)
    assert "The infusion is still running" in answer.content.decode()


def test_without_a_dose_only_other_ends_are_offered(
    as_nia: Client, session: TreatmentSession, nia: Staff
) -> None:
    session.dose_started_at = None
    session.save()
    page = read(as_nia, session)
    assert "No dose was given" in page
    assert "Sign and discharge" not in page


def test_the_link_is_made_once_shown_once_and_needs_tested_lines(
    post: Any, as_nia: Client, ready: TreatmentSession, nia: Staff
) -> None:
    plan_check_ins(session=ready, by=nia)
    refused = post("discharge/link/")
    assert refused.status_code == 422
    make_help_lines(ready.clinic, tested=START)
    made = post("discharge/link/")
    page = made.content.decode()
    assert made.status_code == 200
    assert "http://testserver/c/" in page
    assert "<svg" in page
    assert AuditEvent.objects.filter(tag="check-in:link").count() == 1
    assert "http://testserver/c/" not in read(as_nia, ready)


def test_without_a_coming_check_in_there_is_no_link(
    post: Any, as_nia: Client, ready: TreatmentSession
) -> None:
    assert "No check-in is planned" in read(as_nia, ready)
    assert post("discharge/link/").status_code == 302


def test_the_lead_reads_and_signs_nothing(
    client: Client, ready: TreatmentSession, lena: Staff
) -> None:
    client.force_login(lena)
    assert "Sign and discharge" not in read(client, ready)
    assert client.post(f"/s/{ready.pk}/sign/", {}).status_code == 403


def test_a_later_reading_unticks_on_the_page(
    as_nia: Client, ready: TreatmentSession, nia: Staff
) -> None:
    vitals(ready, nia, 99, systolic=158, diastolic=98)
    page = read(as_nia, ready)
    assert "Was met 11:35; 158/98 at 11:39 is not near baseline 128/79" in page
    assert "8 of 9" in page
