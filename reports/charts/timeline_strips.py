"""The strips under a patient's course, on the same days: pain, a questionnaire with its published
bands, the highest blood pressure of each session, and its side effects.

A strip without anything to show takes no room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.charts.calendar_days import Moment
from reports.charts.sheet import Sheet
from reports.charts.style import NOTE_PX, TITLE_PX

PAIN_PX, BANDS_PX, PRESSURE_PX, EFFECTS_PX = 30.0, 50.0, 54.0, 18.0
GAP_PX = 14.0
#: Systolic and diastolic mmHg that the pressure strip spans; a value outside is drawn at its edge.
PRESSURE_SPAN = (50.0, 210.0)
#: Edge of a side effect's mark in pixels, by its worst grade.
EFFECT_PX = {"mild": 5.0, "moderate": 8.0, "severe": 11.0}

Place = Callable[[Moment], float]


@dataclass(frozen=True)
class PressurePeak:
    """The reading with the highest systolic pressure of one session, mmHg."""

    day: Moment
    systolic: int
    diastolic: int | None


@dataclass(frozen=True)
class EffectMark:
    """The worst grade of any side effect of one session: "mild", "moderate" or "severe"."""

    day: Moment
    grade: str


@dataclass(frozen=True)
class Banded:
    """A questionnaire on its whole scale: `bands` are (lowest, highest) score of each band."""

    points: tuple[tuple[Moment, float], ...]
    bands: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Strips:
    """What stands under the course. `pressure_limit` is the systolic alert limit, mmHg."""

    pain: tuple[tuple[Moment, float], ...] = ()
    banded: Banded | None = None
    peaks: tuple[PressurePeak, ...] = ()
    pressure_limit: float | None = None
    effects: tuple[EffectMark, ...] = ()

    @property
    def heights(self) -> list[float]:
        """The height of each strip that has anything to show, in their order."""
        shown = (
            (PAIN_PX, bool(self.pain)),
            (BANDS_PX, self.banded is not None and bool(self.banded.points)),
            (PRESSURE_PX, bool(self.peaks)),
            (EFFECTS_PX, bool(self.effects)),
        )
        return [height for height, has_any in shown if has_any]


@dataclass(frozen=True)
class Ground:
    """Where strips are drawn: the sheet, days to pixels, both sides and where words begin."""

    sheet: Sheet
    x: Place
    left: float
    right: float

    @property
    def words(self) -> float:
        return self.right + 10

    def base(self, y: float) -> None:
        self.sheet.line([(self.left, y), (self.right, y)], "axis")


def draw_strips(ground: Ground, strips: Strips, labels: dict[str, str], top: float) -> None:
    """Each strip that has anything to show, the first one beginning at `top` pixels."""
    if strips.pain:
        pain(ground, strips.pain, labels["pain_now"], top)
        top += PAIN_PX + GAP_PX
    if strips.banded is not None and strips.banded.points:
        banded(ground, strips.banded, labels, top)
        top += BANDS_PX + GAP_PX
    if strips.peaks:
        pressure(ground, strips, labels, top)
        top += PRESSURE_PX + GAP_PX
    if strips.effects:
        effects(ground, strips.effects, labels["effects"], top)


def pain(ground: Ground, points: Sequence[tuple[Moment, float]], label: str, top: float) -> None:
    """A bar for each answer, 0-10."""
    bottom = top + PAIN_PX
    for day, value in points:
        x, head = ground.x(day), bottom - max(value / 10 * PAIN_PX, 1)
        ground.sheet.rect(x - 4, head, x + 4, bottom, "s4", opacity=0.75, role="pain")
    ground.base(bottom)
    words = label.format(value=f"{points[-1][1]:g}")
    ground.sheet.text(ground.words, bottom - 3, words, "s4", size=TITLE_PX, bold=True)


def banded(ground: Ground, scale: Banded, labels: dict[str, str], top: float) -> None:
    """Every second band is shaded; the scores are squares, the newest one in words."""
    low, high = scale.bands[0][0], scale.bands[-1][1]

    def y(score: float) -> float:
        return top + BANDS_PX * (high - score) / (high - low)

    edges = [y(lowest) for lowest, _highest in scale.bands] + [top]
    for place, (under, over) in enumerate(zip(edges, edges[1:], strict=False)):
        if place % 2 == 0:
            ground.sheet.rect(ground.left, over, ground.right, under, "band", role="score-band")
    inner = [(edge, lowest) for edge, (lowest, _h) in zip(edges, scale.bands, strict=False)][1:]
    ground.sheet.segments([[(ground.left, e), (ground.right, e)] for e, _ in inner], "grid")
    # Two limits are enough to read the strip: the words beside it name the newest band.
    for edge, lowest in (inner[0], inner[-1]):
        words = f"{lowest:g}"
        ground.sheet.text(ground.left - 8, edge + 4, words, size=NOTE_PX, anchor="right")
    ground.base(top + BANDS_PX)
    points = [(ground.x(day), y(score)) for day, score in scale.points]
    ground.sheet.marks(points, "s", "ink", size=6, role="banded")
    value = {"value": f"{scale.points[-1][1]:g}"}
    middle = top + BANDS_PX / 2
    ground.sheet.text(
        ground.words, middle, labels["phq9_now"].format(**value), "ink", size=TITLE_PX, bold=True
    )
    ground.sheet.text(ground.words, middle + 15, labels["phq9_band"], size=NOTE_PX)


def pressure(ground: Ground, strips: Strips, labels: dict[str, str], top: float) -> None:
    """Systolic down to diastolic as on an anaesthesia record, the alert limit dashed."""
    least, most = PRESSURE_SPAN

    def y(mmhg: float) -> float:
        return top + PRESSURE_PX * (most - min(max(mmhg, least), most)) / (most - least)

    sheet = ground.sheet
    if strips.pressure_limit is not None:
        at = y(strips.pressure_limit)
        sheet.line([(ground.left, at), (ground.right, at)], "alarm", dash=(3, 2), role="limit")
        words = f"{strips.pressure_limit:g}"
        sheet.text(ground.left - 8, at + 4, words, "alarm", size=NOTE_PX, anchor="right")
    for peak in strips.peaks:
        x, head = ground.x(peak.day), y(peak.systolic)
        is_over = strips.pressure_limit is not None and peak.systolic >= strips.pressure_limit
        colour = "alarm" if is_over else "ink2"
        if peak.diastolic is not None:
            sheet.line([(x, head), (x, y(peak.diastolic))], colour, width=1.4, role="pressure-bar")
            sheet.marks([(x, y(peak.diastolic))], "^", colour, size=6)
        sheet.marks([(x, head)], "v", colour, size=6, role="pressure")
    ground.base(top + PRESSURE_PX)
    middle = top + PRESSURE_PX / 2
    sheet.text(ground.words, middle, labels["peak_now"], "ink", size=TITLE_PX, bold=True)
    sheet.text(ground.words, middle + 15, labels["peak"], size=NOTE_PX)


def effects(ground: Ground, marks: Sequence[EffectMark], label: str, top: float) -> None:
    """A diamond for each session with a side effect, the larger the worse it was."""
    middle = top + EFFECTS_PX / 2
    ground.sheet.segments([[(ground.left, middle), (ground.right, middle)]], "grid")
    for mark in marks:
        size = EFFECT_PX.get(mark.grade, EFFECT_PX["mild"])
        ground.sheet.marks([(ground.x(mark.day), middle)], "D", "s4", size=size, role="effect")
    ground.sheet.text(ground.words, middle + 4, label, size=NOTE_PX)
