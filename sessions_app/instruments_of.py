"""The questionnaires of one clinic: those that ship and those that it loaded itself.

A loaded version never changes once it is written, so each process reads it once and keeps it; a
call costs one query.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

from sessions_app.instruments import REGISTRY, Instrument, InstrumentText, languages, text
from sessions_app.instruments.definition import as_instrument, own_version, texts_in
from sessions_app.models import Clinic, ClinicInstrument

KEPT = 256  # versions a process holds at once


def instruments_of(clinic: Clinic | UUID) -> dict[str, Instrument]:
    """By code: what ships, then what the clinic loaded and did not retire."""
    return {**REGISTRY, **{code: known[0] for code, known in _in_force(clinic).items()}}


def texts_of(clinic: Clinic | UUID, code: str, language: str) -> InstrumentText | None:
    """The words in the language ("en-gb" reads "en"); None where no sourced text exists.

    None means that the questionnaire is left out, never that another language is shown.
    """
    return _text({} if code in REGISTRY else _in_force(clinic), code, language)


def languages_of(clinic: Clinic | UUID, code: str) -> tuple[str, ...]:
    """The languages in which a sourced text exists, in alphabetical order."""
    if code in REGISTRY:
        return languages(code)
    own = _version(clinic, code, "")
    return () if own is None else tuple(sorted(own[1]))


def instrument_at(clinic: Clinic | UUID, code: str, version: str = "") -> Instrument | None:
    """The questionnaire in the version that an answer or score names, also a retired one.

    Without a version: the newest. None when nobody here ever knew the code, as for a name that
    came with an import.
    """
    found = _version(clinic, code, version)
    return REGISTRY.get(code) if found is None else found[0]


def versions_alike(clinic: Clinic | UUID, own: Instrument) -> list[str]:
    """The versions of a clinic's own questionnaire whose scores mean the same as this one's.

    A new text or name changes no score; other items, ends, direction or rules do.
    """
    rows = ClinicInstrument.objects.filter(clinic_id=_key(clinic), code=own.code)
    known = [_read(key)[0] for key in rows.values_list("pk", flat=True)]
    return [each.version for each in known if _scored_by(each) == _scored_by(own)]


def _scored_by(each: Instrument) -> tuple[object, ...]:
    ends = (each.score_min, each.score_max, each.higher_is_better)
    return (each.items, each.scoring, *ends, each.max_missing, each.recall_days)


def lookup_of(clinic: Clinic | UUID) -> Callable[[str, str], Instrument | None]:
    """`instrument_at` by code and version for many rows of one clinic: one query in all."""
    rows = ClinicInstrument.objects.filter(clinic_id=_key(clinic)).values_list(
        "code", "number", "pk"
    )
    own = {(code, own_version(number)): key for code, number, key in rows}

    def find(code: str, version: str) -> Instrument | None:
        key = own.get((code, version))
        return REGISTRY.get(code) if key is None else _read(key)[0]

    return find


def text_at(clinic: Clinic | UUID, code: str, version: str, language: str) -> InstrumentText | None:
    """The words that somebody read who answered that version in that language."""
    found = _version(clinic, code, version)
    return _text({} if found is None else {code: found}, code, language)


Own = tuple[Instrument, dict[str, InstrumentText]]


def _version(clinic: Clinic | UUID, code: str, version: str) -> Own | None:
    if code in REGISTRY:
        return None
    rows = ClinicInstrument.objects.filter(clinic_id=_key(clinic), code=code)
    keys = rows.order_by("-number").values_list("number", "pk")
    known = {own_version(number): key for number, key in keys}
    key = known.get(version) if version else next(iter(known.values()), None)
    return None if key is None else _read(key)


def _text(own: dict[str, Own], code: str, language: str) -> InstrumentText | None:
    wanted = language.lower().replace("_", "-")
    if code in own:
        words = own[code][1]
        return words.get(wanted) or words.get(wanted.split("-")[0])
    try:
        return text(code, language)
    except LookupError:
        return None


def _in_force(clinic: Clinic | UUID) -> dict[str, Own]:
    """The newest version of each code that is not retired, by code."""
    rows = ClinicInstrument.objects.filter(clinic_id=_key(clinic)).order_by("code", "-number")
    newest: dict[str, tuple[UUID, bool]] = {}
    for code, key, is_retired in rows.values_list("code", "pk", "is_retired"):
        newest.setdefault(code, (key, is_retired))
    return {code: _read(key) for code, (key, is_retired) in newest.items() if not is_retired}


@lru_cache(maxsize=KEPT)
def _read(key: UUID) -> Own:
    row = ClinicInstrument.objects.get(pk=key)
    return as_instrument(row.definition, row.number), texts_in(row.definition)


def _key(clinic: Clinic | UUID) -> UUID:
    return clinic.pk if isinstance(clinic, Clinic) else clinic
