"""The forms of a check-in: one question on the phone, a whole one from paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.check_in_steps import Step, steps
from sessions_app.check_in_words import NAMES, words_of
from sessions_app.forms.entry import KeyedForm, TakenAtField
from sessions_app.instruments import InstrumentText
from sessions_app.models import CheckInRequest

NUMBER_SCALE = 10  # from here on answers are numbers in two rows, not lines of words


def options_of(step: Step, words: InstrumentText) -> tuple[tuple[int, str], ...]:
    """The answers of one item with their words, in the order shown."""
    return words.options if step.item.code in words.items else words.difficulty_options


class QuestionForm(KeyedForm):
    """One question with worded or numbered answers. `value` is None when it was skipped."""

    value = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, step: Step, words: InstrumentText, may_skip: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        self.is_number = step.item.maximum >= NUMBER_SCALE
        self.skipped = may_skip and "skip" in self.data
        field.required = not self.skipped
        field.choices = options_of(step, words)  # type: ignore[attr-defined]
        field.label = words.items.get(step.item.code, words.difficulty)
        field.help_text = words.stem if step.item.code in words.items else ""
        if self.is_number:
            field.help_text = _("There is no right answer. Tap the number that fits best.")
        field.error_messages["required"] = self._nothing_chosen(may_skip)

    def _nothing_chosen(self, may_skip: bool) -> Any:
        if not may_skip:
            return _("Choose an answer.")
        if self.is_number:
            return _("Choose a number, or skip this question.")
        return _("Choose an answer, or skip this question.")

    @property
    def answer(self) -> int | None:
        """The chosen number; None for a skip, whatever was chosen before it was pressed."""
        return None if self.skipped else int(self.cleaned_data["value"])


class PaperForm(KeyedForm):
    """A whole check-in as it stands on paper. What is left empty was skipped."""

    taken_at = TakenAtField(label=_("Answered at"))

    def __init__(self, *args: Any, request: CheckInRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = steps(request.instruments)
        self.language = request.patient.language
        for step in self.asked:
            words = words_of(step.instrument, self.language)
            question = words.items.get(step.item.code, words.difficulty)
            self.fields[self.name_of(step)] = forms.TypedChoiceField(
                required=False,
                coerce=int,
                empty_value=None,
                label=f"{NAMES[step.instrument]}: {question}",
                choices=[("", _("no answer")), *_with_numbers(options_of(step, words))],
            )

    @staticmethod
    def name_of(step: Step) -> str:
        return f"{step.instrument}_{step.item.code}"

    def answers(self) -> dict[str, dict[str, int | None]]:
        """instrument → item → value, None where nothing was written."""
        given: dict[str, dict[str, int | None]] = {}
        for step in self.asked:
            value = self.cleaned_data[self.name_of(step)]
            given.setdefault(step.instrument, {})[step.item.code] = value
        return given


def _with_numbers(options: tuple[tuple[int, str], ...]) -> list[tuple[int, str]]:
    """Paper carries the numbers: "2 · More than half the days"."""
    return [
        (value, words if words == str(value) else f"{value} · {words}") for value, words in options
    ]
