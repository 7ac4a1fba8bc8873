"""What a session's page shows of the dose, of other medicines and of ratings of dissociation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from django.utils.translation import gettext as _

from sessions_app.chairside.dose_given import (
    dose_given_mg,
    early_stop,
    kinds_for,
    rate_events,
    single_kind,
    standing_events,
)
from sessions_app.clock import elapsed_min, utc
from sessions_app.models import DissociationRating, DoseEvent, MedicationGiven, TreatmentSession
from sessions_app.rules import dosing
from sessions_app.words.medication_words import medication_line, rating_line


@dataclass(frozen=True)
class DeviceSlot:
    """One esketamine device of the plan: given (`event`), the next one, or a later one.

    `ready_at` is when its rest is over; None for the first one and where it cannot be known yet.
    """

    number: int
    event: DoseEvent | None
    ready_at: datetime | None
    is_next: bool
    is_resting: bool


@dataclass(frozen=True)
class DosePanel:
    """What was given so far and what can be done next with the drug.

    `primary` is the one deed that is expected now. `empty_at` is when the bag is empty by the
    recorded rates, None unless the pump runs. `stopped_early`: less than the plan was given.
    """

    state: str
    kinds: tuple[str, ...]
    primary: str
    events: list[DoseEvent]
    given_mg: Decimal | None
    given_per_kg: Decimal | None
    given_percent: int
    planned_mg: Decimal | None
    devices_given: int
    devices_planned: int | None
    slots: list[DeviceSlot]
    rate_ml_per_hour: Decimal | None
    planned_rate: Decimal | None
    empty_at: datetime | None
    is_bag_empty: bool
    stopped_early: DoseEvent | None
    is_stop_early: bool
    at: datetime

    @property
    def shown_mg(self) -> Decimal:
        """What the page says was given: while the pump runs to 0.1 mg, else what the record has."""
        given = self.given_mg or Decimal(0)
        return given.quantize(Decimal("0.1")) if self.state == "running" else given

    @property
    def ready_at(self) -> datetime | None:
        """From when the next device may be given, while its rest lasts."""
        return next((slot.ready_at for slot in self.slots if slot.is_resting), None)


@dataclass(frozen=True)
class GivenLine:
    """One other medicine, or one rating, as its list shows it; `strike` where it was struck."""

    row: MedicationGiven | DissociationRating
    text: str
    minute: float | None
    strike: object


def dose_panel(session: TreatmentSession, now: datetime) -> DosePanel:
    """The state of the dose. A running infusion counts up to `now`."""
    events = standing_events(session)
    rated = rate_events(session, events)
    state = (
        dosing.infusion_state(rated) if single_kind(session) is None else _single(session, events)
    )
    is_running = state == "running"
    given = dose_given_mg(session, events, now if is_running else None)
    planned = session.planned_mg
    empty_at = _empty_at(session, rated) if is_running else None
    kinds = next_kinds(session, state)
    slots = _slots(session, events, now)
    rates = [e.rate_ml_per_hour for e in events if e.rate_ml_per_hour is not None]
    is_bag_empty = empty_at is not None and utc(now) >= empty_at
    is_whole = bool(given and planned and not dosing.is_early_stop(given, planned))
    return DosePanel(
        state=state,
        kinds=kinds,
        primary=_primary(kinds, is_whole=is_whole, slots=slots),
        events=list(
            session.dose_events.select_related("recorded_by", "strike__struck_by").order_by(
                "taken_at", "id"
            )
        ),
        given_mg=given,
        given_per_kg=_per_kg(session, given),
        given_percent=_percent(given, planned),
        planned_mg=planned,
        devices_given=sum(e.kind == "device" for e in events),
        devices_planned=_devices_planned(session),
        slots=slots,
        rate_ml_per_hour=rates[-1] if rates else None,
        planned_rate=_planned_rate(session),
        empty_at=empty_at,
        is_bag_empty=is_bag_empty,
        stopped_early=early_stop(session, events),
        is_stop_early=not is_whole,
        at=now,
    )


def next_kinds(session: TreatmentSession, state: str) -> tuple[str, ...]:
    """What can be done with the drug now."""
    if session.is_imported:
        return ()
    if single_kind(session) is not None:
        return kinds_for(session)
    return {
        "not_started": ("start",),
        "running": ("pause", "rate_change", "stop"),
        "paused": ("resume", "stop"),
    }.get(state, ())


def medication_lines(session: TreatmentSession) -> list[GivenLine]:
    """Every other medicine, struck ones too, in time order."""
    rows = session.medications.select_related("recorded_by", "strike__struck_by", "replaces")
    return [
        GivenLine(row, medication_line(row), _minute(session, row), getattr(row, "strike", None))
        for row in rows
    ]


def rating_lines(session: TreatmentSession) -> list[GivenLine]:
    """Every rating of dissociation, struck ones too, in time order."""
    rows = session.ratings.select_related("recorded_by", "strike__struck_by")
    return [
        GivenLine(row, rating_line(row), _minute(session, row), getattr(row, "strike", None))
        for row in rows
    ]


def state_words(panel: DosePanel) -> str:
    """The state in a word or two, for the panel's head and the identity band."""
    if panel.stopped_early is not None:
        return _("stopped early")
    if panel.state == "running" and panel.is_bag_empty:
        return _("bag empty")
    return {
        "running": _("running"),
        "paused": _("paused"),
        "stopped": _("finished"),
        "given": _("given"),
        "part_given": _("part given"),
        "not_started": _("not started"),
    }[panel.state]


