"""Relief curves say where the estimate is not identified, and stop where too few are followed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from math import sqrt

import pytest

from reports.charts import onset_figure, relief_figure
from tests.reports.charts_marks import SVG, groups, words
from tests.reports.charts_samples import CURVE_WORDS, curve

NAMED = {"labels": CURVE_WORDS, "prefix": "c", "title": "Relief", "desc": "Half within a day."}


def onset(*inputs, **options) -> ET.Element:
    return ET.fromstring(onset_figure({i.label: i for i in inputs}, **NAMED, **options))


def relief(*inputs, **options) -> ET.Element:
    return ET.fromstring(relief_figure({i.label: i for i in inputs}, **NAMED, **options))


def numbers(path: ET.Element) -> list[float]:
    return [float(n) for n in path.get("d", "").replace("z", "").split() if n not in "ML"]


def corners(group: ET.Element) -> list[tuple[float, float, float, float]]:
    found = []
    for path in group.iter(f"{SVG}path"):
        flat = numbers(path)
        found.append((min(flat[::2]), min(flat[1::2]), max(flat[::2]), max(flat[1::2])))
    return found


def place(root: ET.Element, word: str) -> float:
    return next(float(t.get("x", "nan")) for t in root.iter(f"{SVG}text") if t.text == word)


def test_each_interval_followed_by_enough_is_one_shaded_box():
    boxes = groups(onset(curve("IV", "iv")), "box")
    # From 168 h on only four are followed: the fifth interval has no box.
    assert len(boxes) == 4
    for box in boxes:
        assert box.find(f"{SVG}path").get("opacity", "") or box.find(f"{SVG}path").get(
            "fill-opacity"
        )


def test_onset_rises_and_relief_falls():
    first_onset, *_, last_onset = (corners(b)[0] for b in groups(onset(curve("a", "iv")), "box"))
    assert last_onset[1] < first_onset[1]
    first_relief, *_, last_relief = (corners(b)[0] for b in groups(relief(curve("a", "iv")), "box"))
    assert last_relief[1] > first_relief[1]


def test_onset_time_is_on_a_square_root_scale_and_relief_time_is_linear():
    rising = onset(curve("a", "iv"))
    x0 = place(rising, "2\u00a0h") - sqrt(2 / 336) * 1.0
    x_2h, x_1d, x_14d = (place(rising, word) for word in ("2\u00a0h", "1", "14\u00a0d"))
    width = (x_14d - x_2h) / (1 - sqrt(2 / 336))
    assert x_1d - x_2h == pytest.approx(width * (sqrt(24 / 336) - sqrt(2 / 336)), abs=0.1)
    assert x0 < x_2h
    falling = relief(curve("a", "iv"))
    xs = [place(falling, word) for word in ("7", "14", "21", "28\u00a0d")]
    gaps = [b - a for a, b in zip(xs, xs[1:], strict=False)]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=0.1)


def test_the_line_is_grey_from_where_fewer_than_five_are_followed():
    root = onset(curve("a", "iv"))
    (tail,) = groups(root, "tail")
    assert "ch-stroke-ghost" in tail.find(f"{SVG}path").get("class", "")
    start = corners(tail)[0][0]
    assert start == pytest.approx(place(root, "7"), abs=0.1)
    coloured = [c for role in ("line", "guide") for g in groups(root, role) for c in corners(g)]
    assert max(c[2] for c in coloured) <= start + 0.1
    assert groups(root, "few")


def test_the_line_keeps_its_colour_where_five_are_followed():
    source = curve("a", "iv")
    km = {**source.km, "n_risk": [40, 30, 18, 10, 5]}
    root = onset(curve("a", "iv", km=km))
    assert not groups(root, "tail")
    assert len(groups(root, "box")) == 5


def test_a_group_below_the_minimum_leaves_no_trace_but_its_name():
    root = onset(curve("large", "iv"), curve("small", "im", patients=9))
    shown = words(root)
    assert "small" in shown
    assert "n < 10, not shown" in shown
    assert "9 patients, 27 sessions" not in shown
    assert not groups(root, "shadow")
    alone = onset(curve("small", "im", patients=9))
    for role in ("box", "line", "guide", "interval", "tail", "box-end"):
        assert not groups(alone, role)
    assert "40" not in words(alone)


def test_a_group_at_the_minimum_is_drawn_and_the_minimum_is_a_setting():
    assert groups(onset(curve("a", "iv", patients=10)), "box")
    assert not groups(onset(curve("a", "iv", patients=10), min_patients=11), "box")


def test_a_small_group_does_not_stretch_the_axis_of_the_others():
    late = {"intervals": [[0.0, 1400.0]], "surv_after": [0.0]}
    root = relief(curve("a", "iv"), curve("b", "im", patients=3, npmle=late))
    assert "28\u00a0d" in words(root)


def test_the_relief_axis_grows_with_the_data():
    late = {"intervals": [[0.0, 1000.0]], "surv_after": [0.0]}
    assert "56\u00a0d" in words(relief(curve("a", "iv", npmle=late, km=None)))
    one_left = words(relief(curve("a", "iv", npmle=late)))
    assert "28\u00a0d" in one_left, "lines stop where fewer than five are followed"
    assert "56\u00a0d" not in one_left


def test_at_risk_and_cumulative_events_stand_under_the_ticks():
    shown = words(onset(curve("a", "iv")))
    start = shown.index("At risk")
    assert shown[start + 1] == "Events"
    table = [word for word in shown if word.isdigit()]
    assert table[-10:] == ["40", "30", "18", "10", "4", "8", "18", "24", "28", "30"]


def test_bars_are_drawn_only_where_an_interval_exists_and_enough_are_followed():
    source = curve("a", "iv")
    assert len(list(groups(onset(source), "interval")[0].iter(f"{SVG}path"))) == 4
    km = {**source.km, "lower": [None, *source.km["lower"][1:]]}
    fewer = onset(curve("a", "iv", km=km))
    assert len(list(groups(fewer, "interval")[0].iter(f"{SVG}path"))) == 3
    given = onset(curve("a", "iv", bars=((24.0, 0.4, 0.7),)))
    assert len(list(groups(given, "interval")[0].iter(f"{SVG}path"))) == 1


def test_an_interval_that_never_closes_leaves_the_curve_flat():
    npmle = {"intervals": [[0.0, 24.0], [168.0, None]], "surv_after": [0.5, 0.0]}
    root = onset(curve("a", "iv", npmle=npmle))
    assert len(groups(root, "box")) == 1
    assert min(c[1] for g in groups(root, "line") for c in corners(g)) == pytest.approx(119, abs=1)


def test_without_intervals_the_exact_times_make_the_steps():
    root = relief(curve("a", "iv", npmle=None))
    assert not groups(root, "box")
    assert groups(root, "line")


def test_without_any_estimate_the_frame_still_stands():
    root = onset(curve("a", "iv", km=None, npmle=None))
    assert "a" in words(root)
    assert not groups(root, "box")


def test_more_than_four_groups_are_refused():
    with pytest.raises(ValueError, match="at most 4"):
        onset(*(curve(str(i), "iv") for i in range(5)))
