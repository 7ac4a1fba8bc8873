"""The outcomes page as a tagged PDF: the same object, the same words, the same charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from typing import Any

from django.utils.translation import gettext as _

from reports.dashboards.outcome_charts import chart_svg
from reports.dashboards.outcome_page import outcome_page
from reports.dashboards.outcomes import Outcomes
from reports.dashboards.words import too_few
from reports.exports.report_blocks import (
    Block,
    Report,
    chart,
    head,
    lead,
    report_pdf,
    subhead,
    table,
    tiles,
    warning,
    words,
)
from reports.forms.outcomes import OutcomeForm
from sessions_app.templatetags.words import daytime

DESCRIPTION = re.compile(r"<desc[^>]*>(.*?)</desc>", re.DOTALL)


def outcomes_pdf(found: Outcomes, clinic_name: str, now: datetime) -> bytes:
    """The analysis as PDF bytes, in the reader's language; too few patients are said to be."""
    return report_pdf(outcomes_report(found, clinic_name), now)


def outcomes_report(found: Outcomes, clinic_name: str) -> Report:
    """The parts of the report, in the order of the page."""
    page = outcome_page(found)
    facts = [
        (_("Clinic"), clinic_name),
        (_("Data as of"), daytime(found.data_as_of)),
        *filter_facts(found),
    ]
    return Report(_("Outcomes"), clinic_name, facts, list(_blocks(found, page)))


def filter_facts(found: Outcomes) -> list[tuple[str, str]]:
    """What was asked for, in the words of the form."""
    own = {} if found.filter.own is None else {found.filter.instrument_code: found.filter.own}
    form = OutcomeForm.of(found.filter, own)
    facts = []
    for name, value in found.filter.values().items():
        field: Any = form.fields[name]
        choices = {str(code): str(label) for code, label in getattr(field, "choices", ())}
        facts.append((str(field.label), choices.get(value, value)))
    return facts


def _blocks(found: Outcomes, page: Mapping[str, Any]) -> Iterator[Block]:
    few = {"n": found.minimum}
    if not found.is_shown:
        text = _("Fewer than %(n)s patients: not drawn, no number shown.") % few
        yield from words(text)
    else:
        yield from words(page["counted"])
        yield tiles(page["tiles"])
        yield from _looks_back(found, page)
        yield from _curves(found, page)
        yield from _trends(found, page)
        yield from _notes(found, page)
    yield head(_("Definitions used on this page"))
    yield table(
        (_("Definition"), _("Value")), [(one.label, one.value) for one in page["definitions"]]
    )


def _looks_back(found: Outcomes, page: Mapping[str, Any]) -> Iterator[Block]:
    if found.recall_days:
        text = _(
            "%(instrument)s asks about the last %(days)s days, so its answers reach back before "
            "the dose. Time to relief is given in weeks and is not drawn."
        )
        yield warning(text % {"instrument": page["instrument"], "days": found.recall_days})


def _drawn(found: Outcomes, name: str) -> list[Block]:
    svg = chart_svg(found, name)
    said = DESCRIPTION.search(svg)
    return [chart(svg, unescape(said[1]) if said else "")] if svg else []


def _curves(found: Outcomes, page: Mapping[str, Any]) -> Iterator[Block]:
    leads = {
        "onset": (
            _("How soon relief starts"),
            _("Share of sessions with relief."),
            _("Box: it began somewhere in here."),
            _("Bar: 95 %% interval.") % {},
            _("At risk and events count sessions."),
        ),
        "relief": (
            _("How long relief lasts"),
            _("Share still in relief, of those who had it."),
            _("Grey where fewer than 5 are still followed; thin grey: the other groups."),
        ),
    }
    heads = (_("Group"), _("Patients"), _("Sessions"), _("Median"), _("As the clinic saw it"))
    for name, (title, *said) in leads.items():
        yield head(title)
        if not page[name]["is_shown"]:
            yield from words(
                _("Fewer than %(n)s patients: not drawn, no number shown.") % {"n": found.minimum}
            )
            continue
        is_drawn = name != "onset" or not page["onset_in_weeks"]
        yield lead(" ".join(said if is_drawn else said[:1]))
        yield from _drawn(found, name)
        yield from words(page[name]["text"])
        yield table(heads, [_group_line(one, found.minimum) for one in page[name]["tables"]])


