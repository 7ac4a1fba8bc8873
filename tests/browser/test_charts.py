"""Charts as a browser shows them under the strict content security policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from reports.charts import (
    flowsheet,
    mood_figure,
    onset_figure,
    progress,
    relief_figure,
    sessions_figure,
    small_multiples,
    timeline,
)
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

ADDRESS = "http://localhost:1/"
CSS = {name: Path("static/css", name).read_text(encoding="utf-8") for name in ("base.css",)}

# Texts that overlap another, leave their chart, or are too small; 2 px are the air of a line.
TROUBLE = """() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg.ch')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(
      (t) => [t.textContent, t.getBoundingClientRect(), parseFloat(getComputedStyle(t).fontSize)]);
    texts.forEach(([words, a, size], i) => {
      if (size < 11) found.push('small: ' + words);
      if (a.left < frame.left - 1 || a.right > frame.right + 1 ||
          a.top < frame.top - 1 || a.bottom > frame.bottom + 1) found.push('outside: ' + words);
      for (const [other, b] of texts.slice(i + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 &&
            a.top < b.bottom - 2 && b.top < a.bottom - 2) found.push(words + ' meets ' + other);
    });
  }
  return found;
}"""


def charts() -> str:
    groups = {
        "iv": curve("ketAMINE IV", "iv"),
        "im": curve("ketAMINE IM", "im"),
        "nasal": curve("ESketamine nasal", "nasal", patients=4),
    }
    named: dict[str, Any] = {"labels": CURVE_WORDS, "title": "Relief", "desc": "Half in a day."}
    say: dict[str, Any] = {"title": "Comparison", "desc": "Not adjusted."}
    routes = {"iv": "ketAMINE IV", "im": "ketAMINE IM", "nasal": "ESketamine nasal"}
    moods = {key: mood(name, key) for key, name in routes.items()}
    rows = {key: bands(name, key) for key, name in routes.items()}
    return "".join(
        [
            flowsheet(session_flowsheet()),
            onset_figure(groups, prefix="onset", **named),
            relief_figure(groups, prefix="relief", **named),
            timeline(two_month_timeline()),
            small_multiples(panels(8), labels={"days": "d"}, prefix="each", **say),
            progress(two_month_progress()),
            mood_figure(moods, labels=MOOD_WORDS, prefix="mood", **say),
            sessions_figure(rows, labels=BAND_WORDS, prefix="bands", **say),
        ]
    )


@pytest.fixture
def chart_page(page: Page) -> Page:
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Charts</title>'
        f'<link rel="stylesheet" href="/base.css"><body>{charts()}'
    )

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        is_css = name in CSS
        route.fulfill(
            body=CSS.get(name, html),
            content_type="text/css" if is_css else "text/html; charset=utf-8",
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'self'"},
        )

    page.route("**/*", answer)
    return page


def colour(page: Page, selector: str, name: str) -> str:
    script = "([s, n]) => getComputedStyle(document.querySelector(s)).getPropertyValue(n)"
    return str(page.evaluate(script, [selector, name]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_of_a_chart_overlaps_another_leaves_it_or_is_too_small(chart_page, scheme):
    chart_page.emulate_media(color_scheme=scheme)
    chart_page.goto(ADDRESS)
    assert chart_page.locator("svg.ch").count() == 8
    assert chart_page.evaluate(TROUBLE) == []


def test_lines_and_words_follow_the_theme(chart_page):
    seen = {}
    for scheme in ("light", "dark"):
        chart_page.emulate_media(color_scheme=scheme)
        chart_page.goto(ADDRESS)
        seen[scheme] = (
            colour(chart_page, ".ch-mood-line path", "stroke"),
            colour(chart_page, ".ch-limit path", "stroke"),
            colour(chart_page, "text.ch-fill-ink", "fill"),
        )
    assert seen["light"] == ("rgb(0, 105, 168)", "rgb(179, 20, 29)", "rgb(20, 33, 43)")
    assert seen["dark"] == ("rgb(98, 182, 236)", "rgb(255, 138, 143)", "rgb(232, 238, 242)")


def test_a_printed_chart_is_black_on_white_even_from_the_dark_theme(chart_page):
    chart_page.emulate_media(color_scheme="dark", media="print")
    chart_page.goto(ADDRESS)
    assert colour(chart_page, "text.ch-fill-ink2", "fill") == "rgb(0, 0, 0)"


def test_in_forced_colours_lines_take_the_colour_of_text(chart_page):
    chart_page.emulate_media(forced_colors="active", color_scheme="light")
    chart_page.goto(ADDRESS)
    line = colour(chart_page, ".ch-mood-line path", "stroke")
    assert line == colour(chart_page, "text.ch-fill-ink", "fill") == "rgb(0, 0, 0)"


def test_session_links_are_reached_by_tab_one_stop_each(chart_page):
    chart_page.goto(ADDRESS)
    stops = []
    for _ in range(5):
        chart_page.keyboard.press("Tab")
        script = "() => document.activeElement.getAttribute('aria-label')"
        stops.append(chart_page.evaluate(script))
    assert stops[:4] == [f"Session {number}" for number in (1, 2, 3, 4)]
    assert stops[4] is None
