"""Every address × method × person, against the reviewed table in authorisation.csv.

The walk takes the addresses from the URL configuration itself, so none can be left out. Somebody
else's object and a missing one must answer with the same bytes.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sessions_app.actions import protocols as deeds
from sessions_app.actions.devices import register_device
from sessions_app.actions.instruments import load_instrument
from sessions_app.actions.scores import record_score
from sessions_app.actions.watch import record_watch_check
from sessions_app.models import (
    Alert,
    Appointment,
    CheckInRequest,
    Clinic,
    HelpLine,
    MedicationGiven,
    OnCallShift,
    SideEffect,
    SideEffectChange,
    SignOff,
    SignOffVoid,
    Staff,
    TreatmentSession,
    VitalReading,
)
from sessions_app.roles import Role
from sessions_app.rules.guard_rails import thresholds
from sessions_app.rules.limits import DEFAULT_ALERTS, LIMITS_VERSION
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED
from tests.conftest import START, make_staff
from tests.sessions_app.instruments.own_definition import as_file, sleep

pytestmark = pytest.mark.any_engine
TABLE = Path(__file__).with_name("authorisation.csv")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
ROLES = tuple(role.value for role in Role)
COLUMNS = ("anonymous", *ROLES, "foreign", "missing", "disabled")
PATIENT_FACTS = ("Maya", "Vale", "N-1043", "0000042", "none known", "left arm only")
REFUSALS = (301, 302, 401, 403, 404, 405)
OPEN_API = {"schema", "api_unknown"}  # what is not a deed: the description, and nothing at all
CSRF = re.compile(rb'(csrfmiddlewaretoken" value=")[^"]*')


class Address(NamedTuple):
    name: str
    parameters: tuple[str, ...]
    view: Any


def addresses(
    patterns: list[Any] | None = None, space: str = "", above: tuple[str, ...] = ()
) -> Iterator[Address]:
    """Every named address below the root, with the names of its parameters."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        mine = (*above, *getattr(pattern.pattern, "converters", {}))
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner, mine)
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"{pattern.pattern} has no name, so no row can speak of it"
            yield Address(f"{space}{pattern.name}", mine, pattern.callback)


ADDRESSES = sorted(addresses())
EXPECTED = {
    (row["name"], row["method"]): row
    for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())
}


def methods(address: Address) -> tuple[str, ...]:
    """PATCH too where the API has it; elsewhere it is one more method that is not there."""
    api_view = getattr(address.view, "cls", None)
    return (*METHODS, "PATCH") if hasattr(api_view, "patch") else METHODS


@pytest.fixture
def people(
    nia: Staff, dr_patel: Staff, lena: Staff, remy: Staff, elsewhere: Clinic
) -> dict[str, Staff | None]:
    """Who knocks: each role at Northside, its twin at Elsewhere, somebody who left, nobody."""
    gone = make_staff(nia.clinic, "gone", "Gail Gone", Role.NURSE)
    found: dict[str, Staff | None] = {
        "anonymous": None,
        "nurse": nia,
        "physician": dr_patel,
        "lead": lena,
        "researcher": remy,
        "disabled": gone,
    }
    for role in Role:
        found[f"foreign {role}"] = make_staff(elsewhere, f"far-{role}", "Faye Far", role)
    return found