def _group_line(group: Any, minimum: int) -> tuple[Any, ...]:
    if not group.is_shown:
        return (group.name, too_few(minimum), "", "", "")
    return (group.name, group.patients, group.sessions, group.median, group.right_median)


def _trends(found: Outcomes, page: Mapping[str, Any]) -> Iterator[Block]:
    yield head(_("Answers after a session, by %(name)s") % {"name": page["compared"]})
    yield lead(_("Groups were not assigned at random."))
    yield from _trend(found, "mood", page["mood"], page["mood_head"])
    yield head(_("Relief by session number"))
    yield lead(_("Patients who stop early drop out of later rows, so the points are not joined."))
    heads = (*page["relief_head"], page["ends_head"])
    yield from _trend(found, "sessions", page["by_session"], heads)
    yield from words(*page["trend"])
    yield head(_("Relief over time"))
    yield lead(_("The newest quarters are followed for less time."))
    heads = (*page["relief_head"], page["quarter_head"])
    yield from _trend(found, "quarters", page["by_quarter"], heads)


def _trend(found: Outcomes, name: str, tables: Any, heads: Any) -> Iterator[Block]:
    yield from _drawn(found, name)
    few = too_few(found.minimum)
    for one in tables:
        if not any(line.value for line in one.lines):
            yield from words(f"{one.name}: {few}")
            continue
        rows = [
            (line.name, line.value or few, line.interval, line.patients, line.sessions, line.more)
            for line in one.lines
        ]
        yield table(heads, [row[: len(heads)] for row in rows], caption=one.name)


def _notes(found: Outcomes, page: Mapping[str, Any]) -> Iterator[Block]:
    yield head(_("What the sessions did"))
    counts = [*page["statuses"], *page["left_out"]]
    yield table(("", _("Sessions"), _("Share")), [(c.label, c.n, c.share) for c in counts])
    yield head(_("Why relief was not followed to its end"))
    if page["censoring"]:
        rows = [(c.label, c.n, c.share) for c in page["censoring"]]
        yield table(("", _("Sessions"), _("Share")), rows)
        yield from words(page["bounds"])
    if page["competing"]:
        heads = (_("Within"), _("Relief lost"), _("Dosed again before"))
        yield table(heads, page["competing"], caption=_("As the clinic's calendar had it"))
    if page["is_uncertain"]:
        yield warning(_("Re-treatment before relapse makes this estimate uncertain."))
    yield from words(page["whole_course"], page["kept"], page["gaps"])
    yield head(_("Read with care"))
    cautions = ("missing", "quality", "ungrouped", "undrawn", "imported")
    yield from words(*(page[name] for name in cautions))
    yield warning(_("Not assigned at random."))
    yield from words(
        _(
            "Sicker patients may get one route; there is no control group, and sessions are booked "
            "at bad moments. Nothing here says what caused what."
        ),
        _resampled(page),
        _resampled_ahead(page),
    )
    yield subhead(_("Every point of the charts"))
    yield from words(_("The file outcomes.csv of the same filter has them all."))


def _resampled(page: Mapping[str, Any]) -> str:
    if not page["replicates"]:
        return ""
    said = _(
        "Several sessions of one patient are not independent: intervals come from resampling "
        "patients, %(replicates)s times."
    )
    return said % {"replicates": page["replicates"]}


def _resampled_ahead(page: Mapping[str, Any]) -> str:
    """Where the intervals of many sessions come from; empty when they were computed just now."""
    if page["intervals_at"] is not None:
        return _(
            "So many sessions are resampled ahead: these intervals were computed on %(at)s, the "
            "other numbers now."
        ) % {"at": daytime(page["intervals_at"])}
    if page["are_ahead"]:
        return _(
            "So many sessions are resampled ahead, and for this selection nobody has done it: it "
            "is shown without those intervals."
        )
    return ""
