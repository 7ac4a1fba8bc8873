"""What a flowsheet is drawn from. Minutes count from the start of the dose, measured in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Words the chart needs. ``peak`` holds ``{value}``, ``more_effects`` holds ``{n}``.
FLOWSHEET_LABELS = (
    "units",
    "now",
    "systolic",
    "diastolic",
    "pulse",
    "spo2",
    "peak",
    "systolic_limit",
    "diastolic_limit",
    "spo2_limit",
    "due",
    "late",
    "minutes",
    "first_reading",
    "more_effects",
)


@dataclass(frozen=True)
class ReadingPoint:
    """One set of vital signs; None = not measured. Pressure mmHg, rates per minute, SpO2 in %.

    ``respiratory_rate`` is carried for the table beside the chart and is not drawn.
    """

    minute: float
    systolic: float | None
    diastolic: float | None
    heart_rate: float | None
    spo2: float | None
    is_late: bool
    respiratory_rate: float | None = None


@dataclass(frozen=True)
class DoseBand:
    """Time in which a drug is running; ``end_min`` None = still running."""

    start_min: float
    end_min: float | None
    label: str


@dataclass(frozen=True)
class DosePoint:
    """Something at one moment: a bolus, an injection, a nasal device, a medicine, a rating."""

    minute: float
    label: str


@dataclass(frozen=True)
class FlowLimits:
    """Alert limits to draw; None = not drawn. Pressure mmHg, SpO2 in %."""

    systolic_high: float | None = None
    diastolic_high: float | None = None
    spo2_low: float | None = None


@dataclass(frozen=True)
class EffectBar:
    """One side effect. Minutes since the start of the dose; ``end_min`` None = ongoing.

    ``grade_steps`` holds (minute, grade) in order of time, grade 1 mild, 2 moderate, 3 severe;
    each grade holds until the next step. ``text`` stands behind the bar.
    """

    label: str
    onset_min: float
    end_min: float | None
    grade_steps: tuple[tuple[float, int], ...]
    text: str


@dataclass(frozen=True)
class Flowsheet:
    """All that one flowsheet shows. Minutes are counted from the start of the dose.

    ``medications`` are other medicines by name and amount; ``ratings`` of dissociation are scores,
    named ``ratings_name``.
    """

    readings: tuple[ReadingPoint, ...]
    dose: tuple[DoseBand, ...]
    dose_points: tuple[DosePoint, ...]
    effects: tuple[EffectBar, ...]
    due_min: tuple[float, ...]
    now_min: float | None
    limits: FlowLimits
    labels: Mapping[str, str]
    prefix: str
    title: str
    desc: str
    window_min: tuple[float, float] = (-15, 120)
    medications: tuple[DosePoint, ...] = ()
    ratings: tuple[DosePoint, ...] = ()
    ratings_name: str = ""
