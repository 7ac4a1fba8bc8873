"""A patient's own chart: every answer, the usual value of a week, and no invented ones."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta

import pytest

from reports.charts import progress
from reports.charts.progress_chart import weekly_usual
from tests.reports.charts_marks import SVG, count, groups, words
from tests.reports.charts_samples import CLINIC, two_month_progress

END = date(2026, 11, 20)


def drawn(**changes) -> ET.Element:
    return ET.fromstring(progress(two_month_progress(**changes)))


def test_every_answer_is_a_dot_and_every_treatment_a_disc():
    root = drawn()
    assert count(root, "answer") == 12
    assert count(root, "treatment") == 4


def test_a_week_is_summed_up_by_its_median_and_middle_half():
    today = END.toordinal()
    scores = [(today - 1, 2.0), (today - 2, 4.0), (today - 3, 9.0), (today - 7, 5.0)]
    before, this = weekly_usual(scores, END)
    assert (this.low, this.usual, this.high, this.is_last) == (3, 4, 6.5, True)
    assert (before.low, before.usual, before.high, before.is_last) == (5, 5, 5, False)
    assert this.middle - before.middle == 7


def test_an_answer_of_late_this_evening_belongs_to_this_week():
    late = END.toordinal() + 23.9 / 24
    assert [week.is_last for week in weekly_usual([(late, 5.0)], END)] == [True]
    assert [week.is_last for week in weekly_usual([(late - 7, 5.0)], END)] == [False]


def test_a_week_without_answers_breaks_the_line():
    start = datetime(2026, 10, 30, 9, tzinfo=CLINIC)
    weekly = tuple((start + timedelta(weeks=w), 5.0) for w in range(3))
    assert len(groups(drawn(scores=weekly), "usual")) == 1
    assert len(groups(drawn(scores=(weekly[0], weekly[2])), "usual")) == 2


def test_this_week_is_named_only_when_somebody_answered_in_it():
    recent = (datetime(2026, 11, 19, 9, tzinfo=CLINIC), 7.0)
    assert "usually 7" in words(drawn(scores=(recent,)))
    assert "this week" not in words(drawn())


def test_words_are_large_enough_for_a_phone():
    sizes = {float(t.get("font-size", "0")) for t in drawn().iter(f"{SVG}text")}
    assert min(sizes) >= 13


def test_nothing_answered_draws_a_frame_only():
    root = drawn(scores=(), treatments=())
    assert not list(root.iter(f"{SVG}use"))
    assert "10 = the best you can imagine" in words(root)


def test_a_chart_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        progress(two_month_progress(start=END))
