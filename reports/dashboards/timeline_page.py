"""A patient's page in words: the headline, the side panel and the lines of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.definitions import Definition, definitions
from reports.dashboards.evidence import Evidence, Measured, evidence_of
from reports.dashboards.headline import Claim, Span
from reports.dashboards.ranges import span_words
from reports.dashboards.session_lines import EffectLine, SessionLine
from reports.dashboards.timeline import ScoreLine, Timeline
from reports.dashboards.words import (
    BAND_WORDS,
    LEFT_OUT_WORDS,
    STATUS_WORDS,
    claim_words,
    instrument_words,
    percent,
)
from sessions_app.clock import elapsed_min
from sessions_app.models import SignOff
from sessions_app.rules.limits import SEVERITY
from sessions_app.templatetags.words import bp, day, daytime, number
from sessions_app.words.alert_words import alert_title
from sessions_app.words.effect_words import GRADE_WORDS, effect_words

# How many lines of a list stand open in the side panel; the others are folded away.
SHOWN_BESIDE, FOLDED = ":6", "6:"
ALERTS_BESIDE, ALERTS_FOLDED = ":3", "3:"


@dataclass(frozen=True)
class Fact:
    """One line of the side panel."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class SessionWords:
    """One line of the session table in words."""

    line: SessionLine
    effects: str
    began: str
    lasted: str
    note: str


@dataclass(frozen=True)
class ScoreWords:
    """One questionnaire score with its band in words."""

    line: ScoreLine
    band: str


def timeline_page(seen: Timeline) -> dict[str, Any]:
    """What the templates of a patient's page need."""
    evidence = evidence_of(seen)
    return {
        "seen": seen,
        "patient": seen.patient,
        "age": seen.patient.age_on(timezone.localdate(seen.data_as_of)),
        "headline": claim_words(seen.claim),
        "answered": answered_words(seen),
        "instrument": instrument_words(seen.instrument),
        "facts": facts(seen, evidence),
        "conditions": ", ".join(
            dict.fromkeys(str(course.get_indication_display()) for course in seen.courses)
        ),
        "before": next((line.before for line in seen.sessions if line.before), None),
        "in_chair_min": _in_chair_min(seen),
        "silent_days": None if seen.silent_since is None else _days_since(seen),
        "lines": [session_words(line) for line in seen.sessions],
        "questionnaires": [score_words(line) for line in seen.questionnaires],
        "alert_lines": alert_lines(seen),
        "shown": SHOWN_BESIDE,
        "rest": FOLDED,
        "shown_alerts": ALERTS_BESIDE,
        "rest_alerts": ALERTS_FOLDED,
        "missed": list(reversed(seen.missed)),
        "points": list(reversed(seen.scores_of(seen.instrument))),
        "definitions": course_definitions(seen),
    }


def _in_chair_min(seen: Timeline) -> float | None:
    """Minutes since the first dose of the session that runs now."""
    running = seen.in_chair
    if running is None or running.row.dose_started_at is None:
        return None
    return elapsed_min(running.row.dose_started_at, seen.data_as_of)


def _days_since(seen: Timeline) -> int:
    assert seen.silent_since is not None
    return (timezone.localdate(seen.data_as_of) - timezone.localdate(seen.silent_since)).days


def course_definitions(seen: Timeline) -> list[Definition]:
    """Every parameter of the rule in words."""
    return definitions(seen.report["parameters"], seen.instrument)


def alert_lines(seen: Timeline) -> list[dict[str, Any]]:
    """Open alerts first, the most urgent on top, then the closed ones; each newest first."""

    def place(row: Any) -> tuple[bool, int]:
        return row.is_closed, 0 if row.is_closed else -SEVERITY[row.level]

    rows = sorted(seen.alerts, key=place)
    return [{"alert": row, "words": alert_title(row), "closed": closing_words(row)} for row in rows]


def closing_words(alert: Any) -> str:
    """ "Back in range, Dr L. Marchetti, 7 Aug 2026, 11:52"; "" while it is open."""
    if not alert.closings:
        return ""
    event = alert.closings[-1]
    who = event.by.full_name if event.by else _("the record")
    parts = (str(event.get_outcome_display()), who, daytime(event.at))
    return ", ".join(part for part in parts if part)


def answered_words(seen: Timeline) -> str:
    """ "42 of 45 check-ins answered." """
    if not seen.asked:
        return ""
    return _("%(answered)s of %(asked)s check-ins answered.") % {
        "answered": seen.answered,
        "asked": seen.asked,
    }


def facts(seen: Timeline, evidence: Evidence | None) -> list[Fact]:
    """The panel at the side: questionnaire, onset, length of relief, highest pressure."""
    phq9 = evidence.of("phq9") if evidence else None
    found = [] if phq9 is None else [*_questionnaire_fact(phq9)]
    found.append(_onset_fact(seen))
    if seen.recent is not None and seen.recent.now is not None:
        found.append(_length_fact(seen.recent, seen.recent.now))
    highest = seen.highest_pressure
    if highest is not None and highest.peak is not None:
        found.append(_pressure_fact(seen, highest.number, highest.peak))
    return found


def _length_fact(recent: Claim, span: Span) -> Fact:
    label = ngettext(
        "Relief lasted, last session with relief",
        "Relief lasted, last %(n)s sessions with relief",
        recent.of,
    ) % {"n": recent.of}
    notes = [_("Cut off by the next session: %(n)s.") % {"n": recent.cut}] if recent.cut else []
    if recent.unended:
        notes.append(_("Not seen to end yet: %(n)s.") % {"n": recent.unended})
    known = span.hi is not None or span.lo >= 1
    value = span_words(span.lo, span.hi) if known else _("not known")
    return Fact(label, value, " ".join(notes))


