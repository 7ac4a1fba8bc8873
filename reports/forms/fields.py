"""What the filters of the reading pages have in common: the days of the doses, and choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _


def day_field(label: Any) -> forms.DateField:
    """A day such as 2026-11-20, or blank. What is none is refused with its name."""
    message = format_lazy(_("{field} must be a day such as 2026-11-20."), field=label)
    return forms.DateField(
        required=False,
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"placeholder": _("year-month-day")}),
        error_messages={"invalid": message},
    )


def choice_field(label: Any, choices: Any) -> forms.ChoiceField:
    """One of the choices, or blank. What is none of them is refused with its name."""
    message = format_lazy(_("{field}: choose one of the list."), field=label)
    return forms.ChoiceField(
        required=False,
        label=label,
        choices=choices,
        error_messages={"invalid_choice": message},
    )


def blank_or(words: Any, choices: Callable[[], Iterable[Any]]) -> Callable[[], list[Any]]:
    """The choices behind a blank one, which is said as `words`."""
    return lambda: [("", words), *choices()]


class FilterForm(forms.Form):
    """Which sessions: its first two fields are the first and the last day of their doses.

    Every field may be blank. A wrong one is named with its limit; the others are kept.
    """

    FIRST_DAY: ClassVar[date] = date.min
    LAST_DAY: ClassVar[date] = date.max

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # "from" is a word of Python, so the two days are named here.
        days = {"from": day_field(_("Doses from")), "to": day_field(_("Doses up to"))}
        self.fields = {**days, **self.fields}

    @classmethod
    def names(cls) -> list[str]:
        """The fields by the names that an address gives them, in their order."""
        return ["from", "to", *cls.base_fields]

    def clean(self) -> dict[str, Any]:
        """The days can be days of a dose, and are in order."""
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("from", "to"):
            day = clean.get(name)
            if day and not self.FIRST_DAY <= day <= self.LAST_DAY:
                self.add_error(name, self.fields[name].error_messages["invalid"])
        low, high = clean.get("from"), clean.get("to")
        if low and high and high < low:
            message = _now("“Up to” must be on or after %(day)s.") % {"day": low.isoformat()}
            self.add_error("to", forms.ValidationError(message, code="before_from"))
        return clean

    def is_usual(self, name: str, value: str) -> bool:
        """Whether the value of that field goes without saying; blank always does."""
        return False

    @property
    def said(self) -> list[tuple[str, str]]:
        """What is asked for, in words, for paper; what goes without saying is left out."""
        words = []
        for field in self:
            value = field.value() or ""
            if value and not self.is_usual(field.name, value):
                choices = dict(getattr(field.field, "choices", ()))
                words.append((str(field.label), str(choices.get(value, value))))
        return words