@pytest.fixture
def objects(session: TreatmentSession, nia: Staff) -> dict[str, Any]:
    """One object of each kind at Northside, by the name of its parameter in an address."""
    clinic, patient = session.clinic, session.patient
    entry = {"clinic": clinic, "session": session, "recorded_by": nia}
    at = {"taken_at": START, "recorded_at": START}
    reading = VitalReading.objects.create(spo2=88, **entry, **at)
    effect = SideEffect.objects.create(
        code="nausea", grade="mild", note="left arm only", **entry, **at
    )
    change = SideEffectChange.objects.create(
        clinic=clinic, effect=effect, kind="worse", grade="moderate", recorded_by=nia, **at
    )
    alert = Alert.objects.create(
        clinic=clinic,
        patient=patient,
        session=session,
        reading=reading,
        level="high",
        code="spo2_low",
        raised_at=START,
    )
    signed = SignOff.objects.create(clinic=clinic, session=session, signed_by=nia, signed_at=START)
    SignOffVoid.objects.create(
        clinic=clinic, sign_off=signed, reason="early", voided_by=nia, voided_at=START
    )
    request = CheckInRequest.objects.create(
        clinic=clinic,
        patient=patient,
        session=session,
        slot="2h",
        due_at=START,
        opens_at=START,
        closes_at=START + timedelta(hours=6),
        instruments=["mood_0_10"],
    )
    booked = Appointment.objects.create(clinic=clinic, patient=patient, starts_at=START)
    line = HelpLine.objects.create(
        clinic=clinic, kind="clinic", label="Clinic", number="0", hours="always"
    )
    stamp = {"reason": "Agreed", "seen_version": PROTOCOL_VERSION, "write_key": None}
    longer = replace(SHIPPED["im"], watch_min=100)
    protocol = deeds.change_protocol(by=nia, protocol=longer, **stamp)
    slower = thresholds(DEFAULT_ALERTS) | {"heart_rate_low_both_medium": 45}
    seen = {"seen_version": LIMITS_VERSION}
    limits = deeds.change_alert_limits(by=nia, values=slower, **stamp | seen)
    device = register_device(by=nia, token="t" * 43, name="iPad")
    dose = session.dose_events.first()
    shift = OnCallShift.objects.create(
        clinic=clinic, staff=nia, starts_at=START, ends_at=START + timedelta(hours=15)
    )
    medication = MedicationGiven.objects.create(
        drug="labetalol",
        amount=10,
        unit="mg",
        route="iv",
        reason="182/110",
        ordered_by="Dr Asha Patel",
        **entry,
        **at,
    )
    load_instrument(by=nia, content=as_file(sleep()), write_key=None)
    entered = record_score(
        by=nia, patient=patient, instrument="madrs", total=23, write_key=None, clock=lambda: START
    )
    look = record_watch_check(
        by=nia, patient=patient, item="bladder", result="no blood", write_key=None
    )
    return {
        "instrument": "sleep_short",
        "score_id": entered.scores.get().pk,
        "look_id": look.pk,
        "session_id": session.pk,
        "patient_id": patient.pk,
        "course_id": session.course_id,
        "chair_id": session.chair_id,
        "reading_id": reading.pk,
        "event_id": dose.pk if dose else None,
        "medication_id": medication.pk,
        "effect_id": effect.pk,
        "change_id": change.pk,
        "entry_id": reading.pk,
        "alert_id": alert.pk,
        "sign_off_id": signed.pk,
        "request_id": request.pk,
        "appointment_id": booked.pk,
        "line_id": line.pk,
        "device_id": device.pk,
        "staff_id": nia.pk,
        "protocol_id": protocol.pk,
        "limits_id": limits.pk,
        "shift_id": shift.pk,
    }


PLAIN = {
    "route": "iv",
    "kind": "reading",
    "code": "transferred",
    "number": 1,
    "slot": "2h",
    "item": "bladder",
    "step": 1,
    "curve": "onset",
    "form": "svg",
    "token": "unknown",
}


def path_of(address: Address, objects: dict[str, Any]) -> str:
    chosen = {name: PLAIN.get(name, objects.get(name)) for name in address.parameters}
    unknown = [name for name, value in chosen.items() if value is None]
    assert not unknown, f"{address.name}: add an object for {unknown} to the fixture `objects`"
    return reverse(address.name, kwargs=chosen)


def missing(objects: dict[str, Any]) -> dict[str, Any]:
    return {name: uuid4() for name in objects}


def knock(person: Staff | None, method: str, path: str) -> HttpResponse:
    """One request with an empty body; whatever it did is undone."""
    client = Client(raise_request_exception=False)
    undone = transaction.atomic()
    # The count of wrong PINs insists on the outermost transaction, which a test never has.
    undone._from_testcase = True  # type: ignore[attr-defined]
    with undone:
        if person is not None:
            client.force_login(person)
            if person.username == "gone":
                Staff.objects.filter(pk=person.pk).update(is_active=False)
        kind = {"content_type": "application/json"} if path.startswith("/api/") else {}
        if method in ("GET", "HEAD"):
            answer = getattr(client, method.lower())(path)
        else:
            body = json.dumps({}) if kind else ""
            sent = {} if method == "POST" and not kind else body
            answer = getattr(client, method.lower())(path, sent, **kind)
        transaction.set_rollback(True)
    return answer


