"""Checks that several deeds share: what is missing, too long, or none of the choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model

from sessions_app.errors import RuleBroken, RuleError
from sessions_app.models import Staff


def missing(values: Mapping[str, Any], *fields: str) -> list[RuleError]:
    """One error for each of `fields` that has no value."""
    return [RuleError(name, "required") for name in fields if values.get(name) in (None, "")]


def too_long(model: type[Model], values: Mapping[str, Any]) -> list[RuleError]:
    """One error for each text longer than its column."""
    errors = []
    for name, value in values.items():
        limit = getattr(model._meta.get_field(name), "max_length", None)
        if limit is not None and isinstance(value, str) and len(value) > limit:
            errors.append(RuleError(name, "too_long", str(limit), value))
    return errors


def not_a_choice(field: str, value: Any, choices: Collection[Any]) -> list[RuleError]:
    """An error when there is a value and it is none of the choices."""
    if value in (None, "") or value in choices:
        return []
    return [RuleError(field, "unknown_choice", ", ".join(map(str, choices)), value)]


def unknown_language(value: str) -> list[RuleError]:
    return not_a_choice("language", value, [code for code, _ in settings.LANGUAGES])


def unknown_zone(value: str) -> list[RuleError]:
    if not value or value in available_timezones():
        return []
    return [RuleError("time_zone", "unknown_zone", value=value)]


def not_an_email(field: str, value: str) -> list[RuleError]:
    """An error when there is a value and no mail could be sent to it."""
    try:
        if value:
            validate_email(value)
    except ValidationError:
        return [RuleError(field, "email_shape", value=value)]
    return []


def raise_all(*groups: list[RuleError]) -> None:
    """RuleBroken with every error of the groups, when there is one."""
    errors = [error for group in groups for error in group]
    if errors:
        raise RuleBroken(*errors)


def stripped(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the blanks around texts taken away."""
    return {name: v.strip() if isinstance(v, str) else v for name, v in values.items()}


def save(row: Any, values: Mapping[str, Any], *, by: Staff | None, at: datetime) -> None:
    """Afterwards `row` has the values; its former version says who changed it, and when."""
    for name, value in values.items():
        setattr(row, name, value)
    row._history_user = by
    row._history_date = at
    row.save()


def save_secret(row: Any, column: str) -> None:
    """Afterwards the column is saved. Kept versions hold no secrets, so it makes no version."""
    row.skip_history_when_saving = True
    row.save(update_fields=[column])
    del row.skip_history_when_saving
