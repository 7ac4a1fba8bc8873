"""Comparisons of groups: nothing below the minimum, nothing invented where there is no estimate."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from reports.charts import BandEstimate, mood_figure, sessions_figure
from tests.reports.charts_marks import SVG, groups, marks, words
from tests.reports.charts_samples import BAND_WORDS, MOOD_WORDS, bands, mood

NAMED = {"prefix": "c", "title": "Comparison", "desc": "Not adjusted."}


def mood_chart(*inputs, **options) -> ET.Element:
    groups = {i.label: i for i in inputs}
    return ET.fromstring(mood_figure(groups, labels=MOOD_WORDS, **NAMED, **options))


def bands_chart(*inputs, **options) -> ET.Element:
    groups = {i.label: i for i in inputs}
    return ET.fromstring(sessions_figure(groups, labels=BAND_WORDS, **NAMED, **options))


def test_each_group_has_its_own_dash_marker_and_name():
    root = mood_chart(mood("ketAMINE IV", "iv"), mood("ketAMINE IM", "im"))
    dashes = [g.find(f"{SVG}path").get("stroke-dasharray") for g in groups(root, "line")]
    assert dashes == [None, "6,2.5"]
    targets = {g.find(f".//{SVG}use").get("href") for g in groups(root, "mean")}
    assert len(targets) == 2
    assert {"ketAMINE IV", "ketAMINE IM"} <= set(words(root))


def test_the_scale_of_time_is_a_square_root_and_better_stands_higher():
    points = marks(mood_chart(mood("a", "iv")), "mean")
    xs, ys = zip(*points, strict=True)
    assert (xs[3] - xs[0]) / (xs[7] - xs[0]) == pytest.approx((72 / 672) ** 0.5, abs=0.001)
    assert ys[3] == min(ys)


def test_a_mean_without_interval_has_a_mark_and_no_bar():
    root = mood_chart(mood("a", "iv"))
    assert len(marks(root, "mean")) == 8
    assert len(list(groups(root, "interval")[0].iter(f"{SVG}path"))) == 7


def test_a_change_for_the_worse_is_drawn_below_zero():
    root = mood_chart(mood("a", "iv", factor=-1))
    assert "−1" in words(root)
    assert marks(root, "mean")[3][1] > marks(root, "mean")[0][1]


def test_a_small_group_is_named_and_not_drawn():
    root = mood_chart(mood("large", "iv"), mood("small", "im", patients=9))
    assert len(groups(root, "line")) == 1
    assert {"small", "n < 10, not shown"} <= set(words(root))
    assert len(groups(mood_chart(mood("a", "iv", patients=10)), "line")) == 1


def test_a_small_band_shows_neither_estimate_nor_count():
    root = bands_chart(bands("IV", "iv"))
    assert len(marks(root, "median")) == 2
    assert "n < 10, not shown" in words(root)
    assert "31" not in words(root)
    assert "16.7" not in words(root)
    assert "31" in words(bands_chart(bands("IV", "iv"), min_patients=9))


def test_a_median_that_was_not_reached_is_said_and_its_interval_stays_open():
    root = bands_chart(bands("IV", "iv"))
    assert words(root).count("not reached") == 1
    assert len(groups(root, "open-end")) == 1


def test_medians_are_days_on_an_axis_that_all_panels_share():
    long = BandEstimate("1st", 40, 40, 24.0 * 30, 24.0 * 25, 24.0 * 41)
    root = bands_chart(bands("IV", "iv", long), bands("IM", "im", long))
    assert words(root).count("42\u00a0days") == 2
    assert words(root).count("30") == 2
    first, second = marks(root, "median")
    assert first[1] == second[1]


def test_a_small_band_does_not_stretch_the_axis():
    rows = (
        BandEstimate("1st", 40, 40, 240.0, 200.0, 280.0),
        BandEstimate("2nd", 3, 3, 2000.0, 200.0, 2500.0),
    )
    assert "21\u00a0days" in words(bands_chart(bands("IV", "iv", *rows)))


@pytest.mark.parametrize(
    ("draw", "make"), [(mood_chart, mood), (bands_chart, bands)], ids=["mood", "bands"]
)
def test_no_group_is_an_empty_frame_and_five_are_refused(draw, make):
    assert draw().tag == f"{SVG}svg"
    with pytest.raises(ValueError, match="at most 4"):
        draw(*(make(str(i), "iv") for i in range(5)))
