"""Charts drawn on the server: result → matplotlib figure → SVG that follows the page's theme."""

from reports.charts.curves import CURVE_LABELS, CurveInput, onset_figure, relief_figure
from reports.charts.flowsheet import (
    FLOWSHEET_LABELS,
    DoseBand,
    DosePoint,
    FlowLimits,
    Flowsheet,
    ReadingPoint,
    flowsheet,
)
from reports.charts.flowsheet_effects import EffectBar
from reports.charts.svg import to_svg

__all__ = [
    "CURVE_LABELS",
    "FLOWSHEET_LABELS",
    "CurveInput",
    "DoseBand",
    "DosePoint",
    "EffectBar",
    "FlowLimits",
    "Flowsheet",
    "ReadingPoint",
    "flowsheet",
    "onset_figure",
    "relief_figure",
    "to_svg",
]
