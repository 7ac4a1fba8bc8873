"""A field that belongs to the server, sent to any write of the API, changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from sessions_app.api import serializers
from sessions_app.api.door import Shape
from sessions_app.api.urls import urlpatterns
from sessions_app.models import (
    AuditEvent,
    Patient,
    Prescription,
    SideEffect,
    Staff,
    TreatmentCourse,
    TreatmentSession,
    VitalReading,
)
from sessions_app.rules.protocols import PROTOCOL_VERSION
from tests.api_client import Api, errors_of
from tests.conftest import PIN, make_patient, make_session
from tests.promises.chairside_deeds import MEDICINE
from tests.sessions_app.instruments.own_definition import sleep
from tests.sessions_app.start_people import gate_body

pytestmark = pytest.mark.usefixtures("at_chair")
# Given by the server: who, when, whose, in which state, under which number.
SERVER_OWNED = {
    "id": str(uuid4()),
    "pk": str(uuid4()),
    "clinic": str(uuid4()),
    "clinic_id": str(uuid4()),
    "recorded_at": "2020-01-01T00:00:00Z",
    "recorded_by": str(uuid4()),
    "recorded_by_id": str(uuid4()),
    "is_late_entry": True,
    "is_struck": True,
    "strike": str(uuid4()),
    "replaces": str(uuid4()),
    "opened_at": "2020-01-01T00:00:00Z",
    "opened_by": str(uuid4()),
    "dose_started_at": "2020-01-01T00:00:00Z",
    "planned_mg": "900",
    "given_mg": "900",
    "bag_mg": "900",
    "origin": "import",
    "signed_at": "2020-01-01T00:00:00Z",
    "signed_by": str(uuid4()),
    "voided_at": "2020-01-01T00:00:00Z",
    "struck_by": str(uuid4()),
    "prescribed_by": str(uuid4()),
    "prescribed_at": "2020-01-01T00:00:00Z",
    "cancelled_at": "2020-01-01T00:00:00Z",
    "ended_at": "2020-01-01T00:00:00Z",
    "raised_at": "2020-01-01T00:00:00Z",
    "level": "low",
    "by": str(uuid4()),
    "at": "2020-01-01T00:00:00Z",
    "owner": str(uuid4()),
    "role": "lead",
    "is_active": True,
    "is_demo": True,
    "history": [],
    "created_by": str(uuid4()),
    "__proto__": {"role": "lead"},
}
LEADS = {
    "protocol_versions",
    "alert_limit_versions",
    "device_retire",
    "shifts",
    "shift_cancel",
    "escalation_versions",
    "instruments",
    "instrument_retire",
}


def dump() -> dict[str, list[Any]]:
    """Every row of every table but the audit's and the log-ins'."""
    left_out = {AuditEvent, *apps.get_app_config("sessions").get_models()}
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model not in left_out
    }


@pytest.fixture
def writes(
    session: TreatmentSession, nia: Staff, tom: Staff, prescription: Prescription
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every address that takes a POST, with a body that would be accepted."""
    from tests.promises.test_authorisation import objects

    made = objects.__wrapped__(session, nia)  # type: ignore[attr-defined]
    at, course = f"sessions/{session.pk}/", f"courses/{session.course_id}/"
    patient, alert = f"patients/{session.patient_id}/", f"alerts/{made['alert_id']}/"
    when = "2026-03-09T10:00:00Z"
    pick = {"patient": str(session.patient_id), "starts_at": when}
    order = {"drug": "ketamine", "route": "im", "mg_per_kg": "0.5", "valid_until": "2026-12-31"}
    gate = gate_body(prescription, session.chair_id, tom)
    asked = f"check-in-requests/{made['request_id']}/"
    booked = f"appointments/{made['appointment_id']}/"
    number = {"number": "N-8", "given_name": "A", "family_name": "B", "birth_date": "1980-01-01"}
    return {
        "patients": ("patients/", number),
        "progress_pin": (f"{patient}progress-pin/", {"progress_pin": "4826"}),
        "arrival": (f"{patient}arrival/", {}),
        "messages_stop": (f"{patient}messages/stop/", {}),
        "messages_start": (f"{patient}messages/start/", {}),
        "check_in_messages": (f"{asked}messages/", {}),
        "check_in_calls": (f"{asked}calls/", {"result": "reached"}),
        "check_in_links_end": (f"{asked}links/end/", {}),
        "courses": (f"{patient}courses/", {"indication": "depression", "planned_sessions": 6}),
        "scores": (f"{patient}scores/", {"scores": {"mood_0_10": 3}}),
        "score_entries": (f"{patient}score-entries/", {"instrument": "madrs", "total": "23"}),
        "score_corrections": (f"scores/{made['score_id']}/corrections/", {"total": "32"}),
        "score_withdrawals": (f"scores/{made['score_id']}/withdrawals/", {"reason": "x"}),
        "instruments": ("instruments/", {"content": json.dumps(sleep(name="Sleep"))}),
        "instrument_retire": ("instruments/sleep_short/retire/", {}),
        "eligibility": (f"{course}eligibility/", {"answers": {"adult": {"answer": "yes"}}}),
        "prescriptions": (f"{course}prescriptions/", order),
        "appointments": ("appointments/", pick),
        "appointment_move": (f"{booked}move/", {"starts_at": when}),
        "appointment_cancel": (f"{booked}cancel/", {}),
        "sessions": ("sessions/", gate),
        "start_draft": (
            f"{patient}start-drafts/{session.chair_id}/",
            {"values": {"weight_kg": "72.4"}},
        ),
        "readings": (f"{at}readings/", {"spo2": 97}),
        "dose_events": (f"{at}dose-events/", {"kind": "stop", "reason": "ill"}),
        "medications": (f"{at}medications/", MEDICINE),
        "medication_corrections": (
            f"medications/{made['medication_id']}/corrections/",
            {**MEDICINE, "correction": "was 8 mg"},
        ),
        "ratings": (f"{at}ratings/", {"score": 2}),
        "dose_corrections": (
            f"dose-events/{made['event_id']}/corrections/",
            {"rate_ml_per_hour": "70", "reason": "misread"},
        ),
        "effects": (f"{at}effects/", {"code": "nausea", "grade": "mild"}),
        "none_observed": (f"{at}none-observed/", {}),
        "strikes": (
            f"{at}strikes/",
            {"entry_kind": "reading", "entry": str(made["reading_id"]), "reason": "slipped"},
        ),
        "discharge": (f"{at}discharge-checks/", {"code": "steady", "is_met": True}),
        "sign_offs": (
            f"{at}sign-offs/",
            {"pin": PIN, "end": "left_against_advice", "reason": "ill", "risks_explained": True},
        ),
        "amendments": (f"{at}amendments/", {"text": "x", "reason": "y"}),
        "corrections": (f"readings/{made['reading_id']}/corrections/", {"spo2": 9, "reason": "x"}),
        "changes": (f"effects/{made['effect_id']}/changes/", {"kind": "worse"}),
        "effect_time": (f"effects/{made['effect_id']}/time/", {"taken_at": when, "reason": "x"}),
        "change_time": (
            f"effect-changes/{made['change_id']}/time/",
            {"taken_at": when, "reason": "x"},
        ),
        "void": (f"sign-offs/{made['sign_off_id']}/void/", {"reason": "early"}),
        "protocol_versions": (
            "protocol-versions/",
            {"route": "iv", "version": PROTOCOL_VERSION, "reason": "x", "watch_min": 90},
        ),
        "alert_limit_versions": (
            "alert-limit-versions/",
            {"version": "clinic-limits-1", "reason": "x", "thresholds": {}},
        ),
        "alert_take": (f"{alert}take/", {}),
        "alert_hand_over": (f"{alert}hand-over/", {"to": str(tom.pk)}),
        "alert_see": (f"{alert}see/", {}),
        "shifts": (
            "on-call-shifts/",
            {"staff": str(nia.pk), "starts_at": when, "ends_at": "2026-03-10T06:00:00Z"},
        ),
        "shift_cancel": (f"on-call-shifts/{made['shift_id']}/cancel/", {}),
        "escalation_versions": (
            "escalation-versions/",
            {"version": "escalation-1", "reason": "x", "lead_min": 25},
        ),
        "watch_checks": (f"{patient}watch-checks/", {"item": "bladder", "result": "well"}),
        "watch_strikes": (f"watch-checks/{made['look_id']}/strikes/", {"reason": "x"}),
        "device_retire": (f"devices/{made['device_id']}/retire/", {}),
        "alert_calls": (f"{alert}calls/", {"note": "called"}),
        "alert_close": (f"{alert}close/", {"outcome": "seen_at_chair"}),
    }


