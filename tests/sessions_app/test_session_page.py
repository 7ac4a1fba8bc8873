"""The nurse's pages as a chain, and each page on its own: what they take, refuse and show."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app.chairside.dose_given import dose_given_mg
from sessions_app.models import (
    Alert,
    AuditEvent,
    Chair,
    DoseEvent,
    Prescription,
    SideEffect,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import PIN, START
from tests.posting import stay_until

pytestmark = pytest.mark.django_db


def key() -> str:
    return str(uuid4())


def gate_post(prescription: Prescription, second: Staff, **changes: Any) -> dict[str, Any]:
    """A start gate where all is well."""
    return {
        "write_key": key(),
        "patient": str(prescription.course.patient_id),
        "prescription": str(prescription.pk),
        "identity": "yes",
        "escort": "yes",
        "fasting": "yes",
        "medicines_changed": "no",
        "alcohol_or_drugs": "no",
        "suicidal_thoughts": "no",
        "bladder": "no",
        "pregnancy": "no",
        "systolic": "128",
        "diastolic": "79",
        "heart_rate": "72",
        "spo2": "98",
        "respiratory_rate": "14",
        "moaas": "5",
        "weight_kg": "72.4",
        "second_person": str(second.pk),
        "second_pin": PIN,
        "start": "1",
    } | changes


@pytest.fixture
def begun(
    as_nia: Client, chair: Chair, prescription: Prescription, tom: Staff, time_machine: Any
) -> TreatmentSession:
    """A session started through the page at START."""
    time_machine.move_to(START, tick=False)
    answer = as_nia.post(f"/chairs/{chair.pk}/start/", gate_post(prescription, tom))
    assert answer.status_code == 302, answer.context["form"].errors
    return TreatmentSession.objects.get()


def test_a_whole_session_from_the_gate_to_the_signature(
    as_nia: Client, begun: TreatmentSession, time_machine: Any, nia: Staff
) -> None:
    at = f"/s/{begun.pk}/"
    assert begun.dose_started_at == START
    assert begun.readings.count() == 1
    stay_until(as_nia, time_machine, START + timedelta(minutes=20))
    reading = {"write_key": key(), "systolic": "150", "diastolic": "90", "spo2": "97"}
    assert as_nia.post(f"{at}readings/", reading).status_code == 302
    effect = {"write_key": key(), "code": "nausea", "grade": "mild"}
    assert as_nia.post(f"{at}effects/", effect).status_code == 302
    stay_until(as_nia, time_machine, START + timedelta(minutes=40))
    stop = {"write_key": key(), "kind": "stop"}
    assert as_nia.post(f"{at}dose/", stop).status_code == 302
    assert dose_given_mg(begun) == Decimal("36")
    stay_until(as_nia, time_machine, START + timedelta(minutes=100))
    last = {"systolic": "126", "diastolic": "80", "spo2": "98", "moaas": "5", "write_key": key()}
    assert as_nia.post(f"{at}readings/", last).status_code == 302
    nausea = begun.effects.get()
    gone = {"write_key": key(), "kind": "resolved"}
    assert as_nia.post(f"{at}effects/{nausea.pk}/", gone).status_code == 302
    for code in ("steady", "leaflet", "escort_present", "suicide_asked"):
        tick = {"write_key": key(), "code": code, "is_met": "yes"}
        assert as_nia.post(f"{at}discharge/check/", tick).status_code == 302
    page = as_nia.get(f"{at}discharge/").content.decode()
    assert "9 of 9" in page
    signed = as_nia.post(f"{at}sign/", {"write_key": key(), "pin": PIN, "escort_name": "Rui Vale"})
    assert signed.status_code == 302
    sign_off = SignOff.objects.get()
    assert (sign_off.end, sign_off.signed_by) == ("discharged", nia)
    after = as_nia.get(at).content.decode()
    assert "Add amendment" in after
    assert "Save reading" not in after
    assert as_nia.get("/chairs/").content.decode().count("is free") == 1


@pytest.mark.parametrize("page", ["", "table/", "print/", "discharge/"])
def test_every_page_of_a_session_opens_and_leaves_one_look(
    as_nia: Client, begun: TreatmentSession, page: str
) -> None:
    before = AuditEvent.objects.filter(tag="session:look").count()
    answer = as_nia.get(f"/s/{begun.pk}/{page}")
    assert answer.status_code == 200
    assert AuditEvent.objects.filter(tag="session:look").count() == before + 1


def test_no_dose_is_written_with_trailing_zeros(as_nia: Client, begun: TreatmentSession) -> None:
    for page in (f"/s/{begun.pk}/", f"/s/{begun.pk}/print/", "/chairs/"):
        text = as_nia.get(page).content.decode()
        assert not re.search(r"\d\.\d*0[\s\u00a0]+(mg|mL|kg)", text)
        assert "36\u00a0mg" in text


def test_the_form_shows_what_was_measured_last(as_nia: Client, begun: TreatmentSession) -> None:
    assert "was 128" in as_nia.get(f"/s/{begun.pk}/").content.decode()


def test_an_alarm_asks_over_the_saved_value_and_yes_takes_it(
    as_nia: Client, begun: TreatmentSession, nia: Staff, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=10), tick=False)
    high = {"write_key": key(), "systolic": "184", "diastolic": "106"}
    as_nia.post(f"/s/{begun.pk}/readings/", high)
    page = as_nia.get(f"/s/{begun.pk}/").content.decode()
    assert "Is that what the monitor shows?" in page
    assert "184/106" in page
    alert = Alert.objects.filter(level="high").get()
    answer = as_nia.post(f"/s/{begun.pk}/alerts/{alert.pk}/right/")
    assert answer.status_code == 302
    owners = {row.owner_id for row in Alert.objects.open()}
    assert owners == {nia.pk}
    page = as_nia.get(f"/s/{begun.pk}/").content.decode()
    assert "/right/" not in page
    assert Alert.objects.open().count() == 2, "both numbers are past a limit"
    assert page.count("Seen at the chair") == 1, "it is one value"
    seen = as_nia.post(f"/s/{begun.pk}/alerts/{alert.pk}/seen/", {"write_key": key()})
    assert seen.status_code == 302
    this = Alert.objects.open().filter(pk=alert.pk)
    assert this.exists(), "seen, and still too high"
    assert all(row.is_seen for row in Alert.objects.open())
    time_machine.move_to(START + timedelta(minutes=15), tick=False)
    calm = {"write_key": key(), "systolic": "150", "diastolic": "94"}
    assert as_nia.post(f"/s/{begun.pk}/readings/", calm).status_code == 302
    assert not this.exists(), "seen, and back in range"


def test_a_correction_strikes_the_old_value_and_closes_its_alarm(
    as_nia: Client, begun: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=10, seconds=30), tick=False)
    high = {"write_key": key(), "systolic": "184", "diastolic": "76"}
    as_nia.post(f"/s/{begun.pk}/readings/", high)
    wrong = begun.readings.get(systolic=184)
    address = f"/s/{begun.pk}/readings/{wrong.pk}/correct/"
    form = as_nia.get(address).context["form"]
    post = {"write_key": key(), "systolic": "134", "diastolic": "76", "reason": "typed 8 for 3"}
    post["taken_at"] = form["taken_at"].value()
    assert as_nia.post(address, post).status_code == 302
    right = begun.readings.get(systolic=134)
    assert right.replaces == wrong
    assert right.taken_at == wrong.taken_at
    assert wrong.strike.reason == "typed 8 for 3"
    assert not Alert.objects.open().exists()
    page = as_nia.get(f"/s/{begun.pk}/").content.decode()
    assert "<s>184/76</s>" in page
    again = as_nia.post(address, post | {"write_key": key()})
    assert again.status_code == 422
    assert "already struck" in again.content.decode()


def test_a_correction_without_a_reason_keeps_what_was_typed(
    as_nia: Client, begun: TreatmentSession
) -> None:
    reading = begun.readings.get()
    address = f"/s/{begun.pk}/readings/{reading.pk}/correct/"
    answer = as_nia.post(address, {"write_key": key(), "systolic": "134", "diastolic": "76"})
    assert answer.status_code == 422
    assert 'value="134"' in answer.content.decode()
    assert begun.readings.count() == 1


def test_every_entry_can_be_struck_with_a_reason(
    as_nia: Client, begun: TreatmentSession, time_machine: Any
) -> None:
    time_machine.move_to(START + timedelta(minutes=5), tick=False)
    at = f"/s/{begun.pk}/"
    as_nia.post(f"{at}effects/none/", {"write_key": key()})
    as_nia.post(f"{at}effects/", {"write_key": key(), "code": "dizziness", "grade": "severe"})
    effect = SideEffect.objects.get()
    as_nia.post(f"{at}effects/{effect.pk}/", {"write_key": key(), "kind": "better"})
    entries = {
        "change": effect.changes.get(),
        "effect": effect,
        "none": begun.none_observed.get(),
        "reading": begun.readings.get(),
        "dose": begun.dose_events.get(),
    }
    for kind, entry in entries.items():
        address = f"{at}strike/{kind}/{entry.pk}/"
        assert as_nia.get(address).status_code == 200
        assert as_nia.post(address, {"write_key": key(), "reason": ""}).status_code == 422
        assert as_nia.post(address, {"write_key": key(), "reason": "slip"}).status_code == 302
    assert begun.strikes.count() == 5
    begun.refresh_from_db()
    assert begun.dose_started_at is None
    assert as_nia.get(f"{at}table/").content.decode().count("slip") == 5
    assert as_nia.get(f"{at}strike/patient/{begun.pk}/").status_code == 404


def test_the_start_of_the_dose_can_be_corrected_after_the_stop(
    as_nia: Client, begun: TreatmentSession, time_machine: Any
) -> None:
    stay_until(as_nia, time_machine, START + timedelta(minutes=40))
    as_nia.post(f"/s/{begun.pk}/dose/", {"write_key": key(), "kind": "stop"})
    start = DoseEvent.objects.get(kind="start")
    address = f"/s/{begun.pk}/dose/{start.pk}/correct/"
    post = {
        "write_key": key(),
        "rate_ml_per_hour": "75",
        "taken_at": "10:05",
        "reason": "pump began later",
    }
    assert as_nia.post(address, post).status_code == 302
    begun.refresh_from_db()
    assert begun.dose_started_at == START + timedelta(minutes=5)
    assert dose_given_mg(begun) == Decimal("31.5")


def test_the_page_works_for_the_lead_without_its_forms(
    client: Client, lena: Staff, session: TreatmentSession
) -> None:
    client.force_login(lena)
    page = client.get(f"/s/{session.pk}/")
    assert page.status_code == 200
    assert "Save reading" not in page.content.decode()
    assert client.post(f"/s/{session.pk}/readings/", {}).status_code == 403


PATHS = [
    ("get", ""),
    ("get", "table/"),
    ("get", "print/"),
    ("get", "discharge/"),
    ("post", "dose/"),
    ("post", "effects/"),
    ("post", "effects/none/"),
    ("post", "discharge/check/"),
    ("post", "discharge/link/"),
    ("post", "sign/"),
    ("post", "void/"),
    ("post", "amend/"),
]


@pytest.mark.parametrize(("how", "path"), PATHS)
def test_another_clinic_finds_nothing_and_a_researcher_is_refused(
    client: Client, session: TreatmentSession, otto: Staff, remy: Staff, how: str, path: str
) -> None:
    client.force_login(otto)
    assert getattr(client, how)(f"/s/{session.pk}/{path}").status_code == 404
    client.force_login(remy)
    assert getattr(client, how)(f"/s/{session.pk}/{path}").status_code == 403


def test_an_imported_session_is_marked_and_read_only(
    as_nia: Client, course: Any, nia: Staff
) -> None:
    from tests.conftest import make_session

    old = make_session(
        course,
        nia,
        origin="import",
        external_id="7",
        infusion_minutes=None,
        bag_mg=None,
        bag_volume_ml=None,
        documented_dose_mg=Decimal("36.5"),
    )
    page = as_nia.get(f"/s/{old.pk}/").content.decode()
    assert "Imported" in page
    assert "36.5\u00a0mg" in page
    assert "Save reading" not in page
    refused = as_nia.post(f"/s/{old.pk}/readings/", {"write_key": key(), "systolic": "120"})
    assert refused.status_code == 422
    text = {"write_key": key(), "text": "The dose was 36 mg.", "reason": "letter from elsewhere"}
    assert as_nia.post(f"/s/{old.pk}/amend/", text).status_code == 302
    assert "The dose was 36 mg." in as_nia.get(f"/s/{old.pk}/").content.decode()
    for path in ("table/", "print/", "discharge/"):
        assert as_nia.get(f"/s/{old.pk}/{path}").status_code == 200


def test_a_refused_dose_and_effect_keep_the_page_and_the_words(
    as_nia: Client, begun: TreatmentSession
) -> None:
    at = f"/s/{begun.pk}/"
    resume = as_nia.post(f"{at}dose/", {"write_key": key(), "kind": "resume"})
    assert resume.status_code == 422
    assert "already running" in resume.content.decode()
    rate = as_nia.post(
        f"{at}dose/", {"write_key": key(), "kind": "rate_change", "rate_ml_per_hour": "4000"}
    )
    assert rate.status_code == 422
    assert 'value="4000"' in rate.content.decode()
    other = as_nia.post(f"{at}effects/", {"write_key": key(), "code": "other", "grade": "mild"})
    assert other.status_code == 422
    assert "Name in words is missing" in other.content.decode()
