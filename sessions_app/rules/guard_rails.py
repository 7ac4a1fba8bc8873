"""What a clinic may set, and what not: the range of every setting, and how they fit together.

The ranges are design: wide enough for every published practice that was found, too narrow for a
slip of the finger or for switching a safeguard off. A clinic chooses within them; the ranges
themselves change only with the software.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sessions_app.instruments import REGISTRY
from sessions_app.rules.check_in_windows import MOOD, Window, whole_hours
from sessions_app.rules.limits import DEFAULT_ALERTS, AlertLimit, AlertLimits, Number
from sessions_app.rules.long_term_watch import DESIGN as WATCH_DESIGN
from sessions_app.rules.long_term_watch import ITEMS, Watch
from sessions_app.rules.protocols import DESIGN, Protocol


@dataclass(frozen=True)
class Setting:
    """Both ends may be set. `source` is where the shipped number comes from."""

    low: Number
    high: Number
    unit: str
    source: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.low}–{self.high}\N{NO-BREAK SPACE}{self.unit}"


@dataclass(frozen=True)
class Fault:
    """Why a setting is refused. `limit` and `value` can be printed in any language."""

    field: str
    code: str
    limit: str = ""
    value: object = None


US_LABEL = "esketamine US label"
ALDRETE = "modified Aldrete score (general knowledge)"
BANDS = "design, from the ranges in publications"
PER_KG = (Decimal("0.05"), Decimal("5"), "mg/kg", BANDS, True)
SETTINGS: dict[str, Setting] = {
    "during_every_min": Setting(5, 30, "min", "design, after published infusion series"),
    "after_every_min": Setting(5, 60, "min", "design, after published infusion series"),
    "watch_min": Setting(30, 480, "min", DESIGN),
    "overdue_min": Setting(1, 10, "min", DESIGN),
    "start_systolic": Setting(120, 180, "mmHg", f"{US_LABEL}: 140/90"),
    "start_diastolic": Setting(70, 110, "mmHg", f"{US_LABEL}: 140/90"),
    "bp_retry_min": Setting(5, 60, "min", DESIGN),
    "min_hours_between_sessions": Setting(
        4, 336, "h", "design: three times a week is the densest published course for depression"
    ),
    "weight_ask_percent": Setting(1, 20, "%", DESIGN),
    "weight_alert_percent": Setting(2, 30, "%", DESIGN),
    "mg_per_kg_low": Setting(*PER_KG),
    "mg_per_kg_high": Setting(*PER_KG),
    "devices_low": Setting(1, 3, "× 28 mg", US_LABEL),
    "devices_high": Setting(1, 3, "× 28 mg", US_LABEL),
    "devices_senior_low": Setting(1, 3, "× 28 mg", "EU and Hong Kong labels", True),
    "bp_near_percent": Setting(5, 40, "%", f"{ALDRETE}: circulation"),
    "systolic_below": Setting(130, 180, "mmHg", "CTCAE v5 hypertension grade 3: 160/100"),
    "diastolic_below": Setting(80, 110, "mmHg", "CTCAE v5 hypertension grade 3: 160/100"),
    "spo2_above": Setting(88, 96, "%", f"{ALDRETE}: oxygenation"),
    "moaas_at_least": Setting(4, 5, "MOAA/S", "definition of the scale: responds readily"),
    "reading_max_age_min": Setting(10, 60, "min", DESIGN),
}
# Two hours by nose: the label and the REMS let nobody leave earlier.
NASAL_WATCH = Setting(120, 480, "min", f"{US_LABEL} and REMS: at least 2 h")
ONLY_INFUSION = ("during_every_min", "after_every_min")
ONLY_NASAL = ("devices_low", "devices_high", "devices_senior_low")
LONGEST_GAP_MIN = 60
WATCH_SETTINGS = {
    "every_days": Setting(14, 730, "d", WATCH_DESIGN, True),
    "every_sessions": Setting(1, 60, "×", WATCH_DESIGN, True),
}
WINDOWS_AHEAD_HOURS = 26 * 7 * 24  # half a year
MOST_WINDOWS = 30
LONGEST_WINDOW_CODES = 300
ASKED = tuple(code for code, instrument in REGISTRY.items() if instrument.is_asked)


def settings_for(route: str) -> dict[str, Setting]:
    """The single numbers that a protocol of this route has, in the order of the page."""
    left_out: tuple[str, ...] = () if route == "intranasal" else ONLY_NASAL
    left_out += () if route == "iv" else ONLY_INFUSION
    found = {name: setting for name, setting in SETTINGS.items() if name not in left_out}
    if route == "intranasal":
        found["watch_min"] = NASAL_WATCH
    return found


def protocol_faults(protocol: Protocol, askable: Collection[str] = ASKED) -> list[Fault]:
    """Everything that keeps this protocol from being used; an empty list means: save it.

    `askable`: the codes of what patients of this clinic can be asked.
    """
    faults = []
    for name, setting in settings_for(protocol.route).items():
        faults += _outside(name, getattr(protocol, name), setting)
    parts = [*_window_faults(protocol.windows, askable), *_watch_faults(protocol.watches)]
    if faults:
        return [*faults, *parts]
    return [*_schedule_faults(protocol), *_order_faults(protocol), *parts]


def _outside(name: str, value: Number | None, setting: Setting) -> list[Fault]:
    if value is None:
        return [] if setting.optional else [Fault(name, "required")]
    if isinstance(value, Decimal) and not value.is_finite():
        return [Fault(name, "not_a_number", str(setting), value)]
    if not setting.low <= value <= setting.high:
        return [Fault(name, "outside_guard_rail", str(setting), value)]
    return []


def _schedule_faults(protocol: Protocol) -> list[Fault]:
    if protocol.is_infusion:
        return []
    due = protocol.due
    if not due or due[0] != 0:
        return [Fault("due", "schedule_without_zero", "0", _minutes(due))]
    for earlier, later in pairwise(due):
        if later <= earlier:
            return [Fault("due", "minutes_not_ascending", str(earlier), later)]
        if later - earlier > LONGEST_GAP_MIN:
            return [Fault("due", "gap_too_long", str(LONGEST_GAP_MIN), f"{earlier}–{later}")]
    if due[-1] > protocol.watch_min:
        return [Fault("due", "due_after_watch", str(protocol.watch_min), due[-1])]
    if protocol.watch_min - due[-1] > LONGEST_GAP_MIN:
        span = f"{due[-1]}–{protocol.watch_min}"
        return [Fault("due", "gap_too_long", str(LONGEST_GAP_MIN), span)]
    return []


def _minutes(due: Iterable[int]) -> str:
    return ", ".join(map(str, due))


def _order_faults(protocol: Protocol) -> list[Fault]:
    """Pairs of which the first may not pass the second."""
    faults = []
    if protocol.weight_ask_percent >= protocol.weight_alert_percent:
        limit = str(protocol.weight_alert_percent)
        faults.append(Fault("weight_ask_percent", "not_below", limit, protocol.weight_ask_percent))
    low, high = protocol.mg_per_kg_low, protocol.mg_per_kg_high
    if (low is None) != (high is None):
        faults.append(Fault("mg_per_kg_low" if low is None else "mg_per_kg_high", "required"))
    elif low is not None and high is not None and low > high:
        faults.append(Fault("mg_per_kg_low", "above_other_end", str(high), low))
    fewest, most, senior = (
        protocol.devices_low,
        protocol.devices_high,
        protocol.devices_senior_low,
    )
    if fewest is not None and most is not None and fewest > most:
        faults.append(Fault("devices_low", "above_other_end", str(most), fewest))
    if senior is not None and fewest is not None and senior > fewest:
        faults.append(Fault("devices_senior_low", "above_other_end", str(fewest), senior))
    return faults


def _window_faults(windows: tuple[Window, ...], askable: Collection[str]) -> list[Fault]:
    if not windows:
        return [Fault("windows", "windows_missing")]
    if len(windows) > MOST_WINDOWS:
        return [Fault("windows", "too_many_windows", str(MOST_WINDOWS), len(windows))]
    faults = [fault for window in windows for fault in _one_window(window, askable)]
    if faults:
        return faults
    for earlier, later in pairwise(windows):
        if later.opens < earlier.closes:
            faults.append(Fault("windows", "windows_overlap", earlier.slot, later.slot))
    return faults


def _one_window(window: Window, askable: Collection[str]) -> list[Fault]:
    opens, due, closes = map(whole_hours, (window.opens, window.due, window.closes))
    hours = f"{opens}–{due}–{closes}"
    if not 0 <= opens <= due < closes:
        return [Fault("windows", "window_order", window.slot, hours)]
    if closes > WINDOWS_AHEAD_HOURS:
        return [Fault("windows", "window_too_late", str(WINDOWS_AHEAD_HOURS // 168), window.slot)]
    unknown = [code for code in window.instruments if code not in askable]
    if unknown:
        return [Fault("windows", "unknown_choice", ", ".join(askable), unknown[0])]
    if len(" ".join(window.instruments)) > LONGEST_WINDOW_CODES:
        return [Fault("windows", "window_asks_too_much", value=window.slot)]
    if not window.instruments or window.instruments[0] != MOOD:
        return [Fault("windows", "window_without_mood", value=window.slot)]
    return []


def watch_setting(item: str, part: str) -> str:
    """The name of one number of the long-term watch: "watch_bladder_every_days"."""
    return f"watch_{item}_{part}"


def _watch_faults(watches: tuple[Watch, ...]) -> list[Fault]:
    faults, seen = [], set()
    for watch in watches:
        if watch.item not in ITEMS:
            return [Fault("watches", "unknown_choice", ", ".join(ITEMS), watch.item)]
        if watch.item in seen:
            return [Fault("watches", "already_used", value=watch.item)]
        seen.add(watch.item)
        if watch.every_days is None and watch.every_sessions is None:
            faults.append(Fault(watch_setting(watch.item, "every_days"), "required"))
        for part, setting in WATCH_SETTINGS.items():
            faults += _outside(watch_setting(watch.item, part), getattr(watch, part), setting)
    return faults


# --- alert limits

# The range of each threshold: sign, direction, rise → by level and phase. A line may be left out
# (no call at all) unless it is High: that one always stands.
RAILS: dict[str, tuple[Number, Number]] = {
    "systolic_high_before_medium": (120, 179),
    "systolic_high_after_medium": (140, 199),
    "systolic_high_both_high": (160, 220),
    "systolic_rise_after_medium": (20, 80),
    "systolic_low_both_medium": (70, 105),
    "diastolic_high_before_medium": (70, 109),
    "diastolic_high_after_medium": (85, 119),
    "diastolic_high_both_high": (95, 130),
    "diastolic_rise_after_medium": (15, 50),
    "diastolic_low_both_medium": (35, 60),
    "mean_arterial_high_before_medium": (95, 130),
    "mean_arterial_high_after_medium": (100, 140),
    "mean_arterial_low_both_medium": (50, 75),
    "heart_rate_high_before_medium": (90, 140),
    "heart_rate_high_after_medium": (100, 160),
    "heart_rate_low_both_medium": (35, 60),
    "spo2_low_before_medium": (90, 97),
    "spo2_low_after_medium": (88, 96),
    "spo2_low_both_high": (85, 94),
    "respiratory_rate_high_both_medium": (18, 35),
    "respiratory_rate_low_both_medium": (7, 12),
    "respiratory_rate_low_both_high": (5, 10),
    "temperature_c_high_both_medium": (Decimal("37.5"), Decimal("39.5")),
    "temperature_c_low_both_medium": (Decimal("34"), Decimal("36")),
    "etco2_high_after_medium": (45, 65),
    "etco2_low_after_medium": (20, 35),
    "moaas_low_before_medium": (4, 5),
    "moaas_low_after_medium": (2, 4),
    "moaas_low_both_high": (1, 3),
}


def line_name(limit: AlertLimit) -> str:
    """ "systolic_high_both_high": sign, direction or rise, phase, level. One per line."""
    phase = "both" if len(limit.phases) == 2 else limit.phases[0]
    return f"{limit.code}_{phase}_{limit.level}"


SHIPPED_LINES: dict[str, AlertLimit] = {line_name(line): line for line in DEFAULT_ALERTS.limits}


def thresholds(alert_limits: AlertLimits) -> dict[str, Number | None]:
    """The threshold of every line by its name; None where the clinic left the line out."""
    held = {line_name(line): line.threshold for line in alert_limits.limits}
    return {name: held.get(name) for name in SHIPPED_LINES}


def limit_faults(wanted: Mapping[str, Number | None]) -> list[Fault]:
    """Everything that keeps these thresholds from being used. Keys are names of SHIPPED_LINES."""
    faults = []
    for name, line in SHIPPED_LINES.items():
        low, high = RAILS[name]
        setting = Setting(low, high, "", line.source, optional=line.level != "high")
        faults += _outside(name, wanted.get(name), setting)
    return faults or _step_faults(wanted)


def _step_faults(wanted: Mapping[str, Number | None]) -> list[Fault]:
    """A warning has to come before the urgent call. (The ranges of RAILS keep a sign's low limits
    below its high ones.)
    """
    faults = []
    for name, line in SHIPPED_LINES.items():
        value = wanted.get(name)
        if value is None or line.level == "high" or line.rise:
            continue
        for other, urgent in SHIPPED_LINES.items():
            same = (urgent.sign, urgent.direction) == (line.sign, line.direction)
            limit = wanted.get(other)
            if not same or urgent.level != "high" or limit is None:
                continue
            if value >= limit if line.direction == "up" else value <= limit:
                faults.append(Fault(name, "warn_not_before_urgent", str(limit), value))
    return faults


# --- what changed


@dataclass(frozen=True)
class Change:
    """One setting that differs. `before` and `after` are values as the protocol holds them."""

    field: str
    before: Any
    after: Any


def protocol_changes(before: Protocol, after: Protocol) -> list[Change]:
    """What differs between two protocols of a route, in the order of the page."""
    names = [*settings_for(after.route), "due", "asks_leaflet", "asks_escort"]
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    found = [Change(name, old, new) for name, old, new in pairs if old != new]
    was, now = ({w.slot: w for w in protocol.windows} for protocol in (before, after))
    for slot in sorted(was.keys() | now.keys(), key=lambda slot: (now.get(slot) or was[slot]).due):
        if was.get(slot) != now.get(slot):
            found.append(Change("window", was.get(slot), now.get(slot)))
    return [*found, *_watch_changes(before.watches, after.watches)]


def _watch_changes(before: tuple[Watch, ...], after: tuple[Watch, ...]) -> list[Change]:
    was, now = ({watch.item: watch for watch in watches} for watches in (before, after))
    items = sorted(was.keys() | now.keys())
    pairs = ((was.get(item), now.get(item)) for item in items)
    return [Change("watch", old, new) for old, new in pairs if old != new]


def limit_changes(before: AlertLimits, after: AlertLimits) -> list[Change]:
    """Which thresholds differ, in the order of the table; None is a line left out."""
    old, new = thresholds(before), thresholds(after)
    return [Change(name, old[name], new[name]) for name in old if old[name] != new[name]]