def test_every_write_of_the_api_is_tried(writes: dict[str, Any]) -> None:
    posts = {each.name for each in urlpatterns if hasattr(each.callback.cls, "post")}
    assert posts == set(writes)


def test_no_server_owned_field_is_taken_by_any_write(
    writes: dict[str, tuple[str, dict[str, Any]]], dr_patel: Staff, lena: Staff
) -> None:
    as_doctor, as_lead = Api(dr_patel), Api(lena)
    before = dump()
    for name, (path, body) in writes.items():
        api = as_lead if name in LEADS else as_doctor
        theirs = {field: value for field, value in SERVER_OWNED.items() if field not in body}
        refused = api.post(path, **body, **theirs)
        assert refused.status_code == 422, name
        assert set(errors_of(refused)) == set(theirs), name
        assert set(errors_of(refused).values()) == {"unknown_field"}, name
    assert dump() == before


def test_a_change_of_a_patient_takes_none_either(nia: Staff, maya: Patient) -> None:
    api = Api(nia)
    before = dump()
    refused = api.patch(f"patients/{maya.pk}/", version=0, phone="1", **SERVER_OWNED)
    assert set(errors_of(refused)) == set(SERVER_OWNED)
    assert dump() == before


def test_a_nested_field_that_is_not_asked_for_is_refused(
    writes: dict[str, tuple[str, dict[str, Any]]], dr_patel: Staff
) -> None:
    path, body = writes["sessions"]
    api, before = Api(dr_patel), dump()
    vitals = body["vitals"] | {"id": str(uuid4()), "recorded_by": str(uuid4())}
    refused = api.post(path, **body | {"vitals": vitals})
    assert set(errors_of(refused)) == {"vitals.id", "vitals.recorded_by"}
    assert dump() == before


