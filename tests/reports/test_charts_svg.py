"""What every chart owes a page: valid, themed, named, repeatable SVG without a style attribute."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reports.charts import (
    mood_figure,
    onset_figure,
    progress,
    relief_figure,
    sessions_figure,
    small_multiples,
    sparkline,
    timeline,
)
from reports.charts.flowsheet_chart import flowsheet
from reports.charts.sheet import Sheet, text_width
from reports.charts.style import PALETTE
from reports.charts.svg import to_svg
from tests.reports.charts_marks import SVG
from tests.reports.charts_samples import (
    BAND_WORDS,
    CURVE_WORDS,
    MOOD_WORDS,
    bands,
    curve,
    mood,
    panels,
    session_flowsheet,
    two_month_progress,
    two_month_timeline,
)


def every_chart() -> dict[str, str]:
    named = {"title": "How soon relief starts", "desc": "Half had relief within a day."}
    groups = {"iv": curve("ketAMINE IV", "iv"), "im": curve("ketAMINE IM", "im", patients=4)}
    return {
        "flowsheet": flowsheet(session_flowsheet()),
        "onset": onset_figure(groups, labels=CURVE_WORDS, prefix="onset", **named),
        "relief": relief_figure(groups, labels=CURVE_WORDS, prefix="relief", **named),
        "mood": mood_figure(
            {"iv": mood("ketAMINE IV", "iv")}, labels=MOOD_WORDS, prefix="mood", **named
        ),
        "bands": sessions_figure(
            {"iv": bands("ketAMINE IV", "iv")}, labels=BAND_WORDS, prefix="bands", **named
        ),
        "progress": progress(two_month_progress()),
        "timeline": timeline(two_month_timeline()),
        "multiples": small_multiples(panels(), labels={"days": "d"}, prefix="each", **named),
    }


CHARTS = every_chart()


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> ET.Element:
    return ET.fromstring(CHARTS[request.param])


def test_a_chart_is_one_svg_element_with_a_title_and_a_description_first(chart):
    assert chart.tag == f"{SVG}svg"
    title, desc = list(chart)[:2]
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert desc.text
    assert chart.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_nothing_in_a_chart_needs_inline_style_or_a_header(name):
    text = CHARTS[name]
    assert text.startswith("<svg ")
    for forbidden in ("style", "<?xml", "<!DOCTYPE", "metadata", "<script", "xlink", "Date"):
        assert forbidden not in text


def test_ids_start_with_the_prefix_are_unique_and_everything_pointed_to_exists(chart):
    ids = [element.get("id") for element in chart.iter() if element.get("id")]
    prefix = list(chart)[0].get("id", "").removesuffix("title")
    assert len(ids) == len(set(ids))
    assert all(one.startswith(prefix) for one in ids)
    targets = {use.get("href", "")[1:] for use in chart.iter(f"{SVG}use")}
    assert targets
    assert targets <= set(ids)


def test_the_same_figure_gives_the_same_bytes():
    assert every_chart() == CHARTS


def test_numbers_have_at_most_two_decimals(chart):
    for element in chart.iter():
        for name in ("d", "x", "y", "transform", "stroke-width"):
            assert not re.search(r"\.\d{3,}", element.get(name, ""))


def test_every_text_is_at_least_11_px_and_names_no_font(chart):
    texts = list(chart.iter(f"{SVG}text"))
    assert texts
    for text in texts:
        assert float(text.get("font-size", "0")) >= 11
        assert "font-family" not in text.attrib


def test_every_colour_has_a_class_that_lets_it_follow_the_theme(chart):
    css = Path("static/css/base.css").read_text(encoding="utf-8")
    for element in chart.iter():
        classes = element.get("class", "").split()
        for kind in ("fill", "stroke"):
            value = element.get(kind)
            if value in (None, "none"):
                continue
            own = [c for c in classes if c.startswith(f"ch-{kind}-")]
            assert len(own) == 1, element.attrib
            assert f".{own[0]}{{" in css
            assert PALETTE[own[0].removeprefix(f"ch-{kind}-")] == value


@pytest.mark.parametrize("name", sorted(PALETTE))
def test_the_style_sheet_gives_each_colour_for_light_dark_print_and_high_contrast(name):
    css = Path("static/css/base.css").read_text(encoding="utf-8")
    # Dark stands twice: by the system's wish and by the person's choice.
    assert len(re.findall(rf"--ch-{name}:[^;}}]+", css)) == 5
    assert f":root{{--ch-ink:{PALETTE['ink']}" in css
    assert f"--ch-{name}:{PALETTE[name]}" in css


def luminance(hex_colour: str) -> float:
    channels = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["ink", "ink2", "alarm", "session", "s1", "s2", "s3", "s4"])
def test_words_in_a_series_colour_are_readable_in_light_and_dark(name):
    css = Path("static/css/base.css").read_text(encoding="utf-8")
    themes = {
        "light": ":root{--ch-ink" + css.split(":root{--ch-ink")[1],
        "dark": "--ch-ink" + css.split(":root[data-theme=dark]{--ch-ink")[1],
    }
    for block in themes.values():
        colours = dict(re.findall(r"--ch-(\w+):(#\w{6})", block.split("}")[0]))
        assert contrast(colours[name], colours["surface"]) >= 4.5


def test_words_from_outside_are_escaped_wherever_they_stand():
    wild = "<b>\"x\" & 'y'</b>\x0b$a_1$"
    data = session_flowsheet()
    data = replace(
        data,
        title=wild,
        desc=wild,
        labels={**data.labels, "systolic": wild},
        effects=(replace(data.effects[0], label=wild),),
    )
    text = flowsheet(data)
    assert "<b>" not in text
    root = ET.fromstring(text)
    shown = wild.replace("\x0b", "")
    assert list(root)[0].text == list(root)[1].text == shown
    assert sum(shown in (t.text or "") for t in root.iter(f"{SVG}text")) == 2


def test_a_chart_without_title_description_or_usable_prefix_is_refused():
    figure = Sheet(10, 10).figure
    good = {"prefix": "a", "title": "t", "desc": "d"}
    assert to_svg(figure, **good)
    for bad in ({"title": " "}, {"desc": ""}, {"prefix": "1a"}, {"prefix": 'a"b'}):
        with pytest.raises(ValueError, match=r"title|id"):
            to_svg(figure, **{**good, **bad})


def test_a_colour_that_would_not_follow_the_theme_is_refused():
    sheet = Sheet(10, 10)
    sheet.figure.text(0.5, 0.5, "x", color="#123456")
    with pytest.raises(ValueError, match="#123456"):
        to_svg(sheet.figure, prefix="a", title="t", desc="d")


def test_a_chart_with_links_is_a_group_and_one_without_is_an_image():
    roles = {name: ET.fromstring(text).get("role") for name, text in CHARTS.items()}
    assert Counter(roles.values()) == {"img": 7, "group": 1}
    assert roles["timeline"] == "group"


def test_charts_drawn_at_the_same_time_do_not_mix():
    with ThreadPoolExecutor(max_workers=4) as pool:
        together = list(pool.map(lambda _: flowsheet(session_flowsheet()), range(8)))
    assert set(together) == {CHARTS["flowsheet"]}


def test_text_is_never_measured_narrower_when_it_grows():
    assert text_width("") == 0
    assert 0 < text_width("At risk") < text_width("At risk, all") < text_width("At risk, all", 14)


def test_a_sparkline_breaks_at_a_missing_value_and_keeps_inside_its_box():
    root = ET.fromstring(sparkline([120, 130, None, 150, 190, 170], 180, label="a < b"))
    lines = [line.get("points", "").split() for line in root.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [2, 3]
    for x, y in (point.split(",") for line in lines for point in line):
        assert 0 <= float(x) <= 120
        assert 0 <= float(y) <= 28
    assert root.get("aria-label") == "a < b"


@pytest.mark.parametrize("points", [[], [None], [None, None]])
def test_a_sparkline_without_values_draws_no_line(points):
    root = ET.fromstring(sparkline(points, None))
    assert list(root) == []
    assert root.get("aria-hidden") == "true"


def test_a_sparkline_needs_no_matplotlib_and_every_public_name_exists():
    script = (
        "import sys, reports.charts as charts\n"
        "charts.sparkline([1, 2], 3)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "for name in charts.__all__:\n"
        "    value = getattr(charts, name)\n"
        "    assert isinstance(value, tuple) or callable(value), name\n"
        "assert 'matplotlib' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
