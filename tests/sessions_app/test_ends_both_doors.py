"""Each end at the page and at the API: the same rules, and what each of them asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.actions.signoff import confirm_check
from sessions_app.models import FailedSignIn, SessionCheck, SignOff, Staff, TreatmentSession
from tests.conftest import PIN, make_patient
from tests.sessions_app.chairside_people import at, make_ready, sign

pytestmark = pytest.mark.django_db
Door = Callable[..., tuple[int, str]]


@pytest.fixture(params=["page", "api"])
def close(
    request: pytest.FixtureRequest, as_nia: Client, session: TreatmentSession, time_machine: Any
) -> Door:
    """Signs with these facts at one of the doors; answers the status and the words."""
    time_machine.move_to(at(100)(), tick=False)

    def at_page(end: str, **facts: Any) -> tuple[int, str]:
        said = {"write_key": str(uuid4()), "pin": PIN, **facts}
        if "risks_explained" in said:
            said["risks_explained"] = "yes" if said["risks_explained"] else "no"
        for check, why in said.pop("overrides", {}).items():
            said |= {f"override_{part}_{check}": words for part, words in why.items()}
        path = "sign/" if end == "discharged" else f"end/{end}/"
        answer = as_nia.post(f"/s/{session.pk}/{path}", said)
        return answer.status_code, answer.content.decode()

    def at_api(end: str, **facts: Any) -> tuple[int, str]:
        said = {"write_key": str(uuid4()), "pin": PIN, "end": end, **facts}
        address = f"/api/v1/sessions/{session.pk}/sign-offs/"
        answer = as_nia.post(address, said, content_type="application/json")
        return answer.status_code, answer.content.decode()

    return at_page if request.param == "page" else at_api


@pytest.mark.parametrize(
    ("end", "facts", "missing"),
    [
        ("transferred", {}, ("Reason is missing", "Taken to is missing", "What was handed over")),
        ("transferred", {"reason": "fainted", "handover": "told"}, ("Taken to is missing",)),
        ("left_against_advice", {"reason": "wants to go"}, ("risks of leaving explained",)),
        ("left_against_advice", {"risks_explained": True}, ("Reason is missing",)),
        ("wrong_patient", {}, ("Reason is missing",)),
        ("wrong_patient", {"reason": "x", "right_patient": "N-0"}, ("No patient here has",)),
        ("wrong_patient", {"reason": "x", "right_patient": "N-1043"}, ("whose record this is",)),
    ],
)
def test_what_an_end_lacks_is_named(
    close: Door,
    session: TreatmentSession,
    nia: Staff,
    end: str,
    facts: dict[str, Any],
    missing: tuple[str, ...],
) -> None:
    make_ready(session, nia)
    status, words = close(end, **facts)
    assert status == 422
    for each in missing:
        assert each in words
    assert not SignOff.objects.exists()


@pytest.mark.parametrize(
    ("end", "facts"),
    [
        ("transferred", {"reason": "fainted", "transferred_to": "ED", "handover": "told them"}),
        ("left_against_advice", {"reason": "wants to go", "risks_explained": False}),
        ("wrong_patient", {"reason": "mixed up", "right_patient": "N-7"}),
        ("wrong_patient", {"reason": "nobody was in the chair"}),
    ],
)
def test_an_end_keeps_what_it_asked_for(
    close: Door, session: TreatmentSession, nia: Staff, end: str, facts: dict[str, Any]
) -> None:
    right = make_patient(nia.clinic, "N-7", "Xenia", "Bell")
    make_ready(session, nia)
    status, words = close(end, **facts)
    assert status in (201, 302), words
    kept = SignOff.objects.get()
    assert (kept.end, kept.signed_with) == (end, "pin")
    for name, value in facts.items():
        expected = right if name == "right_patient" else value
        assert getattr(kept, name) == expected


def test_not_started_needs_a_choice_or_words_and_no_dose(
    close: Door, session: TreatmentSession, nia: Staff
) -> None:
    assert close("not_started", reason_code="unwell")[0] == 422
    TreatmentSession.objects.update(dose_started_at=None)
    for facts in ({}, {"reason_code": "other"}):
        status, words = close("not_started", **facts)
        assert status == 422, words


def test_another_clinics_patient_is_nobody_here(
    close: Door, session: TreatmentSession, nia: Staff, otto: Staff
) -> None:
    make_patient(otto.clinic, "E-1", "Ellis", "Ware")
    make_ready(session, nia)
    status, words = close("wrong_patient", reason="x", right_patient="E-1")
    assert status == 422
    assert "No patient here has the number E-1" in words


@pytest.mark.parametrize(("code", "is_taken"), [("usual_for_them", True), ("because", False)])
def test_an_override_has_a_known_choice_words_and_a_name(
    close: Door, session: TreatmentSession, nia: Staff, code: str, is_taken: bool
) -> None:
    make_ready(session, nia)
    confirm_check(
        by=nia, session=session, code="steady", is_met=False, write_key=None, clock=at(98)
    )
    why = {"code": code, "reason": "walks with a stick", "by": "Dr Asha Patel"}
    status, _words = close("discharged", escort_name="Ida", overrides={"steady": why})
    assert (status in (201, 302)) is is_taken
    kept = SessionCheck.objects.filter(override_code=code, override_by="Dr Asha Patel")
    assert kept.exists() is is_taken


def test_without_a_pin_everything_that_is_left_is_said_and_no_try_is_counted(
    close: Door, session: TreatmentSession, nia: Staff
) -> None:
    make_ready(session, nia)
    status, words = close("discharged", pin="", escort_name="")
    assert status == 422
    assert "PIN is missing" in words
    assert "Escort is missing" in words
    assert not FailedSignIn.objects.exists()


def test_the_password_signs_where_there_is_no_pin(
    close: Door, session: TreatmentSession, nia: Staff, as_nia: Client
) -> None:
    make_ready(session, nia)
    nia.set_password("correct horse battery")
    nia.save()
    as_nia.force_login(nia)
    status, words = close("discharged", pin="", password="correct horse battery", escort_name="Ida")
    assert status in (201, 302), words
    assert SignOff.objects.get().signed_with == "password"


def test_a_second_end_says_who_was_first(
    close: Door, session: TreatmentSession, nia: Staff, tom: Staff
) -> None:
    make_ready(session, nia)
    sign(session, tom)
    status, words = close("discharged", escort_name="Ida")
    assert status == 422
    assert "Tom Oduya signed this session" in words
