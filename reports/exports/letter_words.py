"""What leaves the clinic about one patient's course: a letter to the doctor who referred them,
and an evidence sheet for an insurer. Both say what the patient's page says, from the same object.

The sheet holds what a re-authorisation needs and no more: no alerts, no medicines, no address.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.dashboards.evidence import Evidence, Given, Measured, evidence_of
from reports.dashboards.session_lines import SessionLine
from reports.dashboards.timeline import ScoreLine, Timeline
from reports.dashboards.timeline_charts import RISK_CODES, score_of
from reports.dashboards.timeline_page import (
    answered_words,
    band_words,
    change_words,
    course_definitions,
    session_words,
)
from reports.dashboards.words import claim_words, instrument_words, percent
from reports.exports.paper import Paper, Table
from sessions_app.models import Staff
from sessions_app.models.courses import ROUTES
from sessions_app.templatetags.words import (
    birth_day,
    bp,
    day,
    daytime,
    drug_plain,
    kg,
    mg,
    mg_per_kg,
    number,
)
from sessions_app.words.effect_words import GRADE_WORDS, effect_words

ROUTE_NAMES = dict(ROUTES)
NO_VALUE = "–"


def letter(seen: Timeline, by: Staff, to: Sequence[str] = ()) -> Paper:
    """The letter to the referring doctor: what was given, what was seen, what is planned.

    `to`: name and address, line by line.
    """
    evidence = evidence_of(seen)
    tables = [] if evidence is None else [_sessions(seen, evidence)]
    return Paper(
        title=_("Letter to the referring doctor"),
        subject=seen.patient.number,
        sender=_sender(seen),
        to=_("To:"),
        addressee=list(to),
        facts=_who(seen),
        paragraphs=[
            *_given_sentences(evidence),
            f"{claim_words(seen.claim)} {answered_words(seen)}".strip(),
            *_measured_sentences(evidence),
            *_safety_sentences(seen, evidence),
            _plan_sentence(seen),
            _care(),
        ],
        tables=[*tables, _definitions(seen)],
        closing=[_("Prepared by %(who)s") % {"who": by.full_name}, _("Signature:")],
        made=_made(seen),
    )


def evidence_sheet(seen: Timeline, by: Staff) -> Paper:
    """The facts of the present course that an insurer asks for before it goes on paying."""
    evidence = evidence_of(seen)
    tables = [Table(_("Treatment"), empty=_("No session with a dose yet."))]
    if evidence is not None:
        tables = [_results(evidence), _sessions(seen, evidence), _scores(evidence)]
    return Paper(
        title=_("Evidence of treatment and response"),
        subject=seen.patient.number,
        sender=_sender(seen),
        to="",
        facts=[*_who(seen), *_course_facts(evidence)],
        paragraphs=[f"{claim_words(seen.claim)} {answered_words(seen)}".strip()],
        tables=[*tables, _definitions(seen), Table(_("Read with care"), lines=[_care()])],
        closing=[_("Prepared by %(who)s") % {"who": by.full_name}, _("Signature:")],
        made=_made(seen),
    )


def _sender(seen: Timeline) -> list[str]:
    clinic = seen.patient.clinic
    return [line for line in (clinic.name, clinic.phone) if line]


def _made(seen: Timeline) -> str:
    return _("Made from the record as it stood on %(at)s.") % {"at": daytime(seen.data_as_of)}


def _care() -> str:
    return _(
        "These are observations of one person without a comparison: sessions are often booked at a "
        "bad moment, answers are missing, and nothing here says what caused what."
    )


def _who(seen: Timeline) -> list[tuple[str, str]]:
    patient = seen.patient
    conditions = dict.fromkeys(str(course.get_indication_display()) for course in seen.courses)
    return [
        (_("Patient"), patient.full_name),
        (_("Number"), patient.number),
        (_("Born"), birth_day(patient.known_birth_date)),
        (_("Treated for"), ", ".join(conditions) or NO_VALUE),
        (_("Date"), day(timezone.localdate(seen.data_as_of))),
    ]


def _course_facts(evidence: Evidence | None) -> list[tuple[str, str]]:
    if evidence is None:
        return []
    days = {"first": day(evidence.first_dose), "last": day(evidence.last_dose)}
    given = "; ".join(_given_words(each) for each in evidence.given)
    return [(_("Doses of this course"), _("%(first)s to %(last)s") % days), (_("Given"), given)]


def _given_words(given: Given) -> str:
    words = {
        "drug": drug_plain(given.drug),
        "route": ROUTE_NAMES.get(given.route, given.route),
        "total": mg(given.total_mg) if given.total_mg is not None else _("not known"),
        "each": mg(given.least_mg),
        "n": given.sessions,
    }
    if given.most_mg != given.least_mg:
        words["each"] = f"{mg(given.least_mg)} – {mg(given.most_mg)}"
    return (
        ngettext(
            "%(drug)s %(route)s in %(n)s session, %(each)s, in all %(total)s",
            "%(drug)s %(route)s in %(n)s sessions, %(each)s each, in all %(total)s",
            given.sessions,
        )
        % words
    )


def _given_sentences(evidence: Evidence | None) -> list[str]:
    if evidence is None:
        return []
    words = {
        "first": day(evidence.first_dose),
        "last": day(evidence.last_dose),
        "given": "; ".join(_given_words(each) for each in evidence.given),
    }
    return [_("Doses of this course from %(first)s to %(last)s: %(given)s.") % words]


def _measured_sentences(evidence: Evidence | None) -> list[str]:
    shown = [] if evidence is None else [each for each in evidence.measured if each.latest]
    return [" ".join(_course_of(found)) for found in shown]


def _course_of(found: Measured) -> list[str]:
    latest = found.latest
    assert latest is not None, "asked only of what was answered after a dose"
    words = {"name": instrument_words(found.instrument), "now": score_words(latest)}
    if found.baseline is None:
        sentence = _("%(name)s: %(now)s. There is no score in the two weeks before the first dose.")
        return [sentence % words]
    words["before"] = score_words(found.baseline)
    said = [_("%(name)s: before the first dose %(before)s, latest %(now)s.") % words]
    if found.gone is not None:
        said.append(f"{change_words(found)[:1].upper()}{change_words(found)[1:]}.")
    return [*said, _reached(found)]


def _reached(found: Measured) -> str:
    share = {"share": percent(float(found.rule.response_frac))}
    if found.response is None:
        said = _("A response (%(share)s better) was not seen.") % share
    else:
        dated = {**share, "day": day(found.response.taken_at)}
        said = _("A response (%(share)s better) was first seen on %(day)s.") % dated
        if not found.is_response_now:
            said = f"{said} " + _("The latest score is no response.")
    if found.rule.remission_cut is None:
        return said
    cut = {"cut": f"{found.rule.remission_cut:g}"}
    if found.remission is None:
        return f"{said} " + _("Remission (%(cut)s or below) was not seen.") % cut
    dated = {**cut, "day": day(found.remission.taken_at)}
    return f"{said} " + _("Remission (%(cut)s or below) was first seen on %(day)s.") % dated


def score_words(line: ScoreLine) -> str:
    """ "21 (severe, 30 Sep 2026)"; without published bands the day alone."""
    inside = ", ".join(part for part in (band_words(line), day(line.taken_at)) if part)
    return f"{number(line.value)} ({inside})"


def _safety_sentences(seen: Timeline, evidence: Evidence | None) -> list[str]:
    if evidence is None:
        return []
    said = []
    if evidence.highest is not None and evidence.highest.peak is not None:
        words = {"bp": bp(*evidence.highest.peak), "n": evidence.highest.number}
        said.append(_("Highest blood pressure %(bp)s mmHg, in session %(n)s.") % words)
    felt = [
        _("%(effect)s in %(n)s of %(of)s, at worst %(grade)s")
        % {
            "effect": effect_words(each.code, each.other_text),
            "n": each.sessions,
            "of": len(evidence.sessions),
            "grade": GRADE_WORDS[each.worst_grade],
        }
        for each in evidence.felt
    ]
    if felt:
        said.append(_("Side effects, by sessions: %(list)s.") % {"list": "; ".join(felt)})
    else:
        said.append(_("No side effect was recorded."))
    return [" ".join(said), *_risk_sentence(seen, evidence)]


def _risk_sentence(seen: Timeline, evidence: Evidence) -> list[str]:
    risk = [
        alert
        for alert in seen.alerts
        if alert.code in RISK_CODES and alert.raised_at >= evidence.first_dose
    ]
    if not risk:
        return []
    words = {"n": len(risk), "day": day(risk[0].raised_at)}
    sentence = ngettext(
        "%(n)s answer about thoughts of death or self-harm since the first dose, on %(day)s.",
        "%(n)s answers about thoughts of death or self-harm since the first dose, "
        "the last on %(day)s.",
        len(risk),
    )
    return [sentence % words]


def _plan_sentence(seen: Timeline) -> str:
    order = seen.order
    if order is None:
        return _("Nothing is prescribed at present.")
    dose = mg_per_kg(order.mg_per_kg) if order.mg_per_kg is not None else ""
    if order.devices is not None:
        dose = ngettext("%(n)s device of 28 mg", "%(n)s devices of 28 mg", order.devices) % {
            "n": order.devices
        }
    parts = (
        order.course.schedule,
        f"{drug_plain(order.drug)} {order.get_route_display()} {dose}".strip(),
    )
    said = {"plan": ", ".join(part for part in parts if part), "day": day(order.prescribed_at)}
    return _("Plan: %(plan)s (prescribed %(day)s).") % said


def _results(evidence: Evidence) -> Table:
    rows = [
        [
            instrument_words(found.instrument),
            _line_words(found.baseline),
            _line_words(found.latest),
            _line_words(found.best),
            NO_VALUE if found.gone is None else change_words(found),
            _first(found.response, found.is_response_now),
            NO_VALUE
            if found.rule.remission_cut is None
            else _first(found.remission, found.is_remission_now),
        ]
        for found in evidence.measured
    ]
    heads = [
        _("Questionnaire"),
        _("Before the first dose"),
        _("Latest"),
        _("Best"),
        _("Difference"),
    ]
    heads += [_("Response first seen"), _("Remission first seen")]
    return Table(
        _("Baseline, response and remission"),
        heads,
        [1.1, 1.5, 1.5, 1.5, 1.4, 1.2, 1.2],
        rows,
        lines=[_means(found) for found in evidence.measured],
        empty=_("No questionnaire was answered."),
    )


def _line_words(line: ScoreLine | None) -> str:
    return NO_VALUE if line is None else score_words(line)


def _first(line: ScoreLine | None, is_now: bool | None) -> str:
    if line is None:
        return _("not seen")
    said = day(line.taken_at)
    return said if is_now else _("%(day)s, not at the latest score") % {"day": said}


def _means(found: Measured) -> str:
    words = {
        "name": instrument_words(found.instrument),
        "share": percent(float(found.rule.response_frac)),
        "cut": f"{found.rule.remission_cut:g}" if found.rule.remission_cut is not None else "",
        "days": f"{found.rule.recall_days:g}",
    }
    said = [_("%(name)s: response is %(share)s better than before the first dose.") % words]
    if found.rule.remission_cut is not None:
        said.append(_("Remission is %(cut)s or below.") % words)
    if found.rule.recall_days:
        said.append(_("Its questions look back %(days)s days.") % words)
    return " ".join(said)


def _sessions(seen: Timeline, evidence: Evidence) -> Table:
    rows = []
    for line in evidence.sessions:
        words, episode = session_words(line), line.episode or {}
        before = episode.get("pre_score")
        rows.append(
            [
                str(line.number),
                day(line.at),
                _drug_and_note(line, words.note),
                mg(line.dose_mg),
                kg(line.row.weight_kg),
                bp(*line.peak) if line.peak else NO_VALUE,
                NO_VALUE if before is None else number(score_of(seen, before)),
                words.began,
                words.lasted,
            ]
        )
    heads = [_("Session"), _("Date"), _("Given"), _("Dose"), _("Weight"), _("Peak BP")]
    heads += [
        _("%(instrument)s before") % {"instrument": instrument_words(seen.instrument)},
        _("Relief began"),
        _("Relief lasted"),
    ]
    return Table(_("Sessions"), heads, [0.8, 1.2, 1.5, 0.9, 1, 0.9, 1, 1.3, 1.1], rows)


def _drug_and_note(line: SessionLine, note: str) -> str:
    said = f"{drug_plain(line.row.drug)} {line.row.get_route_display()}"
    return f"{said} ({note})" if note else said


def _scores(evidence: Evidence) -> Table:
    """Every score of the published questionnaires in the course; of a daily scale if none is."""
    banded = [found for found in evidence.measured if any(line.band for line in found.scores)]
    shown = banded or list(evidence.measured)
    lines = [
        line
        for found in shown
        for line in (*([found.baseline] if found.baseline else []), *found.scores)
    ]
    rows = [
        [
            day(line.taken_at),
            instrument_words(line.instrument),
            number(line.value),
            band_words(line) or NO_VALUE,
        ]
        for line in sorted(lines, key=lambda line: line.taken_at)
    ]
    heads = [_("Date"), _("Questionnaire"), _("Score"), _("Band")]
    return Table(_("Scores"), heads, [1, 1, 0.6, 2], rows, empty=_("No score in this course."))


def _definitions(seen: Timeline) -> Table:
    shown = [item for item in course_definitions(seen) if item.name != "as_of"]
    text = "; ".join(f"{item.label}: {item.value}" for item in shown)
    return Table(_("How relief is defined here"), lines=[f"{text}."])