def _minute(session: TreatmentSession, row: MedicationGiven | DissociationRating) -> float | None:
    t0 = session.dose_started_at
    return None if t0 is None else elapsed_min(t0, row.taken_at)


def _single(session: TreatmentSession, events: list[DoseEvent]) -> str:
    given = dose_given_mg(session, events)
    if not given:
        return "not_started"
    is_part = session.planned_mg and dosing.is_early_stop(given, session.planned_mg)
    return "part_given" if is_part else "given"


def _empty_at(session: TreatmentSession, rated: list[dosing.RateEvent]) -> datetime | None:
    return dosing.bag_empty_at(rated, session.bag_mg) if session.bag_mg else None


def _per_kg(session: TreatmentSession, given: Decimal | None) -> Decimal | None:
    if not given or session.drug != "ketamine":
        return None
    per_kg = dosing.mg_per_kg(given, session.weight_kg)
    return None if per_kg is None else per_kg.quantize(Decimal("0.01"))


def _percent(given: Decimal | None, planned: Decimal | None) -> int:
    """Whole percent, never rounded up: 99.9 % is not yet all of it."""
    if not given or not planned:
        return 0
    return min(100, int((given * 100 / planned).to_integral_value(ROUND_FLOOR)))


def _planned_rate(session: TreatmentSession) -> Decimal | None:
    if not session.bag_volume_ml or not session.infusion_minutes:
        return None
    return dosing.pump_rate_ml_per_hour(session.bag_volume_ml, session.infusion_minutes)


def _devices_planned(session: TreatmentSession) -> int | None:
    return session.prescription.devices if session.prescription else None


def _slots(session: TreatmentSession, events: list[DoseEvent], now: datetime) -> list[DeviceSlot]:
    """The planned devices, and any given beyond the plan, in order."""
    if single_kind(session) != "device":
        return []
    given = [event for event in events if event.kind == "device"]
    ready_at = dosing.next_device_at([event.taken_at for event in given])
    slots = [DeviceSlot(number, row, None, False, False) for number, row in enumerate(given, 1)]
    for number in range(len(given) + 1, (_devices_planned(session) or 0) + 1):
        is_next = number == len(given) + 1
        rests = is_next and ready_at is not None and utc(now) < ready_at
        slots.append(DeviceSlot(number, None, ready_at if is_next else None, is_next, rests))
    return slots


def _primary(kinds: tuple[str, ...], *, is_whole: bool, slots: list[DeviceSlot]) -> str:
    """The deed that is expected now; none when all is given or a device still rests."""
    if kinds == ("device",):
        return "device" if any(slot.is_next and not slot.is_resting for slot in slots) else ""
    if kinds == ("given",):
        return "" if is_whole else "given"
    if "rate_change" in kinds:
        return "stop" if is_whole else "pause"
    return kinds[0] if kinds else ""
