"""May the patient leave? Every check of the list against what the record says now.

The numbers are the protocol's; a missing value never proves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sessions_app.rules.effects import EFFECTS
from sessions_app.rules.limits import Number
from sessions_app.rules.protocols import CheckSource, Protocol

Value = Number | float | str | None


@dataclass(frozen=True)
class OpenEffect:
    """A side effect that is not resolved, with its present grade."""

    code: str
    grade: Literal["mild", "moderate", "severe"]


@dataclass(frozen=True)
class DischargeFacts:
    """What the record says now. Minutes count from the start of the dose.

    `infusion_end_min` is needed for IV only; None while it runs. Each `…_at_min` is when the
    value was taken. `oxygen_l_min` None or 0 is room air. `confirmed`: codes of the nurse's ticks.
    """

    elapsed_min: float
    infusion_end_min: float | None = None
    baseline_systolic: int | None = None
    baseline_diastolic: int | None = None
    systolic: int | None = None
    diastolic: int | None = None
    bp_at_min: float | None = None
    spo2: int | None = None
    spo2_at_min: float | None = None
    oxygen_l_min: Number | None = None
    moaas: int | None = None
    moaas_at_min: float | None = None
    open_effects: tuple[OpenEffect, ...] = ()
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CheckResult:
    """Whether one check is met, and the values that decided."""

    code: str
    met: bool
    source: CheckSource
    evidence: Mapping[str, Value]


def evaluate_discharge(facts: DischargeFacts, protocol: Protocol) -> list[CheckResult]:
    """The protocol's checks in their order; the patient may leave when all are met.

    Evaluate anew with every reading: a check that was met un-ticks when a later value breaks it.
    A missing value never proves anything.
    """
    proven = {
        "watched": _watched(facts, protocol),
        "bp_near_baseline": _bp_near_baseline(facts, protocol),
        "spo2_ok": _spo2_ok(facts, protocol),
        "awake": _awake(facts, protocol),
        "effects_mild": _effects_mild(facts),
    }
    results = []
    for check in protocol.discharge_checks:
        if check.source == "nurse":
            met, evidence = check.code in facts.confirmed, dict[str, Value]()
        else:
            met, evidence = proven[check.code]
        results.append(CheckResult(check.code, met, check.source, evidence))
    return results


Proof = tuple[bool, dict[str, Value]]


def _is_fresh(facts: DischargeFacts, protocol: Protocol, at_min: float | None) -> bool:
    """An older value does not speak for now, and one before the dose never."""
    if at_min is None or at_min <= 0:
        return False
    return facts.elapsed_min - at_min <= protocol.reading_max_age_min


def _watched(facts: DischargeFacts, protocol: Protocol) -> Proof:
    if protocol.is_infusion and facts.infusion_end_min is None:
        return False, {"elapsed_min": facts.elapsed_min, "minimum_min": None}
    minimum = protocol.minimum_watch_min(facts.infusion_end_min)
    return facts.elapsed_min >= minimum, {
        "elapsed_min": facts.elapsed_min,
        "minimum_min": minimum,
    }


def _bp_near_baseline(facts: DischargeFacts, protocol: Protocol) -> Proof:
    pairs = (
        (facts.systolic, facts.baseline_systolic, protocol.systolic_below),
        (facts.diastolic, facts.baseline_diastolic, protocol.diastolic_below),
    )
    met = _is_fresh(facts, protocol, facts.bp_at_min) and all(
        now is not None
        and start is not None
        and now < ceiling
        and abs(now - start) * 100 <= protocol.bp_near_percent * start
        for now, start, ceiling in pairs
    )
    return met, {
        "systolic": facts.systolic,
        "diastolic": facts.diastolic,
        "baseline_systolic": facts.baseline_systolic,
        "baseline_diastolic": facts.baseline_diastolic,
        "at_min": facts.bp_at_min,
    }


def _spo2_ok(facts: DischargeFacts, protocol: Protocol) -> Proof:
    met = (
        _is_fresh(facts, protocol, facts.spo2_at_min)
        and facts.spo2 is not None
        and facts.spo2 > protocol.spo2_above
        and not facts.oxygen_l_min
    )
    return met, {
        "spo2": facts.spo2,
        "oxygen_l_min": facts.oxygen_l_min,
        "at_min": facts.spo2_at_min,
    }


def _awake(facts: DischargeFacts, protocol: Protocol) -> Proof:
    met = (
        _is_fresh(facts, protocol, facts.moaas_at_min)
        and facts.moaas is not None
        and facts.moaas >= protocol.moaas_at_least
    )
    return met, {"moaas": facts.moaas, "at_min": facts.moaas_at_min}


def _must_clear(code: str) -> bool:
    """An effect in free words has no entry: then its grade alone decides."""
    return code in EFFECTS and EFFECTS[code].must_clear


def _effects_mild(facts: DischargeFacts) -> Proof:
    """Evidence holds the open effects that keep the patient here, comma-separated codes."""
    keep = [
        effect.code
        for effect in facts.open_effects
        if effect.grade != "mild" or _must_clear(effect.code)
    ]
    return not keep, {"open": len(facts.open_effects), "blocking": ",".join(keep)}
