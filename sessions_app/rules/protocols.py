"""A protocol: when readings are due, what stops a dose, who may leave, when to ask again.

Minutes count from the start of the dose: the first device, or the start of the infusion. What
ships is a default and not advice; a clinic's own protocol of a route replaces it, with its
version, and a session keeps the one that it began under.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sessions_app.rules import dosing, limits
from sessions_app.rules.check_in_windows import CHECK_IN_WINDOWS, Window, for_indication
from sessions_app.rules.long_term_watch import SHIPPED_WATCHES, Watch

PROTOCOL_VERSION = "default-2026-11-2"
NO_LENGTH = "an infusion has a length above 0 min"

CheckSource = Literal["record", "nurse"]
DESIGN = "design"


@dataclass(frozen=True)
class StartCheck:
    """A question before the dose. `stops_on` is the answer that stops: "yes" or "no".

    `needs_pin`: only a prescriber overrules it, with their own PIN.
    """

    code: str
    stops_on: Literal["yes", "no"]
    overridable: bool
    source: str
    needs_pin: bool = False


# An override needs a reason and the prescriber's name. Who lies in the chair, and whether they
# agreed, nobody can override.
START_CHECKS = (
    StartCheck("identity", "no", False, "design: name and birth date said aloud"),
    StartCheck("escort", "no", True, "esketamine US label: arrange transport"),
    StartCheck("fasting", "no", True, "esketamine US label: no food 2 h, no liquids 30 min"),
    StartCheck("medicines_changed", "yes", True, "design"),
    StartCheck("alcohol_or_drugs", "yes", True, "design: in the last 24 h"),
    StartCheck(
        "suicidal_thoughts", "yes", True, "design: the prescriber speaks with them first", True
    ),
    StartCheck("bladder", "yes", True, "design: new bladder trouble"),
    StartCheck("pregnancy", "yes", True, "general knowledge: pregnant, possibly, or nursing"),
    StartCheck("consent_valid", "no", False, "design"),
    StartCheck("bp_below_start_limit", "no", True, "esketamine US label: 140/90"),
    StartCheck("spaced", "no", True, "design: the protocol's hours since the last dose"),
    StartCheck("dose_in_range", "no", True, "design: inside the protocol's usual dose", True),
)


@dataclass(frozen=True)
class DischargeCheck:
    """One line of the list, and who proves it."""

    code: str
    source: CheckSource
    basis: str


DISCHARGE_CHECKS = (
    DischargeCheck("watched", "record", "minimum watch of the route"),
    DischargeCheck(
        "bp_near_baseline",
        "record",
        "modified Aldrete circulation: within 20 % (general knowledge)",
    ),
    DischargeCheck(
        "spo2_ok",
        "record",
        "modified Aldrete oxygenation: above 92 % on room air (general knowledge)",
    ),
    DischargeCheck("awake", "record", "MOAA/S 5: responds readily to the name"),
    DischargeCheck("effects_mild", "record", "design: perception clear, everything else mild"),
    DischargeCheck("steady", "nurse", "design: oriented, walks without help"),
    DischargeCheck("leaflet", "nurse", "design"),
    DischargeCheck("escort_present", "nurse", "esketamine US label: arrange transport"),
    DischargeCheck("suicide_asked", "nurse", "design"),
)


@dataclass(frozen=True)
class Protocol:
    """Every number of one route that a clinic may set. The values here are the shipped ones.

    Minutes, mmHg, %, mg/kg, devices of 28 mg. An infusion has no `due` minutes: readings come
    every `during_every_min` to its end, at its end, then every `after_every_min`, and
    `watch_min` counts from the end. Without a band (None) every dose asks for a reason.
    `key` is the row of a clinic's version, None for the shipped default.
    """

    route: str
    watch_min: int
    due: tuple[int, ...] = ()
    during_every_min: int | None = None
    after_every_min: int | None = None
    overdue_min: int = 2
    start_systolic: int = 140
    start_diastolic: int = 90
    bp_retry_min: int = 10
    min_hours_between_sessions: int = 40
    weight_ask_percent: int = limits.WEIGHT_ASK_PERCENT
    weight_alert_percent: int = limits.WEIGHT_ALERT_PERCENT
    mg_per_kg_low: Decimal | None = None
    mg_per_kg_high: Decimal | None = None
    devices_low: int | None = None
    devices_high: int | None = None
    devices_senior_low: int | None = None
    bp_near_percent: int = 20
    systolic_below: int = 160
    diastolic_below: int = 100
    spo2_above: int = 92
    moaas_at_least: int = 5
    reading_max_age_min: int = 30
    asks_leaflet: bool = True
    asks_escort: bool = True
    windows: tuple[Window, ...] = CHECK_IN_WINDOWS
    watches: tuple[Watch, ...] = SHIPPED_WATCHES
    version: str = PROTOCOL_VERSION
    key: UUID | None = None

    @property
    def is_infusion(self) -> bool:
        """Whether the minutes of the schedule depend on the length of an infusion."""
        return self.route == "iv"

    def due_minutes(self, infusion_min: int | None = None) -> list[int]:
        """Minutes at which a reading is due, ascending, 0 first. IV needs the infusion's length.

        An infusion without a length above 0 raises ValueError.
        """
        if not self.is_infusion:
            return list(self.due)
        if infusion_min is None or infusion_min <= 0:
            raise ValueError(NO_LENGTH)
        assert self.during_every_min and self.after_every_min, "an infusion has both intervals"
        after = range(infusion_min, infusion_min + self.watch_min + 1, self.after_every_min)
        return [*range(0, infusion_min, self.during_every_min), *after]

    def minimum_watch_min(self, infusion_end_min: float | None = None) -> float:
        """Minutes from the start of the dose that have to pass before the patient may leave."""
        if not self.is_infusion:
            return self.watch_min
        if infusion_end_min is None or infusion_end_min <= 0:
            raise ValueError(NO_LENGTH)
        return infusion_end_min + self.watch_min

    def bp_below_start_limit(self, systolic: int, diastolic: int) -> bool:
        """Whether the pressure allows a start: 140/90 still does, one above either does not."""
        return systolic <= self.start_systolic and diastolic <= self.start_diastolic

    def dose_band(self, drug: str) -> dosing.DoseBand | None:
        """The usual dose of the drug by this route; None where none is set."""
        if drug == "esketamine":
            return self._device_band()
        if self.mg_per_kg_low is None or self.mg_per_kg_high is None:
            return None
        return dosing.DoseBand(self.mg_per_kg_low, self.mg_per_kg_high, True, self.version)

    def _device_band(self) -> dosing.DoseBand | None:
        if self.devices_low is None or self.devices_high is None:
            return None
        senior = self.devices_senior_low
        return dosing.DoseBand(
            Decimal(self.devices_low * dosing.DEVICE_MG),
            Decimal(self.devices_high * dosing.DEVICE_MG),
            False,
            self.version,
            tuple(count * dosing.DEVICE_MG for count in dosing.DEVICES),
            None if senior is None else Decimal(senior * dosing.DEVICE_MG),
        )

    def weight_change(
        self, weight_kg: limits.Number, previous_kg: limits.Number | None
    ) -> limits.WeightChange | None:
        """What to ask about a new weight; None: nothing."""
        return limits.weight_change(
            weight_kg,
            previous_kg,
            ask_percent=self.weight_ask_percent,
            alert_percent=self.weight_alert_percent,
        )

    @property
    def discharge_checks(self) -> tuple[DischargeCheck, ...]:
        """The list before the patient leaves, in its order."""
        left_out = {"leaflet": not self.asks_leaflet, "escort_present": not self.asks_escort}
        return tuple(check for check in DISCHARGE_CHECKS if not left_out.get(check.code))

    def windows_for(self, indication: str) -> tuple[Window, ...]:
        """The check-ins after a dose, in order of time; an unknown indication: ValueError."""
        return tuple(for_indication(window, indication) for window in self.windows)


INJECTION = (0, 10, 20, 30, 45, 60, 90)
SWALLOWED = (0, 30, 60, 90, 120)


def _by_weight(
    route: str,
    watch_min: int,
    due: tuple[int, ...] = (),
    every: tuple[int | None, ...] = (None,) * 2,
) -> Protocol:
    band = dosing.DOSE_BANDS[route, "ketamine"]
    return Protocol(
        route,
        watch_min,
        due,
        during_every_min=every[0],
        after_every_min=every[1],
        mg_per_kg_low=band.low,
        mg_per_kg_high=band.high,
    )


SHIPPED: dict[str, Protocol] = {
    protocol.route: protocol
    for protocol in (
        _by_weight("iv", 60, every=(10, 15)),
        _by_weight("im", 90, INJECTION),
        _by_weight("sc", 90, INJECTION),
        Protocol(
            "intranasal",
            120,
            (0, 40, 60, 90, 120),
            devices_low=2,
            devices_high=3,
            devices_senior_low=1,
        ),
        _by_weight("oral", 120, SWALLOWED),
        _by_weight("sublingual", 120, SWALLOWED),
    )
}

SCHEDULE_SOURCES = {
    "iv": "design, after published infusion series: every 10 min during, every 15 min after",
    "intranasal": "esketamine US label and REMS: before, at 40 min, before leaving, at least 2 h; "
    "60 and 90 by design",
}
