"""Small helps for the nurse's templates: a form's field and a value by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from sessions_app import limits
from sessions_app.effect_words import GRADE_WORDS, effect_words
from sessions_app.models import DoseEvent, SideEffect, SideEffectChange, VitalReading
from sessions_app.refusals import FIELDS
from sessions_app.templatetags.words import mg, ml_per_hour, number

register = template.Library()

CHANGE_WORDS = {"worse": _("worse"), "better": _("better"), "resolved": _("resolved")}


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
def field_words(name: str) -> str:
    """A field or a check as people read it."""
    return str(FIELDS.get(name, name))


@register.filter
def whole(minutes: float | None) -> str:
    """Minutes from the dose as a whole number, with a real minus; an en dash without a dose."""
    return "–" if minutes is None else f"{int(minutes // 1)}".replace("-", "−")


@register.filter
def entry_words(entry: Any) -> str:
    """An entry in a few words, so that nobody strikes the wrong one."""
    if isinstance(entry, VitalReading):
        signs = [
            f"{FIELDS[sign]} {number(value)}"
            for sign in limits.SIGNS
            if (value := getattr(entry, sign)) is not None
        ]
        return ", ".join(signs)
    if isinstance(entry, DoseEvent):
        facts = [str(entry.get_kind_display())]
        if entry.rate_ml_per_hour is not None:
            facts.append(ml_per_hour(entry.rate_ml_per_hour))
        if entry.amount_mg is not None:
            facts.append(mg(entry.amount_mg))
        return ", ".join(facts)
    if isinstance(entry, SideEffect):
        return f"{effect_words(entry.code, entry.other_text)}, {GRADE_WORDS[entry.grade]}"
    if isinstance(entry, SideEffectChange):
        effect = entry.effect
        return f"{effect_words(effect.code, effect.other_text)}, {CHANGE_WORDS[entry.kind]}"
    return str(_("no side effect observed"))
