"""Every chairside deed at both doors: its address, a right body, what a signature makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from sessions_app.actions.alerts import raise_alert
from sessions_app.actions.checkins import plan_check_ins
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.effects import change_side_effect, record_side_effect
from sessions_app.actions.medications import record_medication
from sessions_app.models import (
    Chair,
    SideEffect,
    SideEffectChange,
    SignOff,
    Staff,
    TreatmentSession,
)
from tests.conftest import (
    PIN,
    START,
    make_course,
    make_patient,
    make_prescription,
)
from tests.promises.test_authorisation import ADDRESSES
from tests.sessions_app.chairside_people import ONDANSETRON, at, make_ready, vitals
from tests.sessions_app.check_in_people import make_help_lines
from tests.sessions_app.start_people import gate_body
from tests.sessions_app.test_session_page import gate_post

NOW_MINUTE, SIGNED_MINUTE = 100, 99.5
TOMS_PIN = "8642"
FRAGMENT = {"X-Afterglow-Fragment": "1"}
OWNER = "X-Afterglow-Owner"
MEDICINE = {
    "drug": "ondansetron",
    "amount": "4",
    "unit": "mg",
    "route": "iv",
    "reason": "nausea",
    "ordered_by": "Dr Asha Patel",
}
LEFT = {"end": "left_against_advice", "reason": "wanted to go", "risks_explained": True}
WHY = {"reason": "typed at the wrong chair"}
# Posts of a nurse that are done away from the chair.
NOT_AT_THE_CHAIR = {
    "api:appointment_cancel",
    "api:appointment_move",
    "api:appointments",
    "api:arrival",
    "api:check_in_calls",
    "api:check_in_links_end",
    "api:check_in_messages",
    "api:messages_start",
    "api:messages_stop",
    "api:patients",
    "api:progress_pin",
    "api:score_corrections",
    "api:score_entries",
    "api:score_withdrawals",
    "api:scores",
    "api:watch_checks",
    "api:watch_strikes",
    "care:checkin_arrival",
    "care:checkin_call",
    "care:checkin_end",
    "care:checkin_links",
    "care:checkin_paper",
    "care:checkin_send",
}


class Room(NamedTuple):
    """Maya's session at minute 100 and what was entered in it, by the names in an address."""

    session: TreatmentSession
    ids: dict[str, Any]
    nia: Staff
    tom: Staff
    nausea: SideEffect
    change: SideEffectChange


class Knock(NamedTuple):
    """A deed at one door. `after`: what a signature makes of it (see the tests).

    late: kept if it was so before the signature. refused: an amendment is the next step.
    second: only its holder is named. on: done in a signed session too. away: in no session.
    """

    name: str
    after: str
    body: Callable[[Room], dict[str, Any]]

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api:")


def same(**body: Any) -> Callable[[Room], dict[str, Any]]:
    return lambda room: dict(body)


def both(page: str, api: str, after: str, **body: Any) -> list[Knock]:
    """The same deed at the page's and at the API's door."""
    return [Knock(f"care:{page}", after, same(**body)), Knock(f"api:{api}", after, same(**body))]


def gate_page(room: Room) -> dict[str, Any]:
    order = room.ids["order"]
    return gate_post(order, room.tom, second_pin=TOMS_PIN)


def draft_page(room: Room) -> dict[str, Any]:
    """Nothing starts: what was typed so far is kept."""
    return {name: value for name, value in gate_page(room).items() if name != "start"}


def gate_api(room: Room) -> dict[str, Any]:
    return gate_body(room.ids["order"], room.ids["chair_id"], room.tom, TOMS_PIN)


def moved(room: Room) -> dict[str, Any]:
    return {"taken_at": (START + timedelta(minutes=7)).isoformat(), **WHY}


KNOCKS = [
    *both("reading_add", "readings", "late", systolic=128, diastolic=82, asked="1"),
    *both("effect_add", "effects", "late", code="headache", grade="mild"),
    *both("effect_update", "changes", "late", kind="resolved"),
    *both("none_observed", "none_observed", "late"),
    *both("dose_event", "dose_events", "late", kind="stop"),
    *both("medication_add", "medications", "late", **MEDICINE),
    *both("rating_add", "ratings", "late", scale="clinic_0_4", score=2),
    *both("discharge_check", "discharge", "late", code="steady", is_met="yes"),
    *both("reading_correct", "corrections", "refused", systolic=131, **WHY),
    *both("dose_correct", "dose_corrections", "refused", rate_ml_per_hour="70", **WHY),
    *both("medication_correct", "medication_corrections", "refused", **MEDICINE, correction="vial"),
    Knock("care:entry_strike", "refused", same(**WHY)),
    Knock(
        "api:strikes",
        "refused",
        lambda room: {"entry_kind": "reading", "entry": str(room.ids["reading_id"]), **WHY},
    ),
    Knock("care:effect_time", "refused", moved),
    Knock("api:effect_time", "refused", moved),
    Knock("care:change_time", "refused", moved),
    Knock("api:change_time", "refused", moved),
    *both("sign", "sign_offs", "second", pin=PIN, escort_name="Rui Vale"),
    Knock("care:end", "second", same(**LEFT | {"risks_explained": "yes", "pin": PIN})),
    *both("void", "void", "on", **WHY),
    *both("amend", "amendments", "on", text="The cuff was on the left arm.", **WHY),
    Knock("care:alert_confirm", "on", same()),
    Knock("api:alert_take", "on", same()),
    *both("alert_seen", "alert_see", "on"),
    *both("alert_told", "alert_calls", "on", note="Dr Patel comes"),
    Knock("api:alert_close", "on", same(outcome="seen_at_chair")),
    Knock("api:alert_hand_over", "on", lambda room: {"to": str(room.tom.pk)}),
    Knock("care:discharge_link", "on", same()),
    Knock("care:session_start", "away", gate_page),
    Knock("api:sessions", "away", gate_api),
    Knock("care:session_start", "away", draft_page),
    Knock("api:start_draft", "away", same(values={"systolic": "128"})),
]
BY_NAME = {address.name: address for address in ADDRESSES}


