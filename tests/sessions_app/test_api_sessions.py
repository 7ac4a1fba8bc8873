"""A whole session through the API alone, and what its door refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test.utils import CaptureQueriesContext

from sessions_app.actions.tokens import create_token
from sessions_app.models import (
    Alert,
    AuditEvent,
    Chair,
    EntryStrike,
    Prescription,
    SideEffect,
    Staff,
    TreatmentSession,
    VitalReading,
)
from tests.api_client import Api, errors_of
from tests.conftest import PIN, START, make_clinic
from tests.sessions_app.chairside_people import WELL
from tests.sessions_app.start_people import gate_body


@pytest.fixture
def gate(prescription: Prescription, chair: Chair, tom: Staff) -> dict[str, Any]:
    return gate_body(prescription, chair.pk, tom)


@pytest.fixture
def api(nia: Staff, time_machine: Any) -> Api:
    time_machine.move_to(START, tick=False)
    return Api(nia)


def test_a_session_runs_from_the_gate_to_the_signature(
    nia: Staff, gate: dict[str, Any], time_machine: Any
) -> None:
    """With a token: a machine has no screen that locks while the hours pass."""
    time_machine.move_to(START, tick=False)
    api = Api(token=create_token(person=nia, label="tablet app", days=1)[1])
    started = api.post("sessions/", **gate)
    assert started.status_code == 201, started.content
    body = started.json()
    assert (body["planned_mg"], body["dose_started_at"]) == ("36.00", "2026-03-02T09:00:00Z")
    assert body["dose_events"][0]["rate_ml_per_hour"] == "75.0"
    assert {check["code"] for check in body["checks"]} >= {"identity", "consent_valid"}
    at = f"sessions/{body['id']}/"

    time_machine.move_to(START + timedelta(minutes=20), tick=False)
    assert api.post(f"{at}readings/", systolic=131, diastolic=80, spo2=97).status_code == 201
    effect = api.post(f"{at}effects/", code="dizziness", grade="moderate")
    assert effect.status_code == 201, effect.content

    time_machine.move_to(START + timedelta(minutes=40), tick=False)
    assert api.post(f"{at}dose-events/", kind="stop").status_code == 201
    gone = api.post(f"effects/{effect.json()['id']}/changes/", kind="resolved")
    assert gone.status_code == 201, gone.content

    time_machine.move_to(START + timedelta(minutes=170), tick=False)
    assert errors_of(api.post(f"{at}sign-offs/", pin=PIN))["escort_name"] == "required"
    calm = {"systolic": 122, "diastolic": 77, "spo2": 98, "moaas": 5, "oxygen_l_min": "0"}
    assert api.post(f"{at}readings/", **calm).status_code == 201
    for code in ("steady", "leaflet", "escort_present", "suicide_asked"):
        ticked = api.post(f"{at}discharge-checks/", code=code, is_met=True)
        assert ticked.status_code == 201, ticked.content
    open_checks = [c["code"] for c in api.get(f"{at}discharge-checks/").json() if not c["met"]]
    assert open_checks == []
    signed = api.post(f"{at}sign-offs/", pin=PIN, escort_name="Rui Vale")
    assert signed.status_code == 201, signed.content

    record = api.get(at).json()
    assert (record["is_signed"], record["given_mg"]) == (True, "36.00")
    assert record["effects"][0]["resolved_at"] == "2026-03-02T09:40:00Z"
    assert len(record["readings"]) == 3
    late = api.post(f"{at}readings/", systolic=120)
    assert errors_of(late) == {"session": "session_signed"}
    amended = api.post(f"{at}amendments/", text="Cuff was on the left arm.", reason="forgotten")
    assert amended.status_code == 201
    void = api.post(f"sign-offs/{signed.json()['id']}/void/", reason="too early")
    assert void.status_code == 201
    assert api.get(at).json()["sign_offs"][0]["void"]["reason"] == "too early"


def test_every_gap_of_the_gate_is_named_at_once(api: Api, gate: dict[str, Any]) -> None:
    answers = {"identity": "no", "escort": "no"}
    refused = api.post("sessions/", **gate | {"answers": answers, "vitals": {}, "weight_kg": None})
    assert refused.status_code == 422
    found = errors_of(refused)
    assert found["identity"] == "check_stops"
    assert found["escort"] == "check_needs_override"
    assert found["weight_kg"] == "required"
    assert found["fasting"] == found["bp_below_start_limit"] == "check_unanswered"
    assert not TreatmentSession.objects.exists()


def test_nobody_answers_for_the_blood_pressure_or_the_consent(
    api: Api, gate: dict[str, Any]
) -> None:
    claimed = WELL | {"bp_below_start_limit": "yes", "consent_valid": "yes"}
    refused = api.post("sessions/", **gate | {"answers": claimed})
    assert errors_of(refused) == {
        "answers.bp_below_start_limit": "unknown_field",
        "answers.consent_valid": "unknown_field",
    }


def test_a_check_that_stops_is_overruled_with_a_reason_and_a_prescriber(
    api: Api, gate: dict[str, Any]
) -> None:
    gate["answers"] = WELL | {"escort": "no"}
    gate["overrides"] = {"escort": {"reason": "stays overnight", "by": "Dr Patel"}}
    started = api.post("sessions/", **gate)
    assert started.status_code == 201, started.content
    kept = next(check for check in started.json()["checks"] if check["code"] == "escort")
    assert (kept["override_reason"], kept["override_by"]) == ("stays overnight", "Dr Patel")


@pytest.mark.parametrize("field", ["prescription", "chair", "second_person", "appointment"])
def test_a_row_named_in_a_body_is_of_the_own_clinic_or_unknown(
    api: Api, gate: dict[str, Any], otto: Staff, field: str
) -> None:
    foreign_chair = Chair.objects.create(clinic=otto.clinic, name="9", position=9)
    foreign = {"chair": foreign_chair.pk, "second_person": otto.pk}.get(field, uuid4())
    answers = [api.post("sessions/", **gate | {field: str(pk)}) for pk in (foreign, uuid4())]
    codes = [errors_of(answer) for answer in answers]
    assert codes[0] == codes[1] == {field: "unknown_choice"}


def test_a_researcher_cannot_be_the_second_person(
    api: Api, gate: dict[str, Any], remy: Staff
) -> None:
    refused = api.post("sessions/", **gate | {"second_person": str(remy.pk)})
    assert errors_of(refused) == {"second_person": "unknown_choice"}


def test_after_too_many_wrong_pins_the_right_one_no_longer_counts(
    api: Api, gate: dict[str, Any], settings: Any, transactional_db: None
) -> None:
    for _ in range(settings.SIGN_IN_TRIES):
        assert api.post("sessions/", **gate | {"second_pin": "0000"}).status_code == 422
    refused = api.post("sessions/", **gate)
    assert refused.status_code == 422
    assert "pin_locked" in errors_of(refused).values()


@pytest.mark.usefixtures("at_chair")
class TestEntries:
    def test_a_struck_entry_stays_to_be_seen(
        self, nia: Staff, session: TreatmentSession, calm: dict[str, Any]
    ) -> None:
        api = Api(nia)
        reading = api.post(f"sessions/{session.pk}/readings/", **calm | {"systolic": 240}).json()
        assert {alert["code"] for alert in reading["alerts"]} >= {"systolic_high"}
        struck = api.post(
            f"sessions/{session.pk}/strikes/",
            entry_kind="reading",
            entry=reading["id"],
            reason="cuff slipped",
        )
        assert struck.status_code == 201, struck.content
        assert struck.json()["entry"] == reading["id"]
        shown = api.get(f"sessions/{session.pk}/readings/").json()["results"]
        assert [row["is_struck"] for row in shown] == [True]
        assert not Alert.objects.open().exists()

    def test_an_entry_of_another_session_is_not_struck_by_this_one(
        self, nia: Staff, session: TreatmentSession, calm: dict[str, Any]
    ) -> None:
        api = Api(nia)
        reading = api.post(f"sessions/{session.pk}/readings/", **calm).json()
        session.pk = uuid4()
        other = TreatmentSession.objects.get(pk=reading and VitalReading.objects.get().session_id)
        other.pk = session.pk
        other.save(force_insert=True)
        refused = api.post(
            f"sessions/{other.pk}/strikes/",
            entry_kind="reading",
            entry=reading["id"],
            reason="not here",
        )
        assert errors_of(refused) == {"entry": "unknown_choice"}
        assert not EntryStrike.objects.exists()

    def test_a_corrected_reading_says_what_it_replaces(
        self, nia: Staff, session: TreatmentSession, calm: dict[str, Any]
    ) -> None:
        api = Api(nia)
        first = api.post(f"sessions/{session.pk}/readings/", **calm).json()
        key = str(uuid4())
        entry = {"write_key": key, "systolic": 118, "diastolic": 76, "reason": "misread"}
        right = api.post(f"readings/{first['id']}/corrections/", **entry)
        assert right.status_code == 201, right.content
        assert right.json()["replaces"] == first["id"]
        assert right.json()["taken_at"] == first["taken_at"]
        again = api.post(f"readings/{first['id']}/corrections/", **entry)
        assert again.content == right.content
        assert session.readings.standing().get().systolic == 118

    def test_none_observed_is_an_answer_of_its_own(
        self, nia: Staff, session: TreatmentSession
    ) -> None:
        api = Api(nia)
        at = f"sessions/{session.pk}/"
        assert api.post(f"{at}none-observed/").status_code == 201
        assert api.get(f"{at}none-observed/").json()["count"] == 1
        assert api.post(f"{at}effects/", code="nausea", grade="mild").status_code == 201
        assert errors_of(api.post(f"{at}none-observed/")) == {"session": "effects_recorded"}

    def test_an_effect_tells_its_grade_now(self, nia: Staff, session: TreatmentSession) -> None:
        api = Api(nia)
        at = f"sessions/{session.pk}/effects/"
        effect = api.post(at, code="nausea", grade="mild").json()
        api.post(f"effects/{effect['id']}/changes/", kind="worse")
        shown = api.get(at).json()["results"][0]
        assert (shown["grade"], shown["current_grade"]) == ("mild", "moderate")
        assert api.get(f"effects/{effect['id']}/changes/").json()["count"] == 1

    def test_a_misspelt_sign_is_refused_and_never_lost(
        self, nia: Staff, session: TreatmentSession
    ) -> None:
        refused = Api(nia).post(f"sessions/{session.pk}/readings/", sytolic=190, spo2=97)
        assert errors_of(refused) == {"sytolic": "unknown_field"}
        assert not session.readings.exists()

    def test_a_time_without_its_offset_is_refused(
        self, nia: Staff, session: TreatmentSession
    ) -> None:
        api = Api(nia)
        path = f"sessions/{session.pk}/readings/"
        bare = api.post(path, spo2=97, taken_at="2026-03-02T10:10:00")
        assert errors_of(bare) == {"taken_at": "no_offset"}
        kept = api.post(path, spo2=97, taken_at="2026-03-02T10:10:00+01:00")
        assert kept.json()["taken_at"] == "2026-03-02T09:10:00Z"

    def test_numbers_are_texts_without_rounding(
        self, nia: Staff, session: TreatmentSession
    ) -> None:
        api = Api(nia)
        api.post(f"sessions/{session.pk}/readings/", temperature_c=36.6, oxygen_l_min="1.5")
        shown = api.get(f"sessions/{session.pk}/readings/").json()["results"][0]
        assert (shown["temperature_c"], shown["oxygen_l_min"]) == ("36.6", "1.5")
        assert Decimal(shown["temperature_c"]) == session.readings.get().temperature_c


@pytest.mark.usefixtures("at_chair")
def test_a_look_leaves_one_line_and_a_list_one(nia: Staff, session: TreatmentSession) -> None:
    api = Api(nia)
    effect = SideEffect.objects.create(
        clinic=session.clinic,
        session=session,
        code="nausea",
        grade="mild",
        taken_at=START,
        recorded_at=START,
    )
    looks = {
        f"sessions/{session.pk}/": "session:look",
        f"sessions/{session.pk}/readings/": "session:look",
        f"sessions/{session.pk}/dose-events/": "session:look",
        f"sessions/{session.pk}/effects/": "session:look",
        f"sessions/{session.pk}/strikes/": "session:look",
        f"sessions/{session.pk}/sign-offs/": "session:look",
        f"sessions/{session.pk}/discharge-checks/": "session:look",
        f"effects/{effect.pk}/changes/": "session:look",
        f"patients/{session.patient_id}/": "patient:look",
        f"patients/{session.patient_id}/courses/": "patient:look",
        f"patients/{session.patient_id}/scores/": "patient:look",
        f"courses/{session.course_id}/": "patient:look",
        f"courses/{session.course_id}/prescriptions/": "patient:look",
        f"courses/{session.course_id}/eligibility/": "patient:look",
        "sessions/": "list:look",
        "patients/": "list:look",
        "chairs/": "list:look",
        "appointments/": "list:look",
        "alerts/": "list:look",
        "check-in-requests/": "list:look",
    }
    for path, tag in looks.items():
        before = set(AuditEvent.objects.values_list("pk", flat=True))
        assert api.get(path).status_code == 200, path
        line = AuditEvent.objects.exclude(pk__in=before).get()
        assert (line.tag, line.by) == (tag, nia), path


@pytest.mark.usefixtures("at_chair")
def test_a_whole_session_costs_the_same_queries_however_long_it_is(
    nia: Staff, session: TreatmentSession, django_assert_max_num_queries: Any
) -> None:
    api = Api(nia)

    def cost() -> int:
        with django_assert_max_num_queries(60) as seen:
            assert api.get(f"sessions/{session.pk}/").status_code == 200
        assert isinstance(seen, CaptureQueriesContext)
        return len(seen)

    def add(many: int) -> None:
        for minute in range(many):
            api.post(f"sessions/{session.pk}/readings/", systolic=120 + minute, spo2=97)
            words = {"code": "other", "other_text": f"itch {len(AuditEvent.objects.all())}"}
            effect = api.post(f"sessions/{session.pk}/effects/", grade="mild", **words)
            api.post(f"effects/{effect.json()['id']}/changes/", kind="worse")
            assert api.post(f"sessions/{session.pk}/ratings/", score=minute % 5).status_code == 201

    add(2)
    few = cost()
    add(8)
    assert cost() == few


@pytest.mark.usefixtures("at_chair")
def test_sessions_are_found_by_patient_by_day_and_by_whether_they_are_open(
    nia: Staff, session: TreatmentSession
) -> None:
    api = Api(nia)

    def found(**query: Any) -> int:
        return int(api.get("sessions/", **query).json()["count"])

    assert found() == found(patient=session.patient_id) == found(open="true") == 1
    assert found(patient=uuid4()) == found(open="false") == 0
    assert found(day="2026-03-02") == 1
    assert found(day="2026-03-01") == 0
    assert errors_of(api.get("sessions/", day="yesterday")) == {"day": "invalid"}
    assert api.get("sessions/", day="9999-12-31").status_code in (200, 422)
    assert api.get("sessions/", offset=10**30, limit=10**30).status_code == 200


def test_another_clinic_finds_nothing_in_any_list(
    otto: Staff, session: TreatmentSession, nia: Staff
) -> None:
    make_clinic("Third")
    api = Api(otto)
    for path in ("sessions/", "patients/", "chairs/", "alerts/", "check-in-requests/"):
        assert api.get(path).json()["count"] == 0, path
        assert api.get(path, patient=session.patient_id).json()["count"] == 0, path
