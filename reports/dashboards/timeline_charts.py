"""The pictures of a patient's page: the course over the calendar, and each session at its dose."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reports.dashboards.ranges import span_words
from reports.dashboards.timeline import PAIN, Timeline
from reports.dashboards.words import claim_words
from sessions_app.clock import elapsed

WEEKS = {"4": 4, "8": 8}
DEFAULT_WEEKS = "8"
RISK_CODES = ("suicide_item", "suicide_answer", "suicide_screen", "thoughts")
DAY = timedelta(days=1)


def relief_line(seen: Timeline) -> float | None:
    """The score at which this patient is in relief, from the newest session with a baseline."""
    baselines = [e["baseline"] for e in seen.episodes if e["baseline"] is not None]
    if not baselines:
        return None
    severity = Decimal(str(baselines[-1])) * (1 - seen.rule.response_frac)
    if seen.rule.higher_is_better:
        assert seen.rule.score_max is not None
        return float(seen.rule.score_max - severity)
    return float(severity)


def timeline_svg(seen: Timeline, weeks: str = DEFAULT_WEEKS) -> str:
    """The course as SVG over the last weeks, or over all of it ("all")."""
    from reports.charts import RiskMark, SessionMark, timeline, weekly_ticks
    from reports.charts import Timeline as Picture

    start, end = _span(seen, weeks)
    treated = [line for line in seen.sessions if line.number is not None]
    pain = () if seen.instrument == PAIN else seen.scores_of(PAIN)
    return timeline(
        Picture(
            scores=_points(seen.scores_of(seen.instrument)),
            sessions=tuple(
                SessionMark(line.number or 0, _local(line.at), f"#session-{line.number}")
                for line in reversed(treated)
            ),
            not_answered=tuple(_local(row.due_at) for row in seen.missed),
            phq9=tuple(
                (_local(score.taken_at), round(score.value)) for score in seen.scores_of("phq9")
            ),
            relief_line=relief_line(seen),
            risk=tuple(
                RiskMark(_local(alert.raised_at), _("thoughts of death"))
                for alert in seen.alerts
                if alert.code in RISK_CODES
            ),
            pain=_points(pain),
            start=start,
            end=end,
            ticks=tuple(
                (day, date_format(day, "j M", use_l10n=False)) for day in weekly_ticks(start, end)
            ),
            labels=_labels(seen),
            prefix="timeline",
            title=_("Course over time"),
            desc=claim_words(seen.claim),
        )
    )


def multiples_svg(seen: Timeline) -> str:
    """The last eight sessions lined up at their doses; "" for a scale on which low is good."""
    from reports.charts import SessionPanel, small_multiples

    if not seen.rule.higher_is_better or len(seen.episodes) < 2:
        return ""
    treated = [line for line in reversed(seen.sessions) if line.episode is not None]
    scores = [score for score in seen.scores_of(seen.instrument) if not score.is_prorated]
    panels = []
    for line, after in zip(treated, [*treated[1:], None], strict=True):
        until = None if after is None else after.at
        own = [
            (elapsed(line.at, score.taken_at) / DAY, float(score.value))
            for score in scores
            if line.at <= score.taken_at and (until is None or score.taken_at <= until)
        ]
        episode: Any = line.episode
        cut = episode["relief_event"] is False
        panels.append(
            SessionPanel(
                title=_("Session %(n)s") % {"n": line.number},
                note=_note(episode),
                points=tuple(own),
                cut_off=cut,
            )
        )
    return small_multiples(
        panels,
        relief_line=relief_line(seen),
        labels={"days": _("d")},
        prefix="multiples",
        title=_("Each session, lined up at the dose"),
        desc=claim_words(seen.claim),
    )


def _note(episode: Any) -> str:
    if episode["relief_lo"] is None:
        return ""
    lo = max(episode["relief_lo"], 0.0)
    if episode["relief_hi"] is None and lo < 1:
        return _("relief seen")
    return _("relief %(span)s") % {"span": span_words(lo, episode["relief_hi"])}


def _points(scores: Any) -> tuple[tuple[datetime, float], ...]:
    return tuple((_local(score.taken_at), float(score.value)) for score in scores)


def _local(at: datetime) -> datetime:
    return timezone.localtime(at)


def _span(seen: Timeline, weeks: str) -> tuple[date, date]:
    """The days that the axis covers: it always ends today."""
    end = timezone.localdate(seen.data_as_of) + DAY
    if weeks in WEEKS:
        return end - timedelta(weeks=WEEKS[weeks]), end
    moments = [line.at for line in seen.sessions] + [score.taken_at for score in seen.scores]
    first = min((timezone.localdate(at) for at in moments), default=end - 7 * DAY)
    return min(first - DAY, end - 7 * DAY), end


def _labels(seen: Timeline) -> dict[str, str]:
    score = _("pain {value}") if seen.instrument == PAIN else _("mood {value}")
    return {
        "phq9": _("PHQ-9"),
        "session": _("session"),
        "score": score,
        "pain_now": _("pain {value}"),
        "not_answered": _("not answered"),
        "no_answers": _("no answers"),
        "relief_line": _("relief line"),
        "session_link": _("Session {number}"),
    }


def timeline_url(seen: Timeline, weeks: str) -> str:
    """The page's own address with another stretch of time."""
    return f"{reverse('review:timeline', args=[seen.patient.pk])}?weeks={weeks}"
