"""The pictures of a patient's page: the course over the calendar, and each session at its dose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reports.dashboards.ranges import span_words
from reports.dashboards.session_lines import SessionLine, worst_grade
from reports.dashboards.timeline import PAIN, Timeline
from reports.dashboards.words import BAND_WORDS, claim_words
from sessions_app.clock import elapsed
from sessions_app.instruments import REGISTRY
from sessions_app.templatetags.words import bp, day, drug_plain, mg

WEEKS = {"4": 4, "8": 8}
DEFAULT_WEEKS = "8"
RISK_CODES = ("suicide_item", "suicide_answer", "suicide_screen", "thoughts")
DAY = timedelta(days=1)
KEPT_SECONDS = 900


def relief_score(seen: Timeline, baseline: float | None) -> float | None:
    """The score from which on a session with this baseline counts as relief."""
    if baseline is None:
        return None
    severity = Decimal(str(baseline)) * (1 - seen.rule.response_frac)
    if seen.rule.higher_is_better:
        assert seen.rule.score_max is not None
        return float(seen.rule.score_max - severity)
    return float(severity)


def relief_levels(seen: Timeline) -> tuple[tuple[datetime, float], ...]:
    """The score of relief with the session from which on it holds: one entry per change."""
    levels: list[tuple[datetime, float]] = []
    for line in reversed(seen.sessions):
        level = relief_score(seen, line.episode["baseline"]) if line.episode else None
        if level is not None and (not levels or levels[-1][1] != level):
            levels.append((_local(line.at), level))
    return tuple(levels)


def timeline_svg(seen: Timeline, weeks: str = DEFAULT_WEEKS) -> str:
    """The course as SVG over the last weeks, or over all of it ("all")."""
    from reports.charts import RiskMark, timeline, weekly_ticks
    from reports.charts import Timeline as Picture

    start, end = _span(seen, weeks)
    days = weekly_ticks(start, end)
    return kept(
        timeline,
        Picture(
            scores=_points(seen.scores_of(seen.instrument)),
            sessions=_session_marks(seen),
            not_answered=tuple(_local(row.due_at) for row in seen.missed),
            phq9=tuple(
                (_local(score.taken_at), round(score.value)) for score in seen.scores_of("phq9")
            ),
            relief_levels=relief_levels(seen),
            risk=tuple(
                RiskMark(_local(alert.raised_at), _("thoughts of death"))
                for alert in seen.alerts
                if alert.code in RISK_CODES
            ),
            start=start,
            end=end,
            ticks=tuple((tick, date_format(tick, "j M", use_l10n=False)) for tick in days),
            labels=_labels(seen),
            prefix="timeline",
            title=_("Course over time"),
            desc=claim_words(seen.claim),
            strips=_strips(seen),
        ),
    )


def kept(draw: Callable[[Any], str], shown: Any) -> str:
    """What `draw` makes of `shown`: the same content with the same words is drawn once."""
    words = getattr(draw, "keywords", {})
    key = f"course-{sha256(repr((words, shown)).encode()).hexdigest()}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = draw(shown)
        cache.set(key, svg, KEPT_SECONDS)
    return svg


def _session_marks(seen: Timeline) -> Any:
    """One per treatment, oldest first; its link says what was given and when."""
    from reports.charts import SessionMark

    return tuple(
        SessionMark(
            line.number,
            _local(line.at),
            f"#session-{line.number}",
            _("Session %(n)s, %(day)s, %(drug)s %(route)s %(dose)s")
            % {
                "n": line.number,
                "day": day(line.at),
                "drug": drug_plain(line.row.drug),
                "route": line.row.get_route_display(),
                "dose": mg(line.dose_mg),
            },
        )
        for line in reversed(seen.sessions)
        if line.number is not None
    )


def _strips(seen: Timeline) -> Any:
    """Pain, PHQ-9 on its bands, the highest pressures and the side effects of the sessions."""
    from reports.charts import Banded, EffectMark, PressurePeak, Strips

    lines = list(reversed(seen.sessions))
    bands = tuple((float(band.low), float(band.high)) for band in REGISTRY["phq9"].bands)
    return Strips(
        pain=() if seen.instrument == PAIN else _points(seen.scores_of(PAIN)),
        banded=Banded(_points(seen.scores_of("phq9")), bands),
        peaks=tuple(PressurePeak(_local(line.at), *line.peak) for line in lines if line.peak),
        pressure_limit=seen.pressure_limit,
        effects=tuple(
            EffectMark(_local(line.at), worst_grade(line.effects)) for line in lines if line.effects
        ),
    )


def multiples_svg(seen: Timeline) -> str:
    """The last eight sessions lined up at their doses; "" with fewer than two."""
    from reports.charts import small_multiples

    if len(seen.episodes) < 2:
        return ""
    treated = [line for line in reversed(seen.sessions) if line.episode is not None]
    following = [*treated[1:], None]
    panels = [_panel(seen, *pair) for pair in zip(treated, following, strict=True)]
    words = partial(
        small_multiples,
        labels={"days": _("d")},
        prefix="multiples",
        title=_("Each session, lined up at the dose"),
        desc=claim_words(seen.claim),
        higher_is_better=seen.rule.higher_is_better,
    )
    return kept(words, panels)


def _panel(seen: Timeline, line: SessionLine, after: SessionLine | None) -> Any:
    """One session: the last score before the dose stands at 0, then those up to the next dose."""
    from reports.charts import SessionPanel

    episode: Any = line.episode
    points = [
        (elapsed(line.at, score.taken_at) / DAY, float(score.value))
        for score in seen.scores_of(seen.instrument)
        if not score.is_prorated
        and line.at < score.taken_at
        and (after is None or score.taken_at <= after.at)
    ]
    if episode["pre_score"] is not None:
        points.insert(0, (0.0, score_of(seen, episode["pre_score"])))
    return SessionPanel(
        title=_("Session %(n)s") % {"n": line.number},
        note=_note(episode) if points else _("no answers"),
        points=tuple(points),
        cut_off=episode["relief_event"] is False,
        relief_line=relief_score(seen, episode["baseline"]),
    )


def score_of(seen: Timeline, severity: float) -> float:
    """The score that has this severity: on a turned-round scale its distance from the top."""
    if not seen.rule.higher_is_better:
        return severity
    assert seen.rule.score_max is not None
    return float(seen.rule.score_max) - severity


def _note(episode: Any) -> str:
    if episode["status"] == "no_response":
        return _("no relief seen")
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


def opening_weeks(seen: Timeline) -> str:
    """The weeks shown first: "all" where the last eight hold neither a session nor an answer."""
    moments = [line.at for line in seen.sessions] + [score.taken_at for score in seen.scores]
    since = seen.data_as_of - timedelta(weeks=WEEKS[DEFAULT_WEEKS])
    return DEFAULT_WEEKS if max(moments, default=since) >= since else "all"


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
    banded = seen.scores_of("phq9")
    band = BAND_WORDS.get(banded[-1].band or "", "") if banded else ""
    measured = [line.peak for line in seen.sessions if line.peak]
    return {
        "phq9": _("PHQ-9"),
        "session": _("session"),
        "score": score,
        "pain_now": _("pain {value}"),
        "phq9_now": _("PHQ-9 {value}"),
        "phq9_band": str(band),
        "peak_now": bp(*measured[0]) if measured else "",
        "peak": _("highest BP"),
        "effects": _("side effects"),
        "not_answered": _("not answered"),
        "no_answers": _("no answers"),
        "relief_line": _("relief line"),
        "session_link": _("Session {number}"),
    }
