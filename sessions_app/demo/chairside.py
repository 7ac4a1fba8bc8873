"""One invented session from the gate to the signature, through the same actions as the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sessions_app.actions.alerts import close_alert, take_alert
from sessions_app.actions.corrections import strike_entry
from sessions_app.actions.doses import record_dose_event
from sessions_app.actions.effects import (
    change_side_effect,
    record_none_observed,
    record_side_effect,
)
from sessions_app.actions.medications import Medicine, record_medication
from sessions_app.actions.ratings import record_rating
from sessions_app.actions.readings import record_vital_reading
from sessions_app.actions.signoff import confirm_check, nurse_checks, sign_session
from sessions_app.actions.starting import Override, StartGate, start_session
from sessions_app.chairside.dose_given import rate_events, standing_events
from sessions_app.chairside.session_state import discharge_checks, open_effects, planned_due_minutes
from sessions_app.demo.clinics import PIN, Team
from sessions_app.demo.course_of_illness import Illness
from sessions_app.models import Alert, Chair, Prescription, SideEffect, TreatmentSession
from sessions_app.protocol_of import protocol_of
from sessions_app.rules.dissociation import DEFAULT_SCALE
from sessions_app.rules.dosing import DEVICE_REST_MIN, infusion_state

GATE_ANSWERS = {
    "identity": "yes",
    "escort": "yes",
    "fasting": "yes",
    "medicines_changed": "no",
    "alcohol_or_drugs": "no",
    "suicidal_thoughts": "no",
    "bladder": "no",
    "pregnancy": "no",
}
REASONS = {
    "left_against_advice": "Left before the end of the watch",
    "transferred": "Fainted on getting up",
}
# What an end asks for beside its reason.
MORE: dict[str, dict[str, Any]] = {
    "left_against_advice": {"risks_explained": True},
    "transferred": {
        "transferred_to": "Emergency department",
        "handover": "Told the ambulance crew the dose, the last readings and the allergies",
    },
}


RATED = {"mild": 1, "moderate": 2, "severe": 4}
ONDANSETRON = Medicine("ondansetron", Decimal(4), "mg", "iv", "nausea", "")


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still at `moment`."""
    return lambda: moment