# Addresses that name a session and a row in it.
IN_A_SESSION = [
    knock
    for knock in KNOCKS
    if {name for name in BY_NAME[knock.name].parameters if name.endswith("_id")} > {"session_id"}
]


def named(*after: str) -> Any:
    chosen = [knock for knock in KNOCKS if knock.after in after]
    return pytest.mark.parametrize("knock", chosen, ids=[one.name for one in chosen])


@pytest.fixture
def room(
    session: TreatmentSession, nia: Staff, tom: Staff, dr_patel: Staff, time_machine: Any
) -> Room:
    """All that an address can name; the infusion is over and all is ready to leave."""
    time_machine.move_to(START + timedelta(minutes=NOW_MINUTE), tick=False)
    tom.set_pin(TOMS_PIN)
    tom.save()
    begun = session.dose_events.get()
    nausea = record_side_effect(
        by=nia, session=session, code="nausea", grade="mild", write_key=None, clock=at(5)
    )
    change = change_side_effect(by=nia, effect=nausea, kind="worse", write_key=None, clock=at(6))
    given = record_medication(
        by=nia, session=session, medicine=ONDANSETRON, write_key=None, clock=at(8)
    )
    reading = vitals(session, nia, 10, systolic=131, diastolic=82)
    plan_check_ins(session=session, by=nia)
    make_help_lines(nia.clinic, tested=START)
    order = make_prescription(
        make_course(make_patient(nia.clinic, "N-7", "Noor", "Hale")), dr_patel
    )
    free = Chair.objects.create(clinic=nia.clinic, name="2", position=2)
    ids = {
        "session_id": session.pk,
        "reading_id": reading.pk,
        "event_id": begun.pk,
        "medication_id": given.pk,
        "effect_id": nausea.pk,
        "change_id": change.pk,
        "entry_id": reading.pk,
        "chair_id": free.pk,
        "patient_id": order.course.patient_id,
        "kind": "reading",
        "code": "left_against_advice",
        "order": order,
    }
    return Room(session, ids, nia, tom, nausea, change)


def make_fit(room: Room, knock: Knock, *, signed: bool) -> None:
    """Afterwards nothing but what the test is about stands in the way of the deed."""
    wrong = {"effect_time": room.change, "none_observed": room.nausea, "sign": room.nausea}
    if entry := wrong.get(knock.name.split(":")[1].removesuffix("_offs")):
        strike_entry(by=room.nia, entry=entry, write_key=None, clock=at(9), **WHY)
    if "dose_event" not in knock.name:
        make_ready(room.session, room.nia)
    if "alert" in knock.name:
        alert = raise_alert(
            clinic_id=room.session.clinic_id,
            patient_id=room.session.patient_id,
            level="high",
            code="spo2_low",
            at=at(NOW_MINUTE)(),
            session=room.session,
        )
        room.ids["alert_id"] = alert.pk
    if signed:
        row = SignOff.objects.create(
            clinic=room.nia.clinic,
            session=room.session,
            signed_by=room.nia,
            signed_at=at(SIGNED_MINUTE)(),
        )
        room.ids["sign_off_id"] = row.pk


def is_signed_first(knock: Knock) -> bool:
    """Only what was signed can be taken back or amended."""
    return knock.name.split(":")[1] in ("void", "amend", "amendments")


def path_of(knock: Knock, ids: dict[str, Any]) -> str:
    asked = BY_NAME[knock.name].parameters
    return reverse(knock.name, kwargs={name: ids[name] for name in asked})


def send(
    client: Client, knock: Knock, path: str, body: dict[str, Any], **headers: str
) -> HttpResponse:
    keyed = {"write_key": str(uuid4()), **body}
    if knock.is_api:
        keyed.pop("asked", None)
        return client.post(path, keyed, content_type="application/json", headers=headers)
    return client.post(path, keyed, headers=headers)


def signed_in(person: Staff) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


def rows() -> dict[str, int]:
    """How many rows of each kind there are: nothing is ever changed in place at the chair. Only
    signing in changes somebody's row (its date), and that is not what is counted here.
    """
    models = apps.get_app_config("sessions_app").get_models()
    found = {model.__name__: model._default_manager.count() for model in models}
    del found["HistoricalStaff"]
    return found
