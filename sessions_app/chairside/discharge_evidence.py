"""Why a discharge check is met, or is not: what the record says, with its time, in words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.chairside.dose_given import infusion_end, standing_events
from sessions_app.chairside.session_state import (
    discharge_checks,
    dissociation_resolved,
    open_effects,
    resolved_at,
    standing_changes,
    standing_effects,
    standing_ratings,
    standing_readings,
)
from sessions_app.clock import elapsed_min
from sessions_app.models import SessionCheck, TreatmentSession
from sessions_app.protocol_of import protocol_of
from sessions_app.rules.discharge_rule import CheckResult, Value
from sessions_app.templatetags.words import bp, clock, elapsed, number
from sessions_app.words.effect_words import effect_words
from sessions_app.words.field_words import FIELDS

FROM_CLOCK, FROM_READINGS, FROM_RECORD, FROM_YOU = "clock", "readings", "record", "you"
SOURCES = {
    "watched": FROM_CLOCK,
    "bp_near_baseline": FROM_READINGS,
    "spo2_ok": FROM_READINGS,
    "awake": FROM_READINGS,
    "effects_mild": FROM_RECORD,
}


def label(session: TreatmentSession, result: CheckResult) -> str:
    """The check as its row says it, with the protocol's number where it has one."""
    protocol, seen = protocol_of(session), result.evidence
    if result.code == "watched" and seen["minimum_min"] is not None:
        needed = f"{float(str(seen['minimum_min'])):.0f}"
        return _("Watched for at least %(count)s minutes") % {"count": needed}
    if result.code == "spo2_ok":
        return _("Oxygen above %(limit)s on room air") % {"limit": number(protocol.spo2_above, "%")}
    if result.code == "awake":
        return _("Fully awake: MOAA/S %(level)s") % {"level": protocol.moaas_at_least}
    return str(FIELDS[result.code])


def evidence(session: TreatmentSession, result: CheckResult, now: datetime) -> str:
    """What the record says: "124/76 at 11:38, baseline 122/74". An unmet check that was met
    before says when: "Was met 11:38; 152/98 at 11:50 is not near baseline 122/74".
    """
    if result.met:
        return _facts(session, result)
    met_at = None if _is_old(session, result, now) else last_met(session, result.code, now)
    if met_at is None:
        return _capitalised(_shortfall(session, result, now))
    facts = {"clock": clock(met_at), "why": _shortfall(session, result, now)}
    return _("Was met %(clock)s; %(why)s") % facts


def confirmed(tick: SessionCheck | None) -> str:
    """Who confirmed it and when; empty when nobody did."""
    if tick is None or tick.answer != "yes" or tick.recorded_by is None:
        return ""
    facts = {"who": tick.recorded_by.initials, "clock": clock(tick.taken_at)}
    return _("Confirmed by %(who)s %(clock)s") % facts


def last_met(session: TreatmentSession, code: str, now: datetime) -> datetime | None:
    """When the record last met this check before what it says now; None if it never did.

    Only from when a reading could have let the patient go: earlier ones are before the peak.
    """
    earliest = _earliest(session)
    if SOURCES.get(code) not in (FROM_READINGS, FROM_RECORD) or earliest is None:
        return None
    moments = {row.taken_at for row in standing_readings(session)}
    for effect in standing_effects(session):
        moments |= {effect.taken_at, *(change.taken_at for change in standing_changes(effect))}
    for moment in sorted((m for m in moments if earliest <= m < now), reverse=True):
        found = {one.code: one.met for one in discharge_checks(as_of(session, moment), moment)}
        if found.get(code):
            return moment
    return None


def _earliest(session: TreatmentSession) -> datetime | None:
    t0, end = session.dose_started_at, infusion_end(standing_events(session))
    protocol = protocol_of(session)
    if t0 is None or (protocol.is_infusion and (end is None or end <= t0)):
        return None
    watch = protocol.minimum_watch_min(None if end is None else elapsed_min(t0, end))
    return t0 + timedelta(minutes=watch - protocol.reading_max_age_min)


def as_of(session: TreatmentSession, moment: datetime) -> TreatmentSession:
    """The session with only what had been taken by then; it is for reading alone."""
    then: Any = copy.copy(session)
    then.loaded_readings = [r for r in standing_readings(session) if r.taken_at <= moment]
    then.loaded_ratings = [r for r in standing_ratings(session) if r.taken_at <= moment]
    then.loaded_checks = []
    then.loaded_effects = []
    for effect in standing_effects(session):
        if effect.taken_at <= moment:
            kept: Any = copy.copy(effect)
            kept.loaded_changes = [c for c in standing_changes(effect) if c.taken_at <= moment]
            then.loaded_effects.append(kept)
    found: TreatmentSession = then
    return found


