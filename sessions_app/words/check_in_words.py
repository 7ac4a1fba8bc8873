"""What people read for the codes of a check-in: when it is asked, what is asked, how it scored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app.instruments import Instrument
from sessions_app.instruments_of import instrument_at, instruments_of, text_at, texts_of
from sessions_app.models import CheckIn, CheckInRequest, Clinic, InstrumentScore, ItemAnswer

NAMES: dict[str, Promise] = {
    "mood_0_10": _("Mood"),
    "compared_before": _("Compared with before"),
    "pain_0_10": _("Pain"),
    "still_bothering": _("Still bothering"),
    "thoughts": _("Thoughts"),
    "phq9": _("PHQ-9"),
    "gad7": _("GAD-7"),
    "peg": _("PEG"),
}
BANDS: dict[str, Promise] = {
    "none": _("none"),
    "minimal": _("minimal"),
    "mild": _("mild"),
    "moderate": _("moderate"),
    "moderately_severe": _("moderately severe"),
    "severe": _("severe"),
    "very_severe": _("very severe"),
    "low": _("low"),
    "high": _("high"),
}
SLOT = re.compile(r"(\d+)([hd])")


@dataclass(frozen=True)
class Said:
    """One answer as it was read and given. `answer` says "skipped" for a skip."""

    question: str
    answer: str
    is_flagged: bool


def slot_words(slot: str) -> str:
    """When a check-in is due: "24h" → "24 hours after the dose"."""
    found = SLOT.fullmatch(slot)
    if found is None:
        return _now("before the dose") if slot == "pre" else slot
    count, unit = int(found[1]), found[2]
    words = ngettext("%(count)s hour after the dose", "%(count)s hours after the dose", count)
    if unit == "d":
        words = ngettext("%(count)s day after the dose", "%(count)s days after the dose", count)
    return words % {"count": count}


def after_words(slot: str) -> str:
    """The same on a small label: "24h" → "+24 h"."""
    found = SLOT.fullmatch(slot)
    if found is None:
        return slot_words(slot)
    unit = _now("d") if found[2] == "d" else _now("h")
    return f"+{found[1]}\u00a0{unit}"


def asked_words(
    instruments: list[str],
    clinic: Clinic | UUID | None = None,
    known: Mapping[str, Instrument] | None = None,
) -> str:
    """The names of the questionnaires; with `clinic` also of those that it loaded itself.

    `known`: the clinic's questionnaires, so that a long list asks for them once.
    """
    return ", ".join(_name(code, clinic, known or {}) for code in instruments)


def _name(code: str, clinic: Clinic | UUID | None, known: Mapping[str, Instrument]) -> str:
    if code in NAMES or clinic is None:
        return str(NAMES.get(code, code))
    own = known.get(code) or instrument_at(clinic, code)
    return code if own is None else own.name


def name_of(instrument: Instrument) -> str:
    """The questionnaire's name: our own in words, a published one and a clinic's by its name."""
    return str(NAMES.get(instrument.code, instrument.name))


def left_out_words(request: CheckInRequest) -> str:
    """What this patient is not asked, because no sourced text exists in their language; or ""."""
    language = request.patient.language
    known = instruments_of(request.clinic_id)
    left_out = [
        code
        for code in request.instruments
        if code in known and texts_of(request.clinic_id, code, language) is None
    ]
    if not left_out:
        return ""
    return _now("Left out, because no sourced text exists in %(language)s: %(names)s") % {
        "language": dict(settings.LANGUAGES).get(language, language),
        "names": asked_words(left_out, request.clinic_id),
    }


def score_words(score: InstrumentScore) -> str:
    """ "PHQ-9 12 of 27, moderate", for staff. A prorated score says so."""
    scale = instrument_at(score.clinic_id, score.instrument, score.instrument_version)
    return words_of_score(score, scale)


def words_of_score(score: InstrumentScore, instrument: Instrument | None) -> str:
    """The same when its questionnaire is at hand; None is a name that came with an import."""
    name = NAMES.get(score.instrument) or (instrument.name if instrument else score.instrument)
    if score.score is None:
        return _now("%(name)s: taken back") % {"name": name}
    value = f"{score.score.normalize():f}"
    if instrument is None:
        return f"{name} {value}"
    words = _now("%(name)s %(value)s of %(top)s") % {
        "name": name,
        "value": value,
        "top": instrument.score_max,
    }
    is_on_scale = instrument.score_min <= score.score <= instrument.score_max
    band = instrument.band(score.score) if is_on_scale else None
    parts = [words, band_words(band)] if band else [words]
    if score.is_prorated:
        parts.append(_now("prorated"))
    return ", ".join(parts)


def band_words(band: str) -> str:
    """A band in words; a clinic names the bands of its own questionnaires itself."""
    return str(BANDS.get(band, band))


def what_was_said(check_in: CheckIn) -> list[Said]:
    """The standing answers in the order asked, each with the words that the patient read."""
    standing = {}
    for row in check_in.answers.order_by("answered_at", "id"):
        standing[row.instrument, row.item] = row
    said = [_said(row) for row in standing.values()]
    return sorted(said, key=lambda one: not one.is_flagged)


def _said(row: ItemAnswer) -> Said:
    """One answer. Numbers that staff entered without words are called by their item."""
    language = row.language or "en"
    instrument = instrument_at(row.clinic_id, row.instrument, row.instrument_version)
    words = text_at(row.clinic_id, row.instrument, row.instrument_version, language)
    if instrument is None:
        return Said(f"{row.instrument} {row.item}", _chosen(row, ()), False)
    flagged = instrument.is_flagged(row.item, row.value)
    if words is None:
        item = {"name": instrument.name, "number": row.item.removeprefix("q")}
        return Said(_now("%(name)s, item %(number)s") % item, _chosen(row, ()), flagged)
    return Said(words.question(row.item), _chosen(row, words.options_of(row.item)), flagged)


def _chosen(row: ItemAnswer, options: tuple[tuple[int, str], ...]) -> str:
    """The answer in the patient's words; a bare number with the top of its scale."""
    if row.value is None:
        return _now("skipped")
    words = dict(options).get(row.value, str(row.value))
    if options and words == str(row.value):
        return _now("%(value)s of %(top)s") % {"value": words, "top": options[-1][0]}
    return words
