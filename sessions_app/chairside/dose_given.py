"""What was given, derived from the dose events that stand. Milligrams are never typed twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import cast, get_args

from sessions_app.models import DoseEvent, TreatmentSession
from sessions_app.rules import dosing

FIRST_DOSE_KINDS = ("start", "given", "device")
INFUSION_KINDS = ("start", "rate_change", "pause", "resume", "stop")


def standing_events(session: TreatmentSession) -> list[DoseEvent]:
    """The session's dose events that nobody struck, by time; at one instant as entered."""
    loaded: list[DoseEvent] | None = getattr(session, "loaded_dose_events", None)
    if loaded is not None:
        return loaded
    return list(session.dose_events.standing().order_by("taken_at", "recorded_at", "id"))


def rate_events(session: TreatmentSession, events: Iterable[DoseEvent]) -> list[dosing.RateEvent]:
    """The infusion's events with rates in mg/hour: mL/hour times the bag's mg per mL."""
    return [
        dosing.RateEvent(
            event.taken_at,
            cast(dosing.RateKind, event.kind),
            _mg_per_hour(session, event.rate_ml_per_hour),
        )
        for event in events
        if event.kind in get_args(dosing.RateKind)
    ]


def _mg_per_hour(session: TreatmentSession, ml_per_hour: Decimal | None) -> Decimal | None:
    if ml_per_hour is None or session.bag_mg is None or not session.bag_volume_ml:
        return None
    return ml_per_hour * session.bag_mg / session.bag_volume_ml


def dose_given_mg(
    session: TreatmentSession,
    events: list[DoseEvent] | None = None,
    until: datetime | None = None,
) -> Decimal | None:
    """mg given up to `until` (None: up to the last event); None when nothing was given.

    An infusion gives no more than was in the bag, however late its stop was recorded. An imported
    session has the documented dose instead.
    """
    if session.is_imported:
        return session.documented_dose_mg
    events = standing_events(session) if events is None else events
    if not events:
        return None
    amounts = [event.amount_mg for event in events if event.amount_mg is not None]
    if amounts:
        return sum(amounts, Decimal(0))
    end = until or events[-1].taken_at
    pumped = dosing.infusion_mg(rate_events(session, events), end)
    return pumped if session.bag_mg is None else min(pumped, session.bag_mg)


def infusion_end(events: list[DoseEvent]) -> datetime | None:
    """When the infusion was stopped; None while it runs, is paused or did not begin."""
    return next((event.taken_at for event in events if event.kind == "stop"), None)


def early_stop(session: TreatmentSession, events: list[DoseEvent]) -> DoseEvent | None:
    """The stop that ended the infusion before the planned dose was in; None when none did."""
    stop = next((event for event in events if event.kind == "stop"), None)
    if stop is None or not session.planned_mg:
        return None
    given = dose_given_mg(session, events, stop.taken_at) or Decimal(0)
    return stop if dosing.is_early_stop(given, session.planned_mg) else None


def single_kind(session: TreatmentSession) -> str | None:
    """ "given" or "device" where the drug is not infused; None for an infusion."""
    if session.drug == "esketamine":
        return "device"
    return None if session.route == "iv" else "given"


def kinds_for(session: TreatmentSession) -> tuple[str, ...]:
    """What can be done with this session's drug by its route."""
    single = single_kind(session)
    return INFUSION_KINDS if single is None else (single,)


def dose_start(events: list[DoseEvent]) -> datetime | None:
    """t0: the first event that put drug into the patient."""
    return min((e.taken_at for e in events if e.kind in FIRST_DOSE_KINDS), default=None)
