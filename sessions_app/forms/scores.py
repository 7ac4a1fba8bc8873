"""The forms of a score that staff enter, and of a questionnaire that the lead loads."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sessions_app.actions.scores import ITEM
from sessions_app.errors import RuleBroken, RuleError
from sessions_app.forms.check_ins import with_numbers
from sessions_app.forms.entry import KeyedForm, TakenAtField, short_text
from sessions_app.instruments import Instrument, InstrumentText, Item
from sessions_app.instruments.definition_file import MOST_BYTES
from sessions_app.models import InstrumentScore
from sessions_app.words.field_words import FIELDS
from sessions_app.words.refusals import explain

# The screen's questions have no words here; what an answer means has.
SCREEN = {0: _("0 no"), 1: _("1 yes")}
BEHAVIOUR = {
    0: _("0 no"),
    1: _("1 longer than three months ago"),
    2: _("2 within three months"),
}


class ScoreForm(KeyedForm):
    """One rating: its total alone, or the number of each item. What is left empty is missing."""

    taken_at = TakenAtField(
        label=_("Rated at"),
        help_text=_("For example 11:42 or 2026-11-20 11:42. Empty means now."),
        widget=short_text("w-16"),
    )

    def __init__(
        self, *args: Any, scale: Instrument, words: InstrumentText | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scale = scale
        self.fields["total"] = forms.DecimalField(
            required=False,
            localize=True,
            label=FIELDS["total"],
            help_text=format_lazy(
                _("{low} to {high}. Leave it empty to enter the items."),
                low=scale.score_min,
                high=scale.score_max,
            )
            if len(scale.items) > 1
            else f"{scale.score_min}–{scale.score_max}",
            widget=short_text("w-4", "decimal"),
            error_messages={"invalid": _("The score must be a number.")},
        )
        if len(scale.items) > 1:
            for item in (*scale.items, *scale.extra_items):
                self.fields[f"{ITEM}{item.code}"] = _item_field(scale, item, words)
        self.optional = tuple(name for name in self.fields if name != "write_key")

    @property
    def items(self) -> list[forms.BoundField]:
        """The fields of the items, in the order of the scale."""
        return [self[name] for name in self.fields if name.startswith(ITEM)]

    def entry(self) -> dict[str, Any]:
        """The cleaned post in the words of `record_score`."""
        clean = self.cleaned_data
        answers = {
            name.removeprefix(ITEM): None if clean[name] in (None, "") else int(clean[name])
            for name in self.fields
            if name.startswith(ITEM)
        }
        return {
            "total": clean["total"],
            "answers": answers if any(value is not None for value in answers.values()) else None,
            "taken_at": clean["taken_at"],
            "write_key": clean["write_key"],
        }

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """As every form does; that items are open stands at the first of them."""
        super().add_broken_rules(RuleBroken(*(self._at_its_item(e) for e in broken.errors)))

    def _at_its_item(self, error: RuleError) -> RuleError:
        if error.code != "items_open":
            return error
        first = str(error.value).split(", ")[0]
        names = [f"{ITEM}{code}" for code in (f"q{first}", first)]
        found = [name for name in names if name in self.fields]
        return replace(error, field=found[0]) if found else error

    @staticmethod
    def of(score: InstrumentScore, answers: dict[str, int | None]) -> dict[str, Any]:
        """A score as the initial values of its correction: by its items where it has them."""
        at = timezone.localtime(score.taken_at).strftime("%Y-%m-%d %H:%M:%S.%f")
        if len(answers) > 1:
            return {"taken_at": at, **{f"{ITEM}{item}": value for item, value in answers.items()}}
        assert score.score is not None
        value = score.score.normalize()
        return {"taken_at": at, "total": value if value != 0 else Decimal(0)}


class WithdrawForm(KeyedForm):
    """Why a score is taken back."""

    reason = forms.CharField(
        required=False,
        label=_("Reason"),
        help_text=_("For example: entered on the wrong patient."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class DefinitionForm(KeyedForm):
    """A definition file to load."""

    definition = forms.FileField(
        label=_("Definition file"),
        help_text=_("JSON or TOML, at most 100 kB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,.toml"}),
    )

    def add_broken_rules(self, broken: RuleBroken) -> None:
        """Each fault of the file stands at the file, in words that name its place there."""
        for error in broken.errors:
            words = explain(error)
            self.add_error("definition", f"{words.message} {words.next}".strip())

    def content(self) -> bytes:
        """The file's bytes, and no more of them than tells that it is too large."""
        found: bytes = self.cleaned_data["definition"].read(MOST_BYTES + 1)
        return found


def _item_field(scale: Instrument, item: Item, words: InstrumentText | None) -> forms.Field:
    number = item.code.removeprefix("q")
    choices = _choices(scale, item, words)
    if choices is not None:
        label = words.question(item.code) if words else format_lazy(_("Item {n}"), n=number)
        return forms.ChoiceField(
            required=False, label=label, choices=[("", _("no answer")), *choices]
        )
    return forms.IntegerField(
        required=False,
        label=format_lazy(
            _("Item {n} ({low}–{high})"), n=number, low=item.minimum, high=item.maximum
        ),
        widget=short_text("w-4", "numeric"),
        error_messages={"invalid": format_lazy(_("Item {n} must be a whole number."), n=number)},
    )


def _choices(
    scale: Instrument, item: Item, words: InstrumentText | None
) -> list[tuple[str, Any]] | None:
    """The answers with their words; None where an item is a bare number."""
    if words is not None:
        options = with_numbers(words.options_of(item.code))
        return [(str(value), shown) for value, shown in options]
    if scale.code == "c_ssrs":
        meanings = BEHAVIOUR if item.maximum == 2 else SCREEN
        return [(str(value), meaning) for value, meaning in meanings.items()]
    return None