def check_answer(answer: HttpResponse, said: str) -> None:
    """What holds for every answer to anybody."""
    assert answer.status_code < 500, said
    assert answer.headers["Cache-Control"] == "no-store", said
    assert answer.headers["X-Content-Type-Options"] == "nosniff", said
    # Nothing of an address leaves this site; a form's own Origin has to reach the CSRF check.
    assert answer.headers["Referrer-Policy"] == "strict-origin", said
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, said
    assert "unsafe-inline" not in policy, said
    if answer.status_code == 405:
        assert answer.headers["Allow"], said
    if answer.status_code in REFUSALS:
        text = answer.content.decode()
        told = [fact for fact in PATIENT_FACTS if fact in text]
        assert told == [], f"{said}: the refusal tells {told}"


def measured(
    address: Address, method: str, people: dict[str, Staff | None], objects: dict[str, Any]
) -> dict[str, str]:
    """The row that the code itself would write."""
    path, row = path_of(address, objects), {"name": address.name, "method": method}
    for who in ("anonymous", *ROLES, "disabled"):
        answer = knock(people[who], method, path)
        check_answer(answer, f"{method} {address.name} as {who}")
        row[who] = str(answer.status_code)
    row["foreign"] = row["missing"] = "-"
    if not any(name.endswith("_id") for name in address.parameters):
        return row
    role = next((role for role in ROLES if row[role] not in ("403", "405")), ROLES[0])
    stranger = people[f"foreign {role}"]
    theirs = knock(stranger, method, path)
    nobodys = knock(stranger, method, path_of(address, missing(objects)))
    check_answer(theirs, f"{method} {address.name} as a stranger")
    assert CSRF.sub(b"", theirs.content) == CSRF.sub(b"", nobodys.content), (
        f"{method} {address.name}: another clinic's object and a missing one differ"
    )
    assert dict(theirs.headers) == dict(nobodys.headers), address.name
    own_missing = knock(people[role], method, path_of(address, missing(objects)))
    assert own_missing.status_code == nobodys.status_code, address.name
    row["foreign"], row["missing"] = str(theirs.status_code), str(nobodys.status_code)
    return row


@pytest.mark.usefixtures("at_chair")
@pytest.mark.parametrize("address", ADDRESSES, ids=[each.name for each in ADDRESSES])
def test_each_address_answers_each_person_as_the_table_says(
    address: Address, people: dict[str, Staff | None], objects: dict[str, Any]
) -> None:
    for method in methods(address):
        found = measured(address, method, people, objects)
        line = ",".join(found[column] for column in ("name", "method", *COLUMNS))
        expected = EXPECTED.get((address.name, method))
        assert expected is not None, (
            f"{address.name} has no row for {method}. Read this one, and if it is what the role "
            f"may do, add it to {TABLE.name}: {line}"
        )
        assert {name: expected[name] for name in found} == found, f"measured: {line}"


def test_the_table_speaks_of_no_address_that_is_gone() -> None:
    names = {address.name for address in ADDRESSES}
    assert sorted({name for name, _ in EXPECTED} - names) == []
    assert len(EXPECTED) == sum(len(methods(address)) for address in ADDRESSES), "each once"


def test_every_view_names_its_deed_or_that_it_is_open() -> None:
    """Default deny: a new view without a policy is noticed here, whatever its address."""
    silent = []
    for address in ADDRESSES:
        api_view = getattr(address.view, "cls", None)
        if api_view is not None:
            has_policy = getattr(api_view, "deeds", None) or getattr(api_view, "deed", None)
            if not has_policy and address.name not in OPEN_API:
                silent.append(address.name)
        elif not hasattr(address.view, "deed"):
            silent.append(address.name)
    assert silent == []


def test_nobody_but_clinical_staff_writes_in_a_session() -> None:
    """The table itself, read aloud: what must never be in it."""
    for (name, method), row in EXPECTED.items():
        said = f"{method} {name}"
        assert row["disabled"] == row["anonymous"], f"{said}: who left is nobody"
        if row["foreign"] != "-":
            assert row["foreign"] == row["missing"], said
            assert row["foreign"] in ("403", "404", "405"), f"{said}: a stranger gets nothing"
        if method == "HEAD":
            assert row == EXPECTED[name, "GET"] | {"method": "HEAD"}, said
        elif method in ("PUT", "DELETE"):
            others = {row[who] for who in COLUMNS} - {"401", "403", "404", "405", "-"}
            assert not others, f"{said}: no address knows this method"
        elif method != "GET" and name.startswith(("care:", "api:")) and name not in OPEN_API:
            assert row["researcher"] in ("403", "405"), f"{said}: a researcher writes nothing"
            assert row["anonymous"] in ("302", "401", "405"), said
