"""What a patient sees of their own mood: answers, the usual value of each week, treatment days.

No threshold, no target and no other person is drawn. Days are days of the calendar, as in the
timeline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median, quantiles

from reports.charts.calendar_days import Moment, day_number, known_entries
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import require_labels
from reports.charts.svg import to_svg

WIDTH_PX, HEIGHT_PX = 332, 236
#: Words the chart needs; ``usually`` holds ``{value}``.
PROGRESS_LABELS = ("best", "usually", "this_week", "treatment_day")

_LEFT = 28.0
_TOP, _BOTTOM = 38.0, 172.0
_PHONE_PX = 14.0


@dataclass(frozen=True)
class Progress:
    """``scores`` are (when, mood 0-10), ``treatments`` the days of sessions.

    ``ticks`` are (day, words). ``decimal_mark`` stands in the usual value of this week.
    ``start`` and ``end`` bound the axis; ``end`` is today, the last day of "this week".
    """

    scores: tuple[tuple[Moment, float], ...]
    treatments: tuple[Moment, ...]
    start: date
    end: date
    ticks: tuple[tuple[date, str], ...]
    labels: Mapping[str, str]
    prefix: str
    title: str
    desc: str
    decimal_mark: str = "."


@dataclass(frozen=True)
class Week:
    """Seven days: their middle as a day number, and the quartiles of the answers in them."""

    middle: float
    low: float
    usual: float
    high: float
    is_last: bool


def progress(data: Progress) -> str:
    """The chart as SVG, 332 x 236 px, with words of 14 px for a phone.

    Raises ValueError when a word is missing or ``end`` is not after ``start``.
    """
    require_labels(data.labels, PROGRESS_LABELS)
    if data.end <= data.start:
        raise ValueError("the chart ends before it begins")
    sheet = Sheet(WIDTH_PX, HEIGHT_PX)
    # As wide as a half may be: "usually 7.5".
    words = (data.labels["usually"].format(value="7.5"), data.labels["this_week"])
    right = WIDTH_PX - 10 - max(text_width(w, _PHONE_PX, i == 0) for i, w in enumerate(words))
    first, days = data.start.toordinal(), (data.end - data.start).days + 1

    def x(day: float) -> float:
        return _LEFT + 6 + (day - first) / days * (right - _LEFT - 12)

    shown = [
        (day_number(moment), value)
        for moment, value in known_entries(data.scores)
        if 0 <= day_number(moment) - first <= days
    ]
    _frame(sheet, data, right, [(x(d.toordinal()), w) for d, w in data.ticks])
    dots = [(x(day), _y(value)) for day, value in shown]
    sheet.marks(dots, "o", "s1", size=4.5, ring=0.5, role="answer")
    weeks = weekly_usual(shown, data.end)
    for run in _unbroken(weeks):
        points = [(x(week.middle), week) for week in run]
        ribbon = [(px, _y(week.high)) for px, week in points]
        ribbon += [(px, _y(week.low)) for px, week in reversed(points)]
        sheet.area(ribbon, "s1", opacity=0.2, role="middle-half")
        line = [(px, _y(week.usual)) for px, week in points]
        if len(line) == 1:
            # A week alone is a dash, so that its usual value is seen too.
            line = [(line[0][0] - 5, line[0][1]), (line[0][0] + 5, line[0][1])]
        sheet.line(line, "s1", width=3, role="usual")
    discs = [day_number(day) for day in data.treatments]
    inside = [(x(day), _BOTTOM - 6) for day in discs if 0 <= day - first <= days]
    sheet.marks(inside, "o", "session", size=8, role="treatment")
    _end_words(sheet, data, weeks, right)
    return to_svg(sheet.figure, prefix=data.prefix, title=data.title, desc=data.desc)


def weekly_usual(scores: Sequence[tuple[float, float]], end: date) -> list[Week]:
    """Median and middle half of each week with answers; the last week is the one up to ``end``.

    ``scores`` are (day number, value). A week with one answer has no width.
    """
    after = end.toordinal() + 1
    by_week: dict[int, list[float]] = {}
    for day, value in scores:
        by_week.setdefault(int((after - day - 1e-9) // 7), []).append(value)
    weeks = []
    for back in sorted(by_week, reverse=True):
        values = by_week[back]
        low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        weeks.append(Week(after - 7 * back - 3.5, low, median(values), high, back == 0))
    return weeks


def _unbroken(weeks: Sequence[Week]) -> list[list[Week]]:
    """Runs of neighbouring weeks: a week without an answer breaks the line."""
    runs: list[list[Week]] = []
    for week in weeks:
        if runs and week.middle - runs[-1][-1].middle < 8:
            runs[-1].append(week)
        else:
            runs.append([week])
    return runs


def _y(value: float) -> float:
    return _BOTTOM - value / 10 * (_BOTTOM - _TOP)


def _frame(sheet: Sheet, data: Progress, right: float, ticks: Sequence[tuple[float, str]]) -> None:
    sheet.text(_LEFT, 16, data.labels["best"], size=_PHONE_PX)
    for value in (0, 5, 10):
        sheet.text(_LEFT - 6, _y(value) + 5, value, size=_PHONE_PX, anchor="right")
    sheet.segments([[(_LEFT, _y(v)), (right, _y(v))] for v in (5, 10)], "grid")
    sheet.line([(_LEFT, _BOTTOM), (right, _BOTTOM)], "axis")
    edge = -1.0
    for x, words in ticks:
        half = text_width(words, _PHONE_PX) / 2
        place = max(x, half + 2)
        if _LEFT <= x <= right and place - half > edge + 8:
            sheet.line([(x, _BOTTOM), (x, _BOTTOM + 4)], "axis")
            sheet.text(place, _BOTTOM + 24, words, size=_PHONE_PX, anchor="center")
            edge = place + half
    if data.treatments:
        sheet.marks([(_LEFT + 6, _BOTTOM + 46)], "o", "session", size=9)
        sheet.text(_LEFT + 16, _BOTTOM + 51, data.labels["treatment_day"], size=_PHONE_PX)


def _end_words(sheet: Sheet, data: Progress, weeks: Sequence[Week], right: float) -> None:
    """The usual value of this week behind the line; nothing when nobody answered this week."""
    if not weeks or not weeks[-1].is_last:
        return
    y = min(max(_y(weeks[-1].usual), _TOP + 4), _BOTTOM - 24)
    usual = f"{weeks[-1].usual:g}".replace(".", data.decimal_mark)
    words = data.labels["usually"].format(value=usual)
    sheet.text(right + 6, y, words, "s1", size=_PHONE_PX, bold=True, role="usually")
    sheet.text(right + 6, y + 19, data.labels["this_week"], size=_PHONE_PX)