@dataclass
class Chairside:
    """Runs one patient's sessions at a clinic."""

    team: Team
    illness: Illness

    def begin(
        self,
        prescription: Prescription,
        chair: Chair,
        start: datetime,
        overrides: Mapping[str, Override] | None = None,
    ) -> TreatmentSession:
        """Afterwards the session runs since `start`, with every device given that is due."""
        vitals = self.illness.vitals_before()
        session = start_session(
            by=self.team.nurse,
            prescription=prescription,
            chair=chair,
            gate=StartGate(
                answers=GATE_ANSWERS,
                vitals=vitals,
                weight_kg=self.illness.weight_kg,
                overrides=overrides or {},
            ),
            second_person=self.team.second,
            second_pin=PIN,
            write_key=None,
            clock=at(start),
        )
        for device in range(1, prescription.devices or 1):
            moment = start + timedelta(minutes=DEVICE_REST_MIN * device)
            record_dose_event(
                by=self.team.nurse,
                session=session,
                kind="device",
                write_key=None,
                clock=at(moment),
            )
        return session

    def watch(self, session: TreatmentSession, session_no: int, until_min: float) -> None:
        """Afterwards everything that happened up to `until_min` after the dose is recorded."""
        start = session.dose_started_at
        assert start is not None
        for reading in self.illness.vitals(planned_due_minutes(session)):
            if reading.minute <= until_min:
                moment = start + timedelta(minutes=reading.minute)
                record_vital_reading(
                    by=self.team.nurse,
                    session=session,
                    write_key=None,
                    values=reading.values,
                    clock=at(moment),
                )
        if session.infusion_minutes and session.infusion_minutes <= until_min:
            self.stop_pump(session)
        self._effects(session, session_no, until_min)

    def stop_pump(self, session: TreatmentSession, end: datetime | None = None) -> None:
        """Afterwards the infusion is stopped, at `end` or at its planned end."""
        state = infusion_state(rate_events(session, standing_events(session)))
        if state not in ("running", "paused"):
            return
        assert session.dose_started_at is not None
        planned = session.dose_started_at + timedelta(minutes=session.infusion_minutes or 0)
        record_dose_event(
            by=self.team.nurse,
            session=session,
            kind="stop",
            reason="" if end is None else "Left running in the demo",
            write_key=None,
            clock=at(end or planned),
        )

    def _effects(self, session: TreatmentSession, session_no: int, until_min: float) -> None:
        start = session.dose_started_at
        assert start is not None
        seen = [e for e in self.illness.effects(session_no) if e.onset <= until_min]
        if not seen and until_min >= 60:
            record_none_observed(
                by=self.team.nurse,
                session=session,
                write_key=None,
                clock=at(start + timedelta(minutes=60)),
            )
        for effect in seen:
            row = record_side_effect(
                by=self.team.nurse,
                session=session,
                code=effect.code,
                grade=effect.grade,
                write_key=None,
                clock=at(start + timedelta(minutes=effect.onset)),
            )
            self._answer(session, row, start + timedelta(minutes=effect.onset))
            if effect.resolved <= until_min:
                change_side_effect(
                    by=self.team.nurse,
                    effect=row,
                    kind="resolved",
                    write_key=None,
                    clock=at(start + timedelta(minutes=effect.resolved)),
                )
                self._rate(session, row, 0, start + timedelta(minutes=effect.resolved))

    def _answer(self, session: TreatmentSession, effect: SideEffect, moment: datetime) -> None:
        """Afterwards what is more than mild was rated, or treated, at that moment."""
        self._rate(session, effect, RATED[effect.grade], moment)
        if effect.code == "vomiting" or (effect.code, effect.grade) == ("nausea", "moderate"):
            record_medication(
                by=self.team.nurse,
                session=session,
                medicine=replace(ONDANSETRON, ordered_by=self.team.physician.full_name),
                write_key=None,
                clock=at(moment),
            )

    def _rate(
        self, session: TreatmentSession, effect: SideEffect, score: int, moment: datetime
    ) -> None:
        """Afterwards a dissociation that was more than mild has this rating."""
        if effect.code == "dissociation" and effect.grade != "mild":
            record_rating(
                by=self.team.nurse,
                session=session,
                scale=DEFAULT_SCALE,
                score=score,
                write_key=None,
                clock=at(moment),
            )

    def never_start(self, session: TreatmentSession) -> None:
        """Afterwards the first dose event is struck and the session signed as not started."""
        assert session.dose_started_at is not None
        moment = session.dose_started_at + timedelta(minutes=6)
        for event in standing_events(session):
            strike_entry(
                by=self.team.nurse,
                entry=event,
                reason="The pump never ran: the line had slipped out",
                write_key=None,
                clock=at(moment),
            )
        self.sign(session, "not_started", "No other vein found; a new appointment was made", moment)

    def sign(self, session: TreatmentSession, end: str, reason: str, moment: datetime) -> None:
        """Afterwards the session is signed with an end that needs a reason."""
        sign_session(
            by=self.team.nurse,
            session=session,
            pin=PIN,
            write_key=None,
            end=end,
            reason=reason,
            clock=at(moment),
            **MORE.get(end, {}),
        )

    def finish(
        self,
        session: TreatmentSession,
        end: str = "discharged",
        latest: datetime | None = None,
    ) -> datetime:
        """Afterwards the session is signed, at `latest` at the latest, and its alarms are
        closed. Returns when.
        """
        assert session.dose_started_at is not None
        leaving = session.dose_started_at + timedelta(
            minutes=self._watch_min(session) + 4 + self.illness.rng.randint(0, 12)
        )
        leaving = min(leaving, latest or leaving)
        moment = leaving - timedelta(minutes=5)
        self.stop_pump(session)
        calm = self.illness.vitals_before() | {"moaas": 5}
        record_vital_reading(
            by=self.team.nurse, session=session, write_key=None, values=calm, clock=at(moment)
        )
        for effect in open_effects(session):
            change_side_effect(
                by=self.team.nurse, effect=effect, kind="resolved", write_key=None, clock=at(moment)
            )
            self._rate(session, effect, 0, moment)
        self._close_alarms(session, moment)
        if end != "discharged":
            self.sign(session, end, REASONS[end], leaving)
            return leaving
        for code in nurse_checks(session):
            confirm_check(
                by=self.team.nurse,
                session=session,
                code=code,
                is_met=True,
                write_key=None,
                clock=at(leaving),
            )
        overrides = {
            check.code: Override(
                "Stable; prescriber saw the patient", self.team.physician.full_name
            )
            for check in discharge_checks(session, leaving)
            if not check.met
        }
        sign_session(
            by=self.team.nurse,
            session=session,
            pin=PIN,
            write_key=None,
            escort_name=session.patient.escort_name,
            overrides=overrides,
            clock=at(leaving),
        )
        return leaving

    @staticmethod
    def _watch_min(session: TreatmentSession) -> float:
        return protocol_of(session).minimum_watch_min(session.infusion_minutes)

    def _close_alarms(self, session: TreatmentSession, moment: datetime) -> None:
        for alert in Alert.objects.open().filter(session=session):
            nurse = self.team.nurse
            taken = min(moment, alert.raised_at + timedelta(minutes=2))
            take_alert(by=nurse, alert=alert, write_key=None, clock=at(taken))
            close_alert(
                by=nurse,
                alert=alert,
                outcome="seen_at_chair" if alert.effect_id else "back_in_range",
                write_key=None,
                clock=at(moment),
            )
