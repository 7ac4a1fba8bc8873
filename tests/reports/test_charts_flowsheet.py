"""The flowsheet shows what was measured, when it was, and nothing that was not."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.charts import DoseBand, DosePoint, EffectBar, FlowLimits, flowsheet
from tests.reports.charts_marks import SVG, groups, marks, words
from tests.reports.charts_samples import reading, session_flowsheet


def drawn(data) -> ET.Element:
    return ET.fromstring(flowsheet(data))


def test_each_measured_value_has_one_marker():
    root = drawn(session_flowsheet())
    for role in ("systolic", "diastolic", "heart_rate", "spo2"):
        assert len(marks(root, role)) == 6


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("field", ["systolic", "diastolic", "heart_rate", "spo2"])
def test_a_missing_value_is_not_drawn_and_never_a_zero(field, missing):
    rows = (reading(0), reading(15, **{field: missing}), reading(30))
    root = drawn(session_flowsheet(readings=rows))
    points = marks(root, field)
    assert len(points) == 2
    assert points[0][1] == points[1][1]
    assert len(marks(root, "spo2" if field != "spo2" else "systolic")) == 3


def test_a_line_breaks_where_a_value_is_missing():
    rows = [reading(minute) for minute in (0, 5, 10, 15, 20)]
    rows[2] = reading(10, heart_rate=None)
    root = drawn(session_flowsheet(readings=tuple(rows)))
    (pulse,) = groups(root, "heart_rate-line")
    (saturation,) = groups(root, "spo2-line")
    assert len(list(pulse.iter(f"{SVG}path"))) == 2
    assert len(list(saturation.iter(f"{SVG}path"))) == 1


def test_pressure_is_joined_by_a_bar_only_when_both_values_are_there():
    rows = (reading(0), reading(15, systolic=None), reading(30, diastolic=None))
    root = drawn(session_flowsheet(readings=rows))
    (bars,) = groups(root, "pressure-bar")
    assert len(list(bars.iter(f"{SVG}path"))) == 1


def test_sixty_minutes_are_sixty_minutes_in_the_night_when_the_clocks_go_back():
    zone = ZoneInfo("America/New_York")
    started = datetime(2026, 11, 1, 1, 30, fold=0, tzinfo=zone).astimezone(UTC)
    taken = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=zone).astimezone(UTC)
    minute = (taken - started).total_seconds() / 60
    assert minute == 60
    root = drawn(session_flowsheet(readings=(reading(0), reading(minute), reading(120))))
    x0, x1, x2 = (x for x, _ in marks(root, "systolic"))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    due = marks(drawn(session_flowsheet(due_min=(0, 60))), "due")
    assert x1 - x0 == pytest.approx(due[1][0] - due[0][0], abs=0.02)


def test_higher_values_stand_higher_and_equal_distances_are_equal():
    rows = (reading(0, systolic=120), reading(5, systolic=140), reading(10, systolic=160))
    y0, y1, y2 = (y for _, y in marks(drawn(session_flowsheet(readings=rows)), "systolic"))
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.02)
    assert y0 > y1


@pytest.mark.parametrize(
    ("changes", "role"),
    [
        ({"systolic": 260, "diastolic": 130}, "systolic"),
        ({"heart_rate": 30}, "heart_rate"),
        ({"spo2": 70}, "spo2"),
        ({"diastolic": 30}, "diastolic"),
    ],
)
def test_an_extreme_value_is_kept_inside_its_frame(changes, role):
    root = drawn(session_flowsheet(readings=(reading(0), reading(5, **changes))))
    top, bottom = (214, 246) if role == "spo2" else (34, 202)
    assert all(top <= y <= bottom for _, y in marks(root, role))


def test_the_scale_of_the_page_is_the_scale_of_the_drawing():
    """Where the page puts what it has not sent, the server will draw it."""
    data = session_flowsheet(readings=(reading(12, systolic=141, spo2=97),), now_min=20)
    root = drawn(data)
    scale = json.loads(root.get("data-scale"))
    (mark,) = marks(root, "systolic")
    x = scale["x"][0] + scale["x"][1] * 12
    y = scale["pressure"][0] + scale["pressure"][1] * 141
    assert mark == pytest.approx((x, y), abs=0.02)
    (mark,) = marks(root, "spo2")
    y = scale["spo2"][0] + scale["spo2"][1] * 97
    assert mark[1] == pytest.approx(y, abs=0.02)


def test_a_late_mark_is_open_at_its_bottom():
    """Closed and hollow is what was not sent yet: late must not look like it."""
    root = drawn(session_flowsheet(readings=(reading(0), reading(5, is_late=True))))
    shapes = [
        path.get("d").strip() for group in groups(root, "late") for path in group.iter(f"{SVG}path")
    ]
    assert len(shapes) == 4
    assert not any(shape.lower().endswith("z") for shape in shapes)


def test_a_reading_entered_late_is_hollow_and_the_chart_says_so():
    root = drawn(session_flowsheet(readings=(reading(0), reading(5, is_late=True))))
    assert len(marks(root, "late")) == 4
    late = groups(root, "late")[0].find(f"{SVG}use")
    assert "ch-fill-surface" in late.get("class", "")
    assert "entered late" in words(root)
    assert "entered late" not in words(drawn(session_flowsheet()))


def test_before_the_first_reading_the_frame_asks_for_it():
    root = drawn(session_flowsheet(readings=(), effects=(), now_min=0))
    assert "First reading due now" in words(root)
    assert len(marks(root, "due")) == 5
    assert not marks(root, "systolic")
    assert "First reading due now" not in words(drawn(session_flowsheet()))


def test_the_peak_and_the_last_known_values_are_written():
    rows = (reading(0, systolic=150, diastolic=90), reading(5, systolic=130, spo2=None))
    shown = words(drawn(session_flowsheet(readings=rows)))
    assert "peak 150/90" in shown
    assert "130" in shown
    assert "97\u00a0%" in shown


def test_the_axis_grows_with_a_session_that_runs_longer():
    rows = (reading(0), reading(200))
    root = drawn(session_flowsheet(readings=rows, now_min=None))
    xs = [x for x, _ in marks(root, "systolic")]
    assert max(xs) < 564
    assert "210" in words(root)
    assert "210" not in words(drawn(session_flowsheet()))


def test_an_effect_is_as_thick_as_it_is_strong_and_ends_when_it_did():
    def bars(effect: EffectBar) -> list[ET.Element]:
        root = drawn(session_flowsheet(effects=(effect,)))
        assert len(groups(root, "ongoing")) == (effect.end_min is None)
        assert len(groups(root, "resolved")) == (effect.end_min is not None)
        return [path for g in groups(root, "effect") for path in g.iter(f"{SVG}path")]

    def height(path: ET.Element) -> float:
        numbers = [float(n) for n in path.get("d", "").replace("z", "").split() if n not in "ML"]
        return max(numbers[1::2]) - min(numbers[1::2])

    steps = ((10, 1), (20, 3), (30, 2))
    assert [height(bar) for bar in bars(EffectBar("nausea", 10, 40, steps, ""))] == [7, 17, 12]
    assert len(bars(EffectBar("nausea", 10, None, ((10, 2),), ""))) == 1


def test_effects_beyond_the_lanes_are_counted_in_words_and_ongoing_ones_stay():
    effects = tuple(EffectBar(f"e{i}", i, i + 5, ((i, 1),), "mild") for i in range(7))
    ongoing = EffectBar("long", 0, None, ((0, 1),), "mild")
    shown = words(drawn(session_flowsheet(effects=(ongoing, *effects))))
    assert "+3 in the table" in shown
    assert any("long" in text for text in shown)


def test_a_running_dose_reaches_until_now_and_single_doses_are_marked():
    running = drawn(session_flowsheet(dose=(DoseBand(0, None, "infusion"),), now_min=30))
    stopped = drawn(session_flowsheet(dose=(DoseBand(0, 30, "infusion"),), now_min=30))
    paths = [[p.get("d") for g in groups(r, "dose") for p in g] for r in (running, stopped)]
    assert paths[0] == paths[1]
    devices = tuple(DosePoint(minute, "28 mg") for minute in (0, 5, 10))
    assert len(groups(drawn(session_flowsheet(dose=(), dose_points=devices)), "dose-point")) == 3


def test_only_limits_that_are_set_are_drawn():
    assert len(groups(drawn(session_flowsheet()), "limit")) == 2
    assert not groups(drawn(session_flowsheet(limits=FlowLimits())), "limit")


def test_a_missing_word_is_named():
    with pytest.raises(ValueError, match="units"):
        flowsheet(session_flowsheet(labels={}))
