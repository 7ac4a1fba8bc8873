"""Charts drawn on the server: result → matplotlib figure → SVG that follows the page's theme."""

from reports.charts.calendar_days import weekly_ticks
from reports.charts.curve_data import CurveInput
from reports.charts.curves import CURVE_LABELS, onset_figure, relief_figure
from reports.charts.flowsheet import flowsheet
from reports.charts.flowsheet_data import (
    FLOWSHEET_LABELS,
    DoseBand,
    DosePoint,
    EffectBar,
    FlowLimits,
    Flowsheet,
    ReadingPoint,
)
from reports.charts.group_mood import MOOD_LABELS, MoodInput, mood_figure
from reports.charts.multiples import MULTIPLES_LABELS, SessionPanel, small_multiples
from reports.charts.progress import PROGRESS_LABELS, Progress, progress
from reports.charts.session_bands import (
    SESSIONS_LABELS,
    BandEstimate,
    BandsInput,
    sessions_figure,
)
from reports.charts.sparkline import sparkline
from reports.charts.svg import to_svg
from reports.charts.timeline import (
    TIMELINE_LABELS,
    RiskMark,
    SessionMark,
    Timeline,
    timeline,
)

__all__ = [
    "CURVE_LABELS",
    "FLOWSHEET_LABELS",
    "MOOD_LABELS",
    "MULTIPLES_LABELS",
    "PROGRESS_LABELS",
    "SESSIONS_LABELS",
    "TIMELINE_LABELS",
    "BandEstimate",
    "BandsInput",
    "CurveInput",
    "DoseBand",
    "DosePoint",
    "EffectBar",
    "FlowLimits",
    "Flowsheet",
    "MoodInput",
    "Progress",
    "ReadingPoint",
    "RiskMark",
    "SessionMark",
    "SessionPanel",
    "Timeline",
    "flowsheet",
    "mood_figure",
    "onset_figure",
    "progress",
    "relief_figure",
    "sessions_figure",
    "small_multiples",
    "sparkline",
    "timeline",
    "to_svg",
    "weekly_ticks",
]
