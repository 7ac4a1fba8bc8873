"""A patient's course over the calendar: scores, sessions, PHQ-9, risk answers, and under them
pain, severity bands, highest pressures and side effects on the same days.

Days are days of the clinic's calendar; only places on the page depend on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from matplotlib.figure import Figure

from reports.charts.calendar_days import Moment, day_number, known_entries
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import NOTE_PX, TITLE_PX, require_labels, series_style
from reports.charts.svg import to_svg
from reports.charts.timeline_strips import GAP_PX, Ground, Strips, draw_strips

WIDTH_PX = 1000

#: Words the chart needs. ``session_link`` holds ``{number}``; ``score``, ``pain_now`` and
#: ``phq9_now`` hold ``{value}``.
TIMELINE_LABELS = (
    "phq9",
    "session",
    "score",
    "pain_now",
    "phq9_now",
    "phq9_band",
    "peak_now",
    "peak",
    "effects",
    "not_answered",
    "no_answers",
    "relief_line",
    "session_link",
)

#: Mood points further apart than this are not joined.
JOIN_DAYS = 8
#: A stretch without an answer of at least this length is marked.
SILENT_DAYS = 14

_LEFT, _RIGHT = 46.0, 872.0
_PHQ9_Y, _RAIL_Y = 16.0, 33.0
_TOP, _BOTTOM = 56.0, 216.0
_TICKS_Y = 235.0
_STRIPS_TOP = 248.0
_WORDS_X = _RIGHT + 10
_DISC_PX = 19.0
_LINK_PX = 24.0


@dataclass(frozen=True)
class SessionMark:
    """A session on the rail; ``href`` is where its number leads, ``name`` what the link is called.

    Without ``name`` the words of ``labels["session_link"]`` are used.
    """

    number: int
    day: Moment
    href: str
    name: str = ""


@dataclass(frozen=True)
class RiskMark:
    """A risk answer with the words to print beside it."""

    day: Moment
    text: str


@dataclass(frozen=True)
class Timeline:
    """All that one timeline shows. Scores, pain and the relief line are on the scale 0-10.

    ``relief_levels`` are (from when, level): each holds until the next one, the first from the
    left edge on. ``ticks`` are (day, words); ``weekly_ticks`` gives the days, the caller the
    words. ``start`` and ``end`` bound the axis; what lies outside is not drawn.
    """

    scores: tuple[tuple[Moment, float], ...]
    sessions: tuple[SessionMark, ...]
    not_answered: tuple[Moment, ...]
    phq9: tuple[tuple[Moment, int], ...]
    relief_levels: tuple[tuple[Moment, float], ...]
    risk: tuple[RiskMark, ...]
    start: date
    end: date
    ticks: tuple[tuple[date, str], ...]
    labels: Mapping[str, str]
    prefix: str
    title: str
    desc: str
    series: str = "iv"
    strips: Strips = field(default_factory=Strips)


def timeline(data: Timeline) -> str:
    """The timeline as SVG, 1000 px wide, as high as its strips; session numbers are links.

    Raises ValueError when a word is missing or ``end`` is not after ``start``.
    """
    numbers = {mark.href: mark for mark in data.sessions if mark.href}
    return to_svg(
        timeline_figure(data),
        prefix=data.prefix,
        title=data.title,
        desc=data.desc,
        link_names={
            href: mark.name or data.labels["session_link"].format(number=mark.number)
            for href, mark in numbers.items()
        },
    )


def timeline_figure(data: Timeline) -> Figure:
    """The timeline as a figure in CSS pixels."""
    require_labels(data.labels, TIMELINE_LABELS)
    if data.end <= data.start:
        raise ValueError("the timeline ends before it begins")
    shown = _within(data)
    sheet = Sheet(WIDTH_PX, height_px(shown))
    plot = _Plot(sheet, data)
    plot.frame()
    plot.silence()
    plot.sessions()
    plot.relief_lines()
    plot.mood()
    plot.not_answered()
    plot.risk()
    plot.phq9()
    draw_strips(Ground(sheet, plot.x, _LEFT, _RIGHT), shown, dict(data.labels), _STRIPS_TOP)
    return sheet.figure


def height_px(strips: Strips) -> float:
    """The height of the whole picture."""
    return _STRIPS_TOP + sum(height + GAP_PX for height in strips.heights)


def _within(data: Timeline) -> Strips:
    """The strips with only what lies on the axis, in order of time."""
    first = day_number(data.start)
    last = day_number(data.end) + 1

    def holds(moment: Moment) -> bool:
        return first <= day_number(moment) <= last

    strips, banded = data.strips, data.strips.banded
    if banded is not None:
        points = [entry for entry in known_entries(banded.points) if holds(entry[0])]
        banded = replace(banded, points=tuple(points))
    return replace(
        strips,
        pain=tuple(entry for entry in known_entries(strips.pain) if holds(entry[0])),
        banded=banded,
        peaks=tuple(peak for peak in strips.peaks if holds(peak.day)),
        effects=tuple(mark for mark in strips.effects if holds(mark.day)),
    )


class _Plot:
    def __init__(self, sheet: Sheet, data: Timeline) -> None:
        self.sheet, self.data, self.labels = sheet, data, data.labels
        self.first = day_number(data.start)
        # The last day belongs to the axis as a whole.
        self.days = day_number(data.end) + 1 - self.first
        self.colour = series_style(data.series).colour
        scores = known_entries(data.scores)
        self.scores = [(day, value) for day, value in scores if self.holds(day)]

    def holds(self, moment: Moment) -> bool:
        return 0 <= day_number(moment) - self.first <= self.days

    def x(self, moment: Moment) -> float:
        per_day = (_RIGHT - _LEFT - 20) / self.days
        return _LEFT + 10 + (day_number(moment) - self.first) * per_day

    @staticmethod
    def y(value: float) -> float:
        return _BOTTOM - value / 10 * (_BOTTOM - _TOP)

    def frame(self) -> None:
        rows = [(value, self.y(value)) for value in range(0, 11, 2)]
        self.sheet.segments([[(_LEFT, y), (_RIGHT, y)] for _, y in rows[1:]], "grid")
        for value, y in rows:
            self.sheet.text(_LEFT - 8, y + 4, value, anchor="right")
        self.sheet.line([(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], "axis")
        right = -1.0
        for day, words in self.data.ticks:
            if not self.holds(day):
                continue
            x, half = self.x(day), text_width(words) / 2
            self.sheet.line([(x, _BOTTOM), (x, _BOTTOM + 4)], "axis")
            if x - half > right + 8:
                self.sheet.text(x, _TICKS_Y, words, anchor="center")
                right = x + half

    def silence(self) -> None:
        """A band over each stretch in which nobody answered for two weeks or more.

        Before the first session or question there was nothing to answer.
        """
        asked = [*(mark.day for mark in self.data.sessions), *self.data.not_answered]
        asked += [day for day, _ in self.data.scores]
        if not asked:
            return
        first = max(min(asked, key=day_number), self.data.start, key=day_number)
        days = [first, *(day for day, _ in self.scores)]
        ends = [*days[1:], self.data.end]
        for start, end in zip(days, ends, strict=True):
            if day_number(end) - day_number(start) >= SILENT_DAYS:
                left, right = self.x(start), self.x(end)
                self.sheet.rect(left, _TOP, right, _BOTTOM, "band", role="silence")
                words = self.labels["no_answers"]
                if text_width(words, NOTE_PX) < right - left - 8:
                    middle = (left + right) / 2
                    self.sheet.text(middle, _TOP + 15, words, size=NOTE_PX, anchor="center")

    def sessions(self) -> None:
        """A dotted line and a numbered disc each; where discs would touch, a dot stands in."""
        marks = sorted((m for m in self.data.sessions if self.holds(m.day)), key=lambda m: m.number)
        xs = [self.x(mark.day) for mark in marks]
        lines = [[(x, _RAIL_Y + _DISC_PX / 2), (x, _BOTTOM)] for x in xs]
        self.sheet.segments(lines, "session", dash=(2, 2), role="session-line")
        # The latest session always has its number: it is the one looked for.
        numbered: list[int] = []
        for i in reversed(range(len(marks))):
            if not numbered or xs[numbered[-1]] - xs[i] >= _LINK_PX:
                numbered.append(i)
        dots = [(x, _RAIL_Y) for i, x in enumerate(xs) if i not in numbered]
        self.sheet.marks(dots, "o", "session", size=5)
        for i in reversed(numbered):
            self._disc(xs[i], marks[i])
        if marks:
            self.sheet.text(_WORDS_X, _RAIL_Y + 4, self.labels["session"], size=NOTE_PX)

    def _disc(self, x: float, mark: SessionMark) -> None:
        self.sheet.marks([(x, _RAIL_Y)], "o", "session", size=_DISC_PX, ring=0, role="session")
        half = _LINK_PX / 2
        if mark.href:
            # Nothing to see: it makes the place to click as large as a pointer needs.
            box = (x - half, _RAIL_Y - half, x + half, _RAIL_Y + half)
            self.sheet.rect(*box, "session", opacity=0, href=mark.href)
        self.sheet.text(
            x,
            _RAIL_Y + 4,
            mark.number,
            "surface",
            size=NOTE_PX,
            anchor="center",
            bold=True,
            href=mark.href,
        )

    def relief_lines(self) -> None:
        """The level of relief; where a new course has another start, another piece of line."""
        levels = sorted(self.data.relief_levels, key=lambda entry: day_number(entry[0]))
        if not levels:
            return
        starts = [_LEFT, *(min(max(self.x(day), _LEFT), _RIGHT) for day, _level in levels[1:])]
        pieces = zip(levels, starts, [*starts[1:], _RIGHT], strict=True)
        for (_day, level), left, right in pieces:
            if right > left:
                points = [(left, self.y(level)), (right, self.y(level))]
                self.sheet.line(points, "s3", width=1.2, dash=(5, 3), role="relief-line")
        y = self.y(levels[-1][1])
        self.sheet.text(_WORDS_X, y + 4, self.labels["relief_line"], "s3", size=NOTE_PX)

    def mood(self) -> None:
        """Points, joined only where the next answer came within eight days."""
        if not self.scores:
            return
        points = [(self.x(day), self.y(value)) for day, value in self.scores]
        numbers = [day_number(day) for day, _ in self.scores]
        runs = [[points[0]]]
        for i in range(1, len(points)):
            if numbers[i] - numbers[i - 1] > JOIN_DAYS:
                runs.append([])
            runs[-1].append(points[i])
        joined = [run for run in runs if len(run) > 1]
        self.sheet.segments(joined, self.colour, width=1.6, role="mood-line")
        self.sheet.marks(points, "o", self.colour, size=6.5, role="mood")
        self._mood_words(points[-1][1] + 4)

    def _mood_words(self, wanted: float) -> None:
        words = self.labels["score"].format(value=f"{self.scores[-1][1]:g}")
        y = wanted
        if self.data.relief_levels:
            newest = max(self.data.relief_levels, key=lambda entry: day_number(entry[0]))
            relief_y = self.y(newest[1]) + 4
            if abs(wanted - relief_y) < 16:
                y = relief_y + (16 if wanted > relief_y else -16)
        self.sheet.text(_WORDS_X, y, words, self.colour, size=TITLE_PX, bold=True)

    def not_answered(self) -> None:
        points = [(self.x(day), _BOTTOM - 5) for day in self.data.not_answered if self.holds(day)]
        d = 3.0
        strokes = [[(x - d, y - d), (x + d, y + d)] for x, y in points]
        strokes += [[(x - d, y + d), (x + d, y - d)] for x, y in points]
        self.sheet.segments(strokes, "ink2", width=1.5, role="not-answered")
        if points:
            words = f"× {self.labels['not_answered']}"
            self.sheet.text(_WORDS_X, _BOTTOM + 4, words, size=NOTE_PX)

    def risk(self) -> None:
        """A red triangle with its words, in as many rows as keep the words apart."""
        ends: list[float] = []
        marks = [mark for mark in self.data.risk if self.holds(mark.day)]
        for mark in sorted(marks, key=lambda m: day_number(m.day)):
            x, width = self.x(mark.day), text_width(mark.text, NOTE_PX, bold=True)
            before = x - 10 - width >= _LEFT
            left, right = (x - 10 - width, x + 8) if before else (x - 8, x + 10 + width)
            row = next((i for i, end in enumerate(ends) if end < left - 6), len(ends))
            ends[row : row + 1] = [right]
            y = _BOTTOM - 22 - 17 * row
            self.sheet.marks([(x, y - 4)], "^", "alarm", size=10, role="risk")
            place = left if before else x + 10
            self.sheet.text(place, y, mark.text, "alarm", size=NOTE_PX, bold=True, halo=True)

    def phq9(self) -> None:
        scores = sorted(
            ((day, score) for day, score in self.data.phq9 if self.holds(day)),
            key=lambda entry: day_number(entry[0]),
        )
        left = 1e9
        # From the latest back: where numbers would touch, the earlier one gives way.
        for day, score in reversed(scores):
            x, half = self.x(day), text_width(str(score)) / 2
            if x + half < left - 5:
                self.sheet.text(x, _PHQ9_Y, score, "ink", anchor="center", role="phq9")
                left = x - half
        if scores:
            self.sheet.text(_WORDS_X, _PHQ9_Y, self.labels["phq9"], size=NOTE_PX)
