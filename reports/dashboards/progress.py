"""The picture of one's own progress: the chart's words and days from what the page knows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.formats import date_format, get_format
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from sessions_app.checkins.progress import MyProgress
from sessions_app.words.progress_words import ProgressWords

if TYPE_CHECKING:
    from reports.charts import Progress

SHORTEST = timedelta(days=6)  # a week


def progress_svg(mine: MyProgress, words: ProgressWords) -> str:
    """The patient's chart as inline SVG."""
    from reports.charts import progress

    return progress(progress_data(mine, words))


def progress_data(mine: MyProgress, words: ProgressWords) -> Progress:
    """All that the chart shows: from the first answer, or for a week at least, up to today."""
    from reports.charts import Progress

    start = min(mine.first_day or mine.today, mine.today - SHORTEST)
    middle = start + (mine.today - start) / 2
    return Progress(
        scores=tuple((one.at, float(one.mood)) for one in mine.answered),
        treatments=mine.treatments,
        start=start,
        end=mine.today,
        ticks=tuple((day, _day(day)) for day in (start, middle, mine.today)),
        labels={
            "best": _("10 = the best you can imagine"),
            "usually": _("usually {value}"),
            "this_week": _("this week"),
            "treatment_day": _("treatment day"),
        },
        prefix="progress",
        title=words.title,
        desc=f"{strip_tags(words.compared)} {words.common}",
        decimal_mark=get_format("DECIMAL_SEPARATOR"),
    )


def _day(day: date) -> str:
    return date_format(day, "j M")