def _facts(session: TreatmentSession, result: CheckResult) -> str:
    seen = result.evidence
    at = _at(session, seen)
    if result.code == "watched":
        return _("%(passed)s since the dose started") % {"passed": elapsed(seen["elapsed_min"])}
    if result.code == "bp_near_baseline":
        facts = {"bp": bp(seen["systolic"], seen["diastolic"]), "at": at, "before": _before(seen)}
        return _("%(bp)s%(at)s, baseline %(before)s") % facts
    if result.code == "spo2_ok":
        return f"{number(seen['spo2'], '%')}{at}"
    if result.code == "awake":
        return _("MOAA/S %(level)s%(at)s") % {"level": number(seen["moaas"]), "at": at}
    return ". ".join(part for part in (_resolved(session), _open_words(seen)) if part)


def _shortfall(session: TreatmentSession, result: CheckResult, now: datetime) -> str:
    """Why the record does not meet it now."""
    seen, protocol = result.evidence, protocol_of(session)
    if result.code == "watched":
        if seen["minimum_min"] is None:
            return _("%(passed)s since the dose started, the infusion is not stopped") % {
                "passed": elapsed(seen["elapsed_min"])
            }
        facts = {"passed": elapsed(seen["elapsed_min"]), "needed": elapsed(seen["minimum_min"])}
        return _("%(passed)s since the dose started, %(needed)s needed") % facts
    if result.code == "effects_mild":
        return _still_there(session, seen)
    at_min = seen["at_min"]
    if at_min is None or float(str(at_min)) <= 0:
        return _("not measured since the dose")
    if _is_old(session, result, now):
        facts = {"what": _value(result), "at": _at(session, seen)}
        facts["age"] = str(protocol.reading_max_age_min)
        return _("%(what)s%(at)s is older than %(age)s min. Measure again") % facts
    facts = {"what": _value(result), "at": _at(session, seen)}
    if result.code == "bp_near_baseline":
        facts["before"] = _before(seen)
        return _("%(what)s%(at)s is not near baseline %(before)s") % facts
    if result.code == "spo2_ok":
        if seen["oxygen_l_min"]:
            facts["oxygen"] = number(seen["oxygen_l_min"], "L/min")
            return _("%(what)s%(at)s with %(oxygen)s of oxygen") % facts
        facts["limit"] = number(protocol.spo2_above, "%")
        return _("%(what)s%(at)s is not above %(limit)s") % facts
    facts["limit"] = number(protocol.moaas_at_least)
    return _("%(what)s%(at)s, %(limit)s needed") % facts


def _value(result: CheckResult) -> str:
    seen = result.evidence
    if result.code == "bp_near_baseline":
        return bp(seen["systolic"], seen["diastolic"])
    if result.code == "spo2_ok":
        return number(seen["spo2"], "%")
    return _("MOAA/S %(level)s%(at)s") % {"level": number(seen["moaas"]), "at": ""}


def _still_there(session: TreatmentSession, seen: Mapping[str, Value]) -> str:
    codes = [code for code in str(seen["blocking"]).split(",") if code]
    said = {e.code: effect_words(e.code, e.other_text) for e in open_effects(session)}
    names = ", ".join(said.get(code) or effect_words(code) for code in codes)
    words = _("still there: %(effects)s") % {"effects": names}
    rated = dissociation_resolved(session)
    if rated is None or rated.is_resolved or session.dose_started_at is None:
        return words
    at = clock(session.dose_started_at + timedelta(minutes=rated.minute))
    facts = {"words": words, "score": rated.score, "clock": at, "limit": rated.clear_at}
    return _("%(words)s (rated %(score)s at %(clock)s, %(limit)s or less needed)") % facts


def _resolved(session: TreatmentSession) -> str:
    """The side effect that resolved last: "Dissociation resolved 10:27"."""
    gone = [
        (ended, effect)
        for effect in standing_effects(session)
        if (ended := resolved_at(effect)) is not None
    ]
    if not gone:
        return ""
    ended, effect = max(gone, key=lambda pair: pair[0])
    name = effect_words(effect.code, effect.other_text)
    return _("%(effect)s resolved %(clock)s") % {"effect": name, "clock": clock(ended)}


def _open_words(seen: Mapping[str, Value]) -> str:
    return _("No open side effects") if not seen["open"] else _("Only mild ones are open")


def _before(seen: Mapping[str, Value]) -> str:
    if seen["baseline_systolic"] is None:
        return _("not measured")
    return bp(seen["baseline_systolic"], seen["baseline_diastolic"])


def _is_old(session: TreatmentSession, result: CheckResult, now: datetime) -> bool:
    """The last value does not speak for now any more, whatever it was."""
    t0, at_min = session.dose_started_at, result.evidence.get("at_min")
    if t0 is None or at_min is None:
        return False
    age = elapsed_min(t0, now) - float(str(at_min))
    return age > protocol_of(session).reading_max_age_min


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _at(session: TreatmentSession, seen: Mapping[str, Value]) -> str:
    t0, at_min = session.dose_started_at, seen.get("at_min")
    if at_min is None or t0 is None:
        return ""
    return _(" at %(clock)s") % {"clock": clock(t0 + timedelta(minutes=float(str(at_min))))}
