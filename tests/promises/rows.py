"""One row in every append-only table of Northside, made by the deeds where a deed makes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from sessions_app import audit
from sessions_app.actions import (
    answers,
    check_in_links,
    corrections,
    effects,
    medications,
    plans,
    protocols,
    ratings,
    readings,
    signoff,
)
from sessions_app.actions.alerts import take_alert
from sessions_app.actions.start_drafts import save_start_draft
from sessions_app.actions.watch import record_watch_check, strike_watch_check
from sessions_app.models import (
    APPEND_ONLY,
    Alert,
    CheckInCall,
    CheckInCode,
    CheckInLink,
    CheckInRequest,
    ClinicInstrument,
    Delivery,
    EscalationVersion,
    Message,
    SessionCheck,
    SignOff,
    Staff,
    TreatmentSession,
    new_key,
)
from sessions_app.rules.guard_rails import thresholds
from sessions_app.rules.limits import DEFAULT_ALERTS, LIMITS_VERSION
from sessions_app.rules.protocols import PROTOCOL_VERSION, SHIPPED
from tests.sessions_app.chairside_people import ONDANSETRON


def fill(session: TreatmentSession, nia: Staff) -> dict[str, Any]:
    """A row of each append-only model by its name. The session ends up signed and voided."""
    now = timezone.now()
    clinic, patient = session.clinic, session.patient
    plans.answer_eligibility(by=nia, course=session.course, answers={"adult": ("yes", "")})
    low = readings.record_vital_reading(
        by=nia, session=session, write_key=new_key(), values={"spo2": 88}
    )
    take_alert(by=nia, alert=Alert.objects.get(reading=low), write_key=new_key())
    effects.record_none_observed(by=nia, session=session, write_key=None)
    nausea = effects.record_side_effect(
        by=nia, session=session, code="nausea", grade="mild", write_key=None
    )
    effects.change_side_effect(by=nia, effect=nausea, kind="worse", write_key=None)
    medications.record_medication(by=nia, session=session, medicine=ONDANSETRON, write_key=None)
    ratings.record_rating(by=nia, session=session, scale="clinic_0_4", score=2, write_key=None)
    corrections.strike_entry(by=nia, entry=low, reason="slipped off", write_key=None)
    save_start_draft(by=nia, patient=patient, chair=session.chair, values={"escort": "yes"})
    stamp = {"taken_at": now, "recorded_at": now, "recorded_by": nia}
    SessionCheck.objects.create(
        clinic=clinic, session=session, stage="start", code="escort", answer="yes", **stamp
    )
    request = CheckInRequest.objects.create(
        clinic=clinic,
        patient=patient,
        session=session,
        slot="extra",
        due_at=now,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(hours=1),
        instruments=["mood_0_10"],
    )
    link = CheckInLink.objects.create(
        clinic=clinic, request=request, token_hash="0" * 64, minted_at=now, expires_at=now
    )
    check_in_links.note_opening(link=link)
    answers.answer_item(
        request=request,
        instrument="mood_0_10",
        item="q1",
        value=4,
        language="en",
        write_key=None,
    )
    change = {"reason": "Agreed", "seen_version": PROTOCOL_VERSION, "write_key": None}
    longer = replace(SHIPPED["im"], watch_min=100)
    protocols.change_protocol(by=nia, protocol=longer, **change)
    slower = thresholds(DEFAULT_ALERTS) | {"heart_rate_low_both_medium": 45}
    seen = {"seen_version": LIMITS_VERSION}
    protocols.change_alert_limits(by=nia, values=slower, **change | seen)
    signed = SignOff.objects.create(
        clinic=clinic, session=session, end="left_against_advice", signed_by=nia, signed_at=now
    )
    signoff.amend_session(by=nia, session=session, text="late", reason="forgot", write_key=None)
    signoff.void_sign_off(by=nia, sign_off=signed, reason="too early", write_key=None)
    audit.record(audit.Tag.SESSION_LOOK, by=nia, session=session)
    fill_after_the_session(session, nia, link)
    return {model.__name__: model._default_manager.first() for model in APPEND_ONLY}


def fill_after_the_session(session: TreatmentSession, nia: Staff, link: CheckInLink) -> None:
    """The append-only rows of check-ins, messages, the rota and the long-term watch."""
    now, at = timezone.now(), {"clinic": session.clinic}
    CheckInCode.objects.create(
        link=link, code_hash="1" * 64, minted_at=now, minted_by=nia, expires_at=now, **at
    )
    CheckInCall.objects.create(request=link.request, result="no_answer", by=nia, at=now, **at)
    ClinicInstrument.objects.create(
        code="own", number=1, definition={}, loaded_by=nia, loaded_at=now, **at
    )
    EscalationVersion.objects.create(
        number=1,
        reason="Agreed",
        changed_by=nia,
        changed_at=now,
        repeat_min=5,
        on_call_min=10,
        lead_min=20,
        quiet_after_taken_min=15,
        rearm_no_answer_min=10,
        medium_lead_min=240,
        **at,
    )
    message = Message.objects.create(
        kind="escalation",
        channel="sms",
        address="5550100",
        key="1",
        alert=Alert.objects.first(),
        due_at=now,
        planned_at=now,
        **at,
    )
    Delivery.objects.create(message=message, attempt=1, kind="started", at=now, **at)
    look = record_watch_check(
        by=nia, patient=session.patient, item="bladder", result="well", write_key=None
    )
    strike_watch_check(by=nia, look=look, reason="another patient's", write_key=None)