def _pressure_fact(seen: Timeline, number_of: int | None, peak: tuple[int, int | None]) -> Fact:
    """The highest pressure, and in how many sessions the clinic's limit was reached."""
    notes = [_("Session %(n)s.") % {"n": number_of}] if number_of else []
    if seen.pressure_limit is not None:
        limit = f"{seen.pressure_limit:g}"
        peaks = [line.peak[0] for line in seen.sessions if line.peak is not None]
        reached = sum(systolic >= seen.pressure_limit for systolic in peaks)
        words = _("Always below %(limit)s.")
        if reached:
            words = _("%(limit)s or more in %(n)s of %(of)s sessions.")
        notes.append(words % {"limit": limit, "n": reached, "of": len(peaks)})
    return Fact(_("Highest BP, any session"), bp(*peak), " ".join(notes))


def _questionnaire_fact(found: Measured) -> list[Fact]:
    """Baseline and latest score of the course; the newest score alone where one is missing."""
    shown = [line for line in (found.baseline, found.latest) if line is not None]
    if not shown:
        return []
    value = " → ".join(number(line.value) for line in shown)
    notes = [band_words(shown[-1])]
    if found.baseline is None:
        notes.append(_("no score in the two weeks before the first dose"))
    elif found.best is not None and found.best is not found.latest:
        best = {"score": number(found.best.value), "day": day(found.best.taken_at)}
        notes.append(_("lowest %(score)s on %(day)s") % best)
    if found.gone is not None:
        notes.append(change_words(found))
    means = _("Response is %(share)s better; remission is at or below %(cut)s.") % {
        "share": percent(float(found.rule.response_frac)),
        "cut": f"{found.rule.remission_cut:g}",
    }
    return [Fact(found.name, value, f"{'; '.join(note for note in notes if note)}. {means}")]


def change_words(found: Measured) -> str:
    """ "45 % better than at the start", never rounded up to a response that was not reached."""
    gone = found.gone or 0.0
    share = {"share": _("%(n)s %%") % {"n": floor(abs(gone) * 100 + 1e-9)}}
    if gone == 0:
        return _("the same as at the start")
    if gone < 0:
        return _("%(share)s worse than at the start") % share
    return _("%(share)s better than at the start") % share


def _onset_fact(seen: Timeline) -> Fact:
    label = _("Time to relief, median")
    bracket = seen.report["onset_bracket"]
    if len(seen.episodes) < 2 or bracket is None:
        return Fact(label, _("not known"), _("Not enough to estimate."))
    if bracket[1] is None:
        return Fact(label, _("not reached"), _seen_words(seen))
    note = f"{_('Between two check-ins, so a range.')} {_seen_words(seen)}"
    return Fact(label, span_words(*bracket), note)


def _seen_words(seen: Timeline) -> str:
    """After how many sessions relief was seen, of those where it could be."""
    counts = seen.report["counts"]
    facts = {"n": counts["response"], "of": counts["response"] + counts["no_response"]}
    words = [_("Relief seen after %(n)s of %(of)s sessions with answers.") % facts]
    if counts["carried"]:
        words.append(_("Still in relief at the dose: %(n)s more.") % {"n": counts["carried"]})
    return " ".join(words)


def session_words(line: SessionLine) -> SessionWords:
    """Relief of one session as ranges; what is not known is said, never guessed."""
    began, lasted = "–", "–"
    episode = line.episode
    if episode is not None:
        if line.status == "response":
            began = span_words(episode["onset_lo"], episode["onset_hi"])
        elif not (line.is_running and line.status == "no_followup"):
            # While the patient sits in the chair nobody has been asked yet.
            began = str(STATUS_WORDS[line.status])
        if episode["relief_lo"] is not None:
            lo, hi = max(episode["relief_lo"], 0.0), episode["relief_hi"]
            lasted = _("not known yet") if hi is None and lo < 1 else span_words(lo, hi)
    return SessionWords(
        line=line,
        effects=", ".join(_effect(effect) for effect in line.effects),
        began=began,
        lasted=lasted,
        note=_note(line),
    )


def _note(line: SessionLine) -> str:
    if line.row.is_imported:
        return _("imported")
    if line.is_running:
        chair = line.row.chair
        return _("now in chair %(chair)s") % {"chair": chair} if chair else _("not signed")
    if line.end == "discharged":
        return ""
    ends: dict[str, Any] = dict(SignOff.ENDS)
    return str(LEFT_OUT_WORDS.get(line.end) or ends.get(line.end, ""))


def _effect(effect: EffectLine) -> str:
    words = {
        "effect": effect_words(effect.code, effect.other_text),
        "grade": GRADE_WORDS[effect.worst_grade],
    }
    if effect.minutes is None:
        return _("%(effect)s %(grade)s, end not recorded") % words
    return _("%(effect)s %(grade)s, %(minutes)s min") % {**words, "minutes": effect.minutes}


def score_words(line: ScoreLine) -> ScoreWords:
    """The score with its band in words."""
    return ScoreWords(line, band_words(line))


def band_words(line: ScoreLine) -> str:
    """The band in words, "prorated" where items were imputed."""
    band = str(BAND_WORDS.get(line.band, line.band)) if line.band else ""
    if line.is_prorated:
        band = _("%(band)s (prorated)") % {"band": band}
    return band