def test_another_patients_rows_cannot_be_reached_through_a_body(
    nia: Staff, session: TreatmentSession, course: TreatmentCourse
) -> None:
    """The fault of an open record system (CVE-2026-25744): the id in the body chose the row."""
    rosa = make_patient(nia.clinic, "N-77", "Rosa", "Lind")
    course.pk, course.patient = uuid4(), rosa
    course.save(force_insert=True)
    other = make_session(course, nia)
    theirs = VitalReading.objects.create(
        clinic=nia.clinic,
        session=other,
        spo2=98,
        taken_at=other.opened_at,
        recorded_at=other.opened_at,
    )
    effect = SideEffect.objects.create(
        clinic=nia.clinic,
        session=other,
        code="nausea",
        grade="mild",
        taken_at=other.opened_at,
        recorded_at=other.opened_at,
    )
    api, at = Api(nia), f"sessions/{session.pk}/"
    before = dump()
    for name in ("id", "reading", "session", "session_id", "patient", "patient_id"):
        for row in (theirs, effect, other, rosa):
            assert api.post(f"{at}readings/", spo2=90, **{name: str(row.pk)}).status_code == 422
    for kind, row in (("reading", theirs), ("effect", effect)):
        sent = {"entry_kind": kind, "entry": str(row.pk), "reason": "mine now"}
        assert errors_of(api.post(f"{at}strikes/", **sent)) == {"entry": "unknown_choice"}
    assert dump() == before


def shapes() -> Iterator[type[Shape]]:
    """Every shape of every module that holds some."""
    for found in iter_modules(serializers.__path__, f"{serializers.__name__}."):
        for each in vars(import_module(found.name)).values():
            if isinstance(each, type) and issubclass(each, Shape) and each is not Shape:
                yield each


def test_no_incoming_shape_names_a_field_that_the_server_owns() -> None:
    found = {shape.__name__: set(shape().fields) & set(SERVER_OWNED) for shape in shapes()}
    # The prescriber named in an override is typed by hand, and is no row.
    assert found.pop("OverrideIn") == found.pop("OverruledIn") == {"by"}
    assert {name: fields for name, fields in found.items() if fields} == {}
    assert len(found) > 20


def test_no_incoming_shape_is_made_from_a_model() -> None:
    """A shape drawn from a model takes every column that somebody adds later."""
    from rest_framework.serializers import ModelSerializer

    assert not [shape for shape in shapes() if issubclass(shape, ModelSerializer)]
