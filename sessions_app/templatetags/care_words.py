"""Small helps for the nurse's templates: a form's field and a value by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app.forms.entry import BLANK_WORDS, POSITION_WORDS
from sessions_app.models import (
    DissociationRating,
    DoseEvent,
    MedicationGiven,
    SideEffect,
    SideEffectChange,
    VitalReading,
)
from sessions_app.rules import limits
from sessions_app.templatetags.words import mg, ml_per_hour, number
from sessions_app.words.effect_words import (
    ACTION_WORDS,
    CHANGE_WORDS,
    CRITERION_WORDS,
    GRADE_WORDS,
    effect_words,
)
from sessions_app.words.field_words import FIELDS
from sessions_app.words.medication_words import medication_line, rating_line

register = template.Library()

SIGN_UNITS = {
    "systolic": "\u00a0mmHg",
    "diastolic": "\u00a0mmHg",
    "heart_rate": "/min",
    "spo2": "\u00a0%",
    "respiratory_rate": "/min",
    "temperature_c": "\u00a0°C",
    "etco2": "\u00a0mmHg",
    "oxygen_l_min": "\u00a0L/min",
}


@register.filter
def words_of(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()


@register.filter
def field(form: BaseForm, name: str) -> BoundField:
    """The bound field of that name."""
    return form[name]


@register.filter
def value_of(values: Mapping[str, Any], name: str) -> Any:
    """The value under that name; None when there is none."""
    return values.get(name)


@register.filter
def attribute(row: object, name: str) -> Any:
    """The row's column of that name."""
    return getattr(row, name)


@register.filter
def whole(minutes: float | None) -> str:
    """Minutes from the dose as a whole number, with a real minus; an en dash without a dose."""
    return "–" if minutes is None else f"{int(minutes // 1)}".replace("-", "−")


@register.filter
def entry_words(entry: Any) -> str:
    """An entry with everything that was said in it, so that nobody strikes the wrong one."""
    if isinstance(entry, VitalReading):
        return ", ".join(_reading_facts(entry))
    if isinstance(entry, DoseEvent):
        return ", ".join(_dose_facts(entry))
    if isinstance(entry, SideEffect):
        name = effect_words(entry.code, entry.other_text)
        return ", ".join([name, str(GRADE_WORDS[entry.grade]), *effect_facts(entry)])
    if isinstance(entry, SideEffectChange):
        effect = entry.effect
        name = effect_words(effect.code, effect.other_text)
        return ", ".join([name, str(CHANGE_WORDS[entry.kind]), *effect_facts(entry)])
    if isinstance(entry, MedicationGiven):
        return ", ".join(_medication_facts(entry))
    if isinstance(entry, DissociationRating):
        return rating_line(entry)
    return str(_("no side effect observed"))


def _medication_facts(row: MedicationGiven) -> list[str]:
    ordered = gettext("ordered by %(who)s") % {"who": row.ordered_by}
    facts = [medication_line(row), row.reason, ordered]
    return [*facts, f"{_('lot')} {row.lot}"] if row.lot else facts


def _reading_facts(reading: VitalReading) -> list[str]:
    facts = [
        f"{FIELDS[sign]} {number(value)}{SIGN_UNITS.get(sign, '')}"
        for sign in limits.SIGNS
        if (value := getattr(reading, sign)) is not None
    ]
    if reading.position:
        facts.append(f"{FIELDS['position']}: {POSITION_WORDS[reading.position]}")
    if reading.blank_reason:
        facts.append(f"{FIELDS['blank_reason']}: {BLANK_WORDS[reading.blank_reason]}")
    return facts


def _dose_facts(event: DoseEvent) -> list[str]:
    facts = [str(event.get_kind_display())]
    if event.rate_ml_per_hour is not None:
        facts.append(ml_per_hour(event.rate_ml_per_hour))
    if event.amount_mg is not None:
        facts.append(mg(event.amount_mg))
    if event.lot:
        facts.append(f"{_('lot')} {event.lot}")
    return [*facts, event.reason] if event.reason else facts


@register.filter
def effect_facts(entry: SideEffect | SideEffectChange) -> list[str]:
    """What was said beside the effect: a change's grade, what was done, how serious, the note."""
    facts = []
    if isinstance(entry, SideEffectChange) and entry.grade:
        facts.append(str(GRADE_WORDS[entry.grade]))
    if entry.action != "none":
        facts.append(str(ACTION_WORDS[entry.action]))
    if entry.is_serious:
        criterion = CRITERION_WORDS.get(entry.serious_criterion, entry.serious_criterion)
        facts.append(gettext("serious: %(criterion)s") % {"criterion": criterion})
    note = getattr(entry, "note", "")
    return [*facts, note] if note else facts
