"""Charts drawn on the server: result → matplotlib figure → SVG that follows the page's theme.

Names are loaded when they are first used: matplotlib takes a third of a second to import, and a
worker that only records readings never needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.charts.calendar_days import weekly_ticks
    from reports.charts.curve_data import CurveInput
    from reports.charts.curves import CURVE_LABELS, onset_figure, relief_figure
    from reports.charts.flowsheet_chart import flowsheet
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
    from reports.charts.progress_chart import PROGRESS_LABELS, Progress, progress
    from reports.charts.session_bands import (
        SESSIONS_LABELS,
        BandEstimate,
        BandsInput,
        sessions_figure,
    )
    from reports.charts.sparkline_chart import sparkline
    from reports.charts.svg import to_svg
    from reports.charts.timeline_chart import (
        TIMELINE_LABELS,
        RiskMark,
        SessionMark,
        Timeline,
        timeline,
    )
    from reports.charts.timeline_strips import Banded, EffectMark, PressurePeak, Strips

_HOMES = {
    "CURVE_LABELS": "curves",
    "FLOWSHEET_LABELS": "flowsheet_data",
    "MOOD_LABELS": "group_mood",
    "MULTIPLES_LABELS": "multiples",
    "PROGRESS_LABELS": "progress_chart",
    "SESSIONS_LABELS": "session_bands",
    "TIMELINE_LABELS": "timeline_chart",
    "BandEstimate": "session_bands",
    "Banded": "timeline_strips",
    "BandsInput": "session_bands",
    "CurveInput": "curve_data",
    "DoseBand": "flowsheet_data",
    "DosePoint": "flowsheet_data",
    "EffectBar": "flowsheet_data",
    "EffectMark": "timeline_strips",
    "FlowLimits": "flowsheet_data",
    "Flowsheet": "flowsheet_data",
    "MoodInput": "group_mood",
    "PressurePeak": "timeline_strips",
    "Progress": "progress_chart",
    "ReadingPoint": "flowsheet_data",
    "RiskMark": "timeline_chart",
    "SessionMark": "timeline_chart",
    "SessionPanel": "multiples",
    "Strips": "timeline_strips",
    "Timeline": "timeline_chart",
    "flowsheet": "flowsheet_chart",
    "mood_figure": "group_mood",
    "onset_figure": "curves",
    "progress": "progress_chart",
    "relief_figure": "curves",
    "sessions_figure": "session_bands",
    "small_multiples": "multiples",
    "sparkline": "sparkline_chart",
    "timeline": "timeline_chart",
    "to_svg": "svg",
    "weekly_ticks": "calendar_days",
}

__all__ = [
    "CURVE_LABELS",
    "FLOWSHEET_LABELS",
    "MOOD_LABELS",
    "MULTIPLES_LABELS",
    "PROGRESS_LABELS",
    "SESSIONS_LABELS",
    "TIMELINE_LABELS",
    "BandEstimate",
    "Banded",
    "BandsInput",
    "CurveInput",
    "DoseBand",
    "DosePoint",
    "EffectBar",
    "EffectMark",
    "FlowLimits",
    "Flowsheet",
    "MoodInput",
    "PressurePeak",
    "Progress",
    "ReadingPoint",
    "RiskMark",
    "SessionMark",
    "SessionPanel",
    "Strips",
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


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
