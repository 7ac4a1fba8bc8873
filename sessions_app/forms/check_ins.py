"""The forms of a check-in: one question on the phone, a whole one from paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.checkins.check_in_steps import Step, paper_walk
from sessions_app.forms.entry import KeyedForm, TakenAtField
from sessions_app.models import CheckInRequest
from sessions_app.words.check_in_words import NAMES

NUMBER_SCALE = 10  # from here on answers are numbers in two rows, not lines of words


JUST_NOW_S = 30  # a slow network is no keeping
LONGEST_KEPT_S = 30 * 24 * 3600  # the widest window, and how long the phone keeps its answers


def is_number(step: Step) -> bool:
    """Whether the answers are numbers in two rows, not lines of words."""
    return step.item.maximum >= NUMBER_SCALE


class QuestionForm(KeyedForm):
    """One question with worded or numbered answers. `answer` is None when it was skipped.

    `asked` names the check-in that the page was made for: an answer that a phone kept must not
    reach the one that was opened since. `seconds_ago`: how long it kept the answer.
    """

    value = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)
    asked = forms.UUIDField(required=False, widget=forms.HiddenInput)
    seconds_ago = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, step: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["value"]
        self.is_number = is_number(step)
        self.skipped = "skip" in self.data
        field.required = not self.skipped
        field.choices = step.words.options_of(step.item.code)  # type: ignore[attr-defined]
        field.label = step.words.question(step.item.code)
        field.error_messages["required"] = (
            _("Choose a number, or skip this question.")
            if self.is_number
            else _("Choose an answer, or skip this question.")
        )

    @property
    def answer(self) -> int | None:
        """The chosen number; None for a skip, whatever was chosen before it was pressed."""
        return None if self.skipped else int(self.cleaned_data["value"])

    @property
    def answered_at(self) -> datetime | None:
        """When the phone took the answer, if it kept it for a while; None: just now."""
        seconds = self.cleaned_data["seconds_ago"] or 0
        return self.given_at if seconds > JUST_NOW_S else None

    @property
    def given_at(self) -> datetime | None:
        """When the phone says that the answer was given, to the second; None: it does not say."""
        seconds = self.cleaned_data["seconds_ago"]
        if seconds is None or seconds >= LONGEST_KEPT_S:
            return None
        return timezone.now() - timedelta(seconds=seconds)


class PaperForm(KeyedForm):
    """A whole check-in as it stands on paper. What is left empty was skipped."""

    taken_at = TakenAtField(label=_("Answered at"))

    def __init__(self, *args: Any, request: CheckInRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = paper_walk(request)
        for step in self.asked:
            name = NAMES.get(step.instrument.code, step.instrument.name)
            self.fields[self.name_of(step)] = forms.TypedChoiceField(
                required=False,
                coerce=int,
                empty_value=None,
                label=f"{name}: {step.words.question(step.item.code)}",
                choices=[
                    ("", _("no answer")),
                    *with_numbers(step.words.options_of(step.item.code)),
                ],
            )

    @staticmethod
    def name_of(step: Step) -> str:
        return f"{step.instrument.code}_{step.item.code}"

    def answers(self) -> dict[str, dict[str, int | None]]:
        """instrument → item → value, None where nothing was written."""
        given: dict[str, dict[str, int | None]] = {}
        for step in self.asked:
            value = self.cleaned_data[self.name_of(step)]
            given.setdefault(step.instrument.code, {})[step.item.code] = value
        return given


def with_numbers(options: tuple[tuple[int, str], ...]) -> list[tuple[int, str]]:
    """Answers as staff and paper name them: "2 · More than half the days"."""
    return [
        (value, words if words == str(value) else f"{value} · {words}") for value, words in options
    ]
